"""The cards that pages are laid out with: KPI cards, chart cards with their rows, lists people act on.

Belongs here: Streamlit elements that several pages share. Does not: queries, figures, a page's own order; cards that
know what they show are in `chart_cards`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from dashboards import layout, narrative, sheet, trust
from dashboards.cards import columns as columns_of
from dashboards.downloads import About, csv_file, xlsx_file
from dashboards.filters import COMPARISONS, DIMENSIONS, PERIODS
from dashboards.metrics import Definition
from dashboards.reading import Reading

_LINE, _AMOUNT = 142, 90
"""Widths of a statement's columns on a phone, in pixels: its card has room for a line and two amounts."""
PICKED = "picked_member"
"""Session key of the member that was clicked last and is no filter of every page: (dimension, value)."""


def standing_words(reading: Reading, tables: Sequence[str]) -> str:
    """A badge: how many checks stand behind these tables and all they are made of, and when their sources were read."""
    standing = trust.standing(reading, tables)
    if standing is None or not (standing.sources or standing.passed or standing.not_passed):
        return ""
    stale = {source.name for source in reading.manifest.sources if source.stale}
    late = [name for name in standing.sources if name in stale]
    display = reading.display
    if standing.not_passed or late:
        failed = len(standing.not_passed)
        why = []
        if failed:
            one, many = "{failed} of {count} check not passed", "{failed} of {count} checks not passed"
            why.append(display.say_count(one, many, failed + standing.passed, failed=display.locale.number(failed)))
        why += [display.say("{names} late", names=narrative.listed(late, display))] if late else []
        return f":red-badge[:material/warning: {layout.plain(' · '.join(why))}]"
    checks = display.say_count("{count} check", "{count} checks", standing.passed)
    if standing.read_at is None:
        words = display.say("{checks} · never read", checks=checks)
    else:
        words = display.say(
            "{checks} · read {day}", checks=checks, day=display.locale.short_day(standing.read_at.date())
        )
    return f":gray-badge[:material/verified: {layout.plain(words)}]"


def definition_text(definition: Definition) -> str:
    """A metric's words for a reader: what it is, what it is not, who answers for it."""
    return f"{definition.description}\n\n**Beware** {definition.beware}\n\nOwner: {definition.owner}"


def chart(
    title: str,
    figure: go.Figure | None,
    table: pa.Table,
    *,
    key: str,
    alt: str,
    as_of: str,
    reading: Reading | None = None,
    definition: Definition | None = None,
    tables: Sequence[str] = (),
    paper: Callable[[], dict[str, Any]] | None = None,
    picks: tuple[str, Sequence[str]] | None = None,
    empty: str = "Nothing to show for this period and these filters.",
) -> None:
    """A bordered card: heading, definition, figure, and below it the day, what stands behind it, and its rows.

    `tables` are the published tables of the figure. `picks` are a dimension and the members of the figure's bars, from
    the first on top: a click narrows the page to one. `paper` draws the figure for the page's PDF; without it the rows
    are printed.
    """
    with st.container(border=True, height="stretch", key=f"card_{key}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False, gap="small"
        ):
            st.markdown(f"## {layout.plain(title)}", help=definition_text(definition) if definition else None)
            rows_popover(reading, title, table, key=key, as_of=as_of, definition=definition)
        is_empty = figure is None or table.num_rows == 0
        if is_empty:
            st.info(empty, icon=":material/info:")
        elif picks is None or reading is None:
            st.plotly_chart(figure, theme=None, config=layout.PLOTLY_CONFIG, key=f"chart_{key}", alt=alt)
        else:
            dimension, members = picks
            # A key per choice: the figure that a click leads to must not come up with that click still marked in it.
            marked = f"chart_{key}_{abs(hash(tuple(sorted(reading.filters.where.items()))))}"
            st.plotly_chart(
                figure,
                theme=None,
                config=layout.PLOTLY_CONFIG,
                key=marked,
                alt=f"{alt}. A click on a bar narrows the page to it.",
                selection_mode="points",
                on_select=partial(_pick, marked, dimension, tuple(members)),
            )
        caption(as_of, reading, tables)
    if reading is not None and not is_empty:
        if paper is not None:
            reading.sheet.add(sheet.Chart(title, alt, paper))
        else:
            reading.sheet.add(sheet.Rows(title, table, {name: name.capitalize() for name in table.column_names}))


def caption(as_of: str, reading: Reading | None, tables: Sequence[str]) -> None:
    """The line below a card: the day it speaks of, and what stands behind its tables."""
    behind = standing_words(reading, tables) if reading is not None and tables else ""
    st.markdown(f":small[:gray[{layout.plain(as_of)}] {behind}]")


def _pick(chart_key: str, dimension: str, members: tuple[str, ...]) -> None:
    """Narrow the page to the clicked bar: by the filter row where it has the dimension, else by the rows below."""
    points = st.session_state[chart_key]["selection"]["points"]
    if not points:
        return
    # The figure draws its bars from below.
    place = len(members) - 1 - int(points[0]["point_index"])
    if not 0 <= place < len(members):
        return
    if dimension in DIMENSIONS:
        st.session_state[DIMENSIONS[dimension].key] = [members[place]]
    else:
        st.session_state[PICKED] = (dimension, members[place])


