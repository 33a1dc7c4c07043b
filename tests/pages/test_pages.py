"""Every page with data and without: what it shows, and that its numbers are the metrics' own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from company.settings import Settings, load_settings
from company.versions import Failure, RunRecord
from dashboards import answers, cash_answers, layout, ledger, sheet, statements
from dashboards.entry import PAGES
from dashboards.reading import Reading
from dashboards.reports.page import page_pdf

OpenPage = Callable[..., AppTest]


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_answers_its_question_from_the_published_numbers(
    sample_company: Settings, page_of: OpenPage, page: str
) -> None:
    """A page that fails or stays silent sends its reader back to spreadsheets."""
    shown = page_of(sample_company, page)
    assert not shown.exception
    assert not shown.error, "the strip is only for cause"
    assert shown.metric or page in {"sql", "customer"}, "a page without a number answers nothing"
    assert any(text.value.startswith("## ") for text in shown.markdown)


def test_a_card_shows_what_the_metric_says(sample_company: Settings, page_of: OpenPage, reading: Reading) -> None:
    """Page and SQL must not differ by a cent or a rounding."""
    shown = {metric.label: metric.value for metric in page_of(sample_company, "overview").metric}
    for name in ("net_revenue", "gross_margin_ratio", "bookings", "cash_balance"):
        definition = reading.definition(name)
        assert shown[definition.label] == reading.display.short(reading.value(name), definition.unit)


def test_a_filter_in_the_url_narrows_the_numbers(sample_company: Settings, page_of: OpenPage, reading: Reading) -> None:
    """A link in a mail must open the numbers it speaks of."""
    region = next(name for name in sorted(answers.by_member(reading, "region")) if name != "(none)")
    whole = {metric.label: metric.value for metric in page_of(sample_company, "margins").metric}
    part = {metric.label: metric.value for metric in page_of(sample_company, "margins", region=region).metric}
    assert part["Net revenue"] != whole["Net revenue"]
    value = answers.by_member(reading, "region", metric="net_revenue")[region]
    assert part["Net revenue"] == reading.display.short(value, "money")


@pytest.mark.parametrize("page", list(PAGES))
def test_without_a_version_the_page_says_what_to_do(
    tmp_path: Path, sample_company: Settings, page_of: OpenPage, page: str
) -> None:
    """A new user must not see an error page before the first run."""
    shutil.copy(sample_company.file, tmp_path / "plumbline.yaml")
    shown = page_of(load_settings(tmp_path / "plumbline.yaml", {}), page)
    assert not shown.exception
    assert shown.title[0].value == "Nothing is published yet"
    assert "make demo" in shown.markdown[0].value


def test_the_parts_of_every_bridge_add_up(reading: Reading) -> None:
    """A chart that does not close is refused by the figure; this is the same claim on real numbers."""
    bridge = answers.margin_bridge(reading)
    assert bridge.start + sum((value for _, value in bridge.steps), Decimal(0)) == bridge.end
    assert bridge.end == reading.value("gross_margin")
    assert bridge.start == reading.before("gross_margin")
    open_deals = answers.pipeline_bridge(reading)
    assert open_deals.start + sum((value for _, value in open_deals.steps), Decimal(0)) == open_deals.end


def test_the_outlook_starts_at_the_bank_and_ends_where_the_flows_lead(reading: Reading) -> None:
    """Thirteen weeks of cash that do not start at the bank balance are a story."""
    ahead = cash_answers.outlook(reading)
    flows = sum((sum(flow, Decimal(0)) for flow in ahead.flows.values()), Decimal(0))
    assert len(ahead.weeks) == 13
    assert ahead.balance[-1] == reading.value("cash_balance") + flows
    assert min(ahead.balance) == reading.value("projected_minimum_cash")


class TestTheStrip:
    """Why the numbers must be read with care."""

    NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)

    def warnings(
        self, reading: Reading, *, run: RunRecord | None = None, age: timedelta = timedelta(hours=1)
    ) -> list[str]:
        sources = tuple(source.model_copy(update={"read_at": self.NOW - age}) for source in reading.manifest.sources)
        manifest = reading.manifest.model_copy(update={"created_at": self.NOW - age, "sources": sources})
        return layout.warnings(reading.settings, manifest, run, self.NOW)

    def test_fresh_numbers_of_a_good_run_have_none(self, reading: Reading) -> None:
        assert self.warnings(reading) == []

    def test_a_failed_run_is_named_with_its_check(self, reading: Reading) -> None:
        failed = RunRecord(
            run_id="r",
            started_at=self.NOW,
            status="failed",
            as_of=self.NOW.date(),
            failures=(Failure(check="journals_balance", model="fct_close_checks", message="1 row"),),
        )
        (line,) = self.warnings(reading, run=failed)
        assert "journals_balance" in line
        assert "version before it" in line

    def test_numbers_older_than_promised_say_so(self, reading: Reading) -> None:
        assert self.warnings(reading, age=timedelta(hours=40)) == ["Older than promised: erp."]
        assert self.warnings(reading, age=timedelta(hours=200)) == [
            "These numbers are 8 days and 8 hours old; at most 192 hours are promised.",
            "Older than promised: crm, erp.",
        ]


def test_names_from_data_are_text_on_the_page() -> None:
    """A customer called `<img onerror>` or `[x](javascript:)` is shown as such."""
    assert layout.plain("<img src=x>[a](b)*c*") == r"\<img src=x\>\[a\]\(b\)\*c\*"


def test_a_page_prints_with_its_answer_numbers_and_filters(reading: Reading) -> None:
    """Whoever reads the print later must see of which region it speaks, and the numbers of the page."""
    one = replace(
        reading,
        filters=replace(reading.filters, where={"region": ("North",)}),
        sheet=sheet.Sheet(),
    )
    one.sheet.say("Net revenue rose.")
    one.sheet.add(sheet.Figure("Net revenue", "€1.2M", "+3.0% vs prior year", "93% of target", is_good=True))
    one.sheet.add(
        sheet.Rows("Customers", pa.table({"customer": ["#strong[x]", "Åbo"], "margin_ratio": [0.5, None]}),
                   {"customer": "Customer", "margin_ratio": "Margin %"})
    )  # fmt: skip
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(page_pdf(one, "Sales"))).pages)
    for words in ("Sales", "Net revenue rose.", "€1.2M", "Region: North", "#strong[x]", "Åbo", "50.0%"):
        assert words in text, words


def test_a_statement_of_many_periods_prints_whole_on_a_page_that_lies(reading: Reading) -> None:
    """Amounts that run into each other are no statement; a month that is left out is a wrong one."""
    of = ledger.span(replace(reading, filters=replace(reading.filters, period="24m")), "fiscal")
    rows = statements.profit_and_loss(reading, of, of.periods)
    table = pa.table(
        {
            "Line": [row.line for row in rows],
            **{
                column.name: pa.array([row.amounts[place] for row in rows], pa.decimal128(38, 2))
                for place, column in enumerate(of.periods)
            },
        }
    )
    drawn = replace(reading, sheet=sheet.Sheet())
    totals = tuple(place for place, row in enumerate(rows) if row.is_total)
    drawn.sheet.add(sheet.Rows("Profit and loss", table, {name: name for name in table.column_names}, totals))
    pages = PdfReader(BytesIO(page_pdf(drawn, "Finance"))).pages
    lying = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert len(lying) == 2, "24 periods in two parts"
    text = "".join("".join(page.extract_text().split()) for page in lying)
    assert text.count("Grossmargin") == 2
    for place, column in enumerate(of.periods):
        assert column.name in text
        assert reading.display.locale.number(rows[-1].amounts[place]) in text
