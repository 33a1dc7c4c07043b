"""A page of the dashboards as PDF: what it showed, under its filters, in the form of the reports.

Belongs here: turning a page's sheet into report content. Does not: what the page says, the layout on paper (`forms`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from dashboards import sheet
from dashboards.filters import COMPARISONS, PERIODS
from dashboards.reading import Reading
from dashboards.reports import forms
from dashboards.reports.content import Card, Chart, Column, ReportContent, Section, Table

MOST_ROWS = 40
"""Rows of a table on paper; the page and its exports hold all of them."""


def page_pdf(reading: Reading, title: str) -> bytes:
    """The page that `reading.sheet` has recorded, on A4."""
    return forms.pdf(content(reading, title), locale=reading.display.locale)


def content(reading: Reading, title: str) -> ReportContent:
    """The page as report content: its answer, its KPI cards, charts and tables in the order of the page."""
    filters, manifest, day = reading.filters, reading.manifest, reading.display.day
    chosen = [f"{label}: {names}" for label, names in filters.chosen()]
    span = f"{PERIODS[filters.period]}, {day(filters.now.first)} to {day(filters.now.last)}"
    return ReportContent(
        name=title,
        title=title,
        company=reading.settings.company.name,
        period_key=manifest.as_of.isoformat(),
        period=day(manifest.as_of),
        as_of=manifest.as_of,
        version=manifest.version,
        currency=reading.display.currency,
        headline=reading.sheet.answer,
        sections=tuple(_sections(reading)),
        notes=(
            f"Period: {span}. Compared with: {COMPARISONS[filters.comparison].lower()}.",
            f"Filters: {'; '.join(chosen) if chosen else 'none'}.",
        ),
    )


def _sections(reading: Reading) -> Iterator[Section]:
    for number, (_, group) in enumerate(
        groupby(reading.sheet.blocks, key=lambda block: isinstance(block, sheet.Chart))
    ):
        blocks = list(group)
        yield Section(
            key=f"part_{number}",
            title="",
            sentence="",
            cards=tuple(_card(block) for block in blocks if isinstance(block, sheet.Figure)),
            charts=tuple(
                Chart(f"chart_{number}_{place}", block.title, block.alt, block.spec())
                for place, block in enumerate(blocks)
                if isinstance(block, sheet.Chart)
            ),
            tables=tuple(_table(reading, block) for block in blocks if isinstance(block, sheet.Rows)),
        )


def _card(figure: sheet.Figure) -> Card:
    return Card("", figure.label, "money", None, figure.text, figure.change, figure.is_good, figure.note)


def _table(reading: Reading, block: sheet.Rows) -> Table:
    names = [name for name in block.table.column_names if name in block.headings]
    shown = block.table.select(names).slice(0, MOST_ROWS)
    columns = tuple(
        Column(block.headings[name], "money" if _is_number(shown[name].to_pylist()) else None) for name in names
    )
    texts = tuple(tuple(_text(reading, value) for value in row.values()) for row in shown.to_pylist())
    more = block.table.num_rows - shown.num_rows
    title = f"{block.title} ({more:,} more rows on the page)" if more > 0 else block.title
    return Table("", title, columns, (), texts)


def _is_number(values: Iterable[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, Decimal | float | int) for value in known)


def _text(reading: Reading, value: Any) -> str:
    locale = reading.display.locale
    text = str(value)
    if value is None:
        text = ""
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, datetime):
        text = value.isoformat(sep=" ", timespec="minutes")
    elif isinstance(value, date):
        text = locale.day(value)
    elif isinstance(value, Decimal | float):
        text = locale.number(Decimal(str(value)), decimals=2 if value % 1 else 0)
    elif isinstance(value, int):
        text = locale.number(value)
    return text
