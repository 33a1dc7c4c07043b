"""The source rows behind a restatement: which rows of the facts differ between the version readers saw and the new one.

Belongs here: comparing two marts files row by row, for the months whose values changed. Does not: which values changed
(history), or what a fact means. Rows are told apart by their source's own key, so that each leads to a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse.databases import quoted, text_literal

MOST_ROWS = 200
"""Rows named per fact and month, the largest first; what is beyond is one row with its count and amounts."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A published table of source rows: the day a row counts on, and what it is worth in the reporting currency."""

    relation: str
    day: str
    amount: str


FACTS = (
    Fact("finance.fct_journal_lines", "posted_on", "debit_rpt - credit_rpt"),
    Fact("finance.fct_invoice_lines", "invoiced_on", "net_rpt"),
    Fact("finance.fct_payments", "paid_on", "amount_rpt"),
    Fact("finance.fct_receivable_events", "event_on", "amount_local"),
    Fact("finance.fct_payable_events", "event_on", "amount_local"),
    Fact("operations.fct_receipts", "received_on", "received_rpt"),
    Fact("sales.fct_deals", "closed_on", "amount_rpt"),
    Fact("sales.fct_leads", "created_on", "0"),
)
_DOCUMENT = {"entity_id": "null", "document_type": "null", "document_id": "null", "source_system": "null"}


@dataclass(frozen=True, slots=True)
class Cause:
    """A row that is new, gone or changed; `change` is `more` for what is beyond MOST_ROWS, counted in `rows_count`."""

    period_on: date
    relation: str
    entity_id: str | None
    document_type: str | None
    document_id: str | None
    source_system: str | None
    source_id: str | None
    change: str
    old_amount: Decimal | None
    new_amount: Decimal | None
    rows_count: int
    old_version: str
    new_version: str
    changed_at: datetime


def find_causes(
    connection: duckdb.DuckDBPyConnection,
    before: Path,
    *,
    months: Iterable[date],
    old_version: str,
    new_version: str,
    changed_at: datetime,
    facts: Sequence[Fact] = FACTS,
) -> tuple[Cause, ...]:
    """Rows that differ in the given months. `connection` is on the new marts file, `before` is the old one.

    A column that only one of the two files has is not compared. Where the old file is gone, nothing is known: no rows.
    """
    wanted = sorted(set(months))
    if not wanted or not before.is_file():
        return ()
    found: list[Cause] = []
    connection.execute(f"attach {text_literal(before)} as before (read_only)")
    try:
        for fact in facts:
            columns = _common_columns(connection, fact.relation)
            if fact.day in columns and "source_id" in columns:
                # Most restated months have no row that differs: an estimate moved, or a ratio over other months.
                differing = connection.execute(_differing_months(fact, columns), [wanted]).fetchall()
                rows = connection.execute(_differences(fact, columns), [[month for (month,) in differing]]).fetchall()
                found += [_cause((*row, old_version, new_version, changed_at)) for row in rows]
    finally:
        connection.execute("detach before")
    return tuple(found)


def _cause(values: Sequence[Any]) -> Cause:
    return Cause(**dict(zip(Cause.__slots__, values, strict=True)))


def _common_columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    schema, table = relation.split(".")
    rows = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ?"
        " and (database_name = 'before' or database_name = current_database())"
        " group by column_name having count(*) = 2 and count(distinct data_type) = 1 order by 1",
        [schema, table],
    ).fetchall()
    return [name for (name,) in rows]


def _differing_months(fact: Fact, columns: Sequence[str]) -> str:
    """Months whose rows are not the same ones, by the sum of a hash over every column: one pass over either table."""
    listed = ", ".join(quoted(name) for name in columns)
    months = " union all ".join(
        f"select {_month(fact)} as period_on, sum(cast(hash({listed}) as hugeint)) as content, count(*) as rows_count"
        f" from {of}{fact.relation} {_within(fact)} group by 1"
        for of in ("before.", "")
    )
    return (
        f"select period_on from ({months}) group by period_on"
        " having count(*) = 1 or min(content) <> max(content) or min(rows_count) <> max(rows_count) order by 1"
    )


def _month(fact: Fact) -> str:
    return f"cast(date_trunc('month', {fact.day}) as date)"


def _within(fact: Fact) -> str:
    return f"where {_month(fact)} in (select unnest(cast($1 as date[])))"


def _differences(fact: Fact, columns: Sequence[str]) -> str:
    listed = ", ".join(quoted(name) for name in columns)
    named = ", ".join(name if name in columns else f"{other} as {name}" for name, other in _DOCUMENT.items())
    within = _within(fact)
    side = (
        f"select {_month(fact)} as period_on, {named}, source_id,"
        f" {{old}} as is_old, cast({fact.amount} as decimal(38, 6)) as amount"
        f" from (select {listed} from {{of}}{fact.relation} {within} except all"
        f" select {listed} from {{other}}{fact.relation} {within})"
    )
    old, new = side.format(old="true", of="before.", other=""), side.format(old="false", of="", other="before.")
    return f"""
        with differing as ({old} union all {new}),
        by_row as (
            select period_on, max(entity_id) as entity_id, max(document_type) as document_type,
                max(document_id) as document_id, source_system, source_id,
                case when bool_and(is_old) then 'removed' when bool_or(is_old) then 'changed' else 'added' end
                    as change,
                sum(amount) filter (is_old) as old_amount, sum(amount) filter (not is_old) as new_amount
            from differing group by period_on, source_system, source_id
        ),
        ranked as (
            select *, row_number() over (
                partition by period_on
                order by abs(coalesce(new_amount, 0) - coalesce(old_amount, 0)) desc, source_system, source_id
            ) as place
            from by_row
        )
        select period_on, '{fact.relation}' as relation, entity_id, cast(document_type as varchar),
            cast(document_id as varchar), source_system, source_id, change, old_amount, new_amount, 1 as rows_count
        from ranked where place <= {MOST_ROWS}
        union all
        select period_on, '{fact.relation}', null, null, null, null, null, 'more', sum(old_amount), sum(new_amount),
            count(*)
        from ranked where place > {MOST_ROWS} group by period_on
        order by period_on, change = 'more', source_system, source_id
    """
