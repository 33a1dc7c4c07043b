"""A company's customers, segment by segment: what the two dbt Python models of customer value compute.

Belongs here: which model values whom, what a segment falls back to, how results become rows. Does not: dbt, SQL, rules
of business about margins; the models bring margins.

Orders without a contract (stream `orders`) are valued per segment by the regime's models; contracts (stream
`subscriptions`) by one shifted beta-geometric over all segments, because renewals are few. A customer with both has a
row for each, and is worth their sum. Where a fit does not converge, every customer of the group gets what its cohort
has brought per customer over the last twelve months, for the whole horizon, and the row says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.statistics.customer_value.contracts import (
    Contracts,
    band_of_totals,
    constant_churn,
    contracts_until,
    expected_months,
    fit_contracts,
)
from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged
from pipelines.statistics.customer_value.orders import Orders, order_days, orders_until
from pipelines.statistics.customer_value.regimes import (
    OWN_PAST_RATE,
    amounts_for,
    candidates,
    fit_models,
    judge,
    regime,
)
from pipelines.statistics.customer_value.result_rows import (
    ESTIMATES,
    HOLDOUTS,
    estimate_rows,
    scored,
    told_parameters,
)
from pipelines.statistics.customer_value.valuing import (
    ORDER_MODELS,
    AmountModel,
    Horizon,
    own_past_rate,
    score,
    value_customers,
)

MONTH_DAYS = 365.25 / 12
CONSTANT_CHURN = "constant_churn"
CONTRACTUAL = "contractual"
ALL_SEGMENTS = "all"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Orders: customer, segment, cohort, day, amount (margin). Lines: customer, item, started_on, ended_on, monthly
    (margin)."""

    orders: pl.DataFrame
    lines: pl.DataFrame

    def segments(self) -> Iterable[tuple[str, pl.DataFrame]]:
        for name in self.orders["segment"].unique().sort().to_list():
            yield name, order_days(self.orders.filter(pl.col("segment") == name).select("customer", "day", "amount"))


def read_portfolio(orders: pl.DataFrame, lines: pl.DataFrame) -> Portfolio:
    """From the rows of int_customer_orders and int_recurring_lines. Lines without a margin per month are left out."""
    return Portfolio(
        orders=orders.select(
            customer=pl.col("party_id"),
            segment=pl.col("segment"),
            cohort=pl.col("cohort_on"),
            day=pl.col("ordered_on"),
            amount=pl.col("margin_rpt").cast(pl.Float64),
        ),
        lines=lines.select(
            customer=pl.col("party_id"),
            item=pl.col("item_id"),
            started_on=pl.col("started_on"),
            ended_on=pl.col("ended_on"),
            monthly=pl.col("monthly_margin_rpt").cast(pl.Float64),
        ).drop_nulls("monthly"),
    )


def rolling_origins(as_of: date, *, months: int, count: int) -> list[tuple[date, date]]:
    """The last `count` spans of `months` months before the as-of date, one after the other: (origin, end)."""
    # From the day after and back by a day: the last day of a month goes to the last day of a month.
    after = pl.Series([as_of]).dt.offset_by("1d")
    ends = [after.dt.offset_by(f"-{months * step}mo").dt.offset_by("-1d").item() for step in range(count + 1)]
    return [(ends[step + 1], ends[step]) for step in range(count)]


def holdouts(portfolio: Portfolio, origins: list[tuple[date, date]]) -> pl.DataFrame:
    """One row per stream, segment, method and origin: every model that converged at the origin, and its rival."""
    rows: list[dict[str, object]] = []
    for segment, days in portfolio.segments():
        for origin, until in origins:
            known = orders_until(days, origin, unit_days=1)
            if len(known) == 0:
                continue
            own = regime(known)
            found = judge(days, candidates(own), origin=origin, until=until, unit_days=1, has_amounts=True)
            rows += [
                {
                    "stream": "orders",
                    "segment": segment,
                    "regime": own,
                    "method": holdout.model,
                    "is_naive": holdout.model == OWN_PAST_RATE,
                    "origin_on": origin,
                    "until_on": until,
                    "customers_count": holdout.customers,
                    **scored("orders", holdout.orders),
                    **(scored("margin", holdout.amounts) if holdout.amounts is not None else {}),
                }
                for holdout in found
            ]
    for origin, until in origins:
        rows += _contract_holdouts(portfolio.lines, origin, until)
    return pl.DataFrame(rows, schema=HOLDOUTS)


