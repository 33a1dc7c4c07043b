"""Looking at every alert, and telling people: recipients when it fires and when it is over, owners when it breaks.

States are kept before anybody is told, and every message has a key made of the state it speaks of: a look that dies
halfway is made up for by the next one, and nobody is told twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from company.locale import Locale
from company.mailing import Alert, Report
from company.settings import Settings
from dashboards.alerts.rules import judge
from dashboards.alerts.state_store import AlertStates
from dashboards.alerts.states import AlertState, Verdict, after, is_broken, is_quiet, told, wants_telling
from dashboards.format import Display
from dashboards.reading import Reading
from dashboards.reports.composing import open_reading
from dashboards.reports.delivery import display_for
from dashboards.reports.desk import Desk, Result
from dashboards.reports.errors import ReportError
from dashboards.reports.recipients import Audience, RightLostError, access_of, addresses
from dashboards.reports.sections.registry import Firing
from dashboards.reports.webhooks import PREFIX

DIGEST = "alert_digest"


@dataclass
class Look:
    """One look at all alerts: the desk that messages leave from, and the states before and after."""

    desk: Desk
    states: AlertStates

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    def reading(self, alert: Alert, profile: str | None, locale: Locale | None = None) -> Reading:
        """The published version in the file of one profile, over the alert's period. Raises HeldError."""
        where = _fixed(alert)
        audience = Audience(profile, True, locale or Locale(self.settings.company.locale), where)
        report = Report(schedule="0 0 * * *", period=alert.period, comparison=alert.comparison)
        return open_reading(self.settings, report, audience, period="now")


def check(settings: Settings, *, desk: Desk, names: Sequence[str] = ()) -> tuple[list[AlertState], list[Result]]:
    """Judge the alerts (all, or those named), keep their states, tell whom it concerns. Gives both.

    Raises ReportError for a name that plumbline.yaml does not have.
    """
    for name in names:
        if name not in settings.alerts:
            raise ReportError(f"no alert is called {name!r}; known: {', '.join(settings.alerts) or 'none'}")
    look = Look(desk, AlertStates(settings.folders.app))
    states: list[AlertState] = []
    results: list[Result] = []
    for name, alert in settings.alerts.items():
        if names and name not in names:
            continue
        found = _judged(look, name, alert)
        look.states.keep(found, now=desk.now())
        states += found
        if not alert.digest:
            results += _tell(look, name, alert, found)
        results += _tell_owner(look, name, alert, found)
    if not names:
        results += _tell_digest(look)
    return states, results


def firing(settings: Settings) -> tuple[Firing, ...]:
    """The alerts that are not at rest, as a report names them. Their words hold numbers of the whole company."""
    states = AlertStates(settings.folders.app).all()
    return tuple(
        Firing(_title(settings, state), state.state, state.since, state.detail, state.member)
        for state in states.values()
        if state.alert in settings.alerts and state.state in {"firing", "no_data", "error"}
    )


def _judged(look: Look, name: str, alert: Alert) -> list[AlertState]:
    now = look.desk.now()
    before = look.states.all(name)
    try:
        verdicts = judge(look.reading(alert, None), alert, now=now)
    except ReportError as error:
        verdicts = (Verdict("all", None, str(error), is_error=True),)
    found = [
        after(before.get((name, verdict.member)), verdict, alert=name, firing_after=alert.firing_after, now=now)
        for verdict in verdicts
    ]
    # A member that has no rows any more has nothing to fire about; of a look that failed nothing is known.
    if not any(verdict.is_error for verdict in verdicts):
        judged = {verdict.member for verdict in verdicts}
        found += [
            after(state, Verdict(member, False, "no rows any more"), alert=name, firing_after=1, now=now)
            for (_, member), state in before.items()
            if member not in judged and state.state != "ok"
        ]
    return found


def _tell(look: Look, name: str, alert: Alert, states: Sequence[AlertState]) -> list[Result]:
    now = look.desk.now()
    if is_quiet(alert.quiet_hours, now, look.settings.company.time_zone):
        return []
    news = [state for state in states if wants_telling(state, renotify_hours=alert.renotify_hours, now=now)]
    if not news:
        return []
    key = _key(news)
    results = []
    for address in addresses(look.settings, alert.recipients):
        said = _subject(look.settings, name, news, display_for(look.settings, address))
        subject = f"{said}: {look.settings.company.name}"
        text = _text_for(look, name, alert, news, address)
        if text is not None:
            results.append(
                look.desk.notice(report=f"alert.{name}", period=key, recipient=address, subject=subject, text=text)
            )
    for hook in alert.webhooks:
        body = _payload(look.settings, name, news, form=look.settings.webhooks[hook].form)
        results.append(look.desk.message((f"alert.{name}", key, f"{PREFIX}{hook}"), headers=b"", body=body))
    look.states.keep([told(state, now) for state in news], now=now)
    return results


