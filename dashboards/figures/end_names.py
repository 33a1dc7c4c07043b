"""Names right of where lines, bands and stacks end, in place of a legend: each beside what it names, none over another.

Belongs here: where a name stands. Does not: what is drawn, and the legend of a phone, which has no room beside a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboards.figures.bars import label
from dashboards.figures.theme import Palette

APART = 16
"""Pixels from one name to the next."""
_FRAME = 50
"""Pixels of a figure's height that its margins and the axis of days take."""
_WIDEST = 28


@dataclass(frozen=True, slots=True)
class EndName:
    """A name, the amount that it stands beside, and the colour of what it names. `is_line` draws a stroke before it."""

    name: str
    beside: float
    colour: str
    is_line: bool = True


def name_ends(
    figure: go.Figure,
    names: Sequence[EndName],
    axis: dict[str, Any],
    colours: Palette,
    *,
    yref: str = "y",
    share: float = 1.0,
) -> None:
    """Write the names into the right margin, in the order of their amounts, and make room for them.

    `axis` is the figure's axis of amounts, as `money_axis.ticks` gives it. The sign before a name has the colour of
    what it names; the name itself is in ink, because not every colour of a surface is readable as letters. A figure of
    several panes has the names of each by its axis `yref` and the `share` of the height that the pane takes.
    """
    low, high = axis.get("range", (0.0, 1.0))
    gap = APART * (high - low) / (share * (figure.layout.height - _FRAME))
    letters = {"color": colours.ink, "size": 12}
    order = sorted(names, key=lambda entry: entry.beside)
    for entry, place in zip(order, apart([entry.beside for entry in order], gap, low, high), strict=True):
        sign = f'<span style="color:{entry.colour}">{"━" if entry.is_line else "■"}</span>'
        figure.add_annotation(
            x=1, xref="paper", y=place, yref=yref, showarrow=False, xanchor="left", xshift=6,
            text=f"{sign} {_name(entry)}", font=letters,
        )  # fmt: skip
    longest = max((len(_name(entry)) for entry in names), default=0)
    figure.update_layout(margin={"r": max(figure.layout.margin.r or 0, round(30 + 6.5 * longest))})


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Rising places moved as little as can be until each is `gap` above the one before, and all are within the ends.

    Names that meet are moved as a group about their middle. Where all of them do not fit, they leave at the top.
    """
    groups: list[tuple[float, int]] = []
    for number, place in enumerate(places):
        group = (place - number * gap, 1)
        while groups and groups[-1][0] >= group[0]:
            (middle, count), (other, more) = groups.pop(), group
            group = ((middle * count + other * more) / (count + more), count + more)
        groups.append(group)
    moved = [middle for middle, count in groups for _ in range(count)]
    top = high - (len(places) - 1) * gap
    return [max(low, min(top, place)) + number * gap for number, place in enumerate(moved)]


def _name(entry: EndName) -> str:
    return label(entry.name, width=_WIDEST)
