"""The rows of a card as a file that says what it holds: CSV with a head of `#` lines, XLSX with a sheet "About".

Belongs here: what a page hands out. Does not: plain results of queries (`exports`), whole reports (`reports.workbook`).
Pure: an Arrow table and words in, bytes out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import xlsxwriter

from dashboards.exports import defuse, distinct, render

About = Sequence[tuple[str, str]]
"""Label and text, one line each: title, company, as of, period, comparison, filters, version, definition."""

_WIDEST_COLUMN = 60
_MOST_ROWS = 1_048_576 - 1


def csv_file(table: pa.Table, about: About) -> bytes:
    """The rows as CSV. The first lines, each beginning with `#`, say what the rows are and how they were filtered."""
    head = "".join(f"# {_one_line(label)}: {_one_line(text)}\r\n" for label, text in about)
    return head.encode() + render(table, table.column_names, "csv")


def xlsx_file(table: pa.Table, about: About) -> bytes:
    """The rows as a workbook: amounts keep every digit that a spreadsheet has, texts can never run as formulas.

    Raises ValueError above the rows that a sheet can hold.
    """
    if table.num_rows > _MOST_ROWS:
        raise ValueError(f"{table.num_rows:,} rows; a sheet holds {_MOST_ROWS:,}: take the CSV")
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        looks = {
            "head": book.add_format({"bold": True, "bottom": 2, "font_color": "#5B6B80"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "amount": book.add_format({"num_format": "#,##0.00"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        sheet = book.add_worksheet("Rows")
        for place, (name, column) in enumerate(zip(distinct(table.column_names), table.columns, strict=True)):
            values = column.to_pylist()
            sheet.write_string(0, place, name, looks["head"])
            for row, value in enumerate(values, start=1):
                _write(sheet, row, place, value, looks)
            widest = max([len(name), *(len(str(value)) for value in values[:200] if value is not None)])
            sheet.set_column(place, place, min(widest + 2, _WIDEST_COLUMN))
        sheet.freeze_panes(1, 0)
        notes = book.add_worksheet("About")
        notes.set_column(0, 0, 22)
        notes.set_column(1, 1, 90)
        for row, (label, text) in enumerate(about):
            notes.write_string(row, 0, label, looks["head"])
            notes.write_string(row, 1, text, looks["wrap"])
    return out.getvalue()


def _write(sheet: Any, row: int, place: int, value: Any, looks: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, place, value.replace(tzinfo=None), looks["moment"])
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, looks["day"])
    elif isinstance(value, Decimal):
        sheet.write_number(row, place, value, looks["amount"] if value.as_tuple().exponent == -2 else None)
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, defuse(str(value)))


def _one_line(text: str) -> str:
    return " ".join(text.split())
