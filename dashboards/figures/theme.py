"""Colours and the one Plotly template. Streamlit reads the same colours from .streamlit/config.toml.

Chart types do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import plotly.graph_objects as go

FONT = "Inter, 'Segoe UI', sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by meaning, as hex. `series` are for categories, in the order of use."""

    ink: str
    muted: str
    grid: str
    background: str
    accent: str
    accent_wash: str
    comparison: str
    good: str
    bad: str
    warning: str
    series: tuple[str, ...]


LIGHT = Palette(
    ink="#0A1A30",
    muted="#5B6B80",
    grid="#E6EBF2",
    background="#FFFFFF",
    accent="#0F4C81",
    accent_wash="rgba(15,76,129,0.10)",
    comparison="#8C9BB0",
    good="#0B7A5B",
    bad="#B42335",
    warning="#E09F3E",
    series=("#0F4C81", "#2A9D8F", "#E09F3E", "#9E2A2B", "#6C5B9E", "#7A8CA3"),
)

DARK = Palette(
    ink="#E6EDF5",
    muted="#9FB0C3",
    grid="#24364F",
    background="#101B2B",
    accent="#5BA4E0",
    accent_wash="rgba(91,164,224,0.14)",
    comparison="#7F90A6",
    good="#4CC38A",
    bad="#F2787F",
    warning="#E8B465",
    series=("#5BA4E0", "#4FC1B3", "#E8B465", "#E07A7B", "#A799DB", "#9FB0C3"),
)


def palette(mode: Literal["light", "dark"] | str | None) -> Palette:
    """The palette of a colour mode; light where the browser has not said."""
    return DARK if mode == "dark" else LIGHT


@cache
def template(colours: Palette) -> go.layout.Template:
    """Layout that every figure shares: no box, faint horizontal lines, direct labels instead of a legend."""
    axis = {
        "showgrid": False,
        "zeroline": False,
        "linecolor": colours.grid,
        "tickfont": {"color": colours.muted, "size": 12},
        "automargin": True,
        "title": {"text": ""},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": colours.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(colours.series),
            "margin": {"l": 4, "r": 12, "t": 12, "b": 4},
            "hovermode": "x unified",
            "hoverlabel": {"font": {"family": FONT, "size": 12}},
            "showlegend": False,
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "font": {"color": colours.muted}},
            "xaxis": axis | {"ticklabelstandoff": 5},
            "yaxis": axis | {"showgrid": True, "gridcolor": colours.grid, "linecolor": "rgba(0,0,0,0)"},
            "bargap": 0.35,
        }
    )
