"""Commands on sources: check."""

from __future__ import annotations

from typing import Annotated

import typer

from company.errors import SettingsError
from company.settings import load_settings
from pipelines.commands import terminal


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
