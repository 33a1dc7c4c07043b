"""Commands on accounts: draft."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from company.errors import VersionError
from company.settings import load_settings
from pipelines.commands import terminal


def accounts_draft(
    output: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("account_classes.csv"),
    every: Annotated[bool, typer.Option("--all", help="Every account, not only those without a class.")] = False,
) -> None:
    """Draft a class for accounts that have none, from their names, types and numbers, largest amounts first."""
    from dashboards.published import current
    from pipelines.accounts import LedgerAccount, draft_account_classes, write_draft

    settings = load_settings()
    version = current(settings.folders, None)
    if version is None:
        raise VersionError("nothing is published yet; run `plumbline run`")
    rows = version.cursor().execute(
        "select source_system, account_code, name, source_account_type, moved_rpt from finance.account_classification"
        + ("" if every else " where is_unclassified")
    )
    drafted = draft_account_classes(LedgerAccount(*row) for row in rows.fetchall())
    write_draft(output, drafted)
    typed = sum(1 for row in drafted if row.account_type)
    terminal.say(f"{output}: {len(drafted):,} accounts, {typed:,} with a class to check; edit it, then name it in")
    terminal.say(f"{settings.file.name} as `accounts: {output}` and run `plumbline run`")
