"""Cash of the weeks and months ahead, per scenario: expected flows as rows, and bands of balances from paths.

Belongs here: putting documents, promises, baseline and dated flows on periods. Does not: when a document is paid, what
scenarios do to it, dbt.

Amounts per document are cents of a running total, rounded at each period's end: a document's periods add up to what is
open of it, the last row being what is expected after the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.statistics.cash.accuracy import CHOSEN_BASELINE, ROUGH_SIDE, Learned, billing_to_come
from pipelines.statistics.cash.company_frames import DOCUMENT_KEY, LAYERS, Company, date_of, days_of
from pipelines.statistics.cash.rolling import HORIZON, Timed, estimate_dependence, time_documents
from pipelines.statistics.cash.scenarios import Edit, chances, dated_flows, later_days, scale_factors
from pipelines.statistics.cash.simulation import OpenMoney, simulate
from pipelines.statistics.payment_timing.blending import blended
from pipelines.statistics.payment_timing.documents import Floats, Ints
from pipelines.statistics.payment_timing.lateness import fit_lateness, paid_by_days

WEEKS, MONTHS = 13, 18
BASELINE_WEEKS = 84
BASELINE_LAYERS = {"receivables": ("baseline_receipts", "customers"), "payables": ("baseline_payments", "vendors")}
SIGNS = {"receivables": 1, "payables": -1}
PATHS = 10_000
NORMAL_TENTH = 1.2815515655446004

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
BANDS = {
    "scenario": pl.String,
    "entity_id": pl.String,
    "period_kind": pl.String,
    "period_no": pl.Int32,
    "period_on": pl.Date,
    "low": pl.Float64,
    "middle": pl.Float64,
    "high": pl.Float64,
    "below_minimum": pl.Float64,
    "below_minimum_so_far": pl.Float64,
    "minimum": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods of one kind that follow each other: first and last days. What is before the as-of day is over."""

    kind: str
    first: tuple[date, ...]
    last: tuple[date, ...]

    @property
    def ends(self) -> Ints:
        return days_of(pl.Series(self.last))

    def starts(self, as_of: int) -> Ints:
        """The day before each period, or the as-of day where that is later."""
        return np.asarray(np.maximum(days_of(pl.Series(self.first)) - 1, as_of), dtype=np.int64)


def weeks_ahead(as_of: date) -> Periods:
    """Thirteen weeks from Monday, the first being the one that the day after lies in."""
    monday = as_of + timedelta(days=1)
    monday -= timedelta(days=monday.weekday())
    first = tuple(monday + timedelta(days=7 * week) for week in range(WEEKS))
    return Periods("week", first, tuple(day + timedelta(days=6) for day in first))


