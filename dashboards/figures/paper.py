"""Charts for paper and mail, rendered without a browser: what every one of them shares, and the bytes they become.

Belongs here: scales, axes, fonts, PNG and SVG. Does not: a chart of its own (`paper_bars`, `paper_lines`).

Texts are written by the caller in the reader's locale and drawn as they are: Vega's own formats know no locale of ours,
and a format it does not know draws nothing and says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import vl_convert
from PIL import Image

from dashboards.figures.theme import LIGHT

FONTS = Path(__file__).resolve().parents[1] / "reports" / "fonts"
VEGA_LITE = "6.4"
LATIN = "Inter"
OTHER_LETTERS = {"fa": "Vazirmatn", "zh": "Noto Sans SC"}
"""Languages whose letters the Latin, Greek and Cyrillic font lacks, and the font that has them."""
Text = Callable[[Decimal | None], str]
Spec = dict[str, Any]


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


def axis(values: Sequence[int], texts: Sequence[str], *, grid: bool, in_lines: bool = False) -> Spec:
    """Ticks at whole places, each with its own words; `in_lines` writes one word below the other."""
    words = _lookup(values, texts)
    label = f"split({words}, ' ')" if in_lines else words
    return {"values": list(values), "labelExpr": label, "grid": grid, "ticks": False, "domain": False}


def money_y(ticks: Mapping[str, Any]) -> Spec:
    """The scale of amounts, from `money_axis.ticks`."""
    places = ticks["tickvals"]
    scale: Spec = {"nice": False, "zero": True}
    if "range" in ticks:
        scale["domain"] = ticks["range"]
    return {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": scale,
        "axis": {
            "values": places,
            "labelExpr": _lookup(places, ticks["ticktext"]),
            "grid": True,
            "ticks": False,
            "domain": False,
        },
    }


def _lookup(values: Sequence[float], texts: Sequence[str]) -> str:
    """An expression that gives the text of a tick. Compared by distance: ticks come back as binary floats."""
    places = json.dumps([float(value) for value in values])
    return f"{json.dumps(list(texts), ensure_ascii=False)}[indexof({places}, datum.value)] || ''"


def chart(rows: list[dict[str, Any]], layer: list[Spec], *, height: int) -> Spec:
    """Layers over one set of rows, as wide as a column of paper."""
    return {"data": {"values": rows}, **_pane(layer, height), "config": _CONFIG}


def panes(rows: list[dict[str, Any]], upper: tuple[list[Spec], int], lower: tuple[list[Spec], int]) -> Spec:
    """Two charts over one set of rows, edge above edge, each with layers and a height: two scales of money.

    The legend of either stands above both.
    """
    return {
        "data": {"values": rows},
        "vconcat": [_pane(*upper), _pane(*lower)],
        "bounds": "flush",
        "spacing": 24,
        "config": _CONFIG,
    }


def _pane(layer: list[Spec], height: int) -> Spec:
    return {"width": 460, "height": height, "layer": layer}


_CONFIG: Spec = {
    "font": ", ".join([LATIN, *OTHER_LETTERS.values()]),
    "background": LIGHT.background,
    "view": {"stroke": None},
    "axis": {"labelColor": LIGHT.muted, "labelFontSize": 11, "gridColor": LIGHT.grid, "labelPadding": 6},
    "legend": {"labelColor": LIGHT.muted, "labelFontSize": 11, "offset": 6},
    "text": {"fontSize": 11, "fontWeight": 600},
}
