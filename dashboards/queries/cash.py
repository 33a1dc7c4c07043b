"""Cash beyond the outlook: its band, scenarios side by side, the documents that move it, how earlier outlooks did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dashboards.cash_answers import LAYERS
from dashboards.method_words import CASH_LAYERS, CASH_METHODS, CASH_WARNINGS, HORIZONS, WARNING_WEEKS, said
from dashboards.queries.codes import in_words, number_of
from dashboards.reading import Reading

BASE = "base"
WHOLE = "all"
METHOD = "payment_history"
"""The method that has bands and scenarios."""


@dataclass(frozen=True, slots=True)
class Band:
    """The balance at each week's end: its band (one in ten below, half, one in ten above) and what must be kept."""

    weeks: tuple[date, ...]
    low: tuple[Decimal, ...]
    middle: tuple[Decimal, ...]
    high: tuple[Decimal, ...]
    minimum: Decimal | None


@dataclass(frozen=True, slots=True)
class Weekly:
    """Expected cash by week and layer over the chosen entities, and the balance that it starts from."""

    weeks: tuple[date, ...]
    flows: dict[str, tuple[Decimal, ...]]
    opening: Decimal

    @property
    def balance(self) -> tuple[Decimal, ...]:
        """The balance at each week's end."""
        running, found = self.opening, []
        for place in range(len(self.weeks)):
            running += sum((flow[place] for flow in self.flows.values()), Decimal(0))
            found.append(running)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ToldAndCame:
    """By day of the telling: what the weeks after it were told to bring, and what they brought."""

    told_on: tuple[date, ...]
    projected: tuple[Decimal | None, ...]
    actual: tuple[Decimal | None, ...]


def scenarios(reading: Reading) -> tuple[str, ...]:
    """The scenarios of this version, base first."""
    table = reading.rows("select distinct scenario from finance.fct_cash_outlook order by scenario <> 'base', scenario")
    return tuple(table["scenario"].to_pylist())


def band(reading: Reading, scenario: str = BASE) -> Band | None:
    """The band of one scenario, of the whole company or of the one chosen entity.

    None for several entities (their bands do not add up) and where no band is published.
    """
    entity = _one_entity(reading)
    if entity is None:
        return None
    rows = reading.rows(
        "select period_on, p10_balance_rpt, p50_balance_rpt, p90_balance_rpt, minimum_balance_rpt"
        " from finance.fct_cash_projection_bands where scenario = $scenario and entity_id = $entity"
        " and period_kind = 'week' and p50_balance_rpt is not null order by period_on",
        scenario=scenario,
        entity=entity,
    ).to_pylist()
    if not rows:
        return None
    return Band(
        tuple(row["period_on"] for row in rows),
        tuple(row["p10_balance_rpt"] for row in rows),
        tuple(row["p50_balance_rpt"] for row in rows),
        tuple(row["p90_balance_rpt"] for row in rows),
        rows[0]["minimum_balance_rpt"],
    )


def outlook(reading: Reading, names: tuple[str, ...] = (BASE,)) -> pa.Table:
    """What the weeks ahead come to under some scenarios: one row each, base first, whole company or the one entity."""
    return reading.rows(
        "select scenario, opening_balance_rpt, minimum_balance_rpt, lowest_p50_balance_rpt, lowest_p10_balance_rpt,"
        " lowest_on, first_below_minimum_on, below_minimum_ratio, mean_net_burn_rpt, runway_months"
        " from finance.fct_cash_outlook where list_contains($names, scenario) and entity_id = $entity"
        " order by scenario <> 'base', scenario",
        names=names,
        entity=_one_entity(reading) or WHOLE,
    )


def weekly(reading: Reading, scenario: str = BASE) -> Weekly:
    """Expected cash of one scenario by the method that scenarios are made with, over the chosen entities."""
    rows: list[dict[str, Any]] = reading.rows(
        "select week_on, layer, sum(amount_rpt) as amount from finance.fct_cash_projection"
        " where method = $method and scenario = $scenario"
        " and ($entities is null or list_contains($entities, entity_id)) group by week_on, layer order by week_on",
        method=METHOD,
        scenario=scenario,
        entities=reading.entities,
    ).to_pylist()
    weeks = tuple(dict.fromkeys(row["week_on"] for row in rows))
    cells = {(row["week_on"], row["layer"]): row["amount"] for row in rows}
    layers = dict.fromkeys(row["layer"] for row in rows if row["layer"] != "bank")
    flows = {layer: tuple(cells.get((week, layer), Decimal(0)) for week in weeks) for layer in layers}
    opening = sum((row["amount"] for row in rows if row["layer"] == "bank"), Decimal(0))
    return Weekly(weeks, flows, opening)


