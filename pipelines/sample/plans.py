"""Plans as workbooks: the budget by account, cost centre and month, and the targets of the main metrics.

Belongs here: what was planned, derived from what happened with a planner's errors. Does not: actuals.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import Draws, day_date, half_up, month_first_day, month_number
from pipelines.sample.columns import ENTITY_CODES, cost_centres, entities, integers
from pipelines.sample.demand import SEASON
from pipelines.sample.files import FileWriter
from pipelines.sample.world import World

BUDGET_ERROR = 0.06
FORECAST_ERROR, FORECAST_DRIFT = 0.03, 1.02
TARGET_STRETCH = 1.04
# Budgeted accounts: revenue and all costs that managers plan; exchange differences and taxes are not.
BUDGETED = tuple(
    account
    for account, _, kind, _ in c.CHART
    if kind in {"REVENUE", "COS", "SELLING", "MARKETING", "PAYROLL", "OPEX", "DEPRECIATION"}
)
SEASONAL = (c.SALES_GOODS, c.COST_GOODS, c.SALES_FREIGHT, c.CARRIAGE)


def budget_table(draws: Draws, totals: pl.DataFrame) -> pl.DataFrame:
    """One row per version (year), entity, account, cost centre and month; amounts in whole units of local currency.

    totals: entity, month, account, department, amount (signed cents, debit positive).
    """
    generator = draws.stream("budget")
    actual = totals.filter(pl.col("account").is_in(BUDGETED) & (pl.col("department") >= 0))
    actual = actual.with_columns(year=pl.col("month") // 12 + 1970)
    yearly = actual.group_by("entity", "account", "department", "year").agg(
        pl.col("amount").sum(), pl.col("month").n_unique().alias("months")
    )
    yearly = yearly.sort("entity", "account", "department", "year")
    error = generator.normal(1.0, BUDGET_ERROR, yearly.height)
    monthly = np.rint(yearly["amount"].to_numpy() / 100 / np.maximum(yearly["months"].to_numpy(), 1) * error)
    yearly = yearly.with_columns(monthly=pl.Series(monthly.astype(np.int64)))
    rows = actual.select("entity", "account", "department", "year", "month").unique()
    rows = rows.join(
        yearly.select("entity", "account", "department", "year", "monthly"),
        on=["entity", "account", "department", "year"],
    )
    rows = pl.concat([rows, _months_ahead(rows, yearly)]).sort("entity", "account", "department", "month")
    account = rows["account"].to_numpy()
    season = np.where(np.isin(account, SEASONAL), SEASON[rows["month"].to_numpy() % 12], 1.0)
    amount = np.rint(rows["monthly"].to_numpy() * season / 100).astype(np.int64) * 100
    amount = amount * np.where(is_credit(account), -1, 1)
    return pl.DataFrame(
        {
            "Version": "BUDGET-" + rows["year"].cast(pl.String),
            "Plan Type": ["PLAN"] * rows.height,
            "Company Code": entities(rows["entity"]).cast(pl.String),
            "Account": rows["account"],
            "Cost Centre": cost_centres(rows["entity"], rows["department"]).cast(pl.String),
            "Month": pl.Series(month_first_day(rows["month"].to_numpy()).astype(np.int32)).cast(pl.Date),
            "Amount": amount,
            "Locked On": pl.Series([date(year - 1, 12, 15) for year in rows["year"].to_list()]),
        }
    )


def forecast_table(draws: Draws, budget: pl.DataFrame, *, last: date) -> pl.DataFrame:
    """What the last year's budget became, from two months before the last one on: its amounts, with another error."""
    first = date(last.year, max(last.month - 2, 1), 1)
    rows = budget.filter((pl.col("Month") >= first) & (pl.col("Month").dt.year() == last.year))
    error = draws.stream("forecast").normal(FORECAST_DRIFT, FORECAST_ERROR, rows.height)
    amount = np.rint(rows["Amount"].to_numpy() * error / 100).astype(np.int64) * 100
    return rows.with_columns(
        pl.lit(f"FORECAST-{first:%Y-%m}").alias("Version"),
        pl.lit("OUTLOOK").alias("Plan Type"),
        pl.Series("Amount", amount),
        pl.lit(first.replace(day=12)).alias("Locked On"),
    )


