"""Scenarios: edits to what is expected, never to what happened.

An edit names what it touches (any of customer, vendor, deal, document, layer, entity; what is left out is not asked
for) and does one thing: `delay` by days, `lose` or `win` a deal, `scale` by a ratio, `add` a flow. Edits of one
scenario, and of scenarios that are stacked, are applied one after the other. Belongs here: what edits do to flows. Does
not: reading YAML, knowing which names exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.statistics.payment_timing.documents import Flags, Floats, Ints

BASE = "base"
REVENUE_LAYERS = ("ordered", "pipeline", "baseline_receipts")
"""What layer `revenue` means: what is not invoiced yet. What is invoiced is a fact."""
ADD_HORIZON_MONTHS = 19

EDIT_COLUMNS = {
    "scenario": pl.String,
    "edit_no": pl.Int32,
    "kind": pl.String,
    "customer_id": pl.String,
    "vendor_id": pl.String,
    "deal_id": pl.String,
    "document_id": pl.String,
    "layer": pl.String,
    "entity_id": pl.String,
    "name": pl.String,
    "days": pl.Int32,
    "ratio": pl.Float64,
    "amount_doc": pl.Float64,
    "currency": pl.String,
    "from_on": pl.Date,
    "until_on": pl.Date,
    "every_months": pl.Int32,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit, as a row of int_cash_scenario_edits."""

    scenario: str
    edit_no: int
    kind: str
    customer_id: str | None = None
    vendor_id: str | None = None
    deal_id: str | None = None
    document_id: str | None = None
    layer: str | None = None
    entity_id: str | None = None
    name: str | None = None
    days: int | None = None
    ratio: float | None = None
    amount_doc: float | None = None
    currency: str | None = None
    from_on: date | None = None
    until_on: date | None = None
    every_months: int | None = None

    @property
    def counterparty(self) -> str | None:
        return self.customer_id or self.vendor_id

    @property
    def layers(self) -> tuple[str, ...]:
        if self.layer is None:
            return ()
        return REVENUE_LAYERS if self.layer == "revenue" else (self.layer,)

    def touches(self, rows: pl.DataFrame) -> Flags:
        """Which rows of documents, promises or flows it names. One that names nothing touches nothing."""
        asked = [
            ("counterparty_id", [self.counterparty] if self.counterparty else None),
            ("document_id", [self.deal_id or self.document_id or self.name] if self.is_named else None),
            ("flow_layer", list(self.layers) or None),
            ("entity_id", [self.entity_id] if self.entity_id else None),
        ]
        wanted = [(column, values) for column, values in asked if values is not None]
        if not wanted:
            return np.zeros(rows.height, dtype=np.bool_)
        kept = pl.all_horizontal([pl.col(column).is_in(values) for column, values in wanted]).fill_null(value=False)
        return np.asarray(rows.select(is_touched=kept)["is_touched"].to_numpy(), dtype=np.bool_)

    @property
    def is_named(self) -> bool:
        return bool(self.deal_id or self.document_id or (self.name and self.kind != "add"))


def read_edits(rows: pl.DataFrame) -> dict[str, tuple[Edit, ...]]:
    """Edits by scenario, in their order; the scenario `base` has none."""
    found: dict[str, list[Edit]] = {BASE: []}
    typed = rows.select(pl.col(name).cast(kind) for name, kind in EDIT_COLUMNS.items())
    for row in typed.sort("scenario", "edit_no").iter_rows(named=True):
        found.setdefault(row["scenario"], []).append(Edit(**row))
    return {name: tuple(edits) for name, edits in found.items()}


def later_days(rows: pl.DataFrame, edits: tuple[Edit, ...]) -> Ints:
    """Per document or promise, by how many days its payment is later."""
    days = np.zeros(rows.height, dtype=np.int64)
    for edit in edits:
        if edit.kind == "delay" and edit.days is not None:
            days[edit.touches(rows)] += edit.days
    return days


