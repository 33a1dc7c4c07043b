"""axe-core on real pages: it finds nothing of ours. What is Streamlit's own is named here, by selector."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser
from test_browser import ready

from dashboards.entry import PAGES

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_STREAMLIT = {"svg-img-alt": "metric_chart_"}
"""The spark line of a metric card has no title of its own; the card says its value and change in text."""

QUICK = ("overview", "margins", "operations")


def found(browser: Browser, url: str, mode: str) -> list[str]:
    """What axe finds that is not Streamlit's own: rule and element."""
    context = browser.new_context(viewport={"width": 1440, "height": 1200}, color_scheme=mode, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    ready(page)
    page.wait_for_timeout(800)
    page.add_script_tag(path=AXE)
    result = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})",
        RULES,
    )
    context.close()
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
        if OF_STREAMLIT.get(violation["id"], "\0") not in str(node["target"])
    ]


@pytest.mark.parametrize("name", QUICK)
def test_a_screen_reader_meets_no_fault_of_ours(browser: Browser, server, name: str) -> None:  # type: ignore[no-untyped-def]
    """Names, contrast and order of headings: what a reader without eyes or with tired ones depends on."""
    address = server.url if name == "overview" else f"{server.url}/{name}"
    assert found(browser, address, "light") == []


@pytest.mark.deep
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", [name for name in PAGES if name not in {"overview", "sql"}])
def test_no_page_has_a_fault_in_either_colour_mode(browser: Browser, server, name: str, mode: str) -> None:  # type: ignore[no-untyped-def]
    """The same for every page; the sandbox's editor is judged by its own tests."""
    assert found(browser, f"{server.url}/{name}", mode) == []
