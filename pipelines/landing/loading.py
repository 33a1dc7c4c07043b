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
from pipelines.sources.tables import Table


def load(connection: duckdb.DuckDBPyConnection, table: Table, entry: MappedFiles, part: Path, *, limit: int) -> Loaded:
    """Write the readable rows of `table` to `part` and the others to the temporary table `quarantined`.

    `limit` is the longest text a cell may hold. Raises RefusedFileError where the file as a whole cannot be trusted.
    """
    quarantine.create(connection, money_columns(entry))
    loaded = load_strictly(connection, table, entry, part, limit=limit)
    return loaded or load_tolerantly(connection, table, entry, part, limit=limit)
