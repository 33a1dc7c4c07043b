"""Which party a record belonged to is kept per published version, and counts only while that version does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from company.folders import DataFolder
from pipelines.publish.party_history import load_memberships, new_memberships, write_memberships
from pipelines.warehouse.system_tables import create_system_tables


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema customers")
    connection.execute(
        "create table customers.fct_party_memberships as select * from (values"
        " ('v1', date '2025-01-01', 'customer', 'erp:9', 'erp:9', null, 'unmatched'),"
        " ('v2', date '2026-06-30', 'customer', 'erp:9', 'crm:1', 'decision', 'accepted'))"
        " as given (since_version, valid_from_on, side, record_id, party_id, method, status)"
    )
    return connection


def loaded(folders: DataFolder, lineage: list[str]) -> list[tuple[object, ...]]:
    with duckdb.connect() as build:
        create_system_tables(build)
        load_memberships(build, folders, lineage=lineage)
        return build.sql("select * from raw.party_membership_history order by version").fetchall()


def test_a_version_keeps_only_what_changed_with_it(marts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A membership that each version repeats would grow the history by all customers a day."""
    folders = DataFolder(tmp_path)
    for version in ("v1", "v2"):
        write_memberships(folders, version, new_memberships(marts, version))
    assert loaded(folders, ["v2", "v1"]) == [
        ("v1", date(2025, 1, 1), "customer", "erp:9", "erp:9", None, "unmatched"),
        ("v2", date(2026, 6, 30), "customer", "erp:9", "crm:1", "decision", "accepted"),
    ]


def test_what_a_rolled_back_version_said_does_not_count(marts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    folders = DataFolder(tmp_path)
    for version in ("v1", "v2"):
        write_memberships(folders, version, new_memberships(marts, version))
    assert [row[0] for row in loaded(folders, ["v1"])] == ["v1"]
    assert loaded(folders, []) == []


def test_a_version_without_a_change_leaves_no_file(marts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    folders = DataFolder(tmp_path)
    write_memberships(folders, "v3", new_memberships(marts, "v3"))
    write_memberships(folders, "v4", None)
    assert not list(tmp_path.rglob("*.parquet"))
