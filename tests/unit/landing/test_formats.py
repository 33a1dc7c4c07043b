"""The same deals in every format that is read, and what each format does to numbers and dates."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from drop_folder import DELIVERED, HEADER, DropFolder, deals

TEXT = HEADER + "1,Won,1234.50,2026-01-25,Åbo,2026-01-26T10:00:00Z\n2,Open,99.95,2026-02-03,,\n"
NAMES = HEADER.strip().split(",")
EXPECTED = [
    ("1", Decimal("1234.50"), date(2026, 1, 25), "Åbo", datetime(2026, 1, 26, 10)),  # noqa: DTZ001
    ("2", Decimal("99.95"), date(2026, 2, 3), None, None),
]
COLUMNS = "deal_id, amount_doc, created_on, name, updated_at"


def workbook(rows: list[list[Any]], *, sheet: str = "Deals", first: list[list[Any]] | None = None) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        if first is not None:
            other = book.add_worksheet("Notes")
            for number, row in enumerate(first):
                other.write_row(number, 0, row)
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(number, place, cell, day)
                elif cell is not None:
                    page.write(number, place, cell)
    return stream.getvalue()


TYPED_ROWS: list[list[Any]] = [
    NAMES,
    [1, "Won", 1234.5, date(2026, 1, 25), "Åbo", datetime(2026, 1, 26, 10)],  # noqa: DTZ001
    [2, "Open", 99.95, date(2026, 2, 3), None, None],
]


def json_lines() -> bytes:
    rows = [dict(zip(NAMES, line.split(","), strict=True)) for line in TEXT.splitlines()[1:]]
    rows[1]["Name"] = rows[1]["Changed"] = None  # type: ignore[assignment]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def parquet(tmp_path: Path, select: str) -> bytes:
    duckdb.connect().execute(f"set TimeZone = 'UTC'; copy ({select}) to '{tmp_path}/made.parquet' (format parquet)")
    return (tmp_path / "made.parquet").read_bytes()


TYPED_SELECT = """
    select 1 as "Id", 'Won' as "Stage", 1234.50::decimal(12, 2) as "Amount", date '2026-01-25' as "Created",
        'Åbo' as "Name", timestamptz '2026-01-26 12:00:00+02' as "Changed"
    union all select 2, 'Open', 99.95, date '2026-02-03', null, null
