"""The backtest of a company as rows, and what a projection of today takes from them.

Belongs here: rows in and out. Does not: the loop over origins (`rolling`), the forecast of new billing (`baseline`).

One row per method, layer, entity, origin and week. Layers receivables and payables: documents open at the origin.
not_yet_invoiced and not_yet_billed: payments on documents issued after it, every fourth origin; purchase_orders: the
part of not_yet_billed that is on order at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.statistics.cash.baseline import METHODS, billing, payments_to_come, total_forecasts
from pipelines.statistics.cash.calibration import Band, reach, rolled, scores
from pipelines.statistics.cash.company_frames import LAYERS, Company, date_of
from pipelines.statistics.cash.purchase_orders import PurchaseOrders, orders_backtest
from pipelines.statistics.cash.rolling import HORIZON, YEAR, Backtest, backtest, known_at, rolling_origins
from pipelines.statistics.payment_timing.blending import model_weights
from pipelines.statistics.payment_timing.documents import Documents, Floats, Ints, Settlements

CHOSEN, CHOSEN_BASELINE = "payment_history", "median"
NEW_LAYERS = {"receivables": "not_yet_invoiced", "payables": "not_yet_billed"}
ORDERED = "purchase_orders"
ORIGINS, BASELINE_EVERY = 65, 4
MOST_DOCUMENTS = 60_000
"""With more, the backtest is of every second, third .. counterparty: sixty-five origins of millions take minutes."""
SERIES_WEEKS = 156

ROWS = {
    "method": pl.String,
    "is_chosen": pl.Boolean,
    "layer": pl.String,
    "entity_id": pl.String,
    "origin_on": pl.Date,
    "week_no": pl.Int32,
    "projected": pl.Float64,
    "total_projected": pl.Float64,
    "actual": pl.Float64,
    "total_actual": pl.Float64,
    "naive": pl.Float64,
    **{
        f"{part}_{side}": pl.Float64
        for part in ("drawn", "band", "total_drawn", "total_band")
        for side in ("low", "middle", "high")
    },
}


@dataclass(frozen=True, slots=True)
class Learned:
    """From the backtest, by layer of documents: weight of habits per horizon; reach of bands of money up to a horizon
    (horizons x 2: below, above), of documents and of what comes after them."""

    weights: dict[str, Floats]
    documents_reach: dict[str, Floats]
    baseline_reach: dict[str, Floats]


def accuracy_rows(company: Company, orders: PurchaseOrders) -> pl.DataFrame:
    """Every row of the backtest up to the as-of day."""
    documents = company.existing
    origins = rolling_origins(documents, as_of=company.as_of, count=ORIGINS)
    tables = [pl.DataFrame(schema=ROWS)]
    if len(origins):
        # Layer by layer: customers teach nothing about how vendors are paid, nor about how well that is known.
        for layer in LAYERS:
            own, settled = company.of_layer(layer, most=MOST_DOCUMENTS)
            found = backtest(own, settled, as_of=company.as_of, origins=origins, groups=len(company.groups))
            tables += [rows.filter(pl.col("layer") == layer) for rows in _document_rows(company, found)]
        tables += _baseline_rows(company, documents, origins[(len(origins) - 1) % BASELINE_EVERY :: BASELINE_EVERY])
        if len(orders):
            tables += _order_rows(company, orders, origins)
    return pl.concat(tables).drop_nulls("actual").sort("layer", "method", "origin_on", "entity_id", "week_no")


def _document_rows(company: Company, found: Backtest) -> list[pl.DataFrame]:
    rivals = {"due_date": found.due, "habits": found.model, "seasonal_naive": found.naive}
    bands = {
        "drawn": found.drawn,
        "band": found.band,
        "total_drawn": found.total_drawn,
        "total_band": found.total_band,
    }
    return [
        _rows(
            company,
            found.origins,
            method=CHOSEN,
            projected=found.blend,
            actual=found.actual,
            naive=found.naive,
            bands=bands,
        ),
        *(
            _rows(
                company,
                found.origins,
                method=method,
                projected=projected,
                actual=found.actual,
                naive=found.naive,
                bands=None,
            )
            for method, projected in rivals.items()
        ),
    ]


def _baseline_rows(company: Company, documents: Documents, origins: Ints) -> list[pl.DataFrame]:
    settled = company.settlements
    weeks = np.arange(1, HORIZON + 1)
    shape = (len(origins), len(company.groups), HORIZON)
    projected = {method: np.zeros(shape) for method in METHODS}
    actual, naive = np.zeros(shape), np.zeros(shape)
    for place, origin in enumerate(origins):
        for method, values in billing_to_come(company, documents, origin=int(origin), horizon=HORIZON).items():
            projected[method][place] = values
        actual[place] = _paid_on_new(documents, settled, origin=int(origin), groups=shape[1])
        naive[place] = _paid_on_new(documents, settled, origin=int(origin) - 364, groups=shape[1])
    passed = origins[:, None] + 7 * weeks[None, :] <= company.as_of
    actual = np.where(passed[:, None, :], actual, np.nan)
    bands = _rolled_bands(company, origins, projected[CHOSEN_BASELINE], actual)
    return [
        _rows(
            company,
            origins,
            method=method,
            projected=values,
            actual=actual,
            naive=naive,
            bands=bands if method == CHOSEN_BASELINE else None,
            names=NEW_LAYERS,
        )
        for method, values in projected.items()
    ]


def _order_rows(company: Company, orders: PurchaseOrders, origins: Ints) -> list[pl.DataFrame]:
    """Bills to come of orders that were placed by the origin, by habits and by due dates."""
    found = orders_backtest(company, orders, origins=origins, most=MOST_DOCUMENTS)
    bands = _rolled_bands(company, origins, found.model, found.actual)
    rows = [
        _rows(
            company,
            origins,
            method=method,
            projected=projected,
            actual=found.actual,
            naive=found.naive,
            bands=bands if method == CHOSEN else None,
            names={"receivables": "", "payables": ORDERED},
        )
        for method, projected in ((CHOSEN, found.model), ("due_date", found.due))
    ]
    return [table.filter(pl.col("layer") == ORDERED) for table in rows]


def _rolled_bands(company: Company, origins: Ints, middle: Floats, actual: Floats) -> dict[str, Band]:
    is_known = known_at(origins, np.arange(1, HORIZON + 1))
    together = [company.groups_of(layer) for layer in LAYERS]
    bands: dict[str, Band] = {}
    for total, expected, came in (
        ("", middle, actual),
        ("total_", np.cumsum(middle, axis=2), np.cumsum(actual, axis=2)),
    ):
        bands[f"{total}drawn"], bands[f"{total}band"] = rolled(
            expected, came, is_known=is_known, together=together, window=YEAR
        )
    return bands


def billing_to_come(company: Company, documents: Documents, *, origin: int, horizon: int) -> dict[str, Floats]:
    """Payments per week on documents issued after the origin, by each method: groups x horizon."""
    groups = len(company.groups)
    given = billing(documents, company.settlements, origin=origin, groups=groups, weeks=SERIES_WEEKS)
    layers = sorted({layer for layer, _ in company.groups})
    parts = np.array([layers.index(layer) for layer, _ in company.groups])
    totals = [total_forecasts(given, parts == place, horizon) for place in range(len(layers))]
    return {
        method: payments_to_come(given, np.stack([total[method] for total in totals]), horizon, parts=parts)
        for method in METHODS
    }


def _paid_on_new(documents: Documents, settlements: Settlements, *, origin: int, groups: int) -> Floats:
    week = (settlements.day - origin - 1) // 7
    counted = (
        (week >= 0) & (week < HORIZON) & settlements.is_payment & (documents.issued[settlements.document] > origin)
    )
    paid = np.zeros((groups, HORIZON))
    np.add.at(paid, (documents.group[settlements.document[counted]], week[counted]), settlements.amount[counted])
    return paid


def _rows(
    company: Company,
    origins: Ints,
    *,
    method: str,
    projected: Floats,
    actual: Floats,
    naive: Floats,
    bands: dict[str, Band] | None,
    names: dict[str, str] | None = None,
) -> pl.DataFrame:
    """One table row per origin, group and week. names: what the layers of groups are called here."""
    count, groups, weeks = projected.shape
    layers = [names[layer] if names else layer for layer, _ in company.groups]
    data: dict[str, object] = {
        "method": np.repeat(method, projected.size),
        "is_chosen": np.repeat(bands is not None, projected.size),
        "layer": np.tile(np.repeat(layers, weeks), count),
        "entity_id": np.tile(np.repeat([entity for _, entity in company.groups], weeks), count),
        "origin_on": pl.Series([date_of(origin) for origin in origins])
        .gather(np.repeat(np.arange(count), groups * weeks))
        .cast(pl.Date),
        "week_no": np.tile(np.arange(weeks), count * groups),
        "projected": projected.ravel(),
        "total_projected": np.cumsum(projected, axis=2).ravel(),
        "actual": actual.ravel(),
        "total_actual": np.cumsum(actual, axis=2).ravel(),
        "naive": naive.ravel(),
    }
    for part in ("drawn", "band", "total_drawn", "total_band"):
        for side in ("low", "middle", "high"):
            values = None if bands is None else getattr(bands[part], side).ravel()
            data[f"{part}_{side}"] = (
                pl.Series(values, dtype=pl.Float64)
                if values is not None
                else pl.Series([None] * projected.size, dtype=pl.Float64)
            )
    return (
        pl.DataFrame(data, schema_overrides=ROWS)
        .with_columns(pl.col("actual", "total_actual").fill_nan(None))
        .select(list(ROWS))
    )


def learned_from(rows: pl.DataFrame) -> Learned:
    """What the as-of day's projection takes from the backtest: every week that has passed."""
    by_layer = {name: rows.filter(pl.col("layer") == name) for name in (*LAYERS, *NEW_LAYERS.values())}
    return Learned(
        weights={
            layer: np.array(
                [_best_weight(by_layer[layer].filter(pl.col("week_no") == week)) for week in range(HORIZON)]
            )
            for layer in LAYERS
        },
        documents_reach={layer: _reach_of(by_layer[layer], CHOSEN) for layer in LAYERS},
        baseline_reach={layer: _reach_of(by_layer[NEW_LAYERS[layer]], CHOSEN_BASELINE) for layer in LAYERS},
    )


