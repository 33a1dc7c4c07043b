"""The data folder's own small database (app.sqlite, WAL): the state of every mail, so that no report is sent twice.

Belongs here: what must survive a rebuild of the warehouse and is decided by people or by mail servers. Does not: any
number that models compute, the bytes of mails (`dashboards.reports.archive`).

planned -> rendered (hash, version) -> claimed (fence) -> connecting -> sent | retry | rejected | unknown
and, from any state before: held (inputs failed or stale), expired (too late), cancelled (the right was lost).
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

State = Literal[
    "planned", "rendered", "claimed", "connecting", "sent", "retry", "rejected", "unknown", "held", "expired",
    "cancelled",
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)
FINAL: frozenset[State] = frozenset({"sent", "rejected", "unknown", "expired", "cancelled"})
"""States that are never left by themselves. `unknown`: the server may have the mail; only a person sends it again."""
RELEASABLE: tuple[State, ...] = ("unknown", "rejected", "expired", "cancelled")

_SCHEMA = """
create table if not exists delivery (
    report text not null,
    period text not null,
    recipient text not null,
    state text not null,
    attempts integer not null default 0,
    message_id text not null,
    version text not null,
    detail text not null default '',
    fence integer not null default 0,
    claimed_until text,
    updated_at text not null,
    primary key (report, period, recipient)
) strict;
create table if not exists mail_turn (only integer primary key check (only = 1), next_at text not null) strict;
"""
_LATER = {
    "deadline": "text",
    "next_attempt_at": "text",
    "may_be_out": "integer not null default 0",
    "headers": "text not null default ''",
    "content": "text not null default ''",
    "audience": "text not null default ''",
}
"""Columns that app.sqlite of an earlier release lacks."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report of one period to one recipient. `message_id` never changes, so that a server can see a repeat.

    `headers` and `content` (a hash that `reports.archive` knows) are together exactly the bytes that went out;
    `audience` is whose access they were written for.
    """

    report: str
    period: str
    recipient: str
    state: State
    attempts: int
    message_id: str
    version: str
    detail: str
    updated_at: datetime
    deadline: datetime | None = None
    next_attempt_at: datetime | None = None
    headers: str = ""
    content: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery. `fence` grows with each claim: an older holder can no longer change the state."""

    report: str
    period: str
    recipient: str
    message_id: str
    fence: int
    attempts: int = 0


