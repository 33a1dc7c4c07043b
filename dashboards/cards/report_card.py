"""The card of one report: its facts, and what a viewer does with it: preview, send to themselves, subscribe.

Belongs here: one report. Does not: lists of reports and of mails (`views.reports`, `mail_cards`).
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from company.mailing import Report
from dashboards import layout
from dashboards.access.audit import AuditError
from dashboards.cards.mail_cards import Looking, frame, period, record, tell, utc_now
from dashboards.format import Display
from dashboards.reading import Reading
from dashboards.reports import alerting, delivery, overview, previewing
from dashboards.reports.errors import ReportError
from dashboards.reports.opened import OpenedMail, opened
from dashboards.reports.overview import ReportLine
from dashboards.reports.recipients import RightLostError
from dashboards.reports.sections import KINDS
from dashboards.reports.subscriptions import choose

_SHOWN = "reports_shown"


def report_card(looking: Looking, line: ReportLine) -> None:
    """Facts beside deeds, and below them the mail where somebody asked to see it."""
    with st.container(border=True, key="card_report"):
        st.markdown(f"## {layout.plain(line.title)}")
        facts, doing = st.columns([3, 2], gap="large")
        with facts:
            for label, text in _facts(looking, line):
                st.markdown(f"**{label}** {layout.plain(text)}")
        with doing:
            person = _person(looking, line)
            _deeds(looking, line, person)
    shown = st.session_state.get(_SHOWN)
    if shown == (line.name, person):
        _preview(looking, line, person)


def _facts(looking: Looking, line: ReportLine) -> list[tuple[str, str]]:
    report = line.report
    facts = [("When", f"{line.schedule}, {line.zone}" if line.is_on else "Not switched on in plumbline.yaml")]
    if line.is_on:
        coming = [f"{weekday(run.at, looking.reading)} (for {period(looking, run.period)})" for run in line.next_runs]
        facts.append(("Next", "; ".join(coming) or "None: everybody has the period that the company's day lies in"))
    facts.append(("To", ", ".join([*line.recipients, *_others(line, looking.reading.display)]) or "nobody"))
    facts.append(("Says", ", ".join(_sections(report))))
    facts.append(("Attached", ", ".join(name.upper() for name in report.attachments) or "nothing"))
    if report.owner:
        facts.append(("Owner", report.owner))
    return facts


def _sections(report: Report) -> list[str]:
    return [section.title or KINDS[section.kind].title for section in report.sections]


def _others(line: ReportLine, display: Display) -> list[str]:
    if not line.hidden_count:
        return []
    if line.recipients:
        return [display.say_count("{count} other", "{count} others", line.hidden_count)]
    return [display.say_count("{count} person", "{count} people", line.hidden_count)]


def _person(looking: Looking, line: ReportLine) -> str | None:
    """Whose mail it is about: the viewer's own, for whoever administers anybody's; None for the whole company's."""
    if not looking.administers:
        return looking.email
    people = overview.possible_recipients(looking.settings, line.report)
    own = [looking.email] if looking.email in people else []
    return st.selectbox(
        "As seen by",
        [*own, *(address for address in people if address not in own)],
        index=0 if own else None,
        placeholder="Everything there is",
        key=f"report_person_{line.name}",
        help="The mail exactly as this person gets it, from what their role may see.",
    )


def _deeds(looking: Looking, line: ReportLine, person: str | None) -> None:
    with st.container(horizontal=True, gap="small", key="report_deeds"):
        st.button("Preview", key="report_preview", icon=":material/visibility:",
                  on_click=_show, args=(line.name, person))  # fmt: skip
        if looking.only_looks:
            return
        st.button("Send to myself", key="report_send", icon=":material/outgoing_mail:", disabled=not looking.is_known,
                  help=None if looking.is_known else "Without sign-in the page does not know your address.",
                  on_click=_send_to_myself, args=(looking, line.name))  # fmt: skip
        if line.is_on and person is not None:
            gets = person in line.recipients
            label = "Unsubscribe" if gets else "Subscribe"
            st.button(f"{label} {person}" if person != looking.email else label, key="report_subscribe",
                      icon=":material/notifications_off:" if gets else ":material/notifications:",
                      on_click=_subscribe, args=(looking, line, person, not gets))  # fmt: skip


def _show(name: str, person: str | None) -> None:
    st.session_state[_SHOWN] = (name, person)


def _send_to_myself(looking: Looking, name: str) -> None:
    try:
        result = delivery.send_copy(looking.settings, name, to=looking.email, now=utc_now, firing=alerting.firing)
    except (ReportError, AuditError) as error:
        tell("error", str(error))
        return
    tell("success" if result.state == "sent" else "warning", f"Your copy: {result.state} ({result.detail})")


def _subscribe(looking: Looking, line: ReportLine, person: str, is_subscribed: bool) -> None:
    try:
        choose(looking.settings.folders, line.name, person, is_subscribed=is_subscribed, actor=looking.own.email,
               now=utc_now())  # fmt: skip
    except AuditError as error:
        tell("error", str(error))
        return
    whom = "You" if person == looking.email else person
    verb = "get" if whom == "You" else "gets"
    tell("success", f"{whom} {verb} {line.title} {'from now on' if is_subscribed else 'no more'}.")


def _preview(looking: Looking, line: ReportLine, person: str | None) -> None:
    with st.container(border=True, key="card_preview"):
        try:
            mail = _preview_mail(looking, line, person)
        except (ReportError, RightLostError) as error:
            st.info(layout.plain(f"There is nothing to show: {error}"), icon=":material/info:")
            return
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {layout.plain(mail.subject)}", width="content")
            if looking.reading.may_export:
                st.download_button(
                    "PDF", lambda: _pdf(looking, line, person), f"{line.name}.pdf", "application/pdf",
                    key="report_pdf", icon=":material/print:", type="tertiary", on_click="ignore",
                )  # fmt: skip
        frame(mail)
        st.caption(f"As {person or 'whoever may see everything'} would get it now. Nothing was sent.")


def _preview_mail(looking: Looking, line: ReportLine, person: str | None) -> OpenedMail:
    record(looking, line.name, "previewed", person or "")
    settings = looking.settings
    return opened(
        previewing.preview_bytes(
            settings, line.name, now=looking.now, person=person, firing=alerting.firing(settings), attachments=()
        )
    )


def _pdf(looking: Looking, line: ReportLine, person: str | None) -> bytes:
    return looking.reading.exported(
        f"report {line.name}",
        "pdf",
        lambda: previewing.preview_pdf(
            looking.settings, line.name, now=utc_now(), person=person, firing=alerting.firing(looking.settings)
        ),
    )


def weekday(at: datetime, reading: Reading) -> str:
    return f"{at:%A} {reading.display.day(at.date())} at {at:%H:%M}"
