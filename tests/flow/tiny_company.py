"""A company so small that a run takes seconds: one source of deals, six models, two checks.

Tests of the run build on it: what is landed, published and left behind, not what the real models say.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from company.settings import Settings, load_settings
from company.versions import current_version
from pipelines.publish.run import RunHooks, RunRequest
from pipelines.runner import RunOutcome, run_once

PROJECT = Path(__file__).parent / "tiny_project"

SETTINGS = """
company: {name: Tiny, as_of: 2026-06-30}
sources:
  crm: {kind: files, folder: drop, mapping: crm.yaml, fresh_within_hours: 24}
roles:
  boss: {pages: all, domains: all, export: true}
  seller: {pages: [sales], domains: [sales], rows: [{column: region, equals: user.region}], hide: [fct_deals.name]}
users:
  - {email: boss@tiny.example, roles: [boss]}
  - {email: north@tiny.example, roles: [seller], attributes: {region: north}}
operator: ops@tiny.example
"""

MAPPING = """
files:
  - match: "deals*.csv"
    entity: deal
    kind: delta
    as_of: {pattern: "_(\\\\d{8})", format: "%Y%m%d"}
    columns:
      deal_id: id
      name: name
      pipeline: region
      stage: stage
      amount_doc: amount
      currency: {constant: EUR}
      created_on: created
      closed_on: closed
      is_won: {column: stage, values: {won: true, "*": false}}
      is_closed: {column: stage, values: {won: true, lost: true, "*": false}}
"""

Deal = tuple[str, str, str, str, str, str, str]
COLUMNS = ("id", "name", "region", "stage", "amount", "created", "closed")

FIRST: tuple[Deal, ...] = (
    ("1", "Alpha", "north", "won", "100.00", "2026-04-01", "2026-05-10"),
    ("2", "Beta", "south", "won", "50.00", "2026-04-02", "2026-06-11"),
    ("3", "Gamma", "north", "open", "70.00", "2026-05-03", ""),
)
MAY_CORRECTED: tuple[Deal, ...] = (("1", "Alpha", "north", "won", "90.00", "2026-04-01", "2026-05-10"),)
BELOW_ZERO: tuple[Deal, ...] = (("4", "Delta", "south", "lost", "-5.00", "2026-06-01", "2026-06-20"),)


def make_company(root: Path, settings: str = SETTINGS) -> Settings:
    """A company folder with an empty drop folder."""
    (root / "drop").mkdir(parents=True)
    (root / "plumbline.yaml").write_text(settings, encoding="utf-8")
    (root / "crm.yaml").write_text(MAPPING, encoding="utf-8")
    return load_settings(root / "plumbline.yaml", {})


def drop(settings: Settings, name: str, deals: Sequence[Deal]) -> Path:
    """Put a file into the drop folder, as one that came to rest an hour ago."""
    path = settings.sources["crm"].folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(deals)
    rested = path.stat().st_mtime - 3600
    os.utime(path, (rested, rested))
    return path


def run(settings: Settings, request: RunRequest | None = None, hooks: RunHooks | None = None) -> RunOutcome:
    """Run the tiny project for the company."""
    return run_once(settings, request or RunRequest(), hooks=hooks, project=PROJECT)


def published(settings: Settings, query: str, *, profile: str | None = None) -> list[tuple[object, ...]]:
    """Rows of the current version."""
    folders = settings.folders
    version = current_version(folders)
    assert version is not None
    path = folders.profile(version, profile) if profile else folders.marts(version)
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


RUN_COLUMNS = frozenset({"old_version", "new_version", "changed_at", "batch_id", "loaded_at", "run_id", "known_at"})
RUN_COLUMNS |= {"told_from_at", "told_until_at", "version"}
"""Columns that tell which run or landing wrote a row: they differ between two runs that agree in every number."""


def contents(settings: Settings) -> Mapping[str, str]:
    """A hash per published table over its rows, without the columns that only name a run."""
    tables = published(
        settings,
        "select schema_name || '.' || table_name, list(column_name order by column_index) from duckdb_columns()"
        " where not internal group by all order by all",
    )
    hashes = {}
    for table, columns in tables:
        assert isinstance(columns, list)
        kept = [f'"{column}"' for column in columns if column not in RUN_COLUMNS]
        rows = sorted(map(repr, published(settings, f"select {', '.join(kept)} from {table}")))
        hashes[str(table)] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return hashes
