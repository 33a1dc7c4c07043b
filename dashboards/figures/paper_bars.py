"""Bars on paper and in mail, as Vega-Lite: ranked amounts, the steps from one amount to another, shares as a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from dashboards.figures.money_axis import ticks
from dashboards.figures.paper import Spec, Text, axis, chart, money_y
from dashboards.figures.steps import levels
from dashboards.figures.theme import LIGHT, Palette


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
    return chart(
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


def bridge(
    steps: Sequence[tuple[str, Decimal]],
    *,
    start: tuple[str, Decimal],
    end: tuple[str, Decimal],
    text: Text,
    colours: Palette = LIGHT,
) -> Spec:
    """A waterfall from `start` over the steps to `end`. Raises ValueError where they do not add up to the cent."""
    running = levels(steps, start=start, end=end)
    bars = [(start, Decimal(0), start[1], colours.accent)]
    bars += [
        (step, before, after, colours.bad if step[1] < 0 else colours.good)
        for step, before, after in zip(steps, running, running[1:], strict=False)
    ]
    bars.append((end, Decimal(0), end[1], colours.accent))
    rows: list[Spec] = [
        {
            "place": place,
            "name": name,
            "from": float(low),
            "value": float(high),
            "top": float(max(low, high)),
            "label": text(amount),
            "colour": colour,
        }
        for place, ((name, amount), low, high, colour) in enumerate(bars)
    ]
    places = list(range(len(rows)))
    # Amounts of some languages are long words ("19,7 хил. €"): smaller letters rather than one over the other.
    widest = max(len(row["label"]) for row in rows)
    letters = max(7.0, min(10.0, 460 / len(rows) / widest / 0.54))
    longest = max(len(word) for row in rows for word in row["name"].split() or [""])
    named = max(6.5, min(10.0, 460 / len(rows) / longest / 0.62))
    x = {
        "field": "place",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-0.6, len(rows) - 0.4], "nice": False},
        "axis": axis(places, [row["name"] for row in rows], grid=False, in_lines=True)
        | {"labelAngle": 0, "labelLimit": 90, "labelOverlap": False, "labelFontSize": named},
    }
    y = money_y(ticks([*running, end[1]], text))
    return chart(
        rows,
        [
            {
                "mark": {"type": "bar", "size": max(8, min(44, 320 // len(rows)))},
                "encoding": {
                    "x": x,
                    "y": y,
                    "y2": {"field": "from"},
                    "color": {"field": "colour", "type": "nominal", "scale": None},
                },
            },
            {
                "mark": {"type": "text", "baseline": "bottom", "dy": -4, "color": colours.ink, "fontSize": letters},
                "encoding": {"x": x, "y": y | {"field": "top"}, "text": {"field": "label"}},
            },
        ],
        height=210,
    )


def grid(
    starts: Sequence[str],
    shares: Sequence[Sequence[float | None]],
    *,
    text: Callable[[float | None], str],
    first: str,
    colours: Palette = LIGHT,
) -> Spec:
    """Shares from 0 to 1 as shades, one row per start, one column per age; `first` heads the age nought."""
    ages = max((len(row) for row in shares), default=0)
    rows: list[Spec] = [
        {"start": start, "age": age, "value": value, "label": text(value), "is_dark": value >= 0.55}
        for start, row in zip(starts, shares, strict=True)
        for age, value in enumerate(row)
        if value is not None
    ]
    headings = [first, *(f"+{age}" for age in range(1, ages))]
    x = {
        "field": "age",
        "type": "ordinal",
        "title": None,
        "axis": axis(range(ages), headings, grid=False) | {"orient": "top", "labelAngle": 0},
    }
    y = {
        "field": "start",
        "type": "nominal",
        "sort": list(starts),
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelColor": colours.ink, "labelLimit": 140, "labelPadding": 8},
    }
    shade = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": [colours.background, colours.accent]},
        "legend": None,
    }
    letters = {"condition": {"test": "datum.is_dark", "value": colours.background}, "value": colours.ink}
    return chart(
        rows,
        [
            {
                "mark": {"type": "rect", "stroke": colours.background, "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "color": shade},
            },
            {
                "mark": {"type": "text", "fontSize": 10, "fontWeight": 400},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": letters},
            },
        ],
        height=max(60, 22 * len(starts)),
    )
