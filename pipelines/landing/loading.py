"""From one open table to one part, by the strict way where the file is beyond doubt and else by the tolerant one.

Belongs here: the choice. Keys given twice are left to `duplicates`, files and folders to `batches`.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.landing import quarantine
from pipelines.landing.selects import Loaded, money_columns
from pipelines.landing.strict_way import load_strictly
from pipelines.landing.tolerant_way import load_tolerantly
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.notation import SAMPLE_ROWS, Notation, detect
from pipelines.sources.tables import Table, noting_rejects


def load(connection: duckdb.DuckDBPyConnection, table: Table, entry: MappedFiles, part: Path, *, limit: int) -> Loaded:
    """Write the readable rows of `table` to `part` and the others to the temporary table `quarantined`.

    `limit` is the longest text a cell may hold. Raises RefusedFileError where the file as a whole cannot be trusted.
    """
    quarantine.create(connection, money_columns(entry))
    notation = find_notation(connection, table, entry)
    loaded = load_strictly(connection, table, entry, notation, part, limit=limit)
    return loaded or load_tolerantly(connection, table, entry, notation, part, limit=limit)


def find_notation(connection: duckdb.DuckDBPyConnection, table: Table, entry: MappedFiles) -> Notation:
    """How the table writes numbers and dates: from its first rows, and from all of it where those do not tell."""
    notation = detect(connection, noting_rejects(table, "rejects_of_sample"), entry, first_rows=SAMPLE_ROWS)
    if notation.is_open:
        notation = detect(connection, noting_rejects(table, "rejects_of_notation"), entry, told=notation)
    for name in ("rejects_of_sample", "rejects_of_notation"):
        connection.execute(f"drop table if exists {name}")
        connection.execute(f"drop table if exists {name}_scan")
    return notation
