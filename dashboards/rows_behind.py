"""The rows that a metric was counted from, with the source's own ids: from a number on a page to documents.

Belongs here: which published table holds the rows of which metric, and the queries. Does not: widgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from dashboards.reading import Reading

MOST = 1000


@dataclass(frozen=True, slots=True)
class _Rows:
    """How the rows of some metrics are asked for. `time` is None for what stands open at the as-of day."""

    table: str
    columns: str
    amount: str
    time: str | None
    condition: str
    entity: str
    """SQL that gives the canonical entity of the row, as it is named in loads."""
    dimensions: Mapping[str, str]
    joins: str = ""


_CUSTOMER = " left join common.dim_customers as customers on customers.customer_id = facts.customer_id"
_ITEM = " left join common.dim_items as items on items.item_id = facts.item_id"
_OWNER = " left join common.dim_owners as owners on owners.owner_id = facts.owner_id"
_VENDOR = " left join common.dim_vendors as vendors on vendors.vendor_id = facts.vendor_id"

_INVOICE_LINES = _Rows(
    table="finance.fct_invoice_lines",
    columns="facts.invoiced_on, facts.document_id, customers.name as customer, items.name as item, facts.quantity,"
    " facts.currency, facts.net_doc, facts.net_rpt, facts.cost_rpt, facts.margin_rpt",
    amount="facts.net_rpt",
    time="facts.invoiced_on",
    condition="not facts.is_intercompany",
    entity="case facts.document_type when 'credit_note' then 'credit_note_line' else 'invoice_line' end",
    dimensions={
        **{name: f"facts.{name}" for name in ("entity_id", "region", "channel", "department_code", "category",
                                              "item_type", "customer_id", "item_id", "project_id")},
        "customer__name": "customers.name",
        "item__name": "items.name",
    },
    joins=_CUSTOMER + _ITEM,
)  # fmt: skip
_DEAL_DIMENSIONS = {
    **{name: f"facts.{name}" for name in ("entity_id", "region", "segment", "owner_id", "currency", "lead_source",
                                          "deal_type", "pipeline", "stage", "lost_reason", "industry")},
    "owner__name": "owners.name",
    "owner__team": "owners.team",
}  # fmt: skip
_DEAL_COLUMNS = (
    "facts.name as deal, owners.name as owner, facts.stage, facts.region, facts.created_on, facts.closed_on,"
    " facts.expected_close_on, facts.currency, facts.amount_doc, facts.amount_rpt"
)
_DEALS = _Rows(
    table="sales.fct_deals",
    columns=_DEAL_COLUMNS,
    amount="facts.amount_rpt",
    time="facts.closed_on",
    condition="facts.is_closed",
    entity="'deal'",
    dimensions=_DEAL_DIMENSIONS,
    joins=_OWNER,
)
_WON = replace(_DEALS, condition="facts.is_won")
_OPEN = replace(_DEALS, time=None, condition="facts.is_open")
_RECEIVABLE_COLUMNS = (
    "facts.document_id, facts.document_type, customers.name as customer, facts.invoiced_on, facts.due_on,"
    " facts.days_overdue, facts.currency, facts.gross_doc, facts.open_rpt"
)
_RECEIVABLE_DIMENSIONS = {
    "entity_id": "facts.entity_id",
    "customer_id": "facts.customer_id",
    "bucket": "facts.bucket",
    "customer__name": "customers.name",
    "customer__region": "customers.region",
    "customer__segment": "customers.segment",
}
_RECEIVABLES = _Rows(
    table="finance.fct_receivable_items",
    columns=_RECEIVABLE_COLUMNS,
    amount="facts.open_rpt",
    time=None,
    condition="facts.open_rpt <> 0 and not facts.is_intercompany",
    entity="facts.document_type",
    dimensions=_RECEIVABLE_DIMENSIONS,
    joins=_CUSTOMER,
)
_OVERDUE = replace(
    _RECEIVABLES,
    condition=f"{_RECEIVABLES.condition} and facts.bucket in ('1_30', '31_60', '61_90', 'over_90')",
)
_PAYABLES = _Rows(
    "finance.fct_payable_items",
    "facts.document_id, facts.document_type, vendors.name as vendor, facts.billed_on, facts.due_on,"
    " facts.days_overdue, facts.currency, facts.gross_doc, facts.open_rpt",
    "facts.open_rpt",
    None,
    "facts.open_rpt <> 0 and not facts.is_intercompany",
    "case facts.document_type when 'debit_note' then 'bill' else facts.document_type end",
    {"entity_id": "facts.entity_id", "vendor_id": "facts.vendor_id", "bucket": "facts.bucket"},
    _VENDOR,
)

_OF_METRIC: Mapping[str, _Rows] = {
    "net_revenue": _INVOICE_LINES,
    "gross_margin": _INVOICE_LINES,
    "gross_margin_ratio": _INVOICE_LINES,
    "bookings": _WON,
    "deals_won": _WON,
    "sales_cycle_days": _WON,
    "win_rate": _DEALS,
    "open_pipeline": _OPEN,
    "weighted_pipeline": _OPEN,
    "receivables_open": _RECEIVABLES,
    "receivables_overdue": _OVERDUE,
    "payables_open": _PAYABLES,
}
"""Metrics whose rows are documents or lines of a source. Others are results of models: see lineage on Data trust."""


@dataclass(frozen=True, slots=True)
class RowsBehind:
    """At most `MOST` rows, largest first; `count` and `narrowed` speak of all of them."""

    table: pa.Table
    count: int
    narrowed: tuple[str, ...]
    """Dimensions in use that the rows were narrowed by."""


def has_rows(reading: Reading, metric: str) -> bool:
    """Whether the documents behind a metric are in the reader's file."""
    return metric in _OF_METRIC and reading.holds(_OF_METRIC[metric].table) and reading.has(metric)


