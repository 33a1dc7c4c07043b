"""What several folders of tests share: the sample company, published once per session, and the browser.

Tests never change the published company; one that must, copies it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from demo_company import CHROMIUM, INSTALL_LINE, make_sample_company, publish
from postgresql_server import INSTALL_LINE as POSTGRESQL_INSTALL_LINE
from postgresql_server import PostgresqlServer, programs, running_server

from company.settings import Settings, load_settings

# How long an example takes depends on what else the machine does: no claim of any test.
hypothesis.settings.register_profile("claims", deadline=None)
hypothesis.settings.load_profile("claims")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last; without a browser they are skipped, except where CI says that one is needed.

    Last, because Playwright's event loop stays until the session ends, and code that starts one of its own would fail.
    """
    items.sort(key=lambda item: "browser" in item.keywords or "browser" in getattr(item, "fixturenames", ()))
    if CHROMIUM is not None:
        return
    if os.environ.get("PLUMBLINE_REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(INSTALL_LINE)
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=INSTALL_LINE))


@pytest.fixture(scope="session")
def sample_company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample company, published. Never changed: a test that must, copies its folder."""
    settings = make_sample_company(tmp_path_factory.mktemp("sample") / "company")
    publish(settings)
    return settings


@pytest.fixture(scope="session")
def messy_company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Another seed of the sample company, its exports spoiled, published. Never changed."""
    settings = make_sample_company(tmp_path_factory.mktemp("messy") / "company", seed=11, mess=True)
    publish(settings)
    return settings


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running PostgreSQL server. Skipped where there is none, except where CI says that this is a failure."""
    if programs() is None:
        if os.environ.get("PLUMBLINE_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(POSTGRESQL_INSTALL_LINE)
        pytest.skip(POSTGRESQL_INSTALL_LINE)
    with running_server() as server:
        yield server


@pytest.fixture
def copied_company(sample_company: Settings, tmp_path: Path) -> Settings:
    """A copy of the published sample company that a test may change."""
    shutil.copytree(sample_company.root, tmp_path / "company", symlinks=True)
    return load_settings(tmp_path / "company" / "plumbline.yaml", {})


@pytest.fixture
def copied_messy_company(messy_company: Settings, tmp_path: Path) -> Settings:
    """A copy of the published messy company that a test may change."""
    shutil.copytree(messy_company.root, tmp_path / "company", symlinks=True)
    return load_settings(tmp_path / "company" / "plumbline.yaml", {})
