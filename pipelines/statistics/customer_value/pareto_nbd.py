"""Orders without a contract: Pareto/NBD.

While a customer buys, orders are Poisson with rate ~ gamma(r, alpha); the customer leaves after a time that is
exponential with rate ~ gamma(s, beta), whether or not an order was placed. Schmittlein, Morrison & Colombo (1987).

Belongs here: likelihood, expectations, draws. Does not: the search for the maximum (`estimation`), money.

The likelihood's integral over the moment of leaving is usually written with Gauss's hypergeometric function, whose
derivatives by its parameters have no closed form. Gauss-Legendre nodes give the integral to nine digits and its exact
gradient at once.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise
from pipelines.statistics.customer_value.histories import Histories, Levels, grouped, mean_age, too_little

NAMES = ("r", "alpha", "s", "beta")
STARTS = ((0.5, 0.3, 0.6, 0.4), (1.0, 0.3, 1.0, 2.0), (2.0, 1.0, 0.5, 5.0))
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
DEEPEST = 40.0
"""Beyond so many factors of e the rest of the integral is below the last digit."""
CHUNK = 1_024
"""Histories at a time: their nodes stay in the processor's cache."""

Parameters = tuple[float, float, float, float]


def fit_pareto_nbd(given: Histories) -> Fit | NotConverged:
    """Parameters r, alpha, s, beta; alpha and beta in the unit of time of the histories."""
    reason = too_little(given)
    if reason is not None:
        return NotConverged("pareto_nbd", reason, given.customers)
    counted = grouped(given)  # first, so that no sum depends on the order of the rows
    unit = mean_age(counted)
    groups = counted.scaled(unit)
    found = maximise(
        "pareto_nbd",
        NAMES,
        _objective(groups),
        STARTS,
        customers=given.customers,
        rehearsal=_objective(groups.thinned(4_000)),
    )
    if isinstance(found, NotConverged):
        return found
    r, alpha, s, beta = found.values
    orders = float((groups.frequency * groups.weight).sum())
    return Fit(
        found.model,
        NAMES,
        (r, alpha * unit, s, beta * unit),
        found.log_errors,
        found.log_likelihood - orders * float(np.log(unit)),
        found.customers,
    )


