"""Overview: what did we sell, what did we keep, what cash comes next."""

from __future__ import annotations

import streamlit as st

from dashboards import answers, cards, chart_cards, layout
from dashboards.filters import Range, months_before
from dashboards.reading import Reading

SOLD = ("net_revenue", "gross_margin_ratio", "contribution_margin", "operating_margin")
NEXT = ("bookings", "weighted_pipeline", "receivables_overdue", "cash_balance")
CUSTOMERS = ("customer_acquisition_cost", "customer_lifetime_value", "ltv_to_cac", "days_sales_outstanding")


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(answers.overview_headline(reading), reading)
    cards.kpi_row(reading, SOLD, key="sold")
    cards.kpi_row(reading, NEXT, key="next")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart_cards.trend_card(reading, "net_revenue", _trend_range(reading), title="Net revenue by month")
    with right:
        chart_cards.movers_card(reading, "category", title="Change in gross margin", most=7)
    chart_cards.outlook_card(reading)
    cards.kpi_row(reading, CUSTOMERS, key="customers")


def _trend_range(reading: Reading) -> Range:
    # A month or a quarter has too few points for a trend: it is shown within its year.
    now = reading.filters.now
    return now if reading.filters.period in {"12m", "24m"} else Range(months_before(now.last, 11), now.last)
