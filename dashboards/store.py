"""The data folder's own small database (app.sqlite, WAL): the state of every mail, so that no report is sent twice.

Belongs here: what must survive a rebuild of the warehouse and is decided by people or by mail servers. Does not: any
number that models compute.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

State = Literal["planned", "claimed", "sending", "sent", "retry", "rejected", "unknown", "held", "expired"]
FINAL: frozenset[State] = frozenset({"sent", "rejected", "unknown", "expired"})
"""States that are never left by themselves. `unknown`: the server may have the mail; only a person sends it again."""

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
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report of one period to one recipient. `message_id` never changes, so that a server can see a repeat."""

    report: str
    period: str
    recipient: str
    state: State
    attempts: int
    message_id: str
    version: str
    detail: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery. `fence` grows with each claim: an older holder can no longer change the state."""

    report: str
    period: str
    recipient: str
    message_id: str
    fence: int


class Store:
    """Opens app.sqlite in a folder, creating both. Every change is one transaction. Times are aware UTC."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "app.sqlite"
        with self._transaction() as database:
            database.execute("pragma journal_mode = wal")
        with self._transaction() as database:
            database.executescript(_SCHEMA)

    def plan(
        self, *, report: str, period: str, recipient: str, message_id: str, version: str, now: datetime
    ) -> Delivery:
        """The delivery of this report, period and recipient; made if there is none, untouched if there is."""
        with self._transaction() as database:
            database.execute(
                "insert into delivery (report, period, recipient, state, message_id, version, updated_at)"
                " values (?, ?, ?, 'planned', ?, ?, ?) on conflict do nothing",
                (report, period, recipient, message_id, version, now.isoformat()),
            )
            row = database.execute(
                f"select {_COLUMNS} from delivery where report = ? and period = ? and recipient = ?",
                (report, period, recipient),
            ).fetchone()
        return _delivery(row)

    def claim(self, delivery: Delivery, *, now: datetime, lease: timedelta) -> Claim | None:
        """Take the right to send. None where it is finished or another process holds it.

        A claim whose holder died before it began to send is taken over when its lease ends; one that had begun is
        marked unknown, because the server may have the mail.
        """
        with self._transaction() as database:
            database.execute(
                "update delivery set state = 'unknown', detail = 'ended while the server had the mail', updated_at = ?"
                " where report = ? and period = ? and recipient = ? and state = 'sending' and claimed_until < ?",
                (now.isoformat(), delivery.report, delivery.period, delivery.recipient, now.isoformat()),
            )
            row = database.execute(
                "update delivery set state = 'claimed', fence = fence + 1, claimed_until = ?, updated_at = ?"
                " where report = ? and period = ? and recipient = ? and (state in ('planned', 'retry', 'held')"
                " or (state = 'claimed' and claimed_until < ?)) returning fence, message_id",
                ((now + lease).isoformat(), now.isoformat(), delivery.report, delivery.period, delivery.recipient,
                 now.isoformat()),
            ).fetchone()  # fmt: skip
        if row is None:
            return None
        return Claim(delivery.report, delivery.period, delivery.recipient, row[1], row[0])

    def begin(self, claim: Claim, *, now: datetime) -> bool:
        """Note the intent before the first byte goes out. False where the claim has been taken over meanwhile."""
        return self._move(claim, "sending", "", now=now, count=True)

    def finish(self, claim: Claim, state: State, detail: str, *, now: datetime) -> bool:
        """Note how it ended. False where the claim has been taken over meanwhile."""
        return self._move(claim, state, detail, now=now, count=False)

    def deliveries(self, report: str | None = None) -> tuple[Delivery, ...]:
        """Every delivery, newest first, of one report or of all."""
        with self._transaction() as database:
            rows = database.execute(
                f"select {_COLUMNS} from delivery where ? is null or report = ? order by updated_at desc, recipient",
                (report, report),
            ).fetchall()
        return tuple(_delivery(row) for row in rows)

    def release(self, *, report: str, period: str, recipient: str, now: datetime) -> bool:
        """A person decides to send again what is unknown, rejected or expired. False where nothing waits for that."""
        with self._transaction() as database:
            changed = database.execute(
                "update delivery set state = 'retry', detail = 'released by a person', updated_at = ?"
                " where report = ? and period = ? and recipient = ? and state in ('unknown', 'rejected', 'expired')",
                (now.isoformat(), report, period, recipient),
            ).rowcount
        return changed == 1

    def _move(self, claim: Claim, state: State, detail: str, *, now: datetime, count: bool) -> bool:
        with self._transaction() as database:
            changed = database.execute(
                "update delivery set state = ?, detail = ?, attempts = attempts + ?, updated_at = ?"
                " where report = ? and period = ? and recipient = ? and fence = ? and state in ('claimed', 'sending')",
                (state, detail, int(count), now.isoformat(), claim.report, claim.period, claim.recipient, claim.fence),
            ).rowcount
        return changed == 1

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=30, isolation_level="IMMEDIATE")
        try:
            database.execute("pragma synchronous = full")
            with database:
                yield database
        finally:
            database.close()


_COLUMNS = "report, period, recipient, state, attempts, message_id, version, detail, updated_at"


def _delivery(row: tuple[object, ...]) -> Delivery:
    *texts, updated_at = row
    report, period, recipient, state, attempts, message_id, version, detail = texts
    return Delivery(
        str(report), str(period), str(recipient), state, int(str(attempts)), str(message_id), str(version), str(detail),  # type: ignore[arg-type]
        datetime.fromisoformat(str(updated_at)),
    )  # fmt: skip
