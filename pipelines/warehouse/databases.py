"""The pair of database files that a build writes: create, copy, open, and let go of them.

Knows files and DuckDB connections; knows no table, no dbt model and no run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

# Analysts' clients from DuckDB 1.4 on can open what is stored in this version's format.
STORAGE_VERSION = "v1.4.0"

MOST_MEMORY = 4_000_000_000
"""Bytes that DuckDB takes before it spills to disk: a run has to stay under 6 GB with the frames of Python models."""


def memory_limit() -> str:
    """The limit as DuckDB reads it: `MOST_MEMORY`, or six tenths of a smaller machine."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(MOST_MEMORY, physical * 6 // 10)}B"


CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

# For what a run writes only: DuckDB refuses a file that the same process has open under other settings, as readers do.
WRITING_CONFIG = {**CONFIG, "memory_limit": memory_limit()}


@dataclass(frozen=True, slots=True)
class DatabasePair:
    """build.duckdb (raw, staging, intermediate) and marts.duckdb (what is published) in one folder."""

    folder: Path

    @property
    def build(self) -> Path:
        return self.folder / "build.duckdb"

    @property
    def marts(self) -> Path:
        return self.folder / "marts.duckdb"

    @property
    def exists(self) -> bool:
        return self.build.is_file() and self.marts.is_file()

    @property
    def size(self) -> int:
        """Bytes on disk of both files; 0 where there are none."""
        return sum(path.stat().st_size for path in (self.build, self.marts) if path.exists())

    def create(self) -> None:
        """Write an empty pair. The folder must not hold one."""
        self._make_folder()
        create_database(self.build)
        create_database(self.marts)

    def copy_to(self, target: DatabasePair) -> None:
        """Copy the files as they are: a plain copy is 45 times cheaper than COPY FROM DATABASE."""
        target._make_folder()
        shutil.copyfile(self.build, target.build)
        shutil.copyfile(self.marts, target.marts)

    def _make_folder(self) -> None:
        # The pair holds every row of every source: nobody but its owner may read it.
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def delete(self) -> None:
        """Remove the folder with everything in it. No error where it is not there."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    @contextmanager
    def open(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with `build` as its main database and `marts` attached; both checkpointed when it closes."""
        config = CONFIG if read_only else WRITING_CONFIG
        connection = duckdb.connect(self.build, read_only=read_only, config=config)
        try:
            mode = " (read_only)" if read_only else ""
            connection.execute(f"attach {text_literal(self.marts)} as marts{mode}")
            yield connection
            if not read_only:
                connection.execute("checkpoint build")
                connection.execute("checkpoint marts")
        finally:
            connection.close()


@contextmanager
def open_database(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A writing connection on one file, named after its stem; checkpointed and closed on leaving."""
    connection = duckdb.connect(path, config=WRITING_CONFIG)
    try:
        yield connection
        connection.execute("checkpoint")
    finally:
        connection.close()


def create_database(path: Path) -> None:
    """Write an empty database file in the storage version that older clients can open."""
    connection = duckdb.connect(config=CONFIG)
    try:
        connection.execute(f"attach {text_literal(path)} as created (storage_version '{STORAGE_VERSION}')")
        connection.execute("detach created")
    finally:
        connection.close()


def text_literal(value: object) -> str:
    """A SQL text literal. For names of files and systems that cannot be bound; readers' values are always bound."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
