"""Marketing and acquisition: leads, how they convert, what a new customer costs and brings."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from dashboards import answers, cards, layout
from dashboards.cards import chart_cards, columns, drill, kpi_cards
from dashboards.figures.trend import Line
from dashboards.filters import Range, months_before
from dashboards.queries import acquisition
from dashboards.reading import Reading

METRICS = ("new_customers", "customer_acquisition_cost", "ltv_to_cac", "acquisition_cost")


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(acquisition.headline(reading), reading)
    kpi_cards.kpi_row(reading, METRICS, key="marketing")
    left, right = st.columns(2, gap="medium")
    with left, layout.part("Leads"):
        chart_cards.amounts_card(
            reading,
            {name: Decimal(count) for name, count in acquisition.funnel(reading).items() if count},
            metric=None,
            title="Leads of the period, and how far they came",
            key="lead_funnel",
            unit="count",
            tables=("sales.fct_leads",),
            over=reading.filters.now,
            empty="No lead was created in this period.",
        )
    with right, layout.part("Cost of winning customers"):
        _new_customers(reading)
    with layout.part("Lead sources"):
        cards.rows_card(
            "Where leads come from and what becomes of them",
            acquisition.by_source(reading),
            reading=reading,
            tables=("sales.fct_leads", "sales.fct_deals"),
            key="lead_sources",
            as_of=layout.as_of_words(reading, reading.filters.now),
            empty="No lead was created in this period.",
            columns={
                "lead_source": "Source",
                "channel": "Channel",
                "leads": "Leads",
                "converted": "Converted",
                "conversion_ratio": st.column_config.ProgressColumn(
                    "Conversion", format="percent", min_value=0.0, max_value=1.0
                ),
                "first_touch_hours": st.column_config.NumberColumn("Hours to first touch, median", format="%.1f"),
                "won_deals": "Deals won",
                "won_rpt": columns.money(reading, "Won"),
            },
        )
    with layout.part("Campaigns"):
        _campaigns(reading)
    with layout.part("Cost and value by segment"):
        _by_segment(reading)
    with layout.part("Waiting leads"):
        _untouched(reading)
    drill.rows_card(reading, ("deals_won", "bookings", "win_rate"))


def _by_segment(reading: Reading) -> None:
    cards.rows_card(
        "What a new customer costs and brings, by segment",
        acquisition.by_segment(reading),
        reading=reading,
        tables=("customers.fct_acquisition_monthly",),
        key="acquisition_by_segment",
        as_of=layout.as_of_words(reading, reading.filters.now),
        empty="No cost of acquisition in this period.",
        columns={
            "segment": "Segment",
            "cost_rpt": columns.money(reading, "Cost"),
            "new_customers": "New customers",
            "cost_of_one_rpt": columns.money(reading, "Cost of one"),
            "margin_of_one_rpt": columns.money(reading, "Margin expected of one"),
            "multiple": st.column_config.NumberColumn("Value to cost", format="%.1f×"),
        },
    )


def _untouched(reading: Reading) -> None:
    cards.rows_card(
        "Open leads without a recorded touch, the oldest first",
        acquisition.untouched(reading),
        reading=reading,
        tables=("sales.fct_leads",),
        key="untouched_leads",
        as_of=layout.as_of_words(reading),
        empty="Every open lead has a call, mail or meeting recorded.",
        columns={
            "company": "Company",
            "lead_source": "Source",
            "owner": "Owner",
            "region": "Region",
            "status": "Status",
            "created_on": columns.day(reading, "Created"),
            "days_waiting": "Days waiting",
            "source_system": "System",
            "source_entity": None,
            "source_id": "Its id there",
        },
    )


def _new_customers(reading: Reading) -> None:
    last = reading.filters.now.last
    over = Range(months_before(last, 11), last)
    found = {row["month_on"]: row for row in acquisition.by_month(reading, over)}
    months = answers.months_of(over)
    chart_cards.lines_card(
        reading,
        months,
        [Line("Cost of winning customers", [found[month]["cost_rpt"] if month in found else None for month in months])],
        title="Cost of winning customers by month",
        key="acquisition_cost_by_month",
        metric="acquisition_cost",
        tables=("customers.fct_acquisition_monthly",),
    )


def _campaigns(reading: Reading) -> None:
    model = st.segmented_control(
        "A won deal counts for",
        list(acquisition.MODELS),
        default="linear",
        required=True,
        format_func=acquisition.MODELS.__getitem__,
        key="attribution",
        bind="query-params",
    )
    table = acquisition.by_channel(reading, model or "linear")
    costs = {row["channel"]: row["cost_rpt"] for row in table.to_pylist() if row["cost_rpt"]}
    chart_cards.amounts_card(
        reading,
        costs,
        metric="acquisition_cost",
        title="Cost of winning customers by channel, with people's part",
        key="cost_by_channel",
        tables=("customers.fct_acquisition_by_campaign",),
        over=reading.filters.now,
        empty="No cost of acquisition in this period.",
    )
    cards.rows_card(
        "What a customer costs by channel",
        table,
        reading=reading,
        tables=("customers.fct_acquisition_by_campaign",),
        key="channels",
        as_of=layout.as_of_words(reading, reading.filters.now),
        empty="No cost of acquisition in this period.",
        columns={
            "channel": "Channel",
            "direct_rpt": columns.money(reading, "Spend"),
            "cost_rpt": columns.money(reading, "Cost with people's part"),
            "new_customers": st.column_config.NumberColumn("Customers won", format="%.1f"),
            "cost_of_one_rpt": columns.money(reading, "Cost of one"),
        },
    )
    cards.rows_card(
        "Campaigns of the period",
        acquisition.campaigns(reading, model or "linear"),
        reading=reading,
        tables=("customers.fct_campaigns",),
        key="campaigns",
        as_of=f"{layout.as_of_words(reading)}. Over each campaign's life; influenced pipelines overlap, never add them",
        empty="No campaign ran in this period.",
        columns={
            "campaign_name": "Campaign",
            "channel": "Channel",
            "started_on": columns.day(reading, "From"),
            "ended_on": columns.day(reading, "To"),
            "spend_rpt": columns.money(reading, "Spend"),
            "leads_count": "Leads",
            "converted_leads_count": "Converted",
            "cost_per_lead_rpt": columns.money(reading, "Cost of a lead"),
            "sourced_pipeline_rpt": columns.money(reading, "Pipeline sourced"),
            "influenced_pipeline_rpt": columns.money(reading, "Pipeline influenced"),
            "won_rpt": columns.money(reading, "Won"),
        },
    )
