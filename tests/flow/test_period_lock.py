"""`plumbline period`: decisions and notes that outlive every rebuild, and postings after a lock are listed."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo_company import publish

from company.settings import Settings
from company.versions import current_version
from dashboards.published import current
from pipelines.publish.backup import restore_backup, write_backup
from pipelines.publish.close_notes import add_note, read_notes, sign_off
from pipelines.publish.errors import PeriodLockError
from pipelines.publish.inputs import landed_batches, published_from, run_inputs
from pipelines.publish.period_locks import lock_period, locked_now, read_locks, unlock_period

MOMENT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
MAY = date(2026, 5, 1)


def lock(settings: Settings, **changes: Any) -> Any:
    arguments: dict[str, Any] = {"entity_id": "GB01", "period": MAY, "by": "aino", "note": "board pack", "at": MOMENT}
    return lock_period(settings.folders, **(arguments | changes))


def note(settings: Settings, *, subject: str, text: str) -> None:
    add_note(settings.folders, entity_id="GB01", period=MAY, subject=subject, text=text, by="aino", at=MOMENT)


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    published = current(settings.folders, None)
    assert published is not None
    return published.cursor().sql(sql).to_arrow_table().to_pylist()


def post_late(settings: Settings) -> str:
    """A manual journal of 70.00 dated in May, in a file that arrives after the lock."""
    (path,) = (settings.root / "data" / "sample" / "erp").glob("journal_lines.csv")
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file))
    entity = [dict(zip(header, line, strict=True)) for line in lines if line[0] == "GB01" and line[3] == "2026-05-29"]
    model = entity[0] | {
        "Journal No": "999000001",
        "Doc Type": "SA",
        "Doc No": "999000001",
        "Customer": "",
        "Vendor": "",
    }
    model |= {
        "Trading Partner": "",
        "Material": "",
        "WBS": "",
        "Text": "late accrual",
        "Cost Centre": "",
        "Department": "",
    }
    debit = model | {"Line": "1", "Account": "8030", "Debit": "70.00", "Credit": "0.00", "Amount Doc": "70.00"}
    credit = model | {"Line": "2", "Account": "2450", "Debit": "0.00", "Credit": "70.00", "Amount Doc": "-70.00"}
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writerows([debit, credit])
    return "999000001"


def test_a_lock_is_kept_with_who_when_and_what_was_in_it(copied_company: Settings, tmp_path: Path) -> None:
    """A lock that a rebuild or a lost disk forgets was never one."""
    done = lock(copied_company)
    assert (done.entity_id, done.period_on, done.period_end_on) == ("GB01", MAY, date(2026, 5, 31))
    (kept,) = read_locks(copied_company.folders)
    assert (kept.acted_by, kept.acted_at, kept.note) == ("aino", MOMENT, "board pack")
    assert (copied_company.folders.history / kept.journals).is_file()
    archive = tmp_path / "backup.tar.gz"
    write_backup(copied_company, archive, at=MOMENT)
    elsewhere = type(copied_company.folders)(tmp_path / "restored")
    restore_backup(archive, folders=elsewhere, root=tmp_path)
    assert read_locks(elsewhere) == (kept,)
    assert (elsewhere.history / kept.journals).read_bytes() == (
        copied_company.folders.history / kept.journals
    ).read_bytes()


def test_a_lock_is_a_reason_to_run_again(copied_company: Settings) -> None:
    """Otherwise the board would show the period open until some file happens to change."""
    asked = {"as_of": date(2026, 6, 30), "batches": landed_batches(copied_company)}
    assert published_from(copied_company.folders, run_inputs(copied_company, **asked)) is not None
    lock(copied_company)
    assert published_from(copied_company.folders, run_inputs(copied_company, **asked)) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entity_id": "XX01"}, "XX01: no such legal entity; known: FI01, GB01, SE01"),
        ({"period": date(2026, 7, 15)}, "the period ends on 2026-07-31, after 2026-06-30; it is not over yet"),
        ({"period": date(1900, 1, 1)}, "1900-01-01: outside of the company's calendar"),
    ],
)
def test_a_lock_that_makes_no_sense_is_refused(copied_company: Settings, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PeriodLockError, match=message):
        lock(copied_company, **changes)
    assert read_locks(copied_company.folders) == ()


def test_a_period_is_locked_once_and_opened_with_a_reason(copied_company: Settings) -> None:
    lock(copied_company)
    with pytest.raises(PeriodLockError, match="locked already, by aino at 2026-07-03 09:30"):
        lock(copied_company, by="timo", period=date(2026, 5, 20))
    arguments: dict[str, Any] = {"entity_id": "GB01", "period": date(2026, 5, 20), "by": "aino", "at": MOMENT}
    with pytest.raises(PeriodLockError, match="say why"):
        unlock_period(copied_company.folders, note=" ", **arguments)
    unlock_period(copied_company.folders, note="accrual forgotten", **arguments)
    assert locked_now(copied_company.folders) == {}
    assert [decision.action for decision in read_locks(copied_company.folders)] == ["lock", "unlock"]
    with pytest.raises(PeriodLockError, match="not locked with Plumbline"):
        unlock_period(copied_company.folders, note="again", **arguments)


def test_what_is_posted_after_a_lock_is_listed_with_its_amount(copied_company: Settings) -> None:
    """The board pack said one thing, the books say another: the controller must see which journal did it."""
    lock(copied_company)
    late = post_late(copied_company)
    note(copied_company, subject="net_revenue", text="a customer was invoiced twice; credited in June")
    sign_off(copied_company.folders, entity_id="GB01", period=MAY, text="", by="timo", at=MOMENT)
    publish(copied_company)
    listed = rows(copied_company, "select * from finance.fct_close_exceptions where kind = 'posting_in_locked_period'")
    assert [
        (row["entity_id"], row["period_on"], row["document_id"], row["document_key"], str(row["amount_local"]))
        for row in listed
    ] == [("GB01", MAY, late, f"erp:{late}", "70.00")]
    assert listed[0]["message"] == "posted after the period was locked"
    (period,) = rows(
        copied_company, "select * from finance.fct_fiscal_periods where entity_id = 'GB01' and period_on = '2026-05-01'"
    )
    assert period["is_locked"]
    assert period["lock_note"] == "board pack"
    assert period["lock_source"] == "source", "the ERP had locked it in June, before"
    notes = rows(copied_company, "select kind, subject, noted_by, text from finance.fct_close_notes order by note_no")
    assert [tuple(row.values()) for row in notes] == [
        ("note", "net_revenue", "aino", "a customer was invoiced twice; credited in June"),
        ("sign_off", "", "timo", ""),
    ]
    signed = rows(
        copied_company,
        "select period_on, status from finance.fct_close_board where entity_id = 'GB01' and task = 'board_pack_signed'"
        " and period_on >= '2026-04-01' order by period_on",
    )
    assert [row["status"] for row in signed] == ["open", "done", "open"]


def test_a_note_is_kept_with_who_when_and_the_version_looked_at(copied_company: Settings) -> None:
    """A year later somebody asks why the number was accepted: the answer must not be in a mailbox."""
    version = current_version(copied_company.folders)
    note(copied_company, subject="Revenue", text="one-off licence of 2,000.00")
    note(copied_company, subject="bank_reconciled", text="statement of 31 May, folder 7")
    first, second = read_notes(copied_company.folders)
    assert (first.noted_by, first.noted_at, first.subject, first.version) == ("aino", MOMENT, "Revenue", version)
    assert (second.period_on, second.text) == (MAY, "statement of 31 May, folder 7")
    assert first.note_id != second.note_id


def test_a_note_on_nothing_known_or_without_words_is_refused(copied_company: Settings) -> None:
    with pytest.raises(PeriodLockError, match="'net_revenu': no such metric, statement line or task"):
        note(copied_company, subject="net_revenu", text="wrong")
    with pytest.raises(PeriodLockError, match="no text"):
        note(copied_company, subject="net_revenue", text=" ")
    assert read_notes(copied_company.folders) == ()


def test_a_pack_with_a_failed_task_is_signed_only_with_a_reason(copied_company: Settings) -> None:
    """A signature under a failed close is either a mistake or a decision; which one must be on record."""
    version = current_version(copied_company.folders)
    marts = copied_company.folders.published / str(version) / "marts.duckdb"
    with duckdb.connect(str(marts)) as connection:
        connection.execute(
            "update finance.fct_close_board set status = 'failed'"
            " where entity_id = 'GB01' and period_on = '2026-05-01' and task = 'rates_complete'"
        )
    asked: dict[str, Any] = {"entity_id": "GB01", "period": MAY, "by": "timo", "at": MOMENT}
    with pytest.raises(PeriodLockError, match="1 tasks have failed: No document waits for an exchange rate"):
        sign_off(copied_company.folders, text="", **asked)
    assert sign_off(copied_company.folders, text="immaterial: 3.00", **asked).kind == "sign_off"
    with pytest.raises(PeriodLockError, match="it is not over yet"):
        sign_off(copied_company.folders, text="", **(asked | {"period": date(2026, 7, 15)}))
