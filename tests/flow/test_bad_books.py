"""Books with one of every fault that books have: nothing is dropped, and each is listed with its amount and a message.

A company of ten documents without a connector, by the generic contract. Every amount was worked out by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from demo_company import publish
from readings import reading_of

from company.settings import Settings, load_settings
from dashboards.published import current
from dashboards.queries import close

SETTINGS = """
company:
  name: Bad Books Oy
  reporting_currency: EUR
  as_of: 2026-06-30
  entities: [{id: FI01, name: Bad Books Oy, currency: EUR, country: FI}]
sources:
  erp: {kind: files, folder: exports}
  plan: {kind: files, folder: plan, ids_of: erp}
checks: {open_items_within_documents: warn}
"""

Rows = list[dict[str, Any]]


def journal(number: str, day: str, debit: str, credit: str, amount: str, **more: str) -> Rows:
    """A journal of two lines. Of `more`, a cost centre stands on the debit line only."""
    centre = more.pop("cost_centre_code", "")
    common = {"journal_id": number, "posted_on": day, **more}
    return [
        {"journal_line_id": f"{number}-1", "account_code": debit, "debit_local": amount, "credit_local": "0"}
        | common
        | {"cost_centre_code": centre},
        {"journal_line_id": f"{number}-2", "account_code": credit, "debit_local": "0", "credit_local": amount} | common,
    ]


BOOKS: Mapping[str, Rows] = {
    "gl_account": [
        {"account_code": "1500", "name": "Receivables", "account_type": "receivable", "control_of": "receivables"},
        {"account_code": "1910", "name": "Bank", "account_type": "bank"},
        {"account_code": "2400", "name": "Payables", "account_type": "payable", "control_of": "payables"},
        {"account_code": "3000", "name": "Sales", "account_type": "revenue"},
        {"account_code": "8000", "name": "Office", "account_type": "operating_expense"},
        {"account_code": "X999", "name": "Nobody knows", "account_type": ""},
    ],
    "customer": [{"customer_id": "C1", "name": "Late Payer Oy", "country": "FI", "currency": "EUR"}],
    "vendor": [{"vendor_id": "V1", "name": "Paper Oy", "country": "FI", "currency": "EUR"}],
    "cost_centre": [
        {"cost_centre_code": "A", "name": "A", "parent_code": "B"},
        {"cost_centre_code": "B", "name": "B", "parent_code": "A"},
    ],
    # April is missing; May runs into June. March was locked on 5 April.
    "fiscal_period": [
        {"period_on": "2026-03-01", "period_end_on": "2026-03-31", "status": "locked",
         "locked_at": "2026-04-05 09:00:00"},
        {"period_on": "2026-05-01", "period_end_on": "2026-06-05", "status": "open", "locked_at": ""},
        {"period_on": "2026-06-01", "period_end_on": "2026-06-30", "status": "open", "locked_at": ""},
    ],
    "invoice": [
        {"invoice_id": "I1", "customer_id": "C1", "invoiced_on": "2026-05-04", "due_on": "", "currency": "EUR",
         "net_doc": "100", "tax_doc": "0", "gross_doc": "100"},
        # No rate from this currency is known on any day.
        {"invoice_id": "I2", "customer_id": "C1", "invoiced_on": "2026-05-05", "due_on": "2026-06-05",
         "currency": "XOF", "net_doc": "1000", "tax_doc": "0", "gross_doc": "1000"},
    ],
    "invoice_line": [
        {"invoice_line_id": "I1-1", "invoice_id": "I1", "quantity": "1", "net_doc": "100", "account_code": "3000"},
        {"invoice_line_id": "I2-1", "invoice_id": "I2", "quantity": "1", "net_doc": "1000", "account_code": "3000"},
    ],
    "payment": [
        {"payment_id": "P1", "customer_id": "C1", "paid_on": "2026-05-10", "currency": "EUR", "amount_doc": "150"},
    ],
    "payment_application": [
        {"payment_application_id": "A1", "payment_id": "P1", "invoice_id": "I1", "applied_on": "2026-05-10",
         "amount_doc": "150"},
    ],
    "credit_note": [
        {"credit_note_id": "CN1", "customer_id": "C1", "invoice_id": "I9", "credited_on": "2026-05-12",
         "currency": "EUR", "net_doc": "20", "tax_doc": "0", "gross_doc": "20"},
    ],
    "credit_note_line": [
        {"credit_note_line_id": "CN1-1", "credit_note_id": "CN1", "quantity": "1", "net_doc": "20",
         "account_code": "3000"},
    ],
    "bill": [
        {"bill_id": "B1", "vendor_id": "V1", "billed_on": "2026-05-20", "due_on": "", "currency": "EUR",
         "net_doc": "70", "tax_doc": "0", "gross_doc": "70"},
    ],
    "bill_line": [{"bill_line_id": "B1-1", "bill_id": "B1", "net_doc": "70", "account_code": "8000"}],
    "journal_line": [
        *journal("J1", "2026-05-04", "1500", "3000", "100", document_type="invoice", document_id="I1",
                 customer_id="C1"),
        *journal("J2", "2026-05-10", "1910", "1500", "150", document_type="payment", document_id="P1",
                 customer_id="C1"),
        *journal("J3", "2026-05-12", "3000", "1500", "20", document_type="credit_note", document_id="CN1",
                 customer_id="C1"),
        *journal("J4", "2026-05-14", "8000", "1910", "40", document_type="manual", cost_centre_code="NOPE"),
        *journal("J5", "2026-05-15", "X999", "1910", "60", document_type="manual"),
        *journal("J6", "2026-04-15", "8000", "1910", "10", document_type="manual"),
        *journal("J7", "2026-03-20", "8000", "1910", "30", document_type="manual", updated_at="2026-04-20 10:00:00"),
        *journal("J8", "2026-05-16", "8000", "1910", "5", document_type="manual", cost_centre_code="A"),
        *journal("J9", "2026-05-20", "8000", "2400", "70", document_type="bill", document_id="B1", vendor_id="V1"),
    ],
}  # fmt: skip
PLAN: Mapping[str, Rows] = {
    "budget_line": [
        {"budget_version": "2026", "account_code": "8000", "cost_centre_code": "GONE", "period_on": "2026-05-01",
         "amount_local": "500"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("books")
    (root / "plumbline.yaml").write_text(SETTINGS, encoding="utf-8")
    for folder, tables in (("exports", BOOKS), ("plan", PLAN)):
        (root / folder).mkdir()
        for name, rows in tables.items():
            write_table(root / folder / f"{name}.csv", rows)
    settings = load_settings(root / "plumbline.yaml", {})
    publish(settings)
    return settings


def write_table(path: Path, rows: Rows) -> None:
    headers = list(dict.fromkeys(header for row in rows for header in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, headers)
        writer.writeheader()
        writer.writerows(rows)


def found(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    published = current(settings.folders, None)
    assert published is not None
    rows: list[tuple[Any, ...]] = published.cursor().sql(sql).fetchall()
    return rows


@pytest.mark.parametrize(
    ("kind", "document", "amount", "said"),
    [
        ("invoice_without_due_date", "I1", "100", "no due date"),
        ("bill_without_due_date", "B1", "70", "no due date"),
        ("payment_applied_beyond_document", "I1", "50", "more was applied"),
        ("credit_note_without_original", "CN1", "20", "I9"),
        ("journal_unknown_cost_centre", "J4", "40", "NOPE"),
        ("budget_unknown_cost_centre", "2026", "500", "GONE"),
        ("posting_in_unopened_period", "J6", "10", "lies in no fiscal period"),
        ("posting_in_locked_period", "J7", "30", "after the period was locked"),
        ("circular_hierarchy", "A", "5", "above itself"),
        ("fiscal_calendar_gap", "2026-03-01", "10", "no period covers 2026-04-01 to 2026-04-30"),
        ("fiscal_calendar_overlap", "2026-05-01", "0", "two periods cover 2026-06-01 to 2026-06-05"),
    ],
)
def test_every_fault_is_on_the_close_board_with_its_amount(
    books: Settings, kind: str, document: str, amount: str, said: str
) -> None:
    """A controller finds what is wrong, where, and what it is worth, without reading a log."""
    rows = found(
        books,
        f"select document_id, amount_local, message from finance.fct_close_exceptions where kind = '{kind}'",
    )
    match = [row for row in rows if row[0] == document]
    assert len(match) == 1, rows
    assert abs(match[0][1]) == Decimal(amount)
    assert said in match[0][2]


def test_a_document_that_more_was_applied_to_than_it_is_worth_would_block(books: Settings) -> None:
    """Its company lowered the check; the mark stays, with the document, the day and both amounts."""
    assert found(
        books,
        "select status, severity from operations.fct_check_results where check_name = 'open_items_within_documents'",
    ) == [("warned", "warn")]
    rows = found(
        books,
        "select left_label, left_local, right_local, difference_local from finance.fct_close_checks"
        " where check_name = 'open_items_within_documents' and right_label = 'worth'",
    )
    assert rows == [("invoice erp:I1, open on 2026-05-10", Decimal(-50), Decimal(100), Decimal(50))]


def test_an_amount_without_a_rate_is_held_and_named(books: Settings) -> None:
    """Its worth in euros is not known: a guess would be in every total."""
    rows = found(
        books, "select source_id, currency, amount_doc from operations.fct_held_rows where reason = 'missing_rate'"
    )
    assert ("I2", "XOF", Decimal(1000)) in rows


def test_an_account_without_a_class_is_a_line_of_its_own_with_its_amount(books: Settings) -> None:
    held = "select source_id, amount_local from operations.fct_held_rows where reason = 'missing_class'"
    assert found(books, held) == [("X999", Decimal(60))]
    balance = "select account_type, closing_local from finance.trial_balance"
    assert found(books, f"{balance} where account_code = 'X999' and period_on = '2026-06-01'") == [
        ("unclassified", Decimal(60))
    ]


def test_nothing_is_dropped(books: Settings) -> None:
    """All nine journals count: what is wrong with them is said beside the totals, not taken out of them."""
    debits = found(books, "select sum(debit_local), sum(credit_local), count(*) from finance.fct_journal_lines")
    assert debits == [(Decimal(485), Decimal(485), 18)]
    assert found(books, "select count(*) from operations.fct_quarantined_rows") == [(0,)]


def test_every_total_stands_with_its_exceptions_and_without(books: Settings) -> None:
    rows = found(
        books,
        "select kind, month_on, amount_local, total_with_local, total_without_local"
        " from finance.fct_close_exception_totals",
    )
    assert {row[0] for row in rows} == {row[0] for row in found(books, "select kind from finance.fct_close_exceptions")}
    assert all(whole - amount == rest for _, _, amount, whole, rest in rows)
    locked = next(row for row in rows if row[0] == "posting_in_locked_period")
    assert locked[2:] == (Decimal(30), Decimal(30), Decimal(0))


def test_the_close_page_shows_the_totals_of_its_months(books: Settings) -> None:
    """The page says what a controller asks first: how much of a total is in doubt."""
    rows = close.exception_totals(reading_of(books)).to_pylist()
    assert rows[0] | {"month_on": None} == {
        "kind": "Budget unknown cost centre",
        "entity_id": "FI01",
        "month_on": None,
        "items_count": 1,
        "amount_local": Decimal(500),
        "total_with_local": Decimal(500),
        "total_without_local": Decimal(0),
        "currency": "EUR",
    }
    assert len(rows) == 12
