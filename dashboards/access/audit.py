"""The audit log: who did what and when, in rows that are chained so that an edited or removed one is found.

Each row carries a keyed hash (HMAC-SHA256, key in secrets/) over itself and the row before; secrets/audit.head keeps
how far the chain had come. Values are bound and told as JSON, so that no text of a user's can forge a row or a line.
Belongs here: writing, reading and checking rows. Does not: deciding what may be done.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from company.folders import DataFolder
from dashboards.access.app_database import FILE, reading, transaction

Action = Literal[
    "sign_in", "sign_out", "view", "view_as", "query", "export", "mail", "saved_query", "account", "token", "erasure",
    "report",
]  # fmt: skip
ACTIONS: tuple[Action, ...] = get_args(Action)
LONGEST_TEXT = 10_000
CLOCK_TOLERANCE = timedelta(seconds=60)

_SCHEMA = """
create table if not exists audit (
    number integer primary key,
    at text not null,
    actor text not null,
    action text not null,
    subject text not null,
    outcome text not null,
    version text not null,
    rows_count integer,
    seconds real,
    detail text not null,
    hash text not null
) strict;
create index if not exists audit_by_actor on audit (actor, action, number);
"""
_COLUMNS = "number, at, actor, action, subject, outcome, version, rows_count, seconds, detail, hash"


class AuditError(Exception):
    """The audit log cannot be written or read. What was to be recorded was not done."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody did. `subject`: the page, table, report or account; `outcome`: done, or why not.

    `rows` and `seconds` where they apply; `detail` is JSON, long texts are cut at 10,000 characters.
    """

    at: datetime
    actor: str
    action: Action
    subject: str = ""
    outcome: str = "done"
    version: str = ""
    rows: int | None = None
    seconds: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0

    @property
    def text(self) -> str:
        """The text of a query; empty for other actions."""
        return str(self.detail.get("text", ""))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look along the chain found: rows seen, the last hash to note elsewhere, and each fault in words."""

    rows: int
    head: str
    faults: tuple[str, ...]


def record(folders: DataFolder, event: Event) -> None:
    """Add one row. Raises AuditError where it cannot be written: what leaves no trace is not done."""
    try:
        key = _key(folders)
        with transaction(folders.app, _SCHEMA) as database:
            last = database.execute("select number, hash from audit order by number desc limit 1").fetchone()
            number, before = (last[0] + 1, last[1]) if last else (1, "")
            row = _row(event, number)
            digest = _digest(key, before, row)
            database.execute(f"insert into audit ({_COLUMNS}) values ({', '.join('?' * 11)})", (*row, digest))
        _write_head(folders, number, digest)
    except (OSError, sqlite3.Error) as error:
        raise AuditError(f"The audit log {FILE} cannot be written: {error}") from None


def read(
    folders: DataFolder,
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    count: int = 100,
) -> tuple[Event, ...]:
    """The newest rows, newest first, narrowed by what is given. Empty before the first one."""
    if not (folders.app / FILE).is_file():
        return ()
    conditions = {"actor = ?": actor, "action = ?": action, "subject = ?": subject}
    used = {text: value for text, value in conditions.items() if value is not None}
    if since is not None:
        used["at >= ?"] = since.isoformat(timespec="milliseconds")
    where = f" where {' and '.join(used)}" if used else ""
    with reading(folders.app, _SCHEMA) as database:
        rows = database.execute(
            f"select {_COLUMNS} from audit{where} order by number desc limit ?", (*used.values(), count)
        ).fetchall()
    return tuple(_event(row) for row in rows)


