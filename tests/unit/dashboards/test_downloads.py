"""What a page hands out says what it holds, and runs nothing in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow as pa

from dashboards.downloads import csv_file, xlsx_file

TABLE = pa.table(
    {
        "customer": ["Aalto", "=HYPERLINK(1)", None],
        "due_on": pa.array([date(2026, 6, 30), None, date(2026, 7, 1)]),
        "open_rpt": pa.array([Decimal("-1234.50"), Decimal("0.10"), None], pa.decimal128(18, 2)),
    }
)
ABOUT = (("Title", "Open items"), ("Region", "North, West"), ("As of", "30 Jun\n2026"))


def test_a_csv_lists_the_filters_before_its_rows() -> None:
    """A file that is found again in a year must still say which region it spoke of."""
    lines = csv_file(TABLE, ABOUT).decode().splitlines()
    assert lines[:3] == ["# Title: Open items", "# Region: North, West", "# As of: 30 Jun 2026"]
    rows = list(csv.reader(io.StringIO("\n".join(lines[3:]))))
    assert rows[0] == ["customer", "due_on", "open_rpt"]
    assert rows[1] == ["Aalto", "2026-06-30", "-1234.50"]
    assert rows[2][0] == "'=HYPERLINK(1)"


def test_a_workbook_keeps_numbers_numbers_and_runs_no_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_file(TABLE, ABOUT)))
    rows = list(book["Rows"].values)
    assert rows[0] == ("customer", "due_on", "open_rpt")
    assert rows[1][2] == -1234.5
    assert book["Rows"]["A3"].data_type == "s"
    assert rows[3][0] is None
    assert [cell for (cell,) in book["About"].values] == [
        "Title: Open items",
        "Region: North, West",
        "As of: 30 Jun 2026",
    ]
