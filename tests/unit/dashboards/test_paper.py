"""Charts on paper: what is drawn is what was given, and every word of it is drawn."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboards.figures import paper, paper_bars, paper_lines


def words(value: object) -> str:
    return "–" if value is None else f"{value} k"


STEPS = [("New", Decimal("-26.01")), ("Expansion", Decimal("15.00"))]


def test_a_bridge_on_paper_goes_from_level_to_level() -> None:
    """Through zero as well: 5.00 - 26.01 + 15.00 = -6.01."""
    spec = paper_bars.bridge(STEPS, start=("Before", Decimal("5.00")), end=("Now", Decimal("-6.01")), text=words)
    found = [(row["name"], row["from"], row["value"], row["label"]) for row in spec["data"]["values"]]
    assert found == [
        ("Before", 0.0, 5.0, "5.00 k"),
        ("New", 5.0, -21.01, "-26.01 k"),
        ("Expansion", -21.01, -6.01, "15.00 k"),
        ("Now", 0.0, -6.01, "-6.01 k"),
    ]


def test_a_bridge_that_is_a_cent_off_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        paper_bars.bridge(STEPS, start=("Before", Decimal(5)), end=("Now", Decimal("-6.00")), text=words)


def test_a_grid_leaves_empty_what_has_not_come_yet() -> None:
    spec = paper_bars.grid(["Jul (120)", "Oct (3)"], [[1.0, 0.5, None], [1.0]], text=words, first="start")
    cells = [(row["start"], row["age"], row["label"]) for row in spec["data"]["values"]]
    assert cells == [("Jul (120)", 0, "1.0 k"), ("Jul (120)", 1, "0.5 k"), ("Oct (3)", 0, "1.0 k")]


@pytest.mark.parametrize("minimum", [None, Decimal(80)])
def test_a_band_shows_the_minimum_where_there_is_one(minimum: Decimal | None) -> None:
    weeks = [date(2026, 6, 29) + timedelta(weeks=week) for week in range(3)]
    ends = ([Decimal(90)] * 3, [Decimal(100)] * 3, [Decimal(120)] * 3)
    spec = paper_lines.band(weeks, ends, minimum, text=words, day_text=str)
    rules = [layer["encoding"]["y"]["datum"] for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert rules == ([] if minimum is None else [80.0])
    assert [(row["low"], row["value"], row["high"]) for row in spec["data"]["values"]] == [(90.0, 100.0, 120.0)] * 3


def test_every_word_is_drawn() -> None:
    """An expression that the renderer does not know draws nothing and says nothing."""
    bridge = paper_bars.bridge(STEPS, start=("Before", Decimal(5)), end=("Now", Decimal("-6.01")), text=words)
    grid = paper_bars.grid(["Jul (120)"], [[1.0, 0.5]], text=words, first="start")
    for spec, said in ((bridge, ["Before", "Expansion", "-26.01 k", "Now"]), (grid, ["Jul (120)", "start", "+1"])):
        drawn = paper.svg(spec)
        assert [word for word in said if word not in drawn] == []


def test_flows_are_readable_beside_a_balance_many_times_as_large() -> None:
    """Drawn on the scale of the balance a week's receipts would be a stripe."""
    weeks = [date(2026, 6, 29) + timedelta(weeks=week) for week in range(2)]
    flows = {"Receivables": [Decimal(400), Decimal(590)], "Payables": [Decimal(-100), Decimal(0)]}
    spec = paper_lines.outlook(weeks, flows, [Decimal(60000), Decimal(58000)], text=words, day_text=str)
    standing, moving = spec["vconcat"]
    (name,) = [layer for layer in standing["layer"] if layer["mark"]["type"] == "text"]
    (bars,) = moving["layer"]
    assert name["encoding"]["y"]["scale"]["domain"][1] >= 60000
    assert bars["encoding"]["y"]["scale"]["domain"][1] < 1000
    assert [layer for layer in standing["layer"] if "color" in layer["encoding"]] == []
    drawn = paper.svg(spec)
    assert [word for word in ("Balance", "Receivables", "Payables", "2026-06-29") if word not in drawn] == []