def rows_popover(
    reading: Reading | None,
    title: str,
    table: pa.Table,
    *,
    key: str,
    as_of: str,
    definition: Definition | None = None,
) -> None:
    """The rows of a card as a table, CSV and XLSX, drawn when somebody opens it."""
    with st.popover(
        "Rows", icon=":material/table_rows:", type="tertiary", key=f"rows_{key}", on_change="rerun"
    ) as opened:
        if opened.open:
            st.dataframe(table, hide_index=True, alt=f"Rows of: {title}", placeholder="—")
            downloads(reading, title, table, key=key, as_of=as_of, definition=definition)


def downloads(
    reading: Reading | None,
    title: str,
    table: pa.Table,
    *,
    key: str,
    as_of: str,
    definition: Definition | None = None,
) -> None:
    """The rows as CSV and XLSX, written when somebody asks for them, with the filters in each."""
    if reading is not None and not reading.may_export:
        return
    words = about(reading, title, as_of, definition) if reading is not None else (("Title", title), ("As of", as_of))
    kinds = (
        ("CSV", partial(csv_file, table, words), "csv", "text/csv"),
        ("XLSX", partial(xlsx_file, table, words), "xlsx",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", width="content"):
        for label, data, ending, mime in kinds:
            st.download_button(
                label,
                data if reading is None else partial(reading.exported, title, ending, data),
                f"{key}.{ending}",
                mime,
                key=f"{ending}_{key}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


def about(reading: Reading, title: str, as_of: str, definition: Definition | None = None) -> About:
    """What an export must say of itself: whose numbers, of when, under which filters, of which version."""
    filters, day = reading.filters, reading.display.day
    lines = [
        ("Title", title),
        ("Company", reading.settings.company.name),
        ("As of", as_of.removeprefix("As of ")),
        ("Period", f"{PERIODS[filters.period]}: {day(filters.now.first)} to {day(filters.now.last)}"),
        ("Compared with", COMPARISONS[filters.comparison]),
        *(filters.chosen() or (("Filters", "none"),)),
        ("Currency", reading.display.currency),
        ("Version", reading.manifest.version),
    ]
    if definition is not None:
        if ignored := reading.ignored_filters(definition.name):
            lines.append(("Not filtered by", ", ".join(DIMENSIONS[name].label for name in ignored)))
        lines += [("Definition", definition.description), ("Beware", definition.beware)]
    return tuple(lines)


def rows_card(
    title: str,
    table: pa.Table,
    *,
    key: str,
    as_of: str,
    columns: Mapping[str, Any],
    empty: str,
    reading: Reading | None = None,
    tables: Sequence[str] = (),
) -> None:
    """A card that is a table: the list people act on. A column of links is on the screen only."""
    links = [name for name, value in columns.items() if columns_of.is_link(value)]
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {layout.plain(title)}", width="content")
            if table.num_rows:
                downloads(reading, title, table.drop_columns(links), key=key, as_of=as_of)
        if table.num_rows == 0:
            st.info(empty, icon=":material/info:")
        else:
            st.dataframe(
                columns_of.shown_in_tenths(table, columns),
                hide_index=True,
                column_config=dict(columns),
                alt=title,
                placeholder="—",
            )
        caption(as_of, reading, tables)
    if reading is not None and table.num_rows:
        on_paper = {name: label for name, label in columns_of.headings(columns).items() if name not in links}
        reading.sheet.add(sheet.Rows(title, table, on_paper))


def statement_card(
    title: str,
    table: pa.Table,
    *,
    totals: Sequence[int],
    key: str,
    as_of: str,
    empty: str,
    reading: Reading | None = None,
    short: Mapping[str, str] | None = None,
) -> None:
    """A financial statement: a first column of lines, amounts beside it, the rows of `totals` set apart.

    On a phone two amounts stand beside each line, under their `short` headings, and the others are scrolled to.
    """
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {layout.plain(title)}", width="content")
            if table.num_rows > len(totals):
                downloads(reading, title, table, key=key, as_of=as_of)
        if table.num_rows == len(totals):
            st.info(empty, icon=":material/info:")
        else:
            colours = layout.colours()
            apart = f"background-color: {colours.accent_wash}; color: {colours.ink}; font-weight: 600"
            marked = set(totals)
            styled = table.to_pandas().style.apply(lambda row: [apart if row.name in marked else ""] * len(row), axis=1)
            first, *others = table.column_names
            narrow = layout.is_narrow()
            settings: dict[str, Any] = {
                name: st.column_config.NumberColumn(
                    (short or {}).get(name) if narrow else None, format="%,.0f", width=_AMOUNT if narrow else None
                )
                for name in others
            }
            if narrow or len(others) > 3:  # more than fit beside it: the lines must not scroll away
                settings[first] = st.column_config.TextColumn(pinned=True, width=_LINE if narrow else None)
            st.dataframe(styled, hide_index=True, column_config=settings, height="content", alt=title)
        st.caption(as_of)
    if reading is not None and table.num_rows > len(totals):
        reading.sheet.add(sheet.Rows(title, table, {name: name for name in table.column_names}, tuple(totals)))


def short_money(reading: Reading) -> Callable[[Decimal | None], str]:
    """Writes amounts of this reading for axes and labels."""
    return lambda value: reading.display.short(value, "money")
