"""Looking at every alert, and telling people: recipients when it fires and when it is over, owners when it breaks.

States are kept before anybody is told, and every message has a key made of the state it speaks of: a look that dies
halfway is made up for by the next one, and nobody is told twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from company.locale import Locale
from company.mailing import Alert, Report
from company.settings import Settings
from dashboards.alerts.rules import judge
from dashboards.alerts.state_store import AlertStates
from dashboards.alerts.states import AlertState, Verdict, after, is_broken, is_quiet, told, wants_telling
from dashboards.reading import Reading
from dashboards.reports.alert_words import alerts_of, payload, state_words, subject_of, title, title_of
from dashboards.reports.composing import open_reading
from dashboards.reports.desk import Desk, Result
from dashboards.reports.errors import ReportError
from dashboards.reports.notices import display_for
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
        Firing(title(settings, state), state.state, state.since, state.detail, state.member)
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
        words = _words_for(look, name, alert, news, address)
        if words is None:
            continue
        said = subject_of(look.settings, name, words.states, display_for(look.settings, address))
        subject = f"{said}: {look.settings.company.name}"
        results.append(
            look.desk.notice(report=f"alert.{name}", period=key, recipient=address, subject=subject, text=words.text)
        )
    for hook in alert.webhooks:
        body = payload(look.settings, name, news, form=look.settings.webhooks[hook].form)
        results.append(look.desk.message((f"alert.{name}", key, f"{PREFIX}{hook}"), headers=b"", body=body))
    _told_all(look, news)
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
            words = _words_for(look, name, settings.alerts[name], states, address)
            if words is not None:
                texts.setdefault(address, []).append(words.text)
    results = [
        look.desk.notice(
            report=DIGEST,
            period=f"{local:%Y-%m-%d}",
            recipient=address,
            subject=f"{alerts_of(display_for(settings, address), local.date())}: {settings.company.name}",
            text="\n".join(parts),
        )
        for address, parts in texts.items()
    ]
    _told_all(look, [state for states in news.values() for state in states])
    return results


def _told_all(look: Look, states: Sequence[AlertState]) -> None:
    now = look.desk.now()
    look.states.keep([told(state, now) for state in states], now=now)
    look.states.forget(state for state in states if state.state != "firing")


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


@dataclass(frozen=True, slots=True)
class _Words:
    """What one recipient is told, and of which states."""

    text: str
    states: tuple[AlertState, ...]


def _words_for(look: Look, name: str, alert: Alert, news: Sequence[AlertState], address: str) -> _Words | None:
    """The words for one recipient, from numbers that their own access holds; None where it holds none of them.

    Whose access is narrower hears that something fires if their own numbers say so, and that it is over if they were
    told that it fires: who never saw it must not learn of it by its end.
    """
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
        if any(verdict.is_error for verdict in own):
            return None
        seen = {verdict.member: verdict.detail for verdict in own}
        if is_narrower:
            knows = look.states.heard(name, address)
            found = {verdict.member for verdict in own if verdict.is_found}
            news = [state for state in news if state.member in (found if state.state == "firing" else knows)]
            details = {state.member: "" for state in news}
        # A member without rows any more is told of in the words that are kept of it.
        details |= seen
    if not news:
        return None
    look.states.hear(name, address, (state.member for state in news if state.state == "firing"))
    lines = [f"- {state_words(state, display)}: {details[state.member] or state.member}" for state in news]
    rule = display.say("Rule: alerts.{name} of plumbline.yaml.", name=name)
    return _Words("\n".join([title_of(look.settings, name), *lines, "", rule, ""]), tuple(news))


def _key(states: Sequence[AlertState]) -> str:
    """What a message speaks of: the same states give the same key, so that it goes out once."""
    parts = [(state.member, state.state, state.since.isoformat(), state.told_count) for state in states]
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()[:16]


def _fixed(alert: Alert) -> dict[str, tuple[str, ...]]:
    return {name: (value,) if isinstance(value, str) else value for name, value in alert.filters.items()}
