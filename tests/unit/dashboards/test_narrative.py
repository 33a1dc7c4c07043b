"""Sentences say what the numbers say, and parts add up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from company.locale import Locale
from dashboards.format import Display
from dashboards.narrative import Driver, drivers, explained, movement, status

DISPLAY = Display(Locale("en_GB"), "EUR")
AMOUNTS = st.dictionaries(st.text(min_size=1, max_size=5), st.decimals(-(10**9), 10**9, places=2), max_size=8)


def test_a_rise_and_a_fall_are_told_with_their_size() -> None:
    """An executive reads the sentence, not the chart."""
    assert movement("Net revenue", Decimal("1100000"), Decimal("1000000"), "money", DISPLAY) == (
        "Net revenue rose 10.0% to €1.1M."
    )
    assert movement("Gross margin", Decimal("0.413"), Decimal("0.434"), "ratio", DISPLAY) == (
        "Gross margin fell 2.1 pts to 41.3%."
    )


def test_what_cannot_be_compared_is_not_compared() -> None:
    """A percentage of zero or of a loss would be a lie."""
    assert movement("Bookings", Decimal("5"), Decimal("0"), "money", DISPLAY) == "Bookings was €5."
    assert movement("Operating profit", Decimal("5"), Decimal("-5"), "money", DISPLAY) == "Operating profit was €5."
    assert movement("Bookings", None, Decimal("5"), "money", DISPLAY) == "Bookings is not known for this period."


def test_a_member_of_one_side_counts_in_full() -> None:
    """A lost customer is the whole of its margin, not nothing."""
    parts = drivers({"a": Decimal("10"), "new": Decimal("4")}, {"a": Decimal("12"), "gone": Decimal("7")})
    assert parts == [Driver("gone", Decimal("-7")), Driver("new", Decimal("4")), Driver("a", Decimal("-2"))]


@given(now=AMOUNTS, before=AMOUNTS)
def test_drivers_add_up_to_the_change(now: dict[str, Decimal], before: dict[str, Decimal]) -> None:
    """Parts that do not add up make the sentence wrong."""
    change = sum(now.values(), Decimal(0)) - sum(before.values(), Decimal(0))
    assert sum((part.amount for part in drivers(now, before)), Decimal(0)) == change


def test_the_rest_is_named_so_that_the_sentence_adds_up() -> None:
    """Three drivers shown of five must not hide the other two."""
    parts = [
        Driver(name, Decimal(value)) for name, value in (("a", 600), ("b", 300), ("c", -100), ("d", 50), ("e", 25))
    ]
    assert explained(parts, "money", DISPLAY) == "a +€600, b +€300, c \N{MINUS SIGN}€100, 2 others +€75"
    assert explained([], "money", DISPLAY) == ""


def test_a_change_that_rounds_to_nothing_has_no_direction() -> None:
    """A green arrow beside "-0 days" would be news of nothing."""
    assert DISPLAY.change(Decimal("24.8"), Decimal("25.1"), "days") == "±0 days"
    assert DISPLAY.change(Decimal("24.1"), Decimal("25.1"), "days") == "\N{MINUS SIGN}1 day"


def test_a_loss_that_grew_has_fallen() -> None:
    """Cash that went from -240 to -503 is no green arrow."""
    assert DISPLAY.change(Decimal(-503), Decimal(-240), "money") == "\N{MINUS SIGN}109.6%"
    assert DISPLAY.change(Decimal(-143), Decimal(-154), "money") == "+7.1%"


def test_a_target_is_missed_by_the_metrics_own_direction() -> None:
    """More cost than planned is off, more revenue is not."""
    assert status(Decimal(100), Decimal(90), "up") == "good"
    assert status(Decimal(100), Decimal(90), "down") == "off"
    assert status(Decimal(95), Decimal(100), "up") == "near"
    assert status(Decimal(99), Decimal(90), "down") == "near"
    assert status(None, Decimal(90), "down") == "off"
