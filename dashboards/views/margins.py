"""Margins: where margin is made and lost, and what moved it."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from dashboards import answers, cards, layout, narrative
from dashboards.cards import chart_cards, columns, drill, kpi_cards
from dashboards.filters import Range, months_before
from dashboards.metrics import UnavailableMetricError
from dashboards.narrative import Driver
from dashboards.queries import margins
from dashboards.reading import Reading

CUTS = {
    "category": "Item category",
    "item_type": "Item type",
    "region": "Region",
    "channel": "Channel",
    "department_code": "Department",
    "project__name": "Project",
    "customer__name": "Customer",
    "item__name": "Item",
}
MOST_ROWS = 200


def page(reading: Reading) -> None:
    """Draw the page."""
    causes = _causes(reading)
    layout.answer(headline(reading, causes), reading)
    kpi_cards.kpi_row(
        reading, ("net_revenue", "gross_margin", "gross_margin_ratio", "contribution_margin"), key="margins"
    )
    words = "Prior period" if reading.filters.comparison == "period" else "Prior year"
    if causes is not None:
        chart_cards.bridge_card(
            reading,
            causes,
            metric="gross_margin",
            title="Gross margin by cause",
            ends=(words, "This period"),
            key="margin_causes",
        )
    chart_cards.bridge_card(
        reading,
        answers.margin_bridge(reading),
        metric="gross_margin",
        title="Gross margin by what it is made of",
        ends=(words, "This period"),
        key="margin_bridge",
    )
    cuts = [cut for cut in CUTS if cut in reading.definition("gross_margin").dimensions]
    chosen = st.segmented_control(
        "Cut by", cuts, default=cuts[0], required=True, format_func=CUTS.__getitem__, key="cut", bind="query-params"
    )
    cut = chosen or cuts[0]
    left, right = st.columns(2, gap="medium")
    with left:
        chart_cards.movers_card(reading, cut, title="Change in gross margin", most=8)
    with right:
        last = reading.filters.now.last
        span = Range(months_before(last, 23), last)
        chart_cards.trend_card(reading, "gross_margin_ratio", span, title="Gross margin %, two years")
    _members(reading, cut)
    with layout.part("Erosion"):
        _erosion(reading)
    drill.rows_card(reading, ("gross_margin", "net_revenue"))


def headline(reading: Reading, causes: answers.Bridge | None) -> str:
    """How far the margin moved, which item types moved it and, where that is known, by which causes."""
    said = answers.margins_headline(reading)
    if causes is None:
        return said
    parts = [Driver(name, amount) for name, amount in causes.steps]
    ranked = sorted(parts, key=lambda part: (-abs(part.amount), part.name))
    return f"{said} By cause: {narrative.explained(ranked, 'money', reading.display, most=4)}."


def _causes(reading: Reading) -> answers.Bridge | None:
    try:
        return margins.cause_bridge(reading)
    except UnavailableMetricError:
        return None


def _erosion(reading: Reading) -> None:
    """Lists are netted first: what a customer takes of one item instead of another is not lost."""
    levels = margins.EROSION_LEVELS
    first = next(iter(levels))
    chosen = st.segmented_control(
        "Whose", list(levels), default=first, required=True, format_func=levels.__getitem__, key="erosion_level",
        bind="query-params",
    )  # fmt: skip
    level = chosen or first
    table = margins.erosion(reading, level)
    named = {"customer": "Customer", "item": "Item"}
    cards.rows_card(
        "Where margin was lost over twelve months, and the main cause",
        table,
        reading=reading,
        tables=("finance.fct_margin_erosion",),
        key=f"erosion_{level}",
        as_of=layout.as_of_words(reading),
        empty=f"No loss of margin to list under {levels[level].lower()}.",
        columns={
            **{name: label for name, label in named.items() if name in table.column_names},
            "main_cause": "Main cause",
            "base_margin_rpt": columns.money(reading, "Margin before"),
            "margin_rpt": columns.money(reading, "Margin now"),
            "change_rpt": columns.money(reading, "Change"),
            "price_rpt": columns.money(reading, "Price"),
            "discount_rpt": columns.money(reading, "Discount"),
            "unit_cost_rpt": columns.money(reading, "Unit cost"),
            "volume_rpt": columns.money(reading, "Volume"),
            "mix_rpt": columns.money(reading, "Mix"),
            "lost_and_new_rpt": columns.money(reading, "Lost less new"),
            "other_rpt": columns.money(reading, "Exchange and unpriced"),
        },
    )


def _members(reading: Reading, cut: str) -> None:
    """Revenue, margins and ratio per member, and the change of margin against the comparison.

    Members without sales are there for their expenses; the one without a name holds what is given to none.
    """
    revenue = answers.by_member(reading, cut, metric="net_revenue")
    margin, before = answers.by_member(reading, cut), answers.by_member(reading, cut, before=True)
    ratio = answers.by_member(reading, cut, metric="gross_margin_ratio")
    has_operating = reading.has("allocated_operating_margin")
    operating = answers.by_member(reading, cut, metric="allocated_operating_margin") if has_operating else {}
    zero = Decimal(0)
    known = [name for name in revenue if revenue[name] or margin.get(name) or before.get(name) or operating.get(name)]
    names = sorted(known, key=lambda name: (-(revenue[name] or zero), name))[:MOST_ROWS]
    money = pa.decimal128(38, 2)
    values = {
        "member": pa.array(names, pa.string()),
        "revenue": pa.array([revenue[name] for name in names], money),
        "margin": pa.array([margin.get(name) for name in names], money),
        "ratio": pa.array([ratio.get(name) for name in names], pa.decimal128(38, 6)),
        "change": pa.array([(margin.get(name) or zero) - (before.get(name) or zero) for name in names], money),
    }
    shown = {
        "member": CUTS[cut],
        "revenue": columns.money(reading, "Net revenue"),
        "margin": columns.money(reading, "Gross margin"),
        "ratio": columns.percent("Gross margin %"),
        "change": columns.money(reading, "Change in gross margin"),
    }
    as_of = layout.as_of_words(reading, reading.filters.now)
    if has_operating:
        values["operating"] = pa.array([operating.get(name) for name in names], money)
        shown["operating"] = columns.money(reading, "Operating margin")
        unallocated = reading.display.short(reading.value("unallocated_expenses"), "money")
        as_of += f"; operating margin holds {unallocated} of expenses that no rule shares out, with their departments"
    cards.rows_card(
        f"Margin by {CUTS[cut].lower()}",
        pa.table(values),
        reading=reading,
        key="margin_table",
        as_of=as_of,
        empty="No sales in this period.",
        columns=shown,
    )
