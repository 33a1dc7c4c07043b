"""What the tests of the door share: the guarded company, published once, and somebody signed in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from guarded_company import PASSWORD, SIGN_IN, Clock, Company
from published_company import PLUMBLINE_YAML, publish
from served import Browser

from company.settings import load_settings
from dashboards.access.accounts import Accounts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("northern-pumps") / "company"
    root.mkdir()
    (root / "plumbline.yaml").write_text(PLUMBLINE_YAML + SIGN_IN, encoding="utf-8")
    settings = load_settings(root / "plumbline.yaml", {})
    publish(settings)
    Accounts(settings.folders).add("eve@example.com", PASSWORD, now=Clock().now)
    Accounts(settings.folders).add("sam@example.com", PASSWORD, now=Clock().now)
    return root


@pytest.fixture
def company(published: Path, tmp_path: Path, clock: Clock) -> Company:
    """Its accounts: eve (sees all) and sam (sales only), both with the same password."""
    shutil.copytree(published, tmp_path / "company")
    return Company(tmp_path / "company", clock)


@pytest.fixture
def signed_in(company: Company) -> Callable[[str], Browser]:
    """A browser with a session of this person."""

    def browser(email: str = "sam@example.com") -> Browser:
        browser = company.browser()
        assert browser.sign_in(email, PASSWORD).status == 303
        return browser

    return browser