def verify(folders: DataFolder) -> Checked:
    """Walk the whole chain. A fault is a row that was edited, removed, added by hand, or dated before the one ahead."""
    faults: list[str] = []
    expected, before, moment = 1, "", ""
    seen: dict[int, str] = {}
    head_number, head_hash = _read_head(folders)
    if (folders.app / FILE).is_file():
        key = _key(folders)
        with reading(folders.app, _SCHEMA) as database:
            for row in database.execute(f"select {_COLUMNS} from audit order by number"):
                *values, digest = row
                number, at = int(values[0]), str(values[1])
                if number != expected:
                    faults.append(f"rows {expected} to {number - 1} are missing")
                if not hmac.compare_digest(digest, _digest(key, before, tuple(values))):
                    faults.append(f"row {number} of {at} is not as it was written, or the row before it is not")
                if moment and datetime.fromisoformat(at) < datetime.fromisoformat(moment) - CLOCK_TOLERANCE:
                    faults.append(f"row {number} is dated {at}, before the row ahead of it: the clock went back")
                expected, before, moment = number + 1, digest, at
                if number == head_number:
                    seen[number] = digest
    if head_number >= expected:
        faults.append(f"rows {expected} to {head_number} are missing at the end")
    elif head_number and seen.get(head_number) != head_hash:
        faults.append(f"row {head_number} is another one than secrets/audit.head remembers")
    elif not head_number and expected > 1:
        faults.append("secrets/audit.head is missing")
    return Checked(expected - 1, before, tuple(faults))


def _row(event: Event, number: int) -> tuple[Any, ...]:
    detail = {name: _writable(value) for name, value in event.detail.items()}
    return (
        number,
        event.at.isoformat(timespec="milliseconds"),
        _writable(event.actor),
        event.action,
        _writable(event.subject),
        _writable(event.outcome),
        event.version,
        event.rows,
        None if event.seconds is None else round(event.seconds, 3),
        json.dumps(detail, ensure_ascii=True, sort_keys=True),
    )


def _event(row: tuple[Any, ...]) -> Event:
    number, at, actor, action, subject, outcome, version, rows, seconds, detail, _ = row
    moment = datetime.fromisoformat(at)
    return Event(moment, actor, action, subject, outcome, version, rows, seconds, json.loads(detail), number)


def as_row(event: Event) -> dict[str, Any]:
    """An event as plain values, for JSON."""
    return {**asdict(event), "at": event.at.isoformat(), "detail": dict(event.detail)}


def _digest(key: bytes, before: str, row: tuple[Any, ...]) -> str:
    text = json.dumps([before, *row], ensure_ascii=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _writable(value: Any) -> Any:
    # Half a surrogate pair is no character that a database takes; the record of such a question matters all the same.
    return value[:LONGEST_TEXT].encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _key(folders: DataFolder) -> bytes:
    path = folders.secrets / "audit.key"
    if not path.is_file():
        folders.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        made.write_text(secrets.token_hex(32), encoding="ascii")
        made.chmod(0o600)
        try:
            os.link(made, path)  # the first of two that start at once wins, and the other uses its key
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _head(folders: DataFolder) -> Path:
    return folders.secrets / "audit.head"


def _write_head(folders: DataFolder, number: int, digest: str) -> None:
    partial = _head(folders).with_name(f".audit.head.{os.getpid()}.{secrets.token_hex(4)}")
    partial.write_text(f"{number} {digest}\n", encoding="ascii")
    partial.chmod(0o600)
    partial.replace(_head(folders))


def _read_head(folders: DataFolder) -> tuple[int, str]:
    try:
        number, digest = _head(folders).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return 0, ""
    except ValueError:
        return 0, "damaged"
    return int(number), digest


@dataclass(frozen=True, slots=True)
class Use:
    """How often one person did one thing with one subject, and when last."""

    action: str
    subject: str
    actor: str
    count: int
    last_at: datetime


def usage(folders: DataFolder, *, since: datetime, actions: tuple[Action, ...] = ("view", "mail")) -> tuple[Use, ...]:
    """Who used what how often since a moment: pages by `view`, reports by `mail`. Empty before the first row."""
    if not (folders.app / FILE).is_file():
        return ()
    marks = ", ".join("?" * len(actions))
    with reading(folders.app, _SCHEMA) as database:
        rows = database.execute(
            "select action, subject, actor, count(*), max(at) from audit"
            f" where at >= ? and action in ({marks}) and outcome in ('done', 'sent')"
            " group by action, subject, actor order by action, subject, actor",
            (since.isoformat(timespec="milliseconds"), *actions),
        ).fetchall()
    return tuple(
        Use(action, subject, actor, count, datetime.fromisoformat(at)) for action, subject, actor, count, at in rows
    )
