"""Figures are pure: data in, chart out, nothing that a name could run."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.figures import bars, trend
from dashboards.figures.money_axis import ticks
from dashboards.figures.outlook import cash_outlook
from dashboards.figures.theme import DARK, LIGHT, palette


def whole(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.0f}"


def test_a_bridge_that_does_not_close_is_refused() -> None:
    """A waterfall whose bars do not reach its end misleads more than no chart."""
    with pytest.raises(ValueError, match="do not add up"):
        bars.bridge(
            [("price", Decimal("5"))], start=("a", Decimal("1")), end=("b", Decimal("7")), text=whole, colours=LIGHT
        )


def test_hostile_names_become_text() -> None:
    """Plotly reads a few tags in labels: a customer's name must not be one."""
    figure = bars.ranked(["<b>x</b><a href='y'>"], [Decimal("1")], text=whole, colours=LIGHT)
    assert "<b>" not in str(figure.to_dict()["layout"]["yaxis"]["ticktext"])
    assert "<" not in bars.label("<img src=x onerror=alert(1)>")


def test_the_lowest_week_is_marked() -> None:
    """The one number a treasurer looks for."""
    weeks = [date(2026, 7, 6), date(2026, 7, 13), date(2026, 7, 20)]
    figure = cash_outlook(
        weeks,
        {"Receivables": [Decimal(5), Decimal(0), Decimal(9)], "Payables": [Decimal(-1), Decimal(-7), Decimal(0)]},
        [Decimal(14), Decimal(7), Decimal(16)],
        text=whole,
        day_text=str,
        colours=LIGHT,
    )
    (mark,) = figure.layout.annotations
    assert (mark.x, mark.text) == (weeks[1], "Lowest 7")


def test_a_line_chart_leaves_unknown_months_open() -> None:
    """A month without a number is a gap, never a zero."""
    days = [date(2026, 1, 1), date(2026, 2, 1)]
    figure = trend.line(days, [trend.Line("Revenue", [Decimal(3), None])], text=whole, day_text=str, colours=DARK)
    assert list(figure.data[0].y) == [3.0, None]


@given(st.lists(st.decimals(-(10**12), 10**12, places=2), max_size=6))
def test_the_axis_covers_every_value_and_zero(values: list[Decimal]) -> None:
    """A bar that leaves the chart shows a wrong size."""
    axis = ticks(values, whole)
    places = axis["tickvals"]
    assert min(places) <= min([0.0, *map(float, values)]) + 1e-6
    assert max(places) >= max([0.0, *map(float, values)]) - 1e-6
    assert len(places) == len(axis["ticktext"]) <= 8


def test_the_palette_follows_the_mode() -> None:
    """Navy on navy is unreadable."""
    assert palette("dark") is DARK
    assert palette(None) is LIGHT


def test_every_line_is_named_where_it_ends_and_no_name_covers_another() -> None:
    """A legend sends the eye back and forth; two names on one spot name nothing."""
    days = [date(2026, month, 1) for month in range(1, 7)]
    flat = [Decimal(100)] * 6
    lines = [
        trend.Line("Net revenue", [*flat[:5], Decimal(101)]),
        trend.Line("Prior year", flat, "comparison"),
        trend.Line("<b>Target</b>", [*flat[:4], Decimal(40), None], "target"),
    ]
    figure = trend.line(days, lines, text=whole, day_text=str, colours=LIGHT)
    assert not figure.layout.showlegend
    names = {mark.text: mark.y for mark in figure.layout.annotations}
    assert list(names) == ["‹b›Target‹/b›", "Prior year", "Net revenue"]
    low, high = figure.layout.yaxis.range
    apart = [b - a for a, b in pairwise(names.values())]
    assert min(apart) >= 15 / 250 * (high - low)
    assert names["‹b›Target‹/b›"] == 40
    assert list(figure.layout.xaxis.range) == [days[0], days[-1]], "the names take no room from the months"


def test_lines_without_a_month_are_drawn_as_nothing() -> None:
    figure = trend.line(
        [], [trend.Line("Now", []), trend.Line("Before", [], "comparison")], text=whole, day_text=str, colours=LIGHT
    )
    assert not figure.layout.annotations


def test_on_a_phone_figures_take_their_room_in_height() -> None:
    """Names right of the lines, or ten bars side by side, leave nothing to see on 390 pixels."""
    days = [date(2026, month, 1) for month in range(1, 13)]
    lines = [trend.Line("Now", [Decimal(1)] * 12), trend.Line("Prior year", [Decimal(2)] * 12, "comparison")]
    figure = trend.line(days, lines, text=whole, day_text=str, colours=LIGHT, narrow=True)
    assert figure.layout.showlegend
    assert not figure.layout.annotations
    assert len(figure.layout.xaxis.tickvals) <= 4
    steps = [(f"Cause {number}", Decimal(1)) for number in range(8)]
    bridge = bars.bridge(
        steps, start=("Before", Decimal(1)), end=("Now", Decimal(9)), text=whole, colours=LIGHT, narrow=True
    )
    assert bridge.data[0].orientation == "h"
    assert list(bridge.data[0].y) == ["Before", *(name for name, _ in steps), "Now"]
    assert bridge.layout.height >= 30 * 10