def _contract_holdouts(lines: pl.DataFrame, origin: date, until: date) -> list[dict[str, object]]:
    """Contracts that run at the origin, and the margin per month that still runs at the end: model and rival."""
    given, later = contracts_until(lines, origin), _running_margin(lines, until)
    running = given.is_running
    if not running.any():
        return []
    months = round((until - origin).days / MONTH_DAYS)
    now = pl.DataFrame({"customer": given.customers, "monthly": given.monthly * running}).filter(pl.lit(running))
    actual = (
        now.group_by("customer", maintain_order=True)
        .agg(pl.col("monthly").sum())
        .join(later, on="customer", how="left", maintain_order="left")["kept"]
        .fill_null(0.0)
        .to_numpy()
    )
    rows: list[dict[str, object]] = []
    for method, fit in (("sbg", fit_contracts(given)), (CONSTANT_CHURN, constant_churn(given))):
        if fit is None or isinstance(fit, NotConverged):
            continue
        step = Horizon(months, 1, 0)
        before = Horizon(months - 1, 1, 0)
        stays = expected_months(given, fit, step)[0] - expected_months(given, fit, before)[0]
        expected = (
            pl.DataFrame({"customer": given.customers, "margin": stays * given.monthly})
            .filter(pl.lit(running))
            .group_by("customer", maintain_order=True)
            .agg(pl.col("margin").sum())["margin"]
            .to_numpy()
        )
        rows.append(
            {
                "stream": "subscriptions",
                "segment": ALL_SEGMENTS,
                "regime": CONTRACTUAL,
                "method": method,
                "is_naive": method == CONSTANT_CHURN,
                "origin_on": origin,
                "until_on": until,
                "customers_count": len(actual),
                **scored("margin", score(expected, actual)),
            }
        )
    return rows


def _running_margin(lines: pl.DataFrame, on: date) -> pl.DataFrame:
    """Margin per month of each customer's lines that run on a day."""
    running = lines.filter((pl.col("started_on") <= on) & (pl.col("ended_on").is_null() | (pl.col("ended_on") >= on)))
    return running.group_by("customer").agg(kept=pl.col("monthly").sum().cast(pl.Float64))


def no_estimates() -> pl.DataFrame:
    """The columns of `estimates` without a row."""
    return pl.DataFrame(schema=ESTIMATES)


def estimates(portfolio: Portfolio, judged: pl.DataFrame, *, as_of: date, horizon: Horizon) -> pl.DataFrame:
    """One row per method and customer, of every model of the customer's regimes, chosen and not."""
    tables = [
        _segment_estimates(portfolio, segment, days, judged, as_of=as_of, horizon=horizon)
        for segment, days in portfolio.segments()
    ]
    tables.append(_contract_estimates(portfolio.lines, as_of=as_of, horizon=horizon))
    return pl.concat([no_estimates(), *tables]).sort("method", "party_id")


def _segment_estimates(
    portfolio: Portfolio, segment: str, days: pl.DataFrame, judged: pl.DataFrame, *, as_of: date, horizon: Horizon
) -> pl.DataFrame:
    orders = orders_until(days, as_of, unit_days=1)
    if len(orders) == 0:
        return no_estimates()
    own = regime(orders)
    names = candidates(own)
    fits = fit_models(orders, names)
    chosen = _chosen(names, fits, judged, segment)
    ahead = horizon.months * horizon.month
    factor = float(horizon.factors().mean())
    rival = own_past_rate(orders, ahead) * orders.repeat_amount * factor
    cohort = _cohort_figures(portfolio, segment, orders, as_of, horizon)
    amounts = amounts_for(orders, names[0])
    tables = []
    for name, fit in fits.items():
        refused = fit if isinstance(fit, NotConverged) else amounts if isinstance(amounts, NotConverged) else None
        figures: dict[str, object]
        if isinstance(fit, Fit) and isinstance(amounts, AmountModel):
            values = value_customers(ORDER_MODELS[name], fit, amounts, orders, horizon)
            figures = {
                "parameters": told_parameters(fit, amounts),
                "probability_active": values.active,
                "expected_orders": values.orders,
                "expected_order_margin": values.amount,
                "expected_margin": values.value,
                "low_margin": values.low,
                "high_margin": values.high,
            }
        else:
            figures = {"expected_margin": cohort}
        tables.append(
            estimate_rows(
                orders.customers,
                method=name,
                stream="orders",
                regime=own,
                is_chosen=name == chosen,
                refused=refused,
                repeat_orders=orders.histories.frequency.astype(int),
                naive_margin=rival,
                **figures,
            )
        )
    return pl.concat(tables)


