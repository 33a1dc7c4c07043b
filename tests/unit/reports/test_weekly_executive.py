"""The weekly executive report of the published sample company: the same numbers in every form, once per recipient."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from company.settings import Settings
from company.versions import Failure, RunRecord, write_json
from dashboards.figures import paper
from dashboards.reports import delivery, forms
from dashboards.reports.content import Column, ReportContent, Section, Table
from dashboards.reports.message import Rendered, render
from dashboards.reports.transport import Handover
from dashboards.reports.workbook import workbook
from pipelines import reports

NOW = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} #strong[x] =HYPERLINK(1)"


class Recorder:
    """A transport that keeps what it was given."""

    def __init__(self, outcome: str = "sent") -> None:
        self.outcome = outcome
        self.mails: list[tuple[str, EmailMessage]] = []

    def hand_over(self, message: EmailMessage, recipient: str) -> Handover:
        self.mails.append((recipient, message))
        return Handover(self.outcome, "scripted")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def content(sample_company: Settings) -> ReportContent:
    return delivery.compose(sample_company, "weekly_executive")[0]


@pytest.fixture(scope="module")
def rendered(content: ReportContent, sample_company: Settings) -> Rendered:
    return render(content, attachments=("pdf", "xlsx"), link=None, locale=sample_company.company.number_formats)


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
    light = render(content, attachments=(), link=None, locale=sample_company.company.number_formats)
    mail = reports.delivery.messages.mail(
        light, sender="Plumbline <r@example.com>", recipient="a@example.com", message_id="<1@example.com>", now=NOW
    )
    assert len(bytes(mail)) < 500_000
    assert len(light.html.encode()) < 102_000, "Gmail clips HTML beyond this"


def test_inline_charts_are_named_by_the_html_and_described(rendered: Rendered) -> None:
    """A chart whose id nobody references shows as an attachment; one without words is lost on those who cannot see."""
    mail = reports.delivery.messages.mail(
        rendered, sender="Plumbline <r@example.com>", recipient="a@example.com", message_id="<1@example.com>", now=NOW
    )
    parsed = message_from_bytes(bytes(mail), policy=policy.default)
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
    """A customer's name must not run, format or calculate anything."""
    locale = sample_company.company.number_formats
    hostile = hostile_content()
    html = forms.html(hostile, cids={}, link=None, locale=locale)
    assert "<img src=x" not in html
    assert "{{7*7}}" in html, "a template in data stays as it was typed"
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(forms.pdf(hostile, locale=locale))).pages)
    assert "#strong[x]" in pdf.replace("\n", " ")
    book = openpyxl.load_workbook(io.BytesIO(workbook(hostile)))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert HOSTILE in cells(workbook(hostile))


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
    spec = paper.ranked({letters: Decimal(1)}, text=lambda _value: letters)
    boxes = paper.ranked({"\ue123" * len(letters): Decimal(1)}, text=lambda _value: "\ue123" * len(letters))
    assert paper.png(spec) != paper.png(boxes)


class TestSending:
    """Once per report, period and recipient."""

    def send(self, settings: Settings, transport: Recorder, **changes: object) -> list[delivery.Result]:
        return delivery.send(settings, "weekly_executive", now=lambda: NOW, transport=transport, **changes)  # type: ignore[arg-type]

    def test_a_second_call_sends_nothing(self, copied_company: Settings) -> None:
        transport = Recorder()
        first = self.send(copied_company, transport)
        again = self.send(copied_company, transport)
        recipients = copied_company.reports["weekly_executive"].recipients
        assert [result.state for result in first] == ["sent"] * len(recipients)
        assert [recipient for recipient, _ in transport.mails] == list(recipients)
        assert {result.detail for result in again} == {"already sent"}

    def test_a_mail_that_waits_goes_out_later_with_the_same_id(self, copied_company: Settings) -> None:
        waiting, working = Recorder("retry"), Recorder()
        self.send(copied_company, waiting, to=["a@example.com"])
        (result,) = self.send(copied_company, working, to=["a@example.com"])
        assert result.state == "sent"
        assert waiting.mails[0][1]["Message-ID"] == working.mails[0][1]["Message-ID"]

    def test_an_unknown_mail_is_not_sent_again(self, copied_company: Settings) -> None:
        self.send(copied_company, Recorder("unknown"), to=["a@example.com"])
        transport = Recorder()
        (result,) = self.send(copied_company, transport, to=["a@example.com"])
        assert (result.state, transport.mails) == ("unknown", [])

    def test_after_a_failed_run_the_report_is_held_and_said_so_once(self, copied_company: Settings) -> None:
        failed = RunRecord(
            run_id="99999999T000000000Z-1",
            started_at=NOW,
            status="failed",
            as_of=NOW.date(),
            failures=(Failure(check="journals_balance", model="fct_close_checks", message="1 row"),),
        )
        write_json(copied_company.folders.runs / f"{failed.run_id}.json", failed)
        transport = Recorder()
        (result,) = self.send(copied_company, transport, to=["a@example.com"])
        self.send(copied_company, transport, to=["a@example.com"])
        assert (result.state, len(transport.mails)) == ("held", 1)
        assert "journals_balance" in transport.mails[0][1].get_content()
        (copied_company.folders.runs / f"{failed.run_id}.json").unlink()
        (later,) = self.send(copied_company, transport, to=["a@example.com"])
        assert (later.state, len(transport.mails)) == ("sent", 2)

    def test_the_outbox_is_used_without_a_server(self, copied_company: Settings) -> None:
        (line,) = reports.send(copied_company, "weekly_executive", to=["a@example.com"])
        assert "sent" in line
        (path,) = copied_company.folders.outbox.glob("*.eml")
        assert message_from_bytes(path.read_bytes(), policy=policy.default)["To"] == "a@example.com"

    def test_an_unknown_report_is_refused(self, copied_company: Settings) -> None:
        with pytest.raises(delivery.ReportError, match="recipients: missing"):
            reports.send(copied_company, "nightly")
        with pytest.raises(delivery.ReportError, match="no report is called 'nightly'"):
            reports.preview(copied_company, "nightly", copied_company.root)


def test_the_operator_reads_what_failed_and_what_still_stands(sample_company: Settings, tmp_path: Path) -> None:
    """At five in the morning one mail must be enough to know where to look."""
    record = RunRecord(
        run_id="r1",
        started_at=NOW,
        status="failed",
        as_of=NOW.date(),
        version="v7",
        message="1 of 102 checks failed",
        failures=(
            Failure(
                check="journals_balance", model="fct_close_checks", message="1 row", rows=({"journal_id": "erp:9"},)
            ),
        ),
    )
    settings = sample_company.model_copy(update={"data": tmp_path, "operator": "ops@example.com"})
    reports.notify_operator(settings, record)
    (path,) = settings.folders.outbox.glob("*.eml")
    text = message_from_bytes(path.read_bytes(), policy=policy.default).get_content()
    assert "journals_balance on fct_close_checks: 1 row" in text
    assert "journal_id=erp:9" in text
    assert "Readers still see version v7." in text
