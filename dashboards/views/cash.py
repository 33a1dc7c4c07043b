"""Cash: what is in the bank, what is owed both ways, the weeks ahead with their band, and what if."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from dashboards import cards, cash_answers, layout
from dashboards.cards import chart_cards, columns, drill, kpi_cards, outlook_cards
from dashboards.figures import paper_lines
from dashboards.figures.bands import balance_band, balances
from dashboards.queries import cash
from dashboards.reading import Reading
from dashboards.scenario_draft import Draft, as_yaml, preview

_MOST_SCENARIOS = 4
_DRAFT = "Sliders"


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(cash_answers.cash_headline(reading), reading)
    kpi_cards.kpi_row(
        reading, ("cash_balance", "projected_minimum_cash", "receivables_open", "receivables_overdue"), key="cash"
    )
    chart_cards.outlook_card(reading)
    with layout.part("The band of the balance"):
        _band(reading)
    with layout.part("Scenarios"):
        _scenarios(reading)
    with layout.part("Largest receipts and payments"):
        _largest(reading)
    chart_cards.ageing_cards(reading)
    with layout.part("Earlier outlooks"):
        outlook_cards.told_and_came(reading)
        outlook_cards.scores(reading)
        outlook_cards.warnings(reading)
    kpi_cards.kpi_row(reading, ("days_sales_outstanding", "days_payable_outstanding"), key="days")
    cards.rows_card(
        "Who owes most past due",
        cash_answers.overdue_customers(reading),
        reading=reading,
        tables=("finance.fct_receivable_items",),
        key="owing",
        as_of=layout.as_of_words(reading),
        empty="Nothing is overdue.",
        columns={
            "customer": "Customer",
            "overdue": columns.money(reading, "Overdue"),
            "documents": "Documents",
            "oldest_days": "Oldest, days late",
        },
    )
    drill.rows_card(reading, ("receivables_open", "receivables_overdue", "payables_open"))


def _band(reading: Reading) -> None:
    found = cash.band(reading)
    text = cards.short_money(reading)
    told = cash.outlook(reading).to_pylist()
    note = ""
    if told and told[0]["below_minimum_ratio"] is not None:
        chance = reading.display.locale.percent(Decimal(str(told[0]["below_minimum_ratio"])), decimals=0)
        note = f"Chance to be below the minimum at the end of any week: {chance}"
    table = pa.table({"week": pa.array([], pa.date32())})
    figure = None
    if found is not None:
        figure = balance_band(
            found.weeks,
            (found.low, found.middle, found.high),
            found.minimum,
            text=text,
            day_text=reading.display.locale.short_day,
            colours=layout.colours(),
            narrow=layout.is_narrow(),
        )
        table = pa.table(
            {
                "week": pa.array(found.weeks, pa.date32()),
                "one in ten below": pa.array(found.low, chart_cards.MONEY),
                "middle": pa.array(found.middle, chart_cards.MONEY),
                "one in ten above": pa.array(found.high, chart_cards.MONEY),
                "minimum": pa.array([found.minimum] * len(found.weeks), chart_cards.MONEY),
            }
        )
    cards.chart(
        "How sure the balance is",
        figure,
        table,
        key="cash_band",
        reading=reading,
        tables=("finance.fct_cash_projection_bands",),
        paper=None
        if found is None
        else lambda: paper_lines.band(
            found.weeks,
            (found.low, found.middle, found.high),
            found.minimum,
            text=cards.short_money(reading),
            day_text=reading.display.day,
        ),
        alt="Band of the bank balance by week, with the minimum that is to be kept",
        as_of=f"{layout.as_of_words(reading)}. {note}".rstrip(". "),
        empty="Bands of several entities do not add up: choose one entity or all.",
    )


def _scenarios(reading: Reading) -> None:
    """Scenarios of this version side by side, and one more that sliders make."""
    offered = cash.scenarios(reading)
    base = cash.weekly(reading)
    if not offered or not base.weeks:
        return
    with st.container(border=True, key="card_scenarios"):
        st.markdown("## What if")
        chosen = st.multiselect(
            "Scenarios of this version",
            offered,
            default=offered[:1],
            max_selections=_MOST_SCENARIOS,
            key="scenarios",
        )
        draft = _sliders(reading)
        lines = {name: cash.weekly(reading, name).balance for name in chosen or offered[:1]}
        if not draft.is_empty:
            lines[_DRAFT] = cash.Weekly(base.weeks, preview(base.weeks, base.flows, draft), base.opening).balance
        told = cash.outlook(reading).to_pylist()
        minimum = told[0]["minimum_balance_rpt"] if told else None
        st.plotly_chart(
            balances(
                base.weeks,
                lines,
                minimum,
                text=cards.short_money(reading),
                day_text=reading.display.locale.short_day,
                colours=layout.colours(),
                narrow=layout.is_narrow(),
            ),
            theme=None,
            config=layout.PLOTLY_CONFIG,
            key="chart_scenarios",
            alt="The balance by week under each scenario",
        )
        rows = [
            {
                "scenario": name,
                "lowest_rpt": min(values),
                "lowest_on": base.weeks[values.index(min(values))],
                "end_rpt": values[-1],
                "against_base_rpt": values[-1] - base.balance[-1],
            }
            for name, values in lines.items()
        ]
        st.dataframe(
            pa.Table.from_pylist(rows),
            hide_index=True,
            alt="Scenarios side by side",
            column_config={
                "scenario": "Scenario",
                "lowest_rpt": columns.money(reading, "Lowest"),
                "lowest_on": columns.day(reading, "In the week of"),
                "end_rpt": columns.money(reading, "After thirteen weeks"),
                "against_base_rpt": columns.money(reading, "Against base"),
            },
        )
        _keep(reading, draft)
        cards.caption(
            f"{layout.as_of_words(reading)}. Expected amounts; the next run gives a kept scenario its own band",
            reading,
            ("finance.fct_cash_projection",),
        )


def _sliders(reading: Reading) -> Draft:
    entities = reading.entities or tuple(reading.filters.names.get("entity_id", {})) or ("",)
    with st.grid(3, min_column_width=220, gap="medium", key="sliders"):
        receipts = st.slider("Customers pay later, weeks", 0, 8, key="receipts_weeks")
        payments = st.slider("We pay vendors later, weeks", 0, 8, key="payments_weeks")
        revenue = st.slider("Revenue not invoiced yet, %", -50, 50, 0, step=5, key="revenue_share")
        payroll = st.slider("Payroll, %", -30, 30, 0, step=5, key="payroll_share")
        amount = st.number_input("One-off, below zero is cash out", value=0, step=10_000, key="one_off")
        with st.container(horizontal=True):
            day = st.date_input("On", reading.manifest.as_of + timedelta(days=30), key="one_off_on")
            entity = st.selectbox("Entity", entities, key="one_off_entity")
    return Draft(
        receipts_weeks=receipts,
        payments_weeks=payments,
        revenue_share=Decimal(revenue) / 100,
        payroll_share=Decimal(payroll) / 100,
        one_off=Decimal(amount),
        one_off_on=day,
        entity=entity or "",
    )


def _keep(reading: Reading, draft: Draft) -> None:
    if draft.is_empty or not reading.may_export:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", "what_if", key="scenario_name", max_chars=40, width=260)
        fitting = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.lower()).strip("_")
        fitting = fitting if fitting[:1].isalpha() else f"s_{fitting or 'cenario'}"
        st.download_button(
            "Save as YAML",
            as_yaml(fitting, draft),
            f"{fitting}.yaml",
            "application/yaml",
            key="scenario_yaml",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(f"Keep it with `plumbline scenario add {fitting}.yaml`; the next run projects it with its band.")


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
            "week_on": columns.day(reading, "Week of"),
            "layer": "Layer",
            "document_type": "Kind",
            "document_id": "Document",
            "entity_id": "Entity",
            "amount_rpt": columns.money(reading, "Receipt or payment"),
        },
    )
