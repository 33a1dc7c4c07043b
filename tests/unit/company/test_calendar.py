"""A day lies in the fiscal period that an accountant would name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.calendar import KINDS, FiscalCalendar, FiscalDate, days, period_of

DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))
CALENDARS = st.builds(FiscalCalendar, st.sampled_from(KINDS), st.integers(1, 12))


def one(calendar: FiscalCalendar, day: date) -> FiscalDate:
    [row] = days(calendar, day, day)
    return row


def test_calendar_months_from_january_are_the_calendar_year() -> None:
    row = one(FiscalCalendar(), date(2026, 8, 15))
    assert row == FiscalDate(
        date_on=date(2026, 8, 15),
        month_on=date(2026, 8, 1),
        quarter_on=date(2026, 7, 1),
        fiscal_year=2026,
        fiscal_quarter=3,
        fiscal_period=8,
        fiscal_period_start_on=date(2026, 8, 1),
        fiscal_period_end_on=date(2026, 8, 31),
        fiscal_period_label="FY2026-P08",
        week_on=date(2026, 8, 10),  # a Monday
    )


@pytest.mark.parametrize(
    ("day", "label", "quarter"),
    [
        # A year from April, as in the United Kingdom, India and Japan: named after the year it ends in.
        (date(2026, 3, 31), "FY2026-P12", 4),
        (date(2026, 4, 1), "FY2027-P01", 1),
        (date(2026, 12, 31), "FY2027-P09", 3),
        (date(2027, 1, 1), "FY2027-P10", 4),
    ],
)
def test_a_year_may_start_in_another_month(day: date, label: str, quarter: int) -> None:
    row = one(FiscalCalendar("months", 4), day)
    assert (row.fiscal_period_label, row.fiscal_quarter) == (label, quarter)


@pytest.mark.parametrize(
    ("day", "label", "first", "last"),
    [
        # 2026: 1 January is a Thursday, so the nearest Monday is 29 December 2025. Weeks of ISO 8601.
        (date(2025, 12, 28), "FY2025-P12", date(2025, 11, 24), date(2025, 12, 28)),
        (date(2025, 12, 29), "FY2026-P01", date(2025, 12, 29), date(2026, 1, 25)),  # four weeks
        (date(2026, 1, 26), "FY2026-P02", date(2026, 1, 26), date(2026, 2, 22)),  # four weeks
        (date(2026, 2, 23), "FY2026-P03", date(2026, 2, 23), date(2026, 3, 29)),  # five weeks
        # 2026 has 53 weeks; the last one joins the last period, which then has six.
        (date(2027, 1, 3), "FY2026-P12", date(2026, 11, 23), date(2027, 1, 3)),
        (date(2027, 1, 4), "FY2027-P01", date(2027, 1, 4), date(2027, 1, 31)),
    ],
)
def test_4_4_5_counts_weeks_from_monday(day: date, label: str, first: date, last: date) -> None:
    row = one(FiscalCalendar("4-4-5"), day)
    assert (row.fiscal_period_label, row.fiscal_period_start_on, row.fiscal_period_end_on) == (label, first, last)


def test_4_4_5_of_a_retailers_year_from_february() -> None:
    """1 February 2026 is a Sunday: the nearest Monday is 2 February. The year is named after the one it ends in."""
    before, after = days(FiscalCalendar("4-4-5", 2), date(2026, 2, 1), date(2026, 2, 2))
    assert before.fiscal_period_label == "FY2026-P12"
    assert after.fiscal_period_label == "FY2027-P01"


def test_4_4_5_years_are_those_of_iso_8601() -> None:
    """An independent oracle: Python's own ISO calendar."""
    day = date(1999, 1, 1)
    while day < date(2050, 1, 1):
        assert one(FiscalCalendar("4-4-5"), day).fiscal_year == day.isocalendar().year
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "label", "first", "last"),
    [
        # Nowruz: 1 Farvardin 1403 was 20 March 2024 (1403 is a leap year), 1404 and 1405 began on 21 March.
        (date(2024, 3, 19), "FY1402-P12", date(2024, 2, 20), date(2024, 3, 19)),
        (date(2024, 3, 20), "FY1403-P01", date(2024, 3, 20), date(2024, 4, 19)),
        (date(2025, 3, 20), "FY1403-P12", date(2025, 2, 19), date(2025, 3, 20)),  # 30 Esfand of a leap year
        (date(2025, 3, 21), "FY1404-P01", date(2025, 3, 21), date(2025, 4, 20)),
        (date(2026, 3, 20), "FY1404-P12", date(2026, 2, 20), date(2026, 3, 20)),  # 29 days
        (date(2026, 6, 30), "FY1405-P04", date(2026, 6, 22), date(2026, 7, 22)),  # Tir, 31 days
    ],
)
def test_jalali_months_follow_known_dates(day: date, label: str, first: date, last: date) -> None:
    row = one(FiscalCalendar("jalali"), day)
    assert (row.fiscal_period_label, row.fiscal_period_start_on, row.fiscal_period_end_on) == (label, first, last)


def test_a_jalali_year_may_start_in_mehr() -> None:
    """1 Mehr 1404 was 23 September 2025."""
    before, after = days(FiscalCalendar("jalali", 7), date(2025, 9, 22), date(2025, 9, 23))
    assert (before.fiscal_period_label, after.fiscal_period_label) == ("FY1404-P12", "FY1405-P01")


@given(CALENDARS, DATES)
def test_every_day_lies_in_its_period_and_periods_meet_without_gap(calendar: FiscalCalendar, day: date) -> None:
    period = period_of(calendar, day)
    assert period.first <= day <= period.last
    following = period_of(calendar, period.last + timedelta(days=1))
    assert following.first == period.last + timedelta(days=1)
    assert (following.year, following.number) == (
        (period.year + 1, 1) if period.number == 12 else (period.year, period.number + 1)
    )


@given(CALENDARS, DATES, st.integers(0, 800))
def test_a_range_gives_each_day_once_and_the_same_as_alone(calendar: FiscalCalendar, first: date, length: int) -> None:
    last = first + timedelta(days=length)
    rows = list(days(calendar, first, last))
    assert [row.date_on for row in rows] == [first + timedelta(days=n) for n in range(length + 1)]
    assert rows[-1] == one(calendar, last)


def test_an_empty_range_gives_nothing() -> None:
    assert list(days(FiscalCalendar(), date(2026, 1, 2), date(2026, 1, 1))) == []
