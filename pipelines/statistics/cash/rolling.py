"""The backtest: at weekly origins in the past, what would have been expected, its band, and what came.

Every origin sees what was known on its evening: documents issued by then, settlements dated by then, habits, weights,
corrections from origins whose weeks had passed by then. Belongs here: the loop over origins. Does not: scores over
origins (SQL sums them), forecasts from today (`projection`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from pipelines.statistics.cash.calibration import Band, band_of, reach_at, rolling_reach, scores, widened
from pipelines.statistics.cash.simulation import Dependence, OpenMoney, simulate
from pipelines.statistics.payment_timing.blending import blended, due_by, model_weights, overdue_weeks
from pipelines.statistics.payment_timing.documents import Documents, Flags, Floats, Ints, Known, Settlements, as_known
from pipelines.statistics.payment_timing.lateness import fit_lateness, paid_by_days

HORIZON, YEAR = 13, 52
HISTORY_DAYS = 730
BURN_IN_DAYS = 182
"""Origins begin when there is half a year of documents to learn from."""
PATHS = 1000
PRIOR_PAIRS, PRIOR_COMMON, PRIOR_OWN = 50.0, 0.02, 0.10
"""Dependence is shrunk to these shares, as if so many pairs had shown them."""
LEAST_WIDTH = 0.01
"""The least width of a band's side: this share of what is expected in all the weeks together."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Documents open at an origin with their chances: documents x period ends."""

    known: Known
    of: Ints
    model: Floats
    due: Floats
    dependence: Dependence

    def money(self, documents: Documents, paid_by: Floats) -> OpenMoney:
        return OpenMoney(
            documents.group[self.of], documents.party[self.of], self.known.open_amount[self.of], paid_by
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Backtest:
    """All arrays: origins (oldest first) x groups x weeks, money of the single week. Actual is NaN where the week has
    not passed. `weights`: of the model against the due date, at each origin for each horizon; `reaches`: correction of
    the band of the week; `total_*`: of money paid up to the end of the week."""

    origins: Ints
    due: Floats
    model: Floats
    blend: Floats
    naive: Floats
    actual: Floats
    drawn: Band
    band: Band
    total_drawn: Band
    total_band: Band
    weights: Floats
    next_weights: Floats
    next_reach: Floats
    next_total_reach: Floats

    @property
    def total_actual(self) -> Floats:
        return np.cumsum(self.actual, axis=2)


def time_documents(documents: Documents, settlements: Settlements, *, origin: int, ends: Ints, groups: int) -> Timed:
    """What is open at the origin, with chances to be paid by each day of `ends`, by habits and by due dates."""
    known = as_known(documents, settlements, origin=origin, history_days=HISTORY_DAYS)
    of = np.flatnonzero(known.open_amount > 0)
    lateness = fit_lateness(documents, known, of=of)
    spread = overdue_weeks(documents, settlements, origin=origin, groups=groups)
    return Timed(
        known=known,
        of=of,
        model=paid_by_days(documents, known, lateness, of=of, ends=ends),
        due=due_by(documents, known, of=of, ends=ends, spread=spread),
        dependence=estimate_dependence(documents, known),
    )


def estimate_dependence(documents: Documents, known: Known, *, groups: list[int] | None = None) -> Dependence:
    """From payments known at the origin (of some groups): do documents of one week, and of one counterparty in one
    week, come early or late together? Mean product of normal scores of lateness within the counterparty, over pairs."""
    event, lateness = known.event_document, known.event_lateness
    if groups is not None:
        mine = np.isin(documents.group[event], groups)
        event, lateness = event[mine], lateness[mine]
    if len(event) < 2:
        return Dependence(PRIOR_COMMON, PRIOR_OWN)
    score = _normal_scores(documents.party[event], lateness)
    week = documents.due[event] // 7
    weeks = documents.group[event] * 100_000 + week - week.min()
    common, pairs = _pair_products(weeks, score)
    parties = documents.party[event] * 100_000 + week - week.min()
    own, own_pairs = _pair_products(parties, score)
    common_share = (max(common - own, -1e18) + PRIOR_PAIRS * PRIOR_COMMON) / (max(pairs - own_pairs, 0.0) + PRIOR_PAIRS)
    both = (own + PRIOR_PAIRS * (PRIOR_COMMON + PRIOR_OWN)) / (own_pairs + PRIOR_PAIRS)
    common_share = float(np.clip(common_share, 0.0, 0.5))
    return Dependence(common_share, float(np.clip(both - common_share, 0.0, 0.45)))


def _normal_scores(party: Ints, lateness: Ints) -> Floats:
    """Rank of each payment's lateness within its counterparty's, as a standard normal value; ties share one."""
    order = np.lexsort((lateness, party))
    sorted_party, sorted_late = party[order], lateness[order]
    starts = np.flatnonzero(np.diff(sorted_party, prepend=-1))
    size = np.diff(np.append(starts, len(order)))
    rank = np.arange(len(order)) - np.repeat(starts, size)
    new_tie = np.flatnonzero((np.diff(sorted_party, prepend=-1) != 0) | (np.diff(sorted_late, prepend=-(10**9)) != 0))
    tie_size = np.diff(np.append(new_tie, len(order)))
    middle = np.repeat(rank[new_tie] + (tie_size - 1) / 2, tie_size)
    score = np.empty(len(order))
    score[order] = ndtri((middle + 0.5) / np.repeat(size, size))
    return score


def _pair_products(key: Ints, score: Floats) -> tuple[float, float]:
    """Sum of products of scores over pairs with one key, and how many such pairs there are."""
    _, row = np.unique(key, return_inverse=True)
    total, squares, size = (np.bincount(row, weights) for weights in (score, score**2, np.ones(len(score))))
    return float(((total**2 - squares) / 2).sum()), float((size * (size - 1) / 2).sum())


def rolling_origins(documents: Documents, *, as_of: int, count: int) -> Ints:
    """Evenings a week apart, oldest first, the last a week before the as-of day; none without history."""
    if not len(documents):
        return np.zeros(0, dtype=np.int64)
    origins = as_of - 7 * np.arange(count, 0, -1)
    return np.asarray(origins[origins >= int(documents.issued.min()) + BURN_IN_DAYS], dtype=np.int64)


def backtest(
    documents: Documents, settlements: Settlements, *, as_of: int, origins: Ints, groups: int, seed: int = 7
) -> Backtest:
    """Expected, drawn and actual at each origin. Settlements after the as-of day are not looked at."""
    settled = settlements.day <= as_of
    seen = Settlements(*(getattr(settlements, name)[settled] for name in ("document", "day", "amount", "is_payment")))
    shape = (len(origins), groups, HORIZON)
    due, model, blend, actual, naive = (np.zeros(shape) for _ in range(5))
    drawn, total_drawn = _no_band(shape), _no_band(shape)
    weights = np.ones((len(origins), HORIZON))
    weeks = np.arange(1, HORIZON + 1)
    passed = origins[:, None] + 7 * weeks[None, :] <= as_of
    for place, origin in enumerate(origins):
        ends = origin + 7 * weeks
        timed = time_documents(documents, seen, origin=int(origin), ends=ends, groups=groups)
        group, amount = documents.group[timed.of], timed.known.open_amount[timed.of]
        due[place] = _weekly(group, amount, timed.due, groups)
        model[place] = _weekly(group, amount, timed.model, groups)
        actual[place] = paid_per_week(documents, seen, timed.known.open_amount > 0, origin=int(origin), groups=groups)
        year_before = int(origin) - 364
        then = as_known(documents, seen, origin=year_before, history_days=1)
        naive[place] = paid_per_week(documents, seen, then.open_amount > 0, origin=year_before, groups=groups)
        earlier = origins[:place, None] + 7 * weeks[None, :] <= origin
        weights[place] = _weights(model[:place], due[:place], actual[:place], earlier)
        shares = blended(timed.model, timed.due, weights[place])
        blend[place] = _weekly(group, amount, shares, groups)
        paths = simulate(
            timed.money(documents, shares),
            timed.dependence,
            groups=groups,
            paths=PATHS,
            generator=np.random.default_rng([seed, int(origin)]),
        ).astype(np.float64)
        _put(total_drawn, place, band_of(paths, axis=1))
        _put(drawn, place, band_of(np.diff(paths, axis=2, prepend=0.0), axis=1))
    actual = np.where(passed[:, None, :], actual, np.nan)
    total_actual = np.cumsum(actual, axis=2)
    floor = LEAST_WIDTH * np.broadcast_to(blend.sum(axis=2, keepdims=True), shape) + 0.01
    is_known = known_at(origins, weeks)
    # A group with nothing open says nothing about bands.
    is_empty = (blend.sum(axis=2, keepdims=True) <= 0) & np.ones(shape, dtype=np.bool_)
    score, total_score = (
        np.where(is_empty, np.nan, scores(came, band, floor=floor))
        for came, band in ((actual, drawn), (total_actual, total_drawn))
    )
    reaches = rolling_reach(score, is_known=is_known, window=YEAR)
    total_reaches = rolling_reach(total_score, is_known=is_known, window=YEAR)
    return Backtest(
        origins=origins,
        due=due,
        model=model,
        blend=blend,
        naive=naive,
        actual=actual,
        drawn=drawn,
        band=_widened(drawn, reaches, floor),
        total_drawn=total_drawn,
        total_band=_widened(total_drawn, total_reaches, floor),
        weights=weights,
        next_weights=_weights(model, due, actual, passed),
        next_reach=_next_reach(score, passed),
        next_total_reach=_next_reach(total_score, passed),
    )


def paid_per_week(
    documents: Documents, settlements: Settlements, is_open: Flags, *, origin: int, groups: int
) -> Floats:
    """Payments on documents that were open at the origin, in each week after it: groups x weeks."""
    week = (settlements.day - origin - 1) // 7
    counted = (week >= 0) & (week < HORIZON) & settlements.is_payment & is_open[settlements.document]
    paid = np.zeros((groups, HORIZON))
    np.add.at(paid, (documents.group[settlements.document[counted]], week[counted]), settlements.amount[counted])
    return paid


def known_at(origins: Ints, weeks: Ints) -> Flags:
    """Origin x earlier origin x horizon: whether the earlier one's week had passed at the origin."""
    return np.asarray(
        origins[None, :, None] + 7 * weeks[None, None, :] <= origins[:, None, None], dtype=np.bool_
    )  # fmt: skip


def _weights(model: Floats, due: Floats, actual: Floats, is_known: Flags) -> Floats:
    return model_weights(
        np.cumsum(model, axis=2), np.cumsum(due, axis=2), np.cumsum(actual, axis=2), is_known=is_known
    )  # fmt: skip


def _weekly(group: Ints, amount: Floats, paid_by: Floats, groups: int) -> Floats:
    share = np.diff(paid_by, axis=1, prepend=0.0)
    return np.stack(
        [np.bincount(group, amount * share[:, week], minlength=groups) for week in range(share.shape[1])], axis=1
    )


def _next_reach(score: Floats, passed: Flags) -> Floats:
    """The reach for a forecast made on the as-of day: horizons x 2."""
    horizons = score.shape[2]
    return np.array([reach_at(score, passed, horizon=horizon, window=YEAR) for horizon in range(horizons)])


def _no_band(shape: tuple[int, ...]) -> Band:
    return Band(np.zeros(shape), np.zeros(shape), np.zeros(shape))


def _put(band: Band, place: int, one: Band) -> None:
    band.low[place], band.middle[place], band.high[place] = one.low, one.middle, one.high


def _widened(band: Band, reaches: Floats, floor: Floats) -> Band:
    found = widened(band, reaches[:, None, :, 0], reaches[:, None, :, 1], floor=floor)
    return replace(found, low=np.maximum(found.low, 0.0))
