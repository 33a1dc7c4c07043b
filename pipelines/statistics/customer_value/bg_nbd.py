"""Orders without a contract: BG/NBD and its modification MBG/NBD.

While a customer buys, orders are Poisson with rate ~ gamma(r, alpha); after each order the customer leaves with
probability ~ beta(a, b). MBG/NBD lets customers leave at once after the first order too, BG/NBD does not.
Fader, Hardie & Lee, Marketing Science 24:2 (2005); Batislam, Denizel & Filiztekin (2007).

Belongs here: likelihood, expectations, draws. Does not: the search for the maximum (`estimation`), money.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise
from pipelines.statistics.customer_value.histories import Histories, Levels, grouped, mean_age, too_little

NAMES = ("r", "alpha", "a", "b")
STARTS = ((0.5, 0.3, 0.8, 2.0), (1.0, 0.1, 0.5, 5.0), (2.0, 1.0, 2.0, 2.0))


def fit_bg_nbd(given: Histories) -> Fit | NotConverged:
    """BG/NBD parameters r, alpha (in the unit of time of the histories), a, b."""
    return _fit(given, "bg_nbd", chances=0)


def fit_mbg_nbd(given: Histories) -> Fit | NotConverged:
    """MBG/NBD parameters, named and measured as those of BG/NBD."""
    return _fit(given, "mbg_nbd", chances=1)


def _fit(given: Histories, model: str, *, chances: int) -> Fit | NotConverged:
    reason = too_little(given)
    if reason is not None:
        return NotConverged(model, reason, given.customers)
    counted = grouped(given)  # first, so that no sum depends on the order of the rows
    unit = mean_age(counted)
    groups = counted.scaled(unit)
    found = maximise(
        model,
        NAMES,
        _objective(groups, chances),
        STARTS,
        customers=given.customers,
        rehearsal=_objective(groups.thinned(), chances),
    )
    if isinstance(found, NotConverged):
        return found
    r, alpha, a, b = found.values
    # The likelihood is a density in time for every order: stretching time by `unit` divides it once per repeat order.
    orders = float((groups.frequency * groups.weight).sum())
    return Fit(
        found.model,
        NAMES,
        (r, alpha * unit, a, b),
        found.log_errors,
        found.log_likelihood - orders * float(np.log(unit)),
        found.customers,
    )


def _objective(groups: Histories, chances: int) -> Objective:
    """`chances` to leave before the first repeat order: none in BG/NBD, one in MBG/NBD."""
    x, last, watched, weight = groups.frequency, groups.recency, groups.age, groups.weight
    total = weight.sum()
    levels = Levels.of(x)
    level_weight = np.bincount(levels.places, weights=weight)
    may_have_left = x + chances > 0

    def objective(point: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(point)
        per_level = levels.values
        left = per_level + chances
        rates = gammaln(r + per_level) - gammaln(r) + r * np.log(alpha)
        stays = gammaln(b + left) - gammaln(a + b + left) - gammaln(b) + gammaln(a + b)
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.where(left > 0, np.log(a) - np.log(np.maximum(b + left - 1, 1e-300)), -np.inf)
        log_watched, log_last = np.log(alpha + watched), np.log(alpha + last)
        still = -(r + x) * log_watched
        gone = odds[levels.places] - (r + x) * log_last
        either = np.logaddexp(still, gone)
        share = np.where(may_have_left, np.exp(gone - either), 0.0)
        log_likelihood = (level_weight * (rates + stays)).sum() + (weight * either).sum()

        gone_weight = weight * share
        still_weight = weight - gone_weight
        gone_levels = np.bincount(levels.places, weights=gone_weight)
        by_level = digamma(r + per_level) - digamma(r)
        d_r = (level_weight * by_level).sum() + total * np.log(alpha)
        d_r -= (still_weight * log_watched).sum() + (gone_weight * log_last).sum()
        d_alpha = total * r / alpha
        d_alpha -= ((r + x) * (still_weight / (alpha + watched) + gone_weight / (alpha + last))).sum()
        both = digamma(a + b) - digamma(a + b + left)
        d_a = (level_weight * both).sum() + gone_weight.sum() / a
        d_b = (level_weight * (digamma(b + left) - digamma(b) + both)).sum()
        d_b -= (gone_levels[left > 0] / (b + left[left > 0] - 1)).sum()
        gradient = np.array([r * d_r, alpha * d_alpha, a * d_a, b * d_b])
        return -float(log_likelihood / total), -gradient / total

    return objective


def probability_active(fit: Fit, given: Histories) -> Floats:
    """Probability that the customer has not left, per entry. BG/NBD keeps everybody without a repeat order."""
    r, alpha, a, b = fit.values
    left = given.frequency + _chances(fit)
    with np.errstate(over="ignore"):
        odds = (
            a
            / np.where(left > 0, b + left - 1, 1.0)
            * np.exp((r + given.frequency) * np.log((alpha + given.age) / (alpha + given.recency)))
        )
    return np.asarray(1 / (1 + np.where(left > 0, odds, 0.0)), dtype=np.float64)


def expected_orders(fit: Fit, given: Histories, ahead: float) -> Floats:
    """E[Y(ahead)]: orders in the time `ahead` after the one watched, per entry."""
    orders = _orders_while_active(fit, given.frequency, given.age, ahead)
    return np.asarray(orders * probability_active(fit, given), dtype=np.float64)


def expected_orders_of_new(fit: Fit, ahead: float) -> float:
    """E[X(ahead)]: repeat orders of a customer who has just placed the first."""
    zero = np.zeros(1)
    _, _, a, b = fit.values
    stays = b / (a + b) if _chances(fit) else 1.0
    return stays * float(_orders_while_active(fit, zero, zero, ahead)[0])


def _orders_while_active(fit: Fit, x: Floats, watched: Floats, ahead: float) -> Floats:
    """Expected orders ahead of a customer who is still there.

    The published form multiplies a hypergeometric function that overflows by a power that underflows; Euler's
    transformation gives the same product with neither, and stays exact at a = 1.
    """
    r, alpha, a, b = fit.values
    if abs(a - 1) < 1e-7:
        a = 1 + 1e-7  # both sides of the fraction vanish at 1; beside it the error is below 1e-7
    left = x + _chances(fit)
    z = ahead / (alpha + watched + ahead)
    rest = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(a + b + left - 1 - r - x, a - 1, a + b + left - 1, z)
    return np.asarray((a + b + left - 1) / (a - 1) * (1 - rest), dtype=np.float64)


def draw_orders(fit: Fit, given: Histories, ahead: float, *, draws: int, generator: np.random.Generator) -> Floats:
    """Orders ahead, drawn from each entry's own distribution: one row per entry, one column per draw.

    An order ahead ends the custom with the customer's own probability, so orders are the lesser of a Poisson count and
    the place of the first leaving.
    """
    r, alpha, a, b = fit.values
    shape = (len(given.frequency), draws)
    x, watched = given.frequency[:, None], given.age[:, None]
    active = generator.random(shape) < probability_active(fit, given)[:, None]
    rate = generator.gamma(np.broadcast_to(r + x, shape)) / (alpha + watched)
    leaving = generator.beta(a, np.broadcast_to(b + x + _chances(fit), shape))
    placed = generator.poisson(rate * ahead)
    last_place = generator.geometric(np.clip(leaving, 1e-9, 1.0))
    return np.asarray(np.where(active, np.minimum(placed, last_place), 0), dtype=np.float64)


def _chances(fit: Fit) -> int:
    return 1 if fit.model == "mbg_nbd" else 0
