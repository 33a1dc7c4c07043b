"""What only a browser shows: filters that survive a click, no request to another host, both colour modes, a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.browser

READY = "[data-testid=stApp][data-test-script-state=notRunning]"


def ready(page: Page) -> None:
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-stale=true]')", timeout=60_000)


def go(page: Page, url: str) -> None:
    page.goto(url)
    ready(page)
    expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=60_000)


def test_a_deep_link_keeps_its_filters_on_the_next_page(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """A reader who comes from a mail and clicks on must stay in the region the mail was about."""
    page = browser.new_context().new_page()
    go(page, f"{server.url}/margins?period=Year&region=North")
    for name in ("Sales", "Cash", "Margins"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=60_000)
        ready(page)
        expect(page.get_by_text("Region: North", exact=True)).to_be_visible(timeout=60_000)
        expect(page.get_by_role("radio", name="Year", exact=True)).to_be_checked(timeout=60_000)
    # At the first change of page Streamlit 1.67 keeps the values but drops them from the URL; later they stand in it.
    expect(page).to_have_url(f"{server.url}/margins?period=Year&region=North", timeout=60_000)
    page.context.close()


def test_the_first_page_answers_to_its_name_and_keeps_the_filters(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """Somebody who keeps /overview as a bookmark must not be told that there is no such page."""
    page = browser.new_context().new_page()
    go(page, f"{server.url}/overview?period=Year&region=North")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_text("Region: North", exact=True)).to_be_visible(timeout=60_000)
    page.context.close()


def test_no_page_asks_another_host_for_anything(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """Fonts, scripts and icons are shipped: a company's pages work without the internet and tell nobody (T34)."""
    page = browser.new_context().new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(
        (server.url, "data:", "blob:")) else None)  # fmt: skip
    for name in ("", "margins", "sales", "cash", "data_trust"):
        go(page, f"{server.url}/{name}")
    assert outside == []
    page.context.close()


def test_every_chart_of_the_overview_is_drawn(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """An empty card is worse than none."""
    page = browser.new_context(viewport={"width": 1440, "height": 2000}).new_page()
    go(page, server.url)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=60_000)
    page.context.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_phone_shows_the_overview_without_scrolling_sideways(browser: Browser, server, mode: str) -> None:  # type: ignore[no-untyped-def]
    """The board reads this in a taxi."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=mode)  # type: ignore[arg-type]
    page = context.new_page()
    go(page, server.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


def test_a_phone_shows_every_choice_and_the_amounts_of_a_statement(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """Lines without their amounts are no statement, and a period off the edge of the screen cannot be chosen."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, user_agent=PHONE)
    page = context.new_page()
    go(page, f"{server.url}/finance?period=Year")
    chosen = page.get_by_role("combobox", name="Period")
    expect(chosen).to_have_value("Year", timeout=60_000)
    chosen.click()
    page.get_by_role("option", name="24 months", exact=True).click()
    expect(page).to_have_url(re.compile("period=24"), timeout=60_000)
    ready(page)
    headings = page.locator("canvas [role=columnheader]")
    expect(headings.nth(2)).to_have_text("To Jun 2025", timeout=60_000)
    assert headings.all_inner_texts()[:2] == ["Line", "To Jun 2026"]
    context.close()


def test_no_line_ends_in_the_sign_of_an_amount_on_a_phone(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """ "Goods −" and, a line below, "€0.1M" reads as a gain. At every width a line ends somewhere else."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    go(page, f"{server.url}/margins")
    sentence = page.locator("h2").first
    said = sentence.inner_text()
    assert re.search("[+\\-\N{MINUS SIGN}]\N{WORD JOINER}€", said), said
    assert parted(sentence, said) == []
    plain = said.replace("\N{WORD JOINER}", "")
    assert parted(sentence, plain) != [], "without the joiner some width parts a sign from its amount"
    context.close()


def parted(sentence: Locator, text: str) -> list[int]:
    """The widths from 390 pixels down at which a sign of the text stands on another line than what follows it."""
    found: list[int] = sentence.evaluate(
        """(heading, text) => {
          heading.textContent = text
          const words = heading.firstChild, widths = []
          const line = (place) => {
            const range = document.createRange()
            range.setStart(words, place)
            range.setEnd(words, place + 1)
            return range.getBoundingClientRect().bottom
          }
          const signs = [...text.matchAll(/[+\\-\\u2212]\\u2060?(?=€)/g)]
          for (let width = 390; width >= 160; width -= 1) {
            heading.style.width = `${width}px`
            if (signs.some((sign) => line(sign.index) !== line(sign.index + sign[0].length))) widths.push(width)
          }
          return widths
        }""",
        text,
    )
    return found


def test_the_answer_carries_the_closing_headers(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """A page that can be framed can be clicked by another site."""
    page = browser.new_context().new_page()
    answer = page.goto(server.url)
    assert answer is not None
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    page.context.close()


def write(page: Page, text: str) -> None:
    editor = page.get_by_role("textbox", name="SQL query")
    editor.click()
    editor.press("Control+a")
    page.keyboard.insert_text(text)
    page.wait_for_timeout(1500)  # as long as a hand takes from the keys to a button, on a busy machine
    ready(page)


def test_an_analyst_types_a_query_and_sees_its_rows(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """The whole way: editor, child process, rows, and a long query that is taken back."""
    page = browser.new_context().new_page()
    page.goto(f"{server.url}/sql")
    ready(page)
    write(page, "select count(*) as deals, sum(amount_rpt) as won_rpt from sales.fct_deals where is_won")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 row in", exact=False)).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stDataFrame").last).to_be_visible()
    write(page, "select count(*) from range(1000000000000000)")
    page.get_by_test_id("stMain").get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(page.get_by_text("Cancelled")).to_be_visible(timeout=60_000)
    page.context.close()


def test_the_editor_completes_the_companys_own_names(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """Nobody remembers two thousand columns."""
    page = browser.new_context().new_page()
    page.goto(f"{server.url}/sql")
    ready(page)
    write(page, "")
    page.keyboard.type("select * from sales.fct_dea")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("fct_deals", timeout=60_000)
    page.context.close()


HOSTILE = "<img src=x onerror=alert(1)>"


def test_hostile_names_are_text_wherever_a_query_shows_them(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """A customer's name is shown in cells, headings, charts, errors, tabs and history: nowhere may it run."""
    page = browser.new_context().new_page()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(f"{server.url}/sql")
    ready(page)
    write(page, f'select \'{HOSTILE}\' || i as "<svg/onload=alert(2)>", i as "{HOSTILE}" from range(3) r(i)')
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("3 rows in", exact=False)).to_be_visible(timeout=60_000)
    page.get_by_role("tab", name="Chart").click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    write(page, f'select * from sales."{HOSTILE}"')
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="does not exist")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Name", exact=True).fill(f"{HOSTILE}[x](javascript:alert(3))")
    page.keyboard.press("Enter")
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Save").click()
    expect(page.get_by_role("radio", name="img src=x")).to_be_visible(timeout=60_000)
    assert page.locator("img[src='x'], svg[onload], a[href^='javascript']").count() == 0
    assert alerts == []
    page.context.close()


def test_the_workbench_and_administration_ask_no_other_host(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    page = browser.new_context().new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(
        (server.url, "data:", "blob:")) else None)  # fmt: skip
    for name, sight in (("sql", "SQL query"), ("administration", "Person")):
        page.goto(f"{server.url}/{name}")
        ready(page)
        expect(page.get_by_label(sight, exact=True).first).to_be_visible(timeout=60_000)
    assert outside == []
    page.context.close()
