"""Real tasks from beginning to end, as a reader does them in a browser."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pypdf import PdfReader
from test_browser import ready, write

from dashboards.reading import Reading

pytestmark = pytest.mark.browser

WAIT = 60_000


def opened(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1200}, accept_downloads=True).new_page()
    page.goto(url)
    ready(page)
    return page


def choose(page: Page, label: str, option: str) -> None:
    """Type into a select box until one option is left, and take it."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.press_sequentially(option)
    page.get_by_role("option", name=re.compile(re.escape(option))).first.click()
    ready(page)


def press(page: Page, bar: Locator) -> None:
    """Click a bar at its middle. A layer of its own, over the bars, notices clicks: the bar itself is never hit."""
    expect(bar).to_be_visible(timeout=WAIT)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def first_row(page: Page, table: Locator) -> None:
    """Tick the first row of a table. Its cells are drawn on a canvas: the place of the tick is all there is."""
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 35 + 17)
    ready(page)


def test_finding_why_margin_moved(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """From the overview to the cause, to one customer, to the invoice lines behind it."""
    page = opened(browser, server.url)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Margins").click()
    expect(page.get_by_role("heading", name=re.compile("By cause"), level=2)).to_be_visible(timeout=WAIT)
    ready(page)
    page.get_by_role("radio", name="Customer", exact=True).click()
    ready(page)
    expect(page.get_by_role("heading", name="Margin by customer", level=2)).to_be_visible(timeout=WAIT)
    press(page, page.locator(".st-key-card_margin_movers .barlayer .point path").last)
    card = page.locator(".st-key-card_rows_behind")
    expect(card.get_by_role("button", name=re.compile("Only "))).to_be_visible(timeout=WAIT)
    ready(page)
    choose(page, "Number", "Gross margin")
    expect(card.get_by_role("button", name=re.compile("Only "))).to_be_visible(timeout=WAIT)
    expect(card.get_by_test_id("stDataFrame")).to_be_visible(timeout=WAIT)
    page.context.close()


def test_preparing_a_customer_call(browser: Browser, server, reading: Reading, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Search by the ERP's id, read the page, take the one-page brief along."""
    number, name = reading.rows(
        "select customer_id, customer_name from customers.fct_customer_matches where status = 'accepted'"
        " order by net_rpt desc limit 1"
    ).to_pylist()[0].values()  # fmt: skip
    page = opened(browser, f"{server.url}/customer")
    choose(page, "Customer", number)
    expect(page.get_by_role("heading", name="Time line", level=2)).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile(r"customer\?customer="), timeout=WAIT)
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="PDF").click()
    brief = tmp_path / "brief.pdf"
    download.value.save_as(brief)
    pages = PdfReader(io.BytesIO(brief.read_bytes())).pages
    assert len(pages) == 1
    assert " ".join(name.split()) in " ".join(pages[0].extract_text().split())
    page.context.close()


def test_tracing_a_number_to_its_source_row(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """From bookings to a deal, its id in the CRM and the file that delivered it."""
    page = opened(browser, f"{server.url}/sales")
    choose(page, "Number", "Bookings")
    table = page.locator(".st-key-card_rows_behind").get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=WAIT)
    first_row(page, table)
    source = page.locator(".st-key-card_source")
    expect(source.get_by_text("System crm, deal")).to_be_visible(timeout=WAIT)
    expect(source.locator("code").first).to_have_text(re.compile(r"Opportunity_\d{8}\.csv"), timeout=WAIT)
    page.context.close()


def test_a_click_on_a_bar_narrows_every_card_and_the_export_says_so(browser: Browser, server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Whoever gets the file must see that it holds one region only."""
    page = opened(browser, f"{server.url}/sales")
    whole = page.get_by_test_id("stMetricValue").first.inner_text()
    press(page, page.locator(".st-key-card_bookings_by_region .barlayer .point path").last)
    expect(page).to_have_url(re.compile(r"region="), timeout=WAIT)
    ready(page)
    expect(page.get_by_test_id("stMetricValue").first).not_to_have_text(whole, timeout=WAIT)
    with page.expect_download(timeout=WAIT) as download:
        page.locator(".st-key-card_owners").get_by_role("button", name="CSV", exact=True).click()
    file = tmp_path / "owners.csv"
    download.value.save_as(file)
    region = re.search(r"region=(\w+)", page.url)
    assert region is not None
    assert f"# Region: {region[1]}" in file.read_text()
    page.context.close()


def test_comparing_two_cash_scenarios(browser: Browser, server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Customers two weeks late, beside what is expected; saved as the file that the command line keeps."""
    page = opened(browser, f"{server.url}/cash")
    card = page.locator(".st-key-card_scenarios")
    slider = card.get_by_role("slider", name="Customers pay later, weeks")
    expect(slider).to_be_visible(timeout=WAIT)
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    # While a chart is drawn anew the old one is still there.
    expect(card.locator(".annotation-text").filter(has_text="Sliders").last).to_be_visible(timeout=WAIT)
    ready(page)
    expect(card.locator(".annotation-text").filter(has_text="base").last).to_be_visible(timeout=WAIT)
    with page.expect_download(timeout=WAIT) as download:
        card.get_by_role("button", name="Save as YAML").click()
    file = tmp_path / "what_if.yaml"
    download.value.save_as(file)
    assert "- delay: {days: 14, layer: receivables}" in file.read_text()
    page.context.close()


def test_a_query_is_written_and_shared_by_its_link(browser: Browser, server) -> None:  # type: ignore[no-untyped-def]
    """A colleague opens the link and has the text, in their own session; nothing runs until they say so."""
    page = opened(browser, f"{server.url}/sql")
    text = "select count(*) as orders from operations.fct_orders"
    write(page, text)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 row in", exact=False)).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Link").click()
    link = page.locator("code").filter(has_text="sql?")
    expect(link).to_be_visible(timeout=WAIT)
    other = opened(browser, link.inner_text().strip())
    expect(other.get_by_role("textbox", name="SQL query")).to_contain_text("operations.fct_orders", timeout=WAIT)
    assert other.get_by_text("1 row in", exact=False).count() == 0
    other.context.close()
    page.context.close()
