"""Rows that cannot be loaded: each once, with where, what and why; documents whole; keys given twice."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from drop_folder import HEADER, JOURNAL, JOURNAL_HEADER, DropFolder, deals

GOOD = "1,Won,10.00,2026-01-05,Alpha,2026-01-06T10:00:00Z\n"


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        ("2,Won,ten,2026-01-05,B,", "amount_doc", "ten", "unreadable_number"),
        ("2,Won,1e308,2026-01-05,B,", "amount_doc", "1e308", "unreadable_number"),
        ("2,Won,NaN,2026-01-05,B,", "amount_doc", "NaN", "unreadable_number"),
        ("2,Won,10.005,2026-01-05,B,", "amount_doc", "10.005", "unreadable_number"),
        ("2,Won,10.00,2026-02-31,B,", "created_on", "2026-02-31", "unreadable_date"),
        ("2,Won,10.00,2026-01-05,B,soon", "updated_at", "soon", "unreadable_timestamp"),
        ("2,,10.00,2026-01-05,B,", "stage", None, "missing_value"),
        (",Won,10.00,2026-01-05,B,", "deal_id", None, "missing_value"),
        ("2,Won,10.00,,B,", "created_on", None, "missing_value"),
        ("2,Won", None, "2,Won", "wrong_field_count"),
        ("2,Won,10.00,2026-01-05,B,,more", None, "2,Won,10.00,2026-01-05,B,,more", "wrong_field_count"),
        ('2,"Won"x,10.00,2026-01-05,B,', None, '2,"Won"x,10.00,2026-01-05,B,', "wrong_field_count"),
    ],
)
def test_a_bad_row_is_quarantined_alone(
    tmp_path: Path, row: str, column: str | None, value: str | None, reason: str
) -> None:
    """One bad cell must cost one row, and say which cell."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", HEADER + GOOD + row + "\n" + GOOD.replace("1,", "3,", 1))
    (manifest,) = drop.land().landed
    assert drop.quarantined() == [(3, column, value, reason)]
    assert drop.rows("deal", "deal_id, batch_row") == [("1", 2), ("3", 4)]
    assert manifest.rows.model_dump(by_alias=True) == {
        "in": 3, "loaded": 2, "quarantined": 1, "superseded": 0, "left_out": 0,
    }  # fmt: skip


def test_a_deal_without_a_currency_is_set_aside_with_where_and_why(tmp_path: Path) -> None:
    """An amount whose currency nobody wrote would be counted as euro, or dropped without a word."""
    mapping = deals().replace("{constant: EUR}", "Currency")
    drop = DropFolder(tmp_path, mapping)
    header = "Id,Stage,Amount,Created,Name,Changed,Currency\n"
    drop.write("deals_june.csv", header + "1,Won,10.00,2026-01-05,A,,SEK\n2,Won,99.50,2026-01-05,B,,\n")
    (manifest,) = drop.land().landed
    ((file, row, column, value, reason, message),) = drop.quarantined(
        "file_name, row_number, column_name, value, reason, message"
    )
    assert (file, row, column, value, reason) == ("deals_june.csv", 3, "currency", None, "missing_value")
    assert message == "is empty and may not be"
    assert drop.rows("deal", "deal_id, currency") == [("1", "SEK")]
    assert manifest.control_totals["amount_doc"].quarantined == Decimal("99.50")


def test_empty_fields_too_many_cost_nothing(tmp_path: Path) -> None:
    """Spreadsheets end every line with separators; as long as nothing stands behind them, nothing is lost."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", HEADER + GOOD + "2,Won,5.00,2026-01-05,B,,,\n")
    drop.land()
    assert drop.rows("deal", "deal_id") == [("1",), ("2",)]


def test_money_in_is_money_loaded_and_quarantined_to_the_cent(tmp_path: Path) -> None:
    """An amount may be set aside, never lost: 10.00 + 5.55 in, 10.00 loaded, 5.55 set aside, one without an amount."""
    drop = DropFolder(tmp_path, deals())
    drop.write(
        "deals.csv", HEADER + GOOD + "2,Won,5.55,31.02.2026,B,\n3,Won,ten,2026-01-05,C,\n4,Open,,2026-01-05,D,\n"
    )
    (manifest,) = drop.land().landed
    total = manifest.control_totals["amount_doc"]
    assert (total.in_, total.loaded, total.quarantined) == (Decimal("15.55"), Decimal("10.00"), Decimal("5.55"))
    assert total.unparsed_rows == 1
    assert manifest.rows.loaded == 2


def test_a_row_with_several_faults_is_one_quarantined_row_that_names_them_all(tmp_path: Path) -> None:
    """Sums over quarantined records must never count a row twice."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", HEADER + GOOD + "2,Won,ten,31.02.2026,B,soon\n")
    drop.land()
    ((column, message, record, source_id),) = drop.quarantined("column_name, message, record, source_id")
    assert column == "amount_doc"
    assert "also at fault: created_on, updated_at" in message
    assert json.loads(record) == {
        "deal_id": "2", "name": "B", "stage": "Won", "amount_doc": "ten", "currency": "EUR",
        "created_on": "31.02.2026", "is_won": "true", "is_closed": "true", "updated_at": "soon",
    }  # fmt: skip
    assert source_id == "2"


