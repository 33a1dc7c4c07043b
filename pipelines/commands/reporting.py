"""Commands on reports: list, preview, send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from company.settings import load_settings
from pipelines.commands import terminal


def report_list() -> None:
    """The reports of plumbline.yaml."""
    settings = load_settings()
    rows = [
        [name, report.schedule, report.time_zone or settings.company.time_zone, ", ".join(report.recipients)]
        for name, report in settings.reports.items()
    ]
    terminal.show_table("", ["report", "schedule", "time zone", "recipients"], rows)


def report_preview(name: str, output: Annotated[Path, typer.Option(help="A folder for the files.")]) -> None:
    """Write a report's mail, PDF and workbook to a folder; nothing is sent."""
    from pipelines import reports

    for path in reports.preview(load_settings(), name, output):
        terminal.say(f"wrote {path}")


def report_send(
    name: str, to: Annotated[list[str] | None, typer.Option("--to", help="Only to this address.")] = None
) -> None:
    """Send a report now: to its recipients, once per period, or to an address."""
    from pipelines import reports

    for line in reports.send(load_settings(), name, to=tuple(to or ())):
        terminal.say(line)
