"""The connection on which one landing reads, types and writes: in memory, in UTC, spilling beside the batches.

Belongs here: its settings. Does not: any table.
"""

from __future__ import annotations

from pathlib import Path

import duckdb


def open_connection(spill: Path, *, memory: str) -> duckdb.DuckDBPyConnection:
    """A connection that takes at most `memory` (such as 3GB) and then spills into `spill`. Nothing is fetched."""
    connection = duckdb.connect(
        config={
            "temp_directory": str(spill),
            "memory_limit": memory,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection
