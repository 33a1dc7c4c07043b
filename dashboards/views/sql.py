"""SQL: ask the published numbers directly, within the limits of plumbline.yaml, and take the rows along.

Belongs here: the editor, the schema browser, the result. Does not: judging and running a query (`workbench`).
"""

from __future__ import annotations

import re
from functools import partial

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from company.errors import CompanyError
from company.settings import Settings
from dashboards import audit, layout
from dashboards.access import reader_access
from dashboards.exports import Format, distinct, render
from dashboards.figures.theme import template
from dashboards.reading import Reading
from dashboards.workbench.errors import QueryError
from dashboards.workbench.parameters import Value
from dashboards.workbench.query import QueryResult, run_query

EDITOR = "sql"
RESULT = "sql_result"
_ASKED = 20
_CHARTED = 2000
_PARAMETER = re.compile(r"\$(first|last|before_first|before_last|as_of)\b")

_CODE_FONT = f"<style>.st-key-{EDITOR} textarea {{ font-family: ui-monospace, Menlo, Consolas, monospace; }}</style>"

OPENING = """\
select month_on, sum(net_rpt) as net_rpt, sum(margin_rpt) as margin_rpt
from finance.fct_margins_monthly
where month_on between $first and $last
group by month_on
order by month_on"""


def page(reading: Reading) -> None:
    """Draw the page."""
    tables = reading.rows(
        "select schema_name || '.' || table_name as table_name, comment from duckdb_tables()"
        " where not internal and schema_name in ('common', 'sales', 'finance', 'customers', 'operations') order by all"
    )
    limits = reading.settings.query
    layout.answer(
        f"{tables.num_rows} published tables: one SELECT at a time, at most {limits.seconds:g} seconds,"
        f" {limits.memory_mb:,} MB and {limits.rows:,} rows."
    )
    browser, editor = st.columns([1, 2], gap="medium")
    with browser:
        _schema(reading, tables)
        _metrics(reading)
        _asked(reading.settings)
    with editor:
        _editor(reading)


def _editor(reading: Reading) -> None:
    if EDITOR not in st.session_state and EDITOR not in st.query_params:
        st.session_state[EDITOR] = OPENING
    st.html(_CODE_FONT)
    text = st.text_area("Query", key=EDITOR, height=260, bind="query-params", max_chars=100_000)
    with st.container(horizontal=True, vertical_alignment="center"):
        run = st.button("Run", type="primary", icon=":material/play_arrow:", key="run_query")
        st.caption(
            "`$first` `$last` `$before_first` `$before_last` `$as_of` are the days chosen above, bound as values."
        )
    if run and text:
        _ask(reading, text)
    result = st.session_state.get(RESULT)
    if isinstance(result, str):
        st.error(layout.plain(result).replace("\n", "  \n"), icon=":material/error:")
    elif isinstance(result, QueryResult):
        _show(reading, result)
    else:
        st.info("The rows appear here. Nothing has been asked yet.", icon=":material/info:")


def _ask(reading: Reading, text: str) -> None:
    days: dict[str, Value] = {
        "first": reading.filters.now.first,
        "last": reading.filters.now.last,
        "before_first": reading.filters.before.first,
        "before_last": reading.filters.before.last,
        "as_of": reading.manifest.as_of,
    }
    named = {name: days[name] for name in _PARAMETER.findall(text)}
    access = reader_access(reading.settings)
    try:
        with st.spinner("Asking", show_time=True):
            st.session_state[RESULT] = run_query(
                reading.settings,
                text,
                access=access,
                version=reading.manifest.version,
                parameters=named or None,
            )
    except (QueryError, CompanyError) as error:
        st.session_state[RESULT] = str(error)


