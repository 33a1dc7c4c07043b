"""Bands corrected by how past bands did, and the scores by which forecasts are judged.

A band of 80% that held 67% of what came is too narrow, however it was made. The correction is conformal and rolling:
where the actual lay, in widths of the band on its side of the middle, over earlier origins whose actual was known; the
10% and 90% quantiles of these scores are how far the next band must reach. Formula: split conformal prediction with
scaled scores, after Romano, Patterson & Candes (2019). Belongs here: corrections, scores. Does not: forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.statistics.payment_timing.documents import Flags, Floats

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
FEWEST_SCORES, MANY_SCORES = 15, 60
"""With fewer scores a band stays as it was drawn; from many on, a horizon needs no help from those next to it."""
NEIGHBOURS = 2
"""So many horizons before and after help out where scores are few."""
ROUGH_SIDE = 1.0
"""The band of a forecast that has none, before it is corrected: so much of the expected on either side."""


@dataclass(frozen=True, slots=True)
class Band:
    """Three quantiles, of any one shape."""

    low: Floats
    middle: Floats
    high: Floats


def band_of(paths: Floats, *, axis: int) -> Band:
    """The three quantiles over an axis of paths."""
    low, middle, high = np.quantile(paths, [LOW, MIDDLE, HIGH], axis=axis)
    return Band(low, middle, high)


def scores(actual: Floats, band: Band, *, floor: Floats) -> Floats:
    """Where the actual lies: 1 at the upper end of the band, -1 at the lower, 0 in the middle. `floor` is the least
    width a side is given, so that a band without width has a score."""
    above = actual >= band.middle
    side = np.where(above, band.high - band.middle, band.middle - band.low)
    return np.asarray((actual - band.middle) / np.maximum(side, floor), dtype=np.float64)


def reach(past: Floats) -> tuple[float, float]:
    """How far below and above the middle the band must reach, in widths of its sides: (1, 1) is as it was drawn."""
    usable = past[np.isfinite(past)]
    if len(usable) < FEWEST_SCORES:
        return 1.0, 1.0
    # The rank among n + 1, the next score being one of them: only then is the promised share held for every n.
    low, high = np.quantile(usable, [LOW, HIGH], method="weibull")
    return max(-float(low), 0.0), max(float(high), 0.0)


def widened(band: Band, below: Floats | float, above: Floats | float, *, floor: Floats) -> Band:
    """The band with its sides so many times as long."""
    lower = np.maximum(band.middle - band.low, floor)
    upper = np.maximum(band.high - band.middle, floor)
    return Band(band.middle - lower * below, band.middle, band.middle + upper * above)


def rolled(
    middle: Floats, actual: Floats, *, is_known: Flags, together: list[list[int]], window: int
) -> tuple[Band, Band]:
    """A band of 100% either way of a forecast that has none, and the same corrected by how earlier ones did.

    middle, actual: origins (oldest first) x groups x horizons; together: groups whose scores are one.
    """
    drawn = Band(middle * (1 - ROUGH_SIDE), middle, middle * (1 + ROUGH_SIDE))
    floor = np.full(middle.shape, 0.01)
    score = scores(actual, drawn, floor=floor)
    below, above = np.ones(middle.shape), np.ones(middle.shape)
    for own in together:
        learned = rolling_reach(score[:, own], is_known=is_known, window=window)
        below[:, own], above[:, own] = learned[:, None, :, 0], learned[:, None, :, 1]
    return drawn, widened(drawn, below, above, floor=floor)


def rolling_reach(given: Floats, *, is_known: Flags, window: int) -> Floats:
    """Per origin, group of rows and horizon, the reach from earlier origins only: origins x horizons x 2.

    given: scores, origins (oldest first) x groups x horizons, NaN where there is none.
    is_known: origin x earlier origin x horizon: whether the actual of the earlier one was known at the origin.
    """
    origins, _, horizons = given.shape
    found = np.ones((origins, horizons, 2))
    for origin in range(origins):
        for horizon in range(horizons):
            found[origin, horizon] = reach_at(given, is_known[origin], horizon=horizon, window=window)
    return found


def reach_at(given: Floats, is_known: Flags, *, horizon: int, window: int) -> tuple[float, float]:
    """The reach at one horizon from scores (origins x groups x horizons) known there. Where they are few, those of the
    horizons next to it help out: scores are in widths of their bands, and a week is much like the next."""

    def known(at: int) -> Floats:
        return given[np.flatnonzero(is_known[:, at])[-window:], :, at].ravel()

    own = known(horizon)
    if int(np.isfinite(own).sum()) >= MANY_SCORES:
        return reach(own)
    near = range(max(horizon - NEIGHBOURS, 0), min(horizon + NEIGHBOURS + 1, given.shape[2]))
    return reach(np.concatenate([known(at) for at in near]))


def pinball(actual: Floats, forecast: Floats, level: float) -> Floats:
    """Loss of a quantile forecast: what is missed above weighs `level`, what is missed below one less it."""
    miss = actual - forecast
    return np.asarray(np.maximum(level * miss, (level - 1) * miss), dtype=np.float64)
