"""SQL: ask the published numbers directly, within the limits of plumbline.yaml, and take the rows along.

Belongs here: the page, its tabs and buttons. Does not: judging and running a query, saved files, the editor: those are
in `workbench`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import get_args
from urllib.parse import urlencode

import streamlit as st

from company.errors import CompanyError
from company.roles import Access
from dashboards import layout
from dashboards.access import audit
from dashboards.access.viewer import own_access, reader_access
from dashboards.reading import Reading
from dashboards.workbench import outcome, saved, shelf
from dashboards.workbench.desk import DAYS, Desk, Tab
from dashboards.workbench.editor import sql_editor
from dashboards.workbench.errors import QueryError
from dashboards.workbench.jobs import Job
from dashboards.workbench.parameters import Value, names_in, read_value
from dashboards.workbench.query import QueryResult, run_query
from dashboards.workbench.saved import ParameterType

DESK = "sql_desk"
_QUICK_SECONDS = 1.0
_LONGEST_LINK = 6000

OPENING = """\
select month_on, sum(net_rpt) as net_rpt, sum(margin_rpt) as margin_rpt
from finance.fct_margins_monthly
where month_on between $first and $last
group by month_on
order by month_on"""


def page(reading: Reading) -> None:
    """Draw the page."""
    access = reader_access(reading.settings)
    limits = reading.settings.query
    tables = shelf.columns_by_table(reading)
    display = reading.display
    layout.answer(
        display.say(
            "{tables}: one SELECT at a time, at most {seconds}, {memory} MB and {rows}.",
            tables=display.say_count("{count} published table", "{count} published tables", len(tables)),
            seconds=display.say_count("{count} second", "{count} seconds", limits.seconds),
            memory=display.locale.number(limits.memory_mb),
            rows=display.say_count("{count} row", "{count} rows", limits.rows),
        )
    )
    desk = _desk(reading, access)
    browser, editor = st.columns([1, 2], gap="medium")
    with browser:
        shelf.draw(reading, desk, access)
    with editor:
        _tabs(desk)
        tab = desk.front
        written = sql_editor(
            key=f"editor_{tab.number}",
            text=tab.text,
            stamp=tab.stamp,
            tables=tables,
            metrics=shelf.metrics_with_sql(reading),
        )
        _take(tab, written.text)
        _parameters(tab)
        _buttons(reading, tab, access, asked=written.is_run)
        _settle(tab)
        if tab.job is not None:
            st.fragment(_waiting, run_every=0.4)(tab)
        else:
            outcome.draw(reading, tab, access)


def _desk(reading: Reading, access: Access) -> Desk:
    if DESK not in st.session_state:
        desk = st.session_state[DESK] = Desk(st.query_params.get("sql", OPENING)[:100_000])
        linked = st.query_params.get("query")
        if linked:
            try:
                desk.open(saved.load(reading.settings.folders, linked, access.email))
            except saved.SavedQueryError as error:
                st.warning(layout.plain(str(error)), icon=":material/link_off:")
    found: Desk = st.session_state[DESK]
    return found


def _tabs(desk: Desk) -> None:
    labels = {tab.number: tab.label for tab in desk.tabs}
    with st.container(horizontal=True, vertical_alignment="center"):
        # Set before the widget is drawn: the tab in front may have been changed beside the editor.
        st.session_state["sql_tab"] = desk.front.number
        chosen = st.segmented_control(
            "Open queries",
            list(labels),
            format_func=lambda number: layout.plain(labels[number]),
            key="sql_tab",
            label_visibility="collapsed",
            required=True,
            on_change=lambda: _bring(desk, st.session_state["sql_tab"]),
        )
        _bring(desk, chosen)
        st.button("New", icon=":material/add:", key="tab_new", type="tertiary", on_click=_add, args=(desk,))
        st.button(
            "Close", icon=":material/close:", key="tab_close", type="tertiary", on_click=desk.close, args=(desk.front,)
        )


def _add(desk: Desk) -> None:
    desk.add("")


def _bring(desk: Desk, number: int | None) -> None:
    if number is not None:
        desk.front = desk.numbered(number)


def _take(tab: Tab, text: str) -> None:
    """What was written in the editor. One that was just given another text still answers with the old one."""
    seen = f"taken_{tab.number}"
    if st.session_state.get(seen, (tab.stamp, None)) != (tab.stamp, text):
        if st.session_state.get(seen, (tab.stamp, None))[0] == tab.stamp:
            tab.text = text
        st.session_state[seen] = (tab.stamp, text)


def _parameters(tab: Tab) -> None:
    used = [name for name in names_in(tab.text) if name in DAYS]
    if used:
        names = " ".join(f"`${name}`" for name in used)
        st.caption(f"{names} {'is a day' if len(used) == 1 else 'are days'} chosen above, bound as values.")
    if not tab.asked_for:
        return
    kinds: list[ParameterType] = list(get_args(ParameterType))
    with st.grid(2, gap="small", key="sql_parameters"):
        for name in tab.asked_for:
            place = f"{tab.number}_{name}"
            with st.container(horizontal=True):
                tab.values[name] = st.text_input(
                    f"\\${name}", tab.values.get(name, ""), key=f"value_{place}", max_chars=2000
                )
                tab.types[name] = st.selectbox(
                    "Type",
                    kinds,
                    kinds.index(tab.types.get(name, "text")),
                    key=f"type_{place}",
                )


def _buttons(reading: Reading, tab: Tab, access: Access, *, asked: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        run = st.button("Run", icon=":material/play_arrow:", key="run_query", shortcut=None)
        explain = st.button("Explain", icon=":material/account_tree:", key="explain_query")
        with st.popover("Save", icon=":material/save:"):
            _save(reading, tab, access)
        with st.popover("Link", icon=":material/link:"):
            _link(tab)
    if (run or explain or asked) and tab.text.strip():
        _start(reading, tab, access, explain=explain)


def _save(reading: Reading, tab: Tab, access: Access) -> None:
    own = tab.saved if tab.saved is not None and tab.saved.owner == access.email else None
    title = st.text_input("Name", own.title if own else "", key=f"save_title_{tab.number}", max_chars=120)
    shared = st.toggle("Shared with everybody who may use SQL", own.shared if own else False, key=f"share_{tab.number}")
    st.caption("Whoever runs a shared query sees their own rows.")
    query_id = own.id if own is not None and own.title == title else None
    if st.button("Save a new version" if query_id else "Save", key="save_query", disabled=not title.strip()):
        # Under one's own name, also while looking as somebody else.
        writer = own_access(reading.settings).email
        now = datetime.now(UTC)
        try:
            tab.saved = saved.save(
                reading.settings.folders,
                title=title,
                text=tab.text,
                owner=writer,
                at=now,
                shared=shared,
                parameters=tab.parameters,
                query_id=query_id,
            )
        except QueryError as error:
            st.error(layout.plain(str(error)))
            return
        event = audit.Event(now, writer, "saved_query", tab.saved.id, outcome="shared" if shared else "saved")
        audit.record(reading.settings.folders, event)
        st.rerun()


def _link(tab: Tab) -> None:
    """A link opens the text and runs nothing: a query of a stranger is read before it is run."""
    is_saved = tab.saved is not None and tab.saved.text == tab.text
    asked = {"query": tab.saved.id} if tab.saved is not None and is_saved else {"sql": tab.text}
    address = f"sql?{urlencode(asked)}"
    if len(address) > _LONGEST_LINK:
        st.caption("The text is too long for a link. Save it; a saved query has a short one.")
        return
    base = str(st.context.url or "").rsplit("/sql", 1)[0].rstrip("/")
    st.code(f"{base}/{address}", language=None, wrap_lines=True)
    if not is_saved:
        st.caption("The link carries the text itself. A private query that is saved opens for you alone.")


def _start(reading: Reading, tab: Tab, access: Access, *, explain: bool) -> None:
    if tab.job is not None:
        tab.job.cancel()
    tab.result, tab.error, tab.plan = None, "", ""
    try:
        bound = _bound(reading, tab)
    except QueryError as error:
        tab.error = str(error)
        return
    text, settings, version = tab.text, reading.settings, reading.manifest.version

    def work(cancel: Event) -> QueryResult:
        return run_query(
            settings, text, access=access, version=version, parameters=bound or None, cancel=cancel, explain=explain
        )

    tab.job = Job(work, (QueryError, CompanyError))
    tab.title = ""
    with st.spinner("Asking"):
        tab.job.wait(_QUICK_SECONDS)
    if explain:
        st.session_state[f"explained_{tab.number}"] = tab.job


def _bound(reading: Reading, tab: Tab) -> dict[str, Value]:
    days: dict[str, Value] = {
        "first": reading.filters.now.first,
        "last": reading.filters.now.last,
        "before_first": reading.filters.before.first,
        "before_last": reading.filters.before.last,
        "as_of": reading.manifest.as_of,
    }
    bound = {name: days[name] for name in names_in(tab.text) if name in DAYS}
    for name in tab.asked_for:
        bound[name] = read_value(tab.types.get(name, "text"), tab.values.get(name, ""), name=name)
    return bound


def _settle(tab: Tab) -> None:
    """Take the answer of a query that has ended."""
    job = tab.job
    if job is None or not job.is_done:
        return
    tab.job = None
    if job.error is not None or job.result is None:
        tab.error = str(job.error or "The query gave nothing.")
    elif st.session_state.pop(f"explained_{tab.number}", None) is job:
        tab.plan = "\n".join(str(row[0]) for row in job.result.rows())
    else:
        tab.result = job.result


def _waiting(tab: Tab) -> None:
    job = tab.job
    if job is None or job.is_done:
        st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Cancel", icon=":material/stop_circle:", key="cancel_query", on_click=partial(job.cancel))
        st.caption(f"Asking for {job.seconds:.0f} s. Two queries run at a time; the next one waits for a place.")
