"""Reasons of lists that people act on, in words and amounts of the reader."""

from company.locale import Locale
from dashboards.format import Display
from dashboards.queries.action_lists import reason_text


def test_a_reason_writes_money_as_the_page_does_and_leaves_chances() -> None:
    """`31998.78 x chance 85.4%` is for machines; who calls the customer wants €32K."""
    english, finnish = Display(Locale("en_GB"), "EUR"), Display(Locale("fi_FI"), "EUR")
    kept = "margin if won 31998.78 x chance 85.4% = 27326.96"
    assert reason_text(kept, english) == "Margin if won €32K × chance 85.4% = €27.3K"
    assert "32" in reason_text(kept, finnish)
    assert "31998.78" not in reason_text(kept, finnish)
    assert reason_text("no order for 214 days, usual 61", english) == "No order for 214 days, usual 61"
