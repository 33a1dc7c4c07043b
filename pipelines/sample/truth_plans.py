"""What is planned and what came of it, added up over both hierarchies of the sample company.

Belongs here: sums of the event log and of the plans by group of accounts and node of the organisation, as it was in the
month. Does not: variances, translation, outlooks.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.arrays import month_first_day, month_number
from pipelines.sample.columns import COST_CENTRES, DEPARTMENT_CODES, days, entities, money
from pipelines.sample.organisation import account_levels, cost_centre_levels
from pipelines.sample.plans import is_credit
from pipelines.sample.world import World

KEYS = ("month", "entity", "account", "cost_centre")
NODES = ("month", "entity", "node", "node_type", "node_code")


def plan_rollup(world: World, posted: pl.DataFrame, plans: pl.DataFrame) -> pl.DataFrame:
    """One row per month, entity, group of accounts and node of the organisation: actual, budget, forecast.

    posted: what all journals moved by entity, month, account, department (amount in cents, debit positive).
    plans: the budget workbook. Income positive, cost negative, local currency; empty where the month has no such side.
    """
    sides = pl.concat(
        [
            _actual(posted).with_columns(side=pl.lit("actual")),
            _planned(plans),
        ]
    )
    window = world.masters.window
    months = np.unique(sides["month"].to_numpy())
    above = pl.concat(
        [
            cost_centre_levels(months, window),
            pl.DataFrame({"month": months, "cost_centre": ["none"] * len(months)}).with_columns(
                node_type=pl.lit("cost_centre"), node_code=pl.lit("none")
            ),
        ]
    )
    organised = pl.concat(
        [
            sides.join(above, on=["month", "cost_centre"]),
            sides.with_columns(node_type=pl.lit("entity"), node_code=entities(sides["entity"]).cast(pl.String)),
        ]
    )
    nodes = organised.join(account_levels(months, window), on=["month", "account"])
    total = nodes.pivot("side", index=NODES, values="amount", aggregate_function="sum").sort(*NODES)
    covered = sides.group_by("month", "entity").agg(
        *((pl.col("side") == side).any().alias(f"has_{side}") for side in ("actual", "budget", "forecast"))
    )
    total = total.join(covered, on=["month", "entity"], maintain_order="left")
    return pl.DataFrame(
        {
            "period_on": days(month_first_day(total["month"].to_numpy())),
            "entity_id": entities(total["entity"]),
            "account_node": total["node"],
            "node_type": total["node_type"],
            "node_code": total["node_code"],
        }
        | {
            f"{side}_local": money(total[side].fill_null(0)).set(~total[f"has_{side}"], None)
            for side in ("actual", "budget", "forecast")
        }
    )


def _actual(posted: pl.DataFrame) -> pl.DataFrame:
    centre = np.array([*COST_CENTRES, "none"])
    department = posted["department"].to_numpy()
    place = np.where(
        department < 0, len(COST_CENTRES), posted["entity"].to_numpy() * len(DEPARTMENT_CODES) + department
    )
    return (
        posted.with_columns(cost_centre=pl.Series(centre[place], dtype=pl.String), amount=-pl.col("amount"))
        .group_by(*KEYS)
        .agg(pl.col("amount").sum())
        .select(*(pl.col(key).cast(pl.String if key == "cost_centre" else pl.Int64) for key in KEYS), "amount")
    )


def _planned(plans: pl.DataFrame) -> pl.DataFrame:
    account = plans["Account"].to_numpy()
    sign = np.where(is_credit(account), 1, -1)
    codes = {code: place for place, code in enumerate(entities(np.arange(3)).cast(pl.String).to_list())}
    month = plans["Month"].cast(pl.Int32).to_numpy()
    return pl.DataFrame(
        {
            "month": month_number(month),
            "entity": plans["Company Code"].replace_strict(codes, return_dtype=pl.Int64),
            "account": account.astype(np.int64),
            "cost_centre": plans["Cost Centre"],
            "amount": plans["Amount"].to_numpy() * sign * 100,
            "side": plans["Plan Type"].replace_strict({"PLAN": "budget", "OUTLOOK": "forecast"}),
        }
    )
