"""A result as text or file: aligned table, CSV, JSON, Parquet, Arrow, XLSX. Pure: an Arrow table in, bytes out.

Decimals keep every digit. In CSV, text that a spreadsheet would run as a formula is defused, numbers are left alone. In
JSON, decimals and 128-bit integers are text: most readers of JSON turn its numbers into binary floats. In XLSX, a
number of more than 15 digits is text for the same reason, and no text is ever a formula or a link.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

Format = Literal["table", "csv", "json", "parquet", "arrow", "xlsx"]
FORMATS: tuple[Format, ...] = ("table", "csv", "json", "parquet", "arrow", "xlsx")
MEDIA_TYPES: Mapping[Format, str] = {
    "table": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

SHEET_ROWS = 1_048_576 - 1
"""What one sheet holds below its header."""

_EXACT_DIGITS = 15
_SHEET_TEXT = 32_767

_FORMULA = re.compile("'*\\s*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""Where spreadsheets see a formula: these characters first, also after blanks, also their full-width forms."""

_WIDEST_CELL = 60


def render(table: pa.Table, columns: Iterable[str], form: Format, *, notes: Iterable[str] = ()) -> bytes:
    """The whole table in one format, column names as the query gave them.

    `notes` say where the numbers are from: the second sheet of a workbook, the metadata of Parquet and Arrow.
    Raises ValueError for more rows than a sheet holds.
    """
    names = distinct(columns)
    if form in ("parquet", "arrow"):
        told = table.rename_columns(names).replace_schema_metadata({"notes": "\n".join(notes)})
        return _parquet(told) if form == "parquet" else _arrow(told)
    if form == "xlsx":
        return _xlsx(table, names, notes)
    rows = _rows(table)
    if form == "csv":
        return _csv(rows, names).encode()
    if form == "json":
        return _json(rows, names).encode()
    return _aligned(rows, names, _right_aligned(table)).encode()


def defuse(text: str) -> str:
    """Text that a spreadsheet shows and does not run. `restore` gives the text back."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore(text: str) -> str:
    """What `defuse` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=2048):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _csv(rows: Iterable[tuple[Any, ...]], names: list[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(defuse(name) for name in names)
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _csv_cell(value: Any) -> str:
    text = _text(value)
    return defuse(text) if isinstance(value, str | bytes | list | dict) else text


def _json(rows: Iterable[tuple[Any, ...]], names: list[str]) -> str:
    lines = (json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False) for row in rows)
    return "[" + ",\n ".join(lines) + "]\n"


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _arrow(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return out.getvalue()


def _xlsx(table: pa.Table, names: list[str], notes: Iterable[str]) -> bytes:
    if table.num_rows > SHEET_ROWS:
        raise ValueError(f"{table.num_rows:,} rows; a sheet holds {SHEET_ROWS:,}. Take CSV, Parquet or Arrow.")
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        looks = [_look(book, field.type) for field in table.schema]
        sheet = book.add_worksheet("Rows")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            sheet.set_column(column, column, max(10, min(40, len(name) + 2)))
            sheet.write_string(0, column, name, head)
        for row, values in enumerate(_rows(table), start=1):
            for column, value in enumerate(values):
                _write_cell(sheet, (row, column), value, looks[column])
        about = book.add_worksheet("About")
        about.set_column(0, 0, 110)
        for row, note in enumerate(notes):
            about.write_string(row, 0, note)
    return out.getvalue()


def _look(book: Any, data_type: pa.DataType) -> Any:
    if pa.types.is_timestamp(data_type):
        return book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    if pa.types.is_date(data_type):
        return book.add_format({"num_format": "yyyy-mm-dd"})
    if pa.types.is_decimal(data_type):
        return book.add_format({"num_format": "#,##0" + ("." + "0" * data_type.scale if data_type.scale > 0 else "")})
    return None


def _write_cell(sheet: Any, place: tuple[int, int], value: Any, look: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif isinstance(value, Decimal | int):
        if len(str(abs(value)).replace(".", "").lstrip("0")) <= _EXACT_DIGITS:
            sheet.write_number(*place, value, look)
        else:
            sheet.write_string(*place, _text(value))
    elif isinstance(value, float) and math.isfinite(value):
        sheet.write_number(*place, value)
    elif isinstance(value, datetime | date) and value.year >= 1900:  # the calendar of sheets starts there
        moment = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        sheet.write_datetime(*place, moment, look)
    else:
        sheet.write_string(*place, _text(value)[:_SHEET_TEXT])


def _aligned(rows: Iterable[tuple[Any, ...]], names: list[str], right: list[bool]) -> str:
    cells = [[_one_line(name) for name in names]]
    cells += [[_one_line("" if value is None else _text(value)) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    lines = (
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    )
    return "\n".join(lines) + "\n"


def _right_aligned(table: pa.Table) -> list[bool]:
    types = [field.type for field in table.schema]
    return [pa.types.is_integer(t) or pa.types.is_floating(t) or pa.types.is_decimal(t) for t in types]


def _one_line(text: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return shown if len(shown) <= _WIDEST_CELL else shown[: _WIDEST_CELL - 1] + "…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | dict):
        return json.dumps(_plain(value), ensure_ascii=False)
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _plain(value: Any) -> Any:
    plain = value
    if isinstance(value, Decimal):
        plain = format(value, "f")
    elif isinstance(value, datetime | date | time):
        plain = value.isoformat()
    elif isinstance(value, bytes):
        plain = value.hex()
    elif isinstance(value, dict):
        plain = {str(key): _plain(item) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        plain = [_plain(item) for item in value]
    elif isinstance(value, float) and not math.isfinite(value):
        plain = str(value)  # JSON has no word for infinity and not-a-number
    return plain


def distinct(names: Iterable[str]) -> list[str]:
    """Column names as given, a repeated one told apart by its number: a, b, a_2."""
    seen: dict[str, None] = {}
    for name in names:
        chosen, number = name, 1
        while chosen in seen:
            number += 1
            chosen = f"{name}_{number}"
        seen[chosen] = None
    return list(seen)
