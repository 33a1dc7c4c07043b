"""What a viewer may know of the reports: which there are for them, when they come, to whom, what became of each.

Belongs here: the rights of the Reports page, as values. Does not: drawing it (`views.reports`), sending (`delivery`).

Whoever administers, or owns a report, sees all of its recipients and mails; others see their own. A report that holds
no number within the viewer's reach is not there for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from company.mailing import Alert, Report
from company.roles import Access
from company.settings import Settings
from dashboards.alerts.state_store import AlertStates
from dashboards.alerts.states import AlertState
from dashboards.reading import Reading
from dashboards.reports.composing import is_within_reach, open_reading
from dashboards.reports.declared import declared, known_reports
from dashboards.reports.errors import ReportError
from dashboards.reports.notices import COPY
from dashboards.reports.occasions import occasion
from dashboards.reports.recipients import Audience, RightLostError, addresses, audience_of, recipients_of
from dashboards.reports.store import FINAL, Delivery, State, Store
from dashboards.reports.timetable import NextRun, next_runs, schedule_words

GONE_WRONG: tuple[State, ...] = ("rejected", "unknown", "expired")
WAITING: tuple[State, ...] = ("retry", "held")

Reach = Callable[[Reading, Report], bool]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report as a viewer may know it.

    `recipients` are those whom the viewer may see; `hidden_count` those besides. `mails` likewise: newest first,
    copies that people asked for among them. `is_mine`: the viewer gets it on schedule.
    """

    name: str
    report: Report
    is_on: bool
    schedule: str
    zone: str
    next_runs: tuple[NextRun, ...]
    recipients: tuple[str, ...]
    hidden_count: int
    mails: tuple[Delivery, ...]
    is_mine: bool
    sees_all: bool

    @property
    def title(self) -> str:
        return self.report.title or self.name

    @property
    def last_period(self) -> tuple[Delivery, ...]:
        """The mails of the newest period that was on schedule."""
        planned = [mail for mail in self.mails if not mail.report.endswith(COPY)]
        newest = max((mail.period for mail in planned), default="")
        return tuple(mail for mail in planned if mail.period == newest)

    @property
    def last_states(self) -> Mapping[State, int]:
        return Counter(mail.state for mail in self.last_period)


def lines(
    settings: Settings, viewer: Access, *, now: datetime, reach: Reach = is_within_reach
) -> tuple[ReportLine, ...]:
    """The reports that a viewer may know of, those of plumbline.yaml first, each with its mails.

    Whoever administers knows of all; what they hold is shown as one of their readers gets it.
    """
    mails: dict[str, list[Delivery]] = {}
    for mail in Store(settings.folders.app).deliveries():
        mails.setdefault(mail.report.removesuffix(COPY), []).append(mail)
    found = []
    for name in known_reports(settings):
        try:
            report = declared(settings, name)
            if not viewer.administer:
                audience = audience_of(settings, report, viewer.email)
                reading = open_reading(settings, report, audience, occasion(settings, report, now).period)
                if not reach(reading, report):
                    continue
        except (ReportError, RightLostError):
            continue
        found.append(_line(settings, name, report, viewer=viewer, mails=mails.get(name, []), now=now))
    return tuple(found)


def _line(
    settings: Settings, name: str, report: Report, *, viewer: Access, mails: list[Delivery], now: datetime
) -> ReportLine:
    people = recipients_of(settings, name, report) if name in settings.reports else ()
    own = viewer.email.lower()
    sees_all = viewer.administer or (report.owner or "").lower() == own
    seen = people if sees_all else tuple(address for address in people if address == own)
    kept = [mail for mail in mails if sees_all or mail.recipient == own]
    is_on = name in settings.reports
    return ReportLine(
        name=name,
        report=report,
        is_on=is_on,
        schedule=schedule_words(report),
        zone=report.time_zone or settings.company.time_zone,
        next_runs=next_runs(settings, report, now=now, sent=done_periods(people, mails)) if is_on else (),
        recipients=seen,
        hidden_count=len(people) - len(seen),
        mails=tuple(kept),
        is_mine=own in people,
        sees_all=sees_all,
    )


def done_periods(people: tuple[str, ...], mails: list[Delivery]) -> set[str]:
    """Periods for which nobody waits for a mail any more."""
    ended: dict[str, set[str]] = {}
    for mail in mails:
        if mail.state in FINAL and not mail.report.endswith(COPY):
            ended.setdefault(mail.period, set()).add(mail.recipient)
    return {period for period, those in ended.items() if people and set(people) <= those}


def possible_recipients(settings: Settings, report: Report) -> tuple[str, ...]:
    """The users for whom the report can be written: they have a role, and the attribute it is filtered by."""
    return tuple(user.email for user in settings.users if _audience(settings, report, user.email) is not None)


def may_open(settings: Settings, viewer: Access, report: Report, mail: Delivery) -> bool:
    """Whether a viewer may open a mail again: their own, as long as they may still see what it was written from."""
    if viewer.administer:
        return True
    audience = _audience(settings, report, viewer.email)
    return audience is not None and mail.recipient == viewer.email.lower() and mail.audience == audience.key


def _audience(settings: Settings, report: Report, address: str) -> Audience | None:
    try:
        return audience_of(settings, report, address)
    except RightLostError:
        return None


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert as a viewer may know it; `states` only where they may see numbers of the whole company."""

    name: str
    alert: Alert
    title: str
    rule: str
    recipients: tuple[str, ...]
    hidden_count: int
    states: tuple[AlertState, ...]
    is_visible: bool
    """Whether the viewer may see the states; without states it has not been looked at yet."""


def alert_lines(settings: Settings, viewer: Access) -> tuple[AlertLine, ...]:
    """The alerts that tell the viewer; all for whoever administers. Details hold numbers of the whole company."""
    states = AlertStates(settings.folders.app).all()
    own = viewer.email.lower()
    found = []
    for name, alert in settings.alerts.items():
        people = addresses(settings, alert.recipients)
        if not viewer.administer and own not in people and own != (alert.owner or "").lower():
            continue
        seen = people if viewer.administer else tuple(address for address in people if address == own)
        mine = tuple(state for state in states.values() if state.alert == name) if viewer.is_full else ()
        title = alert.title or name.replace("_", " ").capitalize()
        found.append(
            AlertLine(name, alert, title, rule_words(alert), seen, len(people) - len(seen), mine, viewer.is_full)
        )
    return tuple(found)


def rule_words(alert: Alert) -> str:
    """A rule as people say it."""
    metric = (alert.metric or "").replace("_", " ")
    by = f" of any {alert.by.replace('__', ' ').replace('_', ' ')}" if alert.by else ""
    limits = " or ".join(
        f"{word} {value:,g}" for word, value in (("below", alert.below), ("above", alert.above)) if value is not None
    )
    over = {"12m": "12 months", "24m": "24 months"}.get(alert.period, alert.period)
    match alert.kind:
        case "threshold":
            return f"{metric}{by} of the {over} {limits}"
        case "change":
            return f"change of {metric}{by} of the {over} against the {alert.comparison} before {limits}"
        case "pace":
            return f"{metric}{by} of the {over} against its target to date {limits}"
        case "anomaly":
            return f"{metric}{by} more than {alert.deviations:g} robust deviations from its own history"
        case "forecast":
            return f"projected cash within {alert.weeks} {'week' if alert.weeks == 1 else 'weeks'} {limits}"
        case "data":
            return (alert.condition or "").replace("_", " ")
