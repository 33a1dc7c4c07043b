"""What a query gave, drawn: rows in a grid, a quick chart, the plan, and files for those who may export.

Belongs here: showing a result. Does not: running a query (`query`) nor writing a format (`dashboards.exports`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from company.roles import Access
from dashboards import layout
from dashboards.access import audit
from dashboards.exports import MEDIA_TYPES, Format, distinct
from dashboards.figures.theme import template
from dashboards.reading import Reading
from dashboards.workbench.desk import Tab
from dashboards.workbench.query import QueryResult
from dashboards.workbench.rendering import rendered

_CHARTED = 2000
_LAZY_ROWS = 5000
_FILES: tuple[tuple[str, Format], ...] = (("CSV", "csv"), ("Excel", "xlsx"), ("Parquet", "parquet"), ("JSON", "json"))


def draw(reading: Reading, tab: Tab, access: Access) -> None:
    """The result of a tab, its error, its plan, or what to do next."""
    if tab.error:
        st.error(layout.plain(tab.error).replace("\n", "  \n"), icon=":material/error:")
    elif tab.plan:
        st.caption("The engine's plan, read from the bottom up; nothing of the query was run.")
        st.code(tab.plan, language=None)
    elif tab.result is not None:
        _rows_and_chart(reading, tab, tab.result, access)
    else:
        st.info("The rows appear here. Nothing has been asked yet.", icon=":material/info:")


def _rows_and_chart(reading: Reading, tab: Tab, result: QueryResult, access: Access) -> None:
    rows = result.table.num_rows
    said = f"{rows:,} row{'' if rows == 1 else 's'} in {result.seconds:.1f} s, version {result.version}"
    st.caption(f"{said}. {result.note}".strip())
    if result.version != reading.manifest.version:
        st.warning("A newer version has been published since; run the query again to ask it.", icon=":material/update:")
    as_rows, as_chart = st.tabs(["Rows", "Chart"])
    shown = result.table.rename_columns(distinct(result.columns))
    with as_rows:
        # Every digit of a decimal: the grid would show 118986.20 as 118986.2.
        exact = {
            field.name: st.column_config.NumberColumn(format=f"%,.{field.type.scale}f")
            for field in shown.schema
            if pa.types.is_decimal(field.type)
        }
        st.dataframe(
            shown,
            hide_index=True,
            column_config=exact,
            alt="Rows of the query",
            lazy=True if rows > _LAZY_ROWS else None,
        )
        if access.export and rows:
            _downloads(reading, tab, result, access)
        elif rows:
            st.caption("Your roles may look at rows and not export them.")
    with as_chart:
        _chart(shown, tab.number)


def _chart(shown: pa.Table, number: int) -> None:
    places, numbers = chartable(shown)
    if not places or not numbers or not 2 <= shown.num_rows <= _CHARTED:
        st.info(
            f"A chart needs a column of days or names and one of numbers, in 2 to {_CHARTED:,} rows.",
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.selectbox("Along", places, key=f"chart_along_{number}")
        values = st.multiselect("Show", numbers, default=numbers[:3], key=f"chart_show_{number}")
    figure = quick_chart(shown.select([place, *values]))
    if figure is None:
        st.info("Choose at least one column of numbers to show.", icon=":material/info:")
        return
    st.plotly_chart(figure, theme=None, config=layout.PLOTLY_CONFIG, key=f"chart_{number}", alt="Chart of the query")


def chartable(table: pa.Table) -> tuple[list[str], list[str]]:
    """The columns that can stand along a chart, days and names, and those that can be drawn, numbers."""
    places = [f.name for f in table.schema if pa.types.is_temporal(f.type) or pa.types.is_string(f.type)]
    return places, [f.name for f in table.schema if _is_number(f.type)]


def quick_chart(table: pa.Table) -> go.Figure | None:
    """Lines over a first column of days, bars over one of names, one trace per number column; None where neither fits.

    The chart is drawn from floats; exact amounts are in the rows.
    """
    if table.num_columns < 2 or not 2 <= table.num_rows <= _CHARTED:
        return None
    first = table.schema.field(0).type
    numbers = [field.name for field in list(table.schema)[1:] if _is_number(field.type)]
    if not numbers or not (pa.types.is_temporal(first) or pa.types.is_string(first)):
        return None
    colours = layout.colours()
    places = table.column(0).to_pylist()
    figure = go.Figure(layout={"template": template(colours), "height": 360, "showlegend": len(numbers) > 1})
    for name in numbers[: len(colours.series)]:
        values = [None if value is None else float(value) for value in table[name].to_pylist()]
        shown = as_text(name)
        if pa.types.is_temporal(first):
            figure.add_scatter(x=places, y=values, name=shown, mode="lines+markers")
        else:
            figure.add_bar(x=[as_text(str(place)) for place in places], y=values, name=shown)
    return figure


def as_text(text: str) -> str:
    """A name for Plotly, which reads a few tags of HTML: shown as it is written."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _is_number(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(data_type) or pa.types.is_integer(data_type) or pa.types.is_floating(data_type))


def _downloads(reading: Reading, tab: Tab, result: QueryResult, access: Access) -> None:
    notes = (
        reading.settings.company.name,
        f"As of {reading.manifest.as_of.isoformat()}",
        f"Version {result.version}",
        *result.note.splitlines(),
        "Query:",
        *tab.text.splitlines(),
    )
    with st.container(horizontal=True):
        for label, form in _FILES:
            st.download_button(
                label,
                partial(_file, reading, result, access, form, notes=notes, text=tab.text),
                f"query-{result.version}.{form}",
                MEDIA_TYPES[form],
                key=f"query_{form}",
                icon=":material/download:",
                on_click="ignore",
            )


def _file(
    reading: Reading, result: QueryResult, access: Access, form: Format, *, notes: Sequence[str], text: str
) -> bytes:
    """The rows as a file, written when asked for; the export is recorded before the first byte leaves."""
    event = audit.Event(
        datetime.now(UTC),
        access.email,
        "export",
        "result of a query",
        version=result.version,
        rows=result.table.num_rows,
        detail={"format": form, "text": text},
    )
    audit.record(reading.settings.folders, event)
    return rendered(result.table, result.columns, form, notes=tuple(notes))
