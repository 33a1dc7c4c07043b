"""Figures are pure: data in, chart out, nothing that a name could run."""

from datetime import date
from decimal import Decimal

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
