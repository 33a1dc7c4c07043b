"""The command `plumbline value`: reads arguments, calls `valuation`, shows what came of it.

Its parts are imported when it is called: SciPy would otherwise slow down every other command.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from company.errors import SettingsError
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson, DateFormat, Decimals, day

UNITS = ("week", "day", "month")


def value(  # noqa: PLR0917  # Typer reads options from parameters
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or XLSX, one row per transaction.")],
    customer: Annotated[str, typer.Option(help="Column of the customer.")],
    date_column: Annotated[str, typer.Option("--date", help="Column of the day.")],
    amount: Annotated[str | None, typer.Option(help="Column of the amount; left out: orders are counted only.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day the models see; later rows judge.")
    ] = None,
    unit: Annotated[str, typer.Option(help=" | ".join(UNITS))] = "week",
    months: Annotated[int, typer.Option(min=1, help="How far ahead customers are valued.")] = 12,
    discount: Annotated[float, typer.Option(min=0, help="Yearly rate; 0.1 is ten per cent.")] = 0.1,
    date_format: DateFormat = None,
    decimal: Decimals = ".",
    output: Annotated[Path | None, typer.Option(help="Every customer, to a .csv or .parquet file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Customer value on any list of transactions: parameters, holdout score beside the naive rival, customers."""
    from pipelines.commands.valuation_report import show_valuation
    from pipelines.transactions import Writing, read_transactions
    from pipelines.valuation import summary, value_transactions

    if unit not in UNITS:
        raise SettingsError(f"--unit: found {unit!r}; allowed: {', '.join(UNITS)}")
    if output is not None and output.suffix not in {".csv", ".parquet"}:
        raise SettingsError(f"--output: found {output.name!r}; allowed: a file ending in .csv or .parquet")
    given = read_transactions(
        file,
        customer=customer,
        day=date_column,
        amount=amount,
        today=terminal.now().date(),
        writing=Writing(date_format, decimal),
    )
    found = value_transactions(given, until=day(until, "--until"), unit=unit, months=months, yearly_discount=discount)
    if output is not None:
        (found.values.write_csv if output.suffix == ".csv" else found.values.write_parquet)(output)
    if as_json:
        typer.echo(json.dumps(summary(found, given, file=file.name), indent=2))
    else:
        show_valuation(found, given)
    if output is not None:
        terminal.errors.print(f"wrote {found.values.height:,} customers to {output}", markup=False)
