"""Who asked what: one row per query in the data folder's app.sqlite, refused ones included.

Written when a query has ended, however it ended. Values are bound, so that no text of a user's can forge a row.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboards.workbench.errors import QueryDataError

FILE = "app.sqlite"
LONGEST_TEXT = 10_000
KEPT = 100_000
"""The newest queries kept. A data folder must not fill up with what was asked years ago."""

_SCHEMA = """
create table if not exists query (
    number integer primary key,
    asked_at text not null,
    asked_by text not null,
    version text not null,
    outcome text not null,
    rows_count integer,
    seconds real not null,
    text text not null
) strict;
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query as it ended. `outcome`: answered, or the name of its error; `rows` where it was answered."""

    at: datetime
    by: str
    version: str
    outcome: str
    rows: int | None
    seconds: float
    text: str


def record(folder: Path, asked: Asked) -> None:
    """Add a row. Raises QueryDataError where it cannot be written: a query that leaves no trace is not answered."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(folder / FILE, timeout=10)) as database, database:
            database.execute("pragma journal_mode = wal")
            database.executescript(_SCHEMA)
            number = database.execute(
                "insert into query (asked_at, asked_by, version, outcome, rows_count, seconds, text)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (
                    asked.at.isoformat(timespec="milliseconds"),
                    asked.by,
                    asked.version,
                    asked.outcome,
                    asked.rows,
                    round(asked.seconds, 3),
                    _writable(asked.text[:LONGEST_TEXT]),
                ),
            ).lastrowid
            database.execute("delete from query where number <= ?", ((number or 0) - KEPT,))
    except (OSError, sqlite3.Error) as error:
        raise QueryDataError(f"The query log {FILE} cannot be written: {error}") from None


def read(folder: Path, count: int = 100) -> tuple[Asked, ...]:
    """The newest queries, newest first. Empty before the first one."""
    if not (folder / FILE).is_file():
        return ()
    with closing(sqlite3.connect(folder / FILE, timeout=10)) as database:
        database.executescript(_SCHEMA)
        found = database.execute(
            "select asked_at, asked_by, version, outcome, rows_count, seconds, text from query"
            " order by number desc limit ?",
            (count,),
        ).fetchall()
    return tuple(Asked(datetime.fromisoformat(row[0]), *row[1:]) for row in found)


def _writable(text: str) -> str:
    # Half a surrogate pair is no character that a database takes; the record of such a question matters all the same.
    return text.encode("utf-8", "replace").decode()
