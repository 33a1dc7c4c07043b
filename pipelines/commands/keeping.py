"""Commands on what is kept: status, versions, rollback, publish, prune, backup, restore."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from company.errors import SettingsError
from company.settings import load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson


def status(as_json: AsJson = False) -> None:
    """Sources and freshness, last runs, checks, quarantine, current version, disk."""
    from pipelines.status import company_status

    state = company_status(load_settings())
    if as_json:
        typer.echo(state.model_dump_json(indent=2))
        return
    terminal.show_status(state, now=terminal.now())


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


def rollback(version: Annotated[str, typer.Argument(help="See `plumbline versions`.")]) -> None:
    """Make readers see an older version. It stays until a run publishes from something new."""
    from pipelines.publish.lock import writing
    from pipelines.publish.versions import move_pointer

    folders = load_settings().folders
    with writing(folders, "plumbline rollback"):
        move_pointer(folders, version, at=terminal.now(), reason="rollback")
    terminal.say(f"current version: {version}")


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


def backup(file: Path) -> None:
    """Write an archive of what cannot be made again: settings, mappings, landing, history, app, secrets."""
    from pipelines.publish.backup import write_backup
    from pipelines.publish.lock import writing

    settings = load_settings()
    with writing(settings.folders, "plumbline backup"):
        summary = write_backup(settings, file, at=terminal.now())
    terminal.say(f"wrote {file}: {summary.files:,} files, {terminal.size(summary.bytes)} before compression")


def restore(file: Path) -> None:
    """Put a backup back into an empty data folder; the next run builds and publishes from it."""
    from pipelines.publish.backup import restore_backup, settings_of_backup
    from pipelines.publish.lock import writing

    settings = settings_of_backup(file, Path.cwd())
    with writing(settings.folders, "plumbline restore"):
        summary = restore_backup(file, folders=settings.folders, root=settings.root)
    terminal.say(f"restored {summary.files:,} files, {terminal.size(summary.bytes)}; next: `plumbline run`")
