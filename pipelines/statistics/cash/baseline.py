"""What comes from documents that do not exist yet: billing goes on, and is paid as billing was paid so far.

The level is forecast for the total of all entities by seasonal naive (the same weeks a year before), exponential
smoothing with a damped trend and Theta, and by the median of the latter two and the same weeks a year before times the
growth of the year since; parts get the total in their shares of the last half year (top down: forecasts of parts that
are made apart neither add up nor do better). Simple on purpose: in the large published comparisons combinations of such
methods are hardly beaten. Smoothing and Theta are statsmodels' own.

The days are each part's own: who bills on the first and the third of a month will do so again, and a level spread
evenly over the weeks misses every one of them. A year before is then no help either: the same week holds another day.
So it is with the weekdays that payments are made on: who pays on Fridays pays nothing before the first Friday.

Belongs here: series forward, days of the month, billing to payment. Does not: documents that exist.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from pipelines.statistics.payment_timing.documents import Documents, Flags, Floats, Ints, Settlements

YEAR = 52
SHORTEST = 26
"""Weeks of history below which nothing but their mean is forecast."""
SHARE_WEEKS, MIX_WEEKS, LONGEST_LAG = 26, 13, 364
"""Weeks that give each part its share, and each counterparty its weight in how bills are paid; days after which billing
counts as not paid. Who buys changes faster than how much: with half a year for both, customers of short terms who had
gone quiet were still waited for."""
CALENDAR_DAYS, CALENDAR_PRIOR = 728, 12.0
"""Days that teach on which days is billed and paid, as if so many documents or payments had shown no such habit."""
LEAST_GROWTH, MOST_GROWTH = 0.5, 2.0
"""The growth of a year is taken to lie between these: what a company billed in its first weeks says nothing of it."""
MONTH_WEEKS = 5
"""So many weeks hold every day of the month."""
METHODS = ("seasonal_naive", "exponential_smoothing", "theta", "median")


@dataclass(frozen=True, slots=True)
class Billing:
    """What is known at the origin. weekly: billing, groups x weeks, oldest first, the last week ending at the origin;
    calendar: billing on each day of the month over that of a mean day, groups x 31; paid_after: the share of billing
    that is paid so many days after it, groups x days; weekdays: payments on each weekday (days since 1970 modulo 7)
    over those of a mean day, groups x 7."""

    origin: int
    weekly: Floats
    calendar: Floats
    paid_after: Floats
    weekdays: Floats

    @property
    def recent(self) -> Floats:
        """Billing per group that its share of the total goes by."""
        return np.asarray(self.weekly[:, -SHARE_WEEKS:].sum(axis=1), dtype=np.float64)


def billing(documents: Documents, settlements: Settlements, *, origin: int, groups: int, weeks: int) -> Billing:
    """From what was known at the origin. Lags are judged on the last two years, each on billing old enough for it."""
    issued = documents.issued
    week = (issued - origin - 1) // 7  # -1 is the week that ends at the origin
    seen = (issued <= origin) & (week >= -weeks)
    weekly = np.zeros((groups, weeks))
    np.add.at(weekly, (documents.group[seen], weeks + week[seen]), documents.amount[seen])

    recent = (issued <= origin) & (issued > origin - CALENDAR_DAYS)
    past = (settlements.day <= origin) & settlements.is_payment & recent[settlements.document]
    document = settlements.document[past]
    lag = np.clip(settlements.day[past] - issued[document], 0, LONGEST_LAG - 1)
    mix = _mix_of_today(documents, recent, origin=origin)
    paid = np.zeros((groups, LONGEST_LAG))
    np.add.at(paid, (documents.group[document], lag), settlements.amount[past] * mix[document])
    # Billing of so many days ago has been watched for as many lags.
    billed = np.zeros((groups, LONGEST_LAG))
    age = np.clip(origin - issued[recent], 0, LONGEST_LAG - 1)
    np.add.at(billed, (documents.group[recent], age), documents.amount[recent] * mix[recent])
    watched = np.cumsum(billed[:, ::-1], axis=1)[:, ::-1]
    after = np.divide(paid, watched, out=np.zeros_like(paid), where=watched > 0)
    total = after.sum(axis=1, keepdims=True)
    after = np.where(total > 1, after / np.maximum(total, 1e-12), after)
    watched_days = _day_of_month(np.arange(int(issued[recent].min()), origin + 1) if recent.any() else np.arange(31))
    month = np.bincount(watched_days, minlength=31) / len(watched_days)
    return Billing(
        origin,
        weekly,
        _habit(documents.group[recent], _day_of_month(issued[recent]), documents.amount[recent], month, groups=groups),
        after,
        _habit(
            documents.group[document],
            settlements.day[past] % 7,
            settlements.amount[past],
            np.full(7, 1 / 7),
            groups=groups,
        ),
    )


def _mix_of_today(documents: Documents, recent: Flags, *, origin: int) -> Floats:
    """Per document, what its counterparty was billed in the last quarter over all that is looked at: who no longer
    buys says nothing about how bills to come are paid. One throughout a group that was not billed lately."""
    both = np.stack([documents.group, documents.party])
    _, place = np.unique(both, axis=1, return_inverse=True)
    latest = recent & (documents.issued > origin - 7 * MIX_WEEKS)
    size = int(place.max(initial=-1)) + 1
    lately, ever = (np.bincount(place[mine], documents.amount[mine], minlength=size) for mine in (latest, recent))
    weight = np.divide(lately, ever, out=np.zeros(size), where=ever > 0)[place]
    lately_billed = np.isin(documents.group, documents.group[latest])
    return np.where(lately_billed, weight, 1.0)


def _habit(group: Ints, day: Ints, amount: Floats, even: Floats, *, groups: int) -> Floats:
    """Money on each kind of day over what an even spread puts there, drawn to one where few rows say so."""
    found = np.zeros((groups, len(even)))
    np.add.at(found, (group, day), amount)
    expected = found.sum(axis=1, keepdims=True) * even
    found = np.divide(found, expected, out=np.ones_like(found), where=expected > 0)
    count = np.bincount(group, minlength=groups)[:, None]
    return np.asarray((count * found + CALENDAR_PRIOR) / (count + CALENDAR_PRIOR), dtype=np.float64)


def _day_of_month(days: Ints) -> Ints:
    """Days since 1970 as places in their month, from zero."""
    dates = days.astype("datetime64[D]")
    return np.asarray((dates - dates.astype("datetime64[M]")).astype(np.int64))


def total_forecasts(given: Billing, of: Flags, horizon: int) -> dict[str, Floats]:
    """The next weeks' billing of some groups together by each method, as if it came evenly over the month.

    Smoothing and Theta average over the days of the month by themselves. A year before does not: it is made even first.
    """
    weekly, recent = given.weekly[of].sum(axis=0), given.recent * of
    weights = recent / recent.sum() if recent.sum() > 0 else np.zeros(len(recent))
    days = given.origin - 7 * len(weekly) + 1 + np.arange(7 * len(weekly))
    expected = (weights @ given.calendar)[_day_of_month(days)].reshape(-1, 7).mean(axis=1)
    whole_month = np.ones(MONTH_WEEKS)
    billed, usual = (np.convolve(row, whole_month, mode="same") for row in (weekly, expected))
    even = np.divide(billed, usual, out=np.zeros_like(billed), where=usual > 0)
    return weekly_forecasts(weekly, horizon, even=even)


def weekly_forecasts(series: Floats, horizon: int, *, even: Floats | None = None) -> dict[str, Floats]:
    """Each method's next `horizon` weeks of one series, never below zero. Too short a series gives its mean.

    even: the series without the days of the month, of which seasonal naive then takes the year before.
    """
    first = int(np.flatnonzero(series > 0)[0]) if (series > 0).any() else len(series)
    trimmed = series[first:]
    if len(trimmed) < SHORTEST or float(trimmed.std()) < 1e-9:
        level = float(trimmed.mean()) if len(trimmed) else 0.0
        return dict.fromkeys(METHODS, np.full(horizon, level))
    a_year_before = trimmed if even is None else even[first:]
    naive = _seasonal_naive(a_year_before, horizon)
    smooth, theta = np.maximum(_smoothing(trimmed, horizon), 0.0), np.maximum(_theta(trimmed, horizon), 0.0)
    grown = naive * growth_of_a_year(a_year_before)
    return {
        "seasonal_naive": naive,
        "exponential_smoothing": smooth,
        "theta": theta,
        "median": np.median(np.stack([grown, smooth, theta]), axis=0),
    }


def _seasonal_naive(series: Floats, horizon: int) -> Floats:
    if len(series) < YEAR:
        return np.full(horizon, float(series[-SHORTEST:].mean()))
    return np.resize(series[-YEAR:], horizon)


def growth_of_a_year(series: Floats) -> float:
    """The last half year over the same weeks a year before, one where these are not known. Without it the level of a
    year ago stands for the next weeks, smoothing lags behind, and the median of a company that grows is too low."""
    now, before = series[-SHARE_WEEKS:].sum(), series[-YEAR - SHARE_WEEKS : -YEAR].sum()
    if len(series) < YEAR + SHARE_WEEKS or before <= 0:
        return 1.0
    return float(np.clip(now / before, LEAST_GROWTH, MOST_GROWTH))


def _smoothing(series: Floats, horizon: int) -> Floats:
    from statsmodels.tsa.holtwinters import Holt  # noqa: PLC0415  # costs seconds, needed by a projection alone

    with warnings.catch_warnings():
        # Its search may end at a bound of the smoothing weights: a forecast all the same, judged like any other.
        warnings.simplefilter("ignore")
        fitted = Holt(series, damped_trend=True, initialization_method="heuristic").fit()
        return np.asarray(fitted.forecast(horizon), dtype=np.float64)


def _theta(series: Floats, horizon: int) -> Floats:
    from statsmodels.tsa.forecasting.theta import ThetaModel  # noqa: PLC0415  # as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = ThetaModel(series, period=1, deseasonalize=False).fit()
        return np.asarray(fitted.forecast(horizon), dtype=np.float64)


def payments_to_come(given: Billing, of_total: Floats, horizon: int, *, parts: Ints) -> Floats:
    """Money paid per week on billing after the origin: groups x horizon.

    of_total: weekly billing ahead of each total (totals x horizon); parts: the total that a group is a part of.
    """
    totals = np.bincount(parts, given.recent, minlength=len(of_total))
    share = np.divide(given.recent, totals[parts], out=np.zeros(len(parts)), where=totals[parts] > 0)
    days = given.origin + 1 + np.arange(7 * horizon)
    ahead = share[:, None] * np.repeat(of_total / 7, 7, axis=1)[parts] * given.calendar[:, _day_of_month(days)]
    paid = [np.convolve(row, after)[: 7 * horizon] for row, after in zip(ahead, given.paid_after, strict=True)]
    weekly = (np.stack(paid) * given.weekdays[:, days % 7]).reshape(len(parts), horizon, 7)
    return np.asarray(weekly.sum(axis=2), dtype=np.float64)
