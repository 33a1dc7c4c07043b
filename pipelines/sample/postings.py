"""The event log, and the shape of the journal lines that its events become.

Belongs here: what every posting needs. Does not: which accounts a document moves (sales_postings.py,
purchase_postings.py, treasury_postings.py). Amounts are signed cents of local currency, debit positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import Ints
from pipelines.sample.by_hand import HandEntries
from pipelines.sample.collecting import Collections
from pipelines.sample.invoicing import Billing
from pipelines.sample.paying import Disbursements
from pipelines.sample.purchasing import Purchases
from pipelines.sample.treasury import Treasury

DOCUMENTS = (
    "opening",
    "invoice",
    "credit_note",
    "payment",
    "bill",
    "bill_payment",
    "payroll",
    "delivery",
    "receipt",
    "bank",
    "depreciation",
    "tax",
    "loan",
    "manual",
)
(
    OPENING,
    INVOICE,
    CREDIT,
    PAYMENT,
    BILL,
    BILL_PAYMENT,
    PAYROLL,
    DELIVERY,
    RECEIPT,
    BANK,
    DEPRECIATION,
    TAX,
    LOAN,
    MANUAL,
) = range(14)
LINE_COLUMNS = (
    "entity",
    "day",
    "document",
    "number",
    "place",
    "account",
    "amount",
    "currency",
    "amount_doc",
    "department",
    "customer",
    "vendor",
    "item",
    "project",
    "partner",
)
REVENUE: Ints = np.array([c.SALES_GOODS, c.SALES_SERVICES, c.SALES_SUBSCRIPTIONS, c.SALES_LICENCES, c.SALES_FREIGHT])
COST: Ints = np.array([c.COST_GOODS, c.COST_SERVICES, c.COST_SUBSCRIPTIONS, c.COST_SUBSCRIPTIONS, c.COST_GOODS])


@dataclass(frozen=True, slots=True)
class Events:
    """The event log that both the ledger and the truths are computed from."""

    orders: pl.DataFrame
    order_lines: pl.DataFrame
    deliveries: pl.DataFrame  # with cost
    billing: Billing
    collections: Collections
    purchases: Purchases
    disbursements: Disbursements
    treasury: Treasury
    by_hand: HandEntries
    stock_differences: pl.DataFrame  # entity, item, day, units, book, amount, number


def lines_of(frame: pl.DataFrame, document: int, place: int, **columns: pl.Expr | int) -> pl.DataFrame:
    """Journal lines with every column filled; money in local currency where no document amount is given."""
    local = pl.col("entity").replace_strict(
        list(range(len(c.ENTITIES))), c.ENTITY_CURRENCY.tolist(), return_dtype=pl.Int64
    )
    given: dict[str, pl.Expr | int] = {name: pl.col(name) for name in ("entity", "day", "number")}
    given.update(dict.fromkeys(("department", "customer", "vendor", "item", "project", "partner"), -1))
    given.update({"document": document, "place": place, "currency": local})
    given.update(columns)
    if "amount_doc" not in given:
        given["amount_doc"] = given["amount"]
        given["currency"] = local
    filled = ((name, given[name]) for name in LINE_COLUMNS)
    exprs = [
        (pl.lit(value, pl.Int64) if isinstance(value, int) else value.cast(pl.Int64)).alias(name)
        for name, value in filled
    ]
    return frame.select(exprs).filter(pl.col("amount") != 0)


def span(frame: pl.DataFrame, first: int, last: int) -> pl.DataFrame:
    return frame.filter(pl.col("day").is_between(first, last))
