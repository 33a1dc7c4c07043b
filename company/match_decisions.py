"""Decisions of people on which company records are one: rows of app/app.sqlite, only ever added to, undone by another.

Belongs here: taking down a decision and reading all of them; pages, the command line and the run share this. Does not:
what follows from a decision (models/intermediate/int_party_*), which pairs wait for one (fct_match_proposals).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from company.errors import MatchDecisionError
from company.folders import DataFolder

Action = Literal["accept", "reject", "merge", "split", "undo"]
Side = Literal["account", "customer"]
_NEEDS_REASON: frozenset[Action] = frozenset({"reject", "split", "undo"})

_SCHEMA = """
create table if not exists match_decision (
    decision_no integer primary key autoincrement,
    action text not null check (action in ('accept', 'reject', 'merge', 'split', 'undo')),
    side text check (side in ('account', 'customer')),
    record_id text,
    other_record_id text,
    undone_no integer references match_decision (decision_no),
    reason text not null,
    decided_by text not null,
    decided_at text not null
) strict;
create trigger if not exists match_decision_is_not_changed before update on match_decision
begin select raise(abort, 'a decision is never changed; undo it'); end;
create trigger if not exists match_decision_is_not_deleted before delete on match_decision
begin select raise(abort, 'a decision is never deleted; undo it'); end;
"""
_COLUMNS = "decision_no, action, side, record_id, other_record_id, undone_no, reason, decided_by, decided_at"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides.

    accept, reject: an account (record_id) and a customer (other_record_id) are one company, or are not.
    merge: two records of one `side` are one company. split: a record leaves the group of its side that keys or a parent
    put it in. undo: an earlier decision (undone_no) no longer holds.
    """

    action: Action
    record_id: str | None = None
    other_record_id: str | None = None
    side: Side | None = None
    undone_no: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TakenDecision:
    """A decision with its number, who took it and when (aware UTC)."""

    decision_no: int
    decision: Decision
    decided_by: str
    decided_at: datetime


def read_decisions(folders: DataFolder) -> tuple[TakenDecision, ...]:
    """Every decision, oldest first; none where nobody took any."""
    path = folders.app / "app.sqlite"
    if not path.is_file():
        return ()
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        if not database.execute("select 1 from sqlite_master where name = 'match_decision'").fetchall():
            return ()
        rows = database.execute(f"select {_COLUMNS} from match_decision order by decision_no").fetchall()
    finally:
        database.close()
    return tuple(_taken(row) for row in rows)


def take_decisions(
    folders: DataFolder, decisions: Iterable[Decision], *, by: str, at: datetime
) -> tuple[TakenDecision, ...]:
    """Take down decisions, all or none. They count from the next run on.

    Raises MatchDecisionError, naming each one that is wrong.
    """
    wanted = tuple(decisions)
    with _database(folders) as database:
        numbers = dict(database.execute("select decision_no, action from match_decision").fetchall())
        undone = {number for (number,) in database.execute("select undone_no from match_decision where undone_no > 0")}
        faults = [fault for decision in wanted if (fault := _fault(decision, numbers, undone))]
        if not by.strip():
            faults.append("who decides is not said")
        if faults:
            raise MatchDecisionError("\n".join(faults))
        rows = [
            database.execute(
                f"insert into match_decision ({_COLUMNS}) values (null, ?, ?, ?, ?, ?, ?, ?, ?) returning {_COLUMNS}",
                (d.action, d.side, d.record_id, d.other_record_id, d.undone_no, d.reason.strip(), by, at.isoformat()),
            ).fetchone()
            for d in wanted
        ]
    return tuple(_taken(row) for row in rows)


def _fault(decision: Decision, numbers: dict[int, str], undone: set[int]) -> str | None:
    named = (decision.record_id, decision.other_record_id, decision.undone_no)
    what = " ".join([decision.action, *(str(part) for part in named if part)])
    if decision.action not in get_args(Action):
        fault = f"no such action; allowed: {', '.join(get_args(Action))}"
    elif decision.action in _NEEDS_REASON and not decision.reason.strip():
        fault = "say why; the next one who meets these names will ask"
    elif decision.action == "undo":
        fault = _fault_of_undo(decision.undone_no, numbers, undone)
    else:
        fault = _fault_of_records(decision)
    return f"{what}: {fault}" if fault else None


def _fault_of_undo(number: int | None, numbers: dict[int, str], undone: set[int]) -> str:
    if number not in numbers or numbers[number] == "undo":
        return "no such decision; `plumbline matches log` lists them with their numbers"
    return "it has been undone already" if number in undone else ""


def _fault_of_records(decision: Decision) -> str:
    if not decision.record_id or (decision.action != "split" and not decision.other_record_id):
        return "a split names one record, every other decision two"
    if decision.action in {"merge", "split"} and decision.side is None:
        return "say whether of the CRM's accounts or the ERP's customers"
    return "it is one record" if decision.action == "merge" and decision.record_id == decision.other_record_id else ""


@contextmanager
def _database(folders: DataFolder) -> Iterator[sqlite3.Connection]:
    folders.app.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = sqlite3.connect(folders.app / "app.sqlite", timeout=30, isolation_level="IMMEDIATE")
    try:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        database.executescript(_SCHEMA)
        with database:
            database.execute("begin immediate")  # two people who undo one decision must not both find it standing
            yield database
    finally:
        database.close()


def _taken(row: tuple[object, ...]) -> TakenDecision:
    number, action, side, record_id, other_record_id, undone_no, reason, decided_by, decided_at = row
    return TakenDecision(
        int(str(number)),
        Decision(action, record_id, other_record_id, side, undone_no, str(reason)),  # type: ignore[arg-type]
        str(decided_by),
        datetime.fromisoformat(str(decided_at)),
    )
