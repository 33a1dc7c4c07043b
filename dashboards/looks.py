"""Which version of a page a reader has looked at, so that the page can say what is new since then (app.sqlite).

One row per reader and page: the version last seen and the one seen before it. Looking again at the same version
changes nothing, so that "since you last looked" means the last other version until a newer one is published.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE = "app.sqlite"

_SCHEMA = """
create table if not exists look (
    reader text not null,
    page text not null,
    version text not null,
    looked_at text not null,
    version_before text,
    looked_before_at text,
    primary key (reader, page)
) strict;
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The version that a reader saw before the current one, and when (aware UTC)."""

    version: str
    at: datetime


def note(folder: Path, *, reader: str, page: str, version: str, now: datetime) -> Look | None:
    """Note that a reader looks at a version now; gives the look at an earlier version, None where this is the first."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(sqlite3.connect(folder / FILE, timeout=10)) as database, database:
        database.executescript(_SCHEMA)
        row = database.execute(
            "insert into look (reader, page, version, looked_at) values (?, ?, ?, ?)"
            " on conflict (reader, page) do update set"
            " version_before = iif(look.version = excluded.version, look.version_before, look.version),"
            " looked_before_at = iif(look.version = excluded.version, look.looked_before_at, look.looked_at),"
            " version = excluded.version, looked_at = excluded.looked_at"
            " returning version_before, looked_before_at",
            (reader, page, version, now.isoformat()),
        ).fetchone()
    before, at = row
    return Look(str(before), datetime.fromisoformat(str(at))) if before else None
