"""Cash beyond the outlook: which documents move it, and how earlier outlooks did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from dashboards.reading import Reading


@dataclass(frozen=True, slots=True)
class ToldAndCame:
    """By month of the telling: what the thirteen weeks were told to bring, and what they brought."""

    told_on: tuple[date, ...]
    projected: tuple[Decimal | None, ...]
    actual: tuple[Decimal | None, ...]


def largest_items(reading: Reading, *, most: int = 100) -> pa.Table:
    """The largest receipts and payments ahead, week by week: the documents that move the balance."""
    return reading.rows(
        "select week_on, layer, document_type, document_id, entity_id, sum(amount_rpt) as amount_rpt"
        " from finance.fct_cash_projection_items where method = 'due_date' and scenario = 'base'"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by week_on, layer, document_type, document_id, entity_id"
        " qualify row_number() over (partition by week_on order by abs(sum(amount_rpt)) desc, document_id) <= 5"
        " order by week_on, abs(sum(amount_rpt)) desc, document_id limit $most",
        entities=reading.entities,
        most=most,
    )


def told_and_came(reading: Reading) -> ToldAndCame:
    """Earlier outlooks whose weeks have all passed, beside what came."""
    table = reading.rows(
        "select projected_on, sum(projected_rpt) as projected, sum(actual_rpt) as actual"
        " from finance.fct_cash_projection_accuracy where method = 'due_date'"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by projected_on order by projected_on",
        entities=reading.entities,
    )
    columns = (tuple(table[name].to_pylist()) for name in ("projected_on", "projected", "actual"))
    return ToldAndCame(*columns)
