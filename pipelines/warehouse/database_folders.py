"""The dbt-duckdb plugin that makes the folders of the database files before DuckDB opens them.

Belongs here: only that, so that a plain ``dbt build`` works in an empty checkout.
Does not: creating or copying the databases of a run, which is the run's own work.
"""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Loaded by profiles.yml. dbt-duckdb creates plugins before it connects."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002  # the signature is dbt-duckdb's
        """Make the parent folder of the main and of every attached database file."""
        if self.creds is None:
            return
        for path in [self.creds.path, *(attached.path for attached in self.creds.attach or [])]:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
