"""Figures that are known of real books, reached by mapping alone.

The data is not in this repository: PLUMBLINE_REAL_DATA names a folder with `adventureworks_finance`,
`api_exports/{quickbooks,salesforce,netsuite,hubspot}` and `salesforce_exports/salesforce_dcworkshop` as their
publishers give them. Without it these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from demo_company import ROOT, publish

from company.settings import Settings, load_settings
from dashboards.published import current

REAL_DATA = os.environ.get("PLUMBLINE_REAL_DATA", "")
pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not REAL_DATA, reason="PLUMBLINE_REAL_DATA names no folder with the real exports"),
]


def published_example(tmp_path: Path, *, example: str, exports: str) -> Settings:
    """An example company with the real exports beside it, published."""
    shutil.copytree(ROOT / "examples" / example, tmp_path / example)
    shutil.copytree(Path(REAL_DATA) / exports, tmp_path / example / "exports")
    settings = load_settings(tmp_path / example / "plumbline.yaml", {})
    publish(settings)
    return settings


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    published = current(settings.folders, None)
    assert published is not None
    found: list[tuple[Any, ...]] = published.cursor().sql(sql).fetchall()
    return found


def landed(settings: Settings, tables: str) -> dict[str, int]:
    """Rows of the raw tables of a system that hold some."""
    loads = rows(
        settings,
        "select entity, sum(rows_loaded) from operations.fct_source_loads"
        f" where entity like '{tables}' and status = 'loaded' group by 1 having sum(rows_loaded) > 0",
    )
    return {entity.removeprefix(tables.rstrip("%")): int(count) for entity, count in loads}


def test_a_finance_cube_of_balances_gives_its_statements(tmp_path: Path) -> None:
    """Month-end balances alone, no journals: every month must balance, and three years must add up."""
    settings = published_example(tmp_path, example="adventureworks_finance", exports="adventureworks_finance")
    months = rows(
        settings,
        "select period_on, sum(balance_local) filter (class = 'asset') as assets,"
        " sum(balance_local) filter (class in ('liability', 'equity')) as claims"
        # The cube ends in November 2013; the as-of month after it stands as that one did.
        " from finance.balance_sheet where period_on <= '2013-11-01' group by 1 order by 1",
    )
    assert len(months) == 36
    assert [month for month in months if month[1] != month[2]] == []
    assert months[0][1] == Decimal("3964724.68")
    assert sum(assets for _, assets, _ in months) == Decimal("553505459.26")
    results = dict(rows(settings, "select class, sum(amount_local) from finance.profit_and_loss group by 1"))
    assert results == {"revenue": Decimal("108762970.02"), "expense": Decimal("-88082349.16")}


def test_a_journal_that_does_not_balance_is_named_with_both_sides(tmp_path: Path) -> None:
    """The ledger is wrong before it reaches us: the controller needs the journal, not a total that is off."""
    settings = published_example(tmp_path, example="quickbooks", exports="api_exports/quickbooks")
    named = rows(
        settings,
        "select left_label, left_local, right_local, status from finance.fct_close_checks"
        " where check_name = 'journals_balance' and left_label like 'debits of journal %'",
    )
    # The lines that the connector gives belong to five entries; together they are the figures that are known.
    assert len(named) == 5
    assert {status for *_, status in named} == {"difference"}
    assert sum(debits for _, debits, *_ in named) == Decimal("339970.00")
    assert sum(on_credit for _, _, on_credit, _ in named) == Decimal("220833.00")
    assert landed(settings, "quickbooks_%") == {"customer": 5, "department": 6, "item": 10, "vendor": 10}


def test_an_org_exported_under_the_names_of_its_api_has_its_deals(tmp_path: Path) -> None:
    """The same staging models that read the API: what the org itself says of its won deals."""
    settings = published_example(tmp_path, example="salesforce_api", exports="salesforce_exports/salesforce_dcworkshop")
    found = rows(
        settings, "select count(*), sum(amount_doc) filter (is_won), count(*) filter (is_won) from sales.fct_deals"
    )
    assert found == [(50, Decimal("10542562.98"), 12)]


def test_an_org_copied_into_tables_is_read_whole(tmp_path: Path) -> None:
    """Eight tables of the connector, their names in small letters; all ten of its opportunities are in the bin."""
    settings = published_example(tmp_path, example="salesforce_copied", exports="api_exports/salesforce")
    assert rows(settings, "select count(*) from operations.fct_quarantined_rows") == [(0,)]
    assert rows(settings, "select count(*) from sales.fct_deals") == [(0,)]


def test_an_account_copied_into_tables_fills_the_tables_of_netsuite(tmp_path: Path) -> None:
    """Twelve tables, of which rows that were deleted are left out. Two postings name no account."""
    settings = published_example(tmp_path, example="netsuite_copied", exports="api_exports/netsuite")
    assert landed(settings, "netsuite_%") == {
        "account": 6, "accountingperiod": 5, "classification": 5, "currency": 3, "customer": 5, "department": 3,
        "item": 3, "subsidiary": 2, "transaction": 3, "transactionaccountingline": 3, "transactionline": 5, "vendor": 4,
    }  # fmt: skip
    held = rows(
        settings, "select entity, column_name, reason, count(*) from operations.fct_quarantined_rows group by all"
    )
    assert held == [("netsuite_transactionaccountingline", "account_id", "missing_value", 2)]
    assert rows(settings, "select count(*) from common.dim_vendors") == [(4,)]  # its customers are leads as yet


def test_an_account_copied_into_tables_fills_the_tables_of_hubspot(tmp_path: Path) -> None:
    """Eleven tables. None of the deals says its stage: they wait in quarantine, and nothing guesses."""
    settings = published_example(tmp_path, example="hubspot_copied", exports="api_exports/hubspot")
    assert landed(settings, "hubspot_%") == {
        "call": 1, "company": 24, "contact": 22, "deal_stage": 71, "email": 1, "meeting": 100, "owner": 100, "task": 2,
        "ticket": 25, "ticket_stage": 15,
    }  # fmt: skip
    held = rows(
        settings, "select entity, column_name, reason, count(*) from operations.fct_quarantined_rows group by all"
    )
    assert held == [("hubspot_deal", "stage_id", "missing_value", 44)]
    assert rows(settings, "select count(*) from sales.fct_activities") != [(0,)]
