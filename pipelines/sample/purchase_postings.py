"""Which accounts goods, vendor bills and payments to vendors move.

Belongs here: one function per kind of document, from events to the journal lines of a span of days.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.sample import company as c
from pipelines.sample.postings import BILL, BILL_PAYMENT, DELIVERY, MANUAL, RECEIPT, Events, lines_of, span


def post_deliveries(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    lines = events.deliveries.filter(pl.col("delivered").is_between(first, last))
    notes = lines.group_by("entity", day="delivered", number="delivery").agg(pl.col("cost").sum())
    yield lines_of(notes, DELIVERY, 0, account=c.DELIVERED, amount=pl.col("cost"))
    issued = lines.rename({"delivered": "day"}).with_columns(number=pl.col("delivery"))
    yield lines_of(issued, DELIVERY, 1, account=c.INVENTORY, amount=-pl.col("cost"), item=pl.col("item"))
    received = events.purchases.purchase_lines.filter(pl.col("received").is_between(first, last))
    numbers = events.purchases.purchase_orders.select("purchase", "receipt")
    per_order = (
        received.group_by("entity", "vendor", "purchase", day="received")
        .agg(pl.col("value").sum())
        .join(numbers, on="purchase")
    )
    per_order = per_order.rename({"receipt": "number"})
    taken_in = received.join(numbers, on="purchase", how="inner").rename({"received": "day", "receipt": "number"})
    yield lines_of(taken_in, RECEIPT, 0, account=c.INVENTORY, amount=pl.col("value"), item=pl.col("item"))
    yield lines_of(per_order, RECEIPT, 1, account=c.RECEIVED, amount=-pl.col("value"), vendor=pl.col("vendor"))
    counted = span(events.stock_differences, first, last)
    yield lines_of(counted, MANUAL, 0, account=c.INVENTORY, amount=pl.col("amount"), item=pl.col("item"))
    yield lines_of(
        counted, MANUAL, 1, account=c.STOCK_DIFFERENCES, amount=-pl.col("amount"), department=c.OPS, item=pl.col("item")
    )


def post_bills(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    heads = span(events.purchases.bills, first, last)
    between = pl.col("partner") >= 0
    yield lines_of(
        heads,
        BILL,
        0,
        account=pl.when(between).then(c.IC_PAYABLES).otherwise(c.PAYABLES),
        amount=-pl.col("gross_local"),
        currency=pl.col("currency"),
        amount_doc=-pl.col("gross"),
        vendor=pl.col("vendor"),
        partner=pl.col("partner"),
    )
    yield lines_of(
        heads,
        BILL,
        2_000_000,
        account=c.INPUT_VAT,
        amount=pl.col("tax_local"),
        currency=pl.col("currency"),
        amount_doc=pl.col("tax"),
    )
    carried = heads.select("bill", "entity", "day", "number", "currency", "vendor", "partner")
    lines = events.purchases.bill_lines.join(carried, on="bill", how="inner")
    clears = pl.col("account") == c.RECEIVED
    yield lines_of(
        lines,
        BILL,
        1,
        account=pl.col("account"),
        amount=pl.when(clears).then(pl.col("accrued")).otherwise(pl.col("net_local")),
        currency=pl.col("currency"),
        amount_doc=pl.col("net"),
        department=pl.col("department"),
        vendor=pl.col("vendor"),
        item=pl.col("item"),
        partner=pl.col("partner"),
    )
    # Goods were taken in at the rate of their receipt; the bill's own rate makes the difference.
    drift = (
        lines.filter(clears)
        .group_by("entity", "day", "number")
        .agg((pl.col("net_local") - pl.col("accrued")).sum().alias("drift"))
    )
    yield lines_of(drift, BILL, 3_000_000, account=c.EXCHANGE, amount=pl.col("drift"), department=c.ADM)


def post_bill_payments(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    heads = span(events.disbursements.payments, first, last)
    yield lines_of(
        heads,
        BILL_PAYMENT,
        0,
        account=pl.col("bank_account"),
        amount=-pl.col("amount_local"),
        currency=pl.col("currency"),
        amount_doc=-pl.col("amount"),
    )
    settled = pl.col("amount_local") + pl.col("discount_local") + pl.col("exchange")
    yield lines_of(
        heads,
        BILL_PAYMENT,
        1,
        account=pl.when(pl.col("partner") >= 0).then(c.IC_PAYABLES).otherwise(c.PAYABLES),
        amount=settled,
        currency=pl.col("currency"),
        amount_doc=pl.col("amount") + pl.col("discount"),
        vendor=pl.col("vendor"),
        partner=pl.col("partner"),
    )
    yield lines_of(
        heads, BILL_PAYMENT, 2, account=c.DISCOUNTS_RECEIVED, amount=-pl.col("discount_local"), department=c.ADM
    )
    yield lines_of(heads, BILL_PAYMENT, 3, account=c.EXCHANGE, amount=-pl.col("exchange"), department=c.ADM)
