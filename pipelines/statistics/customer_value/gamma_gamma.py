"""The amount of an order: gamma-gamma.

A customer's orders scatter by gamma(p, nu) round the customer's own mean; nu ~ gamma(q, v) over customers. How often a
customer orders must not tell how much: look at `correlation` first. Fader & Hardie, "The gamma-gamma model" (2013).

Belongs here: likelihood, expectations, draws. Does not: counts of orders, which customers are left out and why.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise
from pipelines.statistics.customer_value.histories import Levels

NAMES = ("p", "q", "v")
STARTS = ((6.0, 4.0, 0.5), (1.0, 2.0, 1.0), (2.0, 10.0, 5.0))


def fit_gamma_gamma(orders: Floats, mean_amount: Floats) -> Fit | NotConverged:
    """Parameters p, q, and v in the unit of the amounts; one entry per customer with `orders` > 0 orders.

    Raises ValueError for amounts that are not above zero: the caller decides what becomes of such customers.
    """
    given_x, given_z = np.asarray(orders, dtype=np.float64), np.asarray(mean_amount, dtype=np.float64)
    if (given_x <= 0).any() or not (given_z > 0).all():
        raise ValueError("gamma-gamma takes customers with orders and amounts above zero")
    count = len(given_x)
    if count < 3:
        return NotConverged("gamma_gamma", "fewer than three customers with repeat orders of an amount", count)
    order = np.lexsort((given_z, given_x))  # sums in one order, whatever the order of the rows
    x, z = given_x[order], given_z[order]
    unit = float((x * z).sum() / x.sum())
    z = z / unit
    if float(z.max() - z.min()) <= 1e-9 * float(z.max()):
        return NotConverged("gamma_gamma", "every customer's mean order has the same amount: nothing varies", count)
    every = max(1, count // 20_000)
    found = maximise(
        "gamma_gamma", NAMES, _objective(x, z), STARTS, customers=count, rehearsal=_objective(x[::every], z[::every])
    )
    if isinstance(found, NotConverged):
        return found
    p, q, v = found.values
    if q <= 1:
        return NotConverged("gamma_gamma", f"amounts scatter so widely that they have no mean (q = {q:.3g})", count)
    return Fit(
        found.model,
        NAMES,
        (p, q, v * unit),
        found.log_errors,
        found.log_likelihood - count * float(np.log(unit)),
        count,
    )


def _objective(x: Floats, z: Floats) -> Objective:
    total = len(x)
    levels = Levels.of(x)
    counts = np.bincount(levels.places).astype(np.float64)
    log_z, spent = np.log(z), x * z
    sum_log_z = float(log_z.sum())
    sum_x_log = float((x * (log_z + np.log(x))).sum())

    def objective(point: Floats) -> tuple[float, Floats]:
        p, q, v = (float(value) for value in np.exp(point))
        px = p * levels.values
        log_spent = np.log(spent + v)
        sum_log_spent, sum_x_log_spent = float(log_spent.sum()), float((x * log_spent).sum())
        value = (counts * (gammaln(px + q) - gammaln(px))).sum() + total * (q * np.log(v) - gammaln(q))
        value += p * sum_x_log - sum_log_z - p * sum_x_log_spent - q * sum_log_spent
        risen = digamma(px + q)
        d_p = (counts * levels.values * (risen - digamma(px))).sum() + sum_x_log - sum_x_log_spent
        d_q = (counts * risen).sum() + total * (np.log(v) - digamma(q)) - sum_log_spent
        d_v = total * q / v - ((p * x + q) / (spent + v)).sum()
        return -float(value / total), -np.array([p * d_p, q * d_q, v * d_v]) / total

    return objective


def expected_amount(fit: Fit, orders: Floats, mean_amount: Floats) -> Floats:
    """The mean that further orders of each customer will show; without own orders (0), the mean of all."""
    p, q, v = fit.values
    return np.asarray(p * (v + orders * mean_amount) / (p * orders + q - 1), dtype=np.float64)


def mean_of_all(fit: Fit) -> float:
    """The mean amount of an order over customers."""
    p, q, v = fit.values
    return p * v / (q - 1)


def correlation(orders: Floats, mean_amount: Floats) -> float | None:
    """Correlation of number and mean amount of orders; None where one of them does not vary."""
    if len(orders) < 2 or float(np.ptp(orders)) <= 0 or float(np.ptp(mean_amount)) <= 0:
        return None
    return float(np.corrcoef(orders, mean_amount)[0, 1])


def draw_totals(
    fit: Fit, orders: Floats, mean_amount: Floats, ahead: Floats, *, generator: np.random.Generator
) -> Floats:
    """Total amount of `ahead` drawn orders (one row per customer, one column per draw)."""
    p, q, v = fit.values
    shape = ahead.shape
    nu = generator.gamma(np.broadcast_to((q + p * orders)[:, None], shape)) / (v + orders * mean_amount)[:, None]
    totals = generator.gamma(np.maximum(p * ahead, 1e-300)) / np.maximum(nu, 1e-300)
    return np.asarray(np.where(ahead > 0, totals, 0.0), dtype=np.float64)
