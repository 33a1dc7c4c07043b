"""Every page on a version whose tables are empty: a company before its first data, or a source that brought nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from company.settings import Settings, load_settings
from company.versions import current_version
from dashboards.entry import PAGES

OpenPage = Callable[..., AppTest]

KEPT = ("common.metric_catalogue", "common.model_lineage", "common.dim_dates", "common.dim_entities")
"""What a version holds before any source: definitions, the calendar, the entities of plumbline.yaml."""

PARTS = [
    *((page, {}) for page in PAGES if page != "sql"),
    *(("operations", {"operations": part}) for part in ("Stock", "Vendors", "Projects", "People")),
    *(
        ("data_trust", {"trust": part})
        for part in ("Quarantine", "Matches", "Checks", "Restatements", "Lineage", "Runs")
    ),
    *(("sales", {"list": name}) for name in ("At risk", "Upsell", "Whitespace", "Stalled deals", "No next step")),
    ("margins", {"period": "Month", "compare": "Prior period"}),
    ("overview", {"compare": "Target"}),
    ("finance", {"compare": "Budget"}),
]


@pytest.fixture(scope="session")
def empty_company(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample company's settings and version, its published tables without rows."""
    root = tmp_path_factory.mktemp("empty") / "company"
    left_out = shutil.ignore_patterns("warehouse", "landing", "sample", "dagster", "published")
    shutil.copytree(sample_company.root, root, ignore=left_out)
    settings = load_settings(root / "plumbline.yaml", {})
    version = current_version(sample_company.folders)
    assert version is not None
    target = settings.folders.version(version)
    target.mkdir(parents=True)
    shutil.copy(sample_company.folders.version(version) / "manifest.json", target / "manifest.json")
    shutil.copy(sample_company.folders.pointer, settings.folders.pointer)
    _without_rows(sample_company.folders.marts(version), settings.folders.marts(version))
    return settings


def _without_rows(full: Path, empty: Path) -> None:
    with duckdb.connect(str(empty)) as connection:
        connection.execute(f"attach '{full}' as full_version (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'full_version'"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f"create schema if not exists {schema}")
            rows = "" if f"{schema}.{table}" in KEPT else " limit 0"
            connection.execute(f"create table {schema}.{table} as from full_version.{schema}.{table}{rows}")


@pytest.mark.parametrize(("page", "parameters"), PARTS)
def test_a_page_without_rows_says_why_it_is_empty(
    empty_company: Settings, page_of: OpenPage, page: str, parameters: dict[str, str]
) -> None:
    """No zero that nobody counted, no error: a sentence, and cards that say what is missing."""
    shown = page_of(empty_company, page, **parameters)
    assert not shown.exception
    assert not shown.error
    assert any(text.value.startswith("## ") for text in shown.markdown)
    assert not [text.value for text in shown.caption if "not shown" in text.value]
