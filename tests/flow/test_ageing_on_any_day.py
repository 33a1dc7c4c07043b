"""What was open on any past day: the published answers against a recomputation from documents and applications.

The other side is plain Python on decimals: it reads the landed documents, applies what was applied by the day, and ages
by hand. It shares no code, no rounding and no join with the models.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from demo_company import make_sample_company, publish

from company.settings import Settings

CENT = Decimal("0.01")
FIRST, LAST = date(2023, 7, 15), date(2026, 6, 30)
Row = dict[str, Any]
Ageing = dict[tuple[str, str, str], Decimal]
"""(entity, customer or vendor, bucket) to what is open in local currency."""


def past_days(seed: int) -> list[date]:
    """Twenty days anywhere in the books, months' ends and not."""
    chance = random.Random(seed)  # noqa: S311  # picks test days, guards nothing
    return sorted(FIRST + timedelta(days=chance.randrange((LAST - FIRST).days)) for _ in range(20))


@dataclass(frozen=True)
class Books:
    """The landed documents of a company, as rows, and the names of the tables they came from."""

    tables: dict[str, list[Row]]
    control: dict[str, set[str]]

    def rows(self, table: str) -> list[Row]:
        return self.tables[table]


def read_books(settings: Settings) -> Books:
    (build,) = settings.folders.warehouse.glob("*/build.duckdb")
    names = ["invoice", "instalment", "credit_note", "payment", "payment_application"]
    names += ["bill", "bill_payment", "bill_payment_application", "gl_account", "journal_line"]
    with duckdb.connect(str(build), read_only=True) as connection:
        tables = {name: connection.sql(f"select * from raw.{name}").to_arrow_table().to_pylist() for name in names}
        held = connection.sql("select entity, source_id from intermediate.int_held_documents").fetchall()
    for name in names:
        tables[name] = [row for row in tables[name] if (name, row["source_id"]) not in set(held)]
    control: dict[str, set[str]] = defaultdict(set)
    for account in tables["gl_account"]:
        control[account["control_of"] or ""].add(account["account_code"])
    return Books(tables=tables, control=dict(control))


def bucket_of(due_on: date, day: date) -> str:
    late = (day - due_on).days
    for last, name in ((0, "not_due"), (30, "1_30"), (60, "31_60"), (90, "61_90")):
        if late <= last:
            return name
    return "over_90"


def instalments_of(invoice: Row, plan: Iterable[Row]) -> list[tuple[date, Decimal]]:
    """Due dates and local amounts; the last one takes the cents that rounding leaves."""
    ordered = sorted(plan, key=lambda row: (row["due_on"], row["instalment_id"]))
    if not ordered:
        return [(invoice["due_on"], invoice["gross_local"])]
    parts, before, due_doc = [], Decimal(0), Decimal(0)
    for row in ordered[:-1]:
        due_doc += row["gross_doc"]
        so_far = (due_doc * invoice["gross_local"] / invoice["gross_doc"]).quantize(CENT, ROUND_HALF_UP)
        parts.append((row["due_on"], so_far - before))
        before = so_far
    return [*parts, (ordered[-1]["due_on"], invoice["gross_local"] - before)]


def settled_oldest_first(parts: list[tuple[date, Decimal]], settled: Decimal) -> list[tuple[date, Decimal]]:
    """What stays open of each instalment."""
    open_parts = []
    for place, (due_on, amount) in enumerate(parts, start=1):
        taken = settled if place == len(parts) else max(Decimal(0), min(settled, amount))
        settled -= taken
        open_parts.append((due_on, amount - taken))
    return open_parts


def receivables(books: Books, day: date) -> Ageing:
    plans: dict[str, list[Row]] = defaultdict(list)
    for row in books.rows("instalment"):
        plans[row["invoice_id"]].append(row)
    invoices = {row["invoice_id"]: row for row in books.rows("invoice") if row["invoiced_on"] <= day}
    rates = {row["invoice_id"]: row["exchange_rate"] for row in books.rows("invoice")}
    settled: dict[str, Decimal] = defaultdict(Decimal)
    used: dict[str, Decimal] = defaultdict(Decimal)
    for row in books.rows("payment_application"):
        if row["applied_on"] <= day and row["invoice_id"] in rates:
            settled[row["invoice_id"]] += row["amount_local"]
            discount = (row["discount_doc"] * rates[row["invoice_id"]]).quantize(CENT, ROUND_HALF_UP)
            used[row["payment_id"] or row["credit_note_id"]] += (
                row["amount_local"] - discount + row["exchange_difference_local"]
            )
    ageing: Ageing = defaultdict(Decimal)
    for key, invoice in invoices.items():
        for due_on, amount in settled_oldest_first(instalments_of(invoice, plans[key]), settled[key]):
            ageing[invoice["entity_id"], invoice["customer_id"], bucket_of(due_on, day)] += amount
    for row in books.rows("credit_note"):
        if row["credited_on"] <= day:
            ageing[row["entity_id"], row["customer_id"], "credits"] += used[row["credit_note_id"]] - row["gross_local"]
    for row in books.rows("payment"):
        if row["paid_on"] <= day:
            ageing[row["entity_id"], row["customer_id"], "cash"] += used[row["payment_id"]] - row["amount_local"]
    return {key: amount for key, amount in ageing.items() if amount}


