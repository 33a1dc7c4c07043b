"""Amounts over time: this period as a line or bars, the comparison behind it, a target beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from dashboards.figures.end_names import EndName, name_ends
from dashboards.figures.money_axis import ticks
from dashboards.figures.theme import Palette, template

Text = Callable[[Decimal | None], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One named series over the same days as the others; None where nothing is known."""

    name: str
    values: Sequence[Decimal | None]
    style: str = "main"
    """main (filled), plain, comparison (dotted) or target (dashes)."""


_HEIGHT = 300


def line(
    days: Sequence[date],
    lines: Sequence[Line],
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette,
    narrow: bool = False,
) -> go.Figure:
    """A line chart by month. The last point of each line carries its name; on a `narrow` screen a legend does.

    `text` writes a value, `day_text` a day; both in the reader's locale.
    """
    figure = go.Figure(layout={"template": template(colours), "height": _HEIGHT})
    looks: dict[str, dict[str, Any]] = {
        "main": {"color": colours.accent, "width": 3},
        "plain": {"color": colours.series[1], "width": 2.5},
        "comparison": {"color": colours.comparison, "width": 2, "dash": "dot"},
        "target": {"color": colours.warning, "width": 2, "dash": "dash"},
    }
    for entry in sorted(lines, key=lambda item: item.style == "main"):
        figure.add_scatter(
            x=list(days),
            y=[None if value is None else float(value) for value in entry.values],
            customdata=[text(value) for value in entry.values],
            name=entry.name,
            mode="lines",
            line=looks[entry.style],
            fill="tozeroy" if entry.style == "main" else None,
            fillcolor=colours.accent_wash,
            hovertemplate="%{customdata}<extra>" + _plain(entry.name) + "</extra>",
        )
    values = [value for entry in lines for value in entry.values]
    axis: dict[str, Any] = ticks(values, text)
    figure.update_yaxes(**axis)
    figure.update_xaxes(**month_ticks(days, day_text, most=4 if narrow else 6))
    figure.update_layout(margin={"r": 26})  # the last month's name is half beyond the last point
    if len(lines) > 1 and narrow:
        figure.update_layout(showlegend=True, margin={"t": 34})
    elif len(lines) > 1 and len(days) > 0:
        known = {entry.name: [value for value in entry.values if value is not None] for entry in lines}
        ends = [
            EndName(entry.name, float(known[entry.name][-1]), looks[entry.style]["color"])
            for entry in lines
            if known[entry.name]
        ]
        name_ends(figure, ends, axis, colours)
        figure.update_xaxes(range=[days[0], days[-1]])  # the names stand beside the last month, not beyond it
    return figure


def month_ticks(days: Sequence[date], day_text: Callable[[date], str], *, most: int = 7) -> dict[str, object]:
    """At most `most` ticks, counted back from the newest day, which is what readers look for."""
    step = max(1, -(-len(days) // most))
    shown = list(days)[::-1][::step][::-1]
    # In two lines they stay upright where a chart has a third of the page.
    return {"tickvals": shown, "ticktext": [day_text(day).replace(" ", "<br>") for day in shown], "tickangle": 0}


def _plain(name: str) -> str:
    # A name from data must not become a tag of Plotly's own small markup.
    return name.replace("<", "‹").replace(">", "›")
