"""Few and regular customers: own order interval and own amount, each shrunk to the segment.

Intervals of a customer are gamma(k, lambda) with k >= 1, as regular buyers have them; lambda ~ gamma(a, b) over
customers; after each order the customer leaves with one probability, the same for all. Amounts scatter normally round
the customer's own mean, and own means round the segment's. The fewer orders a customer has, the more it is taken for
an average one. Platzer & Reutterer, Marketing Science 35:5 (2016) for the regular intervals.

Belongs here: both halves, their expectations and draws. Does not: which segments are few and regular.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaln, digamma, gammaln

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise

NAMES = ("k", "a", "b", "leaving_odds")
STARTS = ((2.0, 2.0, 2.0, 0.05), (1.5, 1.0, 0.5, 0.2), (5.0, 5.0, 1.0, 0.01))
RELATIVE_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class Intervals:
    """Per customer: number of intervals between orders, their sum, the sum of their logarithms, and the silence since
    the last order; all in one unit of time."""

    count: Floats
    total: Floats
    total_log: Floats
    silence: Floats

    def scaled(self, factor: float) -> Intervals:
        return Intervals(
            self.count, self.total / factor, self.total_log - self.count * np.log(factor), self.silence / factor
        )

    def ordered(self) -> Intervals:
        """Sorted, so that sums do not depend on the order of the rows."""
        order = np.lexsort((self.total_log, self.silence, self.total, self.count))
        return Intervals(self.count[order], self.total[order], self.total_log[order], self.silence[order])


def fit_intervals(given: Intervals) -> Fit | NotConverged:
    """Parameters k, a, b (in the unit of time given) and the odds of leaving after an order.

    Two of them may lie at the end of their range, and are then held there: k = 1 where buyers are no more regular than
    chance, odds of 0 where nobody is missed yet.
    """
    customers = len(given.count)
    if given.count.sum() < 3:
        return NotConverged("shrinkage", "fewer than three intervals between orders", customers)
    ordered = given.ordered()
    unit = float(ordered.total.sum() / ordered.count.sum())
    scaled = ordered.scaled(unit)
    if float(np.max(np.abs(scaled.total - scaled.count))) < 1e-9 and abs(float(scaled.total_log.sum())) < 1e-9:
        return NotConverged("shrinkage", "all intervals between orders are equal: nothing varies", customers)
    refused: NotConverged | None = None
    for held_k, held_odds in ((None, None), (None, 0.0), (1.0, None), (1.0, 0.0)):
        free = [held_k is None, True, True, held_odds is None]
        tried = maximise(
            "shrinkage",
            tuple(name for name, is_free in zip(NAMES, free, strict=True) if is_free),
            _holding(_objective(scaled), free, held_k, held_odds),
            [[value for value, is_free in zip(start, free, strict=True) if is_free] for start in STARTS],
            customers=customers,
        )
        if isinstance(tried, NotConverged):
            refused = refused or tried
            continue
        values, errors = iter(tried.values), iter(tried.log_errors)
        k, a, b, odds = (
            next(values) if is_free else held
            for is_free, held in zip(free, (held_k, None, None, held_odds), strict=True)
        )
        if k is None or a is None or b is None or odds is None or k < 1:
            continue
        spread = tuple(next(errors) if is_free else 0.0 for is_free in free)
        shifted = tried.log_likelihood - float(ordered.count.sum()) * float(np.log(unit))
        return Fit("shrinkage", NAMES, (k, a, b * unit, odds), spread, shifted, customers)
    return refused or NotConverged("shrinkage", "intervals scatter more widely than chance alone", customers)


def _holding(objective: Objective, free: list[bool], k: float | None, odds: float | None) -> Objective:
    """The same objective with some parameters held."""
    mask = np.array(free)
    with np.errstate(divide="ignore"):
        held = np.log(np.array([k or 1.0, 1.0, 1.0, odds or 0.0]))

    def of_free(point: Floats) -> tuple[float, Floats]:
        whole = held.copy()
        whole[mask] = point
        value, gradient = objective(whole)
        return value, gradient[mask]

    return of_free


def _objective(given: Intervals) -> Objective:
    n, total, total_log, silence = given.count, given.total, given.total_log, given.silence
    customers = len(n)

    def objective(point: Floats) -> tuple[float, Floats]:
        k, a, b, odds = (float(value) for value in np.exp(point))
        leaving = odds / (1 + odds)
        own_a, own_b = a + k * n, b + total
        stays_silent = _silence(own_a, own_b, k, silence)
        # A silence beyond all doubles is a chance of nothing, not of minus infinity: the search must find its way back.
        either = np.maximum((1 - leaving) * stays_silent + leaving, np.finfo(np.float64).tiny)
        value = gammaln(own_a) - gammaln(a) - n * gammaln(k) + a * np.log(b) + (k - 1) * total_log
        value = value - own_a * np.log(own_b) + n * np.log1p(-leaving) + np.log(either)
        by_a, by_k, by_b = _silence_slopes(own_a, own_b, k, silence)
        share = (1 - leaving) / either
        d_a = digamma(own_a) - digamma(a) + np.log(b) - np.log(own_b) + share * by_a
        d_k = n * (digamma(own_a) - digamma(k) - np.log(own_b)) + total_log + share * (by_a * n + by_k)
        d_b = a / b - own_a / own_b + share * by_b
        d_odds = -n * leaving + (1 - leaving) * (1 - stays_silent) * (leaving / either)
        slopes = [k * d_k.sum(), a * d_a.sum(), b * d_b.sum(), d_odds.sum()]
        return -float(value.sum() / customers), -np.array(slopes) / customers

    return objective


def _silence(own_a: Floats, own_b: Floats, k: float, silence: Floats) -> Floats:
    """Probability that a customer who is still there has been silent for so long."""
    return np.asarray(betainc(own_a, k, own_b / (own_b + silence)), dtype=np.float64)


def _silence_slopes(own_a: Floats, own_b: Floats, k: float, silence: Floats) -> tuple[Floats, Floats, Floats]:
    """Its derivatives by own a, k and own b. The first two have no closed form: central differences."""
    step_a, step_k = RELATIVE_STEP * own_a, RELATIVE_STEP * k
    by_a = (_silence(own_a + step_a, own_b, k, silence) - _silence(own_a - step_a, own_b, k, silence)) / (2 * step_a)
    by_k = (_silence(own_a, own_b, k + step_k, silence) - _silence(own_a, own_b, k - step_k, silence)) / (2 * step_k)
    share = own_b / (own_b + silence)
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.exp((own_a - 1) * np.log(share) + (k - 1) * np.log1p(-share) - betaln(own_a, k))
        by_b = np.where(silence > 0, density * silence / (own_b + silence) ** 2, 0.0)
    return by_a, by_k, by_b


def probability_active(fit: Fit, given: Intervals) -> Floats:
    """Probability that the customer did not leave after the last order, given the silence since."""
    k, a, b, odds = fit.values
    leaving = odds / (1 + odds)
    silent = (1 - leaving) * _silence(a + k * given.count, b + given.total, k, given.silence)
    return np.asarray(silent / (silent + leaving) if leaving > 0 else np.ones_like(silent), dtype=np.float64)


def expected_orders(fit: Fit, given: Intervals, ahead: float) -> Floats:
    """Orders in the time `ahead`, per customer: the own rate, shrunk, while the customer stays."""
    k, a, b, odds = fit.values
    leaving = odds / (1 + odds)
    own_a, own_b = a + k * given.count, b + given.total
    if leaving < 1e-12:
        return np.asarray(own_a / own_b * ahead / k, dtype=np.float64)
    stays = -np.expm1(-own_a * np.log1p(leaving * ahead / (k * own_b))) / leaving
    return np.asarray(stays * probability_active(fit, given), dtype=np.float64)


def draw_orders(fit: Fit, given: Intervals, ahead: float, *, draws: int, generator: np.random.Generator) -> Floats:
    """Orders ahead, drawn from each customer's own distribution: one row per customer, one column per draw."""
    k, a, b, odds = fit.values
    shape = (len(given.count), draws)
    active = generator.random(shape) < probability_active(fit, given)[:, None]
    rate = generator.gamma(np.broadcast_to((a + k * given.count)[:, None], shape)) / (b + given.total)[:, None]
    # Every k-th event of a Poisson stream, begun anywhere between two: intervals of k stages.
    placed = np.floor((generator.poisson(rate * ahead) + generator.random(shape) * k) / k)
    leaving = odds / (1 + odds)
    if leaving > 0:
        placed = np.minimum(placed, generator.geometric(leaving, size=shape))
    return np.asarray(np.where(active, placed, 0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Mean amount of an order in the segment; variance of customers' own means; variance of one customer's orders."""

    mean: float
    between: float
    within: float


def fit_amounts(orders: Floats, mean_amount: Floats, squares_within: Floats) -> Amounts | NotConverged:
    """Closed form (analysis of variance, unequal groups) from counts, own means and sums of squares about them."""
    customers = len(orders)
    total = float(orders.sum())
    if customers == 0 or total <= 0:
        return NotConverged("shrinkage", "no order with an amount", customers)
    mean = float((orders * mean_amount).sum() / total)
    spare = total - customers
    within = float(squares_within.sum() / spare) if spare > 0 else 0.0
    if customers == 1:
        return Amounts(mean, 0.0, within)
    typical = (total - float((orders**2).sum()) / total) / (customers - 1)
    between = (float((orders * (mean_amount - mean) ** 2).sum()) / (customers - 1) - within) / typical
    between = max(between, 0.0)
    if between > 0:
        # Weighted by what each own mean is worth: a customer with many orders is not the whole segment.
        trust = 1 / (between + within / orders)
        mean = float((trust * mean_amount).sum() / trust.sum())
    return Amounts(mean, between, within)


def expected_amount(amounts: Amounts, orders: Floats, mean_amount: Floats) -> Floats:
    """Own mean and segment mean, weighted by their certainty; without own orders the segment's."""
    if amounts.between <= 0:
        return np.full(len(orders), amounts.mean)
    trust = amounts.between * orders / (amounts.between * orders + amounts.within) if amounts.within > 0 else orders > 0
    return np.asarray(amounts.mean + trust * (mean_amount - amounts.mean), dtype=np.float64)


def draw_totals(
    amounts: Amounts, orders: Floats, mean_amount: Floats, ahead: Floats, *, generator: np.random.Generator
) -> Floats:
    """Total amount of `ahead` drawn orders (one row per customer, one column per draw)."""
    centre = expected_amount(amounts, orders, mean_amount)
    spread = amounts.between * amounts.within
    unsure = spread / (amounts.between * orders + amounts.within) if spread > 0 else np.zeros(len(orders))
    own = centre[:, None] + np.sqrt(unsure)[:, None] * generator.standard_normal(ahead.shape)
    return np.asarray(
        ahead * own + np.sqrt(ahead * amounts.within) * generator.standard_normal(ahead.shape), dtype=np.float64
    )
