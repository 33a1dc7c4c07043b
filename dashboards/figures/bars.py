"""Amounts by member: ranked bars, and the steps from one amount to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboards.figures.money_axis import ticks
from dashboards.figures.steps import levels
from dashboards.figures.theme import Palette, template

Text = Callable[[Decimal | None], str]


def ranked(
    members: Sequence[str], values: Sequence[Decimal], *, text: Text, colours: Palette, signed: bool = False
) -> go.Figure:
    """Horizontal bars in the given order, the first on top, each with its amount. `signed` colours by sign."""
    names = [label(member) for member in members][::-1]
    amounts = list(values)[::-1]
    colour = [colours.bad if value < 0 else colours.good for value in amounts] if signed else colours.accent
    places = list(range(len(names)))
    texts = [text(value) for value in amounts]
    figure = go.Figure(
        go.Bar(
            x=[float(value) for value in amounts],
            y=places,
            orientation="h",
            marker={"color": colour, "cornerradius": 4},
            hovertemplate="%{customdata}<extra></extra>",
            customdata=[f"{name}: {amount}" for name, amount in zip(names, texts, strict=True)],
        ),
        layout={"template": template(colours), "height": max(120, 44 + 38 * len(names)), "hovermode": "closest"},
    )
    # Right of zero also for what is below it: left of the bar the amount would meet the name.
    figure.add_scatter(
        x=[max(0.0, float(value)) for value in amounts],
        y=places,
        mode="text",
        text=[f" {amount}" for amount in texts],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    low, high = min([0.0, *map(float, amounts)]), max([0.0, *map(float, amounts)])
    figure.update_xaxes(visible=False, range=[low, high + (high - low) * 0.34])
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        showgrid=False,
        tickfont={"color": colours.ink},
        ticklabelstandoff=10,
    )
    return figure


def bridge(
    steps: Sequence[tuple[str, Decimal]],
    *,
    start: tuple[str, Decimal],
    end: tuple[str, Decimal],
    text: Text,
    colours: Palette,
) -> go.Figure:
    """A waterfall from `start` over the steps to `end`. The steps must add up to the difference, to the cent.

    Raises ValueError where they do not: a bridge that does not close is a wrong chart.
    """
    running = levels(steps, start=start, end=end)
    labels = [start[0], *(name for name, _ in steps), end[0]]
    values = [start[1], *(value for _, value in steps), end[1]]
    figure = go.Figure(
        go.Waterfall(
            x=[label(name, width=18) for name in labels],
            y=[float(value) for value in values[:-1]] + [0.0],
            measure=["absolute", *["relative"] * len(steps), "total"],
            text=[text(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": colours.good}},
            decreasing={"marker": {"color": colours.bad}},
            totals={"marker": {"color": colours.accent}},
            connector={"line": {"color": colours.grid}},
            hovertemplate="%{x}: %{text}<extra></extra>",
        ),
        layout={"template": template(colours), "height": 320, "hovermode": "closest", "margin": {"t": 28}},
    )
    figure.update_yaxes(**ticks([*running, end[1]], text))
    return figure


def label(name: str, *, width: int = 28) -> str:
    """A member's name as text, cut to fit; never markup."""
    plain = name.replace("<", "‹").replace(">", "›").replace("&", "＆")
    return plain if len(plain) <= width else plain[: width - 1].rstrip() + "…"
