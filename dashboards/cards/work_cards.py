"""Cards of Operations on work: projects at completion, people and what they cost.

Belongs here: figures, charts and tables of projects and of people. Does not: queries (`queries.operations`).
"""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from dashboards import cards, layout
from dashboards.cards import chart_cards, columns, kpi_cards
from dashboards.cards.kpi_cards import Figure
from dashboards.filters import months_before
from dashboards.queries import operations
from dashboards.reading import Reading


def projects(reading: Reading) -> None:
    """Projects worked on in the period, over their whole life."""
    table = operations.projects(reading)
    display = reading.display
    rows = table.to_pylist()
    margin = sum((row["margin_at_completion_rpt"] or Decimal(0) for row in rows), Decimal(0))
    unbilled = sum((row["unbilled_rpt"] or Decimal(0) for row in rows), Decimal(0))
    over = sum(1 for row in rows if row["is_over_budget"])
    kpi_cards.figure_row(
        reading,
        (
            Figure("Projects worked on", display.locale.number(table.num_rows)),
            Figure("Margin at completion", display.short(margin, "money"), "over their whole life"),
            Figure("Earned, not yet billed", display.short(unbilled, "money")),
            Figure("Over their hours", display.locale.number(over), "" if over == 0 else "worked and to come", False),
        ),
        key="project_figures",
    )
    cards.rows_card(
        "Projects, the lowest margin at completion first",
        table,
        reading=reading,
        tables=("operations.fct_projects",),
        key="projects",
        as_of=f"{layout.as_of_words(reading)}. Worked on in the period; amounts of their whole life",
        empty="No project was worked on in this period.",
        columns={
            "project": "Project",
            "customer": "Customer",
            "project_type": "Kind",
            "status": "State",
            "earned_rpt": columns.money(reading, "Earned"),
            "cost_to_date_rpt": columns.money(reading, "Cost"),
            "margin_to_date_rpt": columns.money(reading, "Margin to date"),
            "unbilled_rpt": columns.money(reading, "Not yet billed"),
            "hours": st.column_config.NumberColumn("Hours", format="%,.0f"),
            "budget_hours": st.column_config.NumberColumn("Hours planned", format="%,.0f"),
            "progress_ratio": st.column_config.ProgressColumn(
                "Progress", format="percent", min_value=0.0, max_value=1.0
            ),
            "margin_at_completion_rpt": columns.money(reading, "Margin at completion"),
            "margin_at_completion_ratio": columns.percent("Of revenue"),
            "is_over_budget": "Over its hours",
            "is_overdue": "Past its end",
        },
    )


def people(reading: Reading) -> None:
    """Who is employed where in the last month of the period, and what that costs."""
    month_on = reading.filters.now.last.replace(day=1)
    month, display = reading.display.month(month_on), reading.display
    now = operations.people(reading, month_on)
    before = operations.people(reading, months_before(month_on, 12))
    heads, then = (int(sum(table["headcount"].to_pylist())) for table in (now, before))
    cost = sum((value or Decimal(0) for value in now["payroll_cost_rpt"].to_pylist()), Decimal(0))
    full = sum((value or Decimal(0) for value in now["full_time_equivalents"].to_pylist()), Decimal(0))
    kpi_cards.figure_row(
        reading,
        (
            Figure("People", display.locale.number(heads), f"{heads - then:+d} in a year" if then else ""),
            Figure("Full-time equivalents", display.locale.number(full, decimals=1)),
            Figure("Payroll cost of the month", display.short(cost, "money")),
            Figure("Cost per full-time post", display.short(cost / full, "money") if full else "—"),
        ),
        key="people_figures",
    )
    chart_cards.amounts_card(
        reading,
        dict(zip(now["department"].to_pylist(), now["payroll_cost_rpt"].to_pylist(), strict=True)),
        metric=None,
        title=f"Payroll cost by department, {month}",
        key="payroll",
        tables=("operations.fct_payroll_monthly",),
        empty="No payroll is loaded for this month.",
    )
    cards.rows_card(
        f"People by department, {month}",
        now,
        reading=reading,
        tables=("operations.fct_payroll_monthly",),
        key="people",
        as_of=layout.as_of_words(reading),
        empty="No payroll is loaded for this month.",
        columns={
            "department": "Department",
            "headcount": "People",
            "full_time_equivalents": st.column_config.NumberColumn("Full-time equivalents", format="%.1f"),
            "payroll_cost_rpt": columns.money(reading, "Cost of the month"),
            "cost_per_fte_rpt": columns.money(reading, "Cost of one"),
        },
    )
