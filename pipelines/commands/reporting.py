"""Commands on reports: list, kinds, preview, send, log, open, resend."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from company.settings import load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson

if TYPE_CHECKING:
    from dashboards.reports.desk import Result
    from dashboards.reports.store import Delivery

Period = Annotated[str, typer.Option(help="The period, as `plumbline report log` shows it.")]
To = Annotated[str, typer.Option("--to", help="The recipient's address.")]


def report_list(as_json: AsJson = False) -> None:
    """The reports of plumbline.yaml, and those that ship and are not switched on."""
    from dashboards.reports.declared import declared, known_reports
    from dashboards.reports.recipients import addresses

    settings = load_settings()
    rows = []
    for name in known_reports(settings):
        report = declared(settings, name)
        people = addresses(settings, report.recipients)
        zone = report.time_zone or settings.company.time_zone
        is_on = name in settings.reports
        rows.append([name, "on" if is_on else "off", report.schedule, zone, report.repeats, ", ".join(people)])
    columns = ["report", "state", "schedule", "time zone", "every", "recipients"]
    if as_json:
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2))
    else:
        terminal.show_table("", columns, rows)


def report_kinds() -> None:
    """The kinds of sections that a report can be made of."""
    from dashboards.reports.sections import KINDS

    terminal.show_table("", ["kind", "what it shows"], [[kind.name, kind.about] for kind in KINDS.values()])


def report_preview(
    name: str,
    output: Annotated[Path, typer.Option(help="A folder for the files.")],
    person: Annotated[str | None, typer.Option("--as", metavar="USER", help="As this recipient would get it.")] = None,
) -> None:
    """Write a report's mail, PDF and workbook to a folder; nothing is sent."""
    from pipelines import reports

    for path in reports.preview(load_settings(), name, output, person=person):
        terminal.say(f"wrote {path}")


def report_send(
    name: str, to: Annotated[list[str] | None, typer.Option("--to", help="Only to this address.")] = None
) -> None:
    """Send a report now: to its recipients, once per period, or to an address.

    Exit 1 where a mail was refused, is unknown or has expired.
    """
    from pipelines import reports

    _told(reports.send(load_settings(), name, to=tuple(to or ())))


def report_log(
    name: Annotated[str | None, typer.Argument(help="Only of this report.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only in this state; may be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every mail: its period, recipient, state, attempts, version, and what the server said."""
    from dashboards.reports.store import STATES, Store

    settings = load_settings()
    wanted = tuple(known for known in STATES if not state or known in state)
    found = Store(settings.folders.app).deliveries(name, states=wanted) if wanted else ()
    if as_json:
        typer.echo(json.dumps([_plain(mail) for mail in found], indent=2))
        return
    columns = ["report", "period", "recipient", "state", "attempts", "at (UTC)", "version", "detail"]
    rows = [
        [
            mail.report,
            mail.period,
            mail.recipient,
            mail.state,
            str(mail.attempts),
            f"{mail.updated_at:%Y-%m-%d %H:%M}",
            mail.version,
            mail.detail,
        ]
        for mail in found
    ]
    terminal.show_table("", columns, rows)


def report_open(
    name: str, period: Period, to: To, output: Annotated[Path, typer.Option(help="The .eml file to write.")]
) -> None:
    """Write a mail to a file exactly as it was sent, byte for byte."""
    from pipelines import reports

    data = reports.archived(load_settings(), name, period=period, recipient=to.lower())
    output.write_bytes(data)
    terminal.say(f"wrote {output}")


def report_resend(name: str, period: Period, to: To) -> None:
    """Send a mail again that is unknown, rejected, expired or cancelled. Who got an unknown one gets it twice."""
    from pipelines import reports

    _told(reports.resend(load_settings(), name, period=period, recipient=to.lower()))


def _told(results: Sequence[Result]) -> None:
    for result in results:
        terminal.say(f"{result.recipient}: {result.state} ({result.detail})")
    if any(result.is_news and result.state in {"rejected", "unknown", "expired"} for result in results):
        raise typer.Exit(terminal.EXIT_NOTHING_PUBLISHED)


def _plain(mail: Delivery) -> dict[str, object]:
    return {
        "report": mail.report,
        "period": mail.period,
        "recipient": mail.recipient,
        "state": mail.state,
        "attempts": mail.attempts,
        "message_id": mail.message_id,
        "version": mail.version,
        "content_sha256": mail.content,
        "updated_at": mail.updated_at.isoformat(),
        "deadline": mail.deadline.isoformat() if mail.deadline else None,
        "next_attempt_at": mail.next_attempt_at.isoformat() if mail.next_attempt_at else None,
        "detail": mail.detail,
    }
