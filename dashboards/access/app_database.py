"""Opening the data folder's app.sqlite: what people and servers decide, and no number that models compute.

Belongs here: the file, its transactions, its instance id. The tables belong to the modules that own them.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "app.sqlite"
WAIT_SECONDS = 30.0

_INSTANCE = "create table if not exists instance (id text not null) strict;"
_prepared: set[tuple[Path, int, str]] = set()


@contextmanager
def transaction(folder: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """One write transaction on app.sqlite, made with the tables of `schema` where they are missing.

    Taken at once and not at the first write, so that what is read inside still holds when it is written.
    Raises sqlite3.Error.
    """
    database = sqlite3.connect(_prepare(folder, schema), timeout=WAIT_SECONDS, isolation_level=None)
    try:
        database.execute("pragma synchronous = full")
        database.execute("begin immediate")
        with database:
            yield database
    finally:
        database.close()


@contextmanager
def reading(folder: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """A look at app.sqlite that waits for no writer. Raises sqlite3.Error."""
    database = sqlite3.connect(_prepare(folder, schema), timeout=WAIT_SECONDS, isolation_level=None)
    try:
        yield database
    finally:
        database.close()


def instance_id(folder: Path) -> str:
    """This data folder's own random name: companies that share a secret still refuse each other's cookies."""
    with transaction(folder, _INSTANCE) as database:
        row = database.execute("select id from instance").fetchone()
        if row is None:
            row = (secrets.token_hex(16),)
            database.execute("insert into instance values (?)", row)
    return str(row[0])


def _prepare(folder: Path, schema: str) -> Path:
    path = folder / FILE
    try:
        known = (path, path.stat().st_ino, schema)
    except FileNotFoundError:
        known = None
    if known is None or known not in _prepared:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(path, timeout=WAIT_SECONDS)
        try:
            database.execute("pragma journal_mode = wal")
            database.executescript(schema)
        finally:
            database.close()
        path.chmod(0o600)
        _prepared.add((path, path.stat().st_ino, schema))
    return path
