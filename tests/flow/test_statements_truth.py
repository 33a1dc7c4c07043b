"""Statements, cash flow and group are the sample company's truth to the cent, whatever the reporting currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from demo_company import make_sample_company, publish
from statement_oracle import Statements

from company.settings import Settings, load_settings
from dashboards.published import current

Keyed = dict[tuple[str, ...], Decimal]

RESULTS = "select period_on, entity_id, statement_line, {0} from finance.profit_and_loss"
SHEET = "select period_on, entity_id, statement_line, {0} from finance.balance_sheet"
DEPARTMENTS = """
    select month_on, entity_id, coalesce(department_code, ''), statement_line, sum(credit_local - debit_local)
    from finance.general_ledger_by_period where statement = 'profit_and_loss' group by all"""
DIRECT = """
    select period_on, entity_id, statement_line, amount_local from finance.cash_flow_statement
    where method = 'direct' and cash_flow_class <> 'exchange'"""
GROUP = """
    select period_on, statement, statement_line, consolidated_rpt - unrealised_profit_rpt
    from finance.consolidated_statements"""
"""What the ledgers say of the group; profit in stock is a step beside them, with a test of its own."""


def answered(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    published = current(settings.folders, None)
    assert published is not None
    rows: list[tuple[Any, ...]] = published.cursor().sql(sql).fetchall()
    return rows


def keyed(settings: Settings, sql: str) -> Keyed:
    return {tuple(str(key) for key in keys): amount for *keys, amount in answered(settings, sql)}


def gaps(told: Keyed, true: Keyed) -> list[str]:
    """Every figure that differs; a line of zero need not be there."""
    return [
        f"{key}: published {told.get(key)}, true {true.get(key)}"
        for key in sorted(told.keys() | true.keys())
        if told.get(key, Decimal(0)) != true.get(key, Decimal(0))
    ]


def assert_statements_are_true(settings: Settings) -> None:
    as_of = settings.company.as_of
    assert as_of is not None
    truth = Statements(settings.folders.root / "sample", settings.company.reporting_currency, as_of)
    assert len(truth.postings) > 5_000
    local, translated = truth.balances
    expected: dict[str, Keyed] = {
        RESULTS.format("amount_local"): dict(truth.results_local()),
        RESULTS.format("amount_rpt"): dict(truth.results),
        SHEET.format("balance_local"): dict(local),
        SHEET.format("balance_rpt"): dict(translated),
        DEPARTMENTS: dict(truth.departments()),
        DIRECT: dict(truth.direct_cash()),
        GROUP: dict(truth.group()),
    }
    for sql, true in expected.items():
        assert gaps(keyed(settings, sql), true) == [], sql
    assert {row[0] for row in answered(settings, "select distinct status from finance.fct_close_checks")} <= {
        "tied",
        "not_covered",
    }


def test_statements_are_the_truth_in_the_reporting_currency(sample_company: Settings) -> None:
    """A controller's second question: does the statement say what the books and the rates say?"""
    assert_statements_are_true(sample_company)


def test_realised_exchange_differences_are_what_the_ledger_booked_on_payments(sample_company: Settings) -> None:
    """A gain that the subledger and the ledger see differently is one that somebody booked by hand."""
    truth = Statements(sample_company.folders.root / "sample", "EUR", date(2026, 6, 30))
    booked: Keyed = {}
    for posting in truth.postings:
        if posting.document in ("payment", "bill_payment") and truth.type_of[posting.account] == "exchange_gain_loss":
            key = (posting.month, posting.entity)
            booked[key] = booked.get(key, Decimal(0)) - posting.amount
    assert len(booked) > 90
    told = "select month_on, entity_id, sum(realised_local) from finance.fct_exchange_differences group by all"
    assert gaps(keyed(sample_company, told), booked) == []


def test_messy_exports_give_the_statements_of_what_was_readable(messy_company: Settings) -> None:
    """A journal that is withheld is missing on every line it stands on, and nowhere else."""
    assert_statements_are_true(messy_company)


def test_profit_in_stock_is_what_walking_back_over_the_receipts_finds(sample_company: Settings) -> None:
    """What one company of the group earned on goods that another still holds is no profit of the group's."""
    receipts: dict[tuple[str, str], list[tuple[date, str | None, Decimal, Decimal]]] = {}
    for entity, item, *receipt in answered(
        sample_company,
        "select entity_id, item_id, received_on, vendors.intercompany_entity_id, quantity, received_rpt"
        " from operations.fct_receipts left join common.dim_vendors as vendors using (vendor_id)"
        " order by received_on desc, receipt_id desc",
    ):
        receipts.setdefault((entity, item), []).append(tuple(receipt))
    sales = answered(
        sample_company,
        "select customers.intercompany_entity_id, lines.entity_id, item_id, month_on, net_rpt, net_rpt - cost_rpt"
        " from finance.fct_invoice_lines as lines inner join common.dim_customers as customers using (customer_id)"
        " where lines.is_intercompany and lines.is_cost_known",
    )
    found: Keyed = {}
    for month, entity, item, in_stock in answered(
        sample_company,
        "select month_on, entity_id, item_id, sum(closing_quantity) from operations.fct_inventory_monthly"
        " where month_on >= date '2025-07-01' group by all having sum(closing_quantity) > 0",
    ):
        left, values = in_stock, dict[str, Decimal]()
        for received_on, seller, quantity, received_rpt in receipts.get((entity, item), []):
            if received_on.replace(day=1) > month or left <= 0:
                continue
            taken = min(left, quantity)
            left -= taken
            if seller is not None:
                values[seller] = values.get(seller, Decimal(0)) + taken * received_rpt / quantity
        for seller, value in values.items():
            told = [row for row in sales if row[:3] == (entity, seller, item) and row[3] <= month]
            margin = sum(row[5] for row in told) / sum(row[4] for row in told)
            found[str(month), entity, seller, item] = value * margin
    published = keyed(
        sample_company,
        "select month_on, entity_id, seller_entity_id, item_id, unrealised_profit_rpt"
        " from finance.fct_unrealised_stock_profit where month_on >= date '2025-07-01'",
    )
    assert len(found) > 100
    assert published.keys() == found.keys()
    assert max(abs(published[key] - amount) for key, amount in found.items()) <= Decimal("0.02"), "two roundings each"
    group = keyed(
        sample_company,
        "select period_on, consolidated_rpt from finance.consolidated_statements"
        " where statement_line = 'Unrealised profit in stock' and period_on >= date '2025-07-01'",
    )
    for (month,), amount in group.items():
        assert -amount == sum(profit for key, profit in published.items() if key[0] == month), month


def in_currency(root: Path, currency: str, *, seed: int, mess: bool) -> Settings:
    """The sample company reporting in another currency, published."""
    make_sample_company(root, seed=seed, mess=mess)
    path = root / "plumbline.yaml"
    path.write_text(path.read_text().replace("reporting_currency: EUR", f"reporting_currency: {currency}"))
    settings = load_settings(path, {})
    publish(settings)
    return settings


@pytest.mark.deep
@pytest.mark.parametrize("currency", ["EUR", "SEK", "GBP"])
@pytest.mark.parametrize("mess", [False, True])
@pytest.mark.parametrize("seed", [7, 11])
def test_statements_are_the_truth_in_three_reporting_currencies(
    tmp_path: Path, seed: int, mess: bool, currency: str
) -> None:
    """The group's currency is a setting, not an assumption."""
    assert_statements_are_true(in_currency(tmp_path / "company", currency, seed=seed, mess=mess))
