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
    # The heat map itself has one colour of letters for all its shades: on the middle ones it is not readable.
    reached = [
        (age, place, share) for place, row in enumerate(shares) for age, share in enumerate(row) if share is not None
    ]
    figure.add_scatter(
        x=[age for age, _, _ in reached],
        y=[place for _, place, _ in reached],
        mode="text",
        text=[text(share) for _, _, share in reached],
        textfont={"size": 11, "color": [letters_on(share, colours) for _, _, share in reached]},
        hoverinfo="skip",
    )
    figure.update_xaxes(
        side="top", tickvals=list(range(ages)), ticktext=["start", *(f"+{age}" for age in range(1, ages))]
    )
    figure.update_yaxes(
        autorange="reversed", showgrid=False, tickvals=list(range(len(starts))), ticktext=list(starts),
        tickfont={"color": colours.ink}, ticklabelstandoff=8,
    )  # fmt: skip
    return figure


def letters_on(share: float, colours: Palette) -> str:
    """The colour of letters on the shade of a share: of black and white one has a contrast of 4.5 on any shade."""
    ends = [_channels(colours.background), _channels(colours.accent)]
    shade = [low + (high - low) * min(max(share, 0), 1) for low, high in zip(*ends, strict=True)]
    return max(("#000000", "#FFFFFF"), key=lambda letters: contrast(_channels(letters), shade))


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two colours (channels from 0 to 255) stand apart, from 1 to 21 (WCAG)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(channels: Sequence[float]) -> float:
    parts = [channel / 255 for channel in channels]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
