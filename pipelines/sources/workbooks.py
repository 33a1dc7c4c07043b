"""Workbooks (.xlsx): proved harmless before they are opened, then one sheet as rows of text.

Belongs here: what python-calamine needs around it. A number in a workbook is a binary float by nature; its text is
taken with the 15 digits that Excel keeps and shows, so 1234.5600000000001 is 1234.56 and no float is ever added up.
"""

from __future__ import annotations

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from pipelines.canonical import nearest
from pipelines.sources.content import Limits, Progress
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.mapping import FileFormat
from pipelines.sources.text_table import BATCH_ROWS, TYPED, TextTable, write_rows

Cell = int | float | str | bool | datetime.date | datetime.time | datetime.datetime | datetime.timedelta | None
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_CHUNK = 1 << 20


def write_sheet(
    path: Path, target: Path, file_format: FileFormat, *, limits: Limits, on_progress: Progress
) -> TextTable:
    """One sheet as Parquet of text in the folder `target`: the one format.sheet names, else the only or first one.

    Rows without any cell are skipped and still counted. Raises RefusedFileError for an archive that unpacks to too
    much, a sheet with too many cells, a sheet that is not there, or a workbook that cannot be read.
    """
    _refuse_bomb(path, limits)
    target.mkdir()
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = _sheet(workbook, file_format.sheet)
        rows = sheet.iter_rows()
    except (CalamineError, OSError, ValueError) as error:
        raise RefusedFileError(f"is a damaged or unfinished workbook: {error}") from error
    written = _write(rows, target, file_format.header_row, limits=limits, on_progress=on_progress)
    return replace(written, sheet_column=sheet.start[1] if sheet.start else 0)


def _write(
    rows: Iterable[Sequence[Cell]], target: Path, header_row: int, *, limits: Limits, on_progress: Progress
) -> TextTable:
    headers: tuple[str, ...] = ()
    paths: list[Path] = []
    numbers: list[int] = []
    texts: list[list[str | None]] = []

    def write() -> None:
        paths.append(target / f"{len(paths):05d}.parquet")
        write_rows(paths[-1], numbers, texts, len(headers))
        on_progress("read", numbers[-1] if numbers else 0, None)
        numbers.clear()
        texts.clear()

    for number, cells in enumerate(rows, 1):
        if number < header_row:
            continue
        row = [_text(cell) for cell in cells]
        if number == header_row:
            headers = tuple((text or "").replace(TYPED, "").strip() for text in row)
            while headers and not headers[-1]:
                headers = headers[:-1]
            if len(headers) > limits.columns:
                raise RefusedFileError(f"has more than {limits.columns:,} columns: not read")
            continue
        if not headers:
            break
        cut = row[: len(headers)]
        if any(cell is not None for cell in cut):
            numbers.append(number)
            texts.append(cut + [None] * (len(headers) - len(cut)))
        if len(numbers) >= BATCH_ROWS:
            write()
    if not headers:
        raise RefusedFileError(f"has no headers in row {header_row}")
    if numbers or not paths:
        write()
    return TextTable(headers, tuple(paths))


def _sheet(workbook: CalamineWorkbook, name: str | None) -> CalamineSheet:
    names = workbook.sheet_names
    if not names:
        raise RefusedFileError("is a workbook without sheets")
    if name is None:
        return workbook.get_sheet_by_name(names[0])
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near!r}?" if near else f"it has {', '.join(map(repr, names))}"
        raise RefusedFileError(f"has no sheet {name!r}; {hint}", reason="changed_schema")
    return workbook.get_sheet_by_name(name)


def _text(cell: Cell) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return TYPED + _digits(cell)
    if isinstance(cell, datetime.datetime):
        return TYPED + cell.isoformat(sep=" ")
    return TYPED + str(cell)


def _digits(number: float) -> str:
    if isinstance(number, int):
        return str(number)
    text = format(number, ".15g")
    if "e" not in text:
        return text
    exact = Decimal(text)
    # Beyond any amount: left with its exponent, which is unreadable like every such number.
    return format(exact, "f") if abs(exact.adjusted()) < 60 else text


def _refuse_bomb(path: Path, limits: Limits) -> None:
    """Unpack every part of the archive into nothing, counting: what an archive says of its own sizes may be a lie."""
    try:
        with zipfile.ZipFile(path) as archive:
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise RefusedFileError("is a password-protected workbook: save it without a password")
            if sum(info.file_size for info in archive.infolist()) > limits.workbook:
                raise RefusedFileError(f"unpacks to more than {limits.workbook:,} bytes: not read")
            unpacked = 0
            for info in archive.infolist():
                cells, columns, rows, rest = "worksheets/" in info.filename, 0, 0, b""
                with archive.open(info) as stream:
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > limits.workbook:
                            raise RefusedFileError(f"unpacks to more than {limits.workbook:,} bytes: not read")
                        if not cells:
                            continue
                        # One cell in the last corner makes a reader reserve the whole rectangle.
                        for column, row in _REFERENCE.findall(rest + chunk):
                            columns, rows = max(columns, _column_number(column)), max(rows, int(row))
                        rest = chunk[-20:]
                        if columns * rows > limits.workbook_cells:
                            raise RefusedFileError(
                                f"spans {columns:,} columns by {rows:,} rows; at most {limits.workbook_cells:,} cells "
                                "are read: export it as CSV"
                            )
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise RefusedFileError(f"is a damaged or unfinished workbook: {error}") from error


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
