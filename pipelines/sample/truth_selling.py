"""What is true of marketing: which campaign a won deal is owed to.

Belongs here: weights of touches, worked out deal by deal in whole numbers. Does not: any model.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from pipelines.sample.columns import crm_ids
from pipelines.sample.leads import DAY, WON
from pipelines.sample.truth import NOTHING, LeftOut
from pipelines.sample.world import World

LOOK_BACK_DAYS = 180
WHOLE = 1_000_000
MODELS = ("first", "last", "linear", "position")


def attribution(world: World, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """One row per won deal and campaign that touched it: its part of the deal by model, in millionths.

    A touch counts when it reached the deal's account, or answered the lead that became the deal, in the 180 days up to
    the day the deal was won. The last touch takes what rounding leaves over. A deal without a touch has no row.
    """
    touches, leads = world.crm.touches, world.crm.funnel.leads
    deal_of_lead = dict(zip(leads["lead"].to_list(), leads["deal"].to_list(), strict=True))
    by_account: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    by_deal: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for touch, campaign, account, lead, at in touches.select("touch", "campaign", "account", "lead", "at").iter_rows():
        if account >= 0:
            by_account[account].append((at, touch, campaign))
        if deal_of_lead.get(lead, -1) >= 0:
            by_deal[deal_of_lead[lead]].append((at, touch, campaign))
    rows: list[tuple[int, int, int, int, int, int]] = []
    for deal, account, closed in _won(world, left_out).select("deal", "account", "closed").iter_rows():
        found = sorted(set(by_account[account]) | set(by_deal[deal]))
        inside = [campaign for at, _, campaign in found if closed - LOOK_BACK_DAYS <= at // DAY <= closed]
        parts: dict[int, list[int]] = {}
        for place, campaign in enumerate(inside):
            weights = [_weight(model, place, len(inside)) for model in MODELS]
            parts[campaign] = [a + b for a, b in zip(parts.get(campaign, [0, 0, 0, 0]), weights, strict=True)]
        rows += [(deal, campaign, *weights) for campaign, weights in sorted(parts.items())]
    frame = pl.DataFrame(rows, schema=["deal", "campaign", *MODELS], orient="row")
    return frame.with_columns(deal=crm_ids("006", frame["deal"]), campaign=crm_ids("701", frame["campaign"])).rename(
        {"deal": "deal_id", "campaign": "campaign_id"} | {model: f"{model}_millionths" for model in MODELS}
    )


def _weight(model: str, place: int, count: int) -> int:
    """Part of one touch among `count` in order of time, in millionths; the last one takes the remainder."""

    def share(at: int) -> int:
        if model in ("first", "last"):
            return WHOLE if at == (0 if model == "first" else count - 1) else 0
        if model == "linear" or count <= 2:
            return round(WHOLE / count)
        return 400_000 if at in (0, count - 1) else round(200_000 / (count - 2))

    return share(place) if place < count - 1 else WHOLE - sum(share(at) for at in range(count - 1))


def _won(world: World, left_out: LeftOut) -> pl.DataFrame:
    return world.crm.funnel.deals.filter(
        (pl.col("stage") == WON)
        & (pl.col("closed") <= world.masters.window.last)
        & ~pl.col("deal").is_in(sorted(left_out.deals))
    )
