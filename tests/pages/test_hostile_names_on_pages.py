"""A company whose customers, items and deals have names that want to run: on every page they are text (T13, T14)."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from conftest import Server
from playwright.sync_api import Browser, expect
from test_browser import ready

from company.settings import Settings, load_settings
from company.versions import current_version

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)><svg/onload=alert(2)></script>[y](javascript:alert(3)){{7*7}} "
NAMED = ("name", "party_name", "customer_name", "item_name", "deal_name", "owner_name", "vendor_name", "category",
         "description", "campaign_name", "lead_source", "company", "subject", "text", "statement_line")  # fmt: skip
PAGES = ("overview", "sales", "sales?list=Stalled+deals", "marketing", "customers", "margins?cut=Customer", "finance",
         "receivables", "cash", "budget", "operations", "operations?operations=Stock", "close", "data_trust",
         "data_trust?trust=Matches")  # fmt: skip


@pytest.fixture(scope="module")
def hostile(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The sample company under names that want to run, served."""
    root = tmp_path_factory.mktemp("hostile") / "company"
    shutil.copytree(sample_company.root, root, symlinks=True)
    settings = load_settings(root / "plumbline.yaml", {})
    version = current_version(settings.folders)
    assert version is not None
    _rename(settings.folders.marts(version))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = int(unused.getsockname()[1])
    running = Server(settings, port, root / "log.txt")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


def _rename(marts: Path) -> None:
    marts.chmod(0o600)
    marts.parent.chmod(0o700)
    with duckdb.connect(str(marts)) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " inner join information_schema.tables using (table_catalog, table_schema, table_name)"
            " where table_type = 'BASE TABLE' and data_type = 'VARCHAR' and list_contains($named, column_name)"
            " and table_name <> 'metric_catalogue'",
            {"named": list(NAMED)},
        ).fetchall()
        assert len(columns) > 20
        for schema, table, column in columns:
            connection.execute(
                f'update "{schema}"."{table}" set "{column}" = $before || "{column}"', {"before": HOSTILE}
            )


@pytest.mark.parametrize("path", PAGES)
def test_names_that_want_to_run_are_text_on_every_page(browser: Browser, hostile: Server, path: str) -> None:
    """A supplier chooses its own name; the controller who opens the page must not run it."""
    page = browser.new_context(viewport={"width": 1440, "height": 6000}).new_page()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(f"{hostile.url}/{path}")
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1500)
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator("img[src='x'], svg[onload], a[href^='javascript']").count() == 0
    assert page.get_by_text("49", exact=True).count() == 0
    assert alerts == []
    page.context.close()
