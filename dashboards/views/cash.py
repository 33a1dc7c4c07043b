"""Cash: what is in the bank, what is owed both ways, and the thirteen weeks ahead."""

from __future__ import annotations

import streamlit as st

from dashboards import answers, cards, chart_cards, drill, layout
from dashboards.figures.trend import Line
from dashboards.queries import cash
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(answers.cash_headline(reading), reading)
    cards.kpi_row(
        reading, ("cash_balance", "projected_minimum_cash", "receivables_open", "receivables_overdue"), key="cash"
    )
    chart_cards.outlook_card(reading)
    with layout.part("Largest receipts and payments"):
        _largest(reading)
    chart_cards.ageing_cards(reading)
    with layout.part("Earlier outlooks"):
        _told_and_came(reading)
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
    drill.rows_card(reading, ("receivables_open", "receivables_overdue", "payables_open"))


def _largest(reading: Reading) -> None:
    cards.rows_card(
        "The five largest receipts and payments of each week",
        cash.largest_items(reading),
        reading=reading,
        tables=("finance.fct_cash_projection_items",),
        key="largest_items",
        as_of=layout.as_of_words(reading),
        empty="No document is expected to move cash.",
        columns={
            "week_on": st.column_config.DateColumn("Week of"),
            "layer": "Layer",
            "document_type": "Kind",
            "document_id": "Document",
            "entity_id": "Entity",
            "amount_rpt": cards.money_column(reading, "Receipt or payment"),
        },
    )


def _told_and_came(reading: Reading) -> None:
    shown = cash.told_and_came(reading)
    chart_cards.lines_card(
        reading,
        shown.told_on,
        [Line("Came", shown.actual), Line("Told", shown.projected, "target")],
        title="What earlier outlooks told, and what came",
        key="told_and_came",
        tables=("finance.fct_cash_projection_accuracy",),
        note="Receipts less payments of the weeks after each month end",
        empty="No earlier outlook has passed yet.",
    )
