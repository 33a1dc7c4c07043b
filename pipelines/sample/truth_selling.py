"""What is true of marketing and selling: which campaign a won deal is owed to, and the commission on bookings.

Belongs here: weights of touches and commission, worked out deal by deal in whole numbers. Does not: any model.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl

from pipelines.sample.arrays import convert, half_up, month_first_day, month_number
from pipelines.sample.columns import crm_ids, days, money
from pipelines.sample.leads import DAY, WON
from pipelines.sample.marketing import BOOKED
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


def booked_commissions(world: World, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """One row per seller on a bookings plan and month with a won deal: bookings, quota and commission in euro.

    Of a deal that sellers share, each has a part, in whole cents. The tier is that of the month's bookings in its
    quota; its rate holds for all of the month's deals.
    """
    plans = world.crm.commission_plans.filter(pl.col("base") == BOOKED)
    tiers: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for owner, percent, rate in plans.select("owner", "from_percent", "rate").iter_rows():
        tiers[owner].append((percent, rate))
    quotas = {(owner, month): cents for owner, month, cents in world.crm.quotas.iter_rows()}
    shares: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for deal, owner, percent in world.crm.deal_splits.select("deal", "owner", "percent").iter_rows():
        shares[deal].append((owner, percent))
    # A deal won before the plans began earns nothing.
    won = _won(world, left_out).filter(pl.col("closed") >= plans["from_day"].min())
    rate_to_euro = world.masters.rates.to_euro(won["currency"].to_numpy(), won["closed"].to_numpy())
    euro = convert(won["amount"].to_numpy(), rate_to_euro)
    months: dict[tuple[int, int], list[int]] = defaultdict(list)
    for deal, owner, month, cents in zip(
        won["deal"].to_list(),
        won["owner"].to_list(),
        month_number(won["closed"].to_numpy()).tolist(),
        euro.tolist(),
        strict=True,
    ):
        for member, part in _parts(cents, shares.get(deal, [(owner, 100)])):
            if member in tiers:
                months[(member, month)].append(part)
    rows = []
    for (owner, month), amounts in sorted(months.items()):
        quota, booked = quotas.get((owner, month), 0), sum(amounts)
        reached = [
            rate for percent, rate in sorted(tiers[owner]) if percent == 0 or 100 * booked >= quota * percent > 0
        ]
        paid = int(half_up(np.array(amounts) * reached[-1], 1000).sum())
        rows.append((owner, month, len(amounts), booked, quota, paid))
    frame = pl.DataFrame(rows, schema=["owner", "month", "deals", "booked", "quota", "commission"], orient="row")
    return pl.DataFrame(
        {
            "owner_id": crm_ids("005", frame["owner"]),
            "period_on": days(month_first_day(frame["month"].to_numpy())),
            "deals_count": frame["deals"],
            "booked_rpt": money(frame["booked"]),
            "quota_rpt": money(frame["quota"]),
            "commission_rpt": money(frame["commission"]),
        }
    )


def _parts(cents: int, shares: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each owner's part of an amount: the largest first, each up to the rounded sum so far, so that none is lost."""
    ranked = sorted(shares, key=lambda share: (-share[1], share[0]))
    ends = np.cumsum([0] + [percent for _, percent in ranked])
    rounded = half_up(cents * ends, 100)
    return [(owner, int(part)) for (owner, _), part in zip(ranked, np.diff(rounded), strict=True)]


def _won(world: World, left_out: LeftOut) -> pl.DataFrame:
    return world.crm.funnel.deals.filter(
        (pl.col("stage") == WON)
        & (pl.col("closed") <= world.masters.window.last)
        & ~pl.col("deal").is_in(sorted(left_out.deals))
    )
