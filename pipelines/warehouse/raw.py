"""Landed batches become raw tables: the current row per key of every entity, in the build database.

Knows the order of batches and what supersedes what. Reads no source file, and knows no rule of any business: a row that
landing let through is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.canonical import LINEAGE_COLUMNS, Entity
from pipelines.landing.manifests import BatchManifest
from pipelines.warehouse.databases import quoted, text_literal
from pipelines.warehouse.errors import LandedDataError

APPLIED = "raw._applied_batch"
_LINEAGE = {
    "source_system": "varchar",
    "source_id": "varchar",
    "batch_id": "varchar",
    "batch_row": "bigint",
    "loaded_at": "timestamp",
}


@dataclass(frozen=True, slots=True)
class LoadedEntity:
    """What loading did to one source's rows of one entity: batches newly applied, rows now current."""

    source: str
    entity: str
    batches: int
    rows: int
    rebuilt: bool


def create_raw_tables(connection: duckdb.DuckDBPyConnection, entities: Iterable[Entity]) -> None:
    """Make every missing raw table, typed and empty, so that no model needs a switch for an absent source."""
    connection.execute("create schema if not exists raw")
    for entity in entities:
        columns = [(column.name, column.data_type) for column in entity.columns]
        columns += [(name, _LINEAGE[name]) for name in LINEAGE_COLUMNS]
        connection.execute(
            f"create table if not exists raw.{quoted(entity.name)} ("
            + ", ".join(f"{quoted(name)} {data_type}" for name, data_type in columns)
            + ")"
        )
    connection.execute(
        f"create table if not exists {APPLIED} (source_system varchar, entity varchar, batch_id varchar)"
    )


def in_the_name_of(manifests: Iterable[BatchManifest], ids_of: Mapping[str, str]) -> list[BatchManifest]:
    """The batches with the source whose ids they speak of as theirs; each keeps a feed of its own there.

    So a full file of one source never deletes the rows that the other gave to the same entity.
    """
    named = []
    for batch in manifests:
        owner = ids_of.get(batch.source, batch.source)
        changed = {"source": owner, "feed": f"{batch.source}/{batch.feed}"} if owner != batch.source else {}
        named.append(batch.model_copy(update=changed))
    return named


def unapplied(connection: duckdb.DuckDBPyConnection, manifests: Iterable[BatchManifest]) -> list[BatchManifest]:
    """The batches with rows that the raw tables have not taken up yet."""
    applied = set(connection.execute(f"select source_system, entity, batch_id from {APPLIED}").fetchall())
    return [m for m in manifests if m.part_paths and (m.source, m.entity, m.batch_id) not in applied]


def load_batches(
    connection: duckdb.DuckDBPyConnection, manifests: Iterable[BatchManifest], *, entities: Mapping[str, Entity]
) -> tuple[LoadedEntity, ...]:
    """Bring the raw tables up to the landed batches. Applying the same batches again changes nothing.

    `manifests`: the batches that count, in their order within each source and entity.
    Raises LandedDataError where a batch's files are not readable as its manifest says.
    """
    loaded = [m for m in manifests if m.status == "loaded" and m.entity in entities]
    _forget_gone(connection, {(m.source, m.entity) for m in loaded})
    results = []
    by_entity = sorted(loaded, key=lambda m: (m.source, m.entity, *m.order))
    for (source, name), group in groupby(by_entity, key=lambda m: (m.source, m.entity)):
        results.append(_load_entity(connection, entities[name], source=source, batches=list(group)))
    return tuple(results)


def effective(batches: Sequence[BatchManifest]) -> list[BatchManifest]:
    """The batches of one source and entity, in order, that no later full batch of the same feed replaces."""
    replaced: set[str] = set()
    standing = []
    for batch in reversed(batches):
        if batch.feed not in replaced:
            standing.append(batch)
        if batch.kind == "full" and batch.status == "loaded":
            replaced.add(batch.feed)
    return standing[::-1]


