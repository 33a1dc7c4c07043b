"""Overview: what did we sell, what did we keep, what cash comes next."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards import answers, cards, layout, sheet
from dashboards.cards import chart_cards, columns, drill, kpi_cards
from dashboards.filters import Range, months_before
from dashboards.queries import scorecard
from dashboards.reading import Reading

SOLD = ("net_revenue", "gross_margin_ratio", "contribution_margin", "operating_margin")
NEXT = ("bookings", "weighted_pipeline", "receivables_overdue", "cash_balance")
CUSTOMERS = ("customer_acquisition_cost", "customer_lifetime_value", "ltv_to_cac", "days_sales_outstanding")


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(answers.overview_headline(reading), reading)
    kpi_cards.kpi_row(reading, SOLD, key="sold")
    kpi_cards.kpi_row(reading, NEXT, key="next")
    left, right = st.columns([3, 2], gap="medium")
    with left, layout.part("Net revenue by month"):
        chart_cards.trend_card(reading, "net_revenue", _trend_range(reading), title="Net revenue by month")
    with right, layout.part("Change in gross margin"):
        chart_cards.movers_card(reading, "category", title="Change in gross margin", most=7)
    with layout.part("Cash outlook"):
        chart_cards.outlook_card(reading)
    kpi_cards.kpi_row(reading, CUSTOMERS, key="customers")
    drill.rows_card(reading, ("net_revenue", "gross_margin", "bookings", "open_pipeline", "receivables_overdue"))
    _scorecard(reading)


def _trend_range(reading: Reading) -> Range:
    # A month or a quarter has too few points for a trend: it is shown within its year.
    now = reading.filters.now
    return now if reading.filters.period in {"12m", "24m"} else Range(months_before(now.last, 11), now.last)


_LEVELS = {"calm": ("green", "calm"), "watch": ("orange", "watch"), "attention": ("red", "needs attention")}


def _scorecard(reading: Reading) -> None:
    """Where the tension is now: one line per area with its reason, and the metrics that it is made of."""
    areas = scorecard.scorecard(reading)
    worst = scorecard.tense(areas)
    with st.container(border=True, key="card_scorecard"):
        st.markdown("## Where the tension is now")
        if worst is None or worst.worst is None:
            said = "Nothing is off: every number of the scorecard is at its target or no worse than before."
        else:
            verb = "is the least calm" if worst.level == "calm" else "most needs attention"
            said = f"{worst.name} {verb}: {scorecard.reason(reading, worst.worst)}."
        st.markdown(f"**{layout.plain(said)}**")
        with st.grid(4, min_column_width=200, gap="small", key="scorecard_areas"):
            for area in areas:
                colour, word = _LEVELS[area.level]
                why = scorecard.reason(reading, area.worst) if area.worst else "nothing is off"
                with st.container(border=True, height="stretch"):
                    st.markdown(f"### {area.name} :{colour}-badge[{word}]")
                    st.markdown(f":small[{layout.plain(why)}]")
        table = _score_rows(reading, areas)
        shown: dict[str, Any] = {
            "area": "Area",
            "metric": "Number",
            "now": "Now",
            "change": "Change",
            "target": "Of target",
            "trend": st.column_config.LineChartColumn("Twelve months"),
            "off": st.column_config.ProgressColumn("Off by", format="percent", min_value=0.0, max_value=1.0),
        }
        st.dataframe(table, hide_index=True, column_config=shown, alt="Scorecard", height="content", placeholder="—")
        cards.caption(
            f"{layout.as_of_words(reading, reading.filters.now)}. Off: short of the target, or worse than the"
            " comparison, as a share of it; an area is the mean of its numbers",
            reading,
            (),
        )
    printed = {name: label for name, label in columns.headings(shown).items() if name != "trend"}
    reading.sheet.add(sheet.Rows(f"Where the tension is now. {said}", table, printed))


def _score_rows(reading: Reading, areas: tuple[scorecard.Area, ...]) -> pa.Table:
    display = reading.display
    rows = []
    for area in areas:
        for scored in area.metrics:
            definition = reading.definition(scored.metric)
            rows.append(
                {
                    "area": area.name,
                    "metric": definition.label,
                    "now": display.short(scored.now, definition.unit),
                    "change": display.change(scored.now, scored.other, definition.unit),
                    "target": scorecard.share_of_target(reading, scored) or None,
                    "trend": [float(value) for value in scored.trend],
                    "off": round(float(scored.off), 3),
                }
            )
    return pa.Table.from_pylist(rows)