def test_row_numbers_are_those_of_a_spreadsheet(tmp_path: Path) -> None:
    """A person looks for row 9 in a spreadsheet: blank lines count, line ends inside quotes do not."""
    drop = DropFolder(tmp_path, deals())
    drop.write(
        "deals.csv",
        HEADER                                            # 1
        + GOOD                                            # 2
        + "\n"                                            # 3
        + '2,Won,10.00,2026-01-05,"two\nlines",\n'        # 4
        + "3,Won\n"                                       # 5
        + "   \n"                                         # 6
        + "4,Won,10.00,2026-01-05,D,\n"                   # 7
        + '5,Won,10.00,2026-01-05,"\n\nblank inside",\n'  # 8
        + "6,Won,bad,2026-01-05,F,\n"                     # 9
        + "7,Won,10.00,2026-01-05,G,\n\n\n",              # 10
    )  # fmt: skip
    drop.land()
    assert drop.rows("deal", "deal_id, batch_row") == [("1", 2), ("2", 4), ("4", 7), ("5", 8), ("7", 10)]
    assert drop.quarantined("row_number, value") == [(5, "3,Won"), (9, "bad")]


def test_the_header_may_stand_below_a_title(tmp_path: Path) -> None:
    """Reports often carry two lines above their headers."""
    drop = DropFolder(tmp_path, deals(extra="format: {header_row: 3}"))
    drop.write("deals.csv", "Deals as of 30 June\n\n" + HEADER + GOOD + "2,Won,x,2026-01-05,B,\n")
    drop.land()
    assert drop.rows("deal", "deal_id, batch_row") == [("1", 4)]
    assert drop.quarantined("row_number") == [(5,)]


def test_a_value_the_mapping_does_not_know_is_not_guessed(tmp_path: Path) -> None:
    """A new stage in the CRM must not silently count as lost."""
    mapping = deals().replace('values: {Won: true, "*": false}', "values: {Won: true, Lost: false}")
    drop = DropFolder(tmp_path, mapping)
    drop.write("deals.csv", HEADER + GOOD + "2,Paused,1.00,2026-01-05,B,\n")
    drop.land()
    assert drop.quarantined() == [(3, "is_won", "Paused", "unknown_value")]


def test_a_journal_with_an_unreadable_line_is_withheld_whole(tmp_path: Path) -> None:
    """Half a journal does not balance, and the other half is worth nothing to anybody."""
    drop = DropFolder(tmp_path, JOURNAL)
    lines = [
        "1,J1,2026-01-05,4000,0.00,5.00,",
        "2,J1,2026-01-05,1700,5.00,0.00,",
        "3,J2,2026-01-05,4000,x,5.00,",
        "4,J2,2026-01-05,1700,5.00,0.00,",
        "5,J3,2026-01-05,4000,0.00,7.00,",
        "6,J3,2026-01-05,1700,7.00",
    ]
    drop.write("journal.csv", JOURNAL_HEADER + "\n".join(lines) + "\n")
    (manifest,) = drop.land().landed
    assert [row[0] for row in drop.rows("journal_line", "journal_line_id")] == ["1", "2"]
    assert drop.quarantined("row_number, reason, document_id") == [
        (4, "unreadable_number", "J2"),
        (5, "document_incomplete", "J2"),
        (6, "document_incomplete", "J3"),  # its sixth line cannot be split, and names J3 where the number stands
        (7, "wrong_field_count", None),
    ]
    debit = manifest.control_totals["debit_local"]
    assert (debit.in_, debit.loaded, debit.quarantined, debit.unparsed_rows) == (Decimal(10), Decimal(5), Decimal(5), 2)


