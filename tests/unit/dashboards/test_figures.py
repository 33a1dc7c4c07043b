"""Figures are pure: data in, chart out, nothing that a name could run."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.figures import bars, cohorts, trend
from dashboards.figures.bands import balance_band, balances
from dashboards.figures.end_names import apart
from dashboards.figures.money_axis import ticks
from dashboards.figures.outlook import cash_outlook
from dashboards.figures.theme import DARK, LIGHT, Palette, palette


def whole(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.0f}"


def named(figure: go.Figure, pane: str = "y") -> dict[str, tuple[float, str]]:
    """The names beside a figure's pane from below: where each stands on the axis of amounts, and its colour."""
    found = {}
    for mark in figure.layout.annotations:
        written = re.fullmatch(r'<span style="color:([^"]+)">[━■]</span> (.+)', mark.text)
        if written and mark.yref == pane:
            assert (mark.xref, mark.x, mark.xanchor) == ("paper", 1, "left"), "right of what is drawn"
            found[written[2]] = (mark.y, written[1])
    return found


def nearest(figure: go.Figure, pane: str = "y") -> float:
    """The least distance between two names of a pane, in pixels; letters are twelve high."""
    axis = figure.layout["yaxis" + pane[1:]]
    low, high = axis.range
    bottom, top = axis.domain or (0, 1)
    places = [place for place, _ in named(figure, pane).values()]
    assert all(low <= place <= high for place in places)
    return min(b - a for a, b in pairwise(places)) * (figure.layout.height - 50) * (top - bottom) / (high - low)


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
    (mark,) = (mark for mark in figure.layout.annotations if mark.showarrow)
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
    names = named(figure)
    assert list(names) == ["‹b›Target‹/b›", "Prior year", "Net revenue"]
    assert [colour for _, colour in names.values()] == [LIGHT.warning, LIGHT.comparison, LIGHT.accent]
    assert nearest(figure) >= 15
    assert names["‹b›Target‹/b›"][0] == 40
    middle = (names["Prior year"][0] + names["Net revenue"][0]) / 2
    assert middle == pytest.approx(100.5), "names that meet share the room about their middle"
    assert list(figure.layout.xaxis.range) == [days[0], days[-1]], "the names take no room from the months"


def test_every_layer_of_a_stack_is_named_beside_its_part_of_the_last_week() -> None:
    """Six colours in a row above a chart send the eye back and forth; the last bar shows which is which."""
    weeks = [date(2026, 7, 6), date(2026, 7, 13)]
    layers = {
        "Receivables": [Decimal(100), Decimal(300)],
        "Payables": [Decimal(-20), Decimal(-200)],
        "Payroll": [Decimal(-90), Decimal(0)],
        "Other receipts": [Decimal(50), Decimal(100)],
    }
    figure = cash_outlook(weeks, layers, [Decimal(600), Decimal(800)], text=whole, day_text=str, colours=LIGHT)
    assert not figure.layout.showlegend
    # 300 from zero up, then 100 on top of it; 200 from zero down, under which payroll would begin.
    expected = {"Payroll": -200, "Payables": -100, "Receivables": 150, "Other receipts": 350}
    names = named(figure, "y2")
    assert {name: place for name, (place, _) in names.items()} == expected
    assert named(figure) == {"Balance": (800, LIGHT.accent)}
    drawn = {trace.name: trace.marker.color or trace.line.color for trace in figure.data if trace.type == "bar"}
    assert {name: colour for name, (_, colour) in names.items()} == drawn
    assert figure.layout.xaxis.range[-1] > weeks[-1], "the last bar is whole"
    assert figure.layout.margin.r > 7 * len("Other receipts")


def test_a_large_balance_does_not_make_a_stripe_of_the_weeks() -> None:
    """Five millions in the bank and fifty thousands a week on one scale: nobody sees which week is the dear one."""
    weeks = [date(2026, 7, 6), date(2026, 7, 13)]
    layers = {"Receivables": [Decimal(50_000), Decimal(40_000)], "Tax": [Decimal(-30_000), Decimal(0)]}
    balance = [Decimal(5_020_000), Decimal(5_060_000)]
    figure = cash_outlook(weeks, layers, balance, text=whole, day_text=str, colours=LIGHT)
    low, high = figure.layout.yaxis2.range
    assert (high - low) < 2 * 80_000
    assert {trace.yaxis for trace in figure.data if trace.type == "bar"} == {"y2"}
    assert figure.layout.yaxis.range[0] == 0, "how far the balance is from nothing is seen"
    assert figure.layout.yaxis2.domain[1] < figure.layout.yaxis.domain[0]


def test_layers_without_an_amount_in_the_last_week_are_named_one_above_the_other() -> None:
    """Five names on the line of zero would be one smear."""
    weeks = [date(2026, 7, 6), date(2026, 7, 13)]
    layers = {f"Layer {number}": [Decimal(number - 3), Decimal(0)] for number in (1, 2, 4, 5)}
    figure = cash_outlook(weeks, layers, [Decimal(9), Decimal(0)], text=whole, day_text=str, colours=LIGHT)
    assert len(named(figure, "y2")) == 4
    assert nearest(figure, "y2") >= 15.99
    (lowest,) = (mark for mark in figure.layout.annotations if mark.showarrow)
    assert (lowest.x, lowest.xanchor) == (weeks[-1], "right"), "it ends where the names begin"


