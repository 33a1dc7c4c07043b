"""Results of customer value as rows: the columns of the two tables that dbt's Python models return.

Belongs here: names, types and nulls of columns. Does not: any figure.
"""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from pipelines.statistics.customer_value.estimation import Fit, NotConverged
from pipelines.statistics.customer_value.valuing import AmountModel, Score

HOLDOUTS = {
    "stream": pl.String,
    "segment": pl.String,
    "regime": pl.String,
    "method": pl.String,
    "is_naive": pl.Boolean,
    "origin_on": pl.Date,
    "until_on": pl.Date,
    "customers_count": pl.Int64,
    "expected_orders": pl.Float64,
    "actual_orders": pl.Float64,
    "orders_mean_absolute_error": pl.Float64,
    "orders_correlation": pl.Float64,
    "expected_margin": pl.Float64,
    "actual_margin": pl.Float64,
    "margin_mean_absolute_error": pl.Float64,
    "margin_correlation": pl.Float64,
}
ESTIMATES = {
    "method": pl.String,
    "party_id": pl.String,
    "stream": pl.String,
    "regime": pl.String,
    "is_chosen": pl.Boolean,
    "is_fallback": pl.Boolean,
    "fallback_reason": pl.String,
    "parameters": pl.String,
    "repeat_orders": pl.Int64,
    "probability_active": pl.Float64,
    "expected_orders": pl.Float64,
    "expected_order_margin": pl.Float64,
    "expected_margin": pl.Float64,
    "low_margin": pl.Float64,
    "high_margin": pl.Float64,
    "naive_margin": pl.Float64,
}


def scored(kind: str, given: Score) -> dict[str, object]:
    return {
        f"expected_{kind}": given.expected,
        f"actual_{kind}": given.actual,
        f"{kind}_mean_absolute_error": given.mean_absolute_error,
        f"{kind}_correlation": given.correlation,
    }


def told_parameters(fit: Fit, amounts: AmountModel | None) -> str:
    """Parameters as JSON: what a model was when it gave these figures."""
    told: dict[str, object] = dict(zip(fit.names, fit.values, strict=True))
    if amounts is not None:
        told["amounts"] = amounts.name
        if isinstance(amounts.fit, Fit):
            told |= dict(zip(amounts.fit.names, amounts.fit.values, strict=True))
        else:
            told |= {"mean": amounts.fit.mean, "between": amounts.fit.between, "within": amounts.fit.within}
    return json.dumps(told)


def estimate_rows(
    customers: pl.Series,
    *,
    method: str,
    stream: str,
    regime: str,
    is_chosen: bool,
    refused: NotConverged | None,
    **figures: object,
) -> pl.DataFrame:
    """Rows in the columns of ESTIMATES; a figure that is not given is null."""
    count = len(customers)
    constant: dict[str, object] = {
        "method": method,
        "stream": stream,
        "regime": regime,
        "is_chosen": is_chosen,
        "is_fallback": refused is not None,
        "fallback_reason": refused.reason if refused is not None else None,
    }
    columns: dict[str, pl.Series] = {}
    for name, kind in ESTIMATES.items():
        value = customers if name == "party_id" else figures.get(name, constant.get(name))
        if isinstance(value, pl.Series | np.ndarray):
            columns[name] = pl.Series(name, value).cast(kind)
        else:
            columns[name] = pl.Series(name, [value] * count, dtype=kind)
    return pl.DataFrame(columns)
