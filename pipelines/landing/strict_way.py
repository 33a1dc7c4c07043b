"""The strict way: one scan that reads, checks and writes, and gives up at the first cell that leaves a doubt.

Belongs here: loading a clean file. It ends in the same rows as `tolerant_way` or in none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.landing.selects import PARQUET, Loaded, count_in, quoted, text_name, texts_of
from pipelines.sources.expressions import readings, strict
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.notation import SAMPLE_ROWS, Notation
from pipelines.sources.reading import Reading
from pipelines.sources.tables import Table, literal


def load_strictly(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    entry: MappedFiles,
    notation: Notation,
    part: Path,
    *,
    limit: int,
) -> Loaded | None:
    """Write the rows of `table` to `part`; None, and nothing written, where anything leaves a doubt."""
    if table.rejects:
        return None
    try:
        read = readings(entry, table, notation)
        if table.lines is None or table.lines > 2 * SAMPLE_ROWS:
            # The first rows tell most files: a large and dirty one is not written to its middle for nothing.
            counted = ", ".join(f"count({strict(reading, text_name(reading))})" for reading in read)
            connection.execute(f"select {counted} from ({texts_of(table, entry, read, rows=SAMPLE_ROWS)})").fetchall()
        select = _part_select(table, entry, read, limit=limit)
        connection.execute(f"copy ({select}) to {literal(str(part))} {PARQUET}")
        counts = count_in(connection, table, entry, read, strictly=True)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        # What `error()` and a failing cast or split raise. A full disk or too little memory is neither, and is told.
        part.unlink(missing_ok=True)
        return None
    # As many rows as lines: no row was swallowed by a quote, none was left out for being empty.
    if table.lines is not None and counts.rows != table.lines - table.header_row:
        part.unlink(missing_ok=True)
        return None
    return Loaded("strict", counts, notation)


def _part_select(table: Table, entry: MappedFiles, read: Sequence[Reading], *, limit: int) -> str:
    by_name = {reading.name: reading for reading in read}
    columns = []
    for target in entry.entity.columns:
        reading = by_name.get(target.name)
        if reading is None:
            columns.append(f"cast(null as {target.data_type}) as {quoted(target.name)}")
            continue
        text = text_name(reading)
        value = strict(reading, text)
        if target.data_type == "varchar" and not table.delimited and reading.column.headers:
            value = f"case when strlen({text}) > {limit} then error('doubtful {target.name}') else {value} end"
        columns.append(f"{value} as {quoted(target.name)}")
    number = f"ordinal + {table.header_row}" if table.delimited else "ordinal"
    return f"select {', '.join(columns)}, {number} as batch_row from ({texts_of(table, entry, read)})"
