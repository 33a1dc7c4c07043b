"""What the parity tests share: the sample company's build database, to be filled from a system, not from files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import duckdb
import pytest

from company.settings import Settings
from company.versions import current_version


@pytest.fixture(scope="module")
def build(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the published company's build database, in which views show whatever its raw tables hold."""
    version = current_version(sample_company.folders)
    assert version is not None
    copy = tmp_path_factory.mktemp("parity") / "build.duckdb"
    shutil.copyfile(sample_company.folders.warehouse / version / "build.duckdb", copy)
    with duckdb.connect(copy) as connection:
        yield connection
