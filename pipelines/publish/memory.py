"""All that a run takes over from people and from earlier versions, and all that it leaves for later ones.

Belongs here: the list, so that no run forgets one of them. How each is stored is known by its own module.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import pyarrow as pa

from company.folders import DataFolder
from company.versions import sync_folder
from pipelines.publish import (
    causes,
    close_notes,
    frozen,
    history,
    match_decisions,
    party_history,
    period_locks,
    projections,
    scenarios,
    versions,
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a version told its readers and later ones must not forget."""

    values: history.Values = field(default_factory=dict)
    restated: tuple[history.Restatement, ...] = ()
    causes: tuple[causes.Cause, ...] = ()
    open_deals: pa.Table = field(default_factory=lambda: history.NO_DEALS)
    memberships: pa.Table | None = None
    projected: pa.Table = field(default_factory=projections.nothing_projected)


def decided(folders: DataFolder) -> str:
    """A hash of every decision that people have taken: a run with another one has something to do."""
    kept = (period_locks.locks_hash, close_notes.notes_hash, match_decisions.decisions_hash, scenarios.scenarios_hash)
    return "".join(hash_of(folders) for hash_of in kept)


def load(connection: duckdb.DuckDBPyConnection, folders: DataFolder) -> None:
    """Fill the raw tables of decisions and of what earlier versions told. `connection` is on the build database."""
    published, lineage = versions.published_versions(folders), versions.lineage(folders)
    told = versions.told_versions(folders)
    history.load_history(connection, folders, published=published, lineage=lineage, told=told)
    party_history.load_memberships(connection, folders, lineage=lineage)
    projections.load_projections(connection, folders, published)
    period_locks.load_locks(connection, folders)
    close_notes.load_notes(connection, folders)
    match_decisions.load_decisions(connection, folders)
    scenarios.load_scenarios(connection, folders)


def remember(
    connection: duckdb.DuckDBPyConnection, folders: DataFolder, *, version: str, as_of: date, at: datetime
) -> Remembered:
    """What the new marts tell, and how it differs from what readers saw last. `connection` is on the marts file."""
    values = frozen.closed_values(connection, as_of=as_of)
    seen = versions.last_seen(folders)
    restated: tuple[history.Restatement, ...] = ()
    found: tuple[causes.Cause, ...] = ()
    if seen is not None:
        before = history.read_values(folders, seen.version)
        restated = history.changes(before, values, seen=seen, new_version=version, changed_at=at)
        found = causes.find_causes(
            connection,
            folders.version(seen.version) / "marts.duckdb",
            months={change.period_on for change in restated},
            old_version=seen.version,
            new_version=version,
            changed_at=at,
        )
    return Remembered(
        values=values,
        restated=restated,
        causes=found,
        open_deals=frozen.open_deals(connection, as_of=as_of),
        memberships=party_history.new_memberships(connection, version),
        projected=projections.projected(connection),
    )


def keep(folders: DataFolder, remembered: Remembered, *, version: str, known_at: datetime, as_of: date) -> None:
    """Write it durably under history/. It counts only once its version is published."""
    party_history.write_memberships(folders, version, remembered.memberships)
    projections.write_projection(folders, version, remembered.projected, known_at=known_at, as_of=as_of)
    path = history.history_path(folders, version)
    partial = path.with_name(f".{path.name}")
    history.write_history(
        partial,
        version=version,
        known_at=known_at,
        values=remembered.values,
        new=remembered.restated,
        open_deals=remembered.open_deals,
        causes=remembered.causes,
    )
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.rename(path)
    sync_folder(path.parent)
