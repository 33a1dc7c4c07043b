"""Integer money is exact and rounds as SQL does; nothing wraps around in silence."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sample.arrays import (
    Window,
    business_day,
    convert,
    day_date,
    day_number,
    decimals,
    half_up,
    month_last_day,
    month_number,
    next_weekday,
    number_groups,
    repeat_rows,
    sum_by,
)

CENTS = st.integers(-(10**11), 10**11)
RATES = st.integers(1, 20 * 10**8)


@given(CENTS, st.integers(1, 10**6))
def test_halves_round_away_from_zero(numerator: int, denominator: int) -> None:
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    assert int(half_up(np.array([numerator]), denominator)[0]) == int(exact)


@given(st.integers(-(10**9), 10**9), RATES)
def test_conversion_is_the_decimal_product_rounded_to_cents(cents: int, rate: int) -> None:
    exact = (Decimal(cents).scaleb(-2) * Decimal(rate).scaleb(-8)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(int(convert(np.array([cents]), np.array([rate]))[0])).scaleb(-2) == exact


def test_an_amount_too_large_for_sixty_four_bits_is_refused() -> None:
    with pytest.raises(OverflowError, match="use a smaller scale"):
        convert(np.array([10**12]), np.array([12 * 10**8]))
    with pytest.raises(OverflowError, match="use a smaller scale"):
        half_up(np.array([2**62]), 3)


@given(st.lists(CENTS, min_size=1, max_size=20))
def test_integers_become_decimals_unchanged(cents: list[int]) -> None:
    assert decimals(np.array(cents)).to_list() == [Decimal(value).scaleb(-2) for value in cents]


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_days_and_months_are_those_of_the_calendar(day: date) -> None:
    number = np.array([day_number(day)])
    assert day_date(int(number[0])) == day
    assert int(month_number(number)[0]) == (day.year - 1970) * 12 + day.month - 1
    end = day_date(int(month_last_day(month_number(number))[0]))
    assert (end.month, day_date(day_number(end) + 1).day) == (day.month, 1)
    monday = day_date(int(business_day(number)[0]))
    assert monday == day if day.weekday() < 5 else monday.weekday() == 0
    assert day_date(int(next_weekday(number, np.array([3]))[0])).weekday() == 3


def test_the_window_ends_on_the_day_and_starts_three_years_before() -> None:
    window = Window.ending(date(2025, 12, 31))
    assert (day_date(window.first), day_date(window.last)) == (date(2023, 1, 1), date(2025, 12, 31))
    assert len(window.months) == 36


def test_rows_repeat_with_their_position() -> None:
    owner, position = repeat_rows(np.array([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2]
    assert position.tolist() == [0, 1, 0, 1, 2]


def test_groups_are_numbered_in_the_order_of_their_keys() -> None:
    group, first = number_groups(np.array([5, 1, 5, 1]), np.array([0, 2, 0, 1]))
    assert group.tolist() == [2, 1, 2, 0]
    assert first.tolist() == [3, 1, 0]
    assert sum_by(group, np.array([2**53 + 1, 1, 1, 0]), 3).tolist() == [0, 1, 2**53 + 2]  # beyond what a float holds
