"""Commands that make numbers and serve them: demo, init, sample, run, serve."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from company.errors import SettingsError
from company.settings import Settings, load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson, Port, day, sample_folder
from pipelines.commands.failures import exit_code


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


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    scale: Annotated[float, typer.Option(help="1 makes about 100,000 journal lines.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="The last day of the exports.")] = None,
    mess: Annotated[bool, typer.Option(help="With the bad rows that real exports have.")] = False,
) -> None:
    """Write the sample company's exports, and its truth/ folder."""
    write_sample_company(folder, scale=Decimal(str(scale)), seed=seed, until=day(until, "--until"), mess=mess)


def serve(
    port: Port = 8501,
    address: Annotated[
        str, typer.Option(help="Where to listen; another than this machine needs sign_in.")
    ] = "127.0.0.1",
    schedules: Annotated[bool, typer.Option(help="Run schedules and sensors too.")] = True,
    with_dagster_ui: Annotated[bool, typer.Option(help="Dagster's pages at http://127.0.0.1:3000.")] = False,
) -> None:
    """Serve the dashboards, and run schedules and sensors."""
    _serve(load_settings(), port=port, address=address, schedules=schedules, dagster_ui=with_dagster_ui)


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
    code = exit_code(error) if isinstance(error, Exception) else terminal.EXIT_NOTHING_PUBLISHED
    if error is not None and code is None:
        raise error
    return code or terminal.EXIT_NOTHING_PUBLISHED


def _serve(settings: Settings, *, port: int, schedules: bool, dagster_ui: bool, address: str = "127.0.0.1") -> None:
    from dashboards.app import check_start, serve_command
    from pipelines import serving

    check_start(settings, address)
    servers = [serving.Server("dashboards", serve_command(port=port, address=address))]
    if schedules:
        servers.append(serving.schedules_server())
    if dagster_ui:
        servers.append(serving.dagster_ui_server(3000))

    def ready() -> None:
        shown = settings.sign_in.address if settings.sign_in else f"http://127.0.0.1:{port}"
        terminal.say(f"dashboards: {shown}", style="bold")
        if dagster_ui:
            terminal.say("dagster: http://127.0.0.1:3000")
        terminal.say("stop with Ctrl-C")

    serving.serve(settings, servers, on_ready=ready)
