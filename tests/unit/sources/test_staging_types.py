"""Every staging model of a system gives canonical columns in canonical types: the union of systems takes the widest."""

from __future__ import annotations

import re

import duckdb
import pytest
from unit.sources.test_systems import SYSTEMS, staged

from company.settings import Settings
from company.versions import current_version
from pipelines.canonical import load_canonical


def plain(data_type: str) -> str:
    return re.sub(r"\s", "", data_type).upper()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_staging_model_has_the_types_of_its_entity(sample_company: Settings, system: str) -> None:
    """One system's wider amount would stop the build of every company, also of those that do not have the system."""
    version = current_version(sample_company.folders)
    assert version is not None
    build = sample_company.folders.warehouse / version / "build.duckdb"
    wrong = []
    with duckdb.connect(str(build), read_only=True) as connection:
        for entity, model in staged(system).items():
            described = connection.execute(f"describe select * from staging.{model}").fetchall()
            found = {name: data_type for name, data_type, *_ in described}
            for column in load_canonical()[entity].columns:
                if column.name in found and plain(found[column.name]) != plain(column.data_type):
                    wrong.append((model, column.name, found[column.name], column.data_type))
    assert wrong == []
