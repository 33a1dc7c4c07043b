"""The sample company's CRM read from a Salesforce org gives the canonical rows that its files give."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.salesforce_sample import RECORDS, empty_org, fill
from unit.sources.org import Org

from company.settings import Settings
from company.versions import current_version
from pipelines.canonical import LINEAGE_COLUMNS, load_canonical
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches


@pytest.fixture(scope="module")
def build(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the published company's build database, in which views show whatever its raw tables hold."""
    version = current_version(sample_company.folders)
    assert version is not None
    copy = tmp_path_factory.mktemp("parity") / "build.duckdb"
    shutil.copyfile(sample_company.folders.warehouse / version / "build.duckdb", copy)
    with duckdb.connect(copy) as connection:
        yield connection


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> set[tuple[Any, ...]]:
    columns = ", ".join(f'"{name}"' for name in load_canonical()[entity].column_names)
    found = connection.execute(f"select {columns} from intermediate.{load_canonical()[entity].model}").fetchall()
    assert len(set(found)) == len(found)
    return set(found)


def given_back(connection: duckdb.DuckDBPyConnection, entity: str, emails: dict[str, str]) -> list[dict[str, Any]]:
    """Canonical rows with the ids that the CRM has."""
    columns = [column for column in load_canonical()[entity].columns if column.name not in LINEAGE_COLUMNS]
    listed = ", ".join(
        f"replace({column.name}, 'crm:', '') as {column.name}" if column.kind == "id" else column.name
        for column in columns
    )
    rows = connection.sql(f"select {listed} from intermediate.{load_canonical()[entity].model}").to_arrow_table()
    return [{**row, "email": row.get("email") or emails.get(str(row.get("contact_id")))} for row in rows.to_pylist()]


def test_the_sample_crm_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its weekly export by the API must see no number move."""
    with next((sample_company.root / "data/sample/crm").glob("Contact_*.csv")).open(encoding="utf-8") as file:
        emails = {row["Id"]: row["Email"] for row in csv.DictReader(file)}
    org = Org(empty_org(), tmp_path, reader={"bulk_from": 500, "poll_seconds": 0})
    before = {entity: canonical_rows(build, entity) for entity in RECORDS}
    for entity in RECORDS:
        fill(org.fake, entity, given_back(build, entity, emails))
    landing = org.land()
    assert landing.refused == ()
    assert any("/jobs/query" in request.path for request in org.fake.requests), "much is read in bulk"
    create_raw_tables(build, all_entities().values())
    by_files = [one for one in read_manifests(sample_company.folders.landing) if one.source != "crm"]
    load_batches(build, [*by_files, *read_manifests(org.landing)], entities=all_entities())
    for entity, rows in before.items():
        assert len(rows) > 0
        after = canonical_rows(build, entity)
        assert sorted(map(str, rows - after))[:3] == sorted(map(str, after - rows))[:3] == [], entity
