"""The mails of reports as the Reports page draws them: who looks, the list of mails, one of them opened in its frame.

Belongs here: Streamlit elements that know mails. Does not: who may see what (`reports.overview`), the page's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
import streamlit as st

from company.roles import Access
from dashboards import cards, layout
from dashboards.access import audit
from dashboards.access.audit import AuditError
from dashboards.access.viewer import own_access, reader_access, viewed_as
from dashboards.reading import Reading
from dashboards.reports import alerting, delivery, notices, overview
from dashboards.reports.archive import ArchiveError
from dashboards.reports.errors import ReportError
from dashboards.reports.occasions import period_words
from dashboards.reports.opened import OpenedMail, framed, sent_mail
from dashboards.reports.overview import ReportLine
from dashboards.reports.store import RELEASABLE, Delivery, State

FRAME_HEIGHT = 900
MARKS: dict[State, str] = {"sent": "✓", "rejected": "✕", "unknown": "?", "expired": "✕", "held": "‖", "retry": "↻"}
_SAID = "reports_said"


class Looking:
    """Who looks, as the page asks it again and again."""

    def __init__(self, reading: Reading, now: datetime) -> None:
        self.reading, self.settings, self.now = reading, reading.settings, now
        self.own: Access = own_access(self.settings)
        self.access: Access = reader_access(self.settings)
        self.only_looks = viewed_as(self.own) is not None
        """As somebody else: nothing is sent, chosen or taken away."""
        known = {user.email.lower() for user in self.settings.users}
        self.is_known = self.access.email.lower() in known

    @property
    def email(self) -> str:
        return self.access.email.lower()

    @property
    def administers(self) -> bool:
        return self.access.administer


def mails_card(
    looking: Looking, lines: Sequence[ReportLine], mails: Sequence[Delivery], *, title: str, key: str
) -> None:
    titles = {line.name: line for line in lines}
    rows = [
        {
            "report": titles[mail.report.removesuffix(notices.COPY)].title,
            "period": _mail_period(looking, mail),
            "recipient": mail.recipient,
            "state": f"{MARKS.get(mail.state, '…')} {mail.state}",
            "at": moment(looking, mail.updated_at),
            "attempts": mail.attempts,
            "detail": mail.detail,
            "version": mail.version,
        }
        for mail in mails
    ]
    several = {"report": "Report"} if len({row["report"] for row in rows}) > 1 else {}
    names = {**several, "period": "Period", "recipient": "To", "state": "State", "at": "Since",
             "attempts": "Attempts", "detail": "What the server said", "version": "Data version"}  # fmt: skip
    table = pa.Table.from_pylist(rows)
    table = table.select(list(names)) if rows else table
    cards.rows_card(title, table, key=key, columns=names, reading=looking.reading,
                    as_of=f"Times of {looking.settings.company.time_zone}",
                    empty="No mail has been written yet.")  # fmt: skip
    written = {mail.message_id: mail for mail in mails if mail.content and _may_open(looking, titles, mail)}
    if not written:
        return
    chosen = st.selectbox(
        "Open a mail again", list(written), index=None, placeholder="Exactly as it was written",
        format_func=lambda chosen: _mail_label(looking, titles, written[chosen]), key=f"open_{key}",
    )  # fmt: skip
    if chosen is not None:
        _reopened(looking, written[chosen], key)


def _may_open(looking: Looking, titles: Mapping[str, ReportLine], mail: Delivery) -> bool:
    report = titles[mail.report.removesuffix(notices.COPY)].report
    return overview.may_open(looking.settings, looking.access, report, mail)


def _reopened(looking: Looking, found: Delivery, key: str) -> None:
    with st.container(border=True, key=f"card_opened_{key}"):
        try:
            record(looking, found.report, "opened", found.recipient, period=found.period, version=found.version)
            mail = sent_mail(looking.settings, found)
        except ArchiveError as error:
            st.error(layout.plain(str(error)), icon=":material/error:")
            return
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {layout.plain(mail.subject)}", width="content")
            with st.container(horizontal=True, gap="small", width="content"):
                if looking.administers and found.state in RELEASABLE and not looking.only_looks:
                    st.button("Send again", key=f"resend_{key}", icon=":material/forward_to_inbox:",
                              on_click=_resend, args=(looking, found))  # fmt: skip
                _files(looking, found, mail, key)
        st.caption(
            layout.plain(f"To {found.recipient}, {found.state}, {moment(looking, found.updated_at)}; written from"
                         f" version {found.version}; the bytes are those that were written (SHA-256 of the body"
                         f" {found.content[:16]}…).")
        )  # fmt: skip
        frame(mail)


def _files(looking: Looking, found: Delivery, mail: OpenedMail, key: str) -> None:
    if not looking.reading.may_export:
        return
    files = {f"{found.report}_{found.period}.eml": ("message/rfc822", mail.data), **mail.files}
    for name, (kind, data) in files.items():
        ending = name.rpartition(".")[2]
        st.download_button(
            ending.upper(),
            partial(looking.reading.exported, found.report, ending, partial(bytes, data)),
            name,
            kind,
            key=f"{ending}_{key}_opened",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _resend(looking: Looking, found: Delivery) -> None:
    try:
        record(looking, found.report, "sent again", found.recipient, period=found.period)
        result = delivery.resend(looking.settings, found.report, period=found.period, recipient=found.recipient,
                                 now=utc_now, firing=alerting.firing)  # fmt: skip
    except (ReportError, AuditError) as error:
        tell("error", str(error))
        return
    tell("success" if result.state == "sent" else "warning", f"{result.recipient}: {result.state} ({result.detail})")


def frame(mail: OpenedMail) -> None:
    """Show a mail in its closed frame."""
    st.iframe(framed(mail), height=FRAME_HEIGHT, alt=mail.subject)


def record(looking: Looking, report: str, what: str, recipient: str, *, period: str = "", version: str = "") -> None:
    """Note what was looked at, once per session and thing: a click elsewhere on the page is no second look."""
    seen = (what, report, period, recipient, version or looking.reading.manifest.version)
    noted = st.session_state.setdefault("reports_noted", set())
    if what == "sent again" or seen not in noted:
        noted.add(seen)
        detail = {"recipient": recipient, **({"period": period} if period else {})}
        event = audit.Event(
            utc_now(), looking.own.email, "report", report, outcome=what, version=version, detail=detail
        )
        audit.record(looking.settings.folders, event)


def tell(kind: str, text: str) -> None:
    """Keep what came of a button for the run that follows: success, warning or error."""
    st.session_state[_SAID] = (kind, text)


def said() -> None:
    """Show what came of the last button, once."""
    found = st.session_state.pop(_SAID, None)
    if found is not None:
        kind, text = found
        {"success": st.success, "warning": st.warning, "error": st.error}[kind](layout.plain(text))


def period(looking: Looking, key: str) -> str:
    """A period's key as people say it."""
    return period_words(key, looking.reading.display)


def _mail_period(looking: Looking, mail: Delivery) -> str:
    words = period(looking, notices.period_of(mail))
    return f"{words}, copy" if mail.report.endswith(notices.COPY) else words


def _mail_label(looking: Looking, titles: Mapping[str, ReportLine], mail: Delivery) -> str:
    title = titles[mail.report.removesuffix(notices.COPY)].title
    return f"{title}, {_mail_period(looking, mail)}, to {mail.recipient} ({mail.state})"


def moment(looking: Looking, at: datetime) -> str:
    """A moment on the clock of its own time zone, else of the company's."""
    zone = str(getattr(at.tzinfo, "key", looking.settings.company.time_zone))
    return looking.reading.display.locale.moment(at, zone)


def utc_now() -> datetime:
    """The moment, UTC."""
    return datetime.now(UTC)
