"""Which accounts pay, taxes, loans, depreciation, provisions and the bank move.

Belongs here: one function per kind of event, from events to the journal lines of a span of days.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.sample import company as c
from pipelines.sample.postings import BANK, DEPRECIATION, LOAN, MANUAL, OPENING, PAYROLL, TAX, Events, lines_of, span
from pipelines.sample.treasury import INCOME_TAX, PAYROLL_TAX, VAT


def post_payroll(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    pay = span(events.treasury.salaries, first, last).with_columns(
        number=6_000_000_000 + pl.col("entity") * 1_000_000 + pl.col("month") * 10
    )
    yield lines_of(pay, PAYROLL, 0, account=c.SALARIES, amount=pl.col("gross"), department=pl.col("department"))
    yield lines_of(pay, PAYROLL, 1, account=c.SOCIAL_COSTS, amount=pl.col("employer"), department=pl.col("department"))
    total = pay.group_by("entity", "day", "number").agg(pl.col("gross", "employer", "withheld").sum())
    net = pl.col("gross") - pl.col("withheld")
    yield lines_of(total, PAYROLL, 2, account=c.SALARIES_PAYABLE, amount=-net)
    yield lines_of(total, PAYROLL, 3, account=c.PAYROLL_TAX, amount=-(pl.col("withheld") + pl.col("employer")))
    transfer = total.with_columns(number=pl.col("number") + 1)
    yield lines_of(transfer, PAYROLL, 4, account=c.SALARIES_PAYABLE, amount=net)
    yield lines_of(transfer, PAYROLL, 5, account=c.OPERATING, amount=-net)


def post_treasury(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    treasury = events.treasury
    paid = treasury.taxes.filter(pl.col("paid") == 1).with_columns(day=pl.col("due"))
    paid = span(paid, first, last)
    vat = paid.filter(pl.col("kind") == VAT)
    yield lines_of(vat, TAX, 0, account=c.OUTPUT_VAT, amount=pl.col("output"))
    yield lines_of(vat, TAX, 1, account=c.INPUT_VAT, amount=-pl.col("input"))
    for kind, account in ((PAYROLL_TAX, c.PAYROLL_TAX), (INCOME_TAX, c.INCOME_TAX_PAYABLE)):
        yield lines_of(paid.filter(pl.col("kind") == kind), TAX, 2, account=account, amount=pl.col("amount"))
    yield lines_of(paid, TAX, 3, account=c.OPERATING, amount=-pl.col("amount"))
    loans = span(treasury.loans.filter(pl.col("paid") == 1).with_columns(day=pl.col("due")), first, last)
    yield lines_of(loans, LOAN, 0, account=c.LOANS, amount=pl.col("principal"))
    yield lines_of(loans, LOAN, 1, account=c.INTEREST, amount=pl.col("interest"), department=c.ADM)
    yield lines_of(loans, LOAN, 2, account=c.OPERATING, amount=-(pl.col("principal") + pl.col("interest")))
    worn = span(treasury.depreciation, first, last)
    yield lines_of(worn, DEPRECIATION, 0, account=c.DEPRECIATION, amount=pl.col("amount"), department=c.OPS)
    yield lines_of(worn, DEPRECIATION, 1, account=c.ACCUMULATED_DEPRECIATION, amount=-pl.col("amount"))
    for kind, debit, credit, department in (
        (0, c.BAD_DEBTS, c.ALLOWANCE, c.SAL),
        (1, c.INCOME_TAX, c.INCOME_TAX_PAYABLE, c.ADM),
        (2, c.INSURANCE, c.PREPAID, c.ADM),
    ):
        entry = span(treasury.provisions.filter(pl.col("kind") == kind), first, last)
        yield lines_of(entry, MANUAL, 0, account=debit, amount=pl.col("amount"), department=department)
        yield lines_of(entry, MANUAL, 1, account=credit, amount=-pl.col("amount"))
    fees = span(treasury.fees, first, last)
    yield lines_of(fees, BANK, 0, account=c.BANK_CHARGES, amount=pl.col("amount"), department=c.ADM)
    yield lines_of(fees, BANK, 1, account=c.OPERATING, amount=-pl.col("amount"))
    swept = span(treasury.sweeps, first, last)
    yield lines_of(swept, BANK, 0, account=c.OPERATING, amount=pl.col("amount"))
    yield lines_of(swept, BANK, 1, account=c.COLLECTING, amount=-pl.col("amount"))
    opening = treasury.opening.with_columns(number=6_900_000_000 + pl.col("entity"))
    if first <= int(treasury.opening["day"][0]) <= last:
        yield lines_of(opening, OPENING, 0, account=pl.col("account"), amount=pl.col("amount"))


def post_by_hand(events: Events, first: int, last: int) -> Iterator[pl.DataFrame]:
    entries = events.by_hand
    receipts = span(entries.receipts.with_columns(day=pl.col("booked")), first, last)
    yield lines_of(receipts, BANK, 0, account=c.OPERATING, amount=pl.col("amount"))
    yield lines_of(receipts, BANK, 1, account=c.SUSPENSE, amount=-pl.col("amount"))
    # In the end it was a refund of the office's purchases.
    cleared = span(entries.receipts.with_columns(day=pl.col("cleared"), number=pl.col("number") + 1), first, last)
    yield lines_of(cleared, MANUAL, 0, account=c.SUSPENSE, amount=pl.col("amount"))
    yield lines_of(cleared, MANUAL, 1, account=c.OFFICE, amount=-pl.col("amount"), department=c.ADM)
    wrong = span(entries.corrections, first, last)
    yield lines_of(wrong, MANUAL, 0, account=c.SUSPENSE, amount=pl.col("amount"))
    yield lines_of(wrong, MANUAL, 1, account=c.RECEIVABLES, amount=-pl.col("amount"))
    right = span(entries.corrections.with_columns(number=pl.col("number") + 1), first, last)
    yield lines_of(right, MANUAL, 0, account=c.RECEIVABLES, amount=pl.col("amount"))
    yield lines_of(right, MANUAL, 1, account=c.SUSPENSE, amount=-pl.col("amount"))
    moves = span(entries.moves, first, last)
    yield lines_of(moves, MANUAL, 0, account=c.TRAVEL, amount=pl.col("amount"), department=c.SRV)
    yield lines_of(moves, MANUAL, 1, account=c.TRAVEL, amount=-pl.col("amount"), department=c.SAL)
