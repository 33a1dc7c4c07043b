"""The band of a balance ahead: where it lies in four cases of five, its middle, the minimum that must be kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from dashboards.figures.bars import label
from dashboards.figures.end_names import EndName, name_ends
from dashboards.figures.money_axis import ticks
from dashboards.figures.theme import Palette, template

Text = Callable[[Decimal | None], str]
_BAND = "Four cases of five"


def balance_band(
    weeks: Sequence[date],
    band: tuple[Sequence[Decimal], Sequence[Decimal], Sequence[Decimal]],
    minimum: Decimal | None,
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette,
    narrow: bool = False,
) -> go.Figure:
    """Lower end, middle and upper end by week, and the minimum as a dashed line where there is one.

    Each is named where it ends; on a `narrow` screen a legend does.
    """
    low, middle, high = band
    figure = go.Figure(layout={"template": template(colours), "height": 320})
    days = list(weeks)
    figure.add_scatter(
        x=days, y=[float(value) for value in high], mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip"
    )
    figure.add_scatter(
        x=days,
        y=[float(value) for value in low],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=colours.accent_wash,
        name=_BAND,
        customdata=[f"{text(least)} to {text(most)}" for least, most in zip(low, high, strict=True)],
        hovertemplate="%{customdata}<extra>" + _BAND + "</extra>",
    )
    figure.add_scatter(
        x=days,
        y=[float(value) for value in middle],
        mode="lines+markers",
        line={"color": colours.accent, "width": 3},
        marker={"size": 6},
        name="Middle",
        customdata=[text(value) for value in middle],
        hovertemplate="%{customdata}<extra>Middle</extra>",
    )
    if minimum is not None:
        _minimum(figure, days, minimum, text=text, colours=colours)
    names = []
    if days:
        names = [
            EndName("Middle", float(middle[-1]), colours.accent),
            EndName(_BAND, float(middle[-1] + high[-1]) / 2, colours.accent, is_line=False),
        ]
    known = [*low, *high, *([minimum] if minimum is not None else [])]
    _finish(figure, days, names, known, minimum, text=text, day_text=day_text, colours=colours, narrow=narrow)
    return figure


def balances(
    weeks: Sequence[date],
    lines: Mapping[str, Sequence[Decimal]],
    minimum: Decimal | None,
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette,
    narrow: bool = False,
) -> go.Figure:
    """The balance by week under several scenarios, the first drawn strongest, each named where it ends.

    On a `narrow` screen a legend names them.
    """
    figure = go.Figure(layout={"template": template(colours), "height": 320})
    days = list(weeks)
    shades = [colours.accent, *colours.series[1:]]
    for place, (name, values) in enumerate(lines.items()):
        figure.add_scatter(
            x=days,
            y=[float(value) for value in values],
            mode="lines",
            name=label(name),
            line={"color": shades[place % len(shades)], "width": 3 if place == 0 else 2.5},
            customdata=[text(value) for value in values],
            hovertemplate="%{customdata}<extra>" + label(name) + "</extra>",
        )
    if minimum is not None:
        _minimum(figure, days, minimum, text=text, colours=colours)
    names = [
        EndName(name, float(values[-1]), shades[place % len(shades)])
        for place, (name, values) in enumerate(lines.items())
        if values
    ]
    known = [value for values in lines.values() for value in values]
    known += [minimum] if minimum is not None else []
    _finish(figure, days, names, known, minimum, text=text, day_text=day_text, colours=colours, narrow=narrow)
    return figure


def _finish(
    figure: go.Figure,
    days: list[date],
    names: list[EndName],
    known: Sequence[Decimal],
    minimum: Decimal | None,
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette,
    narrow: bool,
) -> None:
    """Axes over all that is `known`, and what names the lines: their ends, or a legend where there is no room."""
    axis: dict[str, Any] = ticks(known, text)
    figure.update_yaxes(**axis)
    figure.update_xaxes(**_weeks(days, day_text, every=4 if narrow else 2))
    if narrow:
        figure.update_layout(showlegend=True, margin={"t": 36})
    elif days:
        if minimum is not None:
            names = [*names, EndName(f"Minimum {text(minimum)}", float(minimum), colours.bad)]
        name_ends(figure, names, axis, colours)


def _weeks(days: list[date], day_text: Callable[[date], str], *, every: int) -> dict[str, object]:
    """One week in `every`, counted from the first, with room on both sides so that no label meets the amounts."""
    ticks_of = {"tickvals": days[::every], "ticktext": [day_text(day) for day in days[::every]]}
    return {**ticks_of, "range": [days[0] - timedelta(days=4), days[-1] + timedelta(days=4)]} if days else ticks_of


def _minimum(figure: go.Figure, days: list[date], minimum: Decimal, *, text: Text, colours: Palette) -> None:
    figure.add_scatter(
        x=days,
        y=[float(minimum)] * len(days),
        mode="lines",
        name="Minimum",
        line={"color": colours.bad, "width": 2, "dash": "dash"},
        customdata=[text(minimum)] * len(days),
        hovertemplate="%{customdata}<extra>Minimum</extra>",
    )