def _show(reading: Reading, result: QueryResult) -> None:
    rows = result.table.num_rows
    said = f"{rows:,} row{'' if rows == 1 else 's'} in {result.seconds:.1f} s, version {result.version}"
    st.caption(f"{said}. {result.note}".strip())
    as_rows, as_chart = st.tabs(["Rows", "Chart"])
    shown = result.table.rename_columns(distinct(result.columns))
    with as_rows:
        # Every digit of a decimal: the grid would show 118986.20 as 118986.2.
        exact = {
            field.name: st.column_config.NumberColumn(format=f"%,.{field.type.scale}f")
            for field in shown.schema
            if pa.types.is_decimal(field.type)
        }
        st.dataframe(shown, hide_index=True, column_config=exact, alt="Rows of the query")
        if reader_access(reading.settings).export and rows:
            _downloads(result)
    with as_chart:
        figure = quick_chart(shown)
        if figure is None:
            st.info(
                "A chart needs a first column of days or names and at least one column of numbers,"
                f" in 2 to {_CHARTED:,} rows.",
                icon=":material/info:",
            )
        else:
            st.plotly_chart(
                figure, theme=None, config=layout.PLOTLY_CONFIG, key="query_chart", alt="Chart of the query"
            )


def _downloads(result: QueryResult) -> None:
    kinds: tuple[tuple[str, Format, str], ...] = (
        ("CSV", "csv", "text/csv"),
        ("JSON", "json", "application/json"),
        ("Parquet", "parquet", "application/vnd.apache.parquet"),
    )
    with st.container(horizontal=True):
        for label, form, mime in kinds:
            st.download_button(
                label,
                partial(render, result.table, result.columns, form),
                f"query-{result.version}.{form}",
                mime,
                key=f"query_{form}",
                icon=":material/download:",
                on_click="ignore",
            )


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
        if pa.types.is_temporal(first):
            figure.add_scatter(x=places, y=values, name=name, mode="lines+markers")
        else:
            figure.add_bar(x=[str(place) for place in places], y=values, name=name)
    return figure


def _is_number(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(data_type) or pa.types.is_integer(data_type) or pa.types.is_floating(data_type))


def _schema(reading: Reading, tables: pa.Table) -> None:
    comments = dict(zip(tables["table_name"].to_pylist(), tables["comment"].to_pylist(), strict=True))
    with st.container(border=True, key="card_schema"):
        st.markdown("## Tables")
        chosen = st.selectbox("Table", list(comments), index=None, placeholder="Find a table", key="schema_table")
        if chosen is None:
            return
        st.caption(layout.plain(comments[chosen] or "No description."))
        schema, table = chosen.split(".", 1)
        columns = reading.rows(
            "select column_name as column, lower(data_type) as type, comment as description from duckdb_columns()"
            " where schema_name = $schema and table_name = $table order by column_index",
            schema=schema,
            table=table,
        )
        st.dataframe(columns, hide_index=True, height=320, alt=f"Columns of {chosen}")
        st.button(
            "First rows",
            icon=":material/table_rows:",
            key="schema_sample",
            on_click=_write,
            args=(f"select *\nfrom {chosen}\nlimit 100",),
        )


def _metrics(reading: Reading) -> None:
    metrics = reading.rows("select metric, label, description, sql from common.metric_catalogue order by label")
    labels = dict(zip(metrics["metric"].to_pylist(), metrics["label"].to_pylist(), strict=True))
    with st.container(border=True, key="card_metrics"):
        st.markdown("## Metrics")
        chosen = st.selectbox(
            "Metric",
            list(labels),
            index=None,
            placeholder="Find a metric",
            format_func=labels.__getitem__,
            key="metric",
        )
        if chosen is None:
            return
        place = metrics["metric"].to_pylist().index(chosen)
        st.caption(layout.plain(metrics["description"][place].as_py()))
        st.button(
            "Its SQL by month",
            icon=":material/code:",
            key="metric_sql",
            on_click=_write,
            args=(metrics["sql"][place].as_py(),),
        )


def _asked(settings: Settings) -> None:
    """What this reader asked before, newest first, each text once."""
    reader = reader_access(settings).email
    asked = audit.read(settings.folders, actor=reader, action="query")
    texts = list(dict.fromkeys(one.text for one in asked))[:_ASKED]
    with st.container(border=True, key="card_history"):
        st.markdown("## Asked before")
        if not texts:
            st.caption("Nothing yet.")
        for place, text in enumerate(texts):
            line = " ".join(text.split())
            st.button(
                line if len(line) <= 60 else line[:59] + "…",
                key=f"asked_{place}",
                type="tertiary",
                on_click=_write,
                args=(text,),
            )


def _write(text: str) -> None:
    st.session_state[EDITOR] = text
