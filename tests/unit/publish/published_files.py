"""Small published versions on disk for tests: real database files, real manifests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from company.folders import DataFolder
from company.versions import CheckCounts, VersionManifest, write_json
from pipelines.publish.versions import file_state, move_pointer
from pipelines.warehouse.databases import create_database

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)

MARTS = """
create schema common; create schema sales; create schema finance;
create table common.dim_customers as
    select * from (values ('c1', 'Ann', 'north'), ('c2', 'Bo', 'south'), ('c3', 'Cy', null))
    as t(customer_id, name, region);
create table sales.fct_deals as
    select * from (values ('d1', 'north', 10.00, 4.00), ('d2', 'south', 20.00, 9.00))
    as t(deal_id, region, amount_rpt, cost_rpt);
create table finance.profit_and_loss as
    select * from (values ('revenue', 30.00), ('cost', -13.00)) as t(statement_line, amount_rpt);
"""


def write_marts(path: Path, statements: str = MARTS) -> Path:
    """A marts file with three domains."""
    create_database(path)
    connection = duckdb.connect(path)
    connection.execute(statements)
    connection.close()
    return path


def write_version(folders: DataFolder, version: str, *, previous: str | None = None, as_of: date | None = None) -> Path:
    """A version's folder with marts and manifest; the pointer does not name it yet."""
    folder = folders.version(version)
    folder.mkdir(parents=True)
    marts = write_marts(folder / "marts.duckdb")
    manifest = VersionManifest(
        version=version,
        run_id=version,
        created_at=NOW,
        as_of=as_of or date(2026, 6, 30),
        known_at=NOW,
        reporting_currency="EUR",
        code_hash="code",
        settings_hash="settings",
        tool_version="0",
        previous=previous,
        batches_hash="batches",
        checks=CheckCounts(),
        sources=(),
        files={"marts.duckdb": file_state(marts)},
    )
    write_json(folder / "manifest.json", manifest)
    return folder


def publish(folders: DataFolder, version: str, *, previous: str | None = None) -> None:
    """Write a version and make readers see it."""
    write_version(folders, version, previous=previous)
    move_pointer(folders, version, at=NOW, reason="published")
