"""The commands `plumbline period lock | unlock | list | note | sign`: who closed which books, when, and what they said.

The rules are in `publish`.
"""

from __future__ import annotations

import getpass
from datetime import date
from typing import Annotated

import typer

from company.errors import SettingsError
from company.settings import load_settings
from pipelines.commands import terminal

Entity = Annotated[str, typer.Argument(metavar="ENTITY", help="The legal entity, such as FI01.")]
Period = Annotated[str, typer.Argument(metavar="PERIOD", help="Any day of the period, or its month: 2026-05.")]
By = Annotated[str | None, typer.Option(help="Who decides; left out: who is signed in on this machine.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What there is to say, kept with who and when.")]
Subject = Annotated[str, typer.Option("--on", help="A metric, statement line or task; left out: the whole period.")]
Note = Annotated[str, typer.Option(help="Why, kept with the decision.")]


def period_lock(entity: Entity, period: Period, by: By = None, note: Note = "") -> None:
    """Lock a period as it was published. The next run lists what is posted into it afterwards."""
    from pipelines.publish.lock import writing
    from pipelines.publish.period_locks import lock_period

    folders = load_settings().folders
    with writing(folders, "plumbline period lock"):
        done = lock_period(
            folders, entity_id=entity, period=_day(period), by=by or getpass.getuser(), note=note, at=terminal.now()
        )
    period_text = f"{done.entity_id} {done.period_on} to {done.period_end_on}"
    terminal.say(f"locked {period_text}, by {done.acted_by}; next: `plumbline run`")


def period_unlock(entity: Entity, period: Period, note: Note, by: By = None) -> None:
    """Open a locked period again. The lock, the reason and who gave it stay on record."""
    from pipelines.publish.lock import writing
    from pipelines.publish.period_locks import unlock_period

    folders = load_settings().folders
    with writing(folders, "plumbline period unlock"):
        done = unlock_period(
            folders, entity_id=entity, period=_day(period), by=by or getpass.getuser(), note=note, at=terminal.now()
        )
    terminal.say(f"unlocked {done.entity_id} {done.period_on} to {done.period_end_on}, by {done.acted_by}: {done.note}")


def period_note(entity: Entity, period: Period, text: Text, on: Subject = "", by: By = None) -> None:
    """Note something on a number or a task of a period: an explanation, or where the evidence lies."""
    from pipelines.publish.close_notes import add_note
    from pipelines.publish.lock import writing

    folders, who = load_settings().folders, by or getpass.getuser()
    with writing(folders, "plumbline period note"):
        done = add_note(
            folders, entity_id=entity, period=_day(period), subject=on, text=text, by=who, at=terminal.now()
        )
    about = f", on {done.subject}" if done.subject else ""
    terminal.say(f"noted {done.entity_id} {done.period_on}{about}, by {done.noted_by}; next: `plumbline run`")


def period_sign(entity: Entity, period: Period, by: By = None, note: Note = "") -> None:
    """Sign the board pack of a period as it is published."""
    from pipelines.publish.close_notes import sign_off
    from pipelines.publish.lock import writing

    folders, who = load_settings().folders, by or getpass.getuser()
    with writing(folders, "plumbline period sign"):
        done = sign_off(folders, entity_id=entity, period=_day(period), text=note, by=who, at=terminal.now())
    terminal.say(f"signed {done.entity_id} {done.period_on}, by {done.noted_by}, version {done.version}")


def period_list() -> None:
    """Every decision, oldest first."""
    from pipelines.publish.period_locks import read_locks

    for decision in read_locks(load_settings().folders):
        moment = f"{decision.acted_at:%Y-%m-%d %H:%M}"
        terminal.say(
            f"{moment} {decision.action:<6} {decision.entity_id} {decision.period_on} by {decision.acted_by}"
            + (f": {decision.note}" if decision.note else "")
        )


def _day(text: str) -> date:
    month = len(text) == len("2026-05")
    try:
        return date.fromisoformat(f"{text}-01" if month else text)
    except ValueError:
        raise SettingsError(f"PERIOD: found {text!r}; allowed: a month such as 2026-05, or a day in it") from None
