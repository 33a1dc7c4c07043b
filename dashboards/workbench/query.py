"""Ask a published version a question in SQL. Chooses the file that the person may read, queues, asks, records.

What may be asked is judged in `statement`; how the process is held is `process` and `child`; how a result is written is
`dashboards.exports`. Roles are worked out in `company.roles`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from company.errors import AccessError, VersionError
from company.roles import Access
from company.settings import Settings
from company.versions import current_version, read_manifest
from dashboards.access import audit
from dashboards.exports import FORMATS, Format, render
from dashboards.workbench import errors, process, slots
from dashboards.workbench.parameters import Parameters, encode

AT_ONCE = 2
WAIT_SECONDS = 120.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What one query gave. `columns` and `types` (the engine's names) go with `table`, an Arrow table.

    `truncated`: the row or size cap left rows out; `note` says so in words. `seconds` excludes `queued_seconds`.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    table: pa.Table
    truncated: bool
    note: str
    seconds: float
    queued_seconds: float
    version: str
    format: Format = "table"

    def rows(self) -> list[tuple[Any, ...]]:
        """Rows of Python values, decimals as Decimal."""
        return list(zip(*(column.to_pylist() for column in self.table.columns), strict=True))

    def encode(self, form: Format | None = None) -> bytes:
        """The rows as `form`, or as the format the query was asked for."""
        return render(self.table, self.columns, form or self.format)


def run_query(
    settings: Settings,
    sql: str,
    *,
    access: Access | None,
    version: str | None = None,
    parameters: Parameters | None = None,
    format: Format = "table",  # noqa: A002 - the name the command line uses
    output: Path | None = None,
    rows: int | None = None,
    subject: str = "",
    cancel: threading.Event | None = None,
    explain: bool = False,
    wait_seconds: float = WAIT_SECONDS,
    clock: Callable[[], datetime] = _now,
) -> QueryResult:
    """Run one SELECT on the current or the named version, within the limits of plumbline.yaml: query.

    `access`: whose file is read; None is for whoever may read the whole file on disk. `parameters`: a mapping binds
    `$name`, a sequence binds `?`. `output`: also write the result there, in `format`. `rows`: another cap than
    plumbline.yaml's. `subject`: what is asked for, for the record. `cancel`: set from another thread, ends the query.
    `explain`: give the engine's plan as text instead of the rows.
    Every query is recorded, see `audit`: as an export where its rows leave as a file. Raises QueryError (refused,
    failed, limit, queue, data) or AccessError; no result is written then.
    """
    if format not in FORMATS:
        raise errors.QueryRefusedError(f"format is {format!r}; allowed: {', '.join(FORMATS)}.")
    leaves = output is not None or format != "table"
    if access is not None and not access.export and leaves:
        raise AccessError(f"{access.email} may not export: none of their roles has `export: true` in plumbline.yaml")
    name, file = published_file(settings, access, version)
    limits = process.Limits(
        memory_mb=settings.query.memory_mb, seconds=settings.query.seconds, rows=rows or settings.query.rows
    )
    app = settings.folders.app
    app.mkdir(parents=True, exist_ok=True, mode=0o700)
    asked_at, began, seconds, found, outcome = clock(), time.monotonic(), 0.0, None, "answered"
    try:
        with slots.place(
            app / "query-places", count=AT_ONCE, wait_seconds=wait_seconds, cancel=cancel
        ) as queued_seconds:
            began = time.monotonic()
            answer = process.ask(file, sql, encode(parameters), limits, cancel=cancel, explain=explain)
        found = answer.table.num_rows
    except BaseException as error:
        outcome = type(error).__name__
        raise
    finally:
        seconds = time.monotonic() - began
        _record(
            settings,
            audit.Event(
                at=asked_at,
                actor=access.email if access is not None else "owner",
                action="export" if leaves else "query",
                subject=subject,
                outcome=outcome,
                version=name,
                rows=found,
                seconds=seconds,
                detail={
                    "text": sql,
                    **({"format": format} if leaves else {}),
                    **({"explain": True} if explain else {}),
                },
            ),
        )
    result = QueryResult(
        columns=tuple(column for column, _ in answer.columns),
        types=tuple(data_type for _, data_type in answer.columns),
        table=answer.table,
        truncated=bool(answer.truncated),
        note=_note(answer, limits),
        seconds=seconds,
        queued_seconds=queued_seconds,
        version=name,
        format=format,
    )
    if output is not None:
        _write(output, result.encode())
    return result


def _record(settings: Settings, event: audit.Event) -> None:
    try:
        audit.record(settings.folders, event)
    except audit.AuditError as error:
        raise errors.QueryDataError(str(error)) from None  # a query that leaves no trace is not answered


def published_file(settings: Settings, access: Access | None, version: str | None) -> tuple[str, Path]:
    """The version and the database file that this person reads. Raises QueryDataError or AccessError."""
    folders = settings.folders
    try:
        name = version or current_version(folders)
        if name is not None and ("/" in name or name.startswith(".")):
            raise errors.QueryDataError(f"{name!r} is no version name; see `plumbline versions`.")
        if name is None:
            raise errors.QueryDataError("Nothing has been published yet. Run `plumbline run` first.")
        read_manifest(folders, name)
    except VersionError as error:
        raise errors.QueryDataError(str(error)) from None
    profile = access.profile_hash if access is not None else None
    if profile is not None:
        file = folders.profile(name, profile)
        if not file.is_file():
            raise errors.QueryDataError(
                f"Version {name} has no file for the roles of {access.email if access else ''}. "
                "Run `plumbline publish --profiles`."
            )
        return name, file
    file = folders.marts(name)
    if not file.is_file():
        raise errors.QueryDataError(f"Version {name} has no marts.duckdb. Run `plumbline run`.")
    if not os.access(file, os.R_OK):
        raise AccessError("the whole file of a version is for its owner; name yourself with --as to read what is yours")
    return name, file


def _note(answer: process.Answer, limits: process.Limits) -> str:
    if answer.truncated == "rows":
        return f"Only the first {limits.rows:,} rows are shown (plumbline.yaml: query.rows)."
    if answer.truncated == "bytes":
        shown = answer.table.num_rows
        return f"Only the first {shown:,} rows are shown: a result may hold {limits.result_bytes >> 20} MB."
    return ""


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise errors.QueryDataError(f"{path}: cannot be written: {error.strerror}") from None
