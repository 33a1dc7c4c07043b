"""Every metric for every role: one number in mail, text, PDF, workbook, CSV, on the page's card and in SQL."""

from __future__ import annotations

import csv
import html
import io
import re
import sys
from decimal import Decimal

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest
from test_same_numbers import NOW, numbers, of, squeezed

from company.mailing import Report, ReportSection
from company.settings import Settings
from dashboards.metrics import Catalogue, Metrics
from dashboards.published import open_cursor
from dashboards.reading import Reading, catalogue
from dashboards.reports.content import Card
from dashboards.reports.message import render
from dashboards.reports.previewing import composed
from dashboards.reports.workbook import flat

READERS = (
    "ceo@aurelle.example",
    "controller@aurelle.example",
    "sales.north@aurelle.example",
    "analyst@aurelle.example",
    "riikka.jarvinen@aurelle.example",
    "head.of.sales@aurelle.example",
)
PER_SECTION = 12


def with_every_metric(settings: Settings) -> Settings:
    """The company with a report of all metrics of its catalogue."""
    names = sorted(Catalogue.read(open_cursor(settings.folders.marts(settings.folders.pointer.read_text().strip()))))
    parts = (tuple(names[place : place + PER_SECTION]) for place in range(0, len(names), PER_SECTION))
    sections = tuple(ReportSection(kind="kpis", metrics=part) for part in parts)
    report = Report(schedule="0 7 * * 1", every="week", period="12m", comparison="year", sections=sections)
    return settings.model_copy(update={"reports": {**settings.reports, "everything": report}})


def page_cards(reading: Reading, metrics: list[str]) -> dict[str, str]:
    """Label to value, as the pages draw their cards."""

    def draw(reading, metrics):  # type: ignore[no-untyped-def]  # it runs without this module's names
        from dashboards.cards import kpi_cards

        kpi_cards.kpi_row(reading, metrics, key="all")

    main = sys.modules["__main__"]
    try:
        shown = AppTest.from_function(draw, args=(reading, metrics), default_timeout=120).run()
    finally:
        sys.modules["__main__"] = main  # the script takes its place, and processes started later would run it
    assert not shown.exception
    return {metric.label: metric.value for metric in shown.metric}


def test_every_role_is_walked(sample_company: Settings) -> None:
    """A role that joins must not stay out of this test."""
    held = {role for user in sample_company.users if user.email in READERS for role in user.roles}
    assert held == set(sample_company.roles)


@pytest.mark.parametrize("reader", READERS)
def test_a_metric_is_one_number_wherever_a_role_reads_it(reader: str, sample_company: Settings) -> None:
    """Two numbers for one metric, and nobody believes either."""
    settings = with_every_metric(sample_company)
    content, reading, _, _ = composed(settings, "everything", now=NOW, person=reader)
    cards = [card for section in content.sections for card in section.cards]
    rendered = render(content, attachments=("pdf", "xlsx", "csv"), link=None, display=reading.display)
    forms = {
        "mail": squeezed(html.unescape(re.sub(r"<[^>]+>", " ", rendered.html))),
        "text": squeezed(rendered.text),
        "pdf": squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(of(rendered, ".pdf"))).pages)),
    }
    in_workbook = numbers(of(rendered, ".xlsx"))
    in_csv = {row[-1] for row in csv.reader(io.StringIO(flat(content).decode("utf-8-sig")))}
    on_page = page_cards(reading, [card.metric for card in cards])
    assert {card.metric for card in cards} == set(reading.metrics()), "every metric that the role may see, and no other"
    assert len(on_page) == len(cards)
    for card in cards:
        for form, whole in forms.items():
            assert squeezed(card.text) in whole, f"{card.metric} is not in the {form}"
        assert on_page[card.label] == card.text, card.metric
        if card.value is not None:
            near = abs(card.value) * Decimal("1e-12") + Decimal("1e-9")
            assert any(abs(number - card.value) <= near for number in in_workbook), (
                f"{card.metric}: not in the workbook"
            )
            assert format(card.value, "f") in in_csv, card.metric
        assert in_sql(reading, card) == card.value, card.metric


def in_sql(reading: Reading, card: Card) -> Decimal | None:
    """The metric's own SQL, asked anew on the reader's file."""
    cursor = open_cursor(reading.published.path)
    span = reading.filters.now
    metrics = Metrics(cursor, Catalogue.read(cursor), as_of=reading.manifest.as_of)
    return metrics.value(card.metric, span.first, span.last, reading.where(card.metric))


def test_a_seller_reads_what_the_whole_file_says_of_their_region(sample_company: Settings) -> None:
    """The row rule must leave out the other regions and nothing else, in every metric that knows a region."""
    settings = with_every_metric(sample_company)
    content, north, _, _ = composed(settings, "everything", now=NOW, person="sales.north@aurelle.example")
    _, whole, _, _ = composed(settings, "everything", now=NOW, person="ceo@aurelle.example")
    cursor = open_cursor(whole.published.path)
    metrics = Metrics(cursor, Catalogue.read(cursor), as_of=whole.manifest.as_of)
    compared = 0
    for section in content.sections:
        for card in section.cards:
            if "region" not in catalogue(whole.published)[card.metric].dimensions:
                continue
            span = north.filters.now
            value = metrics.value(card.metric, span.first, span.last, {"region": ("North",)})
            assert value == card.value, card.metric
            compared += 1
    assert compared >= 5
