"""What a reader narrows the numbers to: the period, what it is compared with, and members of shared dimensions.

Belongs here: the values and the calendar arithmetic. Does not: the widgets that set them (`layout`), what a page asks
with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import duckdb

PeriodName = Literal["month", "quarter", "year", "12m", "24m"]
Comparison = Literal["year", "period", "target", "budget"]

PERIODS: Mapping[PeriodName, str] = {
    "month": "Month",
    "quarter": "Quarter",
    "year": "Year",
    "12m": "12 months",
    "24m": "24 months",
}
COMPARISONS: Mapping[Comparison, str] = {
    "year": "Prior year",
    "period": "Prior period",
    "target": "Target",
    "budget": "Budget",
}
"""Prior year and prior period are the same number of months; target and budget are of the chosen months themselves."""


@dataclass(frozen=True, slots=True)
class FilterDimension:
    """A dimension that every page offers: its key in the URL, its label, the table it stands in, and its members.

    `members_sql` gives value and name; the URL and the page show the name.
    """

    key: str
    label: str
    table: str
    members_sql: str


def _dimension(key: str, label: str, table: str, column: str, name: str = "") -> FilterDimension:
    shown = name or column
    return FilterDimension(key, label, table, f"select distinct {column}, {shown} from {table} where {column} <> ''")


DIMENSIONS: Mapping[str, FilterDimension] = {
    "entity_id": _dimension("entity", "Entity", "common.dim_entities", "entity_id"),
    "region": _dimension("region", "Region", "common.dim_customers", "region"),
    "segment": _dimension("segment", "Segment", "common.dim_customers", "segment"),
    "channel": _dimension("channel", "Channel", "finance.fct_margins_monthly", "channel"),
    "department_code": _dimension("department", "Department", "common.dim_departments", "department_code"),
    "owner_id": _dimension("owner", "Owner", "common.dim_owners", "owner_id", "coalesce(name, owner_id)"),
    "currency": _dimension("currency", "Document currency", "sales.fct_deals", "currency"),
}
"""By the metric catalogue's name of the dimension; a metric that lacks one says so on its card."""


@dataclass(frozen=True, slots=True)
class Range:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"a range from {self.first} to {self.last} is empty")


@dataclass(frozen=True, slots=True)
class FiscalMonth:
    """One month that has ended, with the first days of the fiscal quarter and year it lies in."""

    month_on: date
    quarter_on: date
    year_on: date


@dataclass(frozen=True, slots=True)
class Filters:
    """The reader's choice. `where` holds only dimensions with a choice, by dimension name of the catalogue."""

    period: PeriodName
    comparison: Comparison
    now: Range
    before: Range
    where: Mapping[str, tuple[str, ...]]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What members are called, by dimension and value, where they are not called by their value."""

    @property
    def comparison_words(self) -> str:
        return f"vs {COMPARISONS[self.comparison].lower()}"

    def chosen(self) -> tuple[tuple[str, str], ...]:
        """The choice in words, for captions and exports: label of the dimension, names of its members."""
        return tuple(
            (DIMENSIONS[name].label, ", ".join(self.names.get(name, {}).get(value, value) for value in values))
            for name, values in self.where.items()
        )


def months_before(month_on: date, count: int) -> date:
    """The first day of the month `count` months before the month of a day; after it where `count` is negative."""
    number = month_on.year * 12 + month_on.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def month_end(month_on: date) -> date:
    """The last day of the month of a day."""
    return months_before(month_on, -1) - timedelta(days=1)


def ranges(period: PeriodName, comparison: Comparison, last_month: FiscalMonth) -> tuple[Range, Range]:
    """The chosen months up to the last one that has ended, and the months they are compared with.

    Whole months only, so that both sides hold the same number of month ends. A fiscal quarter or year that is still
    running is taken to date, and so is its comparison.
    """
    last = last_month.month_on
    first = {
        "month": last,
        "quarter": last_month.quarter_on,
        "year": last_month.year_on,
        "12m": months_before(last, 11),
        "24m": months_before(last, 23),
    }[period]
    length = (last.year - first.year) * 12 + last.month - first.month + 1
    # A target or a budget is of the chosen months; what needs months to stand beside takes those of the year before.
    back = _period_length(period, length) if comparison == "period" else 12
    return Range(first, month_end(last)), Range(months_before(first, back), month_end(months_before(last, back)))


def _period_length(period: PeriodName, months: int) -> int:
    # A quarter or year to date is compared with the same months of the quarter or year before.
    return {"quarter": 3, "year": 12}.get(period, months)


def last_ended_month(cursor: duckdb.DuckDBPyConnection, as_of: date) -> FiscalMonth:
    """The newest month whose last day is not after `as_of`, by the company's own calendar in common.dim_dates."""
    month_on = date(as_of.year, as_of.month, 1)
    if month_end(month_on) > as_of:
        month_on = months_before(month_on, 1)
    row = cursor.execute(
        "select min(date_on) filter (where fiscal_year = ends.year and fiscal_quarter = ends.quarter),"
        " min(date_on) filter (where fiscal_year = ends.year)"
        " from common.dim_dates,"
        " (select fiscal_year as year, fiscal_quarter as quarter from common.dim_dates where date_on = $last) as ends",
        {"last": month_end(month_on)},
    ).fetchone()
    quarter_on, year_on = row if row and row[0] else (month_on, months_before(month_on, month_on.month - 1))
    return FiscalMonth(month_on, quarter_on.replace(day=1), year_on.replace(day=1))


def members(cursor: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """By dimension: value and name of every member, in order of names. A dimension whose table is not held is empty."""
    found: dict[str, dict[str, str]] = {}
    for name, dimension in DIMENSIONS.items():
        try:
            rows = cursor.execute(dimension.members_sql).fetchall()
        except (duckdb.CatalogException, duckdb.BinderException):
            rows = []
        found[name] = {str(value): str(called) for value, called in sorted(rows, key=lambda row: str(row[1]))}
    return found