def chances(rows: pl.DataFrame, edits: tuple[Edit, ...]) -> Floats:
    """Per document or promise, the chance that it comes at all."""
    chance = rows["chance"].to_numpy().astype(np.float64).copy()
    for edit in edits:
        if edit.kind in {"lose", "win"}:
            chance[edit.touches(rows)] = 1.0 if edit.kind == "win" else 0.0
    return chance


def dated_flows(flows: pl.DataFrame, edits: tuple[Edit, ...], entities: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Flows on known days after delays and additions. An added flow can be delayed by a later edit that names it."""
    rates = dict(zip(entities["entity_id"], entities["rate_to_rpt"], strict=True))
    kept = flows
    for edit in edits:
        if edit.kind == "delay" and edit.days is not None and kept.height:
            touched = pl.Series(edit.touches(kept))
            since = edit.from_on or date.min
            moved = touched & (kept["expected_on"] >= since) & (kept["layer"] != "bank")
            kept = kept.with_columns(
                expected_on=pl.when(moved)
                .then(pl.col("expected_on") + pl.duration(days=edit.days))
                .otherwise(pl.col("expected_on"))
            )
        elif edit.kind == "add":
            kept = pl.concat([kept, _added(edit, flows, entities, rates, as_of)], how="vertical_relaxed")
    return kept


def _added(
    edit: Edit, flows: pl.DataFrame, entities: pl.DataFrame, rates: dict[str, float], as_of: date
) -> pl.DataFrame:
    """The days on which an added flow falls. Its amount is in the entity's own currency."""
    entity = entities.filter(pl.col("entity_id") == edit.entity_id)
    first, amount = edit.from_on, edit.amount_doc
    if entity.is_empty() or first is None or amount is None:
        return flows.clear()
    months = range(0, ADD_HORIZON_MONTHS * 12, edit.every_months) if edit.every_months else range(1)
    days = [pl.Series([first]).dt.offset_by(f"{month}mo").item() for month in months]
    horizon = pl.Series([as_of]).dt.offset_by(f"{ADD_HORIZON_MONTHS}mo").item()
    days = [day for day in days if as_of < day <= min(horizon, edit.until_on or horizon)]
    in_rpt = amount * float(rates[str(edit.entity_id)])
    direction = "account_in" if amount >= 0 else "account_out"
    return pl.DataFrame(
        [
            {
                "layer": edit.layer,
                "category": edit.layer,
                "entity_id": edit.entity_id,
                "currency": entity["currency"].item(),
                "bank_account_id": entity[direction].item(),
                "document_type": "scenario",
                "document_id": edit.name or f"{edit.scenario} {edit.edit_no}",
                "instalment_no": 1,
                "counterparty_id": None,
                "expected_on": day,
                "doc_cents": round(amount * 100),
                "rpt_cents": round(in_rpt * 100),
                "flow_layer": edit.layer,
            }
            for day in days
        ],
        schema=flows.schema,
    )


def scale_factors(layer: str, entity_id: str, edits: tuple[Edit, ...], *, starts: Ints, ends: Ints) -> Floats:
    """What periods of a layer are multiplied by, from the day after `starts` to `ends` (days since 1970). A period that
    an edit covers in part is changed in that part."""
    factors = np.ones(len(ends))
    for edit in edits:
        if edit.kind != "scale" or edit.ratio is None or edit.counterparty or edit.is_named:
            continue
        if (edit.layers and layer not in edit.layers) or (edit.entity_id and entity_id != edit.entity_id):
            continue
        first = _day(edit.from_on, -(10**7))
        last = _day(edit.until_on, 10**7)
        covered = np.clip(np.minimum(ends, last) - np.maximum(starts + 1, first) + 1, 0, None)
        factors *= 1 + edit.ratio * covered / np.maximum(ends - starts, 1)
    return factors


def _day(given: date | None, otherwise: int) -> int:
    return otherwise if given is None else (given - date(1970, 1, 1)).days
