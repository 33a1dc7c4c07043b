"""Statements, receivables and the close on pages: they add up, and to what the metrics and the ledger say."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dashboards import ledger, statements
from dashboards.queries import close
from dashboards.queries.codes import number_of
from dashboards.reading import Reading
from dashboards.views import finance, receivables

ZERO = Decimal(0)


@pytest.fixture(params=[None, ("SE01",)], ids=["group", "one entity"])
def scoped(reading: Reading, request: pytest.FixtureRequest) -> Reading:
    where = {} if request.param is None else {"entity_id": request.param}
    return replace(reading, filters=replace(reading.filters, where=where))


def totals(rows: list[statements.Row]) -> dict[str, Decimal]:
    return {row.line: row.now for row in rows if row.is_total}


def test_the_operating_profit_of_the_statement_is_the_metric(reading: Reading) -> None:
    """The card above the statement and the statement are read side by side."""
    rows = statements.profit_and_loss(reading)
    assert totals(rows)["Operating profit"] == reading.value("operating_margin")
    assert {row.line: row.before for row in rows if row.is_total}["Operating profit"] == reading.before(
        "operating_margin"
    )


def test_every_line_counts_once_in_the_result(scoped: Reading) -> None:
    rows = statements.profit_and_loss(scoped)
    assert totals(rows)["Result"] == sum((row.now for row in rows if not row.is_total), ZERO)
    assert [row.line for row in rows if row.is_total] == [name for _, name in statements.SUBTOTALS]


def test_assets_are_liabilities_and_equity_at_both_ends(scoped: Reading) -> None:
    found = [row for row in statements.balance_sheet(scoped) if row.is_total]
    assert found[0].now == found[1].now != ZERO
    assert found[0].before == found[1].before


def test_both_methods_of_the_cash_flow_end_in_the_same_change(scoped: Reading) -> None:
    direct, indirect = (totals(statements.cash_flow(scoped, method)) for method in ("direct", "indirect"))
    assert direct == indirect
    assert direct["Change in cash"] != ZERO


def test_the_accounts_of_a_line_and_their_postings_add_up_to_it(reading: Reading) -> None:
    """Drill down must not lose a cent; of one entity, where nothing is eliminated."""
    one = replace(reading, filters=replace(reading.filters, where={"entity_id": ("GB01",)}))
    lines = {row.line: row.now for row in statements.profit_and_loss(one) if not row.is_total}
    accounts = ledger.accounts_of(one, "Payroll").to_pylist()
    assert sum((row["amount_rpt"] for row in accounts), ZERO) == lines["Payroll"]
    postings = ledger.postings_of(one, accounts[0]["account_id"], most=100_000).to_pylist()
    assert len(postings) == accounts[0]["lines"]
    booked = sum((row["credit_rpt"] - row["debit_rpt"] for row in postings), ZERO)
    assert booked == accounts[0]["amount_rpt"]
    assert all(row["source_system"] and row["source_id"] for row in postings)


def test_the_sentence_explains_the_result_by_its_lines(reading: Reading) -> None:
    rows = statements.profit_and_loss(reading)
    said = finance.headline(reading, rows)
    result = next(row for row in rows if row.line == "Result")
    assert reading.display.short(result.now, "money") in said
    moves = {row.line: abs(row.change) for row in rows if not row.is_total}
    assert max(moves, key=lambda line: moves[line]) in said


def test_the_sentence_on_receivables_names_the_share_that_is_late(reading: Reading) -> None:
    said = receivables.headline(reading)
    late, owed = reading.value("receivables_overdue"), reading.value("receivables_open")
    assert late
    assert owed
    assert reading.display.locale.percent(late / owed, decimals=0) in said


def test_the_list_to_collect_is_what_is_past_due(reading: Reading) -> None:
    """Credits and unapplied cash are not called for; every instalment past due is."""
    table = receivables.collections(reading)
    due = reading.rows(
        "select sum(open_rpt) as open_rpt from finance.fct_receivable_items where days_overdue > 0 and open_rpt > 0"
        " and document_type = 'invoice' and not is_intercompany"
    )
    assert sum(table["open_rpt"].to_pylist(), ZERO) == due["open_rpt"][0].as_py()


def test_the_list_to_collect_tells_what_is_in_dispute_since_when(reading: Reading) -> None:
    """Who calls about an invoice that the customer disputes makes it worse; a dispute that is over is no excuse."""
    rows = receivables.collections(reading).to_pylist()
    disputed = reading.rows(
        f"select {number_of('document_id')} || '/' || instalment_no as document, disputed_on,"
        " open_rpt as disputed_rpt from finance.fct_receivable_items"
        " where is_disputed and days_overdue > 0 and open_rpt > 0 and not is_intercompany"
    ).to_pylist()
    assert disputed
    assert sorted((row["document"], row["disputed_on"], row["disputed_rpt"]) for row in rows if row["disputed_on"]) == (
        sorted((row["document"], row["disputed_on"], row["disputed_rpt"]) for row in disputed)
    )
    assert all(row["step"] is None for row in rows if row["disputed_on"])


def test_every_step_of_dunning_shows_what_it_brought(reading: Reading) -> None:
    """Sums over sums: the page says what the mart's rows of fourteen days add up to."""
    shown = receivables.reminder_effects(reading).to_pylist()
    assert [row["step"] for row in shown][:2] == ["Payment reminder", "Second reminder"]
    whole = reading.rows("select sum(reminded_rpt) from finance.fct_reminder_effects where window_days = 14")
    assert sum((row["reminded_rpt"] for row in shown), ZERO) == whole.column(0)[0].as_py()
    compared = [row for row in shown if row["compared_rpt"]]
    assert compared
    for row in compared:  # what a reader takes off in the head
        assert row["effect_ratio"] == pytest.approx(row["paid_ratio"] - row["expected_paid_ratio"])


def test_the_checklist_has_a_state_for_every_entity_and_the_sentence_counts_them(reading: Reading) -> None:
    month_on = reading.filters.now.last.replace(day=1)
    board = close.checklist(reading, month_on)
    states = [state for name in ("FI01", "GB01", "SE01") for state in board[name].to_pylist()]
    assert None not in states
    covered = [state for state in states if "not covered" not in state]
    done = [state for state in covered if state.endswith("done")]
    said = close.headline(reading, month_on)
    assert f"{len(done)} of {len(covered)} tasks" in said or f"all {len(covered)} tasks" in said


def test_every_period_shows_its_lock_and_the_days_it_took(reading: Reading) -> None:
    rows = close.locks(reading).to_pylist()
    assert {row["entity_id"] for row in rows} == {"FI01", "GB01", "SE01"}
    locked = [row for row in rows if row["locked_at"] is not None]
    assert locked
    assert all(row["days_to_close_band"] for row in locked)
    assert all((row["locked_at"] is None) == (row["days_to_close"] is None) for row in rows)