"""


@pytest.mark.parametrize(
    "name", ["deals.csv", "deals.tsv", "deals.txt", "deals.csv.gz", "deals.xlsx", "deals.jsonl", "deals.ndjson.gz",
             "deals.parquet", "deals_of_text.xlsx", "deals_gzip_by_content.csv"]
)  # fmt: skip
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    """How a company exports must not change what it sold."""
    content = {
        "deals.csv": TEXT.encode(),
        "deals.tsv": TEXT.replace(",", "\t").encode(),
        "deals.txt": TEXT.replace(",", "|").encode(),
        "deals.csv.gz": gzip.compress(TEXT.encode()),
        "deals.xlsx": workbook(TYPED_ROWS),
        "deals.jsonl": json_lines(),
        "deals.ndjson.gz": gzip.compress(json_lines()),
        "deals.parquet": b"" if name != "deals.parquet" else parquet(tmp_path, TYPED_SELECT),
        "deals_of_text.xlsx": workbook([line.split(",") for line in TEXT.splitlines()]),
        "deals_gzip_by_content.csv": gzip.compress(TEXT.encode()),
    }[name]
    drop = DropFolder(tmp_path, deals())
    drop.write(name, content)
    (manifest,) = drop.land().landed
    assert drop.rows("deal", COLUMNS) == EXPECTED
    assert drop.quarantined() == []
    assert manifest.control_totals["amount_doc"].in_ == Decimal("1334.45")


def test_typed_cells_are_not_read_with_the_files_decimal_comma(tmp_path: Path) -> None:
    """A workbook holds 1.5 as a number and 1.234,50 as text in one column: neither may be read as the other."""
    drop = DropFolder(tmp_path, deals(extra='format: {decimal: ",", dates: "%d.%m.%Y"}'))
    rows = [NAMES, [1, "Won", 12.125, date(2026, 1, 25), 7, None], [2, "Open", "1.234,50", "03.02.2026", "x", None],
            [3, "Open", 1500, "03.02.2026", 2.50, None], [4, "Open", 1.5, "03.02.2026", None, None]]  # fmt: skip
    drop.write("deals.xlsx", workbook(rows))
    drop.land()
    assert drop.rows("deal", "deal_id, amount_doc, created_on, name") == [
        ("2", Decimal("1234.50"), date(2026, 2, 3), "x"),
        ("3", Decimal(1500), date(2026, 2, 3), "2.5"),
        ("4", Decimal("1.50"), date(2026, 2, 3), None),
    ]
    assert drop.quarantined() == [(2, "amount_doc", "12.125", "unreadable_number")]


def test_a_number_in_a_workbook_has_the_digits_that_are_shown(tmp_path: Path) -> None:
    """A formula leaves 1234.5600000000001; Excel shows 1234.56 and so does the ledger."""
    drop = DropFolder(tmp_path, deals())
    amounts = [0.1 + 0.2, 1234.5600000000001, 1e15, 1e20, 123456789012.34, -0.0]
    rows = [NAMES, *([number, "Won", amount, date(2026, 1, 25), None, None] for number, amount in enumerate(amounts))]
    drop.write("deals.xlsx", workbook(rows))
    drop.land()
    assert [amount for (amount,) in drop.rows("deal", "amount_doc")] == [
        Decimal("0.30"), Decimal("1234.56"), Decimal(10) ** 15, Decimal("123456789012.34"), Decimal(0),
    ]  # fmt: skip
    assert drop.quarantined("row_number, reason") == [(5, "unreadable_number")]


def test_the_sheet_of_the_mapping_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    """The first sheet is often a cover page."""
    content = workbook(TYPED_ROWS, sheet="Open deals", first=[["Exported by", "Ann"]])
    drop = DropFolder(tmp_path, deals(extra="format: {sheet: Open deals}"))
    drop.write("deals.xlsx", content)
    drop.land()
    assert drop.rows("deal", COLUMNS) == EXPECTED
    drop.mapping = deals(extra="format: {sheet: Open deal}")
    (refused,) = drop.land().refused
    assert "has no sheet 'Open deal'; did you mean 'Open deals'?" in refused.message


def test_rows_of_a_workbook_keep_their_numbers_across_empty_ones(tmp_path: Path) -> None:
    """A person opens the workbook at the row that the quarantine names."""
    rows = [[], ["Deals as of June"], [], NAMES, [], TYPED_ROWS[1], [None] * 6, ["3", "Won", "bad", date(2026, 1, 1)]]
    drop = DropFolder(tmp_path, deals(extra="format: {header_row: 4}"))
    drop.write("deals.xlsx", workbook(rows))
    (manifest,) = drop.land().landed
    assert drop.rows("deal", "batch_row") == [(6,)]
    assert drop.quarantined("row_number, value") == [(8, "bad")]
    assert manifest.rows.in_ == 2


def test_a_cell_of_a_sheet_that_cannot_be_read_is_named_by_its_address(tmp_path: Path) -> None:
    """A person goes to the cell, also where the table does not begin in the first column, and beyond column Z."""
    wide = [*[None] * 25, *NAMES[1:], NAMES[0]]
    bad = [*[None] * 25, "Won", "bad", date(2026, 1, 1), "A", None, "3"]
    drop = DropFolder(tmp_path, deals(extra="format: {header_row: 2}"))
    drop.write("deals.xlsx", workbook([[], wide, [], bad]))
    drop.land()
    ((number, message),) = drop.quarantined("row_number, message")
    assert number == 4
    assert message.startswith("cell AA4 is no number that fits decimal(18, 2)")


def test_what_a_spreadsheet_hides_is_read_and_a_day_is_the_same_in_either_date_system(tmp_path: Path) -> None:
    """A filter left on, a sheet put away and a workbook begun on a Mac leave no row out and move no day."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": True}) as book:
        book.add_worksheet("Cover")
        page = book.add_worksheet("Deals")
        page.hide()
        page.write_row(0, 0, NAMES)
        page.write_row(1, 0, ["1", "Won", 1234.5])
        page.write_datetime(1, 3, datetime(2026, 1, 25), book.add_format({"num_format": "dd/mm/yyyy"}))  # noqa: DTZ001
        page.write_row(2, 0, ["2", "Open", 99.95, "2026-02-03"])
        page.set_row(2, None, None, {"hidden": True})
    drop = DropFolder(tmp_path, deals(extra="format: {sheet: Deals}"))
    drop.write("deals.xlsx", stream.getvalue())
    drop.land()
    assert drop.rows("deal", "deal_id, amount_doc, created_on") == [
        ("1", Decimal("1234.50"), date(2026, 1, 25)), ("2", Decimal("99.95"), date(2026, 2, 3)),
    ]  # fmt: skip