def test_a_band_is_named_inside_and_its_minimum_beside_the_line() -> None:
    """A treasurer must see which line is the floor without looking for a legend."""
    weeks = [date(2026, 7, 6) + timedelta(days=7 * number) for number in range(3)]
    ends = ([Decimal(70)] * 3, [Decimal(100)] * 3, [Decimal(190)] * 3)
    figure = balance_band(weeks, ends, Decimal(20), text=whole, day_text=str, colours=DARK)
    assert not figure.layout.showlegend
    assert named(figure) == {
        "Minimum 20": (20, DARK.bad),
        "Middle": (100, DARK.accent),
        "Four cases of five": (145, DARK.accent),
    }
    on_a_phone = balance_band(weeks, ends, Decimal(20), text=whole, day_text=str, colours=DARK, narrow=True)
    assert on_a_phone.layout.showlegend
    assert not on_a_phone.layout.annotations


def test_scenarios_that_end_alike_keep_their_names_apart_and_their_colours() -> None:
    """Four scenarios that differ little in the last week are the usual case."""
    weeks = [date(2026, 7, 6), date(2026, 7, 13)]
    lines = {f"<i>{name}</i>": [Decimal(1000), Decimal(900 + number)] for number, name in enumerate("abcd")}
    figure = balances(weeks, lines, Decimal(895), text=whole, day_text=str, colours=LIGHT)
    assert not figure.layout.showlegend
    names = named(figure)
    assert list(names) == ["Minimum 895", *(f"‹i›{name}‹/i›" for name in "abcd")]
    assert nearest(figure) >= 15.99
    drawn = {trace.name: trace.line.color for trace in figure.data}
    assert [names[f"‹i›{name}‹/i›"][1] for name in "abcd"] == [drawn[f"‹i›{name}‹/i›"] for name in "abcd"]
    phone = balances(weeks, lines, None, text=whole, day_text=str, colours=LIGHT, narrow=True)
    assert phone.layout.showlegend
    assert not phone.layout.annotations


@pytest.mark.parametrize("empty", [[], [Decimal(1)]], ids=["no week", "one week"])
def test_a_stack_and_a_band_of_no_or_one_week_are_drawn(empty: list[Decimal]) -> None:
    """A company's first run has little ahead."""
    weeks = [date(2026, 7, 6)] * len(empty)
    stack = cash_outlook(weeks, {"Receivables": empty}, empty, text=whole, day_text=str, colours=LIGHT)
    band = balance_band(weeks, (empty, empty, empty), None, text=whole, day_text=str, colours=LIGHT)
    assert [len(named(stack)), len(named(stack, "y2")), len(named(band))] == [len(empty), len(empty), 2 * len(empty)]


@given(
    st.lists(st.integers(0, 100), max_size=6).map(sorted),
    st.sampled_from([0.5, 5.0, 15.0]),
)
def test_names_are_apart_in_order_and_inside(places: list[int], gap: float) -> None:
    moved = apart(places, gap, 0, 100)
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(moved))
    assert all(-1e-9 <= place <= 100 + 1e-9 for place in moved)
    if all(b - a >= gap for a, b in pairwise(places)):
        assert moved == pytest.approx(places), "who has room stays"


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_shade_of_a_cohort_has_letters_that_can_be_read(colours: Palette) -> None:
    """Grey on grey-blue: the half of a table in the middle was there and nobody could read it (WCAG AA asks 4.5)."""
    shares = [[place / 50 for place in range(51)]]
    figure = cohorts.cohort_grid(["Jul 2026"], shares, text=lambda share: f"{share:.0%}", colours=colours)
    (letters,) = (trace for trace in figure.data if trace.type == "scatter")
    assert list(letters.text) == [f"{share:.0%}" for share in shares[0]]
    low, high = channels(colours.background), channels(colours.accent)
    for share, colour in zip(shares[0], letters.textfont.color, strict=True):
        shade = [a + (b - a) * share for a, b in zip(low, high, strict=True)]
        assert cohorts.contrast(channels(colour), shade) >= 4.5
    assert cohorts.contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21)
    assert cohorts.contrast([119, 119, 119], [255, 255, 255]) == pytest.approx(4.48, abs=0.01)


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def test_names_below_a_bridge_do_not_meet() -> None:
    """Half a page has 70 pixels for each of seven names; "Reactivation" takes 72 of them in the usual size."""
    names = ["New", "Expansion", "Reactivation", "Contraction", "Churn"]
    steps = [(name, Decimal(1)) for name in names]
    ends = {"start": ("Before", Decimal(1)), "end": ("Now", Decimal(6))}
    long = bars.bridge(steps, text=whole, colours=LIGHT, **ends)
    assert long.layout.xaxis.tickfont.size * 0.6 * len("Reactivation") <= 72
    short = bars.bridge([(name[:6], amount) for name, amount in steps], text=whole, colours=LIGHT, **ends)
    assert short.layout.xaxis.tickfont.size == 12


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
