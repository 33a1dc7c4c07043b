"""Lists of orders as what the models take: histories, intervals and amounts, as of a day.

Belongs here: the rules that turn transactions into orders. Does not: files, columns of anybody's export, models.

Transactions of one customer and day are one order. A day whose total is below zero is a return: it is no order, and
lowers what the customer's orders brought. So is a day on which everything was given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.statistics.customer_value.estimation import Floats
from pipelines.statistics.customer_value.histories import Histories
from pipelines.statistics.customer_value.shrinkage import Intervals


@dataclass(frozen=True, slots=True)
class Orders:
    """Per customer, in the order of `customers`: history, intervals, amounts. Times in the unit asked for.

    `repeat_amount` is the mean amount of the orders after the first, returns taken off; 0 without any.
    `all_amount` is that of all orders, and `squares` the sum of squares of the orders' amounts about their own mean.
    `regularity` is k of the customers' intervals: 1 where orders come by chance, more where they come like clockwork.
    """

    customers: pl.Series
    histories: Histories
    intervals: Intervals
    repeat_amount: Floats
    all_amount: Floats
    squares: Floats
    regularity: float | None

    @property
    def repeat_customers(self) -> int:
        return int((self.histories.frequency > 0).sum())

    def __len__(self) -> int:
        return len(self.customers)


def order_days(transactions: pl.DataFrame) -> pl.DataFrame:
    """One row per customer and day: customer, day, amount, is_order. Takes customer, day (Date), amount (Float64)."""
    return (
        transactions.group_by("customer", "day")
        .agg(pl.col("amount").sort().sum(), has_return=(pl.col("amount") < 0).any())
        .with_columns(
            is_order=(pl.col("amount") > 0) | ((pl.col("amount") == 0) & ~pl.col("has_return"))  # a free order is one
        )
        .drop("has_return")
        .sort("customer", "day")
    )


def orders_until(days: pl.DataFrame, until: date, *, unit_days: float) -> Orders:
    """What is known on the evening of `until` of customers who have ordered by then. Takes the rows of `order_days`.

    A return before the first order is that of an order nobody saw, and is left out.
    """
    seen = days.filter(pl.col("day") <= until)
    firsts = seen.filter("is_order").group_by("customer").agg(first=pl.col("day").min())
    seen = seen.join(firsts, on="customer").filter(pl.col("day") >= pl.col("first")).sort("customer", "day")
    is_order, later = pl.col("is_order"), pl.col("day") > pl.col("first")
    steps = (
        seen.filter(is_order)
        .with_columns(step=pl.col("day").diff().over("customer").dt.total_days() / unit_days)
        .group_by("customer", maintain_order=True)
        .agg(
            total_log=pl.col("step").log().sum(),
            last_share=pl.when(pl.len() > 2).then(pl.col("step").last() / pl.col("step").tail(2).sum()),
        )
    )
    table = (
        seen.group_by("customer")
        .agg(
            frequency=(is_order & later).sum(),
            first=pl.col("first").first(),
            last=pl.col("day").filter(is_order).max(),
            repeat_total=pl.col("amount").filter(later).sum(),
            total=pl.col("amount").sum(),
            squares=((pl.col("amount") - pl.col("amount").filter(is_order).mean()) ** 2).filter(is_order).sum(),
        )
        .join(steps, on="customer")
        .sort("customer")
    )

    def days_between(start: str, end: pl.Expr) -> Floats:
        return table.select((end - pl.col(start)).dt.total_days() / unit_days).to_series().cast(pl.Float64).to_numpy()

    x = table["frequency"].cast(pl.Float64).to_numpy()
    recency, age = days_between("first", pl.col("last")), days_between("first", pl.lit(until))
    return Orders(
        customers=table["customer"],
        histories=Histories(x, recency, age, np.ones(len(x))),
        intervals=Intervals(x, recency, table["total_log"].to_numpy(), age - recency),
        repeat_amount=table["repeat_total"].to_numpy() / np.maximum(x, 1) * (x > 0),
        all_amount=table["total"].to_numpy() / (x + 1),
        squares=table["squares"].to_numpy(),
        regularity=_regularity(table["last_share"].drop_nulls().to_numpy()),
    )


def _regularity(last_shares: Floats) -> float | None:
    """k of gamma intervals, whatever each customer's rate: the later of two is a beta(k, k) part of their sum, whose
    variance is 1 / (4 (2k + 1)). 1 is chance. None with under thirty customers. Wheat & Morrison (1990)."""
    if len(last_shares) < 30:
        return None
    variance = float(((last_shares - 0.5) ** 2).mean())
    return (1 / (4 * variance) - 1) / 2 if variance > 1e-6 else 1e5


def came_after(days: pl.DataFrame, orders: Orders, *, after: date, until: date) -> tuple[Floats, Floats]:
    """Orders and amounts of those customers after one day and up to another: what a forecast is judged by."""
    later = (
        days.filter((pl.col("day") > after) & (pl.col("day") <= until))
        .group_by("customer")
        .agg(count=pl.col("is_order").sum(), amount=pl.col("amount").sum())
    )
    joined = pl.DataFrame({"customer": orders.customers}).join(later, on="customer", how="left", maintain_order="left")
    counts = joined["count"].fill_null(0).cast(pl.Float64).to_numpy()
    return counts, joined["amount"].fill_null(0.0).to_numpy()
