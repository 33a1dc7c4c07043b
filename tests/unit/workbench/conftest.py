"""Two people of one small company, and a way to ask as one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from published_company import PLUMBLINE_YAML, publish

from company.roles import Access, resolve
from company.settings import Settings, load_settings
from dashboards.workbench.query import QueryResult, run_query


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("northern-pumps-server")
    (root / "plumbline.yaml").write_text(PLUMBLINE_YAML, encoding="utf-8")
    settings = load_settings(root / "plumbline.yaml", {})
    publish(settings)
    return settings


@pytest.fixture(scope="session")
def sam(settings: Settings) -> Access:
    return resolve(settings, "sam@example.com")


@pytest.fixture(scope="session")
def eve(settings: Settings) -> Access:
    return resolve(settings, "eve@example.com")


@pytest.fixture
def ask(settings: Settings, sam: Access) -> Callable[..., QueryResult]:
    """Ask as Sam, whose file holds the sales schema only."""

    def asked(sql: str, **options: object) -> QueryResult:
        return run_query(settings, sql, **{"access": sam, **options})  # type: ignore[arg-type]

    return asked
