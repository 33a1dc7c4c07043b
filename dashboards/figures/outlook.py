"""The cash outlook: receipts and payments by week as bars, the balance as a line, its lowest point marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from dashboards.figures.end_names import EndName, name_ends
from dashboards.figures.money_axis import ticks
from dashboards.figures.theme import Palette, template

Text = Callable[[Decimal | None], str]
_HEIGHT = 420
_BALANCE = (0.58, 1.0)
_FLOWS = (0.0, 0.5)
"""The shares of the height that the two panes take."""


def cash_outlook(
    weeks: Sequence[date],
    layers: Mapping[str, Sequence[Decimal]],
    balance: Sequence[Decimal],
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette,
    narrow: bool = False,
) -> go.Figure:
    """The balance at each week's end, and below it stacked bars per layer (in above, out below zero).

    Each has its own scale: beside a balance of millions the weeks' thousands would be a stripe.
    Layers and balance are named right of the last week; on a `narrow` screen a legend below does, one line per layer.
    """
    figure = go.Figure(layout={"template": template(colours), "height": _HEIGHT, "barmode": "relative", "bargap": 0.3})
    shades = [colours.series[place] for place in (1, 3, 2, 4, 5)]
    for place, (name, amounts) in enumerate(layers.items()):
        figure.add_bar(
            x=list(weeks),
            y=[float(amount) for amount in amounts],
            name=name,
            customdata=[text(amount) for amount in amounts],
            marker={"color": shades[place % len(shades)]},
            yaxis="y2",
            hovertemplate="%{customdata}<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        x=list(weeks),
        y=[float(amount) for amount in balance],
        name="Balance",
        mode="lines+markers",
        customdata=[text(amount) for amount in balance],
        line={"color": colours.accent, "width": 3},
        marker={"size": 6},
        hovertemplate="%{customdata}<extra>Balance</extra>",
    )
    if balance:
        lowest = min(range(len(balance)), key=lambda place: balance[place])
        figure.add_annotation(
            x=weeks[lowest],
            y=float(balance[lowest]),
            text=f"Lowest {text(balance[lowest])}",
            showarrow=True,
            arrowhead=0,
            ay=-36,
            ax=0,
            # The last week has the names right of it.
            xanchor="right" if lowest == len(balance) - 1 else "center",
            arrowcolor=colours.muted,
            font={"color": colours.bad if balance[lowest] < 0 else colours.ink, "size": 12},
        )
    ups = [sum((a[place] for a in layers.values() if a[place] > 0), Decimal(0)) for place in range(len(weeks))]
    downs = [sum((a[place] for a in layers.values() if a[place] < 0), Decimal(0)) for place in range(len(weeks))]
    standing: dict[str, Any] = ticks(balance, text, count=3)
    moving: dict[str, Any] = ticks([*ups, *downs], text, count=4)
    figure.update_layout(yaxis=standing | {"domain": _BALANCE}, yaxis2=moving | {"domain": _FLOWS, "anchor": "x"})
    figure.update_layout(xaxis={"anchor": "y2"})
    shown = list(weeks)[:: 4 if narrow else 2]
    figure.update_xaxes(tickvals=shown, ticktext=[day_text(week) for week in shown])
    if narrow:
        below = {"orientation": "v", "y": -0.15, "yanchor": "top"}
        figure.update_layout(height=_HEIGHT + 20 * (len(layers) + 1), margin={"t": 12}, showlegend=True, legend=below)
    elif weeks:
        names = [
            EndName(name, middle, shades[place % len(shades)], is_line=False)
            for place, (name, middle) in enumerate(_middles(layers).items())
        ]
        name_ends(figure, names, moving, colours, yref="y2", share=_FLOWS[1] - _FLOWS[0])
        if balance:
            end = EndName("Balance", float(balance[-1]), colours.accent)
            name_ends(figure, [end], standing, colours, share=_BALANCE[1] - _BALANCE[0])
        figure.update_xaxes(range=[weeks[0] - timedelta(days=5), weeks[-1] + timedelta(days=5)])
    return figure


def _middles(layers: Mapping[str, Sequence[Decimal]]) -> dict[str, float]:
    """The middle of each layer in the last week's bar: what comes in is stacked up from zero, what goes out down.

    A layer without an amount in that week stands where it would begin, on the side of its other weeks.
    """
    above, below = Decimal(0), Decimal(0)
    middles = {}
    for name, amounts in layers.items():
        amount = amounts[-1]
        if amount < 0 or (amount == 0 and sum(amounts) < 0):
            middles[name] = float(below + amount / 2)
            below += amount
        else:
            middles[name] = float(above + amount / 2)
            above += amount
    return middles
