"""The command `plumbline`: reads arguments, calls one part, shows what came of it. No rule of any part lives here.

Commands import what they need when they are called, so that `--help` and a run with nothing to do cost next to nothing.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from company.errors import CompanyError, SettingsError, VersionError
from company.settings import Settings, load_settings
from pipelines import terminal
from pipelines.arguments import conditions, day, sample_folder
from pipelines.period_commands import period_app

if TYPE_CHECKING:
    from dashboards.metrics import Metrics
    from dashboards.published import PublishedVersion

app = typer.Typer(
    name="plumbline",
    help="What did we sell, what did we keep, and what cash comes next?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
source_app = typer.Typer(help="Sources: what would be read, and what is missing.", no_args_is_help=True)
report_app = typer.Typer(help="Reports: list, preview, send.", no_args_is_help=True)
app.add_typer(source_app, name="source")
app.add_typer(report_app, name="report")
app.add_typer(period_app, name="period")

Day = Annotated[str | None, typer.Option(metavar="DATE", help="Such as 2026-06-30.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Port = Annotated[int, typer.Option(help="Port of the dashboards.")]
FORMATS = ("table", "csv", "json", "parquet")


def main() -> None:
    """Run a command. A person's mistake ends in one line and an exit code; only a fault of ours shows a traceback."""
    try:
        app()
    except Exception as error:  # told apart by `_exit_code`; what is not ours is raised again
        code = _exit_code(error)
        if code is None:
            raise
        for line in str(error).splitlines() or [type(error).__name__]:
            terminal.complain(line)
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """The exit code of an error of ours; None for a fault in the program."""
    from pipelines.canonical import CanonicalError
    from pipelines.landing.errors import LandingError
    from pipelines.publish.errors import PublishError
    from pipelines.serving import ServingError
    from pipelines.sources.errors import MappingError, SourceError
    from pipelines.warehouse.errors import WarehouseError

    if isinstance(error, SettingsError | MappingError):
        return terminal.EXIT_CONFIGURATION
    known = (CompanyError, PublishError, WarehouseError, LandingError, SourceError, CanonicalError, ServingError)
    if isinstance(error, known) or type(error).__module__.startswith("dashboards."):
        return terminal.EXIT_NOTHING_PUBLISHED
    return None


# -- the pipeline ------------------------------------------------------------------------------------------------------


@app.command()
def demo(
    scale: Annotated[float, typer.Option(help="1 makes about 100,000 journal lines.")] = 1,
    serve: Annotated[bool, typer.Option(help="Serve the dashboards afterwards.")] = True,
    port: Port = 8501,
) -> None:
    """Make the sample company if it is missing, run, publish, then serve the dashboards."""
    settings = load_settings()
    folder = sample_folder(settings)
    if not any((folder / name).is_dir() for name in ("crm", "erp")):
        write_sample_company(folder, scale=Decimal(str(scale)), seed=7, until=settings.company.as_of, mess=False)
    code = _run(settings)
    if code == terminal.EXIT_NOTHING_PUBLISHED:
        raise typer.Exit(code)
    if serve:
        _serve(settings, port=port, schedules=False, dagster_ui=False)


