"""What is paid on bills that do not exist yet: by those who are billed now, as they pay."""

from __future__ import annotations

import numpy as np
import pytest
from invoice_lists import Row, listed

from pipelines.statistics.cash.baseline import billing

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
