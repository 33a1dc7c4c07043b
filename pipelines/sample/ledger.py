"""The general ledger and the bank statements as exported: journals numbered by day, balances running.

Belongs here: sorting, numbering and writing of journal lines in chunks of a quarter; bank lines.
Does not: which accounts an event moves (postings.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import Ints, first_of_group, month_first_day, month_last_day, month_number, sum_by
from pipelines.sample.columns import (
    DEPARTMENT_CODES,
    codes,
    cost_centres,
    currencies,
    days,
    entities,
    integers,
    money,
    numbers,
)
from pipelines.sample.journals import journal_lines
from pipelines.sample.postings import DOCUMENTS, Events
from pipelines.sample.sales_files import BANK_CODES, project_codes
from pipelines.sample.treasury import COLLECTIONS
from pipelines.sample.world import World

DOCUMENT_CODES = ("OB", "RV", "RC", "DZ", "KR", "KZ", "PY", "WA", "WE", "BK", "AF", "TX", "LN", "SA")
TEXTS = ("Opening balance", "Customer invoice", "Customer credit note", "Customer payment", "Vendor bill",
         "Vendor payment", "Payroll", "Goods issue", "Goods receipt", "Bank charges", "Depreciation", "Tax payment",
         "Loan instalment", "Journal entry")  # fmt: skip
JOURNAL_BASE = 100_000_000
MONTHS_PER_CHUNK = 3
FEES_EARLIER_DAYS = 9
SUMMED_BY = ("entity", "month", "account", "department", "partner", "document")


@dataclass
class LedgerTotals:
    """What was posted, summed while the journals stream by: by entity, month, account and more."""

    lines: int = 0
    journals: int = 0
    parts: list[pl.DataFrame] = field(default_factory=list)

    def add(self, chunk: pl.DataFrame) -> None:
        self.parts.append(chunk.group_by(*SUMMED_BY).agg(pl.col("amount").sum()))

    def detail(self) -> pl.DataFrame:
        """Sums by entity, month, account, department, trading partner and kind of document."""
        return pl.concat(self.parts).group_by(*SUMMED_BY).agg(pl.col("amount").sum()).sort(*SUMMED_BY)

    def table(self) -> pl.DataFrame:
        """Sums by entity, month, account and department."""
        total = pl.concat(self.parts).group_by("entity", "month", "account", "department").agg(pl.col("amount").sum())
        return total.sort("entity", "month", "account", "department")


def journal_tables(world: World, totals: LedgerTotals) -> Iterator[pl.DataFrame]:
    """The journal file in chunks; journals run in order of posting day within an entity."""
    months = month_number(world.masters.window.months)
    numbered = np.zeros(len(c.ENTITIES), dtype=np.int64)
    for at in range(0, len(months), MONTHS_PER_CHUNK):
        part = months[at : at + MONTHS_PER_CHUNK]
        first, last = int(month_first_day(part[:1])[0]), int(month_last_day(part[-1:])[0])
        lines = sorted_lines(journal_lines(world.events, first, min(last, world.masters.window.last)))
        entity, day, document, number = (lines[name].to_numpy() for name in ("entity", "day", "document", "number"))
        opens = first_of_group(entity, day, document, number)
        journal = np.cumsum(opens) - 1
        entity_of = entity[opens]
        counts = np.bincount(entity_of, minlength=len(c.ENTITIES))
        running = np.arange(len(entity_of)) - (np.cumsum(counts) - counts)[entity_of] + numbered[entity_of] + 1
        numbered += counts
        place = np.arange(len(journal)) - np.flatnonzero(opens)[journal] + 1
        totals.lines += lines.height
        totals.journals += len(entity_of)
        totals.add(lines.with_columns(month=month_number(day)))
        yield _journal_table(world, lines, (JOURNAL_BASE * (entity_of + 1) + running)[journal], place)


def sorted_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """In order of entity, day, document and place; ties by content, so that the order does not depend on joins."""
    day = pl.col("day")
    return (
        lines.with_columns(
            first=(pl.col("entity") * 100_000 + day) * 100 + pl.col("document"),
            third=pl.col("place") * 10_000 + pl.col("account"),
            fourth=pl.col("item") * 100 + pl.col("department") + 1,
        )
        .sort("first", "number", "third", "fourth", "amount", "amount_doc", "project")
        .drop("first", "third", "fourth")
    )


def _journal_table(world: World, lines: pl.DataFrame, journal: Ints, place: Ints) -> pl.DataFrame:
    amount = lines["amount"].to_numpy()
    document = lines["document"].to_numpy()
    return pl.DataFrame(
        {
            "Company Code": entities(lines["entity"]),
            "Journal No": journal,
            "Line": place,
            "Posting Date": days(lines["day"]),
            "Account": lines["account"],
            "Debit": money(np.maximum(amount, 0)),
            "Credit": money(np.maximum(-amount, 0)),
            "Currency": currencies(lines["currency"]),
            "Amount Doc": money(lines["amount_doc"]),
            "Department": codes(lines["department"], DEPARTMENT_CODES),
            "Cost Centre": cost_centres(lines["entity"], lines["department"]),
            "WBS": project_codes(lines["project"]),
            "Customer": numbers(lines["customer"], world.masters.customers.number),
            "Vendor": numbers(lines["vendor"], world.masters.vendors.number),
            "Material": numbers(lines["item"], world.masters.catalogue.number),
            "Doc Type": codes(document, DOCUMENT_CODES),
            "Doc No": lines["number"],
            "Trading Partner": entities(lines["partner"]),
            "Text": codes(document, TEXTS),
        }
    )


def cash_movements(events: Events) -> pl.DataFrame:
    """Every movement of a bank account: bank, day, amount (signed, local currency), document, number, and whom.

    The day is the bank's; the last fees and some receipts are booked later in the month. `named`: 0 where the bank says
    nothing of a document.
    """
    absent = {"customer": pl.lit(-1, pl.Int64), "vendor": pl.lit(-1, pl.Int64)}

    def movement(frame: pl.DataFrame, document: str, amount: pl.Expr, bank: pl.Expr, **party: pl.Expr) -> pl.DataFrame:
        frame = frame if "named" in frame.columns else frame.with_columns(named=pl.lit(1, pl.Int64))
        return frame.select(
            "day",
            "number",
            "named",
            entity="entity",
            bank=bank.cast(pl.Int64),
            amount=amount,
            document=pl.lit(DOCUMENTS.index(document), pl.Int64),
            **(absent | party),
        )

    treasury = events.treasury
    home = pl.col("entity").replace_strict(
        list(range(len(c.ENTITIES))), c.OPERATING_BANK.tolist(), return_dtype=pl.Int64
    )
    banks = pl.DataFrame(
        {
            "entity": [bank.entity for bank in c.BANKS],
            "account": [bank.account for bank in c.BANKS],
            "bank": list(range(len(c.BANKS))),
        }
    )
    opening = treasury.opening.join(banks, on=["entity", "account"], maintain_order="left")
    opening = opening.with_columns(number=6_900_000_000 + pl.col("entity"))
    pay = treasury.salaries.group_by("entity", "day", "month").agg(
        (pl.col("gross") - pl.col("withheld")).sum().alias("net")
    )
    pay = pay.with_columns(number=6_000_000_001 + pl.col("entity") * 1_000_000 + pl.col("month") * 10)
    taxes = treasury.taxes.filter(pl.col("paid") == 1).with_columns(day=pl.col("due"))
    loans = treasury.loans.filter(pl.col("paid") == 1).with_columns(day=pl.col("due"))
    rows = pl.concat(
        [
            movement(opening, "opening", pl.col("amount"), pl.col("bank")),
            movement(
                events.collections.payments,
                "payment",
                pl.col("amount_local"),
                pl.col("bank"),
                customer=pl.col("customer"),
            ),
            movement(
                events.disbursements.payments,
                "bill_payment",
                -pl.col("amount_local"),
                pl.col("bank"),
                vendor=pl.col("vendor"),
            ),
            movement(pay, "payroll", -pl.col("net"), home),
            movement(taxes, "tax", -pl.col("amount"), home),
            movement(loans, "loan", -(pl.col("principal") + pl.col("interest")), home),
            movement(_as_the_bank_charges(treasury.fees), "bank", -pl.col("amount"), home),
            movement(events.by_hand.receipts.with_columns(named=pl.lit(0, pl.Int64)), "bank", pl.col("amount"), home),
            movement(treasury.sweeps, "bank", pl.col("amount"), home),
            movement(treasury.sweeps, "bank", -pl.col("amount"), pl.lit(c.BANKS.index(COLLECTIONS))),
        ]
    )
    return rows.filter(pl.col("amount") != 0).sort("bank", "day", "document", "number")


def _as_the_bank_charges(fees: pl.DataFrame) -> pl.DataFrame:
    """The bank took the last fees of each entity some days before they were booked, and named no document."""
    newest = pl.col("day") == pl.col("day").max().over("entity")
    return fees.with_columns(
        day=pl.when(newest).then(pl.col("day") - FEES_EARLIER_DAYS).otherwise(pl.col("day")),
        named=pl.when(newest).then(0).otherwise(1).cast(pl.Int64),
    )


def _said_by_payers(world: World, rows: pl.DataFrame) -> tuple[Ints, Ints]:
    """Of each bank line: the number of the invoice that its payer writes instead of what the bank knows (-1: none), and
    whether the bank names the document. One in ten payers writes the invoice, one in ten nothing but a name."""
    payments = world.events.collections.payments
    settled = (
        world.events.collections.applications.filter(pl.col("payment") >= 0)
        .group_by("payment")
        .agg(pl.col("invoice").min(), pl.len().alias("count"))
    )
    known = payments.select("payment", "number").join(settled, on="payment", how="left", maintain_order="left")
    known = rows.select("number", "document").join(known, on="number", how="left", maintain_order="left")
    is_payment = (known["document"] == DOCUMENTS.index("payment")).to_numpy()
    last = integers(known["number"]) % 10
    writes = is_payment & (last == 0) & (known["count"].fill_null(0) == 1).to_numpy()
    invoice = integers(known["invoice"].fill_null(0))
    number = world.events.billing.invoices["number"].to_numpy()
    named = integers(rows["named"]) * ~(writes | (is_payment & (last == 1)))
    return np.where(writes, number[invoice] if len(number) else invoice, -1), named


def bank_table(world: World) -> pl.DataFrame:
    """Bank statements: one line per movement, with the balance after it."""
    rows = cash_movements(world.events)
    bank, amount = rows["bank"].to_numpy(), rows["amount"].to_numpy()
    total = np.cumsum(amount)
    start = np.searchsorted(bank, np.arange(len(c.BANKS)))
    balance = total - np.concatenate([[0], total])[start][bank]
    customer, vendor = rows["customer"].to_numpy(), rows["vendor"].to_numpy()
    names = pl.concat(
        [world.masters.customers.name, world.masters.vendors.name, pl.Series("name", [None], dtype=pl.String)]
    )
    who = np.select([customer >= 0, vendor >= 0], [customer, world.masters.customers.size + vendor], names.len() - 1)
    invoice, named = _said_by_payers(world, rows)
    text = pl.DataFrame({"text": codes(rows["document"], TEXTS).cast(pl.String), "invoice": invoice, "named": named})
    text = text.with_columns(known=rows["named"])
    said = (
        pl.when(pl.col("invoice") >= 0)
        .then(pl.format("Invoice {}", "invoice"))
        .when((pl.col("known") == 0) & (pl.Series(amount) > 0))
        .then(pl.lit("Payment received"))
        .otherwise(pl.col("text"))
    )
    return pl.DataFrame(
        {
            "Statement Line": np.arange(rows.height) + 1,
            "Bank Account": codes(rows["bank"], BANK_CODES),
            "Booking Date": days(rows["day"]),
            "Amount": money(amount),
            "Balance": money(balance),
            "Counterparty": names.gather(who),
            "Reference": text.select(said=said)["said"],
            "ERP Document": rows["number"].set(pl.Series(named == 0), None),
        }
    )


def closing_balances(totals: pl.DataFrame, account: int) -> Ints:
    """Signed balance of an account by entity at the end of all that was posted."""
    mine = totals.filter(pl.col("account") == account)
    return sum_by(integers(mine["entity"]), integers(mine["amount"]), len(c.ENTITIES))
