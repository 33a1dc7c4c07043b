"""The records of one open batch as one file: kept like an original, counted by key, read as a table of text.

Belongs here: the file and what is left out of it because it is landed already. Does not: asking the system, or what a
difference means (`api_landing`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from pipelines.landing.open_batch import OpenBatch
from pipelines.sources.content import KeptFile, Limits, keep_copy, prepare
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.systems import RECORDS, SystemObject
from pipelines.sources.tables import Table, open_table


class RecordFile:
    """One open batch's records. A context: what it works in is gone when it ends."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, opened: OpenBatch, wanted: SystemObject, *, limits: Limits
    ) -> None:
        self._connection, self._opened, self._wanted, self._limits = connection, opened, wanted, limits
        self._work = opened.folder / "work"
        self._path = self._work / "records.jsonl"
        self._table: Table | RefusedFileError | None = None

    def __enter__(self) -> RecordFile:
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        self._opened.join(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._work, ignore_errors=True)

    def keep(self, name: str, moment: datetime) -> KeptFile:
        """The file as landing keeps originals, under a name and with the moment that it speaks for."""
        kept = keep_copy(self._path, self._work / "original", limits=self._limits, on_progress=_quiet)
        return replace(kept, name=name, modified_ns=int(moment.timestamp() * 1e9))

    def table(self) -> Table | RefusedFileError:
        """The records as rows of text."""
        if self._table is None:
            work = self._work / "table"
            work.mkdir()
            try:
                kept = keep_copy(self._path, work / "copy", limits=self._limits, on_progress=_quiet)
                named = replace(kept, name="records.jsonl")
                content = prepare(named, RECORDS, work=work, limits=self._limits, on_progress=_quiet)
                self._table = open_table(
                    self._connection, content, RECORDS, wanted=(), work=work, limits=self._limits, on_progress=_quiet
                )
            except RefusedFileError as error:
                self._table = error
        return self._table

    def keys(self) -> int:
        """How many different keys the records have."""
        table = self.table()
        if isinstance(table, RefusedFileError):
            return 0
        cells = ", ".join(f"c{table.position(field)}" for field in self._wanted.key_fields)
        counted = f"select count(*) from (select distinct {cells} from ({table.relation}))"
        return int(self._connection.execute(counted).fetchall()[0][0])

    def filter(self, known: frozenset[tuple[str, datetime]]) -> int:
        """Leave out the records that are known in this version. Returns how many are left."""
        import orjson  # noqa: PLC0415 - a system's landing alone needs it

        left = 0
        kept = self._path.with_name("kept.jsonl")
        with self._path.open("rb") as reading, kept.open("wb") as writing:
            for line in reading:
                if _version(orjson.loads(line), self._wanted) not in known:
                    writing.write(line)
                    left += 1
        kept.replace(self._path)
        shutil.rmtree(self._work / "table", ignore_errors=True)
        self._table = None
        return left


def _version(record: Mapping[str, Any], wanted: SystemObject) -> tuple[str, datetime | None]:
    key = "|".join(str(record.get(field) or "") for field in wanted.key_fields)
    try:
        moment = datetime.fromisoformat(str(record[wanted.cursor])).astimezone(UTC).replace(tzinfo=None)
    except (KeyError, ValueError):
        return key, None
    return key, moment


def _quiet(_doing: str, _done: int, _of: int | None) -> None:
    return None
