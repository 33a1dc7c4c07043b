"""A result as text or file: aligned table, CSV, JSON, Parquet. Pure: an Arrow table in, bytes out.

Decimals keep every digit. In CSV, text that a spreadsheet would run as a formula is defused, numbers are left alone. In
JSON, decimals and 128-bit integers are text: most readers of JSON turn its numbers into binary floats.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: tuple[Format, ...] = ("table", "csv", "json", "parquet")

_FORMULA = re.compile("'*\\s*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""Where spreadsheets see a formula: these characters first, also after blanks, also their full-width forms."""

_WIDEST_CELL = 60


def render(table: pa.Table, columns: Iterable[str], form: Format) -> bytes:
    """The whole table in one format, column names as the query gave them."""
    names = distinct(columns)
    if form == "parquet":
        return _parquet(table, names)
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


def _parquet(table: pa.Table, names: list[str]) -> bytes:
    out = io.BytesIO()
    pq.write_table(table.rename_columns(names), out, compression="zstd")
    return out.getvalue()


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
