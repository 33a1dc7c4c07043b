"""Cards on earlier cash outlooks: what they told and what came, their errors, and what came of their warnings.

Belongs here: figures and columns of these cards. Does not: queries, the page's order.
"""

from __future__ import annotations

import streamlit as st

from dashboards import cards, layout
from dashboards.cards import chart_cards
from dashboards.figures.trend import Line
from dashboards.queries import cash
from dashboards.reading import Reading


def told_and_came(reading: Reading) -> None:
    """What the four weeks after each earlier day were told to bring, and what they brought."""
    shown = cash.told_and_came(reading)
    chart_cards.lines_card(
        reading,
        shown.told_on,
        [Line("Came", shown.actual), Line("Told", shown.projected, "target")],
        title="What earlier outlooks told, and what came",
        key="told_and_came",
        tables=("finance.fct_cash_projection_accuracy",),
        note="Open invoices and bills, the four weeks after each day, without what was learned later",
        empty="No earlier outlook has passed yet.",
    )


def scores(reading: Reading) -> None:
    """The errors of each method over the last year, by layer and weeks ahead."""
    cards.rows_card(
        "How good the outlook was: each week of the last year told in advance",
        cash.scores(reading),
        reading=reading,
        tables=("finance.fct_cash_projection_scores",),
        key="cash_scores",
        as_of=f"{layout.as_of_words(reading)}. All entities, weekly amounts, knowing what was known on each day",
        empty="No earlier outlook has passed yet.",
        columns={
            "layer": "Layer",
            "horizon": "Horizon",
            "method": "Method",
            "is_chosen": "In use",
            "origins_count": "Days told on",
            "wape_ratio": st.column_config.NumberColumn(
                "Error", format="percent", help="Sum of the weeks' misses over the sum of what came (WAPE)."
            ),
            "bias_ratio": st.column_config.NumberColumn(
                "Bias", format="percent", help="Told less came, over what came: above zero was too much."
            ),
            "mase_ratio": st.column_config.NumberColumn(
                "Against the year before",
                format="%.2f",
                help="The error over that of the same week a year before (MASE): below 1 is better than that.",
            ),
            "coverage_ratio": st.column_config.NumberColumn(
                "In the band", format="percent", help="Share of weeks in the band that is to hold 80 of 100."
            ),
            "pinball_rpt": st.column_config.NumberColumn(
                f"Loss of the band ({reading.display.currency})",
                format="%,.0f",
                help="Mean pinball loss of its low, middle and high per week: lower is better; too wide costs, too.",
            ),
        },
    )


def warnings(reading: Reading) -> None:
    """Whether money fell below the minimum when readers were warned of it, and whether it did without a warning."""
    cards.rows_card(
        "Did warnings of too little money come true",
        cash.warnings(reading),
        reading=reading,
        tables=("finance.fct_cash_warning_scores",),
        key="cash_warnings",
        as_of=f"{layout.as_of_words(reading)}. Published outlooks, each judged once all its weeks have passed",
        empty="No published outlook is old enough to be judged: warnings are judged from the second week of runs on.",
        columns={
            "warning": "Warning",
            "within": "Within",
            "outlooks_count": st.column_config.NumberColumn(
                "Outlooks judged", format="%,d", help="One per day and entity: the last that readers were left with."
            ),
            "below_count": st.column_config.NumberColumn(
                "Came below", format="%,d", help="After so many of them the banks had less than the minimum."
            ),
            "warned_count": st.column_config.NumberColumn("Warned", format="%,d"),
            "hit_ratio": st.column_config.NumberColumn(
                "Warned of, when it came",
                format="percent",
                help="Hit rate: of the times that money fell below the minimum, those that had been warned of.",
            ),
            "false_alarm_ratio": st.column_config.NumberColumn(
                "Warned in vain",
                format="percent",
                help="False alarms: of the warnings, those that nothing came of.",
            ),
        },
    )
