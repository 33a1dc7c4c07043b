"""Fiscal calendars: which fiscal year, quarter and period a day belongs to. Pure; knows no clock and no database.

Three kinds. `months`: twelve calendar months. `4-4-5`: weeks from Monday, the year starting on the Monday nearest to
the first day of `first_month`, the 53rd week of a long year added to its last period. `jalali`: the twelve months of
the Solar Hijri calendar, `first_month` counted in it. A fiscal year is named after the year in which it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import jdatetime

Kind = Literal["months", "4-4-5", "jalali"]
KINDS: tuple[Kind, ...] = ("months", "4-4-5", "jalali")

_WEEKS = (4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5)


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """A kind of calendar and the month (1 to 12) its fiscal year starts in."""

    kind: Kind = "months"
    first_month: int = 1


@dataclass(frozen=True, slots=True)
class FiscalDate:
    """One day and where it lies. `month_on`, `quarter_on`: first day of the Gregorian month and quarter."""

    date_on: date
    month_on: date
    quarter_on: date
    fiscal_year: int
    fiscal_quarter: int
    fiscal_period: int
    fiscal_period_start_on: date
    fiscal_period_end_on: date
    fiscal_period_label: str
    week_on: date


@dataclass(frozen=True, slots=True)
class FiscalPeriod:
    """One fiscal period: its year, its number (1 to 12), its first and last day."""

    year: int
    number: int
    first: date
    last: date

    @property
    def label(self) -> str:
        return f"FY{self.year}-P{self.number:02}"


def days(calendar: FiscalCalendar, first: date, last: date) -> Iterator[FiscalDate]:
    """One row per day from `first` to `last`, both included. Nothing where `last` is before `first`."""
    period: FiscalPeriod | None = None
    day = first
    while day <= last:
        if period is None or day > period.last:
            period = period_of(calendar, day)
        yield FiscalDate(
            date_on=day,
            month_on=day.replace(day=1),
            quarter_on=date(day.year, 3 * ((day.month - 1) // 3) + 1, 1),
            fiscal_year=period.year,
            fiscal_quarter=(period.number - 1) // 3 + 1,
            fiscal_period=period.number,
            fiscal_period_start_on=period.first,
            fiscal_period_end_on=period.last,
            fiscal_period_label=period.label,
            week_on=day - timedelta(days=day.weekday()),
        )
        day += timedelta(days=1)


def period_of(calendar: FiscalCalendar, day: date) -> FiscalPeriod:
    """The fiscal period that a day lies in."""
    if calendar.kind == "months":
        return _month_period(calendar.first_month, day)
    if calendar.kind == "4-4-5":
        return _week_period(calendar.first_month, day)
    return _jalali_period(calendar.first_month, day)


def _month_period(first_month: int, day: date) -> FiscalPeriod:
    year, number = _fiscal_month(day.year, day.month, first_month)
    first = day.replace(day=1)
    return FiscalPeriod(year, number, first, _next_month(first) - timedelta(days=1))


def _fiscal_month(year: int, month: int, first_month: int) -> tuple[int, int]:
    number = (month - first_month) % 12 + 1
    ends_next_year = first_month > 1 and month >= first_month
    return (year + 1 if ends_next_year else year), number


def _week_period(first_month: int, day: date) -> FiscalPeriod:
    opened = day.year + 1
    while _week_year_start(opened, first_month) > day:
        opened -= 1
    start = _week_year_start(opened, first_month)
    end = _week_year_start(opened + 1, first_month) - timedelta(days=1)
    first = start
    for number, weeks in enumerate(_WEEKS, start=1):
        last = end if number == 12 else first + timedelta(weeks=weeks) - timedelta(days=1)
        if day <= last:
            return FiscalPeriod(opened if first_month == 1 else opened + 1, number, first, last)
        first = last + timedelta(days=1)
    raise AssertionError("a day before the next year's start lies in one of the twelve periods")


def _week_year_start(year: int, first_month: int) -> date:
    # The Monday nearest to the first of the month starts the week that the fourth lies in: the rule of ISO 8601.
    fourth = date(year, first_month, 4)
    return fourth - timedelta(days=fourth.weekday())


def _jalali_period(first_month: int, day: date) -> FiscalPeriod:
    local = jdatetime.date.fromgregorian(date=day)
    year, number = _fiscal_month(local.year, local.month, first_month)
    first = jdatetime.date(local.year, local.month, 1).togregorian()
    following = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    last = jdatetime.date(*following, 1).togregorian() - timedelta(days=1)
    return FiscalPeriod(year, number, first, last)


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
