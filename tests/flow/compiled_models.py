"""A copy of a published company's databases in which single models are built again from their compiled SQL.

For tests that change what models read (a calendar, a ledger, a statement) and look at what follows, in a second
instead of a run.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from company.settings import Settings
from dashboards.published import current


class CompiledModels:
    """`connection` holds the copies as build and marts."""

    def __init__(self, settings: Settings, place: Path) -> None:
        published = current(settings.folders, None)
        assert published is not None
        accepted = settings.folders.warehouse / published.version
        for name in ("build", "marts"):
            shutil.copyfile(accepted / f"{name}.duckdb", place / f"{name}.duckdb")
        self.connection = duckdb.connect(place / "build.duckdb")
        self.connection.execute(f"attach '{place / 'marts.duckdb'}' as marts")
        self._compiled = settings.folders.warehouse / "dbt" / "compiled" / "plumbline" / "models" / "marts"

    def build(self, *names: str) -> None:
        """Build models of the marts again, in the order given."""
        for name in names:
            (path,) = self._compiled.rglob(f"{name}.sql")
            schema = path.relative_to(self._compiled).parts[0]
            self.connection.execute(
                f"create or replace table marts.{schema}.{name} as select * from ({path.read_text()})"
            )

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.connection.execute(sql).fetchall()