@pytest.mark.parametrize(
    ("rows", "loaded", "quarantined", "superseded"),
    [
        (["A,2026-01-06T10:00:00Z", "A,2026-01-06T10:00:00Z"], ["A"], 0, 1),  # the same row again
        (["A,2026-01-06T10:00:00Z", "B,2026-01-07T10:00:00Z"], ["B"], 0, 1),  # the newest counts
        (["B,2026-01-07T10:00:00Z", "A,2026-01-06T10:00:00Z"], ["B"], 0, 1),
        (["B,2026-01-07T10:00:00Z", "A,2026-01-06T10:00:00Z", "B,2026-01-07T10:00:00Z"], ["B"], 0, 2),
        (["A,2026-01-06T10:00:00Z", "B,2026-01-06T10:00:00Z"], [], 2, 0),  # nothing tells
        (["A,", "B,"], [], 2, 0),
        (["A,", "B,2026-01-06T10:00:00Z"], [], 2, 0),
        (["A,", "A,"], ["A"], 0, 1),
        (["C,2026-01-05T10:00:00Z", "A,2026-01-06T10:00:00Z", "B,2026-01-06T10:00:00Z"], [], 3, 0),
    ],
)
def test_a_key_given_twice(
    tmp_path: Path, rows: list[str], loaded: list[str], quarantined: int, superseded: int
) -> None:
    """Counting a deal twice or picking a version at random are both wrong numbers."""
    drop = DropFolder(tmp_path, deals())
    other = "9,Won,1.00,2026-01-05,Other,\n"
    drop.write("deals.csv", HEADER + other + "".join(f"1,Won,10.00,2026-01-05,{row}\n" for row in rows))
    (manifest,) = drop.land().landed
    assert [name for (name,) in drop.rows("deal", "name")] == ["Other", *loaded]
    assert (manifest.rows.quarantined, manifest.rows.superseded) == (quarantined, superseded)
    assert {row[0] for row in drop.quarantined("reason")} <= {"duplicate_key"}
    total = manifest.control_totals["amount_doc"]
    assert total.in_ == 10 * len(rows) + 1 == total.loaded + total.quarantined + total.superseded


def test_a_journal_line_given_twice_takes_its_journal_with_it(tmp_path: Path) -> None:
    """Which of the two amounts was booked cannot be known."""
    drop = DropFolder(tmp_path, JOURNAL)
    lines = ["1,J1,2026-01-05,4000,0.00,5.00,", "1,J1,2026-01-05,4000,0.00,6.00,", "2,J1,2026-01-05,1700,5.00,0.00,",
             "3,J2,2026-01-05,1700,0.00,0.00,"]  # fmt: skip
    drop.write("journal.csv", JOURNAL_HEADER + "\n".join(lines) + "\n")
    drop.land()
    assert drop.quarantined("row_number, reason") == [
        (2, "duplicate_key"),
        (3, "duplicate_key"),
        (4, "document_incomplete"),
    ]
    assert drop.rows("journal_line", "journal_line_id") == [("3",)]


BALANCES = """
files:
  - match: "balances*"
    entity: account_balance
    kind: full
    columns:
      entity_id: {constant: FI01}
      account_code: Account
      department_code: Department
      period_end_on: Day
      scenario: {constant: actual}
      balance_local: Balance
"""


def test_a_balance_without_a_department_given_twice_is_not_chosen_in_silence(tmp_path: Path) -> None:
    """Two balances of one account cannot both stand; a department apart, they can."""
    drop = DropFolder(tmp_path, BALANCES)
    rows = "1910,,2026-01-31,10.00\n1910,,2026-01-31,11.00\n1910,SAL,2026-01-31,12.00\n1500,,2026-01-31,5.00\n"
    drop.write("balances.csv", "Account,Department,Day,Balance\n" + rows)
    drop.land()
    assert drop.quarantined("row_number, reason") == [(2, "duplicate_key"), (3, "duplicate_key")]


def test_an_e_mail_address_is_hashed_and_kept_nowhere(tmp_path: Path) -> None:
    """Matching needs equality, not the address; what is not kept cannot leak."""
    drop = DropFolder(
        tmp_path,
        "files: [{match: 'contacts*', entity: contact, kind: full, columns: {contact_id: Id, email_hash: Mail, "
        "created_on: Since}}]",
    )
    drop.write("contacts.csv", "Id,Mail,Since\n1, Ann@Example.com,2026-01-05\n2,bob@example.com,x\n")
    drop.land()
    ann = "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"  # printf ann@example.com | sha256sum
    assert drop.rows("contact", "email_hash") == [(ann,)]
    ((record, value),) = drop.quarantined("record, value")
    assert "bob@" not in record
    assert value == "x"


def test_rows_that_another_entity_is_fed_with_are_left_out_and_counted(tmp_path: Path) -> None:
    """Invoices and credit notes often share one file; a row of neither must not vanish unnoticed."""
    mapping = deals(extra="where: {Stage: [Won, Lost]}")
    drop = DropFolder(tmp_path, mapping)
    drop.write("deals.csv", HEADER + GOOD + "2,Open,bad,nonsense,B,\n3, Lost ,1.00,2026-01-05,C,\n")
    (manifest,) = drop.land().landed
    assert drop.rows("deal", "deal_id") == [("1",), ("3",)]
    assert (manifest.rows.in_, manifest.rows.left_out) == (2, 1)
    assert drop.quarantined() == []
