"""Texts of one column, read as landing reads them, without a file around them."""

from __future__ import annotations

import re
from typing import Any

import duckdb

from pipelines.canonical import Column, Entity
from pipelines.landing.loading import find_notation
from pipelines.sources.expressions import parts, readings, strict, tolerant
from pipelines.sources.mapping import FileFormat, MappedColumn, MappedFiles
from pipelines.sources.notation import Notation, detect
from pipelines.sources.tables import Table

CONNECTION = duckdb.connect()
CONNECTION.execute("set TimeZone = 'UTC'")
CONNECTION.execute("set threads = 1")


def column(kind: str, data_type: str, **options: Any) -> MappedColumn:
    target = Column("cell", data_type, kind, True, None, None, "")
    return MappedColumn(target, headers=("Cell",), **options)


MONEY = column("money", "decimal(18, 2)")
QUANTITY = column("quantity", "decimal(18, 6)")
RATIO = column("ratio", "decimal(9, 6)")
COUNT = column("count", "integer")
DAY = column("date", "date")
MOMENT = column("at", "timestamp")
FLAG = column("flag", "boolean")
TEXT = column("text", "varchar")


def read(
    mapped: MappedColumn,
    texts: list[str | None],
    file_format: FileFormat | None = None,
    *,
    notation: Notation | None = None,
) -> list[Any]:
    """The values of a file with these cells, read with tolerance; None where a cell cannot be read."""
    entry, table = _table(mapped, texts, file_format)
    (reading,) = readings(entry, table, notation or detect(CONNECTION, table, entry))
    part = parts(reading, "text") or "null"
    select = (
        f"select {tolerant(reading, 'text', part='part')} from (select *, {part} as part from "
        f"(select ordinal, {reading.text} as text from ({table.relation}))) order by ordinal"
    )
    return [value for (value,) in CONNECTION.execute(select).fetchall()]


def read_strictly(
    mapped: MappedColumn, texts: list[str | None], file_format: FileFormat | None = None
) -> list[Any] | None:
    """The same by the strict reading; None where it gives up."""
    entry, table = _table(mapped, texts, file_format)
    (reading,) = readings(entry, table, find_notation(CONNECTION, table, entry))
    select = (
        f"select {strict(reading, 'text')} from "
        f"(select ordinal, {reading.text} as text from ({table.relation})) order by ordinal"
    )
    try:
        return [value for (value,) in CONNECTION.execute(select).fetchall()]
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return None


def read_strictly_each(mapped: MappedColumn, texts: list[str], file_format: FileFormat) -> list[Any]:
    """Every text by itself, read strictly; None where it gives up. For texts that are not empty."""
    entry, table = _table(mapped, list(texts), file_format)
    (reading,) = readings(entry, table, find_notation(CONNECTION, table, entry))
    # TRY takes no expression that raises on purpose; an error that a cast raises it turns into null.
    quiet = re.sub(r"error\('[^']*'\)", "null", strict(reading, "text"))
    select = (
        f"select try({quiet}) from (select ordinal, {reading.text} as text from ({table.relation})) order by ordinal"
    )
    return [value for (value,) in CONNECTION.execute(select).fetchall()]


def _table(mapped: MappedColumn, texts: list[str | None], file_format: FileFormat | None) -> tuple[MappedFiles, Table]:
    CONNECTION.execute(
        "create or replace temp table cells as select unnest(range(len($texts))) as ordinal, "
        "unnest(cast($texts as varchar[])) as c0",
        {"texts": texts},
    )
    entity = Entity("cells", "core", ("cell",), None, (mapped.target,), "int_cells", "")
    entry = MappedFiles("*", entity, "full", (mapped,), format=file_format or FileFormat())
    return entry, Table(headers=("Cell",), relation="select * from cells", delimited=False)