def _objective(groups: Histories) -> Objective:
    x, weight = groups.frequency, groups.weight
    total = weight.sum()
    levels = Levels.of(x)
    level_weight = np.bincount(levels.places, weights=weight)

    def objective(point: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = (float(value) for value in np.exp(point))
        log_likelihood = (level_weight * (gammaln(r + levels.values) - gammaln(r))).sum()
        log_likelihood += total * (r * np.log(alpha) + s * np.log(beta))
        gradient = np.array(
            [
                (level_weight * (digamma(r + levels.values) - digamma(r))).sum() + total * np.log(alpha),
                total * r / alpha,
                total * np.log(beta),
                total * s / beta,
            ]
        )
        for first in range(0, len(x), CHUNK):
            value, slope = _watched_part((r, alpha, s, beta), groups.part(slice(first, first + CHUNK)))
            log_likelihood += value
            gradient += slope
        return -float(log_likelihood / total), -gradient * np.exp(point) / total

    return objective


def _watched_part(parameters: Parameters, part: Histories) -> tuple[float, Floats]:
    """Sum of log(still there + left since the last order), and its derivatives by the parameters."""
    r, alpha, s, beta = parameters
    x, watched, weight = part.frequency, part.age, part.weight
    log_gone, means = log_left_since_last(parameters, part)
    log_alpha, log_beta = np.log(alpha + watched), np.log(beta + watched)
    log_still = -(r + x) * log_alpha - s * log_beta
    either = np.logaddexp(log_still, log_gone)
    gone = weight * np.exp(log_gone - either)
    still = weight - gone
    slope = np.array(
        [
            -(still * log_alpha).sum() - (gone * means[0]).sum(),
            -((r + x) * (still / (alpha + watched) + gone * means[1])).sum(),
            -(still * log_beta).sum() + (gone * (1 / s - means[2])).sum(),
            -(still * s / (beta + watched)).sum() - ((s + 1) * gone * means[3]).sum(),
        ]
    )
    return float((weight * either).sum()), slope


def log_left_since_last(
    parameters: Parameters, given: Histories
) -> tuple[Floats, tuple[Floats, Floats, Floats, Floats]]:
    """log of s * integral from t_x to T of (alpha+t)^-(r+x) (beta+t)^-(s+1) dt, and four means under its integrand:
    of log(alpha+t), 1/(alpha+t), log(beta+t), 1/(beta+t).

    Nodes lie evenly in log(c + t), c the lesser of alpha and beta: there the integrand is a smooth decay, cut off where
    nothing is left of it.
    """
    r, alpha, s, beta = parameters
    x, last, watched = given.frequency, given.recency, given.age
    shift = min(alpha, beta)
    start = shift + last
    length = np.log((shift + watched) / start)
    decay = (r + x) * start / (alpha + last) + (s + 1) * start / (beta + last) - 1
    with np.errstate(divide="ignore"):
        length = np.where(decay > 0, np.minimum(length, DEEPEST / np.maximum(decay, 1e-300)), length)
    steps = length[:, None] * (0.5 * (NODES + 1))
    # The lesser of the two is `shift`, whose logarithm needs no logarithm to be taken.
    near, log_near = start[:, None] * np.exp(steps), np.log(start)[:, None] + steps
    far = near + abs(alpha - beta)
    log_far = np.log(far)
    at_alpha, log_alpha, at_beta, log_beta = (
        (near, log_near, far, log_far) if alpha <= beta else (far, log_far, near, log_near)
    )
    exponent = -(r + x)[:, None] * log_alpha - (s + 1) * log_beta + steps
    highest = exponent.max(axis=1, keepdims=True)
    mass = np.exp(exponent - highest) * NODE_WEIGHTS
    whole = mass.sum(axis=1)
    with np.errstate(divide="ignore"):
        log_gone = np.log(s) + highest[:, 0] + np.log(whole * 0.5 * length) + np.log(start)
    means = (
        (mass * log_alpha).sum(axis=1) / whole,
        (mass / at_alpha).sum(axis=1) / whole,
        (mass * log_beta).sum(axis=1) / whole,
        (mass / at_beta).sum(axis=1) / whole,
    )
    return log_gone, means


def probability_active(fit: Fit, given: Histories) -> Floats:
    """Probability that the customer has not left, per entry."""
    r, alpha, s, beta = fit.values
    active = np.empty(len(given.frequency))
    for first in range(0, len(active), CHUNK):
        part = slice(first, first + CHUNK)
        x, watched = given.frequency[part], given.age[part]
        log_gone, _ = log_left_since_last((r, alpha, s, beta), given.part(part))
        log_still = -(r + x) * np.log(alpha + watched) - s * np.log(beta + watched)
        active[part] = np.exp(log_still - np.logaddexp(log_still, log_gone))
    return active


def expected_orders(fit: Fit, given: Histories, ahead: float) -> Floats:
    """E[Y(ahead)]: orders in the time `ahead` after the one watched, per entry."""
    r, alpha, s, beta = fit.values
    rate = (r + given.frequency) / (alpha + given.age)
    return np.asarray(
        rate * _time_active(s, beta + given.age, ahead) * probability_active(fit, given), dtype=np.float64
    )


def expected_orders_of_new(fit: Fit, ahead: float) -> float:
    """E[X(ahead)]: repeat orders of a customer who has just placed the first."""
    r, alpha, s, beta = fit.values
    return r / alpha * float(_time_active(s, np.array([beta]), ahead)[0])


def _time_active(s: float, beta: Floats, ahead: float) -> Floats:
    """Expected part of the time ahead that a customer stays, when the rate of leaving is gamma(s, beta)."""
    growth = np.log1p(ahead / beta)
    if abs(s - 1) < 1e-9:
        return np.asarray(beta * growth, dtype=np.float64)
    return np.asarray(-beta * np.expm1(-(s - 1) * growth) / (s - 1), dtype=np.float64)


def draw_orders(fit: Fit, given: Histories, ahead: float, *, draws: int, generator: np.random.Generator) -> Floats:
    """Orders ahead, drawn from each entry's own distribution: one row per entry, one column per draw."""
    r, alpha, s, beta = fit.values
    shape = (len(given.frequency), draws)
    watched = given.age[:, None]
    active = generator.random(shape) < probability_active(fit, given)[:, None]
    rate = generator.gamma(np.broadcast_to(r + given.frequency[:, None], shape)) / (alpha + watched)
    leaving = np.maximum(generator.gamma(s, size=shape) / (beta + watched), 1e-300)
    stays = np.minimum(generator.exponential(size=shape) / leaving, ahead)
    return np.asarray(np.where(active, generator.poisson(rate * stays), 0), dtype=np.float64)
