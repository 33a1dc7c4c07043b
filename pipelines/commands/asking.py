"""Commands that ask the published numbers: query, metric, metrics."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from company.errors import SettingsError, VersionError
from company.settings import Settings, load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson, conditions, day

if TYPE_CHECKING:
    from dashboards.metrics import Metrics
    from dashboards.published import PublishedVersion

FORMATS = ("table", "csv", "json", "parquet")


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.")],
    as_user: Annotated[str | None, typer.Option("--as", metavar="USER", help="Read what this user may see.")] = None,
    output_format: Annotated[str, typer.Option("--format", help=" | ".join(FORMATS))] = "table",
    output: Annotated[Path | None, typer.Option(help="Write the result to a file.")] = None,
) -> None:
    """Ask the current version in SQL, sandboxed."""
    from company.roles import resolve
    from dashboards.workbench.query import run_query

    if output_format not in FORMATS:
        raise SettingsError(f"--format: found {output_format!r}; allowed: {', '.join(FORMATS)}")
    settings = load_settings()
    access = resolve(settings, as_user) if as_user is not None else None
    result = run_query(settings, sql, access=access, format=output_format, output=output)  # type: ignore[arg-type]  # checked above
    if output is None:
        sys.stdout.buffer.write(result.encode())
        sys.stdout.flush()
    else:
        terminal.errors.print(f"wrote {result.table.num_rows:,} rows to {output}", markup=False)
    if result.note:
        terminal.errors.print(result.note, markup=False)


def metric(  # noqa: PLR0917  # Typer reads options from parameters
    name: Annotated[str, typer.Argument(help="See `plumbline metrics`.")],
    by: Annotated[list[str] | None, typer.Option(help="A dimension; may be given again.")] = None,
    grain: Annotated[str | None, typer.Option(help="day, week, month, quarter or year; left out: one value.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE")] = None,
    where: Annotated[list[str] | None, typer.Option(metavar="DIM=VALUE", help="May be given again.")] = None,
    as_user: Annotated[str | None, typer.Option("--as", metavar="USER", help="Read what this user may see.")] = None,
    as_json: AsJson = False,
) -> None:
    """The value of a declared metric, as the pages and mails show it."""
    from dashboards.format import Display
    from dashboards.metrics import GRAINS

    if grain is not None and grain not in GRAINS:
        raise SettingsError(f"--grain: found {grain!r}; allowed: {', '.join(GRAINS)}")
    settings = load_settings()
    version, asked = _metrics(settings, as_user)
    definition = asked.definition(name)
    bounds: dict[str, Any] = {
        "first": day(first, "--from"),
        "last": day(last, "--to"),
        "where": conditions(where or []),
    }
    if grain is not None:
        table = asked.series(name, grain=grain, by=by or (), **bounds)  # type: ignore[arg-type]  # checked above
    else:
        table = asked.breakdown(name, by or (), **bounds)
    rows = table.to_pylist()
    currency = version.manifest.reporting_currency
    if as_json:
        about = {"metric": name, "unit": definition.unit, "currency": currency, "version": version.version}
        typer.echo(json.dumps({**about, "as_of": version.manifest.as_of, "rows": rows}, indent=2, default=str))
        return
    display = Display(settings.company.number_formats, currency)
    columns = [column for column in table.column_names if column in ("period_on", "value", *(by or ()))]
    shown = [{**row, "value": display.value(row["value"], definition.unit)} for row in rows]
    title = f"{definition.label}, as of {version.manifest.as_of}"
    terminal.show_table(title, columns, [[row[c] for c in columns] for row in shown], right=["value"])


def metrics(as_json: AsJson = False) -> None:
    """The declared metrics of the current version."""
    _, asked = _metrics(load_settings(), None)
    definitions = list(asked.catalogue.values())
    fields = ("name", "label", "unit", "good", "owner", "description", "beware")
    if as_json:
        content = [{field: getattr(d, field) for field in fields} | {"dimensions": d.dimensions} for d in definitions]
        typer.echo(json.dumps(content, indent=2))
        return
    rows = [[d.name, d.label, d.unit, d.good, d.owner, ", ".join(d.dimensions)] for d in definitions]
    terminal.show_table("", ["metric", "label", "unit", "good", "owner", "dimensions"], rows)


def _metrics(settings: Settings, user: str | None) -> tuple[PublishedVersion, Metrics]:
    from company.roles import resolve
    from dashboards.metrics import Catalogue, Metrics
    from dashboards.published import current

    version = current(settings.folders, resolve(settings, user).profile_hash if user is not None else None)
    if version is None:
        raise VersionError("nothing is published yet; run `plumbline run`")
    cursor = version.cursor()
    return version, Metrics(cursor, Catalogue.read(cursor), as_of=version.manifest.as_of)
