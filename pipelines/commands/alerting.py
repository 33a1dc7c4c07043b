"""Commands on alerts: list, check, log."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from company.settings import load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson


def alert_list(as_json: AsJson = False) -> None:
    """The alerts of plumbline.yaml with their states."""
    from dashboards.alerts.state_store import AlertStates

    settings = load_settings()
    states = AlertStates(settings.folders.app).all()
    rows = []
    for name, alert in settings.alerts.items():
        own = [state for (of, _), state in states.items() if of == name]
        what = alert.metric or alert.condition or "cash outlook"
        worst = ", ".join(dict.fromkeys(state.state for state in own if state.state != "ok")) or "ok"
        since = max((state.since for state in own if state.state != "ok"), default=None)
        rows.append(
            [
                name,
                alert.kind,
                what,
                worst if own else "not looked at",
                f"{since:%Y-%m-%d %H:%M}" if since else "",
                ", ".join(alert.recipients),
            ]
        )
    _show(["alert", "kind", "on", "state", "since (UTC)", "recipients"], rows, as_json=as_json)


def alert_check(
    names: Annotated[list[str] | None, typer.Argument(help="Only these alerts.")] = None, as_json: AsJson = False
) -> None:
    """Judge the alerts now, keep their states, and tell whom it concerns.

    Exit 3 where one is firing or cannot be judged.
    """
    from pipelines import reports

    states, results = reports.check_alerts(load_settings(), tuple(names or ()))
    _show(
        ["alert", "member", "state", "since (UTC)", "detail"],
        [[s.alert, s.member, s.state, f"{s.since:%Y-%m-%d %H:%M}", s.detail] for s in states],
        as_json=as_json,
    )
    if not as_json:
        for result in results:
            terminal.say(f"{result.recipient}: {result.state} ({result.detail})")
    if any(state.state in {"firing", "error", "no_data"} for state in states):
        raise typer.Exit(terminal.EXIT_STALE)


def alert_log(
    name: Annotated[str | None, typer.Argument(help="Only of this alert.")] = None, as_json: AsJson = False
) -> None:
    """Every change of state, newest first."""
    from dashboards.alerts.state_store import AlertStates

    rows = [list(row) for row in AlertStates(load_settings().folders.app).log(name)]
    _show(["at (UTC)", "alert", "member", "before", "state", "detail"], rows, as_json=as_json)


def _show(columns: list[str], rows: list[list[str]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2, ensure_ascii=False))
    else:
        terminal.show_table("", columns, rows)
