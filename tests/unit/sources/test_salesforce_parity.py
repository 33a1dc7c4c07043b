"""The sample company's CRM read from a Salesforce org gives the canonical rows that its files give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from fakes.salesforce_sample import RECORDS
from unit.sources.parity import ids_without_source
from unit.sources.through import crm_rows, salesforce_org

from company.settings import Settings
from pipelines.canonical import load_canonical
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> set[tuple[Any, ...]]:
    columns = ", ".join(f'"{name}"' for name in load_canonical()[entity].column_names)
    found = connection.execute(f"select {columns} from intermediate.{load_canonical()[entity].model}").fetchall()
    assert len(set(found)) == len(found)
    return set(found)


def test_the_sample_crm_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its weekly export by the API must see no number move."""
    before = {entity: canonical_rows(build, entity) for entity in RECORDS}
    org = salesforce_org(crm_rows(sample_company, build, RECORDS), tmp_path)
    landing = org.land()
    assert landing.refused == ()
    assert any("/jobs/query" in request.path for request in org.fake.requests), "much is read in bulk"
    create_raw_tables(build, all_entities().values())
    by_files = [one for one in read_manifests(sample_company.folders.landing) if one.source != "crm"]
    load_batches(build, [*by_files, *read_manifests(org.landing)], entities=all_entities())
    assert ids_without_source(build, "salesforce") == []
    for entity, rows in before.items():
        assert len(rows) > 0
        after = canonical_rows(build, entity)
        assert sorted(map(str, rows - after))[:3] == sorted(map(str, after - rows))[:3] == [], entity
