"""Order histories as counts: what the likelihoods need of a list of orders, and nothing more.

Belongs here: histories of customers and their grouping. Does not: how orders are read, what a return is.

A history is x, the orders after the first; t_x, when the last of them came; T, the time watched: both since the first
order, in one unit. Orders of one day are one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.statistics.customer_value.estimation import Floats

REHEARSAL_GROUPS = 20_000
"""So many histories tell a good start from a bad one."""


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry per customer, or per group of equal customers: `weight` customers share a history."""

    frequency: Floats
    recency: Floats
    age: Floats
    weight: Floats

    @property
    def customers(self) -> int:
        return round(float(self.weight.sum()))

    def scaled(self, factor: float) -> Histories:
        """The same histories in another unit of time: `factor` old units are one new unit."""
        return Histories(self.frequency, self.recency / factor, self.age / factor, self.weight)

    def part(self, places: slice) -> Histories:
        return Histories(self.frequency[places], self.recency[places], self.age[places], self.weight[places])

    def thinned(self, groups: int = REHEARSAL_GROUPS) -> Histories:
        """Every n-th group, so that about `groups` are left."""
        return self.part(slice(None, None, max(1, len(self.frequency) // groups)))


@dataclass(frozen=True, slots=True)
class Levels:
    """The distinct values of an array and where each entry finds its own: special functions run on the few."""

    values: Floats
    places: NDArray[np.intp]

    @classmethod
    def of(cls, array: Floats) -> Levels:
        values, places = np.unique(array, return_inverse=True)
        return cls(values, places.reshape(-1))


def histories(frequency: Floats, recency: Floats, age: Floats) -> Histories:
    """One entry per customer, in the order given.

    Raises ValueError for what no list of orders can give: negative times, a last order after the end, repeat orders
    at the time of the first.
    """
    x, last, watched = (np.asarray(values, dtype=np.float64) for values in (frequency, recency, age))
    if not (np.isfinite(x).all() and np.isfinite(last).all() and np.isfinite(watched).all()):
        raise ValueError("histories must be finite numbers")
    if (x < 0).any() or (last < 0).any() or (last > watched).any():
        raise ValueError("a history needs 0 <= x and 0 <= t_x <= T")
    if ((x > 0) != (last > 0)).any():
        raise ValueError("a customer with repeat orders has them after the first, and only such a customer has t_x > 0")
    return Histories(x, last, watched, np.ones(len(x)))


def grouped(given: Histories) -> Histories:
    """Equal histories as one, with their number: the sufficient statistics. Sorted, so that row order is forgotten."""
    order = np.lexsort((given.age, given.recency, given.frequency))
    x, last, watched = given.frequency[order], given.recency[order], given.age[order]
    weight = given.weight[order]
    if len(x) == 0:
        return given
    starts = np.flatnonzero(
        np.concatenate(([True], (np.diff(x) != 0) | (np.diff(last) != 0) | (np.diff(watched) != 0)))
    )
    return Histories(x[starts], last[starts], watched[starts], np.add.reduceat(weight, starts))


def mean_age(given: Histories) -> float:
    """Mean time watched: the unit in which models search, so that a fit does not depend on the unit of the data."""
    return float((given.age * given.weight).sum() / given.weight.sum())


def too_little(given: Histories) -> str | None:
    """Why no model of repeat orders can be fitted to these; None where one may be tried."""
    repeat = given.weight[given.frequency > 0].sum()
    if given.customers == 0:
        return "no customer"
    if repeat == 0:
        return "nobody has ordered twice: there is no rate to learn from"
    if (given.age <= 0).all():
        return "every first order is on the last day: no time has been watched"
    return None