def is_credit(account: np.ndarray) -> np.ndarray:
    """Which of these accounts are planned as income."""
    return np.isin(account, [number for number, _, kind, _ in c.CHART if kind == "REVENUE"])


def _months_ahead(rows: pl.DataFrame, yearly: pl.DataFrame) -> pl.DataFrame:
    """The months of the last year that are still to come: a budget is for a whole year, whatever day it is."""
    last = int(np.max(rows["month"].to_numpy()))
    months = pl.DataFrame({"month": pl.Series(range(last + 1, last - last % 12 + 12), dtype=rows.schema["month"])})
    planned = yearly.filter(pl.col("year") == last // 12 + 1970)
    return (
        planned.select("entity", "account", "department", "year", "monthly")
        .join(months, how="cross")
        .select(rows.columns)
    )


def target_table(world: World) -> pl.DataFrame:
    """Monthly targets in euro, for the group and by entity: the year's average with the season in it, and a stretch."""
    generator = world.masters.draws.stream("targets")
    billing, rates = world.events.billing, world.masters.rates
    outside = billing.invoices.filter(pl.col("buyer") < 0).select("invoice", "entity", "day")
    lines = (
        billing.invoice_lines.join(outside, on="invoice")
        .group_by("entity", "day")
        .agg(pl.col("net_local", "cost").sum())
        .sort("entity", "day")
    )
    deals = world.crm.funnel.deals.filter((pl.col("order") >= 0) & (pl.col("closed") >= world.masters.window.first))
    revenue = _euro(
        lines["net_local"].to_numpy(), rates.entity_to_euro(lines["entity"].to_numpy(), lines["day"].to_numpy())
    )
    cost = _euro(lines["cost"].to_numpy(), rates.entity_to_euro(lines["entity"].to_numpy(), lines["day"].to_numpy()))
    booked = _euro(deals["amount"].to_numpy(), rates.to_euro(deals["currency"].to_numpy(), deals["closed"].to_numpy()))
    rows: list[tuple[str, str, str, int, int]] = []
    for metric, entity, day, amount in (
        ("net_revenue", lines["entity"], lines["day"], revenue),
        ("gross_margin", lines["entity"], lines["day"], revenue - cost),
        ("bookings", deals["entity"], deals["closed"], booked),
    ):
        month = month_number(integers(day))
        months = month_number(world.masters.window.months)
        table = np.zeros((len(c.ENTITIES), len(months)))
        np.add.at(table, (integers(entity), np.clip(month - months[0], 0, len(months) - 1)), amount)
        for member, values in (("all", table.sum(axis=0)), *zip(ENTITY_CODES, table, strict=True)):
            trend = np.poly1d(np.polyfit(np.arange(len(months)), values, 1))(np.arange(len(months)))
            planned = trend * SEASON[months % 12] * TARGET_STRETCH * generator.normal(1.0, 0.02, len(months))
            dimension = "all" if member == "all" else "entity_id"
            rows += [
                (metric, dimension, member, at, max(round(value / 1000) * 1000, 0))
                for at, value in zip(months.tolist(), planned, strict=True)
            ]
    return pl.DataFrame(
        {
            "Metric": [row[0] for row in rows],
            "Dimension": [row[1] for row in rows],
            "Member": [row[2] for row in rows],
            "Month": pl.Series(month_first_day(np.array([row[3] for row in rows])).astype(np.int32)).cast(pl.Date),
            "Target": [row[4] for row in rows],
        }
    )


def _euro(cents: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Whole euros, good enough for a plan."""
    return half_up(cents, 100) * (rate / 1e8)


def plan_table(world: World, totals: pl.DataFrame) -> pl.DataFrame:
    """Every year's budget, and the last forecast after them."""
    draws = world.masters.draws
    budget = budget_table(draws, totals)
    return pl.concat([budget, forecast_table(draws, budget, last=day_date(world.masters.window.last))])


def write_plans(world: World, plans: pl.DataFrame, writer: FileWriter) -> dict[str, int]:
    targets = target_table(world)
    return {
        writer.workbook("budget.xlsx", {"Budget": plans}).name: plans.height,
        writer.workbook("targets.xlsx", {"Targets": targets}).name: targets.height,
    }
