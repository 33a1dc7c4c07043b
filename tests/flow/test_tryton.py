"""A second real ERP: books kept in Tryton, read through PostgreSQL, are published as Tryton itself says them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from demo_company import ROOT, publish
from postgresql_server import PostgresqlServer
from tryton_company import INSTALL_LINE, TrytonCompany, is_installed, kept_company

from company.settings import Settings, load_settings
from dashboards.published import current
from pipelines.landing import check_source, land_source, read_manifests

pytestmark = pytest.mark.deep


@dataclass(frozen=True)
class PublishedCompany:
    """What Tryton says and what was published of it."""

    tryton: TrytonCompany
    settings: Settings

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        published = current(self.settings.folders, None)
        assert published is not None
        found: list[tuple[Any, ...]] = published.cursor().sql(sql).fetchall()
        return found

    def landed(self, entity: str, columns: str) -> list[tuple[Any, ...]]:
        (batch,) = [one for one in read_manifests(self.settings.folders.landing, "erp") if one.entity == entity]
        return duckdb.sql(f"select {columns} from read_parquet('{batch.part_paths[0]}')").fetchall()

    def documents(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """What Tryton says of the documents that it posted, by id."""
        return {
            one["id"]: one for one in self.tryton.said["invoices"] if one["type"] in kinds and one["state"] != "draft"
        }


@pytest.fixture(scope="module")
def company(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> PublishedCompany:
    """Tryton set up, two years of books kept in it, read and published."""
    if not is_installed():
        if os.environ.get("PLUMBLINE_REQUIRE_TRYTON") == "1":
            pytest.fail(INSTALL_LINE)
        pytest.skip(INSTALL_LINE)
    root = tmp_path_factory.mktemp("tryton")
    tryton = kept_company(postgresql_server, root)
    shutil.copy(ROOT / "examples" / "tryton" / "plumbline.yaml", root / "plumbline.yaml")
    settings = load_settings(root / "plumbline.yaml", {"TRYTON_ADDRESS": tryton.address})
    publish(settings)
    return PublishedCompany(tryton, settings)


def money(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"))


def test_every_view_is_read_whole_and_a_second_time_brings_nothing(company: PublishedCompany) -> None:
    """A column that nothing reads is a mistake in the views; a batch without news would publish every hour."""
    checked = check_source(company.settings, "erp")
    assert [(file.file_name, file.refusal) for file in checked.files if file.refusal] == []
    unread = [(file.file_name, [column.header for column in file.unmapped]) for file in checked.files]
    assert [one for one in unread if one[1]] == []
    assert len(unread) == 18
    assert company.rows("from operations.fct_quarantined_rows") == []
    assert land_source("erp", company.settings).is_nothing


def test_the_trial_balance_of_every_month_is_trytons(company: PublishedCompany) -> None:
    """Two years, a closing entry, two currencies and a cancellation in negative debits: each account to the cent."""
    asked = company.tryton.said["balances"]
    assert len(asked) == 6
    for until, theirs in asked.items():
        ours = company.rows(
            "select account_code, sum(closing_local) from finance.trial_balance"
            f" where period_on = date_trunc('month', date '{until}') group by 1 having sum(closing_local) <> 0"
        )
        assert dict(ours) == {code: money(balance) for code, balance in theirs.items()}, until


def test_every_customer_document_has_the_totals_of_tryton(company: PublishedCompany) -> None:
    """Net, tax and gross of invoices and credit notes in their own currency; a credit note is an invoice below zero."""
    landed = company.landed("invoice", "invoice_id, customer_id, currency, net_doc, tax_doc, gross_doc")
    landed += company.landed("credit_note", "credit_note_id, customer_id, currency, -net_doc, -tax_doc, -gross_doc")
    assert {id_: tuple(rest) for id_, *rest in landed} == {
        id_: (one["party"], one["currency"], *(money(one[name]) for name in ("untaxed", "tax", "total")))
        for id_, one in company.documents("out").items()
    }


def test_every_bill_has_the_totals_of_tryton_and_a_cancelled_one_its_opposite(company: PublishedCompany) -> None:
    """A bill that was cancelled stays in the month it was booked in."""
    theirs = company.documents("in")
    wanted = {id_: tuple(money(one[name]) for name in ("untaxed", "tax", "total")) for id_, one in theirs.items()}
    (cancelled,) = [id_ for id_, one in theirs.items() if one["state"] == "cancelled"]
    wanted[f"{cancelled}-cancelled"] = tuple(-amount for amount in wanted[cancelled])
    landed = company.landed("bill", "bill_id, net_doc, tax_doc, gross_doc")
    assert {id_: tuple(amounts) for id_, *amounts in landed} == wanted


def test_every_line_has_the_amount_of_tryton(company: PublishedCompany) -> None:
    """Half of 0.25 is 0.12 there and would be 0.13 if it were worked out again."""
    theirs = {line: money(amount) for one in company.documents("out").values() for line, amount in one["lines"].items()}
    landed = company.landed("invoice_line", "invoice_line_id, net_doc")
    landed += company.landed("credit_note_line", "credit_note_line_id, -net_doc")
    assert {id_: money(str(amount)) for id_, amount in landed} == theirs
    assert Decimal("0.12") in theirs.values()


def test_what_is_left_to_pay_of_every_document_is_what_tryton_says(company: PublishedCompany) -> None:
    """Paid in full, in part, with a write-off, by a credit note, too much, in dollars; refunded and cancelled."""
    for kinds, table, wanted in (
        (
            "invoice",
            "fct_receivable_events",
            {i: o for i, o in company.documents("out").items() if money(o["total"]) > 0},
        ),
        ("bill", "fct_payable_events", company.documents("in")),
    ):
        ours = company.rows(
            f"select replace(document_id, 'erp:', ''), sum(amount_doc) from finance.{table}"
            f" where document_type = '{kinds}' and document_id not like '%-cancelled' group by 1"
        )
        assert dict(ours) == {id_: money(one["to_pay"]) for id_, one in wanted.items()}, kinds


def test_what_every_party_owes_and_is_owed_is_what_tryton_says(company: PublishedCompany) -> None:
    """Overpayments and credits that wait count against what is open."""
    parties = company.tryton.said["parties"]
    for name, sign, table in (("receivable", 1, "fct_receivable_events"), ("payable", -1, "fct_payable_events")):
        party = "customer_id" if name == "receivable" else "vendor_id"
        ours = company.rows(
            f"select replace({party}, 'erp:', ''), {sign} * sum(amount_local) from finance.{table} group by 1"
            " having sum(amount_local) <> 0"
        )
        theirs = {code: money(one[name]) for code, one in parties.items() if money(one[name])}
        assert dict(ours) == theirs, name
        assert theirs


def test_every_close_check_that_covers_anything_ties(company: PublishedCompany) -> None:
    """Subledgers and ledger, margins and revenue, statements and each other, in a year that was closed too."""
    found = company.rows("select check_name, status, count(*) from finance.fct_close_checks group by all")
    statuses = {(name, status) for name, status, _ in found}
    assert [one for one in statuses if one[1] == "difference"] == []
    for name in ("receivables_tie_to_ledger", "payables_tie_to_ledger", "margins_tie_to_ledger_revenue"):
        assert (name, "tied") in statuses


def test_exchange_differences_are_those_that_tryton_booked_and_the_open_dollars_are_valued(
    company: PublishedCompany,
) -> None:
    """Gain 15.53 on 204.95 USD and loss 38.07 on 502.50 USD; 333.33 USD are open: 303.03 at 1.10 less 277.78 booked."""
    ours = company.rows(
        "select sum(realised_local), sum(unrealised_local) filter (where month_on = '2026-04-01'),"
        " sum(without_rate_count) from finance.fct_exchange_differences"
    )
    assert ours == [(Decimal("-22.54"), Decimal("25.25"), 0)]
    assert money(company.tryton.said["balances"]["2026-04-30"]["6.2.1"]) == Decimal("22.54")
