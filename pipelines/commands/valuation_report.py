"""What a person sees of `plumbline value`: tables and words from a valuation. Computes nothing, reads nothing."""

from __future__ import annotations

from pipelines.commands import terminal
from pipelines.statistics.customer_value.estimation import Fit, NotConverged
from pipelines.statistics.customer_value.valuing import AmountModel
from pipelines.transactions import Transactions
from pipelines.valuation import Valuation


def show_amounts(amounts: AmountModel) -> None:
    """What must be known before amounts are believed."""
    if amounts.why_not is not None:
        terminal.say(
            f"gamma_gamma gives no figure: {amounts.why_not}; amounts are shrunk by their variances", style="yellow"
        )
    if amounts.correlation is not None:
        terminal.say(f"correlation of number and mean amount of orders: {amounts.correlation:.3f}")


def show_fits(valuation: Valuation) -> None:
    """Parameters of what converged; words for what did not."""
    fits = list(valuation.fits.values())
    if isinstance(valuation.amounts, NotConverged):
        fits.append(valuation.amounts)
    elif valuation.amounts is not None and isinstance(valuation.amounts.fit, Fit):
        fits.append(valuation.amounts.fit)
    rows = []
    for fit in fits:
        if isinstance(fit, NotConverged):
            terminal.say(f"{fit.model} gives no figure: {fit.reason}", style="yellow")
            continue
        told = ", ".join(f"{name} {value:.4g}" for name, value in zip(fit.names, fit.values, strict=True))
        rows.append([fit.model, told, f"{fit.log_likelihood:,.1f}", f"{fit.customers:,}"])
    if rows:
        title = f"Parameters, time in {valuation.unit}s"
        terminal.show_table(title, ["model", "parameters", "log likelihood", "customers"], rows)


def show_valuation(valuation: Valuation, given: Transactions) -> None:
    """What `plumbline value` found: what was left out, parameters or why there are none, score beside the rival."""
    terminal.say(
        f"{given.rows:,} rows, {valuation.customers:,} customers, {valuation.repeat_customers:,} ordered again by"
        f" {valuation.until}; regime {valuation.regime}"
    )
    if valuation.regularity is not None:
        terminal.say(f"regularity of intervals: {valuation.regularity:.2f} (1 is chance, more is regular)")
    for part in valuation.set_aside:
        worth = "" if part.amount is None else f", amount {part.amount:,.2f}"
        terminal.say(f"set aside: {part.counted}{worth}: {part.told}", style="yellow")
    if isinstance(valuation.amounts, AmountModel):
        show_amounts(valuation.amounts)
    show_fits(valuation)
    if valuation.holdouts:
        first = valuation.holdouts[0]
        terminal.show_table(
            f"{first.orders.actual:,.0f} orders of {first.customers:,} customers, {first.origin} to {first.until}",
            ["model", "expected", "error of total", "mean absolute error", "correlation", "error of amount"],
            [
                [
                    holdout.model,
                    f"{holdout.orders.expected:,.1f}",
                    _signed(holdout.orders.total_error),
                    f"{holdout.orders.mean_absolute_error:.3f}",
                    "" if holdout.orders.correlation is None else f"{holdout.orders.correlation:.3f}",
                    "" if holdout.amounts is None else _signed(holdout.amounts.total_error),
                ]
                for holdout in valuation.holdouts
            ],
        )
    if valuation.chosen is None:
        terminal.say(
            "no model converged: customers have no value here. Their histories alone are written with --output."
        )
        return
    values = valuation.values
    terminal.say(f"values by {valuation.chosen}, {valuation.horizon.months} months ahead:")
    ranked = values.sort("expected_value" if "expected_value" in values.columns else "expected_orders", descending=True)
    shown = [name for name in ranked.columns if name not in ("recency", "age")]
    terminal.show_table(
        "Ten customers worth most",
        shown,
        [
            [f"{cell:,.2f}" if isinstance(cell, float) else cell for cell in row]
            for row in ranked.select(shown).head(10).rows()
        ],
        right=shown[1:],
    )


def _signed(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:+.1%}"