def source_id_of(entity: Entity) -> str:
    """The SQL of a row's source_id, over a relation `part` of landed rows: its business key, as the source wrote it."""
    return " || '|' || ".join(f"coalesce(cast(part.{quoted(name)} as varchar), '')" for name in entity.key)


def _load_entity(
    connection: duckdb.DuckDBPyConnection, entity: Entity, *, source: str, batches: Sequence[BatchManifest]
) -> LoadedEntity:
    applied = {
        batch_id
        for (batch_id,) in connection.execute(
            f"select batch_id from {APPLIED} where source_system = ? and entity = ?", [source, entity.name]
        ).fetchall()
    }
    new = [batch for batch in batches if batch.batch_id not in applied]
    rebuilt = bool(applied) and _needs_rebuild(batches, new, applied)
    if rebuilt:
        new = list(batches)
    if new:
        try:
            _apply(connection, entity, source=source, batches=effective(new), replaces_all=rebuilt or not applied)
        except duckdb.Error as error:
            raise LandedDataError(f"landing/{source}/{entity.name}: a batch cannot be read: {error}") from error
        _remember(connection, source=source, entity=entity.name, batches=new, forget=rebuilt)
    table = f"raw.{quoted(entity.name)}"
    rows = connection.execute(f"select count(*) from {table} where source_system = ?", [source]).fetchone()
    return LoadedEntity(source, entity.name, len(new), rows[0] if rows else 0, rebuilt)


def _needs_rebuild(batches: Sequence[BatchManifest], new: Sequence[BatchManifest], applied: set[str]) -> bool:
    if not applied <= {batch.batch_id for batch in batches}:
        return True  # a changed mapping has landed a file anew
    newest_applied = max(batch.order for batch in batches if batch.batch_id in applied)
    if any(batch.order < newest_applied for batch in new):
        return True  # an older extract that arrived late
    return bool(new) and len({batch.feed for batch in batches}) > 1  # a full batch replaces its own feed's rows only


def _forget_gone(connection: duckdb.DuckDBPyConnection, landed: set[tuple[str, str]]) -> None:
    # A source taken out of plumbline.yaml, or a landing folder that a person removed: its rows have no origin left.
    for source, entity in connection.execute(f"select distinct source_system, entity from {APPLIED}").fetchall():
        if (source, entity) not in landed:
            connection.execute(f"delete from raw.{quoted(entity)} where source_system = ?", [source])
            connection.execute(f"delete from {APPLIED} where source_system = ? and entity = ?", [source, entity])


def _apply(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    *,
    source: str,
    batches: Sequence[BatchManifest],
    replaces_all: bool,
) -> None:
    table = f"raw.{quoted(entity.name)}"
    replaces_all = replaces_all or batches[0].kind == "full"
    incoming = _current_rows(connection, entity, source=source, batches=batches)
    if replaces_all:
        connection.execute(f"delete from {table} where source_system = ?", [source])
    for batch in batches:
        if batch.kind == "ids":
            # What is in the table is older than every batch that is applied to it.
            connection.execute(
                f"delete from {table} where source_system = ? and source_id not in ({_keys_named(entity, batch)})",
                [source],
            )
    if incoming is None:
        return
    if not replaces_all:
        # Staged once, because both the delete and the insert need it.
        connection.execute(f"create or replace temp table incoming as {incoming}")
        connection.execute(
            f"delete from {table} using incoming"
            f" where {table}.source_system = incoming.source_system and {table}.source_id = incoming.source_id"
        )
        incoming = "select * from incoming"
    connection.execute(f"insert into {table} by name {incoming}")
    connection.execute("drop table if exists temp.incoming")


