"""Which rows of a table a row rule keeps, also where the table lacks the rule's column. Values in, SQL conditions out.

A table with the column is filtered by it. One without it keeps the rows whose deal, customer, owner ... is kept: `team`
reaches deals through their owner. One that leads to neither says something of everybody's rows: it stays without any,
but for the calendar, the accounts and the like, which say nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from company.roles import RowFilter
from pipelines.warehouse.databases import quoted, text_literal

WAYS: tuple[tuple[str, str, str], ...] = (
    ("deal_id", "sales", "fct_deals"),
    ("customer_id", "common", "dim_customers"),
    ("party_id", "common", "dim_customers"),
    ("owner_id", "common", "dim_owners"),
    ("project_id", "common", "dim_projects"),
    ("item_id", "common", "dim_items"),
    ("entity_id", "common", "dim_entities"),
)
"""Key column, and the table that knows the rule's column for it; the nearest way first."""

FOR_EVERYBODY = frozenset(
    {
        ("common", "dim_accounts"),
        ("common", "dim_cost_centres"),
        ("common", "dim_currencies"),
        ("common", "dim_dates"),
        ("common", "dim_departments"),
        ("common", "dim_entities"),
        ("common", "dim_items"),
        ("common", "fct_fx_rates"),
        ("common", "metric_catalogue"),
        ("common", "model_lineage"),
        ("operations", "fct_check_results"),
        ("operations", "fct_source_loads"),
    }
)
"""Tables that say nothing of any customer, deal or amount: a row rule leaves them whole."""

Columns = Mapping[tuple[str, str], Sequence[str]]
"""The columns of every table of the whole file, by schema and name."""

NOTHING = "false"


def condition(name: tuple[str, str], rule: RowFilter, columns: Columns) -> str | None:
    """The SQL condition that a rule puts on a table, with the whole file attached as `whole`; None: every row."""
    own = columns[name]
    if rule.column in own:
        return _holds(rule)
    if name in FOR_EVERYBODY:
        return None
    for key, schema, table in WAYS:
        known = columns.get((schema, table), ())
        if key in own and key in known and rule.column in known and name != (schema, table):
            source = f"whole.{quoted(schema)}.{quoted(table)}"
            return f"{quoted(key)} in (select {quoted(key)} from {source} where {_holds(rule)})"
    return NOTHING


def _holds(rule: RowFilter) -> str:
    return f"cast({quoted(rule.column)} as varchar) in ({', '.join(text_literal(value) for value in rule.values)})"
