"""All journal lines of a span of days: every kind of document posted, each journal balanced in local currency.

Belongs here: the list of postings. Does not: numbering and writing (ledger.py).
"""

from __future__ import annotations

import polars as pl

from pipelines.sample.postings import Events
from pipelines.sample.purchase_postings import post_bill_payments, post_bills, post_deliveries
from pipelines.sample.sales_postings import post_credit_notes, post_invoices, post_payments
from pipelines.sample.treasury_postings import post_by_hand, post_payroll, post_treasury

POSTINGS = (
    post_invoices,
    post_credit_notes,
    post_payments,
    post_deliveries,
    post_bills,
    post_bill_payments,
    post_payroll,
    post_treasury,
    post_by_hand,
)


def journal_lines(events: Events, first: int, last: int) -> pl.DataFrame:
    """All lines posted from the first to the last day, unsorted."""
    return pl.concat([part for step in POSTINGS for part in step(events, first, last)])
