"""What a version expected stays as it was said, and counts once it was published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from company.folders import DataFolder
from pipelines.publish import projections
from pipelines.warehouse.system_tables import create_system_tables

MOMENT = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


def _marts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema finance")
    connection.execute(
        "create table finance.fct_cash_projection as select 'payment_history' as method, scenario, 'FI01' as entity_id,"
        " 'bank' as layer, 0 as week_no, date '2026-06-29' as week_on, cast(5 as decimal(18, 2)) as amount_rpt,"
        " cast(5 as decimal(18, 2)) as balance_rpt, cast(4 as decimal(18, 2)) as p10_balance_rpt,"
        " cast(null as decimal(18, 2)) as p90_balance_rpt from (values ('base'), ('downturn')) as s (scenario)"
    )
    return connection


def test_a_projection_is_frozen_and_counts_once_its_version_is_published(tmp_path: Path) -> None:
    """A run that failed after writing its forecast must not be held to it, and no reader saw it."""
    folders = DataFolder(tmp_path)
    with _marts() as connection:
        rows = projections.projected(connection)
    assert rows["scenario"].to_pylist() == ["base"]  # a question is not an expectation
    for version in ("v1", "v2"):
        projections.write_projection(folders, version, rows, known_at=MOMENT, as_of=date(2026, 6, 30))
    with duckdb.connect() as connection:
        create_system_tables(connection)
        projections.load_projections(connection, folders, ["v1", "v0"])
        kept = connection.sql(
            "select version, as_of_on, balance_rpt, p90_balance_rpt from raw.projection_history"
        ).fetchall()
    assert kept == [("v1", date(2026, 6, 30), Decimal("5.00"), None)]


def test_marts_without_a_projection_have_nothing_to_freeze(tmp_path: Path) -> None:
    """A project of its own models publishes all the same."""
    with duckdb.connect() as connection:
        rows = projections.projected(connection)
    assert rows.num_rows == 0
    projections.write_projection(DataFolder(tmp_path), "v1", rows, known_at=MOMENT, as_of=date(2026, 6, 30))
    written = projections.projection_path(DataFolder(tmp_path), "v1")
    assert isinstance(rows, pa.Table)
    assert written.is_file()