def test_two_entries_may_read_two_sheets_of_one_workbook(tmp_path: Path) -> None:
    """One workbook with a sheet per table is how small companies export."""
    columns = "columns: {department_code: Code, name: Name}"
    departments = f"{{match: '*.xlsx', entity: department, kind: full, format: {{sheet: Notes}}, {columns}}}"
    drop = DropFolder(tmp_path, deals(extra="format: {sheet: Deals}") + f"  - {departments}\n")
    drop.write("deals.xlsx", workbook(TYPED_ROWS, first=[["Code", "Name"], ["10", "Sales"]]))
    assert len(drop.land().landed) == 2
    assert drop.rows("department", "department_code, name") == [("10", "Sales")]
    assert drop.rows("deal", COLUMNS) == EXPECTED


def test_numbers_of_json_lines_never_pass_a_float(tmp_path: Path) -> None:
    """A binary float holds 1234567890123456.78 as ...56.75; sixteen digits are a large invoice in rupiah."""
    drop = DropFolder(tmp_path, deals())
    lines = [
        '{"Id": 1, "Stage": "Won", "Amount": 1234567890123456.78, "Created": "20260125", "Name": 1.10, "Changed": ""}',
        '{"Id": 2, "Stage": "Won", "Amount": 1.5E+3, "Created": "2026-01-25", "Name": {"first": "A"}, "Changed": null}',
        '{"Id": 3, "Stage": "Won", "Amount": 1e999999999, "Created": "2026-01-25", "Name": [1.10], "Changed": null}',
        "[1, 2]",
        '{"Id": 4, "Stage": "Won", "Amount": NaN, "Created": "2026-01-25", "Name": true, "Changed": null}',
    ]
    drop.write("deals.jsonl", "\n".join(lines) + "\n")
    drop.land()
    assert drop.rows("deal", "deal_id, amount_doc, name, batch_row") == [
        ("1", Decimal("1234567890123456.78"), "1.10", 1),
        ("2", Decimal(1500), None, 2),
    ]
    assert drop.quarantined("row_number, value, reason") == [
        (3, "1e999999999", "unreadable_number"),
        (4, "[1, 2]", "wrong_field_count"),
        (5, "NaN", "unreadable_number"),
    ]


def test_nested_json_is_mapped_by_dotted_names(tmp_path: Path) -> None:
    """APIs nest what tables lay flat."""
    drop = DropFolder(tmp_path, deals().replace("name: Name", "name: owner.name"))
    drop.write(
        "deals.jsonl",
        '{"Id": 1, "Stage": "Won", "Amount": 1, "Created": "2026-01-25", "owner": {"name": "Ann"}, "Changed": null}\n',
    )
    drop.land()
    assert drop.rows("deal", "name") == [("Ann",)]


def test_binary_numbers_of_parquet_are_taken_with_fifteen_digits(tmp_path: Path) -> None:
    """Who wrote a file with floats meant 0.3."""
    select = """
        select 1 as "Id", 'Won' as "Stage", 0.1::double + 0.2::double as "Amount",
            timestamp '2026-01-25 10:00' as "Created",
        '' as "Name", null::timestamp as "Changed" union all select 2, 'Won', 1e300, date '2026-01-25', '', null"""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.parquet", parquet(tmp_path, select))
    drop.land()
    assert drop.rows("deal", "amount_doc, created_on, batch_row") == [(Decimal("0.30"), date(2026, 1, 25), 2)]
    assert drop.quarantined("row_number, reason") == [(3, "unreadable_number")]


def test_another_packing_is_named(tmp_path: Path) -> None:
    """The message must say what the file is, not that its headers are missing."""
    drop = DropFolder(tmp_path, deals())
    path = drop.write("deals.csv", bz2.compress(TEXT.encode()))
    os.utime(path, (DELIVERED.timestamp(), DELIVERED.timestamp()))
    (refused,) = drop.land().refused
    assert "is a bzip2 archive, not csv" in refused.message
