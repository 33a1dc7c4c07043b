"""The audit log: what was written stays as it was written, or the chain says so (T31, T32)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from company.folders import DataFolder
from dashboards.access import audit

AT = datetime(2026, 7, 1, 8, tzinfo=UTC)


@pytest.fixture
def folders(tmp_path: Path) -> DataFolder:
    folders = DataFolder(tmp_path)
    for number in range(1, 7):
        audit.record(folders, audit.Event(AT + timedelta(minutes=number), f"user{number}", "view", "margins"))
    return folders


def change(folders: DataFolder, sql: str) -> None:
    """What somebody with a database program does."""
    with sqlite3.connect(folders.app / "app.sqlite") as database:
        database.execute(sql)


def test_a_log_that_nobody_touched_has_no_fault(folders: DataFolder) -> None:
    checked = audit.verify(folders)
    assert (checked.rows, checked.faults) == (6, ())
    assert len(checked.head) == 64


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("update audit set actor = 'eve' where number = 3", "row 3"),
        ("update audit set at = '2020-01-01T00:00:00.000+00:00' where number = 3", "row 3"),
        ("update audit set detail = '{\"text\": \"x\"}' where number = 1", "row 1"),
        ("delete from audit where number = 3", "rows 3 to 3 are missing"),
        ("delete from audit where number >= 5", "rows 5 to 6 are missing at the end"),
        ("delete from audit", "rows 1 to 6 are missing at the end"),
        ("delete from audit where number = 1", "rows 1 to 1 are missing"),
        ("insert into audit select 7, at, 'eve', action, subject, outcome, version, rows_count, seconds, detail, hash"
         " from audit where number = 6", "row 7"),
        ("update audit set number = number + 1 where number = 6", "rows 6 to 6 are missing"),
    ],
)  # fmt: skip
def test_a_row_that_was_touched_is_found(folders: DataFolder, sql: str, says: str) -> None:
    """An administrator who looked at salaries must not be able to make it unseen."""
    change(folders, sql)
    assert any(says in fault for fault in audit.verify(folders).faults)


def test_a_row_written_with_another_key_is_found(folders: DataFolder) -> None:
    """Who has the database and not the key cannot write the chain anew."""
    (folders.secrets / "audit.key").write_text("ab" * 32, encoding="ascii")
    assert len(audit.verify(folders).faults) == 6


def test_a_clock_that_went_back_is_found(folders: DataFolder) -> None:
    """A deed dated to a day on which its doer was away."""
    audit.record(folders, audit.Event(AT - timedelta(days=1), "user7", "export", "salaries"))
    assert any("the clock went back" in fault for fault in audit.verify(folders).faults)


def test_a_missing_memory_of_the_head_is_a_fault(folders: DataFolder) -> None:
    (folders.secrets / "audit.head").unlink()
    assert audit.verify(folders).faults == ("secrets/audit.head is missing",)


def test_no_text_of_a_users_forges_a_row_or_a_line(folders: DataFolder) -> None:
    hostile = "x'); delete from audit; --\r\n2026-07-01 ceo sign_in done\x1b[2J\ud83d"
    audit.record(folders, audit.Event(AT + timedelta(hours=1), hostile, "query", hostile, detail={"text": hostile}))
    (event,) = audit.read(folders, count=1)
    assert event.text.startswith("x'); delete from audit; --\r\n")
    assert audit.verify(folders) == audit.Checked(7, audit.verify(folders).head, ())


def test_rows_that_are_written_at_once_are_one_chain(tmp_path: Path) -> None:
    """Pages, queries and mails write from several threads and processes."""
    folders = DataFolder(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: audit.record(folders, audit.Event(AT, f"user{n}", "view")), range(60)))
    assert audit.verify(folders).rows == 60
    assert audit.verify(folders).faults == ()


@pytest.mark.parametrize(
    ("narrowed", "numbers"),
    [({"actor": "user2"}, [2]), ({"action": "query"}, []), ({"subject": "margins", "count": 2}, [6, 5]),
     ({"since": AT + timedelta(minutes=5)}, [6, 5])],
)  # fmt: skip
def test_the_log_is_asked_by_person_deed_page_and_day(
    folders: DataFolder, narrowed: dict[str, object], numbers: list[int]
) -> None:
    read: Callable[..., tuple[audit.Event, ...]] = audit.read
    assert [event.number for event in read(folders, **narrowed)] == numbers


def test_what_cannot_be_recorded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.sqlite").write_text("no database")
    with pytest.raises(audit.AuditError, match=r"app\.sqlite cannot be written"):
        audit.record(DataFolder(tmp_path), audit.Event(AT, "sam", "view"))