def _chosen(names: tuple[str, ...], fits: dict[str, Fit | NotConverged], judged: pl.DataFrame, segment: str) -> str:
    """The converged model with the smallest mean absolute error over all holdouts where it stands in each; without
    one, the first that converged; without that, the first, whose rows fall back."""
    converged = [name for name in names if isinstance(fits[name], Fit)]
    own = judged.filter((pl.col("stream") == "orders") & (pl.col("segment") == segment))
    errors = {}
    for name in converged:
        rows = own.filter(pl.col("method") == name)
        if rows.height and rows.height == own["origin_on"].n_unique():
            weight = rows["customers_count"].to_numpy()
            errors[name] = float(np.average(rows["orders_mean_absolute_error"].to_numpy(), weights=weight))
    if errors:
        return min(errors, key=lambda name: errors[name])
    return converged[0] if converged else names[0]


def _cohort_figures(portfolio: Portfolio, segment: str, orders: Orders, as_of: date, horizon: Horizon) -> Floats:
    """What a customer of the same cohort brought in the last twelve months, or since it began, for the whole horizon
    and discounted as the models are."""
    own = portfolio.orders.filter(pl.col("segment") == segment)
    members = own.group_by("customer").agg(pl.col("cohort").first())
    brought = own.filter((pl.col("day") <= as_of) & (pl.col("day") > pl.lit(as_of).dt.offset_by("-12mo"))).join(
        members.select("customer"), on="customer"
    )
    rates = (
        members.group_by("cohort")
        .agg(customers=pl.len())
        .join(brought.group_by("cohort").agg(pl.col("amount").sum()), on="cohort", how="left")
        .with_columns(
            months=((pl.lit(as_of) - pl.col("cohort")).dt.total_days() / MONTH_DAYS).clip(1, 12),
        )
        .select("cohort", rate=pl.col("amount").fill_null(0.0) / pl.col("customers") / pl.col("months"))
    )
    joined = (
        pl.DataFrame({"customer": orders.customers})
        .join(members, on="customer", maintain_order="left")
        .join(rates, on="cohort", maintain_order="left")
    )
    return joined["rate"].to_numpy() * float(horizon.factors().sum())


def _contract_estimates(lines: pl.DataFrame, *, as_of: date, horizon: Horizon) -> pl.DataFrame:
    given = contracts_until(lines, as_of)
    if len(given) == 0:
        return no_estimates()
    fit, churn = fit_contracts(given), constant_churn(given)
    customers = given.customers.unique().sort()
    rival = _by_customer(given, customers, expected_months(given, churn or 0.0, horizon)[1] * given.monthly)
    active = _by_customer(given, customers, given.is_running.astype(float)) > 0
    figures: dict[str, object] = {"expected_margin": rival}
    if isinstance(fit, Fit):
        low, high = band_of_totals(given, fit, given.monthly, horizon, customers)
        figures = {
            "parameters": told_parameters(fit, None),
            "expected_margin": _by_customer(given, customers, expected_months(given, fit, horizon)[1] * given.monthly),
            "low_margin": low,
            "high_margin": high,
        }
    return estimate_rows(
        customers,
        method="sbg",
        stream="subscriptions",
        regime=CONTRACTUAL,
        is_chosen=True,
        refused=fit if isinstance(fit, NotConverged) else None,
        repeat_orders=_by_customer(given, customers, given.passed).astype(int),
        probability_active=active.astype(float),
        naive_margin=rival,
        **figures,
    )


def _by_customer(given: Contracts, customers: pl.Series, values: Floats) -> Floats:
    sums = pl.DataFrame({"customer": given.customers, "value": values}).group_by("customer").agg(pl.col("value").sum())
    return (
        pl.DataFrame({"customer": customers}).join(sums, on="customer", how="left", maintain_order="left")["value"]
    ).to_numpy()
