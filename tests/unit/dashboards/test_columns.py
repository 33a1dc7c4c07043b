"""Columns of tables as a reader's locale writes them."""

from __future__ import annotations

import pytest

from company.locale import Locale
from dashboards.cards import columns


@pytest.mark.parametrize(
    ("pattern", "tokens"),
    [
        ("d MMM y", "D MMM YYYY"),
        ("MMM d, y", "MMM D, YYYY"),
        ("d.M.y", "D.M.YYYY"),
        ("dd.MM.yy", "DD.MM.YY"),
        ("d.MM.y 'г'.", "D.MM.YYYY [г]."),
        ("d MMM y G", "YYYY-MM-DD"),
    ],
)
def test_a_pattern_of_days_keeps_its_order_and_its_words(pattern: str, tokens: str) -> None:
    """03/04 is March to one reader and April to the next; an unknown field falls back to the order that all read."""
    assert columns.day_tokens(pattern) == tokens


@pytest.mark.parametrize(
    ("locale", "tokens"), [("en_GB", "D MMM YYYY"), ("en_US", "MMM D, YYYY"), ("fi_FI", "D.M.YYYY")]
)
def test_days_in_tables_are_those_of_the_page(locale: str, tokens: str) -> None:
    assert columns.day_tokens(Locale(locale).day_pattern) == tokens
