"""Integer arrays: named random streams, days and months as integers, exact money, repeated rows.

Belongs here: arithmetic that every generator module needs. Does not: anything that knows what an invoice is.
Money is int64 cents and rates are int64 with eight decimals; no amount is ever a float.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

EPOCH = date(1970, 1, 1)
RATE_ONE = 10**8
INT64_LIMIT = 2**62  # half of the range: half_up doubles its numerator


@dataclass(frozen=True, slots=True)
class Draws:
    """Random streams by name: adding a stream, or drawing more from one, leaves all others as they were."""

    seed: int

    def stream(self, name: str) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())])))


@dataclass(frozen=True, slots=True)
class Window:
    """The days the exports cover, both included; ends at `until` and starts three years earlier on a first of month."""

    first: int
    last: int

    @classmethod
    def ending(cls, until: date) -> Window:
        month = until.year * 12 + until.month - 36  # January is 1, so this is the month after the same one 3 years ago
        return cls(first=day_number(date((month) // 12, month % 12 + 1, 1)), last=day_number(until))

    @property
    def months(self) -> Ints:
        """First days of the months touched, in order."""
        first, last = month_number(np.array([self.first, self.last]))
        return month_first_day(np.arange(first, last + 1))


def day_number(day: date) -> int:
    return (day - EPOCH).days


def day_date(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


def month_number(days: Ints) -> Ints:
    """Months since January 1970."""
    months: Ints = np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months


def month_first_day(months: Ints) -> Ints:
    days: Ints = np.asarray(months).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


def month_last_day(months: Ints) -> Ints:
    return month_first_day(np.asarray(months) + 1) - 1


def year_of(days: Ints) -> Ints:
    return month_number(days) // 12 + 1970


def weekday(days: Ints) -> Ints:
    """Monday is 0 (1970-01-01 was a Thursday)."""
    return (np.asarray(days) + 3) % 7


def next_weekday(days: Ints, wanted: Ints) -> Ints:
    """The first day on or after each day that falls on the wanted day of the week."""
    return days + (wanted - weekday(days)) % 7


def business_day(days: Ints) -> Ints:
    """The day itself, or the Monday after a weekend."""
    at = weekday(days)
    return np.where(at >= 5, days + 7 - at, days)


def half_up(numerator: Ints, denominator: Ints | int) -> Ints:
    """Exact quotient rounded half away from zero, as SQL rounds decimals."""
    numerator = np.asarray(numerator, dtype=np.int64)
    if numerator.size and int(np.abs(numerator).max()) >= INT64_LIMIT:
        raise OverflowError("an amount is too large for exact 64-bit arithmetic; use a smaller scale")
    magnitude = (2 * np.abs(numerator) + denominator) // (2 * np.asarray(denominator))
    rounded: Ints = np.sign(numerator) * magnitude
    return rounded


def convert(cents: Ints, rate: Ints) -> Ints:
    """Cents times a rate of eight decimals, rounded to cents. Checked in floats first: int64 would wrap silently."""
    cents = np.asarray(cents, dtype=np.int64)
    if cents.size and float(np.abs(cents).max()) * float(np.max(rate)) >= INT64_LIMIT:
        raise OverflowError("an amount is too large for exact 64-bit arithmetic; use a smaller scale")
    return half_up(cents * np.asarray(rate), RATE_ONE)


def repeat_rows(counts: Ints) -> tuple[Ints, Ints]:
    """Row i repeated counts[i] times: the owner of each new row and its position below that owner, from 0."""
    counts = np.asarray(counts, dtype=np.int64)
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def first_of_group(*sorted_keys: Ints) -> Flags:
    """True where any key differs from the row before; the keys are sorted together."""
    size = len(sorted_keys[0])
    starts = np.ones(size, dtype=np.bool_)
    if size:
        starts[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in sorted_keys])
    return starts


def number_groups(*keys: Ints) -> tuple[Ints, Ints]:
    """Number the distinct combinations in sorted order: the group of each row, and one row index per group."""
    order = np.lexsort(keys[::-1])
    starts = first_of_group(*(key[order] for key in keys))
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = np.cumsum(starts) - 1
    return groups, order[starts]


def sum_by(groups: Ints, values: Ints, size: int) -> Ints:
    """Exact integer sums by group number (bincount would go through floats)."""
    totals = np.zeros(size, dtype=np.int64)
    np.add.at(totals, groups, values)
    return totals


def decimals(values: Ints, scale: int = 2, name: str = "") -> pl.Series:
    """Integers read as decimals with `scale` places, without arithmetic: 1234 becomes 12.34."""
    words = np.empty((len(values), 2), dtype=np.int64)
    words[:, 0] = values
    words[:, 1] = np.asarray(values) >> 63  # the sign fills the upper half of the 128 bits
    array = pa.Array.from_buffers(pa.decimal128(18, scale), len(values), [None, pa.py_buffer(words)])
    return pl.Series(name, array)


def dates(days: Ints, name: str = "") -> pl.Series:
    """Day numbers as dates; a negative day is no date."""
    series = pl.Series(name, np.asarray(days, dtype=np.int32)).cast(pl.Date)
    return series.set(series < pl.Series([date(1970, 1, 1)]), None) if (np.asarray(days) < 0).any() else series


def pick(generator: np.random.Generator, shares: dict[int, float] | list[float], size: int) -> Ints:
    """Draw indexes (or keys) with the given shares."""
    keys = np.array(list(shares) if isinstance(shares, dict) else range(len(shares)), dtype=np.int64)
    weights = np.array(list(shares.values()) if isinstance(shares, dict) else shares, dtype=np.float64)
    edges = np.cumsum(weights / weights.sum())
    drawn: Ints = keys[np.searchsorted(edges, generator.random(size), side="right").clip(0, len(keys) - 1)]
    return drawn
