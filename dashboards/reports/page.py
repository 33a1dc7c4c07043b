"""A page of the dashboards as PDF: what it showed, under its filters, charts as vectors, tables with every heading.

Belongs here: turning a page's sheet into the data of the Typst template. Does not: what the page says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import typst

from company.locale import unbroken
from dashboards import sheet
from dashboards.figures import paper
from dashboards.figures.theme import LIGHT
from dashboards.filters import COMPARISONS, PERIODS
from dashboards.reading import Reading

TEMPLATE = Path(__file__).resolve().parent / "templates" / "page.typ"
MOST_ROWS = 40
"""Rows of a table on paper; the page and its exports hold all of them."""

MOST_UPRIGHT, MOST_AMOUNTS = 6, 13
"""Columns of a statement on a page that stands, and columns of amounts on one that lies."""

_NARROWEST, _WIDEST = 5, 34


def page_pdf(reading: Reading, title: str) -> bytes:
    """The page that `reading.sheet` has recorded, on A4."""
    document: bytes = typst.compile(
        str(TEMPLATE),
        font_paths=[str(paper.FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(content(reading, title), ensure_ascii=False)},
        pdf_standards=["a-2b"],
    )
    return document


def content(reading: Reading, title: str) -> dict[str, Any]:
    """What the template writes: the answer, the filters, and the blocks in the order of the page."""
    filters, manifest, display = reading.filters, reading.manifest, reading.display
    chosen = "; ".join(f"{label}: {names}" for label, names in filters.chosen())
    span = f"{PERIODS[filters.period]}, {display.day(filters.now.first)} to {display.day(filters.now.last)}"
    return {
        "title": title,
        "company": reading.settings.company.name,
        "as_of": display.day(manifest.as_of),
        "answer": unbroken(reading.sheet.answer),
        "scope": f"{span} · compared with {COMPARISONS[filters.comparison].lower()} · filters: {chosen or 'none'}",
        "language": display.locale.language,
        "direction": "rtl" if display.locale.is_right_to_left else "ltr",
        "fonts": list(paper.families(display.locale.language)),
        "footer": f"As of {display.day(manifest.as_of)} · amounts in {display.currency} · version {manifest.version}",
        "colours": {"ink": LIGHT.ink, "muted": LIGHT.muted, "grid": LIGHT.grid, "accent": LIGHT.accent},
        "blocks": list(_blocks(reading)),
    }


def _blocks(reading: Reading) -> Iterator[dict[str, Any]]:
    for kind, found in groupby(reading.sheet.blocks, key=type):
        blocks = list(found)
        if kind is sheet.Figure:
            yield {"kind": "cards", "cards": [_card(block) for block in blocks if isinstance(block, sheet.Figure)]}
        elif kind is sheet.Chart:
            charts = [
                {"title": block.title, "alt": block.alt, "svg": paper.svg(block.spec())}
                for block in blocks
                if isinstance(block, sheet.Chart)
            ]
            yield {"kind": "charts", "charts": charts}
        else:
            for block in blocks:
                if isinstance(block, sheet.Rows):
                    yield from (_table(reading, part) for part in _parts(block))


def _card(figure: sheet.Figure) -> dict[str, str]:
    colour = LIGHT.muted if figure.is_good is None else LIGHT.good if figure.is_good else LIGHT.bad
    return {
        "label": figure.label,
        "text": figure.text,
        "change": figure.change,
        "note": figure.note,
        "colour": colour,
    }


def _parts(block: sheet.Rows) -> Iterator[sheet.Rows]:
    """A table as it fits on a page lying down: with more columns than that in parts, each with its first column."""
    first, *others = [name for name in block.table.column_names if block.headings.get(name)]
    if not block.totals or len(others) <= MOST_AMOUNTS:
        yield block
        return
    for place in range(0, len(others), MOST_AMOUNTS):
        names = [first, *others[place : place + MOST_AMOUNTS]]
        yield sheet.Rows(block.title, block.table.select(names), block.headings, block.totals)


def _table(reading: Reading, block: sheet.Rows) -> dict[str, Any]:
    names = [name for name in block.table.column_names if block.headings.get(name)]
    is_wide = bool(block.totals) and len(names) > MOST_UPRIGHT
    shown = block.table.select(names).slice(0, MOST_ROWS)
    columns, texts = [], []
    for name in names:
        values = shown[name].to_pylist()
        cells = [_text(reading, value, is_share=name.endswith("_ratio"), is_whole=is_wide) for value in values]
        texts.append(cells)
        columns.append(
            {
                "label": block.headings[name],
                "right": _is_number(values),
                "width": min(_WIDEST, max(_NARROWEST, *(len(cell) for cell in cells), len(block.headings[name]) // 2)),
            }
        )
    more = block.table.num_rows - shown.num_rows
    title = block.title
    if more > 0:
        title = reading.display.say_count(
            "{title} ({count} more row on the page)", "{title} ({count} more rows on the page)", more, title=title
        )
    return {
        "kind": "table",
        "title": title,
        "columns": columns,
        "rows": [list(row) for row in zip(*texts, strict=True)],
        "totals": list(block.totals),
        "wide": is_wide,
    }


def _is_number(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, Decimal | float | int) for value in known)


def _text(reading: Reading, value: Any, *, is_share: bool, is_whole: bool = False) -> str:
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
    elif isinstance(value, Decimal | float) and is_share:
        text = locale.percent(Decimal(str(value)))
    elif isinstance(value, Decimal | float):
        text = locale.number(Decimal(str(value)), decimals=2 if value % 1 and not is_whole else 0)
    elif isinstance(value, int):
        text = locale.number(value)
    return text
