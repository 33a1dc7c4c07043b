"""A published file of the world in metric_world.py, and metrics over it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from metric_world import CATALOGUE, TABLES

from dashboards.metrics import Metrics


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES)
    return path


@pytest.fixture
def metrics(published: Path) -> Iterator[Metrics]:
    with duckdb.connect(str(published), read_only=True) as connection:
        yield Metrics(connection, CATALOGUE, as_of=date(2026, 6, 30))
