"""What statements ask of the ledger's marts, by calendar month or by fiscal period of the company's calendar.

Belongs here: the ranges that a statement has columns for, and the queries behind a line down to its postings. Does not:
subtotals and the order of lines (`statements`), Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from dashboards.filters import Range, month_end, months_before
from dashboards.reading import Reading

Calendar = Literal["months", "fiscal"]
CALENDARS: Mapping[Calendar, str] = {"months": "Months", "fiscal": "Fiscal periods"}

Line = tuple[str, str, int]
"""Class or section, name, and place in the statement."""


@dataclass(frozen=True, slots=True)
class Column:
    """The days that a column of a statement is counted over, and what its first and last period are called."""

    over: Range
    first_period: str
    last_period: str

    @property
    def name(self) -> str:
        return self.first_period if self.first_period == self.last_period else f"{self.first_period}–{self.last_period}"


@dataclass(frozen=True, slots=True)
class Span:
    """What a statement is of: the chosen periods as one column and one by one, and those they are compared with.

    `is_group` is false where no elimination is made for these periods: eliminations are made by calendar month.
    """

    calendar: Calendar
    now: Column
    before: Column
    periods: tuple[Column, ...]
    is_group: bool


def span(reading: Reading, calendar: Calendar = "months") -> Span:
    """The reader's period and comparison in months or in fiscal periods that have ended by the as-of day."""
    if calendar == "fiscal":
        return _fiscal_span(reading)
    now, before = reading.filters.now, reading.filters.before
    return Span("months", _months(reading, now), _months(reading, before), tuple(_each_month(reading, now)), True)


def income(reading: Reading, over: Range, of: Span) -> dict[Line, Decimal]:
    """Lines of the profit and loss, income positive: the group after eliminations, or the chosen entities."""
    if reading.entities is None and of.is_group:
        sql = (
            "select class as kind, statement_line as line, statement_line_sort as sort, sum(consolidated_rpt) as amount"
            " from finance.consolidated_statements where statement = 'profit_and_loss'"
            " and period_on between $first and $last group by all order by sort, line"
        )
        return _lines(reading.rows(sql, first=over.first, last=over.last))
    table, period_on = {
        "months": ("finance.profit_and_loss", "period_on"),
        "fiscal": ("finance.profit_and_loss_by_fiscal_period", "fiscal_period_start_on"),
    }[of.calendar]
    sql = (
        "select class as kind, statement_line as line, statement_line_sort as sort, sum(amount_rpt) as amount"
        f" from {table} where {period_on} between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id)) group by all order by sort, line"
    )
    return _lines(reading.rows(sql, first=over.first, last=over.last, entities=reading.entities))


def balances(reading: Reading, over: Range, of: Span) -> dict[Line, Decimal]:
    """Lines of the balance sheet at the end of a range."""
    if reading.entities is None and of.is_group:
        sql = (
            "select class as kind, statement_line as line, statement_line_sort as sort, sum(consolidated_rpt) as amount"
            " from finance.consolidated_statements where statement = 'balance_sheet' and period_on = $month"
            " group by all order by sort, line"
        )
        return _lines(reading.rows(sql, month=over.last.replace(day=1)))
    table, is_its_end = {
        "months": ("finance.balance_sheet", "period_on = date_trunc('month', $last::date)"),
        "fiscal": ("finance.balance_sheet_by_fiscal_period", "fiscal_period_end_on = $last"),
    }[of.calendar]
    sql = (
        "select class as kind, statement_line as line, statement_line_sort as sort, sum(balance_rpt) as amount"
        f" from {table} where {is_its_end}"
        " and ($entities is null or list_contains($entities, entity_id)) group by all order by sort, line"
    )
    return _lines(reading.rows(sql, last=over.last, entities=reading.entities))


def cash_flows(reading: Reading, over: Range, of: Span, *, method: str) -> dict[Line, Decimal]:
    """Lines of the cash flow statement of the entities added up, by the `direct` or the `indirect` method."""
    table, period_on = {
        "months": ("finance.cash_flow_statement", "period_on"),
        "fiscal": ("finance.cash_flow_by_fiscal_period", "fiscal_period_start_on"),
    }[of.calendar]
    sql = (
        "select section as kind, statement_line as line, statement_line_sort as sort, sum(amount_rpt) as amount"
        f" from {table} where method = $method and {period_on} between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id)) group by all order by sort, line"
    )
    return _lines(reading.rows(sql, method=method, first=over.first, last=over.last, entities=reading.entities))


def margin_levels(reading: Reading) -> dict[str, str]:
    """The margin level of every line of the profit and loss."""
    table = reading.rows("select distinct statement_line, margin_level from finance.profit_and_loss")
    return dict(zip(table["statement_line"].to_pylist(), table["margin_level"].to_pylist(), strict=True))


