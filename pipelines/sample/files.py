"""Files as the two systems write them: delimiters, encodings, date and number formats, workbooks, fixed times.

Belongs here: how a table becomes bytes. Does not: which columns it has (crm_files.py, erp_files.py).
"""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Literal

import polars as pl
import xlsxwriter


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written. The default is the plain typed form that the largest files have."""

    delimiter: str = ","
    encoding: str = "utf-8"
    dates: str = "%Y-%m-%d"
    times: str = "%Y-%m-%dT%H:%M:%SZ"
    decimal_comma: bool = False
    quoted: Literal["necessary", "non_numeric"] = "necessary"
    zipped: bool = False


PLAIN = Dialect()
NORDIC = Dialect(delimiter=";", encoding="cp1252", dates="%d.%m.%Y", times="%d.%m.%Y %H:%M:%S", decimal_comma=True)
NORDIC_UTF8 = Dialect(delimiter=";", dates="%d.%m.%Y", decimal_comma=True)
TABBED = Dialect(delimiter="\t")
BRITISH = Dialect(dates="%d/%m/%Y")
AMERICAN = Dialect(dates="%m/%d/%Y", times="%m/%d/%Y %H:%M:%S", quoted="non_numeric")
WITH_BOM = Dialect(encoding="utf-8-sig", quoted="non_numeric")
AD_PLATFORM = Dialect(delimiter="\t", encoding="utf-16")


@dataclass(frozen=True, slots=True)
class FileWriter:
    """Writes into one folder. Every file gets the time of the window's last day: equal input gives equal trees."""

    folder: Path
    on: date

    def csv(self, name: str, table: pl.DataFrame, dialect: Dialect = PLAIN) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        if dialect.encoding == "utf-8" and not dialect.zipped:
            with path.open("wb") as target:
                write_rows(target, table, dialect)
        else:
            buffer = io.BytesIO()
            write_rows(buffer, table, dialect)
            content = buffer.getvalue()
            if dialect.encoding != "utf-8":
                content = content.decode().encode(dialect.encoding)
            path.write_bytes(gzip.compress(content, compresslevel=6, mtime=0) if dialect.zipped else content)
        self.stamp(path)
        return path

    def csv_chunks(self, name: str, tables: Iterable[pl.DataFrame]) -> Path:
        """One plain file from tables that do not fit in memory together."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        with path.open("wb") as target:
            for at, table in enumerate(tables):
                write_rows(target, table, PLAIN, header=at == 0)
        self.stamp(path)
        return path

    def workbook(self, name: str, sheets: dict[str, pl.DataFrame]) -> Path:
        """A workbook with a creation date of its own, not today's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
        book.set_properties({"created": datetime.combine(self.on, time()), "author": "ERP export"})
        bold = book.add_format({"bold": True})
        for title, table in sheets.items():
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for column, header in enumerate(table.columns):
                sheet.write_string(0, column, header, bold)
                for row, value in enumerate(table[header].to_list(), start=1):
                    if value is not None:
                        sheet.write(row, column, value)
        book.close()
        self.stamp(path)
        return path

    def text(self, name: str, content: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_text(content, encoding="utf-8", newline="\n")
        self.stamp(path)
        return path

    def stamp(self, path: Path) -> None:
        moment = datetime.combine(self.on, time(22, 0), tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))


def write_rows(target: IO[bytes], table: pl.DataFrame, dialect: Dialect, *, header: bool = True) -> None:
    table.write_csv(
        target,
        include_header=header,
        separator=dialect.delimiter,
        date_format=dialect.dates,
        datetime_format=dialect.times,
        decimal_comma=dialect.decimal_comma,
        quote_style=dialect.quoted,
    )
