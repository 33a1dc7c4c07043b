"""Cash: what is in the bank, what is owed both ways, and the thirteen weeks ahead."""

from __future__ import annotations

from dashboards import answers, cards, chart_cards, layout
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(answers.cash_headline(reading), reading)
    cards.kpi_row(
        reading, ("cash_balance", "projected_minimum_cash", "receivables_open", "receivables_overdue"), key="cash"
    )
    chart_cards.outlook_card(reading)
    chart_cards.ageing_cards(reading)
    cards.kpi_row(reading, ("days_sales_outstanding", "days_payable_outstanding"), key="days")
    cards.rows_card(
        "Who owes most past due",
        answers.overdue_customers(reading),
        reading=reading,
        key="owing",
        as_of=layout.as_of_words(reading),
        empty="Nothing is overdue.",
        columns={
            "customer": "Customer",
            "overdue": cards.money_column(reading, "Overdue"),
            "documents": "Documents",
            "oldest_days": "Oldest, days late",
        },
    )
