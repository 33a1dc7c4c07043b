"""A report of the published sample company in its forms: the same numbers in mail, text, PDF and workbook."""

from __future__ import annotations

import io
import re
import threading
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

import openpyxl
import pytest
from pypdf import PdfReader

from company.settings import Settings
from dashboards.figures import paper, paper_bars
from dashboards.format import Display
from dashboards.reports import forms, previewing
from dashboards.reports.content import Column, ReportContent, Section, Table
from dashboards.reports.message import Rendered, body, headers, render
from dashboards.reports.workbook import workbook

NOW = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} #strong[x] =HYPERLINK(1)"


@pytest.fixture(scope="module")
def content(sample_company: Settings) -> ReportContent:
    return previewing.composed(sample_company, "weekly_executive", now=NOW)[0]


@pytest.fixture(scope="module")
def rendered(content: ReportContent, sample_company: Settings) -> Rendered:
    return render(content, attachments=("pdf", "xlsx"), link=None, display=display_of(sample_company))


def display_of(settings: Settings) -> Display:
    return Display(settings.company.number_formats, settings.company.reporting_currency)


def whole_mail(rendered: Rendered) -> bytes:
    lines = headers(
        "Weekly", sender="Plumbline <r@example.com>", recipient="a@example.com", message_id="<1@example.com>", now=NOW,
        unsubscribe="weekly",
    )  # fmt: skip
    return lines + body(rendered)


def cells(data: bytes) -> list[object]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_every_card_says_the_same_in_mail_text_pdf_and_workbook(content: ReportContent, rendered: Rendered) -> None:
    """Two numbers for one metric and nobody believes either."""
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(attachment(rendered, ".pdf"))).pages)
    values = [cell for cell in cells(attachment(rendered, ".xlsx")) if isinstance(cell, int | float)]
    shown = [card for section in content.sections for card in section.cards]
    assert len(shown) >= 12
    for card in shown:
        assert card.text in rendered.html
        assert f"{card.label}: {card.text}" in rendered.text
        assert card.text.replace(" ", "") in pdf.replace(" ", "").replace("\n", "")
        assert card.value is not None
        assert any(abs(Decimal(str(value)) - card.value) < Decimal("0.000001") for value in values), card.label


def attachment(rendered: Rendered, ending: str) -> bytes:
    return next(data for name, (_, data) in rendered.attachments.items() if name.endswith(ending))


def test_the_mail_without_attachments_stays_small(content: ReportContent, sample_company: Settings) -> None:
    """Gmail cuts long mails and phones pay for large ones."""
    light = render(content, attachments=(), link=None, display=display_of(sample_company))
    assert len(whole_mail(light)) < 500_000
    assert len(light.html.encode()) < 102_000, "Gmail clips HTML beyond this"


def test_inline_charts_are_named_by_the_html_and_described(rendered: Rendered) -> None:
    """A chart whose id nobody references shows as an attachment; one without words is lost on those who cannot see."""
    parsed = message_from_bytes(whole_mail(rendered), policy=policy.default)
    ids = {str(part["Content-ID"]).strip("<>") for part in parsed.walk() if part.get_content_type() == "image/png"}
    assert ids == set(rendered.cids.values())
    assert all(f'src="cid:{cid}"' in rendered.html for cid in ids)
    assert rendered.html.count("<img") == rendered.html.count(' alt="') == len(ids)
    assert parsed["List-Unsubscribe"]


def hostile_content() -> ReportContent:
    table = Table("t", HOSTILE, (Column(HOSTILE),), ((HOSTILE,),), ((HOSTILE,),))
    section = Section("s", "Customers", HOSTILE, tables=(table,))
    return ReportContent(
        "weekly_executive",
        "Report",
        HOSTILE,
        "2026-W27",
        "Week 27",
        NOW.date(),
        "v",
        "EUR",
        HOSTILE,
        (section,),
        (HOSTILE,),
    )


