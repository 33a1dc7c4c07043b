"""Bands of bank balances ahead: paths of what documents and the baseline bring, on top of what is certain.

Documents are simulated and their paths stretched by what past bands had to be; the baseline moves as one, by how wrong
it was before; dated flows, orders and deals are taken at their expectation, for the baseline's error holds theirs.

Belongs here: paths to balances, chances below a minimum. Does not: rows of flows (`projection`).
"""

from __future__ import annotations

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
from pipelines.statistics.cash.calibration import ROUGH_SIDE
from pipelines.statistics.cash.company_frames import LAYERS, PAYABLE_PROMISES, Company, date_of, days_of
from pipelines.statistics.cash.rolling import HORIZON, estimate_dependence
from pipelines.statistics.cash.scenarios import Edit, dated_flows, scale_factors
from pipelines.statistics.cash.simulation import OpenMoney, simulate
from pipelines.statistics.payment_timing.documents import Floats, Ints

PATHS = 10_000
NORMAL_TENTH = 1.2815515655446004

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
    shares = shares_by(ahead, edits)
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
    baseline, certain = baseline_by(ahead), _certain_by(ahead, edits)
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
    promised = np.diff(promised_by(company, ahead.timed, ahead.promises, ahead.ends, edits=edits), axis=1, prepend=0.0)
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
        sign = SIGNS["payables" if layer in PAYABLE_PROMISES else "receivables"]
        own = ((promise_rows["flow_layer"] == layer) & (promise_rows["entity_id"] == entity)).to_numpy()
        due = promised[own].sum(axis=0) / 100 * scale_factors(layer, entity, edits, starts=starts, ends=ahead.ends)
        found[place[entity]] += sign * np.cumsum(due)
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
