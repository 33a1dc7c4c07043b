"""Events of one customer on a line of time: one lane per kind, each event a mark, larger where money is larger."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import plotly.graph_objects as go

from dashboards.figures.bars import label
from dashboards.figures.theme import Palette, template

Event = tuple[date, str, Decimal | None]
"""Day, words, amount where there is one."""

_SMALLEST, _LARGEST = 7.0, 22.0


def time_line(
    lanes: Mapping[str, Sequence[Event]], *, text: Callable[[Decimal | None], str], colours: Palette
) -> go.Figure:
    """One lane per kind in the given order, the first on top. Sizes compare amounts across all lanes by their root."""
    names = list(lanes)
    largest = max((abs(amount) for events in lanes.values() for _, _, amount in events if amount), default=Decimal(1))
    figure = go.Figure(layout={"template": template(colours), "height": 70 + 42 * len(names), "hovermode": "closest"})
    for place, name in enumerate(names):
        events = lanes[name]
        figure.add_scatter(
            x=[day for day, _, _ in events],
            y=[place] * len(events),
            mode="markers",
            name=name,
            marker={
                "color": colours.series[place % len(colours.series)],
                "opacity": 0.75,
                "size": [_size(amount, largest) for _, _, amount in events],
                "line": {"width": 0},
            },
            customdata=[
                f"{label(words, width=80)}{f' · {text(amount)}' if amount is not None else ''}"
                for _, words, amount in events
            ],
            hovertemplate="%{x|%Y-%m-%d} %{customdata}<extra></extra>",
        )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[f"{name} ({len(lanes[name])})" for name in names],
        range=[len(names) - 0.4, -0.6],
        tickfont={"color": colours.ink},
        ticklabelstandoff=10,
    )
    return figure


def _size(amount: Decimal | None, largest: Decimal) -> float:
    if not amount:
        return _SMALLEST
    return _SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(float(abs(amount) / largest))