def rows_behind(reading: Reading, metric: str, picked: tuple[str, str] | None = None) -> RowsBehind:
    """The rows of a metric under the reader's filters and one more picked member, with system, entity and id.

    Raises KeyError for a metric that has none.
    """
    spec = _OF_METRIC[metric]
    where: dict[str, tuple[str, ...]] = dict(reading.where(metric))
    if picked is not None:
        where[picked[0]] = (picked[1],)
    narrowed = tuple(name for name in where if name in spec.dimensions)
    conditions = [spec.condition]
    conditions += [f"list_contains($m{place}, {spec.dimensions[name]})" for place, name in enumerate(narrowed)]
    values: dict[str, object] = {f"m{place}": where[name] for place, name in enumerate(narrowed)}
    if spec.time is not None:
        conditions.append(f"{spec.time} between $first and $last")
        values |= {"first": reading.filters.now.first, "last": reading.filters.now.last}
    source = f"from {spec.table} as facts{spec.joins} where {' and '.join(conditions)}"
    table = reading.rows(
        f"select {spec.columns}, facts.source_system, {spec.entity} as source_entity, facts.source_id {source}"
        f" order by abs({spec.amount}) desc nulls last, facts.source_id limit {MOST}",
        **values,
    )
    count = reading.rows(f"select count(*) as n {source}", **values)["n"][0].as_py()
    return RowsBehind(table, int(count), narrowed)


def files_of(reading: Reading, *, system: str, entity: str, most: int = 3) -> pa.Table:
    """The newest files or pages in which a source delivered an entity: file_name, read_at, rows_loaded."""
    return reading.rows(
        "select file_name, read_at, rows_loaded from operations.fct_source_loads"
        " where source_system = $system and entity = $entity and status = 'loaded'"
        " order by upper_at desc nulls last, read_at desc limit $most",
        system=system,
        entity=entity,
        most=most,
    )
