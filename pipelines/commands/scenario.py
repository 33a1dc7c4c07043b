"""The commands `plumbline scenario add | list | remove | compare`. Rules are in `publish`, figures in the marts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from company.settings import load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson

Name = Annotated[str, typer.Argument(metavar="NAME", help="A scenario that is kept, or base.")]


def scenario_add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML: name, stack, edits.")],
) -> None:
    """Check a scenario against what is published, and keep it. The next run projects it."""
    from pipelines.publish.lock import writing
    from pipelines.publish.scenario_text import told
    from pipelines.publish.scenarios import keep_scenario

    folders = load_settings().folders
    with writing(folders, "plumbline scenario add"):
        scenario = keep_scenario(folders, file)
    for edit in scenario.edits:
        terminal.say(told(edit))
    terminal.say(f"kept {scenario.name}; next: `plumbline run`")


def scenario_list() -> None:
    """Every scenario that is kept, with its edits in words."""
    from pipelines.publish.scenario_text import told
    from pipelines.publish.scenarios import kept_scenarios

    for scenario in kept_scenarios(load_settings().folders).values():
        stacked = f" after {', '.join(scenario.stack)}" if scenario.stack else ""
        terminal.say(f"{scenario.name}{stacked}: {'; '.join(told(edit) for edit in scenario.edits) or 'no edits'}")


def scenario_remove(name: Name) -> None:
    """Forget a scenario. The next run projects it no more."""
    from pipelines.publish.lock import writing
    from pipelines.publish.scenarios import remove_scenario

    folders = load_settings().folders
    with writing(folders, "plumbline scenario remove"):
        remove_scenario(folders, name)
    terminal.say(f"removed {name}; next: `plumbline run`")


def scenario_compare(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Scenarios of the published version.")],
    as_json: AsJson = False,
) -> None:
    """Scenarios of the published version side by side with base: lowest balance, chance to fall below, runway."""
    from pipelines.publish.scenarios import compared_scenarios

    rows = compared_scenarios(load_settings().folders, names)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    columns = list(rows[0])
    terminal.show_table(
        "Scenarios, whole company and by entity",
        columns,
        [[_shown(row[column]) for column in columns] for row in rows],
        right=columns[2:],
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
