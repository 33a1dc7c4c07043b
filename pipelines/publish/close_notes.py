"""What people say about a closed period: notes on a number or a task, evidence, and the sign-off of the board pack.

A note is a line of history/close_notes.jsonl, which is only ever added to: who, when, about what, and which published
version was looked at. What the numbers are, and whether a task is done, is worked out by the models.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import duckdb

from company.folders import DataFolder
from company.versions import READING, write_bytes
from pipelines.publish.errors import PeriodLockError
from pipelines.publish.period_locks import published_marts, published_period
from pipelines.warehouse.system_tables import replace_rows

Kind = Literal["note", "sign_off"]

_FAILED = (
    "select distinct name from finance.fct_close_board where entity_id = $entity and period_on between $first and $last"
    " and status = 'failed' order by name"
)
_KNOWN = (
    "select metric from common.metric_catalogue union select task from finance.fct_close_board"
    " union select statement_line from finance.profit_and_loss union select statement_line from finance.balance_sheet"
)


@dataclass(frozen=True, slots=True)
class CloseNote:
    """One note. `subject` is the metric, statement line or task it is about; empty for the period as a whole."""

    note_id: str
    kind: Kind
    entity_id: str
    period_on: date
    subject: str
    text: str
    noted_at: datetime
    noted_by: str
    version: str


def notes_path(folders: DataFolder) -> Path:
    """Where notes are appended."""
    return folders.history / "close_notes.jsonl"


def read_notes(folders: DataFolder) -> tuple[CloseNote, ...]:
    """Every note, oldest first."""
    path = notes_path(folders)
    if not path.is_file():
        return ()
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(
        CloseNote(
            **{
                **record,
                "period_on": date.fromisoformat(record["period_on"]),
                "noted_at": datetime.fromisoformat(record["noted_at"]),
            }
        )
        for record in records
    )


def notes_hash(folders: DataFolder) -> str:
    """What notes add to a run's inputs; empty while nobody wrote any."""
    path = notes_path(folders)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def add_note(
    folders: DataFolder, *, entity_id: str, period: date, subject: str, text: str, by: str, at: datetime
) -> CloseNote:
    """Note something on a number or a task of the period that a day lies in. Call it with the writing lock held.

    Raises PeriodLockError where nothing is published, the entity or the subject is unknown, or there is no text.
    """
    if not text.strip():
        raise PeriodLockError("note: no text; a note without words explains nothing")
    version, marts = published_marts(folders)
    with duckdb.connect(str(marts), read_only=True, config=READING) as connection:
        first, _ = published_period(connection, entity_id, period)
        if subject:
            known = sorted(name for (name,) in connection.sql(_KNOWN).fetchall())
            if subject not in known:
                raise PeriodLockError(
                    f"{subject!r}: no such metric, statement line or task; `plumbline metrics` and the tables"
                    " finance.fct_close_board, profit_and_loss and balance_sheet list them"
                )
    note = _numbered(folders, CloseNote("", "note", entity_id, first, subject, text.strip(), at, by, version))
    _append(folders, note)
    return note


def sign_off(folders: DataFolder, *, entity_id: str, period: date, text: str, by: str, at: datetime) -> CloseNote:
    """Sign the board pack of an ended period as it is published. Call it with the writing lock held.

    Raises PeriodLockError where the period has not ended, or a task of its close has failed and no text says why the
    pack is signed all the same.
    """
    version, marts = published_marts(folders)
    with duckdb.connect(str(marts), read_only=True, config=READING) as connection:
        first, last = published_period(connection, entity_id, period, ended_for=(folders, version))
        failed = [
            name
            for (name,) in connection.execute(_FAILED, {"entity": entity_id, "first": first, "last": last}).fetchall()
        ]
    if failed and not text.strip():
        raise PeriodLockError(
            f"{entity_id} {first}: {len(failed)} tasks have failed: {'; '.join(failed)}; mend them, or say with --note"
            " why the pack is signed all the same"
        )
    note = _numbered(folders, CloseNote("", "sign_off", entity_id, first, "", text.strip(), at, by, version))
    _append(folders, note)
    return note


def load_notes(connection: duckdb.DuckDBPyConnection, folders: DataFolder) -> None:
    """Fill raw.close_note with every note."""
    rows = [
        {**asdict(note), "noted_at": note.noted_at.replace(tzinfo=None), "note_no": place}
        for place, note in enumerate(read_notes(folders), start=1)
    ]
    replace_rows(connection, "close_note", rows)


def _numbered(folders: DataFolder, note: CloseNote) -> CloseNote:
    told = "|".join((notes_hash(folders), note.kind, note.entity_id, str(note.period_on), note.noted_at.isoformat()))
    return replace(note, note_id=hashlib.sha256(told.encode()).hexdigest()[:12])


def _append(folders: DataFolder, note: CloseNote) -> None:
    path = notes_path(folders)
    before = path.read_bytes() if path.is_file() else b""
    record = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(note).items()}
    write_bytes(path, before + json.dumps(record, ensure_ascii=False).encode() + b"\n")
