"""From orders to value: the models of repeat orders behind one face, amounts, discounting, bands.

Belongs here: what holds for every model of orders without a contract. Does not: which model a segment gets, contracts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipelines.statistics.customer_value import bg_nbd, gamma_gamma, pareto_nbd, shrinkage
from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged
from pipelines.statistics.customer_value.orders import Orders

BAND = (0.1, 0.9)
SEED = 20_050_224
MOST_DRAWS, DRAWN_AT_ONCE = 400, 4_000_000
DRAWN_IN_ALL = 40_000_000


class _Draws(Protocol):
    def __call__(
        self, fit: Fit, orders: Orders, ahead: float, *, draws: int, generator: np.random.Generator
    ) -> Floats: ...


@dataclass(frozen=True, slots=True)
class OrderModel:
    """A model of repeat orders: fit, expected orders ahead, probability of being active, draws of orders ahead."""

    name: str
    fit: Callable[[Orders], Fit | NotConverged]
    expected: Callable[[Fit, Orders, float], Floats]
    active: Callable[[Fit, Orders], Floats]
    draw: _Draws


ORDER_MODELS = {
    "bg_nbd": OrderModel(
        "bg_nbd",
        lambda orders: bg_nbd.fit_bg_nbd(orders.histories),
        lambda fit, orders, ahead: bg_nbd.expected_orders(fit, orders.histories, ahead),
        lambda fit, orders: bg_nbd.probability_active(fit, orders.histories),
        lambda fit, orders, ahead, *, draws, generator: bg_nbd.draw_orders(
            fit, orders.histories, ahead, draws=draws, generator=generator
        ),
    ),
    "pareto_nbd": OrderModel(
        "pareto_nbd",
        lambda orders: pareto_nbd.fit_pareto_nbd(orders.histories),
        lambda fit, orders, ahead: pareto_nbd.expected_orders(fit, orders.histories, ahead),
        lambda fit, orders: pareto_nbd.probability_active(fit, orders.histories),
        lambda fit, orders, ahead, *, draws, generator: pareto_nbd.draw_orders(
            fit, orders.histories, ahead, draws=draws, generator=generator
        ),
    ),
    "shrinkage": OrderModel(
        "shrinkage",
        lambda orders: shrinkage.fit_intervals(orders.intervals),
        lambda fit, orders, ahead: shrinkage.expected_orders(fit, orders.intervals, ahead),
        lambda fit, orders: shrinkage.probability_active(fit, orders.intervals),
        lambda fit, orders, ahead, *, draws, generator: shrinkage.draw_orders(
            fit, orders.intervals, ahead, draws=draws, generator=generator
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class AmountModel:
    """What an order brings: gamma-gamma where it can be fitted, else the shrunk mean; `why_not` says why else."""

    fit: Fit | shrinkage.Amounts
    name: str
    correlation: float | None
    why_not: str | None

    def expected(self, orders: Orders) -> Floats:
        if isinstance(self.fit, shrinkage.Amounts):
            return shrinkage.expected_amount(self.fit, orders.histories.frequency + 1, orders.all_amount)
        return gamma_gamma.expected_amount(self.fit, orders.histories.frequency, orders.repeat_amount)

    def draw_totals(self, orders: Orders, ahead: Floats, generator: np.random.Generator, part: slice) -> Floats:
        x = orders.histories.frequency[part]
        if isinstance(self.fit, shrinkage.Amounts):
            return shrinkage.draw_totals(self.fit, x + 1, orders.all_amount[part], ahead, generator=generator)
        return gamma_gamma.draw_totals(self.fit, x, orders.repeat_amount[part], ahead, generator=generator)


def fit_amounts(orders: Orders, *, shrunk: bool = False) -> AmountModel | NotConverged:
    """The model of amounts. Gamma-gamma knows only amounts above zero: where an own mean is not, or where `shrunk` is
    asked for, amounts are shrunk by variances, which takes any."""
    repeat = orders.histories.frequency > 0
    x, amount = orders.histories.frequency[repeat], orders.repeat_amount[repeat]
    tied = gamma_gamma.correlation(x, amount)
    why_not: str | None = None
    if not shrunk:
        below = int((amount <= 0).sum())
        if below:
            why_not = f"{below} of {len(x)} customers with repeat orders have a mean order of zero or less"
        else:
            found = gamma_gamma.fit_gamma_gamma(x, amount)
            if isinstance(found, Fit):
                return AmountModel(found, "gamma_gamma", tied, None)
            why_not = found.reason
    amounts = shrinkage.fit_amounts(orders.histories.frequency + 1, orders.all_amount, orders.squares)
    if isinstance(amounts, NotConverged):
        return amounts
    return AmountModel(amounts, "shrinkage", tied, why_not)


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead value is counted: `months` of `month` units of time each, discounted at a yearly rate.

    Orders of a month count at its end: value is the sum of (E[Y(t)] - E[Y(t-1)]) (1 + rate)^(-t/12).
    """

    months: int
    month: float
    yearly_discount: float

    def factors(self) -> Floats:
        return np.asarray((1 + self.yearly_discount) ** (-np.arange(1, self.months + 1) / 12), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Values:
    """Per customer, over the horizon: orders, mean amount of one, discounted value with its band, P(active)."""

    orders: Floats
    amount: Floats
    value: Floats
    low: Floats
    high: Floats
    active: Floats


def value_customers(model: OrderModel, fit: Fit, amounts: AmountModel, orders: Orders, horizon: Horizon) -> Values:
    """Expected value and an 80% band for each customer. The band holds how a customer may behave; that parameters are
    themselves estimates widens it further in a small segment, and is not in it."""
    cumulative = np.zeros(len(orders))
    discounted = np.zeros(len(orders))
    for month, factor in enumerate(horizon.factors(), start=1):
        until = model.expected(fit, orders, month * horizon.month)
        discounted += (until - cumulative) * factor
        cumulative = until
    amount = amounts.expected(orders)
    low, high = _bands(model, fit, amounts, orders, horizon)
    # A drawn total is undiscounted; its discount is that of the expected orders.
    mean_factor = np.divide(discounted, cumulative, out=np.ones(len(orders)), where=cumulative > 0)
    return Values(
        orders=cumulative,
        amount=amount,
        value=discounted * amount,
        low=low * mean_factor,
        high=high * mean_factor,
        active=model.active(fit, orders),
    )


def _bands(
    model: OrderModel, fit: Fit, amounts: AmountModel, orders: Orders, horizon: Horizon
) -> tuple[Floats, Floats]:
    """The 10% and 90% quantiles of the undiscounted total, drawn with a fixed seed: same data, same band."""
    count = len(orders)
    low, high = np.zeros(count), np.zeros(count)
    if count == 0:
        return low, high
    draws = int(np.clip(DRAWN_IN_ALL // count, 40, MOST_DRAWS))
    generator = np.random.default_rng(SEED)
    step = max(1, DRAWN_AT_ONCE // draws)
    for first in range(0, count, step):
        part = slice(first, min(first + step, count))
        drawn = model.draw(fit, _part(orders, part), horizon.months * horizon.month, draws=draws, generator=generator)
        totals = amounts.draw_totals(orders, drawn, generator, part)
        low[part], high[part] = np.quantile(totals, BAND, axis=1)
    return low, high


def _part(orders: Orders, part: slice) -> Orders:
    given = orders.intervals
    return Orders(
        customers=orders.customers[part],
        histories=orders.histories.part(part),
        intervals=shrinkage.Intervals(given.count[part], given.total[part], given.total_log[part], given.silence[part]),
        repeat_amount=orders.repeat_amount[part],
        all_amount=orders.all_amount[part],
        squares=orders.squares[part],
        regularity=orders.regularity,
    )


def own_past_rate(orders: Orders, ahead: float) -> Floats:
    """The naive rival of orders: the customer's own rate so far goes on for ever. Watched less than a day, none."""
    age = orders.histories.age
    return np.divide(orders.histories.frequency * ahead, age, out=np.zeros(len(age)), where=age > 0)


@dataclass(frozen=True, slots=True)
class Score:
    """How far forecasts were from what came: error of the total over the total (None without any), mean absolute
    error per customer, correlation over customers (None where one side does not vary)."""

    expected: float
    actual: float
    total_error: float | None
    mean_absolute_error: float
    correlation: float | None


def score(expected: Floats, actual: Floats) -> Score:
    """The score of one forecast; the caller gives at least one customer."""
    total = float(actual.sum())
    return Score(
        expected=float(expected.sum()),
        actual=total,
        total_error=float(expected.sum()) / total - 1 if total > 0 else None,
        mean_absolute_error=float(np.abs(expected - actual).mean()),
        correlation=gamma_gamma.correlation(expected, actual),
    )
