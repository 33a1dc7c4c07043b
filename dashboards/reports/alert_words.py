"""What a message about an alert says: subject, state, title, the body that a webhook posts. Pure.

Belongs here: wording. Does not: whom to tell and when (`alerting`), the finding's own sentence (`alerts.rules`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from company.locale import Locale
from company.settings import Settings
from dashboards.alerts.states import AlertState
from dashboards.format import Display


def payload(settings: Settings, name: str, news: Sequence[AlertState], *, form: str) -> bytes:
    display = Display(Locale(settings.company.locale), settings.company.reporting_currency)
    lines = [f"{state_words(state, display)}: {state.detail}" for state in news]
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


def subject_of(settings: Settings, name: str, news: Sequence[AlertState], display: Display) -> str:
    title, say = title_of(settings, name), display.say
    count = sum(state.state == "firing" for state in news)
    if not count:
        return say("Recovered: {title}", title=title)
    if len(news) == 1:
        return say("Alert: {title}", title=title)
    return say("Alert: {title} ({count})", title=title, count=display.plain(count))


def alerts_of(display: Display, day: date) -> str:
    return display.say("Alerts of {day}", day=display.day(day))


def state_words(state: AlertState, display: Display) -> str:
    return display.say("firing") if state.state == "firing" else display.say("recovered")


def title(settings: Settings, state: AlertState) -> str:
    title = title_of(settings, state.alert)
    return title if state.member == "all" else f"{title}: {state.member}"


def title_of(settings: Settings, name: str) -> str:
    return settings.alerts[name].title or name.replace("_", " ").capitalize()
