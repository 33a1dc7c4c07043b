"""The published numbers are the sample company's truth, to the cent: clean and messy, by month and legal entity.

The truth is computed from what the generator made happen, by code that reads no model and no export. It also says what
must be quarantined and held.
"""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from demo_company import make_sample_company, publish

from company.settings import Settings
from dashboards.published import current
from pipelines.matches import published_marts, read_pairs, scores

Key = tuple[str, str]
Figures = dict[Key, dict[str, Decimal]]

DOCUMENTS = {
    "revenue": """
        select month_on, entity_id,
            coalesce(sum(net_local) filter (where not is_intercompany), 0) as revenue_local,
            coalesce(sum(net_rpt) filter (where not is_intercompany), 0) as revenue_rpt,
            coalesce(sum(cost_local) filter (where not is_intercompany), 0) as cost_local,
            coalesce(sum(cost_rpt) filter (where not is_intercompany), 0) as cost_rpt,
            coalesce(sum(margin_rpt) filter (where not is_intercompany), 0) as margin_rpt,
            coalesce(sum(net_local) filter (where is_intercompany), 0) as intercompany_revenue_local,
            coalesce(sum(net_rpt) filter (where is_intercompany), 0) as intercompany_revenue_rpt,
            coalesce(sum(cost_local) filter (where is_intercompany), 0) as intercompany_cost_local
        from finance.fct_invoice_lines group by month_on, entity_id""",
    "margin marts": """
        select month_on, entity_id,
            sum(net_rpt) as revenue_rpt, sum(cost_rpt) as cost_rpt, sum(margin_rpt) as margin_rpt,
            sum(net_with_known_cost_rpt) as revenue_with_known_cost_rpt
        from finance.fct_margins_monthly group by month_on, entity_id""",
    "receivables": """
        select month_on, entity_id, sum(open_local) as receivables_local from finance.fct_receivable_ageing
        where as_of_on = last_day(month_on) group by month_on, entity_id""",
    "payables": """
        select month_on, entity_id, sum(open_local) as payables_local from finance.fct_payable_ageing
        where as_of_on = last_day(month_on) group by month_on, entity_id""",
    "cash": """
        select month_on, entity_id, sum(balance_local) as cash_local from finance.fct_bank_balances
        where as_of_on = last_day(month_on) group by month_on, entity_id""",
    "bookings": """
        select date_trunc('month', closed_on)::date as month_on, entity_id, sum(amount_rpt) as bookings_rpt
        from sales.fct_deals where is_won group by 1, 2""",
}

LEDGER = {
    "revenue and cost": """
        select period_on as month_on, entity_id,
            coalesce(sum(credit_local - debit_local) filter (where account_type = 'revenue'), 0) as revenue_local,
            coalesce(sum(debit_local - credit_local) filter (where account_type = 'cost_of_sales'), 0) as cost_local
        from finance.trial_balance group by 1, 2""",
    "control accounts": """
        select period_on as month_on, entity_id,
            coalesce(sum(closing_local) filter (where account_type in ('receivable', 'intercompany_receivable')), 0)
                as receivables_local,
            coalesce(-sum(closing_local) filter (where account_type in ('payable', 'intercompany_payable')), 0)
                as payables_local,
            coalesce(sum(closing_local) filter (where account_type = 'bank'), 0) as cash_local,
            coalesce(sum(closing_local) filter (where account_type = 'inventory'), 0) as inventory_local
        from finance.trial_balance group by 1, 2""",
}


def truth_of(settings: Settings) -> Path:
    return settings.folders.root / "sample" / "truth"


def expected(path: Path) -> Figures:
    with path.open(encoding="utf-8") as file:
        return {
            (row["period_on"], row["entity_id"]): {
                name: Decimal(value) for name, value in row.items() if name.endswith(("_local", "_rpt")) and value
            }
            for row in csv.DictReader(file)
        }


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    published = current(settings.folders, None)
    assert published is not None
    return published.cursor().sql(sql).to_arrow_table().to_pylist()


