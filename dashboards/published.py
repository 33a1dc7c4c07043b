"""The published version that readers see: find it, open it read-only, keep it open while pages use it.

Belongs here: the pointer and connections. Does not: metrics, access rules, anything that writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb

from company.folders import DataFolder
from company.versions import READING, VersionManifest, current_version, read_manifest


class PublishedError(Exception):
    """A published version cannot be opened. What was open before stays open."""


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One version with its manifest and the file that a reader may open."""

    version: str
    manifest: VersionManifest
    path: Path

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for one query at a time, on the shared read-only connection.

        Raises PublishedError where the file is missing or damaged.
        """
        return open_cursor(self.path)


def current(folder: DataFolder, profile_hash: str | None) -> PublishedVersion | None:
    """The version that the pointer names, in the file of one access profile (None: the whole file).

    None before the first publish. Raises VersionError on a damaged pointer or manifest, PublishedError where the
    version holds no file for this profile.
    """
    version = current_version(folder)
    if version is None:
        return None
    path = folder.marts(version) if profile_hash is None else folder.profile(version, profile_hash)
    if not path.is_file():
        raise PublishedError(
            f"version {version} holds no file for your access; an administrator runs `plumbline publish --profiles`"
        )
    return PublishedVersion(version, read_manifest(folder, version), path)


def open_cursor(path: Path) -> duckdb.DuckDBPyConnection:
    """A cursor on the shared read-only connection to one versioned file. Raises PublishedError."""
    return _connection(path).cursor()


@lru_cache(maxsize=4)
def _connection(path: Path) -> duckdb.DuckDBPyConnection:
    # The path carries the version: opening a fixed name again in one process would give the old file's data.
    try:
        connection = duckdb.connect(str(path), read_only=True, config=READING)
    except duckdb.Error as error:
        # Readers see this: the engine's own words name the folder on the server.
        said = str(error).split("\n", 1)[0].replace(str(path), path.name)
        raise PublishedError(f"{path.name} of version {path.parent.name} cannot be opened: {said}") from error
    connection.execute("set lock_configuration = true")
    return connection
