"""Every number of every shipped report is the same in mail, text, PDF, workbook, CSV, on the page and in SQL."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader

from company.settings import Settings
from dashboards.metrics import Catalogue, Metrics
from dashboards.published import open_cursor
from dashboards.reading import Reading
from dashboards.reports.content import ReportContent
from dashboards.reports.declared import known_reports
from dashboards.reports.message import Rendered, render
from dashboards.reports.previewing import composed
from dashboards.reports.workbook import flat

NOW = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)
READERS = {
    "weekly_executive": ("ceo@aurelle.example", "sales.north@aurelle.example", "analyst@aurelle.example"),
    "board_pack": ("ceo@aurelle.example", "analyst@aurelle.example"),
    "daily_cash": ("controller@aurelle.example",),
    "sales_pipeline": ("sales.north@aurelle.example", "sales.west@aurelle.example"),
    "my_pipeline": ("riikka.jarvinen@aurelle.example",),
    "cost_centres": ("head.of.sales@aurelle.example",),
    "data_quality": ("controller@aurelle.example",),
}
CASES = [(report, reader) for report, readers in READERS.items() for reader in readers]


def squeezed(text: str) -> str:
    """Without blanks and line breaks, which every form sets in its own way."""
    return re.sub(r"\s", "", text)


def numbers(data: bytes) -> list[Decimal]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=False)
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    return [Decimal(str(cell.value)) for cell in cells if isinstance(cell.value, int | float)]


def table_cells(content: ReportContent) -> Iterator[tuple[object, str]]:
    for section in content.sections:
        for table in section.tables:
            for values, texts in zip(table.rows, table.texts, strict=True):
                yield from zip(values, texts, strict=True)


def test_every_shipped_report_is_walked(sample_company: Settings) -> None:
    """A report that joins must not stay out of this test."""
    assert set(known_reports(sample_company)) == set(READERS)


@pytest.mark.parametrize(("report", "reader"), CASES)
def test_a_number_is_the_same_wherever_it_is_read(report: str, reader: str, sample_company: Settings) -> None:
    """Two numbers for one metric, and nobody believes either."""
    content, reading, _, _ = composed(sample_company, report, now=NOW, person=reader)
    rendered = render(content, attachments=("pdf", "xlsx", "csv"), link=None, display=reading.display)
    forms = {
        "mail": squeezed(html.unescape(re.sub(r"<[^>]+>", " ", rendered.html))),
        "text": squeezed(rendered.text),
        "pdf": squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(of(rendered, ".pdf"))).pages)),
    }
    in_workbook = set(numbers(of(rendered, ".xlsx")))
    in_csv = {row[-1] for row in csv.reader(io.StringIO(flat(content).decode("utf-8-sig")))}
    said = [(card.value, card.text) for section in content.sections for card in section.cards]
    for value, text in [*said, *table_cells(content)]:
        for form, whole in forms.items():
            assert squeezed(text) in whole, f"{text} is not in the {form}"
        if isinstance(value, Decimal | int):
            near = abs(Decimal(value)) * Decimal("1e-12") + Decimal("1e-9")
            assert any(abs(number - value) <= near for number in in_workbook), f"{value} is not in the workbook"
    for section in content.sections:
        for card in section.cards:
            if card.value is not None:
                assert format(card.value, "f") in in_csv
    insist_on_sql(content, reading)


def insist_on_sql(content: ReportContent, reading: Reading) -> None:
    """Each card against the metric's own SQL, asked anew on the reader's file."""
    cursor = open_cursor(reading.published.path)
    metrics = Metrics(cursor, Catalogue.read(cursor), as_of=reading.manifest.as_of)
    cards = [card for section in content.sections for card in section.cards if card.metric in metrics.catalogue]
    for card in cards:
        span = reading.filters.now
        value = metrics.value(card.metric, span.first, span.last, reading.where(card.metric))
        assert value == card.value, card.metric
        assert card.text == reading.display.short(value, card.unit), "the page writes it so"


def of(rendered: Rendered, ending: str) -> bytes:
    return next(data for name, (_, data) in rendered.attachments.items() if name.endswith(ending))


def test_rows_of_what_adds_up_add_up(sample_company: Settings) -> None:
    """A table whose rows do not come to its total is checked by the first reader with a calculator."""
    content, _, _, _ = composed(sample_company, "board_pack", now=NOW, person="ceo@aurelle.example")
    tables = {table.key: table for section in content.sections for table in section.tables}
    for key in ("gross_margin_region", "net_revenue_category", "customers", "cost_centres", "banks"):
        if key not in tables:
            continue
        *rows, total = tables[key].rows
        for place, column in enumerate(tables[key].columns):
            if column.unit == "money" and total[place] is not None and not isinstance(total[place], str):
                parts = [row[place] for row in rows if isinstance(row[place], Decimal)]
                assert sum(parts, Decimal(0)) == total[place], f"{key}: {column.label}"  # type: ignore[arg-type]


def test_the_board_pack_has_eight_to_twelve_pages(sample_company: Settings) -> None:
    """Fewer leave something out; more are not read."""
    content, reading, _, _ = composed(sample_company, "board_pack", now=NOW, person="ceo@aurelle.example")
    rendered = render(content, attachments=("pdf",), link=None, display=reading.display)
    assert 8 <= len(PdfReader(io.BytesIO(of(rendered, ".pdf"))).pages) <= 12
    assert len(content.sections) >= 12
