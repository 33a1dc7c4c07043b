"""What a reader narrows the numbers to: the period, what it is compared with, and members of shared dimensions.

Belongs here: the values and the calendar arithmetic. Does not: the widgets that set them (`layout`), what a page asks
with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import duckdb

PeriodName = Literal["month", "quarter", "year", "12m", "24m"]
Comparison = Literal["year", "period"]

PERIODS: Mapping[PeriodName, str] = {
    "month": "Month",
    "quarter": "Quarter",
    "year": "Year",
    "12m": "12 months",
    "24m": "24 months",
}
COMPARISONS: Mapping[Comparison, str] = {"year": "Prior year", "period": "Prior period"}


@dataclass(frozen=True, slots=True)
class FilterDimension:
    """A dimension that every page offers: its key in the URL, its label, and where its members stand."""

    key: str
    label: str
    members_sql: str


DIMENSIONS: Mapping[str, FilterDimension] = {
    "entity_id": FilterDimension("entity", "Entity", "select entity_id from common.dim_entities"),
    "region": FilterDimension("region", "Region", "select distinct region from common.dim_customers"),
    "segment": FilterDimension("segment", "Segment", "select distinct segment from common.dim_customers"),
    "channel": FilterDimension("channel", "Channel", "select distinct channel from finance.fct_margins_monthly"),
    "department_code": FilterDimension(
        "department", "Department", "select department_code from common.dim_departments"
    ),
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

    @property
    def comparison_words(self) -> str:
        return "vs prior year" if self.comparison == "year" else "vs prior period"


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
    back = 12 if comparison == "year" else _period_length(period, length)
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
