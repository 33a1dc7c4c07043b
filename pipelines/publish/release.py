"""The files of one version: the whole marts, one file per access profile, and what its manifest says of them.

Where they are put and when readers see them is decided in `run` and `versions`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from company.roles import accesses_in_use
from company.settings import Settings
from company.versions import FileState, ProfileState, SourceState
from pipelines.publish.profiles import profile_state, profiles_in_use, write_profile
from pipelines.publish.versions import file_state
from pipelines.warehouse.databases import DatabasePair

if TYPE_CHECKING:
    from pipelines.landing.manifests import BatchManifest


def write_files(settings: Settings, copies: DatabasePair, folder: Path) -> dict[str, ProfileState]:
    """Put the marts (mode 0600) and every profile in use into a new folder. Nothing is made durable yet."""
    folder.mkdir(parents=True)
    marts = folder / "marts.duckdb"
    copies.marts.chmod(0o600)
    try:
        # The copies are never written again: the next run copies them, so one file can serve both folders.
        os.link(copies.marts, marts)
    except OSError:
        shutil.copy(copies.marts, marts)
    return write_profiles(settings, marts, folder / "profiles")


def write_profiles(settings: Settings, marts: Path, folder: Path) -> dict[str, ProfileState]:
    """Write one file per access profile in use. The folder is made; it must not exist."""
    folder.mkdir(parents=True)
    in_use = profiles_in_use(accesses_in_use(settings))
    for profile_hash, access in in_use.items():
        write_profile(marts, access, folder / f"{profile_hash}.duckdb")
    return {profile_hash: profile_state(access) for profile_hash, access in in_use.items()}


def file_states(folder: Path) -> dict[str, FileState]:
    """Hash and size of every database file of a version, by its name in the version's folder."""
    paths = [folder / "marts.duckdb", *sorted((folder / "profiles").glob("*.duckdb"))]
    return {path.relative_to(folder).as_posix(): file_state(path) for path in paths}


def source_states(
    settings: Settings, batches: Sequence[BatchManifest], *, now: datetime, unread: Collection[str]
) -> tuple[SourceState, ...]:
    """When each source was last read with success, and whether that breaks its promise. `unread`: failed this time."""
    states = []
    for name, source in settings.sources.items():
        moments = [batch.read_at for batch in batches if batch.source == name and batch.status == "loaded"]
        read_at = max(moments, default=None)
        late = read_at is None or now - read_at > timedelta(hours=source.fresh_within_hours)
        state = SourceState(
            name=name,
            read_at=read_at,
            fresh_within_hours=source.fresh_within_hours,
            stale=late or name in unread,
        )
        states.append(state)
    return tuple(states)
