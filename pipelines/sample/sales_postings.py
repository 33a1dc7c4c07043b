"""Which accounts invoices, credit notes and customer payments move.

Belongs here: one function per kind of sales document, from events to the journal lines of a span of days.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.sample import company as c
from pipelines.sample.catalogue import GOODS
from pipelines.sample.postings import CREDIT, INVOICE, PAYMENT, Events, lines_of, span


def post_invoices(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    heads = span(events.billing.invoices, first, last)
    between = pl.col("buyer") >= 0
    yield lines_of(
        heads,
        INVOICE,
        0,
        account=pl.when(between).then(c.IC_RECEIVABLES).otherwise(c.RECEIVABLES),
        amount=pl.col("gross_local"),
        currency=pl.col("currency"),
        amount_doc=pl.col("gross"),
        customer=pl.col("customer"),
        partner=pl.col("buyer"),
    )
    yield lines_of(
        heads,
        INVOICE,
        2_000_000,
        account=c.OUTPUT_VAT,
        amount=-pl.col("tax_local"),
        currency=pl.col("currency"),
        amount_doc=-pl.col("tax"),
    )
    carried = heads.select("invoice", "entity", "day", "number", "currency", "customer", "buyer")
    lines = events.billing.invoice_lines.join(carried, on="invoice", how="inner")
    yield lines_of(
        lines,
        INVOICE,
        1,
        account=pl.col("account"),
        amount=-pl.col("net_local"),
        currency=pl.col("currency"),
        amount_doc=-pl.col("net"),
        department=pl.col("department"),
        customer=pl.col("customer"),
        item=pl.col("item"),
        project=pl.col("project"),
        partner=pl.col("buyer"),
    )
    costed = lines.filter(pl.col("cost") != 0)
    yield lines_of(
        costed,
        INVOICE,
        3_000_000,
        account=pl.col("cost_account"),
        amount=pl.col("cost"),
        department=pl.col("department"),
        customer=pl.col("customer"),
        item=pl.col("item"),
        project=pl.col("project"),
        partner=pl.col("buyer"),
    )
    goods = pl.col("line_type") == GOODS
    total = costed.group_by("entity", "day", "number", goods.alias("goods")).agg(
        pl.col("cost").sum(), pl.col("buyer").first()
    )
    yield lines_of(
        total,
        INVOICE,
        4_000_000,
        account=pl.when("goods").then(c.DELIVERED).otherwise(c.ABSORBED),
        amount=-pl.col("cost"),
        department=pl.when("goods").then(c.NO_DEPARTMENT).otherwise(c.SRV),
    )


def post_credit_notes(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    heads = span(events.billing.credit_notes, first, last)
    yield lines_of(
        heads,
        CREDIT,
        0,
        account=c.RECEIVABLES,
        amount=-pl.col("gross_local"),
        currency=pl.col("currency"),
        amount_doc=-pl.col("gross"),
        customer=pl.col("customer"),
    )
    yield lines_of(
        heads,
        CREDIT,
        2_000_000,
        account=c.OUTPUT_VAT,
        amount=pl.col("tax_local"),
        currency=pl.col("currency"),
        amount_doc=pl.col("tax"),
    )
    lines = events.billing.credit_lines.join(
        heads.select("credit", "entity", "day", "number", "currency", "customer"), on="credit", how="inner"
    )
    yield lines_of(
        lines,
        CREDIT,
        1,
        account=pl.col("account"),
        amount=pl.col("net_local"),
        currency=pl.col("currency"),
        amount_doc=pl.col("net"),
        department=pl.col("department"),
        customer=pl.col("customer"),
        item=pl.col("item"),
        project=pl.col("project"),
    )
    yield lines_of(
        lines,
        CREDIT,
        3_000_000,
        account=pl.col("cost_account"),
        amount=-pl.col("cost"),
        department=pl.col("department"),
        customer=pl.col("customer"),
        item=pl.col("item"),
        project=pl.col("project"),
    )
    yield lines_of(lines, CREDIT, 4_000_000, account=c.INVENTORY, amount=pl.col("cost"), item=pl.col("item"))


def post_payments(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    heads = span(events.collections.payments, first, last)
    yield lines_of(
        heads,
        PAYMENT,
        0,
        account=pl.col("bank_account"),
        amount=pl.col("amount_local"),
        currency=pl.col("currency"),
        amount_doc=pl.col("amount"),
    )
    # What was off the customer's account: the cash and the discounts, less what the exchange rate gave.
    settled = pl.col("amount_local") + pl.col("discount_local") - pl.col("exchange")
    yield lines_of(
        heads,
        PAYMENT,
        1,
        account=pl.when(pl.col("buyer") >= 0).then(c.IC_RECEIVABLES).otherwise(c.RECEIVABLES),
        amount=-settled,
        currency=pl.col("currency"),
        amount_doc=-(pl.col("amount") + pl.col("discount")),
        customer=pl.col("customer"),
        partner=pl.col("buyer"),
    )
    yield lines_of(
        heads,
        PAYMENT,
        2,
        account=c.DISCOUNTS_GRANTED,
        amount=pl.col("discount_local"),
        department=c.SAL,
        customer=pl.col("customer"),
    )
    yield lines_of(heads, PAYMENT, 3, account=c.EXCHANGE, amount=-pl.col("exchange"), department=c.ADM)
