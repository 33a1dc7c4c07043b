"""Customer value of any list of transactions: what `plumbline value` computes, as values. Prints nothing.

Belongs here: the order of the steps and the words for input that gives no number. Does not: a likelihood
(`pipelines.statistics`), reading files (`pipelines.transactions`), a company's own marts (dbt).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from pipelines.statistics.customer_value.estimation import Fit, NotConverged
from pipelines.statistics.customer_value.orders import Orders, order_days, orders_until
from pipelines.statistics.customer_value.regimes import (
    OWN_PAST_RATE,
    Holdout,
    amounts_for,
    best,
    candidates,
    fit_models,
    judge,
    regime,
)
from pipelines.statistics.customer_value.valuing import (
    ORDER_MODELS,
    AmountModel,
    Horizon,
    own_past_rate,
    value_customers,
)
from pipelines.transactions import SetAside, Transactions, TransactionsError

UNIT_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}


@dataclass(frozen=True, slots=True)
class Valuation:
    """Customers valued on the evening of `until`. `chosen` is None where no model of orders converged: then `values`
    has histories and no figure. Score is empty where no time is left to judge by."""

    until: date
    unit: str
    customers: int
    repeat_customers: int
    regularity: float | None
    regime: str
    fits: dict[str, Fit | NotConverged]
    amounts: AmountModel | NotConverged | None
    holdouts: tuple[Holdout, ...]
    chosen: str | None
    horizon: Horizon
    values: pl.DataFrame
    set_aside: tuple[SetAside, ...]


def value_transactions(
    given: Transactions, *, until: date | None, unit: str, months: int, yearly_discount: float
) -> Valuation:
    """Fit, judge, value. With `until`, models see no later row, and later rows judge them; without, they see all, and
    are judged by a fit to the first two thirds of the time. Raises TransactionsError where there is no order at all."""
    unit_days = UNIT_DAYS[unit]
    days = order_days(given.table)
    first, last = _first_order(days), _last_day(days)
    known = until or last
    if known < first:
        raise TransactionsError(f"--until {known}: no order by then; the first is of {first}")
    if first == last:
        raise TransactionsError(f"every order is of {first}: at one moment there is no rate to learn from")
    orders = orders_until(days, known, unit_days=unit_days)
    own_regime = regime(orders)
    names = candidates(own_regime)
    has_amounts = given.amount is not None
    origin = known if until is not None else first + timedelta(days=(last - first).days * 2 // 3)
    holdouts = (
        judge(days, names, origin=origin, until=last, unit_days=unit_days, has_amounts=has_amounts)
        if first <= origin < last
        else []
    )
    fits = fit_models(orders, names)
    converged = [name for name in names if isinstance(fits[name], Fit)]
    amounts = amounts_for(orders, names[0]) if has_amounts else None
    chosen = best(converged, holdouts) if converged else None
    horizon = Horizon(months=months, month=UNIT_DAYS["month"] / unit_days, yearly_discount=yearly_discount)
    return Valuation(
        until=known,
        unit=unit,
        customers=len(orders),
        repeat_customers=orders.repeat_customers,
        regularity=orders.regularity,
        regime=own_regime,
        fits=fits,
        amounts=amounts,
        holdouts=tuple(holdouts),
        chosen=chosen,
        horizon=horizon,
        values=_values(orders, fits, amounts, chosen, horizon),
        set_aside=(*given.set_aside, *_only_returns(days, has_amounts)),
    )


def _values(
    orders: Orders,
    fits: dict[str, Fit | NotConverged],
    amounts: AmountModel | NotConverged | None,
    chosen: str | None,
    horizon: Horizon,
) -> pl.DataFrame:
    """One row per customer. Orders ahead and their naive rival where a model was chosen; amounts where they exist."""
    history = orders.histories
    table = pl.DataFrame(
        {
            "customer": orders.customers,
            "repeat_orders": history.frequency.astype(int),
            "recency": history.recency,
            "age": history.age,
        }
    )
    if chosen is None:
        return table
    fit = fits[chosen]
    assert isinstance(fit, Fit)  # noqa: S101  # chosen among those that converged
    model, ahead = ORDER_MODELS[chosen], horizon.months * horizon.month
    rival = own_past_rate(orders, ahead)
    if not isinstance(amounts, AmountModel):
        return table.with_columns(
            probability_active=pl.Series(model.active(fit, orders)),
            expected_orders=pl.Series(model.expected(fit, orders, ahead)),
            naive_orders=pl.Series(rival),
        )
    values = value_customers(model, fit, amounts, orders, horizon)
    return table.with_columns(
        probability_active=pl.Series(values.active),
        expected_orders=pl.Series(values.orders),
        naive_orders=pl.Series(rival),
        mean_amount=pl.Series(orders.repeat_amount),
        expected_amount=pl.Series(values.amount),
        expected_value=pl.Series(values.value),
        value_low=pl.Series(values.low),
        value_high=pl.Series(values.high),
        naive_value=pl.Series(rival * orders.repeat_amount),
    )


def _first_order(days: pl.DataFrame) -> date:
    orders = days.filter("is_order")
    if orders.is_empty():
        raise TransactionsError("every amount is below zero: only returns, no order; is the sign of the column right?")
    first = orders["day"].min()
    assert isinstance(first, date)  # noqa: S101  # the column is of dates, and not empty
    return first


def _last_day(days: pl.DataFrame) -> date:
    last = days["day"].max()
    assert isinstance(last, date)  # noqa: S101  # as above
    return last


def _only_returns(days: pl.DataFrame, has_amounts: bool) -> list[SetAside]:
    never = days.group_by("customer").agg(pl.col("is_order").any(), pl.col("amount").sum(), pl.len())
    never = never.filter(~pl.col("is_order"))
    if never.is_empty() or not has_amounts:
        return []
    return [
        SetAside(
            reason=f"{never.height:,} customers with returns only",
            rows=int(never["len"].sum()),
            amount=Decimal(str(round(float(never["amount"].sum()), 6))),
            first_row=0,
        )
    ]


def summary(valuation: Valuation, given: Transactions, *, file: str) -> dict[str, object]:
    """Everything but the customers, for a script: plain values, ready for JSON."""
    fits: dict[str, object] = {}
    for name, fit in valuation.fits.items():
        fits[name] = _fit_summary(fit)
    amounts: object = None
    if isinstance(valuation.amounts, AmountModel):
        amounts = {
            "model": valuation.amounts.name,
            "correlation_of_number_and_amount": valuation.amounts.correlation,
            "why_not_gamma_gamma": valuation.amounts.why_not,
            **(
                _fit_summary(valuation.amounts.fit)
                if isinstance(valuation.amounts.fit, Fit)
                else {
                    "mean": valuation.amounts.fit.mean,
                    "variance_between": valuation.amounts.fit.between,
                    "variance_within": valuation.amounts.fit.within,
                }
            ),
        }
    elif valuation.amounts is not None:
        amounts = _fit_summary(valuation.amounts)
    return {
        "file": file,
        "rows": given.rows,
        "amount": _number(given.amount),
        "set_aside": [
            {"reason": part.reason, "rows": part.rows, "amount": _number(part.amount)} for part in valuation.set_aside
        ],
        "until": valuation.until.isoformat(),
        "unit": valuation.unit,
        "customers": valuation.customers,
        "repeat_customers": valuation.repeat_customers,
        "regularity": valuation.regularity,
        "regime": valuation.regime,
        "fits": fits,
        "amounts": amounts,
        "chosen": valuation.chosen,
        "horizon_months": valuation.horizon.months,
        "yearly_discount": valuation.horizon.yearly_discount,
        "holdout": [_holdout_summary(holdout) for holdout in valuation.holdouts],
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _fit_summary(fit: Fit | NotConverged) -> dict[str, object]:
    if isinstance(fit, NotConverged):
        return {"converged": False, "reason": fit.reason, "customers": fit.customers}
    return {
        "converged": True,
        "parameters": dict(zip(fit.names, fit.values, strict=True)),
        "log_errors": dict(zip(fit.names, fit.log_errors, strict=True)),
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
    }


def _holdout_summary(holdout: Holdout) -> dict[str, object]:
    return {
        "model": holdout.model,
        "is_naive": holdout.model == OWN_PAST_RATE,
        "from": holdout.origin.isoformat(),
        "to": holdout.until.isoformat(),
        "customers": holdout.customers,
        **{
            f"{kind}_{name}": getattr(score, name)
            for kind, score in (("orders", holdout.orders), ("amount", holdout.amounts))
            if score is not None
            for name in ("expected", "actual", "total_error", "mean_absolute_error", "correlation")
        },
    }
