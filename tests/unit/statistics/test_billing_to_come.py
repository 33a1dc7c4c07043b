"""What is paid on bills that do not exist yet: by those who are billed now, as they pay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from invoice_lists import Row, listed

from pipelines.statistics.cash.baseline import (
    billing,
    growth_of_a_year,
    payments_to_come,
    total_forecasts,
    weekly_forecasts,
)
from pipelines.statistics.payment_timing.documents import Settlements

ORIGIN = 728


def _paid_within(rows: list[Row], days: int) -> float:
    given = billing(*listed(rows), origin=ORIGIN, groups=1, weeks=104)
    return float(given.paid_after[0, : days + 1].sum())


def test_who_is_no_longer_billed_says_nothing_about_how_bills_to_come_are_paid() -> None:
    """A customer of short terms who left a year ago would bring in money within four weeks for another year."""
    left = [(0, day, day + 14, 100.0, day + 14) for day in range(0, 364, 7)]
    stays = [(1, day, day + 45, 100.0, day + 45) for day in range(0, ORIGIN, 7)]
    assert _paid_within(left + stays, 27) == pytest.approx(0.0)
    assert _paid_within(left + stays, 60) == pytest.approx(1.0)


def test_bills_to_come_are_paid_in_the_mix_of_the_last_quarter() -> None:
    """Two years: 104 bills of 100 each to both. Last quarter: the quick one 13, the slow one 13 of 300: 1 in 4."""
    quick = [(0, day, day + 14, 100.0, day + 14) for day in range(0, ORIGIN, 7)]
    slow = [(1, day, day + 45, 300.0 if day > ORIGIN - 91 else 100.0, day + 45) for day in range(0, ORIGIN, 7)]
    assert _paid_within(quick + slow, 27) == pytest.approx(0.25, abs=0.02)


def test_a_group_that_was_not_billed_lately_is_paid_as_it_was() -> None:
    """Nothing of the last quarter is not nothing ever: a season may begin again."""
    rows = [(0, day, day + 14, 100.0, day + 14) for day in range(0, 364, 7)]
    assert _paid_within(rows, 27) == pytest.approx(1.0)
    assert np.isfinite(_paid_within(rows, 5))


def test_growth_is_the_last_half_year_over_the_same_weeks_a_year_before() -> None:
    """Two kinds of weeks, a season that is no growth: 26 weeks of 120 and 240 over 26 of 100 and 200 are 1.2."""
    season = [10.0, 20.0] * 13
    assert growth_of_a_year(np.array([100.0, 200.0] * 13 + season + [120.0, 240.0] * 13)) == pytest.approx(1.2)
    assert growth_of_a_year(np.array([100.0, 200.0] * 13 + season + [80.0, 160.0] * 13)) == pytest.approx(0.8)
    # Who began small did not grow tenfold for ever; who is younger than a year and a half has no such growth to tell.
    assert growth_of_a_year(np.array([10.0] * 52 + [100.0] * 52)) == 2.0
    assert growth_of_a_year(np.array([100.0] * 52 + [10.0] * 52)) == 0.5
    assert growth_of_a_year(np.array([0.0] * 52 + [10.0] * 52)) == 1.0
    assert growth_of_a_year(np.array([100.0] * 25 + [200.0] * 52)) == 1.0


def test_a_company_that_grows_by_a_fifth_a_year_is_told_to_go_on() -> None:
    """With the year before as it was, the median was the lower of the other two: 3% too little in the last week."""
    grown = 100 * 1.2 ** (np.arange(156) / 52)
    told = weekly_forecasts(grown, 13)
    comes = 100 * 1.2 ** (np.arange(156, 169) / 52)
    assert told["seasonal_naive"].tolist() == pytest.approx((comes / 1.2).tolist())
    assert told["median"].tolist() == pytest.approx(comes.tolist(), rel=0.01)


def test_what_is_billed_and_paid_later_changes_nothing_that_was_told() -> None:
    """A level that knows the next weeks' bills would be right in the backtest and nowhere else."""
    documents, settlements = listed([(0, day, day + 30, 100.0 + day, day + 33) for day in range(0, ORIGIN + 91, 5)])

    def told(settled: Settlements, amount: np.ndarray) -> np.ndarray:
        known = replace(documents, amount=amount)
        given = billing(known, settled, origin=ORIGIN, groups=1, weeks=104)
        ahead = total_forecasts(given, np.ones(1, dtype=np.bool_), 13)
        parts = np.zeros(1, dtype=np.int64)
        return np.stack([payments_to_come(given, level[None], 13, parts=parts) for level in ahead.values()])

    poisoned_amount = np.where(documents.issued > ORIGIN, 1e6, documents.amount)
    later = settlements.day > ORIGIN
    poisoned = replace(
        settlements,
        day=np.where(later, ORIGIN + 1, settlements.day),
        amount=np.where(later, 1e6, settlements.amount),
    )
    assert told(settlements, documents.amount).sum() > 0
    assert np.array_equal(told(poisoned, poisoned_amount), told(settlements, documents.amount))
