"""KPI cards: a declared metric with its change, its twelve months and what stands behind it, or a page's own figure.

Belongs here: rows of cards with one number each. Does not: charts and tables (`cards`), what a metric is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboards import cards, layout, narrative, sheet, trust
from dashboards.filters import DIMENSIONS, Range, months_before
from dashboards.reading import Reading

_BADGES = {"good": "green", "near": "orange", "off": "red"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a page's own: label, text, a note below, what it means. `is_good` colours the note."""

    label: str
    text: str
    note: str = ""
    is_good: bool | None = None
    help: str = ""


def kpi_row(reading: Reading, metrics: Sequence[str], *, key: str) -> None:
    """A row of KPI cards. A metric that this version or this reader's file lacks has no card."""
    shown = [metric for metric in metrics if reading.has(metric)]
    if not shown:
        return
    with st.grid(min(max(len(shown), 2), 4), min_column_width=180, gap="medium", row_height=232, key=key):
        for metric in shown:
            with st.container(border=True, height="stretch", key=f"card_{key}_{metric}"):
                _card(reading, metric)


def _card(reading: Reading, metric: str) -> None:
    definition = reading.definition(metric)
    now, other = reading.value(metric), reading.compared_with(metric)
    change = reading.display.change(now, other, definition.unit)
    is_flat = (change or "").startswith("±")
    months = Range(months_before(reading.filters.now.last, 12), reading.filters.now.last)
    past = {} if reading.looks_ahead(metric) else reading.by_month(metric, months)
    line = [float(value) for value in past.values() if value is not None]
    st.metric(
        definition.label,
        reading.display.short(now, definition.unit),
        change.replace("\N{MINUS SIGN}", "-") if change else None,
        delta_color="off" if is_flat else "inverse" if definition.good == "down" else "normal",
        delta_arrow="off" if is_flat else "auto",
        delta_description=reading.filters.comparison_words if change else None,
        chart_data=line if len(line) > 1 else None,
        chart_type="line",
        help=cards.definition_text(definition),
        height="stretch",
    )
    target = reading.target(metric)
    words = narrative.of_target(now, target, definition.unit, reading.display)
    badges = []
    if words:
        badges.append(f":{_BADGES[narrative.status(now, target, definition.good)]}-badge[{layout.plain(words)}]")
    if behind := cards.standing_words(reading, trust.relations(reading, metric)):
        badges.append(behind)
    if ignored := reading.ignored_filters(metric):
        labels = ", ".join(DIMENSIONS[name].label.lower() for name in ignored)
        badges.append(f":orange-badge[not filtered by {layout.plain(labels)}]")
    if badges:
        st.markdown(f":small[{' '.join(badges)}]")
    is_good = None
    if change and not is_flat and now is not None and other is not None:
        is_good = (now > other) == (definition.good == "up")
    said = f"{change} {reading.filters.comparison_words}" if change else ""
    reading.sheet.add(
        sheet.Figure(definition.label, reading.display.short(now, definition.unit), said, words, is_good, metric)
    )


def figure_row(reading: Reading, figures: Sequence[Figure], *, key: str, height: int = 132) -> None:
    """A row of cards for values that are no declared metrics: a count, a sum of the page's own rows."""
    with st.grid(min(max(len(figures), 2), 5), min_column_width=150, gap="medium", row_height=height, key=key):
        for figure in figures:
            with st.container(border=True, height="stretch"):
                st.metric(figure.label, figure.text, help=figure.help or None, height="stretch")
                if figure.note:
                    colour = "gray" if figure.is_good is None else "green" if figure.is_good else "red"
                    st.markdown(f":small[:{colour}-badge[{layout.plain(figure.note)}]]")
            reading.sheet.add(sheet.Figure(figure.label, figure.text, figure.note, "", figure.is_good))
