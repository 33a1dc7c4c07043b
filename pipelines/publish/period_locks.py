"""Period locks that people set with Plumbline: who locked which period of which entity, when, and what was in it.

A lock is a line of history/period_locks.jsonl, which is only ever added to, and a Parquet file with the journals of the
period as the published version had them; what is posted later is told apart from it. Whether a source has locked a
period itself is its own row of fiscal periods and not known here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from company.folders import DataFolder
from company.versions import READING, current_version, read_manifest, sync_folder, write_bytes
from pipelines.publish.errors import PeriodLockError, VersionFileError
from pipelines.warehouse.system_tables import replace_rows

Action = Literal["lock", "unlock"]

_JOURNALS = (
    "select journal_id, account_code, cast(sum(debit_local) as decimal(18, 2)) as debit_local,"
    " cast(sum(credit_local) as decimal(18, 2)) as credit_local from finance.fct_journal_lines"
    " where entity_id = $entity and posted_on between $first and $last group by journal_id, account_code"
    " order by journal_id, account_code"
)


@dataclass(frozen=True, slots=True)
class PeriodLock:
    """One decision. `version` is the published version that was looked at; `journals` names its Parquet file."""

    lock_id: str
    action: Action
    entity_id: str
    period_on: date
    period_end_on: date
    acted_at: datetime
    acted_by: str
    note: str
    version: str
    journals: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> PeriodLock:
        """From a line of the file."""
        days = {name: date.fromisoformat(record[name]) for name in ("period_on", "period_end_on")}
        return cls(**{**record, **days, "acted_at": datetime.fromisoformat(record["acted_at"])})


def locks_path(folders: DataFolder) -> Path:
    """Where decisions are appended."""
    return folders.history / "period_locks.jsonl"


def read_locks(folders: DataFolder) -> tuple[PeriodLock, ...]:
    """Every decision, oldest first."""
    path = locks_path(folders)
    if not path.is_file():
        return ()
    return tuple(PeriodLock.of(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())


def locked_now(folders: DataFolder) -> dict[tuple[str, date], PeriodLock]:
    """The lock that holds, by entity and period."""
    holding: dict[tuple[str, date], PeriodLock] = {}
    for lock in read_locks(folders):
        key = (lock.entity_id, lock.period_on)
        if lock.action == "lock":
            holding[key] = lock
        else:
            holding.pop(key, None)
    return holding


def locks_hash(folders: DataFolder) -> str:
    """What decisions add to a run's inputs; empty while nobody took any, so that older versions keep their own."""
    path = locks_path(folders)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def published_marts(folders: DataFolder) -> tuple[str, Path]:
    """The current version and its marts file. Raises PeriodLockError, VersionFileError where there is none."""
    version = current_version(folders)
    if version is None:
        raise PeriodLockError("nothing is published yet; `plumbline run` first: a decision is about what was published")
    marts = folders.published / version / "marts.duckdb"
    if not marts.is_file():
        raise VersionFileError(f"{marts.name} of version {version} is missing; `plumbline run --full-refresh` makes it")
    return version, marts


def published_period(
    connection: duckdb.DuckDBPyConnection, entity_id: str, day: date, *, ended_for: tuple[DataFolder, str] | None = None
) -> tuple[date, date]:
    """First and last day of the fiscal period of a day. `connection` is on a published marts file.

    Raises PeriodLockError where the entity or the day is unknown or the period is not over for the version
    in `ended_for`.
    """
    known = [row[0] for row in connection.sql("select entity_id from common.dim_entities order by 1").fetchall()]
    if entity_id not in known:
        raise PeriodLockError(f"{entity_id}: no such legal entity; known: {', '.join(known)}")
    found = connection.sql(
        "select fiscal_period_start_on, fiscal_period_end_on from common.dim_dates where date_on = $day",
        params={"day": day},
    ).fetchall()
    if not found:
        raise PeriodLockError(f"{day}: outside of the company's calendar")
    first, last = found[0]
    if ended_for is not None:
        as_of = read_manifest(*ended_for).as_of
        if last > as_of:
            raise PeriodLockError(f"{entity_id} {first}: the period ends on {last}, after {as_of}; it is not over yet")
    return first, last


def lock_period(folders: DataFolder, *, entity_id: str, period: date, by: str, note: str, at: datetime) -> PeriodLock:
    """Lock the period that a day lies in. Call it with the writing lock held.

    Raises PeriodLockError where nothing is published, the entity is unknown, the period has not ended on the published
    as-of day, or it is locked already.
    """
    version, marts = published_marts(folders)
    with duckdb.connect(str(marts), read_only=True, config=READING) as connection:
        first, last = published_period(connection, entity_id, period, ended_for=(folders, version))
        held = locked_now(folders).get((entity_id, first))
        if held is not None:
            raise PeriodLockError(
                f"{entity_id} {first}: locked already, by {held.acted_by} at {held.acted_at:%Y-%m-%d %H:%M}"
            )
        journals = connection.sql(
            _JOURNALS, params={"entity": entity_id, "first": first, "last": last}
        ).to_arrow_table()  # fmt: skip
    lock_id = hashlib.sha256(f"{entity_id}|{first}|{at.isoformat()}".encode()).hexdigest()[:12]
    name = f"locked_periods/{entity_id}-{first}-{lock_id}.parquet"
    _write_durably(folders.history / name, journals)
    lock = PeriodLock(lock_id, "lock", entity_id, first, last, at, by, note, version, name)
    _append(folders, lock)
    return lock


def unlock_period(folders: DataFolder, *, entity_id: str, period: date, by: str, note: str, at: datetime) -> PeriodLock:
    """Open a period again; the reason is kept. Raises PeriodLockError where it is not locked or no reason is given."""
    if not note.strip():
        raise PeriodLockError("unlock: say why with --note; the next auditor will ask")
    for (entity, first), lock in locked_now(folders).items():
        if entity == entity_id and first <= period <= lock.period_end_on:
            opened = PeriodLock(
                lock.lock_id, "unlock", entity, first, lock.period_end_on, at, by, note, lock.version, lock.journals
            )
            _append(folders, opened)
            return opened
    raise PeriodLockError(f"{entity_id} {period}: not locked with Plumbline; `plumbline period list` shows what is")


def load_locks(connection: duckdb.DuckDBPyConnection, folders: DataFolder) -> None:
    """Fill raw.period_lock with every decision, and raw.locked_journal with what the periods still locked held."""
    decisions = [{**asdict(lock), "acted_at": lock.acted_at.replace(tzinfo=None)} for lock in read_locks(folders)]
    for place, decision in enumerate(decisions):
        decision["decision_no"] = place + 1
        del decision["journals"]
    replace_rows(connection, "period_lock", decisions)
    tables = [
        pq.read_table(folders.history / lock.journals)
        .append_column("entity_id", pa.repeat(pa.scalar(lock.entity_id), _rows(folders, lock)))
        .append_column("period_on", pa.repeat(pa.scalar(lock.period_on), _rows(folders, lock)))
        for lock in locked_now(folders).values()
    ]
    replace_rows(connection, "locked_journal", pa.concat_tables(tables) if tables else [])


def _rows(folders: DataFolder, lock: PeriodLock) -> int:
    return int(pq.read_metadata(folders.history / lock.journals).num_rows)


def _write_durably(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    pq.write_table(table, partial, compression="zstd")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def _append(folders: DataFolder, lock: PeriodLock) -> None:
    path = locks_path(folders)
    record = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(lock).items()}
    before = path.read_bytes() if path.is_file() else b""
    write_bytes(path, before + json.dumps(record, ensure_ascii=False).encode() + b"\n")
