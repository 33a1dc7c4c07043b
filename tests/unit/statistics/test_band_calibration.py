"""A corrected band holds the share it promises, from few scores and from many, however they are distributed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.statistics.cash.calibration import FEWEST_SCORES, reach

Floats = NDArray[np.float64]
DRAWS = 6_000


@pytest.mark.parametrize("count", [19, 69, 239])
@pytest.mark.parametrize(
    "draw",
    [
        lambda generator, size: generator.normal(0.1, 1.3, size),
        lambda generator, size: generator.standard_t(2, size),
        lambda generator, size: generator.exponential(1.0, size) - 0.5,
    ],
    ids=["normal", "heavy tails", "one-sided"],
)
def test_the_next_score_lies_within_reach_four_times_in_five(
    draw: Callable[[np.random.Generator, tuple[int, int]], Floats], count: int
) -> None:
    """By ranks: of count + 1 scores that may come in any order, the next is as likely at one rank as at another.

    The counts are those at which a tenth of count + 1 is a whole rank.
    """
    given = draw(np.random.default_rng(7), (DRAWS, count + 1))
    held = 0
    for row in given:
        below, above = reach(row[:-1])
        held += -below <= row[-1] <= above
    assert held / DRAWS == pytest.approx(0.8, abs=0.015)


def test_with_too_few_scores_a_band_stays_as_it_was_drawn() -> None:
    assert reach(np.full(FEWEST_SCORES - 1, 9.0)) == (1.0, 1.0)
