"""JSON lines: one object a line, numbers kept as the digits that stand in the file.

The standard library reads the lines, not DuckDB: its JSON reader takes every number through a binary float and gives
1234567890123456.8 for 1234567890123456.78. Belongs here: lines to rows of text. What a value means is not known here.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.sources.content import Limits, Progress
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.text_table import BATCH_ROWS, TYPED, Reject, TextTable, write_rows


def write_json_lines(path: Path, target: Path, *, limits: Limits, on_progress: Progress) -> TextTable:
    """The lines of `path` as Parquet of text in the folder `target`. Nested objects become dotted headers.

    A line that is no object is a reject. Raises RefusedFileError where there is no line, too many different keys, or a
    last line that is cut off.
    """
    target.mkdir()
    decoder = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=str)
    places: dict[str, int] = {}
    paths: list[Path] = []
    rejects: list[Reject] = []
    numbers: list[int] = []
    rows: list[dict[int, str | None]] = []
    last, read = 0, 0

    def write() -> None:
        paths.append(target / f"{len(paths):05d}.parquet")
        width = len(places)
        write_rows(paths[-1], numbers, ([row.get(index) for index in range(width)] for row in rows), width)
        numbers.clear()
        rows.clear()

    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            read += len(line)
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if not text:
                continue
            last = number
            if len(line) > limits.record:
                rejects.append(Reject(number, text, "value_too_long", f"the line is {len(line):,} bytes long"))
                continue
            try:
                value = decoder.decode(text)
            except (ValueError, RecursionError) as error:
                rejects.append(Reject(number, text, "wrong_field_count", f"the line is not JSON: {error}"))
                continue
            if not isinstance(value, dict):
                rejects.append(Reject(number, text, "wrong_field_count", "the line is no JSON object"))
                continue
            row = {places.setdefault(key, len(places)): cell for key, cell in _cells(value, "")}
            if len(places) > limits.columns:
                raise RefusedFileError(f"has more than {limits.columns:,} different keys")
            numbers.append(number)
            rows.append(row)
            if len(rows) >= BATCH_ROWS:
                write()
                on_progress("read", read, path.stat().st_size)
    if rejects and rejects[-1].row == last and not _ends_with_line_end(path):
        raise RefusedFileError(f"is cut off in line {last}: deliver it again once it is complete")
    if rows or not paths:
        write()
    if not places:
        first = f": {rejects[0].message}" if rejects else ""
        raise RefusedFileError(f"holds no JSON object{first}")
    return TextTable(tuple(places), tuple(paths), tuple(rejects))


def _ends_with_line_end(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1) in (b"\n", b"\r")


def _number(text: str) -> str:
    if "e" in text or "E" in text:
        number = Decimal(text)
        # 1e999999999 written out would fill the memory; left as it is, it is unreadable like any such number.
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and abs(exponent) <= 60:
            text = format(number, "f")
    return TYPED + text


def _cells(value: dict[str, Any], prefix: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for key, cell in value.items():
        name = prefix + key
        if isinstance(cell, dict):
            found += _cells(cell, f"{name}.")
        elif isinstance(cell, bool):
            found.append((name, "true" if cell else "false"))
        elif isinstance(cell, list):
            found.append((name, json.dumps(cell, ensure_ascii=False).replace(TYPED, "")))
        else:
            found.append((name, cell))
    return found
