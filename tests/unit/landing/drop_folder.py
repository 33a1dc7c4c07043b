"""A drop folder, a mapping and a landing folder in a temporary place; what came out is read with plain queries."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings, land_folder
from pipelines.sources.mapping_file import load_mapping

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
DELIVERED = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)

DEALS = """
files:
  - match: "deals*"
    entity: deal
    kind: {kind}
    {extra}
    columns:
      deal_id: Id
      stage: Stage
      amount_doc: Amount
      currency: {{constant: EUR}}
      created_on: Created
      is_won: {{column: Stage, values: {{Won: true, "*": false}}}}
      is_closed: {{column: Stage, values: {{Won: true, Lost: true, "*": false}}}}
      name: Name
      updated_at: Changed
"""
HEADER = "Id,Stage,Amount,Created,Name,Changed\n"

JOURNAL = """
files:
  - match: "journal*"
    entity: journal_line
    kind: delta
    columns:
      journal_line_id: Line
      journal_id: Journal
      entity_id: {constant: FI01}
      posted_on: Posted
      account_code: Account
      debit_local: Debit
      credit_local: Credit
      description: Text
"""
JOURNAL_HEADER = "Line,Journal,Posted,Account,Debit,Credit,Text\n"


def deals(kind: str = "full", extra: str = "") -> str:
    """A mapping of deals; `extra` goes between kind and columns."""
    return DEALS.format(kind=kind, extra=extra or "feed: ''")


@dataclass
class DropFolder:
    """One source's folder with its mapping. Files are written as delivered the evening before."""

    root: Path
    mapping: str
    around: Surroundings = field(default_factory=lambda: Surroundings(clock=lambda: NOW, sleep=lambda _: None))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        return self.root / "drop"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    def write(self, name: str, content: str | bytes, *, at: datetime = DELIVERED) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def land(self) -> SourceLanding:
        path = self.root / "mapping.yaml"
        path.write_text(self.mapping)
        mapping = load_mapping(path, default_entity="FI01")
        return land_folder("crm", self.folder, mapping, self.landing, around=self.around)

    def manifests(self) -> tuple[BatchManifest, ...]:
        return read_manifests(self.landing)

    def rows(self, entity: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """The loaded rows of all live batches in the order of the files."""
        paths = [
            str(path) for manifest in self.manifests() if manifest.entity == entity for path in manifest.part_paths
        ]
        if not paths:
            return []
        with duckdb.connect() as connection:
            return connection.execute(f"select {columns} from read_parquet(?) order by batch_row", [paths]).fetchall()

    def quarantined(self, columns: str = "row_number, column_name, value, reason") -> list[tuple[Any, ...]]:
        paths = [str(manifest.quarantine_path) for manifest in self.manifests() if manifest.quarantine_path]
        if not paths:
            return []
        with duckdb.connect() as connection:
            return connection.execute(
                f"select {columns} from read_parquet(?) order by file_name, row_number", [paths]
            ).fetchall()

    def left_open(self) -> list[str]:
        return sorted(path.name for path in self.landing.rglob(".open-*"))
