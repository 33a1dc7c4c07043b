"""One database of the tests' server, landed into a temporary folder; what came out is read with plain queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import pyarrow as pa
from postgresql_server import PostgresqlServer

from pipelines.canonical import Entity
from pipelines.landing.database_landing import land_database
from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.contract import contract_mapping
from pipelines.sources.mapping import SourceMapping
from pipelines.sources.mapping_file import load_mapping
from pipelines.sources.postgresql import open_snapshot
from pipelines.warehouse.databases import quoted


@dataclass
class Database:
    """A database with a name of its own, and the source that reads its schema public."""

    server: PostgresqlServer
    name: str
    root: Path
    mapping: SourceMapping = field(default_factory=lambda: contract_mapping(ending="", default_entity="FI01"))

    def __post_init__(self) -> None:
        self.server.execute(f"create database {self.name}")

    def execute(self, *statements: str) -> None:
        self.server.execute(*statements, database=self.name)

    def create(self, entity: Entity, rows: pa.Table) -> None:
        """A table as the contract describes it, with these rows."""
        columns = ", ".join(f"{quoted(column.name)} {column.data_type}" for column in entity.columns)
        self.execute(f"create table {quoted(entity.name)} ({columns})")
        with adbc.connect(self.server.address(self.name)) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(entity.name, rows, mode="append")
            connection.commit()

    def mapped_by(self, text: str) -> None:
        """Use a mapping file from now on."""
        (self.root / "mapping.yaml").write_text(text, encoding="utf-8")
        self.mapping = load_mapping(self.root / "mapping.yaml", default_entity="FI01")

    def land(self, *, user: str = "postgres", password: str | None = None, **around: Any) -> SourceLanding:
        address = self.server.address(self.name, user=user, password=password)
        opened = open_snapshot(address, "public")
        return land_database("erp", opened, self.mapping, self.landing, around=Surroundings(**around))

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    def batches(self, entity: str) -> list[BatchManifest]:
        return [batch for batch in read_manifests(self.landing, "erp") if batch.entity == entity]

    def rows(self, entity: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of the newest batch that brought any."""
        newest = [batch for batch in self.batches(entity) if batch.status == "loaded"][-1]
        listed = ", ".join(map(quoted, columns))
        return duckdb.sql(f"select {listed} from read_parquet('{newest.part_paths[0]}') order by all").fetchall()

    def quarantined(self, entity: str) -> list[tuple[Any, ...]]:
        """Key, column, value and reason of the rows that could not be read."""
        found = [batch.quarantine_path for batch in self.batches(entity) if batch.quarantine_path is not None]
        if not found:
            return []
        return duckdb.sql(
            f"select source_id, column_name, value, reason from read_parquet('{found[-1]}') order by all"
        ).fetchall()
