"""Charts for paper and mail: data in, Vega-Lite out, rendered without a browser. Same colours as on screen.

Texts are written by the caller in the reader's locale and drawn as they are: Vega's own formats know no locale of ours,
and a format it does not know draws nothing and says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import vl_convert
from PIL import Image

from dashboards.figures.money_axis import ticks
from dashboards.figures.theme import LIGHT, Palette

FONTS = Path(__file__).resolve().parents[1] / "reports" / "fonts"
VEGA_LITE = "6.4"
LATIN = "Inter"
OTHER_LETTERS = {"fa": "Vazirmatn", "zh": "Noto Sans SC"}
"""Languages whose letters the Latin, Greek and Cyrillic font lacks, and the font that has them."""
Text = Callable[[Decimal | None], str]
Spec = dict[str, Any]


def trend(
    days: Sequence[date],
    lines: Mapping[str, Sequence[Decimal | None]],
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette = LIGHT,
) -> Spec:
    """A line chart by month: the first line filled, the second dotted, the third dashed. Names stand in a legend."""
    names = list(lines)
    rows: list[Spec] = [
        {"place": place, "value": float(value), "line": name}
        for name, values in lines.items()
        for place, value in enumerate(values)
        if value is not None
    ]
    axis = ticks([value for values in lines.values() for value in values], text)
    step = max(1, -(-len(days) // 7))
    shown = sorted(range(len(days) - 1, -1, -step))
    x = {
        "field": "place",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, max(1, len(days) - 1)], "nice": False},
        "axis": _axis(shown, [day_text(days[place]) for place in shown], grid=False),
    }
    y = _money_y(axis)
    colour = {
        "field": "line",
        "type": "nominal",
        "scale": {"domain": names, "range": [colours.accent, colours.comparison, colours.warning][: len(names)]},
        "legend": {"orient": "top", "title": None, "symbolType": "stroke", "symbolStrokeWidth": 3}
        if len(names) > 1
        else None,
    }
    dash = {
        "field": "line",
        "type": "nominal",
        "scale": {"domain": names, "range": [[1, 0], [2, 3], [6, 3]][: len(names)]},
        "legend": None,
    }
    first: Spec = {"filter": {"field": "line", "equal": names[0]}} if names else {"filter": "false"}
    return _chart(
        rows,
        [
            {
                "transform": [first],
                "mark": {"type": "area", "color": colours.accent, "opacity": 0.09},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash},
            },
        ],
        height=210,
    )


def ranked(amounts: Mapping[str, Decimal], *, text: Text, signed: bool = False, colours: Palette = LIGHT) -> Spec:
    """Horizontal bars in the given order, each with its amount."""
    rows: list[Spec] = [
        {
            "name": name,
            "value": float(value),
            "label": text(value),
            "colour": colours.accent if not signed else colours.bad if value < 0 else colours.good,
        }
        for name, value in amounts.items()
    ]
    low, high = min([0.0, *(row["value"] for row in rows)]), max([0.0, *(row["value"] for row in rows)])
    room = (high - low) * 0.2 or 1.0
    y = {
        "field": "name",
        "type": "nominal",
        "sort": list(amounts),
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelColor": colours.ink, "labelLimit": 200, "labelPadding": 8},
    }
    x = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [low - (room if low < 0 else 0), high + room], "nice": False},
    }
    label = {"y": y, "x": x, "text": {"field": "label"}}
    return _chart(
        rows,
        [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.6}},
                "encoding": {"y": y, "x": x, "color": {"field": "colour", "type": "nominal", "scale": None}},
            },
            {
                "transform": [{"filter": "datum.value >= 0"}],
                "mark": {"type": "text", "align": "left", "dx": 5, "color": colours.ink},
                "encoding": label,
            },
            {
                "transform": [{"filter": "datum.value < 0"}],
                "mark": {"type": "text", "align": "right", "dx": -5, "color": colours.ink},
                "encoding": label,
            },
        ],
        height=max(60, 26 * len(rows)),
    )


def outlook(
    weeks: Sequence[date],
    flows: Mapping[str, Sequence[Decimal]],
    balance: Sequence[Decimal],
    *,
    text: Text,
    day_text: Callable[[date], str],
    balance_text: str = "Balance",
    colours: Palette = LIGHT,
) -> Spec:
    """Stacked flows by week, in above and out below zero, and the balance as a line."""
    shades = [colours.series[place] for place in (1, 3, 2, 4, 5)]
    names = list(flows)
    rows: list[dict[str, Any]] = [
        {"place": place, "value": float(amount), "layer": name}
        for name, amounts in flows.items()
        for place, amount in enumerate(amounts)
        if amount != 0
    ]
    rows += [{"place": place, "balance": float(amount)} for place, amount in enumerate(balance)]
    ups = [sum((a[place] for a in flows.values() if a[place] > 0), Decimal(0)) for place in range(len(weeks))]
    downs = [sum((a[place] for a in flows.values() if a[place] < 0), Decimal(0)) for place in range(len(weeks))]
    shown = list(range(0, len(weeks), 3))
    x = {
        "field": "place",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-0.6, len(weeks) - 0.4], "nice": False},
        "axis": _axis(shown, [day_text(weeks[place]) for place in shown], grid=False),
    }
    y = _money_y(ticks([*ups, *downs, *balance], text))
    colour = {
        "field": "layer",
        "type": "nominal",
        "scale": {"domain": names, "range": [shades[place % len(shades)] for place in range(len(names))]},
        "legend": {"orient": "top", "title": None},
    }
    line = {"transform": [{"filter": "isValid(datum.balance)"}]}
    return _chart(
        rows,
        [
            {
                "transform": [{"filter": "isValid(datum.value)"}],
                "mark": {"type": "bar", "size": 20},
                "encoding": {"x": x, "y": y, "color": colour},
            },
            line
            | {
                "mark": {"type": "line", "color": colours.accent, "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y | {"field": "balance"}},
            },
            line
            | {
                "mark": {"type": "point", "color": colours.accent, "filled": True, "size": 30},
                "encoding": {"x": x, "y": y | {"field": "balance"}},
            },
            {
                "transform": [{"filter": f"datum.place === {len(weeks) - 1} && isValid(datum.balance)"}],
                "mark": {"type": "text", "text": balance_text, "align": "right", "dy": -12, "color": colours.accent},
                "encoding": {"x": x, "y": y | {"field": "balance"}},
            },
        ],
        height=230,
    )


def png(spec: Spec, *, scale: float = 2.0) -> bytes:
    """The chart as PNG, at twice the size for sharp screens, in a palette: a third of the bytes that a mail carries."""
    _register_fonts()
    drawn = Image.open(BytesIO(vl_convert.vegalite_to_png(json.dumps(spec), vl_version=VEGA_LITE, scale=scale)))
    image = BytesIO()
    drawn.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        image, "png", optimize=True, dpi=drawn.info.get("dpi")
    )
    return image.getvalue()


def svg(spec: Spec) -> str:
    """The chart as SVG, for PDF."""
    _register_fonts()
    image: str = vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=VEGA_LITE)
    return image


def families(language: str) -> tuple[str, ...]:
    """The font families of a language, the first one that has a letter draws it."""
    other = OTHER_LETTERS.get(language)
    return (LATIN,) if other is None else (LATIN, other)


@cache
def _register_fonts() -> None:
    # A font that is not registered makes the renderer drop every text without a word.
    vl_convert.register_font_directory(str(FONTS))


def _axis(values: Sequence[int], texts: Sequence[str], *, grid: bool) -> Spec:
    return {"values": list(values), "labelExpr": _lookup(values, texts), "grid": grid, "ticks": False, "domain": False}


def _money_y(axis: Mapping[str, Any]) -> Spec:
    places = axis["tickvals"]
    scale: Spec = {"nice": False, "zero": True}
    if "range" in axis:
        scale["domain"] = axis["range"]
    return {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": scale,
        "axis": {
            "values": places,
            "labelExpr": _lookup(places, axis["ticktext"]),
            "grid": True,
            "ticks": False,
            "domain": False,
        },
    }


def _lookup(values: Sequence[float], texts: Sequence[str]) -> str:
    """An expression that gives the text of a tick. Compared by distance: ticks come back as binary floats."""
    places = json.dumps([float(value) for value in values])
    return f"{json.dumps(list(texts), ensure_ascii=False)}[indexof({places}, datum.value)] || ''"


def _chart(rows: list[dict[str, Any]], layer: list[Spec], *, height: int) -> Spec:
    return {
        "data": {"values": rows},
        "width": 460,
        "height": height,
        "layer": layer,
        "config": {
            "font": ", ".join([LATIN, *OTHER_LETTERS.values()]),
            "background": LIGHT.background,
            "view": {"stroke": None},
            "axis": {"labelColor": LIGHT.muted, "labelFontSize": 11, "gridColor": LIGHT.grid, "labelPadding": 6},
            "legend": {"labelColor": LIGHT.muted, "labelFontSize": 11, "offset": 6},
            "text": {"fontSize": 11, "fontWeight": 600},
        },
    }
