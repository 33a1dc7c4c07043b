"""Lines on paper and in mail, as Vega-Lite: amounts by month, flows and balance by week, a band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.figures.money_axis import ticks
from dashboards.figures.paper import Spec, Text, axis, chart, money_y, panes
from dashboards.figures.theme import LIGHT, Palette


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
    places = ticks([value for values in lines.values() for value in values], text)
    step = max(1, -(-len(days) // 7))
    shown = sorted(range(len(days) - 1, -1, -step))
    x = {
        "field": "place",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, max(1, len(days) - 1)], "nice": False},
        "axis": axis(shown, [day_text(days[place]) for place in shown], grid=False, in_lines=True),
    }
    y = money_y(places)
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
    return chart(
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
    """The balance as a line; below it, on a scale of its own, what flows in and out by week, stacked."""
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
        "axis": axis(shown, [day_text(weeks[place]) for place in shown], grid=False),
    }
    standing = {"x": x | {"axis": None}, "y": money_y(ticks(balance, text, count=3)) | {"field": "balance"}}
    colour = {
        "field": "layer",
        "type": "nominal",
        "scale": {"domain": names, "range": [shades[place % len(shades)] for place in range(len(names))]},
        "legend": {"orient": "top", "title": None},
    }
    is_known = {"transform": [{"filter": "isValid(datum.balance)"}], "encoding": standing}
    line: list[Spec] = [
        is_known | {"mark": {"type": "line", "color": colours.accent, "strokeWidth": 2.5}},
        is_known | {"mark": {"type": "point", "color": colours.accent, "filled": True, "size": 30}},
        {
            "transform": [{"filter": f"datum.place === {len(weeks) - 1} && isValid(datum.balance)"}],
            "mark": {"type": "text", "text": balance_text, "align": "right", "dy": -12, "color": colours.accent},
            "encoding": standing,
        },
    ]
    bars: list[Spec] = [
        {
            "transform": [{"filter": "isValid(datum.value)"}],
            "mark": {"type": "bar", "size": 20},
            "encoding": {"x": x, "y": money_y(ticks([*ups, *downs], text, count=4)), "color": colour},
        }
    ]
    return panes(rows, (line, 90), (bars, 140))


def band(
    weeks: Sequence[date],
    ends: tuple[Sequence[Decimal], Sequence[Decimal], Sequence[Decimal]],
    minimum: Decimal | None,
    *,
    text: Text,
    day_text: Callable[[date], str],
    colours: Palette = LIGHT,
) -> Spec:
    """The balance by week: lower end, middle and upper end, and the minimum to keep where there is one."""
    low, middle, high = ends
    rows: list[Spec] = [
        {"place": place, "low": float(least), "value": float(likely), "high": float(most)}
        for place, (least, likely, most) in enumerate(zip(low, middle, high, strict=True))
    ]
    known = [*low, *high, *([minimum] if minimum is not None else [])]
    shown = list(range(0, len(weeks), 3))
    x = {
        "field": "place",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, max(1, len(weeks) - 1)], "nice": False},
        "axis": axis(shown, [day_text(weeks[place]) for place in shown], grid=False),
    }
    y = money_y(ticks(known, text))
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "color": colours.accent, "opacity": 0.15},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": {"type": "line", "color": colours.accent, "strokeWidth": 2.5}, "encoding": {"x": x, "y": y}},
    ]
    if minimum is not None:
        rule = {"type": "rule", "color": colours.bad, "strokeDash": [6, 3], "strokeWidth": 1.5}
        layers.append({"mark": rule, "encoding": {"y": {"datum": float(minimum), "type": "quantitative"}}})
    return chart(rows, layers, height=210)
