"""Orders for ever: NBD, the model in which nobody leaves. The rival that shows what drop-out is worth.

Orders are Poisson with rate ~ gamma(r, alpha). Ehrenberg (1959). Belongs here: fit and expectation.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise
from pipelines.statistics.customer_value.histories import Histories, grouped, mean_age, too_little

NAMES = ("r", "alpha")
STARTS = ((0.5, 0.5), (2.0, 1.0))


def fit_nbd(given: Histories) -> Fit | NotConverged:
    """Parameters r, and alpha in the unit of time of the histories."""
    reason = too_little(given)
    if reason is not None:
        return NotConverged("nbd", reason, given.customers)
    counted = grouped(given)
    unit = mean_age(counted)
    groups = counted.scaled(unit)
    found = maximise("nbd", NAMES, _objective(groups), STARTS, customers=given.customers)
    if isinstance(found, NotConverged):
        return found
    r, alpha = found.values
    orders = float((groups.frequency * groups.weight).sum())
    likelihood = found.log_likelihood - orders * float(np.log(unit))
    return Fit("nbd", NAMES, (r, alpha * unit), found.log_errors, likelihood, found.customers)


def _objective(groups: Histories) -> Objective:
    x, watched, weight = groups.frequency, groups.age, groups.weight

    def objective(point: Floats) -> tuple[float, Floats]:
        r, alpha = np.exp(point)
        log_watched = np.log(alpha + watched)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * log_watched
        d_r = digamma(r + x) - digamma(r) + np.log(alpha) - log_watched
        d_alpha = r / alpha - (r + x) / (alpha + watched)
        gradient = np.array([r * (weight * d_r).sum(), alpha * (weight * d_alpha).sum()])
        return -float((weight * value).sum() / weight.sum()), -gradient / weight.sum()

    return objective


def expected_orders(fit: Fit, given: Histories, ahead: float) -> Floats:
    """Orders in the time `ahead`: the own rate, shrunk, for ever."""
    r, alpha = fit.values
    return np.asarray((r + given.frequency) / (alpha + given.age) * ahead, dtype=np.float64)
