"""Contracts that are renewed or not: shifted beta-geometric.

At each renewal a customer leaves with a probability of its own, ~ beta(alpha, beta) over customers. Those who leave
easily have left by the second year, so retention rises with age, and a constant rate of churn undervalues old cohorts.
Fader & Hardie, "How to project customer retention" (2007).

Belongs here: likelihood, survival, draws. Does not: which contract is a renewal of which.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, digamma, gammaln

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise

NAMES = ("alpha", "beta")
STARTS = ((1.0, 1.0), (0.5, 3.0), (3.0, 10.0))


def fit_shifted_beta_geometric(lost_at: Floats, lost: Floats, kept_for: Floats, kept: Floats) -> Fit | NotConverged:
    """Parameters alpha, beta from counts: `lost` customers left at renewal `lost_at` (1 is the first), and `kept`
    customers have passed `kept_for` renewals (0 is none) and are still there."""
    at, gone = np.asarray(lost_at, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    passed, here = np.asarray(kept_for, dtype=np.float64), np.asarray(kept, dtype=np.float64)
    if (at < 1).any() or (passed < 0).any() or (gone < 0).any() or (here < 0).any():
        raise ValueError("customers leave at renewal 1 or later, and stay for 0 or more")
    seen = here * (passed > 0)
    customers = round(float(gone.sum() + seen.sum()))
    if customers == 0:
        return NotConverged("sbg", "no contract has come up for renewal", 0)
    if gone.sum() == 0:
        return NotConverged("sbg", "nobody has left: there is no churn to learn from", customers)
    if seen.sum() == 0:
        return NotConverged("sbg", "nobody has stayed: there is no renewal to learn from", customers)
    return maximise("sbg", NAMES, _objective(at, gone, passed, seen, customers), STARTS, customers=customers)


def fit_survivors(survivors: Floats) -> Fit | NotConverged:
    """The same from one cohort: customers at the start, and after each renewal."""
    left = -np.diff(survivors)
    last = float(len(left))
    return fit_shifted_beta_geometric(
        np.arange(1, last + 1), left, np.array([last]), np.asarray(survivors, dtype=np.float64)[-1:]
    )


def _objective(at: Floats, gone: Floats, passed: Floats, here: Floats, customers: int) -> Objective:
    def objective(point: Floats) -> tuple[float, Floats]:
        alpha, beta = np.exp(point)
        start = gammaln(alpha + beta) - gammaln(alpha) - gammaln(beta)
        value = (gone * (gammaln(alpha + 1) + gammaln(beta + at - 1) - gammaln(alpha + beta + at) + start)).sum()
        value += (here * (gammaln(alpha) + gammaln(beta + passed) - gammaln(alpha + beta + passed) + start)).sum()
        both = digamma(alpha + beta)
        lost_all, kept_all = both - digamma(alpha + beta + at), both - digamma(alpha + beta + passed)
        d_alpha = (gone * (lost_all + 1 / alpha)).sum() + (here * kept_all).sum()
        d_beta = (gone * (lost_all + digamma(beta + at - 1) - digamma(beta))).sum()
        d_beta += (here * (kept_all + digamma(beta + passed) - digamma(beta))).sum()
        return -float(value / customers), -np.array([alpha * d_alpha, beta * d_beta]) / customers

    return objective


def survival(fit: Fit, renewals: Floats) -> Floats:
    """S(t): the share of a cohort that is still there after `renewals` renewals."""
    alpha, beta = fit.values
    return np.asarray(np.exp(betaln(alpha, beta + renewals) - betaln(alpha, beta)), dtype=np.float64)


def survival_from(fit: Fit, passed: Floats, ahead: Floats) -> Floats:
    """Probability that a customer who has passed `passed` renewals passes `ahead` more."""
    alpha, beta = fit.values
    return np.asarray(np.exp(betaln(alpha, beta + passed + ahead) - betaln(alpha, beta + passed)), dtype=np.float64)


def constant_churn_survival(survivors: Floats, renewals: float) -> float:
    """The rival: one rate of churn for ever, fitted on the same cohort."""
    periods = len(survivors) - 1
    return float((survivors[-1] / survivors[0]) ** (renewals / periods))


def draw_renewals(fit: Fit, passed: Floats, *, draws: int, generator: np.random.Generator) -> Floats:
    """Renewals that each customer still passes before leaving: one row per customer, one column per draw."""
    alpha, beta = fit.values
    leaves = generator.beta(alpha, np.broadcast_to((beta + passed)[:, None], (len(passed), draws)))
    return np.asarray(generator.geometric(np.clip(leaves, 1e-9, 1.0)) - 1, dtype=np.float64)
