"""Reports: which mails there are, when they come and to whom, what became of each, and any of them opened again.

Belongs here: the page. Does not: who may see what of it (`reports.overview`), writing and sending (`reports.delivery`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import streamlit as st

from company.locale import MISSING
from company.mailing import Report
from dashboards import cards, layout, narrative
from dashboards.cards import kpi_cards
from dashboards.cards.kpi_cards import Figure
from dashboards.cards.mail_cards import MARKS, Looking, mails_card, moment, period, said, utc_now
from dashboards.cards.report_card import report_card, weekday
from dashboards.format import Display
from dashboards.reading import Reading
from dashboards.reports import composing, overview
from dashboards.reports.overview import GONE_WRONG, WAITING, ReportLine

_MOST_MAILS = 500
_ALERT_MARKS = {"firing": "● firing", "error": "✕ cannot be judged", "no_data": "? no data", "pending": "◐ pending",
                "recovered": "✓ recovered", "ok": "✓ ok"}  # fmt: skip


@dataclass(frozen=True)
class _Ask:
    """A question that is remembered by what the report says, and not by the reading, which is new at each click."""

    reading: Reading = field(compare=False)
    report: Report = field(compare=False)
    said: str = ""


def page(reading: Reading) -> None:
    """Draw the page."""
    looking = Looking(reading, utc_now())
    lines = overview.lines(looking.settings, looking.access, now=looking.now, reach=_is_within_reach)
    alerts = overview.alert_lines(looking.settings, looking.access)
    layout.answer(headline(lines, reading), reading)
    said()
    _counts(reading, lines, alerts)
    part = st.segmented_control(
        "Show", ["Reports", "Mails", "Alerts"], default="Reports", required=True, key="mails", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if part == "Alerts":
        _alerts(looking, alerts)
        return
    if not lines:
        st.info("No report holds numbers that your access may see.", icon=":material/info:")
        return
    if part == "Mails":
        mails = sorted((mail for line in lines for mail in line.mails), key=lambda mail: mail.updated_at, reverse=True)
        mails_card(looking, lines, mails[:_MOST_MAILS], title="All mails", key="all_mails")
        return
    _schedule(looking, lines)
    line = _chosen(lines)
    report_card(looking, line)
    mails_card(looking, lines, line.mails[:_MOST_MAILS], title=f"Mails of {line.title}", key="mails_of_report")


def headline(lines: Sequence[ReportLine], reading: Reading) -> str:
    """What comes next, and whether anything did not arrive."""
    coming = sorted((run.at, line.title) for line in lines for run in line.next_runs[:1])
    wrong = sum(mail.state in GONE_WRONG for line in lines for mail in line.last_period)
    waiting = sum(mail.state in WAITING for line in lines for mail in line.last_period)
    display = reading.display
    parts = [display.say("No report is due.")]
    if coming:
        at, title = coming[0]
        parts = [display.say("Next is {title}, {at}.", title=title, at=weekday(at, reading))]
    if wrong:
        parts.append(display.say_count("{count} mail did not arrive.", "{count} mails did not arrive.", wrong))
    if waiting:
        parts.append(display.say_count("{count} mail waits.", "{count} mails wait.", waiting))
    if not (wrong or waiting) and any(line.mails for line in lines):
        parts.append(display.say("Everything sent so far has arrived."))
    return narrative.together(parts, display)


def _counts(reading: Reading, lines: Sequence[ReportLine], alerts: Sequence[overview.AlertLine]) -> None:
    number = reading.display.plain
    last = [mail for line in lines for mail in line.last_period]
    arrived = sum(mail.state == "sent" for mail in last)
    wrong = [mail for mail in last if mail.state in GONE_WRONG]
    mine = sum(line.is_mine for line in lines)
    kpi_cards.figure_row(
        reading,
        (
            Figure("Reports on schedule", number(sum(line.is_on for line in lines)), f"{mine} to you" if mine else ""),
            Figure("Arrived, last round", f"{number(arrived)} of {number(len(last))}" if last else "none yet",
                   "newest periods"),
            Figure("Did not arrive", number(len(wrong)), "look at Mails" if wrong else "none", not wrong),
            _firing(reading, alerts),
        ),
        key="report_counts",
    )  # fmt: skip


def _firing(reading: Reading, alerts: Sequence[overview.AlertLine]) -> Figure:
    seen = [alert for alert in alerts if alert.is_visible]
    if alerts and not seen:
        return Figure("Alerts firing", MISSING, "told by mail")
    firing = sum(any(state.state == "firing" for state in alert.states) for alert in seen)
    return Figure("Alerts firing", reading.display.plain(firing), "look at Alerts" if firing else "none", not firing)


def _schedule(looking: Looking, lines: Sequence[ReportLine]) -> None:
    rows = [
        {
            "report": line.title,
            "next": moment(looking, line.next_runs[0].at) if line.next_runs else "—",
            "state": _states_words(line),
            "last": period(looking, line.last_period[0].period) if line.last_period else "—",
            "recipients": _people(line, looking.reading.display),
            "schedule": line.schedule if line.is_on else "not switched on",
        }
        for line in lines
    ]
    names = {"report": "Report", "next": "Next", "state": "Last mails", "last": "Of period", "recipients": "To",
             "schedule": "When"}  # fmt: skip
    cards.rows_card("Schedule", pa.Table.from_pylist(rows), key="schedule", columns=names, reading=looking.reading,
                    as_of=_zones(lines), empty="No report is declared.")  # fmt: skip


def _chosen(lines: Sequence[ReportLine]) -> ReportLine:
    names = {line.name: line for line in lines}
    wanted = st.query_params.get("report")
    if "report_chosen" not in st.session_state and wanted in names:
        st.session_state["report_chosen"] = wanted
    if st.session_state.get("report_chosen") not in names:
        st.session_state.pop("report_chosen", None)
    name = st.selectbox("Report", list(names), format_func=lambda name: names[name].title, key="report_chosen")
    st.query_params["report"] = name
    return names[name]


def _alerts(looking: Looking, alerts: Sequence[overview.AlertLine]) -> None:
    rows = []
    for line in alerts:
        people = ", ".join([*line.recipients, *([f"{line.hidden_count} others"] if line.hidden_count else [])])
        common = {"alert": line.title, "rule": line.rule, "recipients": people}
        states = line.states or (None,)
        unknown = "not looked at yet" if line.is_visible else "told by mail"
        rows += [
            {
                **common,
                "state": _ALERT_MARKS[state.state] if state else unknown,
                "member": "" if state is None or state.member == "all" else state.member,
                "since": moment(looking, state.since) if state else "—",
                "detail": state.detail if state else "",
            }
            for state in states
        ]
    marks = tuple(_ALERT_MARKS.values())
    names = {"alert": "Alert", "state": "State", "member": "Of", "since": "Since", "detail": "What was found",
             "rule": "Rule", "recipients": "Tells"}  # fmt: skip
    rows.sort(key=lambda row: marks.index(row["state"]) if row["state"] in marks else len(marks))
    table = pa.Table.from_pylist(rows)
    cards.rows_card("Alerts", table.select(list(names)) if rows else table, key="alerts", columns=names,
                    reading=looking.reading, as_of=f"Times of {looking.settings.company.time_zone}",
                    empty="plumbline.yaml declares no alert that tells you.")  # fmt: skip


def _people(line: ReportLine, display: Display) -> str:
    count = len(line.recipients) + line.hidden_count
    if line.is_mine:
        if count == 1:
            return display.say("you")
        return display.say_count("you and {count} other", "you and {count} others", count - 1)
    return display.say_count("{count} person", "{count} people", count) if count else display.say("nobody")


def _states_words(line: ReportLine) -> str:
    states = line.last_states
    return " · ".join(f"{MARKS.get(state, '…')} {count} {state}" for state, count in states.items()) or "—"


def _zones(lines: Sequence[ReportLine]) -> str:
    return f"Times of {', '.join(sorted({line.zone for line in lines}))}"


@lru_cache(maxsize=256)
def _reach_of(_version: Path, _where: str, ask: _Ask) -> bool:
    return composing.is_within_reach(ask.reading, ask.report)


def _is_within_reach(reading: Reading, report: Report) -> bool:
    return _reach_of(
        reading.published.path,
        repr(sorted(reading.filters.where.items())),
        _Ask(reading, report, report.model_dump_json()),
    )
