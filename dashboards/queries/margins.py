"""Why the margin moved: price, cost, volume, mix, exchange, and the customers it was lost with."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from dashboards.answers import Bridge
from dashboards.queries.codes import in_words
from dashboards.reading import Reading

STEPS = {
    "margin_new_rpt": "New",
    "margin_lost_rpt": "Lost",
    "price_rpt": "Price",
    "unit_cost_rpt": "Unit cost",
    "margin_volume_rpt": "Volume",
    "margin_mix_rpt": "Mix",
    "margin_exchange_rpt": "Exchange",
    "margin_unpriced_rpt": "Unpriced",
}
_COMPARISONS = {
    ("12m", "year"): "trailing_year",
    ("month", "year"): "previous_year",
    ("month", "period"): "previous_month",
}
"""By period and comparison of the filters: the pair of periods that the mart explains."""

_CENT = Decimal("0.01")


def cause_bridge(reading: Reading) -> Bridge | None:
    """From the comparison's margin to this period's by cause.

    None where `finance.fct_margin_bridge` explains no such pair of periods (it knows a month against the one before and
    against that of last year, and the last twelve months against the twelve before), or where a filter other than the
    entity is in use.
    """
    comparison = _COMPARISONS.get((reading.filters.period, reading.filters.comparison))
    if comparison is None or set(reading.filters.where) - {"entity_id"}:
        return None
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in STEPS)
    row = reading.rows(
        f"select coalesce(sum(base_margin_rpt), 0) as base, {sums}, coalesce(sum(margin_rpt), 0) as now"
        " from finance.fct_margin_bridge where comparison = $comparison and month_on = $month"
        " and ($entities is null or list_contains($entities, entity_id))",
        comparison=comparison,
        month=reading.filters.now.last.replace(day=1),
        entities=reading.entities,
    ).to_pylist()[0]
    start, end = row["base"].quantize(_CENT), row["now"].quantize(_CENT)
    if (end, start) != (reading.value("gross_margin"), reading.before("gross_margin")):
        return None
    steps = [(label, row[name].quantize(_CENT)) for name, label in STEPS.items()]
    # Lines keep four decimals and cards show cents: what rounding leaves belongs to the largest step.
    rest = end - start - sum((amount for _, amount in steps), Decimal(0))
    largest = max(range(len(steps)), key=lambda place: abs(steps[place][1]))
    steps[largest] = (steps[largest][0], steps[largest][1] + rest)
    return Bridge(start, tuple(step for step in steps if step[1] != 0), end)


EROSION_LEVELS = {"customer": "Customers", "item": "Items", "customer_item": "Customers and items"}
"""Whose losses are listed, as `finance.fct_margin_erosion` tells them apart; the first two are netted."""


def erosion(reading: Reading, level: str, *, most: int = 100) -> pa.Table:
    """Whose margin fell most over twelve months and by which cause, at one of EROSION_LEVELS.

    One row per entity and what the level names, with a column for each; losses are negative, in the reporting currency.
    """
    names = {"customer": "customers.name as customer", "item": "items.name as item"}
    named = ", ".join(sql for name, sql in names.items() if level in (name, "customer_item"))
    causes = ", ".join(
        f"cast(erosion.{name} as decimal(18, 2)) as {name}"
        for name in ("price_rpt", "discount_rpt", "unit_cost_rpt", "volume_rpt", "mix_rpt", "lost_and_new_rpt")
    )
    found = reading.rows(
        f"select {named}, erosion.main_cause,"
        " cast(erosion.base_margin_rpt as decimal(18, 2)) as base_margin_rpt,"
        " cast(erosion.margin_rpt as decimal(18, 2)) as margin_rpt,"
        f" cast(erosion.margin_change_rpt as decimal(18, 2)) as change_rpt, {causes},"
        " cast(erosion.exchange_rpt + erosion.unpriced_rpt as decimal(18, 2)) as other_rpt"
        " from finance.fct_margin_erosion as erosion"
        " left join common.dim_customers as customers using (customer_id)"
        " left join common.dim_items as items on items.item_id = erosion.item_id"
        " where erosion.month_on = (select max(month_on) from finance.fct_margin_erosion)"
        " and erosion.level = $level"
        " and ($entities is null or list_contains($entities, erosion.entity_id))"
        " order by erosion.margin_change_rpt, erosion.entity_id, erosion.customer_id, erosion.item_id limit $most",
        entities=reading.entities,
        level=level,
        most=most,
    )
    return in_words(found, "main_cause")