def test_names_from_data_are_text_in_every_form(sample_company: Settings) -> None:
    """A customer's name must not run, format or calculate anything (T13, T14, T16)."""
    display = display_of(sample_company)
    hostile = hostile_content()
    html = forms.html(hostile, cids={}, link=None, display=display)
    assert "<img src=x" not in html
    assert "{{7*7}}" in html, "a template in data stays as it was typed"
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(forms.pdf(hostile, display=display))).pages)
    assert "#strong[x]" in pdf.replace("\n", " ")
    book = openpyxl.load_workbook(io.BytesIO(workbook(hostile, display=display)))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert HOSTILE in cells(workbook(hostile, display=display))


def test_no_form_of_a_report_asks_anything_of_the_network(sample_company: Settings) -> None:
    """A picture named in a customer's name must not be fetched while the mail or the PDF is written (T20)."""
    asked: list[str] = []

    class Canary(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    display = display_of(sample_company)
    with HTTPServer(("127.0.0.1", 0), Canary) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/canary"
            lure = f'![x]({address}) <img src={address}> #image("{address}") <link rel=stylesheet href={address}>'
            lured = replace(hostile_content(), title=lure, headline=lure, sections=(Section("s", lure, lure),))
            html = forms.html(lured, cids={}, link=None, display=display)
            forms.pdf(lured, display=display)
            workbook(lured, display=display)
            paper.png(paper_bars.ranked({lure: Decimal(1)}, text=lambda _value: lure))
            urllib.request.urlopen(address, timeout=5).close()
        finally:
            server.shutdown()
            thread.join()
    assert asked == ["/canary"]
    assert not re.search(r"<(img|link|script)[^>]+(src|href)=.?http", html)


def test_paper_charts_carry_their_texts(content: ReportContent) -> None:
    """A font that the renderer does not know drops every letter without an error."""
    stages = next(chart for section in content.sections for chart in section.charts if chart.key == "stages")
    svg = paper.svg(stages.spec)
    assert "Negotiation" in svg
    blank = paper.png({**stages.spec, "config": {**stages.spec["config"], "font": "Nowhere"}})
    assert paper.png(stages.spec) != blank


@pytest.mark.parametrize("letters", ["Äkäslompolo", "Łódź", "България", "Ελλάδα", "€1.2M −3,4 × ‰ → ▲"])
def test_the_shipped_font_has_the_letters(letters: str) -> None:
    """A missing glyph is an empty box in front of the board."""
    spec = paper_bars.ranked({letters: Decimal(1)}, text=lambda _value: letters)
    boxes = paper_bars.ranked({"\ue123" * len(letters): Decimal(1)}, text=lambda _value: "\ue123" * len(letters))
    assert paper.png(spec) != paper.png(boxes)


def test_a_sign_stays_on_the_line_of_its_amount_in_mail_and_pdf(
    content: ReportContent, sample_company: Settings
) -> None:
    """A line that ends in a minus and the next that begins with the amount: a loss is read as a gain."""
    display = display_of(sample_company)
    said = "Bookings fell: North -€0.51M, West \N{MINUS SIGN}€0.22M, and INV-2026-1 is <open>. " * 12
    told = replace(content, headline=said, sections=())
    mail = forms.html(told, cids={}, link=None, display=display)
    assert mail.count('<span style="white-space:nowrap">-€0.51M</span>,') == 12
    assert mail.count('<span style="white-space:nowrap">\N{MINUS SIGN}€0.22M</span>,') == 12
    assert "is &lt;open&gt;" in mail
    assert "INV-2026-1" in mail
    lines = PdfReader(io.BytesIO(forms.pdf(told, display=display))).pages[0].extract_text().splitlines()
    text = "\n".join(lines)
    assert [text.count(name) for name in ("-€0.51M", "\N{MINUS SIGN}€0.22M", "INV-2026-1")] == [12, 12, 12]
    assert not [line for line in lines if line.rstrip().endswith(("-", "\N{MINUS SIGN}"))]
    assert "\N{WORD JOINER}" not in text + mail + forms.text(told, link=None, display=display), "none is copied"
