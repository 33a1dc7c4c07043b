"""Statements by fiscal period: the months' statements where periods are months, the calendar's own weeks where not."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from company.calendar import FiscalCalendar, days
from company.settings import Settings
from dashboards import ledger, statements
from dashboards.filters import PeriodName, Range, ranges
from dashboards.filters import last_ended_month as last_month_of
from dashboards.reading import Reading

WEEKS = """
create schema common; create schema finance;
create table common.dim_dates (date_on date, month_on date, quarter_on date, fiscal_year integer,
  fiscal_quarter integer, fiscal_period integer, fiscal_period_start_on date, fiscal_period_end_on date,
  fiscal_period_label varchar, week_on date);
create table finance.profit_and_loss as
  select 'Sales' as statement_line, 'revenue' as margin_level union all select 'Rent', 'operating';
create table finance.profit_and_loss_by_fiscal_period as select * from (values
  ('FI01', date '2026-03-30', 'Sales', 1, 'revenue', 100.00), ('FI01', date '2026-04-27', 'Sales', 1, 'revenue', 30.00),
  ('SE01', date '2026-04-27', 'Sales', 1, 'revenue', 7.50), ('FI01', date '2026-04-27', 'Rent', 2, 'expense', -5.25),
  ('FI01', date '2026-06-29', 'Sales', 1, 'revenue', 999.00), ('FI01', date '2025-04-28', 'Sales', 1, 'revenue', 20.00)
) as rows (entity_id, fiscal_period_start_on, statement_line, statement_line_sort, class, amount);
alter table finance.profit_and_loss_by_fiscal_period alter amount type decimal(18, 2);
alter table finance.profit_and_loss_by_fiscal_period rename amount to amount_rpt;
"""
"""Quarters of 4, 4 and 5 weeks in 2026: the second begins on 30 March; its periods end on 26 April, 24 May, 28 June."""


@pytest.fixture
def weekly(reading: Reading, tmp_path: Path) -> Reading:
    """A company whose year is made of weeks, as of 30 June 2026: two days into its third quarter."""
    path = tmp_path / "marts.duckdb"
    calendar = days(FiscalCalendar("4-4-5"), date(2024, 1, 1), date(2027, 12, 31))
    with duckdb.connect(str(path)) as connection:
        connection.execute(WEEKS)
        connection.executemany(
            f"insert into common.dim_dates values ({', '.join('?' * 10)})", [astuple(day) for day in calendar]
        )
    return replace(reading, published=replace(reading.published, path=path))


def choosing(reading: Reading, period: PeriodName, *entities: str) -> Reading:
    months = last_month_of(reading.published.cursor(), reading.manifest.as_of)
    now, before = ranges(period, "year", months)
    where = {"entity_id": entities} if entities else {}
    return replace(reading, filters=replace(reading.filters, period=period, now=now, before=before, where=where))


def test_a_quarter_of_weeks_begins_and_ends_with_its_weeks(weekly: Reading) -> None:
    """A period that the as-of day lies in has not ended: its 999 are no part of the quarter before it."""
    span = ledger.span(choosing(weekly, "quarter"), "fiscal")
    assert span.now.over == Range(date(2026, 3, 30), date(2026, 6, 28))
    assert span.before.over == Range(date(2025, 3, 31), date(2025, 6, 29))
    assert [column.name for column in span.periods] == ["FY2026-P04", "FY2026-P05", "FY2026-P06"]
    assert [column.over.last for column in span.periods] == [date(2026, 4, 26), date(2026, 5, 24), date(2026, 6, 28)]


def test_amounts_of_a_quarter_of_weeks_are_those_of_its_periods(weekly: Reading) -> None:
    """100 + 30 + 7.50 of sales less 5.25 of rent; the year before sold 20."""
    reading = choosing(weekly, "quarter")
    rows = {row.line: row.amounts for row in statements.profit_and_loss(reading, ledger.span(reading, "fiscal"))}
    assert rows["Sales"] == (Decimal("137.50"), Decimal("20.00"))
    assert rows["Result"] == (Decimal("132.25"), Decimal("20.00"))
    one = choosing(weekly, "quarter", "SE01")
    alone = {row.line: row.now for row in statements.profit_and_loss(one, ledger.span(one, "fiscal"))}
    assert alone == {"Sales": Decimal("7.50"), **dict.fromkeys(("Gross margin", "Contribution"), Decimal("7.50")),
                     **dict.fromkeys(("Operating profit", "Result"), Decimal("7.50"))}  # fmt: skip


def test_a_year_of_weeks_has_no_eliminations_and_says_so(weekly: Reading) -> None:
    """Eliminations are made by month: a group statement of weeks would show sales within the group as income."""
    assert not ledger.span(weekly, "fiscal").is_group


@pytest.mark.parametrize("entities", [(), ("SE01",)], ids=["group", "one entity"])
@pytest.mark.parametrize("period", ["month", "quarter", "year", "12m"])
def test_fiscal_periods_that_are_months_have_the_statements_of_months(
    reading: Reading, period: PeriodName, entities: tuple[str, ...]
) -> None:
    """To the cent, over different tables: a reader who changes the choice must not see another company."""
    scoped = choosing(reading, period, *entities)
    months, fiscal = ledger.span(scoped), ledger.span(scoped, "fiscal")
    assert fiscal.now.over == months.now.over
    assert fiscal.before.over == months.before.over
    for of in (months, fiscal):
        assert statements.profit_and_loss(scoped, of) == statements.profit_and_loss(scoped)
        assert statements.balance_sheet(scoped, of) == statements.balance_sheet(scoped)
        for method in ("direct", "indirect"):
            assert statements.cash_flow(scoped, method, of) == statements.cash_flow(scoped, method)


@pytest.mark.parametrize("calendar", ["months", "fiscal"])
def test_periods_one_by_one_add_up_to_the_period(reading: Reading, calendar: ledger.Calendar) -> None:
    of = ledger.span(reading, calendar)
    assert len(of.periods) == 12
    whole = {row.line: row.now for row in statements.profit_and_loss(reading, of)}
    for row in statements.profit_and_loss(reading, of, of.periods):
        assert sum(row.amounts, Decimal(0)) == whole.get(row.line, Decimal(0))
    ends = [row.amounts for row in statements.balance_sheet(reading, of, of.periods) if row.is_total]
    assert ends[0] == ends[1]
    at_end = next(row.now for row in statements.balance_sheet(reading, of) if row.is_total)
    assert ends[0][-1] == at_end
    one_by_one = statements.cash_flow(reading, "direct", of, of.periods)[-1]
    assert sum(one_by_one.amounts, Decimal(0)) == statements.cash_flow(reading, "direct", of)[-1].now


def test_the_choice_stands_in_the_url(sample_company: Settings, page_of) -> None:  # type: ignore[no-untyped-def]
    """A link to the months of a year, one by one, opens as that: a column per period, and the year's total."""
    page = page_of(sample_company, "finance", period="Quarter", calendar="Fiscal periods", columns="One by one")
    assert not page.exception
    assert page.segmented_control(key="calendar").value == "fiscal"
    names = list(page.dataframe[0].value.columns)
    assert names == ["Line", "Total", "FY2026-P04", "FY2026-P05", "FY2026-P06"]
