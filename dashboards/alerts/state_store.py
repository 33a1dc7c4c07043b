"""States of alerts and the log of their changes, in the data folder's app.sqlite: they survive a rebuild."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from dashboards.alerts.states import AlertState

_SCHEMA = (
    "create table if not exists alert_state (alert text not null, member text not null, state text not null,"
    " since text not null, streak integer not null, detail text not null, told text not null, told_at text,"
    " told_count integer not null, firing_since text, primary key (alert, member)) strict",
    "create table if not exists alert_log (at text not null, alert text not null, member text not null,"
    " before text not null, state text not null, detail text not null) strict",
    "create table if not exists alert_heard (alert text not null, member text not null, address text not null,"
    " primary key (alert, member, address)) strict",
)
_NAMES = tuple(field.name for field in fields(AlertState))


class AlertStates:
    """Opens app.sqlite in a folder, creating both. Every change is one transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._database = sqlite3.connect(folder / "app.sqlite", timeout=30, isolation_level=None)
        weakref.finalize(self, self._database.close)
        self._database.execute("pragma journal_mode = wal")
        for statement in _SCHEMA:
            self._database.execute(statement)

    def all(self, alert: str | None = None) -> dict[tuple[str, str], AlertState]:
        """Every state of one alert or of all, by alert and member."""
        rows = self._database.execute(
            f"select {', '.join(_NAMES)} from alert_state where ? is null or alert = ? order by alert, member",
            (alert, alert),
        ).fetchall()
        return {(row[0], row[1]): _state(row) for row in rows}

    def keep(self, states: Iterable[AlertState], *, now: datetime) -> None:
        """Replace the states of these members; a change of state is logged."""
        self._database.execute("begin immediate")
        try:
            for state in states:
                row = self._database.execute(
                    "select state from alert_state where alert = ? and member = ?", (state.alert, state.member)
                ).fetchone()
                before = row[0] if row else "ok"
                if before != state.state:
                    self._database.execute(
                        "insert into alert_log values (?, ?, ?, ?, ?, ?)",
                        (now.isoformat(), state.alert, state.member, before, state.state, state.detail),
                    )
                self._database.execute(
                    f"insert or replace into alert_state ({', '.join(_NAMES)}) values ({', '.join('?' * len(_NAMES))})",
                    tuple(_cell(getattr(state, name)) for name in _NAMES),
                )
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")

    def heard(self, alert: str, address: str) -> frozenset[str]:
        """The members of an alert that this address knows to be firing."""
        rows = self._database.execute(
            "select member from alert_heard where alert = ? and address = ?", (alert, address)
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def hear(self, alert: str, address: str, members: Iterable[str]) -> None:
        """Note that this address is told of these members."""
        self._database.executemany(
            "insert or ignore into alert_heard values (?, ?, ?)", [(alert, member, address) for member in members]
        )

    def forget(self, states: Iterable[AlertState]) -> None:
        """Whoever knew these members to be firing has been told that they are not."""
        self._database.executemany(
            "delete from alert_heard where alert = ? and member = ?",
            [(state.alert, state.member) for state in states],
        )

    def log(self, alert: str | None = None, *, most: int = 200) -> list[tuple[str, str, str, str, str, str]]:
        """The newest changes: at, alert, member, before, state, detail."""
        return self._database.execute(
            "select at, alert, member, before, state, detail from alert_log"
            " where ? is null or alert = ? order by at desc, rowid desc limit ?",
            (alert, alert, most),
        ).fetchall()


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _state(row: tuple[object, ...]) -> AlertState:
    values: dict[str, object] = dict(zip(_NAMES, row, strict=True))
    for name in ("since", "told_at", "firing_since"):
        text = values[name]
        values[name] = None if text is None else datetime.fromisoformat(str(text))
    return AlertState(**values)  # type: ignore[arg-type]
