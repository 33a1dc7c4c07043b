"""Pages in a real browser: how long until a reader sees them, and until they answer a click.

Times run from the click (or the address) to the moment that the script has ended, nothing on the page is stale, every
chart drawn. Belongs here: what is opened and clicked. The server is in `serving`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measuring import Stopwatch
from benchmarks.serving import Served, served
from benchmarks.viewers import percentiles
from company.settings import load_settings

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
WAIT_MS = 60_000
PERIODS = ("Year", "Quarter", "24 months", "12 months")
FILTER_CHANGES, OPENINGS, DRILLS = 20, 5, 5
BAR = ".st-key-card_margin_movers .barlayer .point path"

# Set before a click: gives the milliseconds from it until the page that it leads to stands.
_SETTLED = """
() => { window.settled = new Promise(resolve => {
  let clicked = 0, ran = false;
  document.addEventListener('pointerdown', () => { clicked = performance.now(); }, {once: true, capture: true});
  const watch = new MutationObserver(() => {
    const state = document.querySelector('[data-testid=stApp]').dataset.testScriptState;
    ran ||= clicked > 0 && state !== 'notRunning';
    if (ran && state === 'notRunning' && !document.querySelector('[data-stale=true]')) {
      watch.disconnect(); resolve(performance.now() - clicked);
    }
  });
  watch.observe(document.body, {subtree: true, attributes: true, childList: true});
}); }
"""
# In every page from its start: notes when the first row of cards is there, in milliseconds since the address was asked.
_FIRST_CARDS = """
new MutationObserver((_, watch) => {
  if (document.querySelectorAll('[data-testid=stMetric]').length >= 4) {
    watch.disconnect(); window.firstCards = performance.now();
  }
}).observe(document, {subtree: true, childList: true});
"""
_DRAWN = """
() => document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
  && !document.querySelector('[data-stale=true]')
  && document.querySelectorAll('[data-testid=stPlotlyChart]').length > 0
  && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(chart => chart.querySelector('.main-svg'))
  && performance.now()
"""


def read(watch: Stopwatch, settings_file: str) -> dict[str, Any]:
    """The overview on a cold process and on a warm one, filter changes, drills, and what the first load weighs."""
    with served(load_settings(Path(settings_file), {})) as server, _browser() as browser, watch.running():
        cold, weight = _first_load(browser, server)
        page = _new_page(browser)
        opened = [_open(page, server) for _ in range(OPENINGS + 1)][1:]  # the first fills this context's cache
        filters = [_click(page, number) for number in range(FILTER_CHANGES)]
        drills = [_drill(page, server) for _ in range(DRILLS)]
        page.context.close()
    return {
        "cold": cold,
        "compressed_bytes": weight,
        "first_card": percentiles([first for first, _ in opened]),
        "page": percentiles([whole for _, whole in opened]),
        "filter": percentiles(filters),
        "drill": percentiles(drills),
    }


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


def _new_page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
    context.add_init_script(_FIRST_CARDS)
    return context.new_page()


def _first_load(browser: Browser, server: Served) -> tuple[float, int]:
    """Seconds of the very first page of a process, and the bytes that came over the wire for it."""
    page = _new_page(browser)
    came: dict[str, int] = {}
    frames: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda told: came.update({told["requestId"]: int(told["encodedDataLength"])}))
    session.on(
        "Network.webSocketFrameReceived", lambda told: frames.append(len(told["response"]["payloadData"]) * 3 // 4)
    )
    _, seconds = _open(page, server)
    page.context.close()
    return seconds, sum(came.values()) + sum(frames)


def _open(page: Page, server: Served) -> tuple[float, float]:
    """Seconds until the first row of cards, and until the whole page with its charts."""
    page.goto(f"{server.address}/overview", wait_until="commit")
    whole = page.wait_for_function(_DRAWN, timeout=WAIT_MS).json_value()
    return float(page.evaluate("window.firstCards")) / 1000, float(whole) / 1000


def _click(page: Page, number: int) -> float:
    page.evaluate(_SETTLED)
    page.get_by_role("radio", name=PERIODS[number % len(PERIODS)], exact=True).click()
    return float(page.evaluate("window.settled")) / 1000


def _drill(page: Page, server: Served) -> float:
    """From a bar to the rows behind it."""
    _open(page, server)
    bar = page.locator(BAR).last
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    if box is None:
        raise RuntimeError("the overview shows no bar of what moved the margin")
    page.evaluate(_SETTLED)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return float(page.evaluate("window.settled")) / 1000
