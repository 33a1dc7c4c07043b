"""What a person sees at the terminal: rich on one, plain lines when piped, and errors without a traceback.

Knows values of every package and no way to change anything. Commands are in `cli`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from company.versions import Failure, RunRecord, SourceState

if TYPE_CHECKING:
    from pipelines.publish.versions import KeptVersion
    from pipelines.sources.source_check import SourceCheck
    from pipelines.status import CompanyStatus

EXIT_NOTHING_PUBLISHED, EXIT_CONFIGURATION, EXIT_STALE = 1, 2, 3

console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str, *, style: str | None = None) -> None:
    """One line for the reader, never taken for markup."""
    console.print(text, style=style, markup=False)


def complain(text: str) -> None:
    """One error on the error stream."""
    errors.print(f"error: {text}", style="red", markup=False)


@contextmanager
def progress() -> Iterator[Callable[[str, str], None]]:
    """Shows what a long command is at, on a terminal; says nothing when piped."""
    if not console.is_terminal:
        yield lambda _step, _detail: None
        return
    with console.status("starting") as status:
        yield lambda step, detail: status.update(f"{step}: [dim]{detail[:80]}[/dim]" if detail else step)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """A table: boxed on a terminal, tab-separated when piped so that other tools can cut it."""
    if not console.is_terminal:
        say("\t".join(columns))
        for row in rows:
            say("\t".join("" if cell is None else str(cell) for cell in row))
        return
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)


def show_run(record: RunRecord) -> None:
    """How a run ended: its steps, its failures with rows, its closing line."""
    if record.steps:
        rows = [
            [step.name, f"{step.seconds:.1f}", f"{step.cpu_seconds:.1f}", "" if step.rows is None else f"{step.rows:,}"]
            for step in record.steps
        ]
        show_table("", ["step", "seconds", "cpu seconds", "rows"], rows, right=["seconds", "cpu seconds", "rows"])
    for failure in record.failures:
        show_failure(failure)
    styles = {"published": "green", "nothing_to_do": "green", "failed": "red", "running": "yellow"}
    say(f"{record.status.replace('_', ' ')}: {record.message}", style=styles[record.status])
    for source in record.stale_sources:
        say(f"stale: {source} has not been read as recently as plumbline.yaml promises", style="yellow")


def show_failure(failure: Failure) -> None:
    """A failed check with the rows it failed on."""
    say(f"failed: {failure.check} on {failure.model}: {failure.message}", style="red")
    if failure.rows:
        columns = list(failure.rows[0])
        show_table("", columns, [[row.get(column) for column in columns] for row in failure.rows])


def show_status(state: CompanyStatus, *, now: datetime) -> None:
    """The state of a company: version, checks, sources, quarantine, runs, disk."""
    if state.current is None:
        say("nothing is published yet; run `plumbline run`")
    else:
        current, checks = state.current, state.current.checks
        say(f"current version {current.version}, as of {current.as_of}, made {ago(current.created_at, now=now)}")
        say(
            f"checks: {checks.passed} passed, {checks.warned} warned, {checks.failed} failed,"
            f" {checks.not_covered} not covered"
        )
        for warning in checks.warnings:
            say(f"warning: {warning.name}: {warning.message}", style="yellow")
        show_sources(current.sources, now=now)
    waiting = [[row.source, row.entity, row.reason, f"{row.rows:,}"] for row in state.quarantine]
    if waiting:
        show_table("Quarantine", ["source", "entity", "reason", "rows"], waiting, right=["rows"])
    runs = [[r.run_id, ago(r.started_at, now=now), r.status.replace("_", " "), r.message] for r in state.runs]
    if runs:
        show_table("Last runs", ["run", "started", "status", "message"], runs)
    disk = [[name, size(count)] for name, count in state.disk.items() if count]
    if disk:
        show_table("Disk", ["folder", "size"], disk, right=["size"])


def show_versions(kept: Sequence[KeptVersion], *, now: datetime) -> None:
    """The versions on disk, newest first."""
    rows = [
        [
            version.manifest.version,
            "current" if version.is_current else "",
            version.manifest.as_of,
            ago(version.manifest.created_at, now=now),
            size(version.bytes),
        ]
        for version in kept
    ]
    show_table("", ["version", "state", "as of", "made", "size"], rows, right=["size"])


def show_source_check(name: str, checked: SourceCheck) -> None:
    """What would be read from a source: a line per file, a line per column that needs a look."""
    for file in checked.files:
        state = f"refused: {file.refusal}" if file.refusal else f"{file.rows:,} rows, {len(file.mapped)} columns mapped"
        say(f"{name}: {file.file_name} -> {file.entity}: {state}", style="red" if file.refusal else None)
        for word, columns in (("missing", file.missing), ("doubtful", file.doubtful), ("unmapped", file.unmapped)):
            for column in columns:
                about = " ".join(part for part in (column.canonical, column.header and f"({column.header})") if part)
                examples = f": {', '.join(column.examples)}" if column.examples else ""
                note = f", {column.note}" if column.note else ""
                say(f"  {word}: {about}{note}{examples}", style="yellow" if word != "unmapped" else "dim")
    for file_name in checked.unmatched:
        say(f"{name}: {file_name}: no entry of the mapping matches it", style="yellow")
    for pattern in checked.without_file:
        say(f"{name}: {pattern}: no file matches", style="yellow")


def show_sources(sources: Sequence[SourceState], *, now: datetime) -> None:
    """Sources with how long ago each was read."""
    rows = [
        [
            source.name,
            ago(source.read_at, now=now),
            f"{source.fresh_within_hours:g} h",
            "stale" if is_stale(source, now=now) else "fresh",
        ]
        for source in sources
    ]
    show_table("Sources", ["source", "last read", "promised within", "state"], rows)


def is_stale(source: SourceState, *, now: datetime) -> bool:
    """Whether a source's promise is broken now, which may be long after the version was made."""
    if source.read_at is None:
        return True
    return source.stale or now - source.read_at > timedelta(hours=source.fresh_within_hours)


def ago(moment: datetime | None, *, now: datetime) -> str:
    """How long ago, in the largest whole unit."""
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count != 1 else ''} ago"
    return "just now"


def size(count: int) -> str:
    """Bytes for people."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def now() -> datetime:
    """The moment of a command, UTC. Commands read the clock here and hand it on."""
    return datetime.now(UTC)
