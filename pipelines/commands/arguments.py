"""What commands read from their arguments: shared options, days, conditions, the sample's folder. Runs nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from company.errors import SettingsError
from company.settings import Settings
from company.source_settings import FileSource

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
DateFormat = Annotated[
    str | None,
    typer.Option("--date-format", metavar="FORM", help="Days in the file, such as %d.%m.%Y; left out: 2026-06-30."),
]
Decimals = Annotated[str, typer.Option("--decimal", metavar="SIGN", help="Decimal sign of amounts: . or ,")]
Port = Annotated[int, typer.Option(help="Port of the dashboards.")]


def sample_folder(settings: Settings) -> Path:
    folders = [source.folder for source in settings.sources.values() if isinstance(source, FileSource)]
    parents = {folder.parent for folder in folders}
    if set(settings.sources) != {"crm", "erp"} or len(folders) != 2 or {path.name for path in parents} != {"sample"}:
        raise SettingsError(
            f"{settings.file.name}: `plumbline demo` is for the sample company, whose sources crm and erp lie in one"
            " folder named sample; use `plumbline run` for your own"
        )
    return folders[0].parent


def day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option}: found {text!r}; allowed: a date such as 2026-06-30") from None


def conditions(texts: list[str]) -> dict[str, list[Any]]:
    conditions: dict[str, list[Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError(f"--where: found {text!r}; allowed: DIM=VALUE")
        conditions.setdefault(name, []).append(value or None)
    return conditions