class Store:
    """Opens app.sqlite in a folder, creating both. Every change is one transaction. Times are aware UTC."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # One connection for all threads of a process: to open and close one for each change costs more than the change.
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            folder / "app.sqlite", timeout=30, isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._database.close)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        with self._transaction() as database:
            for statement in _SCHEMA.split(";\n"):
                database.execute(statement)
            known = {row[1] for row in database.execute("pragma table_info(delivery)")}
            for column, kind in _LATER.items():
                if column not in known:
                    database.execute(f"alter table delivery add column {column} {kind}")
            database.execute("update delivery set state = 'connecting', may_be_out = 1 where state = 'sending'")

    def plan(
        self,
        *,
        report: str,
        period: str,
        recipient: str,
        message_id: str,
        version: str,
        now: datetime,
        deadline: datetime | None = None,
    ) -> Delivery:
        """The delivery of this report, period and recipient; made if there is none, untouched if there is."""
        with self._transaction() as database:
            database.execute(
                "insert into delivery (report, period, recipient, state, message_id, version, updated_at, deadline)"
                " values (?, ?, ?, 'planned', ?, ?, ?, ?) on conflict do nothing",
                (report, period, recipient, message_id, version, _text(now), _text(deadline)),
            )
            row = database.execute(f"select {_COLUMNS} from delivery where {_KEY}", (report, period, recipient))
            return _delivery(row.fetchone())

    def render(
        self, delivery: Delivery, *, content: str, headers: str, version: str, audience: str, now: datetime
    ) -> bool:
        """Note the bytes that are to go out. False where the mail is finished or another process has it."""
        with self._transaction() as database:
            changed = database.execute(
                "update delivery set state = 'rendered', content = ?, headers = ?, version = ?, audience = ?,"
                f" updated_at = ? where {_KEY} and state in ('planned', 'rendered', 'retry', 'held')",
                (content, headers, version, audience, _text(now), *_key(delivery)),
            ).rowcount
        return changed == 1

    def claim(self, delivery: Delivery, *, now: datetime, lease: timedelta) -> Claim | None:
        """Take the right to send. None where it is finished, waits for its next attempt, or another process has it.

        A claim whose holder died before the mail began to go out is taken over when its lease ends; one that had begun
        is marked unknown, because the server may have the mail.
        """
        with self._transaction() as database:
            database.execute(
                "update delivery set state = 'unknown', detail = 'ended while the server had the mail', updated_at = ?"
                f" where {_KEY} and state = 'connecting' and may_be_out = 1 and claimed_until < ?",
                (_text(now), *_key(delivery), _text(now)),
            )
            row = database.execute(
                "update delivery set state = 'claimed', fence = fence + 1, claimed_until = ?, updated_at = ?"
                f" where {_KEY} and (state in ('planned', 'rendered', 'held')"
                " or (state = 'retry' and coalesce(next_attempt_at, '') <= ?)"
                " or (state in ('claimed', 'connecting') and claimed_until < ?)) returning fence, message_id, attempts",
                (_text(now + lease), _text(now), *_key(delivery), _text(now), _text(now)),
            ).fetchone()
        return None if row is None else Claim(*_key(delivery), row[1], row[0], row[2])

    def begin(self, claim: Claim, *, now: datetime) -> bool:
        """Note the intent before the first byte goes out. False where the claim has been taken over meanwhile."""
        return self._move(claim, "state = 'connecting', detail = '', attempts = attempts + 1, may_be_out = 0", (), now)

    def note_final_dot(self, claim: Claim, *, now: datetime) -> bool:
        """Note that the final dot is about to go out: from here on a sender that dies leaves the mail unknown."""
        return self._move(claim, "may_be_out = 1", (), now)

    def finish(
        self, claim: Claim, state: State, detail: str, *, now: datetime, next_attempt_at: datetime | None = None
    ) -> bool:
        """Note how it ended. False where the claim has been taken over meanwhile."""
        return self._move(
            claim,
            "state = ?, detail = ?, next_attempt_at = ?, may_be_out = 0",
            (state, detail, _text(next_attempt_at)),
            now,
        )

    def find(self, *, report: str, period: str, recipient: str) -> Delivery | None:
        """One delivery, or None."""
        rows = self._read(f"select {_COLUMNS} from delivery where {_KEY}", (report, period, recipient))
        return _delivery(rows[0]) if rows else None

    def deliveries(self, report: str | None = None, *, states: tuple[State, ...] = STATES) -> tuple[Delivery, ...]:
        """Deliveries in these states, newest first, of one report or of all."""
        rows = self._read(
            f"select {_COLUMNS} from delivery where (? is null or report = ?)"
            f" and state in ({', '.join('?' * len(states))}) order by updated_at desc, recipient",
            (report, report, *states),
        )
        return tuple(_delivery(row) for row in rows)

    def due(self, now: datetime) -> tuple[Delivery, ...]:
        """What waits to be taken up: unfinished, its next attempt reached, no living process at it."""
        rows = self._read(
            f"select {_COLUMNS} from delivery where state in ('planned', 'rendered')"
            " or (state in ('retry', 'held') and coalesce(next_attempt_at, '') <= ?)"
            " or (state in ('claimed', 'connecting') and claimed_until < ?) order by report, period, recipient",
            (_text(now), _text(now)),
        )
        return tuple(_delivery(row) for row in rows)

    def expire(self, now: datetime) -> tuple[Delivery, ...]:
        """Close what is past its deadline and not in a living process's hands; gives what was closed."""
        with self._transaction() as database:
            rows = database.execute(
                "update delivery set state = 'expired', updated_at = ?,"
                " detail = 'not out by its deadline' || iif(detail = '', '', ': ' || detail)"
                " where deadline < ? and (state in ('planned', 'rendered', 'held', 'retry')"
                " or (state in ('claimed', 'connecting') and may_be_out = 0 and claimed_until < ?))"
                f" returning {_COLUMNS}",
                (_text(now), _text(now), _text(now)),
            ).fetchall()
        return tuple(_delivery(row) for row in rows)

    def release(self, *, report: str, period: str, recipient: str, now: datetime) -> bool:
        """A person decides to send again what is unknown, rejected, expired or cancelled. False where nothing waits."""
        with self._transaction() as database:
            changed = database.execute(
                "update delivery set state = 'retry', detail = 'released by a person', updated_at = ?,"
                f" next_attempt_at = null, deadline = null where {_KEY}"
                f" and state in ({', '.join('?' * len(RELEASABLE))})",
                (_text(now), report, period, recipient, *RELEASABLE),
            ).rowcount
        return changed == 1

    def take_turn(self, *, now: datetime, interval: timedelta) -> timedelta:
        """Queue for the next mail of all processes: how long to wait before it may go out."""
        with self._transaction() as database:
            row = database.execute("select next_at from mail_turn").fetchone()
            turn = max(now, datetime.fromisoformat(row[0])) if row else now
            database.execute(
                "insert into mail_turn values (1, ?) on conflict (only) do update set next_at = excluded.next_at",
                (_text(turn + interval),),
            )
        return turn - now

    def _move(self, claim: Claim, change: str, values: tuple[object, ...], now: datetime) -> bool:
        with self._transaction() as database:
            changed = database.execute(
                f"update delivery set {change}, updated_at = ? where {_KEY} and fence = ?"
                " and state in ('claimed', 'connecting')",
                (*values, _text(now), claim.report, claim.period, claim.recipient, claim.fence),
            ).rowcount
        return changed == 1

    def _read(self, sql: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            # From the first read on, nobody else decides about the same row.
            self._database.execute("begin immediate")
            try:
                yield self._database
            except BaseException:
                self._database.execute("rollback")
                raise
            self._database.execute("commit")


_KEY = "report = ? and period = ? and recipient = ?"
_COLUMNS = (
    "report, period, recipient, state, attempts, message_id, version, detail, updated_at, deadline, next_attempt_at,"
    " headers, content, audience"
)


def _key(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.report, delivery.period, delivery.recipient


def _text(moment: datetime | None) -> str | None:
    # One width for all, so that moments compare as text.
    return None if moment is None else moment.isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _delivery(row: tuple[object, ...]) -> Delivery:
    values: dict[str, object] = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("updated_at", "deadline", "next_attempt_at"):
        values[name] = _moment(values[name])  # type: ignore[arg-type]
    return Delivery(**values)  # type: ignore[arg-type]
