"""Budget: where the plan is missed, by line, cost centre and month, and where the year ends."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from dashboards import answers, cards, layout
from dashboards.cards import chart_cards, columns, kpi_cards
from dashboards.cards.kpi_cards import Figure
from dashboards.figures.trend import Line
from dashboards.filters import Range, months_before
from dashboards.queries import budget
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(budget.headline(reading), reading)
    _figures(reading)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _pace(reading)
    with right:
        chart_cards.amounts_card(
            reading,
            budget.by_line(reading),
            metric="budget_variance",
            title="Better or worse than planned, by line",
            key="variance_by_line",
            tables=("finance.fct_budget_variance",),
            over=reading.filters.now,
            signed=True,
            empty="No budget is loaded for this period.",
        )
    _lines(reading, "Lines and cost centres, the worst first", budgeted=True)
    _lines(reading, "Posted without a budget", budgeted=False)
    _sides(
        reading,
        "Actual, budget and forecast by group of accounts",
        budget.by_group(reading),
        key="plan_groups",
        first={"account_name": "Group"},
    )
    _sides(
        reading,
        "Departments and cost centres with everything below them",
        budget.by_node(reading),
        key="plan_nodes",
        first={"node": "Node", "level": "Level"},
    )
    with layout.part("Outlook"):
        _expected(reading)
        _outlook(reading)


def _lines(reading: Reading, title: str, *, budgeted: bool) -> None:
    shown = {
        "statement_line": "Line",
        "cost_centre": "Cost centre",
        "actual_rpt": columns.money(reading, "Actual"),
    }
    if budgeted:
        shown |= {
            "budget_rpt": columns.money(reading, "Budget"),
            "better_rpt": columns.money(reading, "Better than planned"),
        }
    note = "Better is more income or less cost than planned" if budgeted else "On no side of the numbers above"
    cards.rows_card(
        title,
        budget.rows(reading, budgeted=budgeted).select(list(shown)),
        reading=reading,
        tables=("finance.fct_budget_variance",),
        key="variance_rows" if budgeted else "unbudgeted_rows",
        as_of=f"{layout.as_of_words(reading, reading.filters.now)}. {note}",
        empty="No budget is loaded for this period." if budgeted else "Everything that was posted is budgeted.",
        columns=shown,
    )


def _sides(reading: Reading, title: str, table: pa.Table, *, key: str, first: dict[str, str]) -> None:
    money = {
        "actual_rpt": "Actual",
        "budget_rpt": "Budget",
        "better_rpt": "Better than budget",
        "forecast_rpt": "Forecast",
        "better_than_forecast_rpt": "Better than forecast",
    }
    # A forecast begins in the middle of a year: a longer period has none, and no column for it.
    lacking = [name for name in money if table.num_rows and table[name].null_count == table.num_rows]
    table = table.drop_columns(lacking)
    cards.rows_card(
        title,
        table,
        reading=reading,
        tables=("finance.fct_plan_rollup",),
        key=key,
        as_of=f"{layout.as_of_words(reading, reading.filters.now)}. Income less costs of every account, also without a"
        " budget; as the company was organised in each month. Levels overlap",
        empty="Nothing was planned or posted in this period.",
        columns=first | {name: columns.money(reading, label) for name, label in money.items() if name not in lacking},
    )


def _expected(reading: Reading) -> None:
    cards.rows_card(
        "The year as it is expected, in each entity's currency",
        budget.expected_year(reading),
        reading=reading,
        tables=("finance.fct_plan_comparison",),
        key="expected_year",
        as_of=f"{layout.as_of_words(reading)}. Months that are over as they were, then the forecast, then the budget",
        empty="No budget covers this fiscal year.",
        columns={
            "entity_id": "Entity",
            "fiscal_year": st.column_config.NumberColumn("Fiscal year", format="%d"),
            "statement_line": "Line",
            "budget_local": st.column_config.NumberColumn("Budget", format="%,.0f"),
            "expected_local": st.column_config.NumberColumn("Expected", format="%,.0f"),
            "better_local": st.column_config.NumberColumn("Better than budget", format="%,.0f"),
        },
    )


def _figures(reading: Reading) -> None:
    found = budget.sides(reading)
    if found is None:
        return
    display = reading.display
    share = display.change(found.actual, found.budget, "money")
    kpi_cards.figure_row(
        reading,
        (
            Figure("Planned result", display.short(found.budget, "money"), "budgeted accounts"),
            Figure("Actual result", display.short(found.actual, "money"), f"{share} vs budget" if share else ""),
            Figure(
                "Better than planned",
                display.short(found.variance, "money"),
                "favourable" if found.variance >= 0 else "unfavourable",
                found.variance >= 0,
            ),
        ),
        key="budget_figures",
    )


def _pace(reading: Reading) -> None:
    now = reading.filters.now
    months = answers.months_of(now)
    over = now if len(months) > 2 else Range(months_before(now.last, 11), now.last)  # too few to see a pace
    shown = budget.pace(reading, over)
    chart_cards.lines_card(
        reading,
        shown.months,
        [Line("Actual", shown.actual), Line("Budget", shown.budget, "target")],
        title="Result of budgeted accounts, added up by month",
        key="budget_pace",
        tables=("finance.fct_budget_variance",),
        note=answers.span_words(reading, over),
        empty="No budget is loaded for this period.",
    )


def _outlook(reading: Reading) -> None:
    cards.rows_card(
        "Where the fiscal year ends, in each entity's currency",
        budget.outlook(reading),
        reading=reading,
        tables=("finance.fct_budget_outlook",),
        key="budget_outlook",
        as_of=f"{layout.as_of_words(reading)}. At the pace so far, or on plan from now on",
        empty="No fiscal year has a budget.",
        columns={
            "entity_id": "Entity",
            "fiscal_year": st.column_config.NumberColumn("Fiscal year", format="%d"),
            "statement_line": "Line",
            "months_elapsed": "Months passed",
            "actual_to_date_local": st.column_config.NumberColumn("Actual to date", format="%,.0f"),
            "budget_to_date_local": st.column_config.NumberColumn("Budget to date", format="%,.0f"),
            "budget_year_local": st.column_config.NumberColumn("Budget of the year", format="%,.0f"),
            "run_rate_outlook_local": st.column_config.NumberColumn("At this pace", format="%,.0f"),
            "remaining_budget_outlook_local": st.column_config.NumberColumn("On plan from now", format="%,.0f"),
        },
    )
