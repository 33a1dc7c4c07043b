"""Beside the editor: saved queries, tables with their columns and first rows, metrics, what was asked before.

Belongs here: what a reader takes a query from. Does not: the editor and its result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import streamlit as st

from company.roles import Access
from company.settings import Settings
from dashboards import layout
from dashboards.access import audit
from dashboards.reading import Reading
from dashboards.workbench import saved
from dashboards.workbench.desk import Desk

_ASKED = 20
_ROWS = 5


def draw(reading: Reading, desk: Desk, access: Access) -> None:
    """The cards, from what people reach for most."""
    _saved(reading, desk, access)
    _tables(reading, desk)
    _metrics(reading, desk)
    _asked(reading.settings, desk, access)


def columns_by_table(reading: Reading) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Column and type of every published table that the reader may read, for the editor's completion."""
    rows = reading.rows(
        "select schema_name || '.' || table_name as place, column_name, lower(data_type) as data_type"
        " from duckdb_columns() where not internal order by place, column_index"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for place, column, data_type in zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True):
        found.setdefault(place, []).append((column, data_type))
    return found


def metrics_with_sql(reading: Reading) -> list[tuple[str, str, str]]:
    """Name, label and SQL of every metric that the reader's file can answer."""
    rows = reading.rows("select metric, label, sql from common.metric_catalogue order by metric")
    return list(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True))


def _saved(reading: Reading, desk: Desk, access: Access) -> None:
    folders = reading.settings.folders
    queries, broken = saved.visible(folders, access.email)
    names = {query.id: query for query in queries}
    with st.container(border=True, key="card_saved"):
        st.markdown("## Saved queries")
        for line in broken:
            st.warning(layout.plain(f"A saved query cannot be read: {line}"), icon=":material/broken_image:")
        if not names:
            st.caption("None yet. Save the query in the editor under a name.")
            return
        chosen = st.selectbox(
            "Saved query",
            list(names),
            index=None,
            placeholder="Find a query",
            format_func=lambda query_id: names[query_id].title,
            key="saved_query",
        )
        if chosen is None:
            return
        query = names[chosen]
        whose = "yours" if query.owner == access.email else f"of {query.owner}"
        st.caption(layout.plain(f"{whose}, {'shared' if query.shared else 'private'}, version {query.number}"))
        versions = saved.versions(folders, chosen, access.email)
        number = st.selectbox(
            "Version",
            [version.number for version in versions],
            format_func=lambda n: (
                f"{n}, saved {next(v for v in versions if v.number == n).saved_at:%Y-%m-%d %H:%M} UTC"
            ),
            key="saved_version",
        )
        with st.container(horizontal=True):
            st.button(
                "Open",
                icon=":material/folder_open:",
                key="saved_open",
                on_click=_open,
                args=(desk, versions[[version.number for version in versions].index(number)]),
            )
            if query.owner == access.email:
                st.button(
                    "Delete",
                    icon=":material/delete:",
                    key="saved_delete",
                    on_click=_delete,
                    args=(reading.settings, chosen, access.email),
                )


def _open(desk: Desk, query: saved.SavedQuery) -> None:
    desk.open(query)


def _delete(settings: Settings, query_id: str, owner: str) -> None:
    now = datetime.now(UTC)
    audit.record(settings.folders, audit.Event(now, owner, "saved_query", query_id, outcome="deleted"))
    saved.delete(settings.folders, query_id, owner, at=now)


def _tables(reading: Reading, desk: Desk) -> None:
    tables = reading.rows(
        "select schema_name || '.' || table_name as table_name, comment from duckdb_tables()"
        " where not internal order by all"
    )
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
        st.caption(f"The first {_ROWS} rows")
        # The name comes from the catalogue of the reader's own file, not from the reader.
        sample = reading.rows(f'select * from "{schema}"."{table}" limit {_ROWS}')
        st.dataframe(sample, hide_index=True, alt=f"First rows of {chosen}")
        st.button(
            "Query it",
            icon=":material/table_rows:",
            key="schema_sample",
            on_click=desk.front.write,
            args=(f"select *\nfrom {chosen}\nlimit 100",),
        )


def _metrics(reading: Reading, desk: Desk) -> None:
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
            on_click=desk.front.write,
            args=(metrics["sql"][place].as_py(),),
        )


def _asked(settings: Settings, desk: Desk, access: Access) -> None:
    """What this reader asked before, newest first, each text once."""
    asked = audit.read(settings.folders, actor=access.email, action="query", count=200)
    texts = list(dict.fromkeys(one.text for one in asked))
    with st.container(border=True, key="card_history"):
        st.markdown("## Asked before")
        if not texts:
            st.caption("Nothing yet.")
            return
        wanted = st.text_input("Find in what was asked", key="asked_find", placeholder="Any word").casefold()
        for place, text in enumerate([text for text in texts if wanted in text.casefold()][:_ASKED]):
            line = " ".join(text.split())
            st.button(
                layout.plain(line if len(line) <= 60 else line[:59] + "…"),
                key=f"asked_{place}",
                type="tertiary",
                on_click=desk.front.write,
                args=(text,),
            )
