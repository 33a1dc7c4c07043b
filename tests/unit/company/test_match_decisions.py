"""Decisions on company records: kept with who, when and why, never changed, undone by another."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from company.errors import MatchDecisionError
from company.folders import DataFolder
from company.match_decisions import Decision, read_decisions, take_decisions
from pipelines.publish.match_decisions import decisions_hash, load_decisions
from pipelines.warehouse.system_tables import create_system_tables

MOMENT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
PAIR = Decision("accept", "crm:1", "erp:9")


@pytest.fixture
def folders(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def test_a_decision_is_kept_with_who_when_and_why(folders: DataFolder) -> None:
    """The next one who meets these names must see who said so."""
    assert read_decisions(folders) == ()
    (taken,) = take_decisions(
        folders, [Decision("reject", "crm:1", "erp:9", reason="same street")], by="aino", at=MOMENT
    )
    assert read_decisions(folders) == (taken,)
    assert (taken.decision_no, taken.decided_by, taken.decided_at) == (1, "aino", MOMENT)
    assert taken.decision.reason == "same street"


def test_a_decision_is_never_changed_or_deleted(folders: DataFolder) -> None:
    """A log that somebody can tidy up proves nothing."""
    take_decisions(folders, [PAIR], by="aino", at=MOMENT)
    database = sqlite3.connect(folders.app / "app.sqlite")
    for statement in ("update match_decision set reason = 'x'", "delete from match_decision"):
        with pytest.raises(sqlite3.IntegrityError, match="undo it"):
            database.execute(statement)
    database.close()


def test_an_undo_is_a_decision_of_its_own(folders: DataFolder) -> None:
    take_decisions(folders, [PAIR], by="aino", at=MOMENT)
    take_decisions(folders, [Decision("undo", undone_no=1, reason="wrong street")], by="timo", at=MOMENT)
    assert [taken.decision.action for taken in read_decisions(folders)] == ["accept", "undo"]
    with pytest.raises(MatchDecisionError, match="undo 1: it has been undone already"):
        take_decisions(folders, [Decision("undo", undone_no=1, reason="again")], by="timo", at=MOMENT)
    with pytest.raises(MatchDecisionError, match="undo 2: no such decision"):
        take_decisions(folders, [Decision("undo", undone_no=2, reason="again")], by="timo", at=MOMENT)


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (Decision("reject", "crm:1", "erp:9", reason=" "), "reject crm:1 erp:9: say why"),
        (Decision("split", "crm:1", reason="sold"), "split crm:1: say whether"),
        (Decision("accept", "crm:1"), "accept crm:1: a split names one record, every other decision two"),
        (Decision("merge", "crm:1", "crm:1", side="account"), "it is one record"),
        (Decision("join", "crm:1", "erp:9"), "no such action; allowed: accept, reject, merge, split, undo"),  # type: ignore[arg-type]
        (Decision("undo", undone_no=7, reason="x"), "undo 7: no such decision"),
    ],
)
def test_decisions_are_taken_all_or_none(folders: DataFolder, decision: Decision, message: str) -> None:
    """Half a file taken leaves nobody knowing which half."""
    with pytest.raises(MatchDecisionError, match=message):
        take_decisions(folders, [PAIR, decision], by="aino", at=MOMENT)
    assert read_decisions(folders) == ()


def test_decisions_are_a_reason_to_run_again_and_enter_the_run(folders: DataFolder) -> None:
    """A decision that no run takes up would wait until some file happens to change."""
    assert decisions_hash(folders) == ""
    take_decisions(folders, [PAIR], by="aino", at=MOMENT)
    before = decisions_hash(folders)
    take_decisions(folders, [Decision("undo", undone_no=1, reason="x")], by="aino", at=MOMENT)
    assert len({"", before, decisions_hash(folders)}) == 3
    with duckdb.connect() as build:
        create_system_tables(build)
        load_decisions(build, folders)
        load_decisions(build, folders)
        assert build.sql("select decision_no, action, record_id, undone_no from raw.match_decision").fetchall() == [
            (1, "accept", "crm:1", None),
            (2, "undo", None, 1),
        ]
