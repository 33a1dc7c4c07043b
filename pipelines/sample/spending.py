"""What the company spends beside its stock: running costs by month, insurance, machines, advertising; vendors' refunds.

Belongs here: the lines of these bills. Does not: bills for goods (purchasing.py, which also issues all bills).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import business_day, half_up, month_first_day, month_last_day, month_number
from pipelines.sample.masters import Masters
from pipelines.sample.purchasing import ASSET_BILL, COST_BILL, COST_INFLATION, DEBIT_NOTE, bill_line
from pipelines.sample.vendors import ADVERTISER, INSURER, MACHINES, RENT_CATEGORY, RUNNING_COSTS

DEBIT_NOTES = 0.02
THIRD = 1 / 3


def bill_running_costs(masters: Masters, advertising: pl.DataFrame) -> pl.DataFrame:
    """Running costs by month, insurance by year, machines now and then, advertising as the campaigns spent it.

    advertising: month, channel (0..), cents in euro.
    """
    window, vendors, scale = masters.window, masters.vendors, masters.scale
    generator = masters.draws.stream("running costs")
    months = month_number(window.months)
    parts: list[pl.DataFrame] = []
    for unit, entity in enumerate(c.ENTITIES):
        weight = scale * entity.size / THIRD
        for category, cost in enumerate(RUNNING_COSTS):
            pool = vendors.of_category(category, unit)
            count = max(1, round(cost.bills * weight))
            month = np.repeat(months, count)
            vendor = pool[generator.integers(0, len(pool), len(month))]
            if category == RENT_CATEGORY:
                vendor, days = pool[np.arange(len(month)) % len(pool)], month_first_day(month)
                noise = np.ones(len(month))
            else:
                days = month_first_day(month) + generator.integers(0, 28, len(month))
                noise = generator.lognormal(-0.06, 0.35, len(month))
            years = (month - months[0]) / 12
            currency = vendors.currency[vendor]
            euro = cost.euro * weight / count * noise * COST_INFLATION ** np.floor(years)
            cents = np.maximum(np.rint(euro / np.array(c.BASE_RATES)[currency] * 100), 100).astype(np.int64)
            parts.append(
                bill_line(
                    COST_BILL,
                    key=np.arange(len(month)) + len(parts) * 10_000_000,
                    entity=unit,
                    vendor=vendor,
                    day=business_day(days),
                    currency=currency,
                    account=cost.account,
                    net=cents,
                    department=np.array(cost.departments)[generator.integers(0, len(cost.departments), len(month))],
                )
            )
        yearly = month_first_day(months[::12]) + 9
        machines = month_first_day(months[2::5]) + generator.integers(0, 20, len(months[2::5]))
        for kind, category, day, euro_each, account in (
            (COST_BILL, INSURER, yearly, 21_000.0, c.PREPAID),
            (ASSET_BILL, MACHINES, machines, 38_000.0, c.EQUIPMENT),
        ):
            vendor = np.full(len(day), vendors.of_category(category, unit)[0])
            worth = euro_each * weight * generator.uniform(0.8, 1.2, len(day))
            parts.append(
                bill_line(
                    kind,
                    key=np.arange(len(day)) + len(parts) * 10_000_000,
                    entity=unit,
                    vendor=vendor,
                    day=business_day(day),
                    currency=vendors.currency[vendor],
                    account=account,
                    net=np.rint(worth / np.array(c.BASE_RATES)[vendors.currency[vendor]]).astype(np.int64) * 100,
                    department=c.NO_DEPARTMENT,
                )
            )
    pool = vendors.of_category(ADVERTISER, c.FI01)
    spent_month = advertising["month"].to_numpy()
    parts.append(
        bill_line(
            COST_BILL,
            key=np.arange(advertising.height) + len(parts) * 10_000_000,
            entity=c.FI01,
            vendor=pool[advertising["channel"].to_numpy() % len(pool)],
            day=np.minimum(business_day(month_last_day(spent_month)), month_last_day(spent_month)),
            currency=c.EUR,
            account=c.ADVERTISING,
            net=advertising["cents"].to_numpy(),
            department=c.MKT,
        )
    )
    return pl.concat(parts)


def draw_debit_notes(masters: Masters, lines: pl.DataFrame) -> pl.DataFrame:
    """Vendors of running costs give back a part: a bill with negative amounts some days later."""
    generator = masters.draws.stream("debit notes")
    chosen = (lines["kind"].to_numpy() == COST_BILL) & (lines["account"].to_numpy() == c.CARRIAGE)
    chosen &= generator.random(lines.height) < DEBIT_NOTES
    picked = lines.filter(pl.Series(chosen))
    share = generator.integers(5, 21, picked.height)
    return picked.with_columns(
        kind=pl.lit(DEBIT_NOTE, pl.Int64),
        day=business_day(picked["day"].to_numpy() + 3),
        net=-half_up(picked["net"].to_numpy() * share, 100),
    ).filter(pl.col("net") < 0)
