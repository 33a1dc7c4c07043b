"""Keys that one file gives more than once: which row counts, which are superseded, which cannot be decided.

Belongs here: rows of one part against each other. A key given again by a later file is no duplicate but a correction;
that is settled where batches are applied in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from pipelines.canonical import Entity
from pipelines.landing import quarantine
from pipelines.landing.selects import PARQUET, quoted
from pipelines.sources.tables import literal


@dataclass(frozen=True, slots=True)
class Superseded:
    """Rows left out because the same file has a newer version of them, or the same row again, and their money."""

    rows: int = 0
    money: dict[str, Decimal] = field(default_factory=dict)


def settle_duplicates(
    connection: duckdb.DuckDBPyConnection, part: Path, entity: Entity, money: list[str]
) -> Superseded:
    """Leave one row per key in `part`.

    The same row again is superseded; of rows that differ, the newest by updated_at counts and the others are
    superseded; where that does not tell, every row of the key goes to `quarantined` and takes its document with it.
    """
    source = f"read_parquet({literal(str(part))})"
    key = ", ".join(quoted(name) for name in entity.key)
    # Hashes may meet by chance, which costs a closer look and nothing else; equal keys never have different hashes.
    total, distinct = connection.execute(f"select count(*), count(distinct hash({key})) from {source}").fetchall()[0]
    if total == distinct:
        return Superseded()
    connection.execute(
        f"create or replace temp table doubled as select part.* from {source} as part "
        f"semi join (select {key} from {source} group by all having count(*) > 1) as again "
        f"on {_same_key(entity, 'part', 'again')}"
    )
    _decide(connection, entity, key)
    _quarantine(connection, source, entity, money)
    sums = "".join(f", sum({quoted(name)})" for name in money)
    rows, *amounts = connection.execute(
        f"select count(*){sums} from doubled where fate = 'superseded' "
        "and batch_row not in (select row_number from quarantined)"
    ).fetchall()[0]
    kept = part.with_name(f"{part.name}.single")
    connection.execute(
        f"copy (select * from {source} where batch_row not in (select batch_row from doubled where fate <> 'counts') "
        f"and batch_row not in (select row_number from quarantined)) to {literal(str(kept))} {PARQUET}"
    )
    kept.replace(part)
    return Superseded(int(rows), {name: amount or Decimal(0) for name, amount in zip(money, amounts, strict=True)})


def _decide(connection: duckdb.DuckDBPyConnection, entity: Entity, key: str) -> None:
    """Add `fate` to `doubled`: counts, superseded or undecided."""
    content = ", ".join(quoted(name) for name in entity.column_names)
    newest = "updated_at" if "updated_at" in entity.column_names else "cast(null as timestamp)"
    connection.execute(
        f"""
        create or replace temp table doubled as
        with numbered as (
            select *, row_number() over (partition by {content} order by batch_row) as again from doubled
        ),
        versions as (
            select *, {newest} as changed_at from numbered where again = 1
        ),
        ranked as (
            select
                *,
                count(*) over (partition by {key}) as versions,
                count(changed_at) over (partition by {key}) as dated,
                rank() over (partition by {key} order by changed_at desc nulls last) as place,
                count(*) over (partition by {key}, changed_at) as same_moment
            from versions
        ),
        judged as (
            select
                *,
                max(case when place = 1 then same_moment end) over (partition by {key}) as newest_versions
            from ranked
        ),
        fates as (
            select {key}, batch_row,
                case
                    when versions = 1 then 'counts'
                    when dated < versions or newest_versions > 1 then 'undecided'
                    when place = 1 then 'counts'
                    else 'superseded'
                end as fate
            from judged
        ),
        undecided as (select distinct {key}, true as is_undecided from fates where fate = 'undecided')
        select
            numbered.* exclude (again),
            case when is_undecided then 'undecided' else coalesce(fates.fate, 'superseded') end as fate
        from numbered
        left join (select batch_row, fate from fates) as fates on numbered.batch_row = fates.batch_row
        left join undecided on {_same_key(entity, "numbered", "undecided")}
        """
    )


def _same_key(entity: Entity, left: str, right: str) -> str:
    # Two rows that leave the same part of a key empty have the same key, which plain equality denies.
    sameness = {name: "is not distinct from" if entity.column(name).nullable else "=" for name in entity.key}
    return " and ".join(f"{left}.{quoted(name)} {same} {right}.{quoted(name)}" for name, same in sameness.items())


def _quarantine(connection: duckdb.DuckDBPyConnection, source: str, entity: Entity, money: list[str]) -> None:
    columns = _quarantine_columns(entity, money)
    text_of = {name: f"cast({quoted(name)} as varchar)" for name in entity.key}
    connection.execute(
        f"insert into quarantined by name select {columns}, {literal(entity.key[0])} as column_name, "
        f"{quarantine.source_id(entity, text_of)} as value, 'duplicate_key' as reason, "
        "'is the key of several different rows, and no updated_at tells which is the newest' as message "
        "from doubled where fate = 'undecided'"
    )
    if entity.document is not None:
        document = quoted(entity.document)
        connection.execute(
            f"insert into quarantined by name select {columns}, {literal(entity.document)} as column_name, "
            f"{document} as value, 'document_incomplete' as reason, {literal(quarantine.WITHHELD)} as message "
            f"from {source} where {document} in (select {document} from doubled where fate = 'undecided') "
            "and batch_row not in (select row_number from quarantined)"
        )


def _quarantine_columns(entity: Entity, money: list[str]) -> str:
    text_of = {name: f"cast({quoted(name)} as varchar)" for name in entity.column_names}
    record = ", ".join(f"{literal(name)}, {text}" for name, text in text_of.items())
    document = text_of.get(entity.document or "", "cast(null as varchar)")
    totals = "".join(f', {quoted(name)} as "in {name}", false as "raw {name}"' for name in money)
    return (
        f"batch_row as row_number, {quarantine.source_id(entity, text_of)} as source_id, {document} as document_id, "
        f"cast(json_object({record}) as varchar) as record{totals}"
    )