def months_ahead(as_of: date) -> Periods:
    """Eighteen months, the first being the one that the day after lies in."""
    first = pl.Series([(as_of + timedelta(days=1)).replace(day=1)])
    starts = [first.dt.offset_by(f"{month}mo").item() for month in range(MONTHS + 1)]
    return Periods("month", tuple(starts[:-1]), tuple(day - timedelta(days=1) for day in starts[1:]))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What every scenario starts from: open documents and promises timed up to each day of `ends`, and the baseline per
    week (groups x weeks from the as-of day), less what promises already bring."""

    company: Company
    learned: Learned
    ends: Ints
    timed: Timed
    promises: Ints
    baseline: Floats


def look_ahead(company: Company, learned: Learned, *, ends: Ints) -> Ahead:
    """Time everything once."""
    groups = len(company.groups)
    timed = _time(company, ends=ends)
    promises = np.arange(company.promised_from, len(company.documents))
    weekly_ends = company.as_of + 7 * np.arange(1, BASELINE_WEEKS + 1)
    coming = billing_to_come(company, company.existing, origin=company.as_of, horizon=BASELINE_WEEKS)[CHOSEN_BASELINE]
    promised = _promised(company, timed, promises, weekly_ends, edits=())
    weekly = np.zeros((groups, BASELINE_WEEKS))
    for week in range(BASELINE_WEEKS):
        amounts = promised[:, week] - (promised[:, week - 1] if week else 0.0)
        weekly[:, week] = np.bincount(company.documents.group[promises], amounts / 100, minlength=groups)
    return Ahead(company, learned, ends, timed, promises, np.maximum(coming - weekly, 0.0))


def _time(company: Company, *, ends: Ints) -> Timed:
    timed = time_documents(
        company.documents, company.settlements, origin=company.as_of, ends=ends, groups=len(company.groups)
    )
    # The mart says what is open; rounding at another rate may leave a cent that it does not know.
    is_open = company.open_cents[timed.of] > 0
    return Timed(timed.known, timed.of[is_open], timed.model[is_open], timed.due[is_open], timed.dependence)


def _promised(company: Company, timed: Timed, promises: Ints, ends: Ints, *, edits: tuple[Edit, ...]) -> Floats:
    """Cents of each promise expected by each day, chance included (promises x days)."""
    if not len(promises):
        return np.zeros((0, len(ends)))
    lateness = fit_lateness(company.documents, timed.known, of=promises)
    rows = company.rows[promises.tolist()]
    shares = paid_by_days(
        company.documents, timed.known, lateness, of=promises, ends=ends, later_days=later_days(rows, edits)
    )
    return np.asarray(shares * (company.open_cents[promises] * chances(rows, edits))[:, None], dtype=np.float64)


def _shares(ahead: Ahead, edits: tuple[Edit, ...]) -> Floats:
    """Shares of open documents paid by each day: habits and due dates, blended; those that an edit delays are timed
    again."""
    company, timed = ahead.company, ahead.timed
    horizon = np.clip(-(-(ahead.ends - company.as_of) // 7), 1, HORIZON) - 1
    rows = company.rows[timed.of.tolist()]
    days = later_days(rows, edits)
    shares = np.zeros_like(timed.model)
    for layer in LAYERS:
        mine = (rows["layer"] == layer).to_numpy()
        shares[mine] = blended(timed.model[mine], timed.due[mine], ahead.learned.weights[layer][horizon])
    moved = np.flatnonzero(days)
    if len(moved):
        lateness = fit_lateness(company.documents, timed.known, of=timed.of[moved])
        shares[moved] = paid_by_days(
            company.documents, timed.known, lateness, of=timed.of[moved], ends=ahead.ends, later_days=days[moved]
        )
    return shares


def _baseline_by(ahead: Ahead) -> Floats:
    """Baseline up to each day of `ends`, in reporting currency: groups x days. A week comes in equal parts per day."""
    running = np.concatenate([np.zeros((len(ahead.baseline), 1)), np.cumsum(ahead.baseline, axis=1)], axis=1)
    weeks = (ahead.ends - ahead.company.as_of) / 7
    grid = np.arange(BASELINE_WEEKS + 1)
    return np.stack([np.interp(weeks, grid, row) for row in running]).reshape(len(running), len(weeks))


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
    shares = _shares(ahead, edits)
    signs = np.array([SIGNS[layer] for layer in open_rows["layer"]], dtype=np.float64)
    documents = _rows_over(
        open_rows,
        signs[:, None] * shares * company.open_cents[timed.of][:, None],
        signs[:, None] * shares * company.open_doc_cents[timed.of][:, None],
        periods,
        totals=(signs * company.open_cents[timed.of], signs * company.open_doc_cents[timed.of]),
    )
    promised_rows = company.rows[ahead.promises.tolist()]
    by_day = _promised(company, timed, ahead.promises, periods.ends, edits=edits)
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
    by_day = _baseline_by(ahead)
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


def balance_bands(company: Company, learned: Learned, scenarios: dict[str, tuple[Edit, ...]]) -> pl.DataFrame:
    """Bands of every entity's balance, and of the whole company's (`all`), at the end of each week and month."""
    as_of = date_of(company.as_of)
    kinds = (weeks_ahead(as_of), months_ahead(as_of))
    ends = np.unique(np.concatenate([periods.ends for periods in kinds]))
    ahead = look_ahead(company, learned, ends=ends)
    entities = company.entities["entity_id"].to_list()
    rows: list[dict[str, object]] = []
    for name, edits in scenarios.items():
        paths = balance_paths(ahead, edits)
        for place, entity in enumerate([*entities, "all"]):
            own = paths[place] if entity != "all" else paths.sum(axis=0)
            rows += _band_rows(company, own, scenario=name, entity=entity, kinds=kinds, ends=ends)
    return pl.DataFrame(rows, schema=BANDS)


def balance_paths(ahead: Ahead, edits: tuple[Edit, ...], *, paths: int = PATHS) -> Floats:
    """Balances in reporting currency: entities x paths x days of `ends`."""
    company, learned = ahead.company, ahead.learned
    entities = company.entities["entity_id"].to_list()
    starts = np.concatenate([[company.as_of], ahead.ends[:-1]])
    generator = np.random.default_rng([7, company.as_of])
    shares = _shares(ahead, edits)
    drawn = np.zeros((len(company.groups), paths, len(ahead.ends)))
    for layer in LAYERS:
        mine = np.isin(company.documents.group[ahead.timed.of], company.groups_of(layer))
        of = ahead.timed.of[mine]
        money = OpenMoney(
            company.documents.group[of], company.documents.party[of], company.open_cents[of] / 100, shares[mine]
        )
        together = estimate_dependence(company.documents, ahead.timed.known, groups=company.groups_of(layer))
        drawn += simulate(money, together, groups=len(company.groups), paths=paths, generator=generator)
    horizon = np.clip(-(-(ahead.ends - company.as_of) // 7), 1, HORIZON) - 1
    baseline, certain = _baseline_by(ahead), _certain_by(ahead, edits)
    balance = np.repeat(certain[:, None, :], paths, axis=1)
    for place, (layer, entity) in enumerate(company.groups):
        below, above = learned.documents_reach[layer][horizon].T
        middle = np.median(drawn[place], axis=0)
        about = drawn[place] - middle
        paid = np.maximum(middle + np.where(about > 0, about * above, about * below), 0.0)
        factors = scale_factors(layer, entity, edits, starts=starts, ends=ahead.ends)
        new_layer = BASELINE_LAYERS[layer][0]
        new_factors = scale_factors(new_layer, entity, edits, starts=starts, ends=ahead.ends)
        luck = generator.standard_normal((paths, 1)) / NORMAL_TENTH
        sides = ROUGH_SIDE * learned.baseline_reach[layer][horizon]
        level = np.maximum(1 + np.where(luck > 0, luck * sides[:, 1], luck * sides[:, 0]), 0.0)
        expected = np.cumsum(np.diff(baseline[place], prepend=0.0) * new_factors)
        new = level * expected
        if not np.all(factors == 1):
            paid = np.cumsum(np.diff(paid, axis=1, prepend=0.0) * factors, axis=1)
        balance[entities.index(entity)] += SIGNS[layer] * (paid + new)
    return balance


def _certain_by(ahead: Ahead, edits: tuple[Edit, ...]) -> Floats:
    """Opening balance, dated flows and promises up to each day: entities x days."""
    company = ahead.company
    entities = company.entities["entity_id"].to_list()
    starts = np.concatenate([[company.as_of], ahead.ends[:-1]])
    found = np.zeros((len(entities), len(ahead.ends)))
    flows = dated_flows(company.flows, edits, company.entities, as_of=date_of(company.as_of))
    promised = np.diff(_promised(company, ahead.timed, ahead.promises, ahead.ends, edits=edits), axis=1, prepend=0.0)
    promise_rows = company.rows[ahead.promises.tolist()]
    place = {entity: number for number, entity in enumerate(entities)}
    for layer, entity in flows.select("layer", "entity_id").unique().sort("layer", "entity_id").iter_rows():
        mine = flows.filter((pl.col("layer") == layer) & (pl.col("entity_id") == entity))
        period = np.searchsorted(ahead.ends, days_of(mine["expected_on"]))
        inside = period < len(ahead.ends)
        cents = mine["rpt_cents"].to_numpy()[inside].astype(np.float64)
        amounts = np.asarray(np.bincount(period[inside], cents, minlength=len(ahead.ends)) / 100, dtype=np.float64)
        if layer != "bank":
            amounts = amounts * scale_factors(layer, entity, edits, starts=starts, ends=ahead.ends)
        found[place[entity]] += np.cumsum(amounts)
    for layer, entity in (
        promise_rows.select("flow_layer", "entity_id").unique().sort("flow_layer", "entity_id").iter_rows()
    ):
        own = ((promise_rows["flow_layer"] == layer) & (promise_rows["entity_id"] == entity)).to_numpy()
        due = promised[own].sum(axis=0) / 100 * scale_factors(layer, entity, edits, starts=starts, ends=ahead.ends)
        found[place[entity]] += np.cumsum(due)
    return found


def _band_rows(
    company: Company, paths: Floats, *, scenario: str, entity: str, kinds: tuple[Periods, ...], ends: Ints
) -> list[dict[str, object]]:
    minimums = dict(zip(company.entities["entity_id"], company.entities["minimum_rpt"], strict=True))
    minimum = float(sum(minimums.values()) if entity == "all" else minimums[entity])
    rows: list[dict[str, object]] = []
    for periods in kinds:
        place = np.searchsorted(ends, periods.ends)
        own = paths[:, place]
        low, middle, high = np.quantile(own, [0.1, 0.5, 0.9], axis=0)
        is_below = own < minimum
        so_far = np.logical_or.accumulate(is_below, axis=1)
        rows += [
            {
                "scenario": scenario,
                "entity_id": entity,
                "period_kind": periods.kind,
                "period_no": number,
                "period_on": periods.first[number],
                "low": float(low[number]),
                "middle": float(middle[number]),
                "high": float(high[number]),
                "below_minimum": float(is_below[:, number].mean()),
                "below_minimum_so_far": float(so_far[:, number].mean()),
                "minimum": minimum,
            }
            for number in range(len(periods.first))
        ]
    return rows


def line_key() -> tuple[str, ...]:
    """What makes a line one: for tests and for the grain of the model."""
    return ("scenario", "layer", *DOCUMENT_KEY, "period_kind", "period_no")
