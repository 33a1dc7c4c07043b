"""Orders at fixed occasions: BG/BB, the discrete sister of BG/NBD.

At each of n occasions (a yearly appeal, a monthly meeting) a customer who is still there orders with probability
~ beta(alpha, beta), and leaves before the next with probability ~ beta(gamma, delta). Fader, Hardie & Shang, Marketing
Science 29:6 (2010).

Belongs here: the likelihood and its fit. Does not: how occasions are told from days.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, digamma

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise
from pipelines.statistics.customer_value.histories import Histories, grouped, too_little

NAMES = ("alpha", "beta", "gamma", "delta")
STARTS = ((1.0, 1.0, 1.0, 3.0), (0.5, 0.5, 0.5, 2.0), (2.0, 1.0, 1.0, 5.0))


def fit_bg_bb(given: Histories) -> Fit | NotConverged:
    """Parameters from x, t_x (the occasion of the last order, 0 for none) and n, as `frequency`, `recency`, `age`."""
    reason = too_little(given)
    if reason is not None:
        return NotConverged("bg_bb", reason, given.customers)
    groups = grouped(given)
    return maximise("bg_bb", NAMES, _objective(groups), STARTS, customers=given.customers)


def _objective(groups: Histories) -> Objective:
    """A customer is still there, or left after any occasion from the last order on: one term for each."""
    x, last, occasions, weight = groups.frequency, groups.recency, groups.age, groups.weight
    longest = int((occasions - last).max(initial=0))
    left_after = last[:, None] + np.arange(longest)[None, :]
    is_possible = left_after < occasions[:, None]
    left_after = np.where(is_possible, left_after, last[:, None])
    passed = np.concatenate([occasions[:, None], left_after], axis=1)  # first the term of who is still there
    left = np.concatenate([np.zeros((len(x), 1)), np.ones_like(left_after)], axis=1)
    is_term = np.concatenate([np.ones((len(x), 1), dtype=bool), is_possible], axis=1)
    ordered = x[:, None]

    def objective(point: Floats) -> tuple[float, Floats]:
        alpha, beta, gamma, delta = np.exp(point)
        missed = passed - ordered
        terms = betaln(alpha + ordered, beta + missed) - betaln(alpha, beta)
        terms = terms + betaln(gamma + left, delta + passed) - betaln(gamma, delta)
        terms = np.where(is_term, terms, -np.inf)
        highest = terms.max(axis=1, keepdims=True)
        parts = np.exp(terms - highest)
        whole = parts.sum(axis=1, keepdims=True)
        share = weight[:, None] * parts / whole
        orders, stays = digamma(alpha + beta + passed), digamma(gamma + delta + left + passed)
        slopes = (
            digamma(alpha + ordered) - orders - digamma(alpha) + digamma(alpha + beta),
            digamma(beta + missed) - orders - digamma(beta) + digamma(alpha + beta),
            digamma(gamma + left) - stays - digamma(gamma) + digamma(gamma + delta),
            digamma(delta + passed) - stays - digamma(delta) + digamma(gamma + delta),
        )
        gradient = np.exp(point) * np.array([float((share * slope).sum()) for slope in slopes])
        value = float((weight * (np.log(whole[:, 0]) + highest[:, 0])).sum())
        return -value / weight.sum(), -gradient / weight.sum()

    return objective
