"""Which models a group of customers gets, and how well they would have done: the documented rule, and its judge.

Belongs here: the choice and the holdout score of models of orders. Does not: contracts, which have one model.

The rule. A group with fewer than 100 customers who ordered again is *few*: it gets the shrinkage model. Every other
group is *repeat*: BG/NBD and Pareto/NBD are both fitted, and the one with the smaller mean absolute error over the
holdouts is used. Regularity is told and not used: the orders of a large group may be regular in the mean while the
shrinkage model still does worse on the holdout than a customer's own past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.statistics.customer_value.estimation import Fit, NotConverged
from pipelines.statistics.customer_value.orders import Orders, came_after, orders_until
from pipelines.statistics.customer_value.valuing import (
    ORDER_MODELS,
    AmountModel,
    Score,
    fit_amounts,
    own_past_rate,
    score,
)

FEWEST_REPEAT_CUSTOMERS = 100
REPEAT, FEW = "repeat", "few"
OWN_PAST_RATE = "own_past_rate"


def regime(orders: Orders) -> str:
    """`repeat` or `few`, by the rule above."""
    return REPEAT if orders.repeat_customers >= FEWEST_REPEAT_CUSTOMERS else FEW


def candidates(name: str) -> tuple[str, ...]:
    """The models of orders that a regime may use."""
    return ("bg_nbd", "pareto_nbd") if name == REPEAT else ("shrinkage",)


@dataclass(frozen=True, slots=True)
class Holdout:
    """How one model, or the rival that repeats each customer's own past, did after a day. Amounts where they exist."""

    model: str
    origin: date
    until: date
    customers: int
    orders: Score
    amounts: Score | None


def fit_models(orders: Orders, names: Sequence[str]) -> dict[str, Fit | NotConverged]:
    return {name: ORDER_MODELS[name].fit(orders) for name in names}


def amounts_for(orders: Orders, name: str) -> AmountModel | NotConverged:
    """Few customers' amounts are shrunk; others are gamma-gamma where that can be."""
    return fit_amounts(orders, shrunk=name == "shrinkage")


def judge(
    days: pl.DataFrame, names: Sequence[str], *, origin: date, until: date, unit_days: float, has_amounts: bool
) -> list[Holdout]:
    """Fit on what was known at `origin`, score on what came until `until`: each model that converges, and the rival.

    Customers who first came after the origin are nobody's forecast. Empty without a customer at the origin.
    """
    orders = orders_until(days, origin, unit_days=unit_days)
    if len(orders) == 0:
        return []
    ahead = (until - origin).days / unit_days
    came, brought = came_after(days, orders, after=origin, until=until)
    rival = own_past_rate(orders, ahead)
    rival_amount = score(rival * orders.repeat_amount, brought) if has_amounts else None
    scores = [Holdout(OWN_PAST_RATE, origin, until, len(orders), score(rival, came), rival_amount)]
    for name, fit in fit_models(orders, names).items():
        if isinstance(fit, NotConverged):
            continue
        expected = ORDER_MODELS[name].expected(fit, orders, ahead)
        amounts = amounts_for(orders, name) if has_amounts else None
        money = score(expected * amounts.expected(orders), brought) if isinstance(amounts, AmountModel) else None
        scores.append(Holdout(name, origin, until, len(orders), score(expected, came), money))
    return scores


def best(names: Sequence[str], holdouts: Sequence[Holdout]) -> str:
    """The model with the smallest mean absolute error of orders per customer over all holdouts, among those that were
    scored in each; the first where none was."""

    def error(name: str) -> float:
        own = [h for h in holdouts if h.model == name]
        customers = sum(h.customers for h in own)
        return sum(h.orders.mean_absolute_error * h.customers for h in own) / customers

    origins = {h.origin for h in holdouts}
    scored = [name for name in names if origins and {h.origin for h in holdouts if h.model == name} == origins]
    return min(scored, key=error) if scored else names[0]
