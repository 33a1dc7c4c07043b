"""A publish or a fault while pages are open: one page is of one version, and one broken page is only one."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from readings import reading_of
from streamlit.testing.v1 import AppTest

from company.settings import Settings
from company.versions import current_version, write_bytes, write_json
from dashboards import entry
from dashboards.published import current
from dashboards.reading import Reading

OpenPage = Callable[..., AppTest]


def published_next(settings: Settings) -> str:
    """Publish the same numbers as the version after the current one, its revenue a hundredfold."""
    import duckdb

    folders = settings.folders
    before = current_version(folders)
    assert before is not None
    version = "29991231T000000000Z-ffff"
    shutil.copytree(folders.version(before), folders.version(version))
    manifest = current(folders, None)
    assert manifest is not None
    write_json(folders.version(version) / "manifest.json", manifest.manifest.model_copy(update={"version": version}))
    marts = folders.marts(version)
    marts.chmod(0o600)
    with duckdb.connect(str(marts)) as connection:
        connection.execute("update finance.fct_margins_monthly set net_rpt = net_rpt * 100")
    write_bytes(folders.pointer, version.encode())
    return version


def test_a_publish_in_the_middle_of_a_page_changes_no_number_of_it(copied_company: Settings) -> None:
    """Half a page of yesterday and half of today would add up to nothing."""
    reading = reading_of(copied_company)
    first = reading.value("net_revenue")
    version = published_next(copied_company)
    assert reading.manifest.version != version
    by_month = reading.by_month("net_revenue", reading.filters.now)
    assert sum(value for value in by_month.values() if value is not None) == first
    after = reading_of(copied_company)
    assert after.manifest.version == version
    assert after.value("net_revenue") == (first or 0) * 100


def test_the_next_click_shows_the_new_version(copied_company: Settings, page_of: OpenPage) -> None:
    page = page_of(copied_company, "sales")
    version = published_next(copied_company)
    page.run()
    assert not page.exception
    assert any(version in text.value for text in page.markdown)


def test_a_page_that_fails_is_the_only_one(
    sample_company: Settings, page_of: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Title, filters and the way to the other pages stand; the fault is told by its kind, not by its innards."""

    def broken(reading: Reading) -> None:
        raise ZeroDivisionError("canary-3a7f")

    _, title, icon = entry.PAGES["sales"]
    monkeypatch.setattr(entry, "PAGES", {**entry.PAGES, "sales": (broken, title, icon)})
    page = page_of(sample_company, "sales")
    assert len(page.exception) == 1
    assert page.title[0].value == title
    assert page.segmented_control(key="period").value == "12m"
    monkeypatch.undo()
    assert not page_of(sample_company, "margins").exception