@app.command()
def run(
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="The day the numbers speak for.")] = None,
    full_refresh: Annotated[bool, typer.Option(help="Build everything again from landing.")] = False,
    source: Annotated[list[str] | None, typer.Option(help="Land only this source; may be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Land what is new, build, check, publish.

    Exit 0 published or nothing to do; 3 with stale sources, named; 1 nothing published; 2 wrong configuration.
    """
    wanted = day(as_of, "--as-of")
    raise typer.Exit(
        _run(load_settings(), as_of=wanted, full_refresh=full_refresh, sources=tuple(source or ()), as_json=as_json)
    )


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder for the new company.")],
    exports: Annotated[list[Path] | None, typer.Argument(help="Exports, or folders of them, to draft from.")] = None,
    name: Annotated[str, typer.Option(help="The company's name.")] = "My company",
    currency: Annotated[str, typer.Option(help="The reporting currency.")] = "EUR",
    time_zone: Annotated[str, typer.Option(help="The company's time zone.")] = "UTC",
) -> None:
    """Start a new company: a commented plumbline.yaml, its folders, and mappings drafted from the headers of files."""
    from pipelines.company_folder import make_company_folder

    for path in make_company_folder(folder, exports or (), name=name, currency=currency, time_zone=time_zone):
        terminal.say(f"wrote {path}")
    terminal.say(f"next: read the mappings through, then `plumbline source check` in {folder}")


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    scale: Annotated[float, typer.Option(help="1 makes about 100,000 journal lines.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="The last day of the exports.")] = None,
    mess: Annotated[bool, typer.Option(help="With the bad rows that real exports have.")] = False,
) -> None:
    """Write the sample company's exports, and its truth/ folder."""
    write_sample_company(folder, scale=Decimal(str(scale)), seed=seed, until=day(until, "--until"), mess=mess)


# -- asking ------------------------------------------------------------------------------------------------------------


@app.command()
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


@app.command()
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


@app.command()
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


# -- reports -----------------------------------------------------------------------------------------------------------


@report_app.command("list")
def report_list() -> None:
    """The reports of plumbline.yaml."""
    settings = load_settings()
    rows = [
        [name, report.schedule, report.time_zone or settings.company.time_zone, ", ".join(report.recipients)]
        for name, report in settings.reports.items()
    ]
    terminal.show_table("", ["report", "schedule", "time zone", "recipients"], rows)


@report_app.command("preview")
def report_preview(name: str, output: Annotated[Path, typer.Option(help="A folder for the files.")]) -> None:
    """Write a report's mail, PDF and workbook to a folder; nothing is sent."""
    from pipelines import reports

    for path in reports.preview(load_settings(), name, output):
        terminal.say(f"wrote {path}")


@report_app.command("send")
def report_send(
    name: str, to: Annotated[list[str] | None, typer.Option("--to", help="Only to this address.")] = None
) -> None:
    """Send a report now: to its recipients, once per period, or to an address."""
    from pipelines import reports

    for line in reports.send(load_settings(), name, to=tuple(to or ())):
        terminal.say(line)


# -- versions ----------------------------------------------------------------------------------------------------------


@app.command()
def status(as_json: AsJson = False) -> None:
    """Sources and freshness, last runs, checks, quarantine, current version, disk."""
    from pipelines.status import company_status

    state = company_status(load_settings())
    if as_json:
        typer.echo(state.model_dump_json(indent=2))
        return
    terminal.show_status(state, now=terminal.now())


@app.command()
def versions(as_json: AsJson = False) -> None:
    """The published versions on disk, newest first."""
    from pipelines.publish.versions import kept_versions

    kept = kept_versions(load_settings().folders)
    if as_json:
        content = [
            {**json.loads(k.manifest.model_dump_json()), "bytes": k.bytes, "is_current": k.is_current} for k in kept
        ]
        typer.echo(json.dumps(content, indent=2))
        return
    terminal.show_versions(kept, now=terminal.now())


@app.command()
def rollback(version: Annotated[str, typer.Argument(help="See `plumbline versions`.")]) -> None:
    """Make readers see an older version. It stays until a run publishes from something new."""
    from pipelines.publish.lock import writing
    from pipelines.publish.versions import move_pointer

    folders = load_settings().folders
    with writing(folders, "plumbline rollback"):
        move_pointer(folders, version, at=terminal.now(), reason="rollback")
    terminal.say(f"current version: {version}")


@app.command()
def publish(
    profiles: Annotated[
        bool, typer.Option("--profiles", help="Write the access profiles of the current version again.")
    ] = False,
) -> None:
    """Write the access profiles of the current version again, after roles or users have changed."""
    from pipelines.publish.lock import writing
    from pipelines.publish.renewal import renew_profiles

    if not profiles:
        raise SettingsError("publish: nothing to do; `plumbline run` publishes numbers, `--profiles` access files")
    settings = load_settings()
    with writing(settings.folders, "plumbline publish --profiles"):
        manifest = renew_profiles(settings)
    terminal.say(f"{len(manifest.profiles)} profiles written for version {manifest.version}")


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option(min=1, help="Left out: `publish.keep` of plumbline.yaml.")] = None,
) -> None:
    """Delete all but the newest versions; the current one always stays."""
    from pipelines.publish.lock import writing
    from pipelines.publish.versions import prune as prune_versions
    from pipelines.publish.versions import reconcile

    settings = load_settings()
    with writing(settings.folders, "plumbline prune"):
        reconcile(settings.folders, at=terminal.now())
        gone = prune_versions(settings.folders, keep=keep or settings.publish.keep)
    for version in gone:
        terminal.say(f"deleted {version}")
    terminal.say(f"{len(gone)} versions deleted")


@app.command()
def backup(file: Path) -> None:
    """Write an archive of what cannot be made again: settings, mappings, landing, history, app, secrets."""
    from pipelines.publish.backup import write_backup
    from pipelines.publish.lock import writing

    settings = load_settings()
    with writing(settings.folders, "plumbline backup"):
        summary = write_backup(settings, file, at=terminal.now())
    terminal.say(f"wrote {file}: {summary.files:,} files, {terminal.size(summary.bytes)} before compression")


