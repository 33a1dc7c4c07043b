"""Periods and what they are compared with, worked by hand."""

from datetime import date

import pytest

from dashboards.filters import FiscalMonth, Range, month_end, months_before, ranges

JUNE = FiscalMonth(month_on=date(2026, 6, 1), quarter_on=date(2026, 4, 1), year_on=date(2026, 1, 1))
AUGUST = FiscalMonth(month_on=date(2026, 8, 1), quarter_on=date(2026, 7, 1), year_on=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("period", "comparison", "first", "last", "before_first", "before_last"),
    [
        ("month", "year", date(2026, 6, 1), date(2026, 6, 30), date(2025, 6, 1), date(2025, 6, 30)),
        ("month", "period", date(2026, 6, 1), date(2026, 6, 30), date(2026, 5, 1), date(2026, 5, 31)),
        ("quarter", "year", date(2026, 4, 1), date(2026, 6, 30), date(2025, 4, 1), date(2025, 6, 30)),
        ("quarter", "period", date(2026, 4, 1), date(2026, 6, 30), date(2026, 1, 1), date(2026, 3, 31)),
        ("year", "period", date(2026, 1, 1), date(2026, 6, 30), date(2025, 1, 1), date(2025, 6, 30)),
        ("12m", "year", date(2025, 7, 1), date(2026, 6, 30), date(2024, 7, 1), date(2025, 6, 30)),
        ("24m", "period", date(2024, 7, 1), date(2026, 6, 30), date(2022, 7, 1), date(2024, 6, 30)),
    ],
)
def test_a_period_is_compared_with_the_same_months(
    *, period, comparison, first, last, before_first, before_last
) -> None:  # type: ignore[no-untyped-def]
    """A comparison of unlike lengths would show growth where there is none."""
    assert ranges(period, comparison, JUNE) == (Range(first, last), Range(before_first, before_last))


def test_a_running_quarter_is_compared_with_the_same_part_of_the_one_before() -> None:
    """Two months of this quarter against three of the last would always look like a fall."""
    now, before = ranges("quarter", "period", AUGUST)
    assert now == Range(date(2026, 7, 1), date(2026, 8, 31))
    assert before == Range(date(2026, 4, 1), date(2026, 5, 31))


def test_months_are_counted_over_year_ends_and_leap_days() -> None:
    """A wrong February would drop a day of invoices."""
    assert months_before(date(2026, 1, 31), 1) == date(2025, 12, 1)
    assert months_before(date(2026, 12, 5), -1) == date(2027, 1, 1)
    assert month_end(date(2024, 2, 10)) == date(2024, 2, 29)


def test_an_empty_range_is_refused() -> None:
    """A range that ends before it begins selects nothing and would read as zero revenue."""
    with pytest.raises(ValueError, match="is empty"):
        Range(date(2026, 2, 1), date(2026, 1, 1))
