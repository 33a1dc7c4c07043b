"""The dbt-duckdb plugin: makes the folders of the database files before DuckDB opens them, and limits its memory.

Belongs here: what a plain ``dbt build`` in an empty checkout needs besides profiles.yml.
Does not: creating or copying the databases of a run, which is the run's own work.
"""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from pipelines.warehouse.databases import memory_limit


class Plugin(BasePlugin):
    """Loaded by profiles.yml. dbt-duckdb creates plugins before it connects."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002  # the signature is dbt-duckdb's
        """Make the parent folder of the main and of every attached database file."""
        if self.creds is None:
            return
        for path in [self.creds.path, *(attached.path for attached in self.creds.attach or [])]:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Let DuckDB spill to disk beside its database rather than take the machine's memory."""
        conn.execute(f"set memory_limit = '{memory_limit()}'")