def _best_weight(week: pl.DataFrame) -> float:
    keys = ["origin_on", "layer", "entity_id"]
    sides = [
        week.filter(pl.col("method") == method).sort(keys)["total_projected"].to_numpy()
        for method in ("habits", "due_date")
    ]
    chosen = week.filter(pl.col("method") == CHOSEN).sort(keys)
    origins = chosen["origin_on"].n_unique()
    if not origins:
        return 1.0
    shape = (origins, -1, 1)
    arrays = [side.reshape(shape) for side in (*sides, chosen["total_actual"].to_numpy())]
    return float(model_weights(*arrays, is_known=np.ones((origins, 1), dtype=np.bool_))[0])


def _reach_of(rows: pl.DataFrame, method: str) -> Floats:
    """Per horizon, from the last year of origins."""
    mine = rows.filter(pl.col("method") == method)
    found = np.ones((HORIZON, 2))
    for week in range(HORIZON):
        part = mine.filter(pl.col("week_no") == week).sort("origin_on", "layer", "entity_id")
        latest = part.filter(pl.col("origin_on").rank("dense", descending=True) <= YEAR)
        if latest.is_empty():
            continue
        band = Band(*(latest[f"total_drawn_{side}"].to_numpy() for side in ("low", "middle", "high")))
        floor = np.full(latest.height, 0.01) + 0.01 * np.abs(latest["total_projected"].to_numpy())
        found[week] = reach(scores(latest["total_actual"].to_numpy(), band, floor=floor))
    return found
