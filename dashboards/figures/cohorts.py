"""Cohorts as a grid: one row per start, one column per age, each cell a share in words and as a shade."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from dashboards.figures.theme import Palette, template


def cohort_grid(
    starts: Sequence[str],
    shares: Sequence[Sequence[float | None]],
    *,
    text: Callable[[float | None], str],
    colours: Palette,
) -> go.Figure:
    """Shares from 0 to 1, the oldest start on top. A cell of an age not yet reached is empty."""
    ages = max((len(row) for row in shares), default=0)
    cells = [[*row, *[None] * (ages - len(row))] for row in shares]
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            x=list(range(ages)),
            y=list(range(len(starts))),
            zmin=0,
            zmax=1,
            text=[["" if value is None else text(value) for value in row] for row in cells],
            texttemplate="%{text}",
            textfont={"size": 11},
            colorscale=[[0, colours.background], [1, colours.accent]],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            customdata=[
                [f"{start}, {age} {'quarter' if age == 1 else 'quarters'} later" for age in range(ages)]
                for start in starts
            ],
            hovertemplate="%{customdata}: %{text}<extra></extra>",
        ),
        layout={
            "template": template(colours),
            "height": 90 + 30 * len(starts),
            "hovermode": "closest",
            "margin": {"t": 28},
        },
    )
    figure.update_xaxes(
        side="top", tickvals=list(range(ages)), ticktext=["start", *(f"+{age}" for age in range(1, ages))]
    )
    figure.update_yaxes(
        autorange="reversed", showgrid=False, tickvals=list(range(len(starts))), ticktext=list(starts),
        tickfont={"color": colours.ink}, ticklabelstandoff=8,
    )  # fmt: skip
    return figure
