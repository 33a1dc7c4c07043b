"""Cash of the weeks and months ahead, per scenario, as rows: documents, promises, baseline and dated flows on periods.

Amounts per document are cents of a running total, rounded at each period's end: a document's periods add up to what is
open of it, the last row being what is expected after the horizon.

Belongs here: rows. Does not: when a document is paid, what scenarios do to it, bands (`balances`), dbt.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from pipelines.statistics.cash.accuracy import Learned
from pipelines.statistics.cash.ahead import (
    BASELINE_LAYERS,
    SIGNS,
    Ahead,
    Periods,
    baseline_by,
    look_ahead,
    months_ahead,
    promised_by,
    shares_by,
    weeks_ahead,
)
from pipelines.statistics.cash.company_frames import Company, date_of, days_of
from pipelines.statistics.cash.scenarios import Edit, dated_flows, scale_factors
from pipelines.statistics.payment_timing.documents import Floats

LINES = {
    "scenario": pl.String,
    "layer": pl.String,
    "category": pl.String,
    "entity_id": pl.String,
    "currency": pl.String,
    "bank_account_id": pl.String,
    "document_type": pl.String,
    "document_id": pl.String,
    "instalment_no": pl.Int32,
    "counterparty_id": pl.String,
    "period_kind": pl.String,
    "period_no": pl.Int32,
    "period_on": pl.Date,
    "is_after_horizon": pl.Boolean,
    "amount_doc_cents": pl.Int64,
    "amount_rpt_cents": pl.Int64,
}


def projected_lines(company: Company, learned: Learned, scenarios: dict[str, tuple[Edit, ...]]) -> pl.DataFrame:
    """Rows of every scenario, documents and flows one by one, for thirteen weeks and for eighteen months."""
    as_of = date_of(company.as_of)
    tables = [pl.DataFrame(schema=LINES)]
    for periods in (weeks_ahead(as_of), months_ahead(as_of)):
        ahead = look_ahead(company, learned, ends=periods.ends)
        for name, edits in scenarios.items():
            tables += [table.with_columns(scenario=pl.lit(name)) for table in _scenario_lines(ahead, periods, edits)]
    return pl.concat([table.select(list(LINES)) for table in tables])


def _scenario_lines(ahead: Ahead, periods: Periods, edits: tuple[Edit, ...]) -> list[pl.DataFrame]:
    company, timed = ahead.company, ahead.timed
    open_rows = company.rows[timed.of.tolist()]
    shares = shares_by(ahead, edits)
    signs = np.array([SIGNS[layer] for layer in open_rows["layer"]], dtype=np.float64)
    documents = _rows_over(
        open_rows,
        signs[:, None] * shares * company.open_cents[timed.of][:, None],
        signs[:, None] * shares * company.open_doc_cents[timed.of][:, None],
        periods,
        totals=(signs * company.open_cents[timed.of], signs * company.open_doc_cents[timed.of]),
    )
    promised_rows = company.rows[ahead.promises.tolist()]
    promised_signs = np.array([SIGNS[layer] for layer in promised_rows["layer"]], dtype=np.float64)
    by_day = promised_by(company, timed, ahead.promises, periods.ends, edits=edits) * promised_signs[:, None]
    to_doc = np.divide(
        company.open_doc_cents[ahead.promises],
        company.open_cents[ahead.promises],
        out=np.zeros(len(ahead.promises)),
        where=company.open_cents[ahead.promises] > 0,
    )
    promises = _rows_over(promised_rows, by_day, by_day * to_doc[:, None], periods, totals=None)
    baseline = _baseline_rows(ahead, periods)
    flows = _flow_rows(ahead, periods, edits)
    tables = [table for table in (documents, promises, baseline, flows) if table.height]
    return [_scaled(table, periods, edits, company.as_of) for table in tables]


def _rows_over(
    rows: pl.DataFrame, rpt_by: Floats, doc_by: Floats, periods: Periods, *, totals: tuple[Floats, Floats] | None
) -> pl.DataFrame:
    """One row per document and period with cents. With totals, what is left is a row after the horizon."""
    if totals is not None:
        rpt_by, doc_by = (
            np.concatenate([by, total[:, None]], axis=1) for by, total in zip((rpt_by, doc_by), totals, strict=True)
        )
    rpt, doc = (np.diff(np.rint(by), axis=1, prepend=0.0).astype(np.int64) for by in (rpt_by, doc_by))
    which, period = np.nonzero((rpt != 0) | (doc != 0))
    first = [*periods.first, periods.last[-1] + timedelta(days=1)]
    return rows[which.tolist()].select(
        pl.col("flow_layer").alias("layer"),
        pl.when(pl.col("layer") == "payables").then(pl.lit("vendors")).otherwise(pl.lit("customers")).alias("category"),
        "entity_id",
        "currency",
        "bank_account_id",
        "document_type",
        "document_id",
        pl.col("instalment_no").cast(pl.Int32),
        "counterparty_id",
        pl.lit(periods.kind).alias("period_kind"),
        pl.Series("period_no", period, dtype=pl.Int32),
        pl.Series("period_on", [first[place] for place in period], dtype=pl.Date),
        pl.Series("is_after_horizon", period >= len(periods.first)),
        pl.Series("amount_doc_cents", doc[which, period]),
        pl.Series("amount_rpt_cents", rpt[which, period]),
    )


def _baseline_rows(ahead: Ahead, periods: Periods) -> pl.DataFrame:
    company = ahead.company
    by_day = baseline_by(ahead)
    entities = {row["entity_id"]: row for row in company.entities.iter_rows(named=True)}
    described = [
        {
            "layer": layer,
            "flow_layer": BASELINE_LAYERS[layer][0],
            "entity_id": entity,
            "currency": entities[entity]["currency"],
            "bank_account_id": entities[entity]["account_in" if layer == "receivables" else "account_out"],
            "document_type": "baseline",
            "document_id": f"{BASELINE_LAYERS[layer][0]} {entity}",
            "instalment_no": 1,
            "counterparty_id": None,
        }
        for layer, entity in company.groups
    ]
    signs = np.array([SIGNS[layer] for layer, _ in company.groups], dtype=np.float64)
    rates = np.array([float(entities[entity]["rate_to_rpt"]) for _, entity in company.groups])
    rpt = 100 * signs[:, None] * by_day
    rows = pl.DataFrame(described, schema_overrides={"counterparty_id": pl.String, "bank_account_id": pl.String})
    return _rows_over(rows, rpt, rpt / np.where(rates > 0, rates, 1.0)[:, None], periods, totals=None)


def _flow_rows(ahead: Ahead, periods: Periods, edits: tuple[Edit, ...]) -> pl.DataFrame:
    company = ahead.company
    flows = dated_flows(company.flows, edits, company.entities, as_of=date_of(company.as_of))
    if flows.is_empty():
        return pl.DataFrame(schema=LINES).drop("scenario")
    period = np.searchsorted(periods.ends, days_of(flows["expected_on"]))
    inside = period < len(periods.first)
    kept = flows.filter(pl.Series(inside))
    return (
        kept.select(
            "layer",
            "category",
            "entity_id",
            "currency",
            "bank_account_id",
            "document_type",
            "document_id",
            pl.col("instalment_no").cast(pl.Int32),
            "counterparty_id",
            pl.lit(periods.kind).alias("period_kind"),
            pl.Series("period_no", period[inside], dtype=pl.Int32),
            pl.Series("period_on", [periods.first[place] for place in period[inside]], dtype=pl.Date),
            pl.lit(value=False).alias("is_after_horizon"),
            pl.col("doc_cents").alias("amount_doc_cents"),
            pl.col("rpt_cents").alias("amount_rpt_cents"),
        )
        .group_by(
            *(name for name in LINES if name not in {"scenario", "amount_doc_cents", "amount_rpt_cents"}),
            maintain_order=True,
        )
        .agg(pl.col("amount_doc_cents", "amount_rpt_cents").sum())
    )


def _scaled(lines: pl.DataFrame, periods: Periods, edits: tuple[Edit, ...], as_of: int) -> pl.DataFrame:
    """Amounts times what `scale` edits make of their layer and period."""
    if not any(edit.kind == "scale" for edit in edits):
        return lines
    factor = np.ones(lines.height)
    period = np.minimum(lines["period_no"].to_numpy(), len(periods.first) - 1)
    for layer, entity in lines.select("layer", "entity_id").unique().sort("layer", "entity_id").iter_rows():
        if layer == "bank":
            continue
        factors = scale_factors(layer, entity, edits, starts=periods.starts(as_of), ends=periods.ends)
        mine = ((lines["layer"] == layer) & (lines["entity_id"] == entity)).to_numpy()
        factor[mine] = factors[period[mine]]
    return lines.with_columns(
        **{
            name: pl.Series(np.rint(lines[name].to_numpy() * factor).astype(np.int64))
            for name in ("amount_doc_cents", "amount_rpt_cents")
        }
    )
