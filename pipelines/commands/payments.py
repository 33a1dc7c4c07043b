"""The command `plumbline payments`: reads arguments, calls `collecting`, shows what came of it.

Its parts are imported when it is called: SciPy would otherwise slow down every other command.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson, DateFormat, Decimals, day

if TYPE_CHECKING:
    from pipelines.collecting import PaymentTiming
    from pipelines.invoices import Invoices


def payments(  # noqa: PLR0917  # Typer reads options from parameters
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or XLSX, one row per invoice.")],
    customer: Annotated[str, typer.Option(help="Column of the customer.")],
    invoiced: Annotated[str, typer.Option(help="Column of the invoice day.")],
    due: Annotated[str, typer.Option(help="Column of the due date.")],
    settled: Annotated[str, typer.Option(help="Column of the day it was paid; empty while open.")],
    amount: Annotated[str, typer.Option(help="Column of the amount.")],
    segment: Annotated[str | None, typer.Option(help="Column that groups customers who pay alike.")] = None,
    disputed: Annotated[str | None, typer.Option(help="Column that marks disputed invoices.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Left out: the last day in the list.")
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, max=13, help="Weeks that the backtest judges.")] = 6,
    date_format: DateFormat = None,
    decimal: Decimals = ".",
    as_json: AsJson = False,
) -> None:
    """Payment timing on any list of invoices: rolling backtest against due dates, expected receipts with bands."""
    from pipelines.collecting import summary, time_payments
    from pipelines.invoices import Columns, read_invoices
    from pipelines.transactions import Writing

    columns = Columns(customer, invoiced, due, settled, amount, segment, disputed)
    given = read_invoices(file, columns, today=terminal.now().date(), writing=Writing(date_format, decimal))
    found = time_payments(given, as_of=day(as_of, "--as-of"), horizon=weeks)
    if as_json:
        typer.echo(json.dumps(summary(found, given, file=file.name), indent=2))
    else:
        _show(found, given, weeks)


def _show(found: PaymentTiming, given: Invoices, weeks: int) -> None:
    terminal.say(
        f"{given.rows:,} rows, {found.customers:,} customers; on {found.as_of} open: {found.open_invoices:,} invoices,"
        f" {found.open_amount:,.2f}"
    )
    for part in given.set_aside:
        terminal.say(f"set aside: {part.counted}, amount {part.amount or 0:,.2f}: {part.told}", style="yellow")
    if found.scores:
        terminal.show_table(
            f"Backtest: {found.scores[0].origins} weekly origins, {weeks} weeks each, of what was open then",
            ["method", "error by week", "week 1", "four weeks", "bias", "MASE", "in band of 80%", "before correction"],
            [
                [
                    score.method,
                    _percent(score.weekly_wape),
                    _percent(score.first_week_wape),
                    _percent(score.four_week_wape),
                    "" if score.bias is None else f"{score.bias:+.1%}",
                    "" if score.mase is None else f"{score.mase:.2f}",
                    _percent(score.coverage),
                    _percent(score.uncorrected_coverage),
                ]
                for score in found.scores
            ],
        )
    else:
        terminal.say("no backtest: the list is too short to judge by (half a year, and as many weeks as are judged)")
    if not found.open_invoices:
        terminal.say(f"nothing is open on {found.as_of}: nothing is expected; --as-of asks for an earlier day")
        return
    terminal.show_table(
        "Expected of what is open",
        ["week from", "expected", "at least (1 in 10 less)", "at most (1 in 10 more)", "by due dates"],
        [
            [str(week.week_on), *(f"{value:,.2f}" for value in (week.expected, week.low, week.high, week.by_due_date))]
            for week in found.weeks
        ],
    )
    terminal.say(f"expected later: {found.later:,.2f}")


def _percent(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1%}"
