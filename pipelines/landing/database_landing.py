"""Landing one database: one snapshot, a file per table that a mapping asks for, then as files land.

Belongs here: which tables and columns are asked for, and that a table unchanged since its last batch makes none. How a
table is read is in sources/postgresql, how a file becomes a batch in source_landing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipelines.landing.manifests import OPEN_PREFIX, BatchManifest, all_manifests
from pipelines.landing.progress import LandingProgress
from pipelines.landing.source_landing import SourceLanding, Surroundings, land_folder
from pipelines.sources.mapping import AsOf, MappedFiles, SourceMapping
from pipelines.sources.postgresql import DatabaseColumn, ReadRelation, Relation, content_of
from pipelines.sources.source_check import SourceCheck, check_folder

_STAMP = "%Y%m%dT%H%M%S%f"


class Snapshot(Protocol):
    """What landing needs of an open snapshot of a database."""

    read_at: datetime

    def relations(self) -> tuple[Relation, ...]:
        """Tables and views that may be read."""

    def read(
        self, relation: Relation, columns: Sequence[DatabaseColumn], order: Sequence[str], target: Path
    ) -> ReadRelation:
        """Write one of them to a file."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One relation and the entries that it feeds."""

    relation: Relation
    entries: tuple[MappedFiles, ...]

    def columns(self, *, only_mapped: bool) -> tuple[DatabaseColumn, ...]:
        headers = {_loose(header) for entry in self.entries for header in entry.headers}
        return tuple(column for column in self.relation.columns if not only_mapped or _loose(column.name) in headers)

    @property
    def order(self) -> tuple[str, ...]:
        """The columns of the first entry's key: the same rows are always written in the same order."""
        entry = self.entries[0]
        mapped = [entry.mapped(name) for name in entry.entity.key]
        keys = [_loose(header) for column in mapped if column is not None for header in column.headers]
        names = {_loose(column.name): column.name for column in self.relation.columns}
        return tuple(names[key] for key in dict.fromkeys(keys) if key in names)


def land_database(
    source: str,
    opened: AbstractContextManager[Snapshot],
    mapping: SourceMapping,
    landing_root: Path,
    *,
    around: Surroundings | None = None,
) -> SourceLanding:
    """Land every table that changed since its last batch. `match` of an entry is the name of a table or view.

    Raises ConnectionFailedError or SourceReadError where the database does not answer as it should, LandingError where
    the disk refuses; what was closed before stands.
    """
    around = around or Surroundings()
    folder = landing_root / f"{OPEN_PREFIX}{source}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        before = all_manifests(landing_root, source)
        unchanged: list[str] = []
        entries: list[MappedFiles] = []
        with opened as snapshot:
            wanted, missing = _wanted(snapshot.relations(), mapping)
            for one in wanted:
                name = one.relation.name
                around.on_progress(LandingProgress(source, name, "read", 0, None))
                read = snapshot.read(
                    one.relation, one.columns(only_mapped=True), one.order, _path(folder, name, snapshot.read_at)
                )
                around.checkpoint("table_read")
                files = [_as_file(entry, name, snapshot.read_at) for entry in one.entries]
                changed = [entry for entry in files if not _is_landed(entry, name, read, before)]
                entries += changed
                if not changed:
                    read.path.unlink()
                    unchanged.append(name)
        landing = land_folder(
            source,
            folder,
            SourceMapping(mapping.path, tuple(entries)),
            landing_root,
            around=replace(around, settled_seconds=0),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(landing, known=tuple(unchanged), missing=missing)


def check_database(opened: AbstractContextManager[Snapshot], mapping: SourceMapping, work: Path) -> SourceCheck:
    """What would be read from each table, with columns unmapped, missing and doubtful. `work`: a folder to fill."""
    entries: list[MappedFiles] = []
    with opened as snapshot:
        wanted, missing = _wanted(snapshot.relations(), mapping)
        for one in wanted:
            # Without a moment in its name: what is shown to people is the table.
            snapshot.read(one.relation, one.columns(only_mapped=False), one.order, work / one.relation.name)
            entries += [replace(entry, format=replace(entry.format, type="parquet")) for entry in one.entries]
    checked = check_folder(work, SourceMapping(mapping.path, tuple(entries)))
    return replace(checked, without_file=missing)


def _wanted(relations: Iterable[Relation], mapping: SourceMapping) -> tuple[list[_Wanted], tuple[str, ...]]:
    """The relations that feed anything, and the entries that no relation feeds."""
    wanted, matched = [], set()
    for relation in relations:
        entries = mapping.entries_for(relation.name)
        if entries:
            wanted.append(_Wanted(relation, entries))
            matched |= {entry.match for entry in entries}
    return wanted, tuple(dict.fromkeys(entry.match for entry in mapping.files if entry.match not in matched))


def _is_landed(entry: MappedFiles, table: str, read: ReadRelation, before: Iterable[BatchManifest]) -> bool:
    """Whether the newest batch of this entry holds the same rows. An older one does not count: rows may come back."""
    mine = [
        batch
        for batch in before
        if (batch.entity, batch.feed, batch.schema_hash) == (entry.entity.name, entry.feed, entry.schema_hash)
        and batch.file_name.rpartition("@")[0] == table
    ]
    if not mine:
        # Nothing is lost by not landing a table that never held a row.
        return read.rows == 0
    newest = max(mine, key=lambda batch: batch.upper)
    return newest.original is not None and content_of(newest.folder / newest.original.name) == read.content


def _as_file(entry: MappedFiles, table: str, read_at: datetime) -> MappedFiles:
    """The entry for this one file: its moment is the snapshot's, whatever its rows say.

    Of two snapshots the later is right even where no row in it is newer: a row may have been deleted.
    """
    return replace(
        entry,
        match=_glob_free(f"{table}@{read_at.strftime(_STAMP)}"),
        as_of=AsOf(r"@(\d{8}T\d{12})$", _STAMP),
        format=replace(entry.format, type="parquet"),
    )


def _glob_free(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _path(folder: Path, table: str, read_at: datetime) -> Path:
    return folder / f"{table}@{read_at.strftime(_STAMP)}"


def _loose(name: str) -> str:
    return " ".join(name.split()).casefold()