def _current_rows(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    *,
    source: str,
    batches: Sequence[BatchManifest],
) -> str | None:
    """A select of the newest row per key over the batches, in the columns of the raw table; None without any part."""
    files = [(path, batch) for batch in batches for path in batch.part_paths if batch.kind != "ids"]
    if not files:
        return None
    listed = "[" + ", ".join(text_literal(path) for path, _ in files) + "]"
    read = f"read_parquet({listed}, union_by_name = true, filename = 'part_file')"
    present = {row[0] for row in connection.execute(f"describe select * from {read}").fetchall()}
    columns = [_value(column.name, column.data_type, column.kind, source, present) for column in entity.columns]
    key = source_id_of(entity)
    listing = f"{', '.join(columns)}, {text_literal(source)} as source_system, {key} as source_id, part.batch_row"
    kept = " and ".join(["true", *_not_deleted(entity, key, batches, single=files[0][1] if len(files) == 1 else None)])
    if len(files) == 1:
        batch = files[0][1]
        moment = text_literal(_naive_utc(batch.read_at))
        lineage = f"{text_literal(batch.batch_id)} as batch_id, cast({moment} as timestamp) as loaded_at"
        return f"select {listing}, {lineage} from {read} as part" + (f" where {kept}" if kept != "true" else "")
    connection.register("part_lineage", _part_lineage(files, batches))
    by_key = ", ".join(f"part.{quoted(name)}" for name in entity.key)
    return (
        f"select {listing}, part_lineage.batch_id, part_lineage.loaded_at"
        f" from {read} as part inner join part_lineage on part.part_file = part_lineage.part_file where {kept}"
        f" qualify row_number() over (partition by {by_key} order by part_lineage.batch_order desc) = 1"
    )


def _not_deleted(
    entity: Entity, key: str, batches: Sequence[BatchManifest], *, single: BatchManifest | None
) -> list[str]:
    """SQL: one condition per batch of ids: a row that landed before it and whose key it does not name is deleted.

    `single`: the only batch with rows, which is read without its lineage.
    """
    conditions = []
    for place, batch in enumerate(batches):
        if batch.kind == "ids":
            is_later = f"part_lineage.batch_order > {place}"
            if single is not None:
                is_later = "true" if batches.index(single) > place else "false"
            conditions.append(f"({is_later} or {key} in ({_keys_named(entity, batch)}))")
    return conditions


def _keys_named(entity: Entity, batch: BatchManifest) -> str:
    listed = "[" + ", ".join(text_literal(path) for path in batch.part_paths) + "]"
    key = " || '|' || ".join(f"coalesce(cast(named.{quoted(name)} as varchar), '')" for name in entity.key)
    return f"select {key} from read_parquet({listed}) as named"


def _part_lineage(files: Sequence[tuple[Path, BatchManifest]], batches: Sequence[BatchManifest]) -> pa.Table:
    order = {batch.batch_id: place for place, batch in enumerate(batches)}
    return pa.table(
        {
            "part_file": [str(path) for path, _ in files],
            "batch_id": [batch.batch_id for _, batch in files],
            "batch_order": pa.array([order[batch.batch_id] for _, batch in files], pa.int32()),
            "loaded_at": pa.array([_naive_utc(batch.read_at) for _, batch in files], pa.timestamp("us")),
        }
    )


def _value(name: str, data_type: str, kind: str, source: str, present: set[str]) -> str:
    if name not in present:
        return f"cast(null as {data_type}) as {quoted(name)}"
    if kind == "id":
        # Two systems number their documents alike; the prefix keeps them apart. Null stays null.
        return f"{text_literal(source + ':')} || part.{quoted(name)} as {quoted(name)}"
    return f"part.{quoted(name)}"


def _remember(
    connection: duckdb.DuckDBPyConnection, *, source: str, entity: str, batches: Sequence[BatchManifest], forget: bool
) -> None:
    if forget:
        connection.execute(f"delete from {APPLIED} where source_system = ? and entity = ?", [source, entity])
    connection.executemany(
        f"insert into {APPLIED} values (?, ?, ?)", [[source, entity, batch.batch_id] for batch in batches]
    )


def _naive_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
