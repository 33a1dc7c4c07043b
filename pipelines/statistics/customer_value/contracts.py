"""Contracts that are renewed: from lines to renewals, to the margin that they still bring.

Belongs here: chains of contract lines, survival in months, the rival with one rate of churn. Does not: the likelihood
(`shifted_beta_geometric`), what a line's margin is.

A contract is a chain of lines of one customer and item, each beginning at most a month after the last ended. The end of
a line is its renewal: another line follows, or the customer has left. Renewals come every twelve months.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged
from pipelines.statistics.customer_value.shifted_beta_geometric import (
    draw_renewals,
    fit_shifted_beta_geometric,
    survival_from,
)
from pipelines.statistics.customer_value.valuing import BAND, MOST_DRAWS, SEED, Horizon

LONGEST_GAP_DAYS = 31
TERM_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Contracts:
    """One entry per contract known at a day: customer, renewals passed, whether it runs, months since the running
    line began, amount per month of the last line."""

    customers: pl.Series
    passed: Floats
    is_running: np.ndarray[tuple[int], np.dtype[np.bool_]]
    months_into_term: Floats
    monthly: Floats

    def __len__(self) -> int:
        return len(self.customers)


def contracts_until(lines: pl.DataFrame, until: date) -> Contracts:
    """What is known on the evening of `until`. Takes customer, item, started_on, ended_on (null: runs), monthly.

    A line that ends later runs; a contract whose last line has just ended counts as left once the longest gap is over,
    and until then as running.
    """
    over = pl.col("ended_on").is_not_null() & (
        pl.col("ended_on") <= pl.lit(until).dt.offset_by(f"-{LONGEST_GAP_DAYS}d")
    )
    chains = (
        lines.filter(pl.col("started_on") <= until)
        .sort("customer", "item", "started_on", "ended_on", nulls_last=True)
        .with_columns(before=pl.col("ended_on").shift(1).over("customer", "item"))
        .with_columns(
            is_first=pl.col("before").is_null()
            | ((pl.col("started_on") - pl.col("before")).dt.total_days() > LONGEST_GAP_DAYS)
        )
        .with_columns(chain=pl.col("is_first").cast(pl.Int64).cum_sum().over("customer", "item"))
        .group_by("customer", "item", "chain")
        .agg(
            passed=pl.len() - 1,
            is_running=~over.last(),
            began=pl.col("started_on").last(),
            monthly=pl.col("monthly").last(),
        )
        .sort("customer", "item", "chain")
    )
    months = (
        (pl.lit(until).dt.year() - pl.col("began").dt.year()) * 12
        + pl.lit(until).dt.month()
        - pl.col("began").dt.month()
    )
    return Contracts(
        customers=chains["customer"],
        passed=chains["passed"].cast(pl.Float64).to_numpy(),
        is_running=chains["is_running"].to_numpy(),
        months_into_term=chains.select(months.cast(pl.Float64)).to_series().to_numpy(),
        monthly=chains["monthly"].cast(pl.Float64).to_numpy(),
    )


def fit_contracts(given: Contracts) -> Fit | NotConverged:
    """The shifted beta-geometric of all contracts."""
    running = given.is_running
    left_at, passed = given.passed[~running] + 1, given.passed[running]
    return fit_shifted_beta_geometric(left_at, np.ones(len(left_at)), passed, np.ones(len(passed)))


def constant_churn(given: Contracts) -> float | None:
    """The rival's one rate: contracts left over renewals that came up; None before any came up."""
    left = float((~given.is_running).sum())
    came_up = left + float(given.passed.sum())
    return left / came_up if came_up > 0 else None


def renewals_ahead(given: Contracts, month: int) -> Floats:
    """Renewals of each running contract in the next `month` months; a term that has overrun is due at once."""
    into = np.minimum(given.months_into_term, TERM_MONTHS - 1)
    return np.floor((into + month) / TERM_MONTHS)


def expected_months(given: Contracts, fit: Fit | float, horizon: Horizon) -> tuple[Floats, Floats]:
    """Months that each contract is expected to be paid over the horizon: plain, and discounted as orders are. `fit` is
    the shifted beta-geometric or the rival's rate. None for a contract that does not run."""
    plain, discounted = np.zeros(len(given)), np.zeros(len(given))
    for month, factor in enumerate(horizon.factors(), start=1):
        ahead = renewals_ahead(given, month)
        stays = survival_from(fit, given.passed, ahead) if isinstance(fit, Fit) else (1 - fit) ** ahead
        plain += stays * given.is_running
        discounted += stays * given.is_running * factor
    return plain, discounted


def band_of_totals(
    given: Contracts, fit: Fit, margin: Floats, horizon: Horizon, customers: pl.Series
) -> tuple[Floats, Floats]:
    """10% and 90% quantiles of the discounted margin of each of `customers`, all its running contracts together."""
    generator = np.random.default_rng(SEED)
    renewed = draw_renewals(fit, given.passed, draws=MOST_DRAWS, generator=generator)
    paid = np.zeros((len(given), MOST_DRAWS))
    for month, factor in enumerate(horizon.factors(), start=1):
        paid += (renewals_ahead(given, month)[:, None] <= renewed) * factor
    totals = paid * (margin * given.is_running)[:, None]
    places = pl.DataFrame({"customer": customers}).with_row_index("place")
    at = pl.DataFrame({"customer": given.customers}).join(places, on="customer", maintain_order="left")["place"]
    summed = np.zeros((len(customers), MOST_DRAWS))
    np.add.at(summed, at.to_numpy(), totals)
    low, high = np.quantile(summed, BAND, axis=1)
    return low, high