def differences(settings: Settings, queries: dict[str, str], truth: Figures) -> list[str]:
    """Every figure that differs, or a month that one side lacks."""
    found = []
    for name, sql in queries.items():
        published = {(str(row.pop("month_on")), row.pop("entity_id")): row for row in rows(settings, sql)}
        figures = next(iter(published.values())).keys()
        for key, true in truth.items():
            for figure in figures:
                told = published.get(key, {}).get(figure) or Decimal(0)
                if told != true.get(figure, Decimal(0)):
                    found.append(f"{name}: {figure} of {key}: published {told}, true {true.get(figure)}")
        # Deals won before the books begin have a month in the CRM that the truth of the books does not list.
        begin = min(period_on for period_on, _ in truth)
        extra = [key for key in published.keys() - truth.keys() if key[0] >= begin and any(published[key].values())]
        found += [f"{name}: {key} is in no truth" for key in extra]
    return found


def assert_true(settings: Settings) -> None:
    documents, ledger = expected(truth_of(settings) / "months.csv"), expected(truth_of(settings) / "ledger_months.csv")
    assert len(documents) > 90, "three years and three entities"
    assert differences(settings, DOCUMENTS, documents) == []
    assert differences(settings, LEDGER, ledger) == []


def assert_rows_are_accounted_for(settings: Settings) -> None:
    """Rows in = loaded + quarantined + superseded, file by file and reason by reason, as the truth says."""
    truth = json.loads((truth_of(settings) / "rows.json").read_text())
    loads = {
        (row["source_system"], row["file_name"]): row
        for row in rows(settings, """
            select source_system, file_name, max(rows_in) as rows_in, max(rows_loaded) as rows_loaded,
                max(rows_quarantined) as rows_quarantined, max(rows_superseded) as rows_superseded, count(*) as entities
            from operations.fct_source_loads where status = 'loaded' group by 1, 2""")
    }  # fmt: skip
    assert loads
    for file, counts in truth["files"].items():
        load = loads[tuple(file.split("/"))]
        if load["entities"] > 1:
            continue  # one file that feeds several entities is counted per entity
        told = (load["rows_in"], load["rows_loaded"], load["rows_superseded"], load["rows_quarantined"])
        assert told == (counts["in"], counts["loaded"], counts["superseded"], sum(counts["quarantined"].values())), file


def test_clean_exports_are_published_to_the_cent(sample_company: Settings) -> None:
    """The first question of a controller: is it what the books say?"""
    assert_true(sample_company)
    assert_rows_are_accounted_for(sample_company)
    assert rows(sample_company, "select * from operations.fct_held_rows") == []


def test_messy_exports_are_published_to_the_cent_without_what_is_withheld(messy_company: Settings) -> None:
    """A bad row is out of every number, is named, and takes nothing else with it."""
    assert_true(messy_company)
    assert_rows_are_accounted_for(messy_company)


def test_what_is_withheld_is_told(messy_company: Settings) -> None:
    """Rows that are left out in silence are lost."""
    truth = json.loads((truth_of(messy_company) / "mess.json").read_text())
    told = {row["reason"] for row in rows(messy_company, "select distinct reason from operations.fct_quarantined_rows")}
    reasons = {kind["reason"] for kind in truth["kinds"] if kind["effect"] == "quarantined"}
    assert len(reasons) > 5
    assert told == reasons | {"document_incomplete"}, "the readable lines of a journal go with its unreadable one"
    assert rows(messy_company, "select * from operations.fct_held_rows")


def test_tie_outs_hold_with_the_quarantined_part_named(messy_company: Settings) -> None:
    """A difference that quarantine explains is shown with its amount, not waved through."""
    checks = rows(messy_company, "select * from finance.fct_close_checks")
    assert {row["status"] for row in checks} <= {"tied", "not_covered"}
    assert any(row["quarantined_local"] for row in checks)


@pytest.mark.deep
@pytest.mark.parametrize("seed", [7, 11])
@pytest.mark.parametrize("mess", [False, True])
def test_a_company_of_full_size_is_published_to_the_cent(tmp_path: Path, seed: int, mess: bool) -> None:
    """Two seeds, clean and messy, at scale 1."""
    settings = make_sample_company(tmp_path / "company", scale=1, seed=seed, mess=mess)
    publish(settings)
    assert_true(settings)
    assert_rows_are_accounted_for(settings)
    known = read_pairs(
        truth_of(settings) / "matches.csv", account="crm_account_id", customer="customer_no", prefixes=("crm:", "erp:")
    )
    with published_marts(settings.folders) as marts:
        matched = scores(marts, known)
    assert matched.known > 400
    assert (matched.together.precision or 0) >= 0.99, matched.wrong
    assert (matched.recall or 0) >= 0.95