def largest_items(reading: Reading, *, most: int = 100) -> pa.Table:
    """The five largest receipts and payments of each week ahead: the documents that move the balance."""
    table = reading.rows(
        "select week_on, layer, document_type,"
        # What history leads to expect has no document.
        f" case when document_type <> 'baseline' then {number_of('document_id')} end as document_id, entity_id,"
        " sum(amount_rpt) as amount_rpt"
        " from finance.fct_cash_projection_items where is_chosen and scenario = 'base' and not is_after_horizon"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by week_on, layer, document_type, fct_cash_projection_items.document_id, entity_id"
        " qualify row_number() over (partition by week_on order by abs(sum(amount_rpt)) desc,"
        " fct_cash_projection_items.document_id) <= 5"
        " order by week_on, abs(sum(amount_rpt)) desc, fct_cash_projection_items.document_id limit $most",
        entities=reading.entities,
        most=most,
    )
    return in_words(in_words(table, "layer", words=LAYERS), "document_type")


def told_and_came(reading: Reading) -> ToldAndCame:
    """Earlier days whose four weeks after them have passed: what the method in use would have told, and what came."""
    table = reading.rows(
        "select projected_on, sum(projected_rpt) as projected, sum(actual_rpt) as actual"
        " from finance.fct_cash_projection_accuracy where is_chosen and week_no < 4"
        " and layer in ('receivables', 'payables')"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by projected_on having max(week_no) = 3 order by projected_on",
        entities=reading.entities,
    )
    columns = (tuple(table[name].to_pylist()) for name in ("projected_on", "projected", "actual"))
    return ToldAndCame(*columns)


def scores(reading: Reading) -> pa.Table:
    """How well each method did over the last year, per layer and horizon, the one in use first.

    layer, horizon, method, is_chosen, origins_count, wape_ratio, bias_ratio, mase_ratio, coverage_ratio, pinball_rpt
    (mean of the three quantiles' losses per forecast; null for methods without a band); all entities.
    """
    table = reading.rows(
        "select layer, horizon, method, is_chosen, origins_count, wape_ratio, bias_ratio, mase_ratio, coverage_ratio,"
        " cast((p10_pinball_rpt + p50_pinball_rpt + p90_pinball_rpt) / 3 as decimal(18, 2)) as pinball_rpt"
        " from finance.fct_cash_projection_scores where list_contains($horizons, horizon)"
        " order by list_position($layers, layer), list_position($horizons, horizon), not is_chosen, method",
        horizons=tuple(HORIZONS),
        layers=tuple(CASH_LAYERS),
    )
    for column, words in (("layer", CASH_LAYERS), ("horizon", HORIZONS), ("method", CASH_METHODS)):
        table = said(reading.display, table, column, words)
    return table


def warnings(reading: Reading) -> pa.Table:
    """What came of the warnings of earlier outlooks, by the method in use: one row per kind of warning and weeks ahead.

    warning, within, outlooks_count, below_count, warned_count, hit_ratio (of the times below, those warned of),
    false_alarm_ratio (of the warnings, those that nothing came of). Sums over sums of the chosen entities.
    """
    table = reading.rows(
        "select warning, weeks_count::varchar as within, sum(outlooks_count)::bigint as outlooks_count,"
        " sum(below_count)::bigint as below_count, sum(warned_count)::bigint as warned_count,"
        " sum(hit_count)::double / nullif(sum(below_count), 0) as hit_ratio,"
        " sum(warned_count - hit_count)::double / nullif(sum(warned_count), 0) as false_alarm_ratio"
        " from finance.fct_cash_warning_scores where is_chosen"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by warning, weeks_count order by warning, weeks_count",
        entities=reading.entities,
    )
    return said(reading.display, said(reading.display, table, "warning", CASH_WARNINGS), "within", WARNING_WEEKS)


def _one_entity(reading: Reading) -> str | None:
    if reading.entities is None:
        return WHOLE
    return reading.entities[0] if len(reading.entities) == 1 else None
