"""Whether the newest month of a series is unlike its own past. Pure arithmetic on monthly values.

Seasonal: the month is compared with the same month a year before plus the usual change over a year. Robust: usual is
the median, its scale the median absolute deviation (times 1.4826, which makes it a standard deviation for normal
noise; Rousseeuw and Croux, 1993), so that one old outlier hides no new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SEASON = 12
FEWEST_CHANGES = 6
NORMAL = 1.4826
SMALLEST_PART = 0.005
"""A history that never moves has no scale; half a percent of its level stands for it."""


@dataclass(frozen=True, slots=True)
class Oddness:
    """What was expected of the newest month, and how many robust deviations it is away from that."""

    expected: float
    deviations: float


def oddness(values: Sequence[float | None]) -> Oddness | None:
    """Judge the last value by those before it, oldest first; None where the history is too short or the value missing.

    With less than a year and six months of history the level of the last year is usual; else the same month before.
    """
    if not values or values[-1] is None:
        return None
    newest, past = values[-1], values[:-1]
    seasonal = _changes_over_a_year(past)
    before = values[-1 - SEASON] if len(values) > SEASON else None
    if len(seasonal) >= FEWEST_CHANGES and before is not None:
        usual = median(seasonal)
        expected, spread = before + usual, _spread(seasonal, usual)
    else:
        level = [value for value in past[-SEASON:] if value is not None]
        if len(level) < FEWEST_CHANGES:
            return None
        expected = median(level)
        spread = _spread(level, expected)
    scale = max(spread, SMALLEST_PART * abs(expected))
    if scale == 0:
        return Oddness(expected, 0.0 if newest == expected else float("inf") * (1 if newest > expected else -1))
    return Oddness(expected, (newest - expected) / scale)


def _changes_over_a_year(past: Sequence[float | None]) -> list[float]:
    pairs = zip(past, past[SEASON:], strict=False)
    return [later - earlier for earlier, later in pairs if earlier is not None and later is not None]


def _spread(values: Sequence[float], centre: float) -> float:
    return NORMAL * median(abs(value - centre) for value in values)
