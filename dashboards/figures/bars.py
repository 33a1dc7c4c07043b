"""Amounts by member: ranked bars, and the steps from one amount to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from dashboards.figures.money_axis import ticks
from dashboards.figures.steps import levels
from dashboards.figures.theme import Palette, template

Text = Callable[[Decimal | None], str]
_LETTERS_ABREAST = 80
"""As many letters of the usual size stand below the bars of half a page before one name meets the next."""


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
    narrow: bool = False,
) -> go.Figure:
    """A waterfall from `start` over the steps to `end`. The steps must add up to the difference, to the cent.

    On a `narrow` screen it runs from top to bottom, where names and amounts have room.

    Raises ValueError where they do not: a bridge that does not close is a wrong chart.
    """
    running = levels(steps, start=start, end=end)
    labels = [start[0], *(name for name, _ in steps), end[0]]
    values = [start[1], *(value for _, value in steps), end[1]]
    names, amounts = [label(name, width=18) for name in labels], [*map(float, values[:-1]), 0.0]
    figure = go.Figure(
        go.Waterfall(
            x=amounts if narrow else names,
            y=names if narrow else amounts,
            orientation="h" if narrow else "v",
            measure=["absolute", *["relative"] * len(steps), "total"],
            text=[text(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": colours.good}},
            decreasing={"marker": {"color": colours.bad}},
            totals={"marker": {"color": colours.accent}},
            connector={"line": {"color": colours.grid}},
            constraintext="none",
            hovertemplate="%{y}: %{text}<extra></extra>" if narrow else "%{x}: %{text}<extra></extra>",
        ),
        layout={"template": template(colours), "height": 320, "hovermode": "closest", "margin": {"t": 28}},
    )
    axis: dict[str, Any] = ticks([*running, end[1]], text)
    if narrow:
        low, high = axis.get("range", (0.0, 1.0))
        figure.update_layout(height=60 + 34 * len(names), margin={"t": 8})
        figure.update_xaxes(visible=False, range=[low, high + (high - low) * 0.3])
        names_apart = {"ticklabelstandoff": 8, "tickfont": {"color": colours.ink}}
        figure.update_yaxes(autorange="reversed", showgrid=False, **names_apart)
    else:
        figure.update_yaxes(**axis)
        # Names that stand aslant are not read: a broken line is.
        longest = max(len(word) for name in names for word in name.split() or [""])
        letters = 12 if longest * len(names) <= _LETTERS_ABREAST else 10
        in_lines = [_in_lines(name) for name in names]
        figure.update_xaxes(tickangle=0, tickvals=names, ticktext=in_lines, tickfont={"size": letters})
    return figure


def _in_lines(name: str, *, width: int = 10) -> str:
    return "<br>".join(wrap(name, width, break_long_words=False))


def label(name: str, *, width: int = 28) -> str:
    """A member's name as text, cut to fit; never markup."""
    plain = name.replace("<", "‹").replace(">", "›").replace("&", "＆")
    return plain if len(plain) <= width else plain[: width - 1].rstrip() + "…"
