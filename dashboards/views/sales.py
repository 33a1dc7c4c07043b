"""Sales: what was won, what is open, what stalls."""

from __future__ import annotations

import streamlit as st

from dashboards import answers, cards, layout
from dashboards.cards import chart_cards, columns, drill, kpi_cards
from dashboards.figures.trend import Line
from dashboards.filters import Range, months_before
from dashboards.queries import action_lists, sales
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(answers.sales_headline(reading), reading)
    kpi_cards.kpi_row(reading, ("bookings", "open_pipeline", "weighted_pipeline", "win_rate"), key="sales")
    left, right = st.columns(2, gap="medium")
    with left:
        last = reading.filters.now.last
        chart_cards.trend_card(reading, "bookings", Range(months_before(last, 11), last), title="Bookings by month")
    with right:
        _pace(reading)
    left, right = st.columns(2, gap="medium")
    with left:
        regions = sales.by_region(reading)
        chart_cards.amounts_card(
            reading,
            regions,
            metric="bookings",
            title="Bookings by region",
            key="bookings_by_region",
            picks=("region", list(regions)),
            over=reading.filters.now,
            empty="Nothing was won in this period.",
        )
    with right:
        stages = answers.pipeline_stages(reading)
        chart_cards.amounts_card(
            reading,
            stages,
            metric="open_pipeline",
            title="Open pipeline by stage",
            key="pipeline_by_stage",
            picks=("stage", list(stages)),
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
    with layout.part("Owners"):
        _owners(reading)
    with layout.part("From booked to collected"):
        chart_cards.amounts_card(
            reading,
            sales.booked_to_collected(reading),
            metric=None,
            title="Won deals and direct orders of the period, and how far they are by now",
            key="booked_to_collected",
            tables=("sales.fct_booked_billed_collected",),
            over=reading.filters.now,
            empty="Nothing was booked in this period.",
        )
    with layout.part("Lists to act on"):
        _lists(reading)
    drill.rows_card(reading, ("bookings", "open_pipeline", "win_rate"))


def _pace(reading: Reading) -> None:
    now = reading.filters.now
    months = answers.months_of(now)
    over = now if len(months) > 2 else Range(months_before(now.last, 11), now.last)  # too few for a pace
    shown = sales.pace(reading, "bookings", over)
    lines = [Line("Bookings", shown.actual)]
    if any(value is not None for value in shown.target):
        lines.append(Line("Target", shown.target, "target"))
    chart_cards.lines_card(
        reading,
        shown.months,
        lines,
        title="Pace: bookings added up" + (", with the target" if len(lines) > 1 else ""),
        key="bookings_pace",
        metric="bookings",
        tables=("sales.fct_deals", "common.fct_targets"),
        note=answers.span_words(reading, over),
    )


def _owners(reading: Reading) -> None:
    cards.rows_card(
        "Owners against their quotas",
        sales.owners(reading),
        reading=reading,
        tables=("sales.fct_deals", "common.fct_targets"),
        key="owners",
        as_of=layout.as_of_words(reading, reading.filters.now),
        empty="No owner has won or opened a deal.",
        columns={
            "owner": "Owner",
            "team": "Team",
            "won_rpt": columns.money(reading, "Won"),
            "quota_rpt": columns.money(reading, "Quota"),
            "reached_ratio": st.column_config.ProgressColumn(
                "Of quota", format="percent", min_value=0.0, max_value=1.5
            ),
            "win_ratio": columns.percent("Win rate"),
            "open_rpt": columns.money(reading, "Open pipeline"),
            "open_deals": "Open deals",
        },
    )


def _lists(reading: Reading) -> None:
    """Whom to call today, one list at a time, each row with its reason."""
    names = list(action_lists.offered(reading))
    if not names:
        return
    shown = st.segmented_control("Act on", names, default=names[0], required=True, key="list", bind="query-params")
    name = shown or names[0]
    table = action_lists.rows(reading, name)
    cards.rows_card(
        name,
        table,
        reading=reading,
        tables=(action_lists.LISTS[name].table,),
        key="action_list",
        as_of=layout.as_of_words(reading),
        empty=action_lists.LISTS[name].empty,
        columns=drill.column_settings(reading, table.column_names, cents=False),
    )
