"""How a locale writes numbers: what readers of tables see at the edges of rounding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.locale import Locale, unbroken

GB = Locale("en_GB")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GB.money(Decimal("-0.004"), "EUR"), "€0.00"),
        (GB.money(Decimal("-0.005001"), "EUR"), "-€0.01"),
        (GB.money(Decimal("-0.49"), "EUR", decimals=0), "€0"),
        (GB.compact_money(Decimal("-0.2"), "EUR"), "€0"),
        (GB.number(Decimal("-0.4")), "0"),
        (GB.percent(Decimal("-0.0004")), "0.0%"),
        (GB.percent(-0.0006), "-0.1%"),
        (Locale("fa", digits="native").number(Decimal("-0.4")), "۰"),
    ],
)
def test_what_rounds_to_nothing_has_no_sign(text: str, said: str) -> None:
    """Nobody owes minus nothing, and a reader looks for the error that it is not."""
    assert text == said


@given(st.decimals(min_value=-10_000, max_value=10_000, places=4), st.integers(0, 3))
def test_a_sign_stands_where_a_figure_does(value: Decimal, decimals: int) -> None:
    text = GB.number(value, decimals=decimals)
    assert text.startswith("-") == (value < 0 and any(figure in text for figure in "123456789"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Goods \u2212€0.1M, services +€0.6M", "Goods \u2212\u2060€0.1M, services +\u2060€0.6M"),
        ("It fell (-4.2%).", "It fell (-\u20604.2%)."),
        ("-CHF\xa05 \u22121,2\xa0milj.\xa0€ ±0 days", "-\u2060CHF\xa05 \u2212\u20601,2\xa0milj.\xa0€ ±\u20600 days"),
        ("\u200e\u2212۱۲٫۳٪", "\u200e\u2212\u2060۱۲٫۳٪"),
        ("2026-06-30, INV-2026-1, 1–30 days, a - b, A/B+C", "2026-06-30, INV-2026-1, 1–30 days, a - b, A/B+C"),
    ],
)
def test_a_sign_is_not_parted_from_its_amount(written: str, kept: str) -> None:
    """A line that ends in a minus and one that begins with €0.1M: the reader takes a loss for a gain."""
    assert unbroken(written) == kept
    assert unbroken(kept) == kept
