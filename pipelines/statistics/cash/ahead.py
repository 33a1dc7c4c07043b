"""What every scenario starts from: periods ahead, open documents and promises with their chances, the baseline.

Belongs here: timing everything once, and shares and sums up to given days. Does not: rows (`projection`), paths of
balances (`balances`), what an edit means (`scenarios`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.statistics.cash.accuracy import CHOSEN_BASELINE, Learned, billing_to_come
from pipelines.statistics.cash.company_frames import LAYERS, Company, days_of
from pipelines.statistics.cash.rolling import HORIZON, Timed, time_documents
from pipelines.statistics.cash.scenarios import Edit, chances, later_days
from pipelines.statistics.payment_timing.blending import blended
from pipelines.statistics.payment_timing.documents import Floats, Ints
from pipelines.statistics.payment_timing.lateness import fit_lateness, paid_by_days

WEEKS, MONTHS = 13, 18
BASELINE_WEEKS = 84
BASELINE_LAYERS = {"receivables": ("baseline_receipts", "customers"), "payables": ("baseline_payments", "vendors")}
SIGNS = {"receivables": 1, "payables": -1}


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods of one kind that follow each other: first and last days. What is before the as-of day is over."""

    kind: str
    first: tuple[date, ...]
    last: tuple[date, ...]

    @property
    def ends(self) -> Ints:
        return days_of(pl.Series(self.last))

    def starts(self, as_of: int) -> Ints:
        """The day before each period, or the as-of day where that is later."""
        return np.asarray(np.maximum(days_of(pl.Series(self.first)) - 1, as_of), dtype=np.int64)


def weeks_ahead(as_of: date) -> Periods:
    """Thirteen weeks from Monday, the first being the one that the day after lies in."""
    monday = as_of + timedelta(days=1)
    monday -= timedelta(days=monday.weekday())
    first = tuple(monday + timedelta(days=7 * week) for week in range(WEEKS))
    return Periods("week", first, tuple(day + timedelta(days=6) for day in first))


def months_ahead(as_of: date) -> Periods:
    """Eighteen months, the first being the one that the day after lies in."""
    first = pl.Series([(as_of + timedelta(days=1)).replace(day=1)])
    starts = [first.dt.offset_by(f"{month}mo").item() for month in range(MONTHS + 1)]
    return Periods("month", tuple(starts[:-1]), tuple(day - timedelta(days=1) for day in starts[1:]))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What every scenario starts from: open documents and promises timed up to each day of `ends`, and the baseline per
    week (groups x weeks from the as-of day), less what promises already bring."""

    company: Company
    learned: Learned
    ends: Ints
    timed: Timed
    promises: Ints
    baseline: Floats


def look_ahead(company: Company, learned: Learned, *, ends: Ints) -> Ahead:
    """Time everything once."""
    groups = len(company.groups)
    timed = _time(company, ends=ends)
    promises = np.arange(company.promised_from, len(company.documents))
    weekly_ends = company.as_of + 7 * np.arange(1, BASELINE_WEEKS + 1)
    coming = billing_to_come(company, company.existing, origin=company.as_of, horizon=BASELINE_WEEKS)[CHOSEN_BASELINE]
    promised = promised_by(company, timed, promises, weekly_ends, edits=())
    weekly = np.zeros((groups, BASELINE_WEEKS))
    for week in range(BASELINE_WEEKS):
        amounts = promised[:, week] - (promised[:, week - 1] if week else 0.0)
        weekly[:, week] = np.bincount(company.documents.group[promises], amounts / 100, minlength=groups)
    return Ahead(company, learned, ends, timed, promises, np.maximum(coming - weekly, 0.0))


def _time(company: Company, *, ends: Ints) -> Timed:
    timed = time_documents(
        company.documents, company.settlements, origin=company.as_of, ends=ends, groups=len(company.groups)
    )
    # The mart says what is open; rounding at another rate may leave a cent that it does not know.
    is_open = company.open_cents[timed.of] > 0
    return Timed(timed.known, timed.of[is_open], timed.model[is_open], timed.due[is_open], timed.dependence)


def promised_by(company: Company, timed: Timed, promises: Ints, ends: Ints, *, edits: tuple[Edit, ...]) -> Floats:
    """Cents of each promise expected by each day, chance included (promises x days)."""
    if not len(promises):
        return np.zeros((0, len(ends)))
    lateness = fit_lateness(company.documents, timed.known, of=promises)
    rows = company.rows[promises.tolist()]
    shares = paid_by_days(
        company.documents, timed.known, lateness, of=promises, ends=ends, later_days=later_days(rows, edits)
    )
    return np.asarray(shares * (company.open_cents[promises] * chances(rows, edits))[:, None], dtype=np.float64)


def shares_by(ahead: Ahead, edits: tuple[Edit, ...]) -> Floats:
    """Shares of open documents paid by each day: habits and due dates, blended; those that an edit delays are timed
    again."""
    company, timed = ahead.company, ahead.timed
    horizon = np.clip(-(-(ahead.ends - company.as_of) // 7), 1, HORIZON) - 1
    rows = company.rows[timed.of.tolist()]
    days = later_days(rows, edits)
    shares = np.zeros_like(timed.model)
    for layer in LAYERS:
        mine = (rows["layer"] == layer).to_numpy()
        shares[mine] = blended(timed.model[mine], timed.due[mine], ahead.learned.weights[layer][horizon])
    moved = np.flatnonzero(days)
    if len(moved):
        lateness = fit_lateness(company.documents, timed.known, of=timed.of[moved])
        shares[moved] = paid_by_days(
            company.documents, timed.known, lateness, of=timed.of[moved], ends=ahead.ends, later_days=days[moved]
        )
    return shares


def baseline_by(ahead: Ahead) -> Floats:
    """Baseline up to each day of `ends`, in reporting currency: groups x days. A week comes in equal parts per day."""
    running = np.concatenate([np.zeros((len(ahead.baseline), 1)), np.cumsum(ahead.baseline, axis=1)], axis=1)
    weeks = (ahead.ends - ahead.company.as_of) / 7
    grid = np.arange(BASELINE_WEEKS + 1)
    return np.stack([np.interp(weeks, grid, row) for row in running]).reshape(len(running), len(weeks))
