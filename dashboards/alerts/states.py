"""What a verdict makes of an alert's state. Pure: a state and a verdict in, the next state out.

ok -> pending (found, not often enough yet) -> firing -> recovered -> ok; no_data and error stand beside them and end
with the first look that can judge again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

AlertStateName = Literal["ok", "pending", "firing", "no_data", "error", "recovered"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look found for one member of a rule. `is_found` None: there is nothing to judge by."""

    member: str
    is_found: bool | None
    detail: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class AlertState:
    """One member of a rule: its state, since when, found how often in a row, and what people were last told.

    `firing_since` is when the present episode began to fire; `told_count` counts the messages on it.
    """

    alert: str
    member: str
    state: AlertStateName
    since: datetime
    streak: int = 0
    detail: str = ""
    told: AlertStateName = "ok"
    told_at: datetime | None = None
    told_count: int = 0
    firing_since: datetime | None = None


def after(before: AlertState | None, verdict: Verdict, *, alert: str, firing_after: int, now: datetime) -> AlertState:
    """The state after a look."""
    known = before or AlertState(alert, verdict.member, "ok", now)
    streak = known.streak + 1 if verdict.is_found else 0
    if verdict.is_error:
        name: AlertStateName = "error"
        streak = known.streak
    elif verdict.is_found is None:
        name = "no_data"
        streak = known.streak
    elif verdict.is_found:
        name = "firing" if known.state == "firing" or streak >= firing_after else "pending"
    else:
        name = "recovered" if known.firing_since is not None else "ok"
    since = known.since if name == known.state else now
    firing_since = known.firing_since
    if name == "firing" and firing_since is None:
        firing_since = now
    elif name in {"recovered", "ok"}:
        firing_since = None
    return replace(known, state=name, since=since, streak=streak, detail=verdict.detail, firing_since=firing_since)


def wants_telling(state: AlertState, *, renotify_hours: float | None, now: datetime) -> bool:
    """Whether recipients are to hear of a state: it began to fire, fires on after so long, or is over."""
    if state.state == "firing":
        if state.told != "firing":
            return True
        if renotify_hours is None or state.told_at is None:
            return False
        return now - state.told_at >= timedelta(hours=renotify_hours)
    return state.state in {"recovered", "ok"} and state.told == "firing"


def is_broken(state: AlertState) -> bool:
    """Whether the owner is to hear that the rule itself cannot be judged, and has not yet."""
    return state.state in {"error", "no_data"} and state.told != state.state


def told(state: AlertState, now: datetime) -> AlertState:
    """The state after people have been told of it."""
    name: AlertStateName = "ok" if state.state == "recovered" else state.state
    count = state.told_count + 1 if state.state in {"firing", "error", "no_data"} else 0
    return replace(state, told=name, told_at=now, told_count=count)


def is_quiet(hours: str | None, now: datetime, zone: str) -> bool:
    """Whether a moment lies in quiet hours such as 22:00-07:00 of a time zone; they may pass midnight."""
    if hours is None:
        return False
    first, last = (time.fromisoformat(part) for part in hours.split("-"))
    local = now.astimezone(ZoneInfo(zone)).time()
    return first <= local < last if first <= last else local >= first or local < last
