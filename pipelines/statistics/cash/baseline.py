"""What comes from documents that do not exist yet: weekly billing goes on, and is paid as billing was paid so far.

Weekly amounts are forecast for the total by seasonal naive (the same week a year before), exponential smoothing with a
damped trend and Theta, and by their median; parts get the total in their shares of the last half year (top down:
forecasts of parts that are made apart neither add up nor do better). Simple on purpose: in the large published
comparisons combinations of such methods are hardly beaten. Smoothing and Theta are statsmodels' own.

Belongs here: series forward, billing to payment. Does not: documents that exist.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from pipelines.statistics.payment_timing.documents import Documents, Floats, Ints, Settlements

YEAR = 52
SHORTEST = 26
"""Weeks of history below which nothing but their mean is forecast."""
SHARE_WEEKS, LONGEST_LAG = 26, 78
METHODS = ("seasonal_naive", "exponential_smoothing", "theta", "median")


@dataclass(frozen=True, slots=True)
class Billing:
    """Weekly billing, groups x weeks, oldest first, the last week ending at the origin; and the share of billing that
    is paid so many weeks after the week it was billed in, groups x lags."""

    weekly: Floats
    paid_after: Floats


def billing(documents: Documents, settlements: Settlements, *, origin: int, groups: int, weeks: int) -> Billing:
    """From what was known at the origin. Lags are judged on the last two years, each on billing old enough for it."""
    issued = documents.issued
    week = (issued - origin - 1) // 7  # -1 is the week that ends at the origin
    seen = (issued <= origin) & (week >= -weeks)
    weekly = np.zeros((groups, weeks))
    np.add.at(weekly, (documents.group[seen], weeks + week[seen]), documents.amount[seen])

    recent = (issued <= origin) & (issued > origin - 2 * 364)
    past = (settlements.day <= origin) & settlements.is_payment & recent[settlements.document]
    document = settlements.document[past]
    lag = np.clip((settlements.day[past] - origin - 1) // 7 - week[document], 0, LONGEST_LAG - 1)
    paid = np.zeros((groups, LONGEST_LAG))
    np.add.at(paid, (documents.group[document], lag), settlements.amount[past])
    # Billing of week -w has been watched for lags 0 .. w-1.
    billed = np.zeros((groups, LONGEST_LAG + 1))
    age = np.clip(-week[recent], 0, LONGEST_LAG)
    np.add.at(billed, (documents.group[recent], age), documents.amount[recent])
    watched = np.cumsum(billed[:, ::-1], axis=1)[:, ::-1][:, 1:]
    after = np.divide(paid, watched, out=np.zeros_like(paid), where=watched > 0)
    total = after.sum(axis=1, keepdims=True)
    return Billing(weekly, np.where(total > 1, after / np.maximum(total, 1e-12), after))


def weekly_forecasts(series: Floats, horizon: int) -> dict[str, Floats]:
    """Each method's next `horizon` weeks of one series, never below zero. Too short a series gives its mean."""
    trimmed = series[int(np.flatnonzero(series > 0)[0]) :] if (series > 0).any() else series[:0]
    if len(trimmed) < SHORTEST or float(trimmed.std()) < 1e-9:
        level = float(trimmed.mean()) if len(trimmed) else 0.0
        return dict.fromkeys(METHODS, np.full(horizon, level))
    found = {
        "seasonal_naive": _seasonal_naive(trimmed, horizon),
        "exponential_smoothing": _smoothing(trimmed, horizon),
        "theta": _theta(trimmed, horizon),
    }
    found = {name: np.maximum(values, 0.0) for name, values in found.items()}
    return {**found, "median": np.median(np.stack(list(found.values())), axis=0)}


def _seasonal_naive(series: Floats, horizon: int) -> Floats:
    if len(series) < YEAR:
        return np.full(horizon, float(series[-SHORTEST:].mean()))
    return np.resize(series[-YEAR:], horizon)


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
    recent = given.weekly[:, -SHARE_WEEKS:].sum(axis=1)
    totals = np.bincount(parts, recent, minlength=len(of_total))
    share = np.divide(recent, totals[parts], out=np.zeros(len(parts)), where=totals[parts] > 0)
    ahead = share[:, None] * of_total[parts]
    return np.stack(
        [np.convolve(row, after)[:horizon] for row, after in zip(ahead, given.paid_after, strict=True)]
    ).reshape(len(parts), horizon)