def _tell_digest(look: Look) -> list[Result]:
    """One mail a day per recipient with all that digest alerts have to say, at the digest's hour or after it."""
    settings, now = look.settings, look.desk.now()
    local = now.astimezone(ZoneInfo(settings.company.time_zone))
    if local.hour < settings.alerting.digest_hour:
        return []
    news: dict[str, list[AlertState]] = {}
    for (name, _), state in look.states.all().items():
        alert = settings.alerts.get(name)
        if alert is None or not alert.digest:
            continue
        if wants_telling(state, renotify_hours=alert.renotify_hours, now=now):
            news.setdefault(name, []).append(state)
    texts: dict[str, list[str]] = {}
    for name, states in news.items():
        for address in addresses(settings, settings.alerts[name].recipients):
            text = _text_for(look, name, settings.alerts[name], states, address)
            if text is not None:
                texts.setdefault(address, []).append(text)
    results = [
        look.desk.notice(
            report=DIGEST,
            period=f"{local:%Y-%m-%d}",
            recipient=address,
            subject=f"{_alerts_of(display_for(settings, address), local.date())}: {settings.company.name}",
            text="\n".join(parts),
        )
        for address, parts in texts.items()
    ]
    look.states.keep([told(state, now) for states in news.values() for state in states], now=now)
    return results


def _tell_owner(look: Look, name: str, alert: Alert, states: Sequence[AlertState]) -> list[Result]:
    """An alert that cannot be judged watches over nothing: its owner hears of it at once, once."""
    broken = [state for state in states if is_broken(state)]
    owner = alert.owner or look.settings.operator
    if not broken:
        return []
    results = []
    if owner is not None:
        say = display_for(look.settings, owner).say
        lines = [f"{state.member}: {say(state.state.replace('_', ' '))}: {state.detail}" for state in broken]
        first = say("The alert {name} watches over nothing until this is mended:", name=name)
        said = say("The alert {name} cannot be judged", name=name)
        results.append(
            look.desk.notice(
                report=f"alert.{name}",
                period=_key(broken),
                recipient=owner,
                subject=f"{said}: {look.settings.company.name}",
                text="\n".join([first, "", *lines]) + "\n",
            )
        )
    look.states.keep([told(state, look.desk.now()) for state in broken], now=look.desk.now())
    return results


def _text_for(look: Look, name: str, alert: Alert, news: Sequence[AlertState], address: str) -> str | None:
    """The words for one recipient, from numbers that their own access holds; None where it holds none of them."""
    try:
        _, access = access_of(look.settings, address)
    except RightLostError:
        return None
    display = display_for(look.settings, address)
    details = {state.member: state.detail for state in news}
    is_narrower = access.profile_hash is not None
    if is_narrower or display.locale.language != Locale(look.settings.company.locale).language:
        try:
            own = judge(look.reading(alert, access.profile_hash, display.locale), alert, now=look.desk.now())
        except ReportError:
            return None
        seen = {verdict.member: verdict.detail for verdict in own if not is_narrower or verdict.is_found}
        if any(verdict.is_error for verdict in own):
            return None
        # A member without rows any more is told of in the words that are kept of it.
        details = seen if is_narrower else {**details, **seen}
    lines = [f"- {_state_words(state, display)}: {details[state.member]}" for state in news if state.member in details]
    if not lines:
        return None
    rule = display.say("Rule: alerts.{name} of plumbline.yaml.", name=name)
    return "\n".join([_title_of(look.settings, name), *lines, "", rule, ""])


def _payload(settings: Settings, name: str, news: Sequence[AlertState], *, form: str) -> bytes:
    display = Display(Locale(settings.company.locale), settings.company.reporting_currency)
    lines = [f"{_state_words(state, display)}: {state.detail}" for state in news]
    title = settings.alerts[name].title or name
    content: dict[str, Any]
    if form == "slack":
        # Slack reads <, > and & as markup of its own.
        text = "\n".join([f"*{title}*", *lines])
        content = {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    else:
        content = {
            "company": settings.company.name,
            "alert": name,
            "title": title,
            "states": [
                {
                    "member": state.member,
                    "state": state.state,
                    "since": state.since.isoformat(),
                    "detail": state.detail,
                }
                for state in news
            ],
        }
    return json.dumps(content, ensure_ascii=False).encode()


def _key(states: Sequence[AlertState]) -> str:
    """What a message speaks of: the same states give the same key, so that it goes out once."""
    parts = [(state.member, state.state, state.since.isoformat(), state.told_count) for state in states]
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()[:16]


def _subject(settings: Settings, name: str, news: Sequence[AlertState], display: Display) -> str:
    title, say = _title_of(settings, name), display.say
    count = sum(state.state == "firing" for state in news)
    if not count:
        return say("Recovered: {title}", title=title)
    if len(news) == 1:
        return say("Alert: {title}", title=title)
    return say("Alert: {title} ({count})", title=title, count=display.plain(count))


def _alerts_of(display: Display, day: date) -> str:
    return display.say("Alerts of {day}", day=display.day(day))


def _state_words(state: AlertState, display: Display) -> str:
    return display.say("firing") if state.state == "firing" else display.say("recovered")


def _title(settings: Settings, state: AlertState) -> str:
    title = _title_of(settings, state.alert)
    return title if state.member == "all" else f"{title}: {state.member}"


def _title_of(settings: Settings, name: str) -> str:
    return settings.alerts[name].title or name.replace("_", " ").capitalize()


def _fixed(alert: Alert) -> dict[str, tuple[str, ...]]:
    return {name: (value,) if isinstance(value, str) else value for name, value in alert.filters.items()}