def payables(books: Books, day: date) -> Ageing:
    rates = {row["bill_id"]: row["exchange_rate"] for row in books.rows("bill")}
    settled: dict[str, Decimal] = defaultdict(Decimal)
    used: dict[str, Decimal] = defaultdict(Decimal)
    for row in books.rows("bill_payment_application"):
        if row["applied_on"] <= day and row["bill_id"] in rates:
            settled[row["bill_id"]] += row["amount_local"]
            discount = (row["discount_doc"] * rates[row["bill_id"]]).quantize(CENT, ROUND_HALF_UP)
            used[row["bill_payment_id"]] += row["amount_local"] - discount - row["exchange_difference_local"]
    ageing: Ageing = defaultdict(Decimal)
    for row in books.rows("bill"):
        if row["billed_on"] <= day:
            bucket = bucket_of(row["due_on"], day) if row["gross_local"] >= 0 else "credits"
            ageing[row["entity_id"], row["vendor_id"], bucket] += row["gross_local"] - settled[row["bill_id"]]
    for row in books.rows("bill_payment"):
        if row["paid_on"] <= day:
            ageing[row["entity_id"], row["vendor_id"], "cash"] += used[row["bill_payment_id"]] - row["amount_local"]
    return {key: amount for key, amount in ageing.items() if amount}


def control_accounts(books: Books, subledger: str, day: date) -> dict[str, Decimal]:
    """The balance by entity, debit positive for receivables and credit positive for payables."""
    balances: dict[str, Decimal] = defaultdict(Decimal)
    sign = 1 if subledger == "receivables" else -1
    for row in books.rows("journal_line"):
        if row["account_code"] in books.control[subledger] and row["posted_on"] <= day:
            balances[row["entity_id"]] += sign * (row["debit_local"] - row["credit_local"])
    return dict(balances)


def published(marts: duckdb.DuckDBPyConnection, side: str, partner: str, day: date) -> Ageing:
    columns = {
        "not_due": "not_due_local",
        "1_30": "overdue_1_30_local",
        "31_60": "overdue_31_60_local",
        "61_90": "overdue_61_90_local",
        "over_90": "overdue_over_90_local",
        "cash": "unapplied_cash_local",
        "credits": "unapplied_credits_local",
    }
    rows = marts.sql(f"select * from finance.{side}_aged_balances_on(cast(? as date))", params=[day])
    ageing: Ageing = {}
    for row in rows.to_arrow_table().to_pylist():
        assert row["open_local"] == sum(row[column] for column in columns.values()), "columns add up to what is open"
        for bucket, column in columns.items():
            if row[column]:
                ageing[row["entity_id"], row[partner], bucket] = row[column]
    return ageing


def by_entity(ageing: Ageing) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for (entity, _, _), amount in ageing.items():
        totals[entity] += amount
    return {entity: amount for entity, amount in totals.items() if amount}


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    (marts,) = settings.folders.warehouse.glob("*/marts.duckdb")
    return duckdb.connect(str(marts), read_only=True)


def ageing_in_long_form(marts: duckdb.DuckDBPyConnection, side: str, day: date) -> Ageing:
    partner = "customer_id" if side == "receivable" else "vendor_id"
    rows = marts.execute(
        f"select entity_id, {partner}, bucket, open_local from finance.{side}_ageing_on(cast(? as date))", [day]
    ).fetchall()
    return {(entity, who, bucket): amount for entity, who, bucket, amount in rows if amount}


def with_one_unapplied_bucket(ageing: Ageing) -> Ageing:
    merged: Ageing = defaultdict(Decimal)
    for (entity, who, bucket), amount in ageing.items():
        merged[entity, who, "unapplied" if bucket in ("cash", "credits") else bucket] += amount
    return {key: amount for key, amount in merged.items() if amount}


@pytest.mark.parametrize("seed", [1])
def test_ageing_on_twenty_past_days_is_what_documents_and_applications_say(sample_company: Settings, seed: int) -> None:
    """A balance of the past that moves when somebody pays today cannot be shown to an auditor."""
    books, marts = read_books(sample_company), connect(sample_company)
    for day in past_days(seed):
        for side, partner, recomputed in (
            ("receivable", "customer_id", receivables(books, day)),
            ("payable", "vendor_id", payables(books, day)),
        ):
            assert len(recomputed) > 3, (side, day)
            assert published(marts, side, partner, day) == recomputed, (side, day)
            assert ageing_in_long_form(marts, side, day) == with_one_unapplied_bucket(recomputed), (side, day)


@pytest.mark.parametrize("seed", [1])
def test_ageing_on_twenty_past_days_is_the_subledger_and_the_control_account(
    sample_company: Settings, seed: int
) -> None:
    """An ageing that does not add up to the ledger is argued about instead of collected."""
    books, marts = read_books(sample_company), connect(sample_company)
    for day in past_days(seed):
        for side, partner in (("receivable", "customer_id"), ("payable", "vendor_id")):
            aged = by_entity(published(marts, side, partner, day))
            events = marts.execute(
                f"select entity_id, sum(amount_local) from finance.fct_{side}_events where event_on <= ? group by 1",
                [day],
            ).fetchall()
            assert aged == {entity: amount for entity, amount in events if amount}, (side, day)
            ledger = {k: v for k, v in control_accounts(books, f"{side}s", day).items() if v}
            assert aged == ledger, (side, day)


@pytest.mark.deep
def test_a_messy_company_ages_what_it_could_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is quarantined or held is in neither side; everything else is aged as documents say."""
    settings = make_sample_company(tmp_path_factory.mktemp("messy") / "company", seed=11, mess=True)
    publish(settings)
    books, marts = read_books(settings), connect(settings)
    for day in past_days(2):
        assert published(marts, "receivable", "customer_id", day) == receivables(books, day), day
        assert published(marts, "payable", "vendor_id", day) == payables(books, day), day
