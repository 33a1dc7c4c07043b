"""What batches of one entity hold together: the keys that are current, and versions that have been landed already.

Belongs here: questions to the parts of closed batches, asked to decide what still has to be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.canonical import Entity
from pipelines.landing.manifests import BatchManifest
from pipelines.landing.selects import quoted
from pipelines.sources.tables import literal


def key_of(entity: Entity) -> str:
    """SQL: a row's key as one text, as it stands in source_id without the source's name."""
    return " || '|' || ".join(f"coalesce(cast({quoted(name)} as varchar), '')" for name in entity.key)


def since_last_full(batches: Iterable[BatchManifest]) -> list[BatchManifest]:
    """The batches in their order from the last full one on: those before it say nothing any more."""
    in_order = sorted((batch for batch in batches if batch.status == "loaded"), key=lambda batch: batch.order)
    starts = [place for place, batch in enumerate(in_order) if batch.kind == "full"]
    return in_order[starts[-1] :] if starts else in_order


def collect_current_keys(
    connection: duckdb.DuckDBPyConnection, entity: Entity, batches: Iterable[BatchManifest], *, gone: str | None = None
) -> int:
    """Fill the temporary table current_keys (key); quarantined rows are among them. Returns how many there are.

    `gone`: the column that marks a row which the system no longer counts; such rows are left out.
    """
    connection.execute("create or replace temp table current_keys (key varchar)")
    for batch in since_last_full(batches):
        if gone is not None and batch.kind != "ids" and batch.part_paths:
            marked = f"select {key_of(entity)} from read_parquet({_listed(batch.part_paths)}) where {quoted(gone)}"
            connection.execute(f"delete from current_keys where key in ({marked})")
        named = " union ".join(_keys_in(entity, batch, gone=gone if batch.kind != "ids" else None))
        if not named:
            continue
        if batch.kind == "ids":
            connection.execute(f"delete from current_keys where key not in ({named})")
        else:
            connection.execute(
                f"insert into current_keys select key from ({named}) where key not in (select key from current_keys)"
            )
    return int(connection.execute("select count(*) from current_keys").fetchall()[0][0])


def landed_versions(
    connection: duckdb.DuckDBPyConnection, entity: Entity, batches: Sequence[BatchManifest], *, since: datetime
) -> frozenset[tuple[str, datetime]]:
    """(key, updated_at) of every landed row changed at `since` or later: a delta that overlaps brings them again."""
    moment = literal(since.replace(tzinfo=None).isoformat(sep=" "))
    found: list[tuple[str, datetime]] = []
    for batch in since_last_full(batches):
        if batch.kind == "ids" or batch.upper < since:
            continue
        selects = [
            f"select {key_of(entity)} as key, updated_at from read_parquet({literal(str(path))})"
            for path in batch.part_paths
        ]
        if batch.quarantine_path is not None:
            selects.append(
                "select source_id as key, try_cast(record ->> '$.updated_at' as timestamp) as updated_at"
                f" from read_parquet({literal(str(batch.quarantine_path))})"
            )
        for select in selects:
            found += connection.execute(
                f"select key, updated_at from ({select}) where updated_at >= cast({moment} as timestamp)"
            ).fetchall()
    return frozenset(found)


def _keys_in(entity: Entity, batch: BatchManifest, *, gone: str | None) -> list[str]:
    where = "" if gone is None else f" where not {quoted(gone)}"
    parts = f"select {key_of(entity)} as key from read_parquet({_listed(batch.part_paths)}){where}"
    named = [parts] * bool(batch.part_paths)
    if batch.quarantine_path is not None:
        named.append(f"select source_id as key from read_parquet({literal(str(batch.quarantine_path))})")
    return named


def _listed(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"
