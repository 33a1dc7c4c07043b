"""Sales: what was won, what is open, what stalls."""

from __future__ import annotations

import streamlit as st

from dashboards import answers, cards, chart_cards, layout
from dashboards.filters import Range, months_before
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(answers.sales_headline(reading), reading)
    cards.kpi_row(reading, ("bookings", "open_pipeline", "weighted_pipeline", "win_rate"), key="sales")
    left, right = st.columns(2, gap="medium")
    with left:
        last = reading.filters.now.last
        chart_cards.trend_card(reading, "bookings", Range(months_before(last, 11), last), title="Bookings by month")
    with right:
        chart_cards.amounts_card(
            reading,
            answers.pipeline_stages(reading),
            metric="open_pipeline",
            title="Open pipeline by stage",
            key="pipeline_by_stage",
            empty="No deal is open.",
        )
    chart_cards.bridge_card(
        reading,
        answers.pipeline_bridge(reading),
        metric="open_pipeline",
        title="How the open pipeline moved" + (", all deals" if reading.filters.where else ""),
        ends=("Open before", "Open now"),
        key="pipeline_bridge",
    )
    cards.rows_card(
        "Deals that stall: longer in their stage than 80% of won deals were",
        answers.stalled_deals(reading),
        reading=reading,
        key="stalled_deals",
        as_of=layout.as_of_words(reading),
        empty="No open deal stands longer in its stage than usual.",
        columns={
            "deal": "Deal",
            "owner": "Owner",
            "stage": "Stage",
            "amount": cards.money_column(reading, "Amount"),
            "days_in_stage": "Days in stage",
            "usual_days": "Usual, days",
            "expected_close": "Expected close",
            "next_step": "Next step",
        },
    )