def accounts_of(reading: Reading, line: str, of: Span | None = None) -> pa.Table:
    """What a line of the profit and loss is made of: its accounts over the period, as the entities booked them.

    Postings are translated at the rate of their day, statements at the month's: the difference is a row of its own,
    without an account.
    """
    of = of or span(reading)
    period_on, table, its_period = {
        "months": ("month_on", "finance.profit_and_loss", "period_on"),
        "fiscal": ("fiscal_period_start_on", "finance.profit_and_loss_by_fiscal_period", "fiscal_period_start_on"),
    }[of.calendar]
    return reading.rows(
        "with booked as (select ledger.account_code, any_value(accounts.name) as account, ledger.account_id,"
        " cast(sum(ledger.credit_rpt - ledger.debit_rpt) as decimal(38, 2)) as amount_rpt,"
        " cast(sum(ledger.lines_count) as bigint) as lines"
        " from finance.general_ledger_by_period as ledger"
        " left join common.dim_accounts as accounts using (account_id)"
        " where ledger.statement = 'profit_and_loss' and ledger.statement_line = $line"
        f" and ledger.entry_type is distinct from 'closing' and ledger.{period_on} between $first and $last"
        " and ($entities is null or list_contains($entities, ledger.entity_id))"
        " group by ledger.account_code, ledger.account_id), translated as ("
        "select null as account_code, 'Translation difference' as account, null as account_id,"
        " cast(sum(translation_difference_rpt) as decimal(38, 2)) as amount_rpt, 0 as lines"
        f" from {table} where statement_line = $line and {its_period} between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id)))"
        " select * from booked union all select * from translated where amount_rpt <> 0"
        " order by account_id is null, abs(amount_rpt) desc",
        line=line,
        first=of.now.over.first,
        last=of.now.over.last,
        entities=reading.entities,
    )


def postings_of(reading: Reading, account_id: str, of: Span | None = None, *, most: int) -> pa.Table:
    """The journal lines of an account over the period, largest first, with the document and system they came from."""
    of = of or span(reading)
    return reading.rows(
        "select posted_on, journal_id, entity_id, description, document_type, document_id, debit_rpt, credit_rpt,"
        " source_system, source_id from finance.fct_journal_lines"
        " where account_id = $account and posted_on between $first and $last"
        " and entry_type is distinct from 'closing' and ($entities is null or list_contains($entities, entity_id))"
        " order by abs(debit_rpt - credit_rpt) desc, posted_on, journal_line_id limit $most",
        account=account_id,
        first=of.now.over.first,
        last=of.now.over.last,
        entities=reading.entities,
        most=most,
    )


def _lines(table: pa.Table) -> dict[Line, Decimal]:
    return {(row["kind"], row["line"], row["sort"]): row["amount"] for row in table.to_pylist()}


def _months(reading: Reading, over: Range) -> Column:
    month = reading.display.locale.month
    return Column(over, month(over.first), month(over.last))


def _each_month(reading: Reading, over: Range) -> list[Column]:
    count = (over.last.year - over.first.year) * 12 + over.last.month - over.first.month + 1
    starts = [months_before(over.first, -place) for place in range(count)]
    return [_months(reading, Range(start, month_end(start))) for start in starts]


def _fiscal_span(reading: Reading) -> Span:
    ended = reading.rows(
        "select fiscal_period_start_on as first, any_value(fiscal_period_end_on) as last,"
        " any_value(fiscal_period_label) as label, any_value(fiscal_period) as number,"
        " bool_and(fiscal_period_start_on = month_on) as is_month"
        " from common.dim_dates where fiscal_period_end_on <= $as_of group by fiscal_period_start_on order by first",
        as_of=reading.manifest.as_of,
    ).to_pylist()
    if not ended:
        months = span(reading)
        return Span("fiscal", months.now, months.before, months.periods, months.is_group)
    number = ended[-1]["number"]
    filters = reading.filters
    length = {"month": 1, "quarter": (number - 1) % 3 + 1, "year": number, "12m": 12, "24m": 24}[filters.period]
    back = {"quarter": 3, "year": 12}.get(filters.period, length) if filters.comparison == "period" else 12
    # The calendar begins two years before the first posting: what it does not hold has no amounts either.
    now = ended[-length:]
    before = ended[max(0, len(ended) - length - back) : max(1, len(ended) - back)]
    periods = tuple(_fiscal_column([row]) for row in now)
    is_group = all(row["is_month"] for row in ended)
    return Span("fiscal", _fiscal_column(now), _fiscal_column(before), periods, is_group)


def _fiscal_column(rows: list[dict[str, Any]]) -> Column:
    return Column(Range(rows[0]["first"], rows[-1]["last"]), rows[0]["label"], rows[-1]["label"])