@app.command()
def restore(file: Path) -> None:
    """Put a backup back into an empty data folder; the next run builds and publishes from it."""
    from pipelines.publish.backup import restore_backup, settings_of_backup
    from pipelines.publish.lock import writing

    settings = settings_of_backup(file, Path.cwd())
    with writing(settings.folders, "plumbline restore"):
        summary = restore_backup(file, folders=settings.folders, root=settings.root)
    terminal.say(f"restored {summary.files:,} files, {terminal.size(summary.bytes)}; next: `plumbline run`")


# -- sources and servers -----------------------------------------------------------------------------------------------


@source_app.command("check")
def source_check(name: Annotated[str | None, typer.Argument(help="Left out: every source.")] = None) -> None:
    """What would be read, which columns are unmapped, missing or doubtful, with examples."""
    from pipelines.landing import check_source

    settings = load_settings()
    if name is not None and name not in settings.sources:
        raise SettingsError(f"source {name}: no such source; known: {', '.join(settings.sources) or 'none'}")
    clean = True
    for source in [name] if name is not None else settings.sources:
        checked = check_source(settings, source)
        terminal.show_source_check(source, checked)
        clean = clean and checked.is_clean
    if not clean:
        raise typer.Exit(terminal.EXIT_NOTHING_PUBLISHED)


@app.command()
def serve(
    port: Port = 8501,
    schedules: Annotated[bool, typer.Option(help="Run schedules and sensors too.")] = True,
    with_dagster_ui: Annotated[bool, typer.Option(help="Dagster's pages at http://127.0.0.1:3000.")] = False,
) -> None:
    """Serve the dashboards, and run schedules and sensors."""
    _serve(load_settings(), port=port, schedules=schedules, dagster_ui=with_dagster_ui)


# -- shared by commands ------------------------------------------------------------------------------------------------


def write_sample_company(folder: Path, *, scale: Decimal, seed: int, until: date | None, mess: bool) -> None:
    """Write the sample company and say what it holds."""
    from pipelines.sample.write import DEFAULT_UNTIL, write_sample

    if scale <= 0:
        raise SettingsError(f"--scale: found {scale}; allowed: a number above 0")
    with terminal.progress() as show:
        summary = write_sample(
            folder,
            scale=scale,
            seed=seed,
            until=until or DEFAULT_UNTIL,
            mess=mess,
            on_progress=lambda text: show("sample company", text),
        )
    files = len(summary.rows)
    terminal.say(f"sample company in {folder}: {files} files, {summary.journal_lines:,} journal lines")


def _run(
    settings: Settings,
    *,
    as_of: date | None = None,
    full_refresh: bool = False,
    sources: tuple[str, ...] = (),
    as_json: bool = False,
) -> int:
    """Run, show, and give the exit code. A fault of ours is raised with its traceback."""
    from pipelines.publish.run import RunHooks, RunRequest
    from pipelines.runner import run_once

    with terminal.progress() as show:
        request = RunRequest(as_of=as_of, full_refresh=full_refresh, sources=sources)
        outcome = run_once(settings, request, hooks=RunHooks(progress=show))
    record, error = outcome.record, outcome.error
    if as_json:
        typer.echo(record.model_dump_json(indent=2))
    else:
        terminal.show_run(record)
    if record.status != "failed":
        return terminal.EXIT_STALE if record.stale_sources else 0
    code = _exit_code(error) if isinstance(error, Exception) else terminal.EXIT_NOTHING_PUBLISHED
    if error is not None and code is None:
        raise error
    return code or terminal.EXIT_NOTHING_PUBLISHED


def _serve(settings: Settings, *, port: int, schedules: bool, dagster_ui: bool) -> None:
    from dashboards.app import serve_command
    from pipelines import serving

    servers = [serving.Server("dashboards", serve_command(port=port))]
    if schedules:
        servers.append(serving.schedules_server())
    if dagster_ui:
        servers.append(serving.dagster_ui_server(3000))

    def ready() -> None:
        terminal.say(f"dashboards: http://127.0.0.1:{port}", style="bold")
        if dagster_ui:
            terminal.say("dagster: http://127.0.0.1:3000")
        terminal.say("stop with Ctrl-C")

    serving.serve(settings, servers, on_ready=ready)


def _metrics(settings: Settings, user: str | None) -> tuple[PublishedVersion, Metrics]:
    from company.roles import resolve
    from dashboards.metrics import Catalogue, Metrics
    from dashboards.published import current

    version = current(settings.folders, resolve(settings, user).profile_hash if user is not None else None)
    if version is None:
        raise VersionError("nothing is published yet; run `plumbline run`")
    cursor = version.cursor()
    return version, Metrics(cursor, Catalogue.read(cursor), as_of=version.manifest.as_of)


if __name__ == "__main__":
    main()
