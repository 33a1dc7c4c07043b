"""Customers: who they are, what they are worth, who grows and who leaves."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from dashboards import answers, cards, layout, narrative
from dashboards.cards import chart_cards, columns, drill, kpi_cards
from dashboards.figures import paper_bars
from dashboards.figures.cohorts import cohort_grid
from dashboards.figures.trend import Line
from dashboards.filters import Range, months_before
from dashboards.queries import customers
from dashboards.reading import Reading

METRICS = ("net_revenue_retention", "gross_revenue_retention", "logo_churn", "customer_lifetime_value")


def page(reading: Reading) -> None:
    """Draw the page."""
    listed = customers.listing(reading)
    layout.answer(headline(reading, listed), reading)
    kpi_cards.kpi_row(reading, METRICS, key="customers")
    left, right = st.columns([3, 2], gap="medium")
    with left, layout.part("Recurring revenue"):
        chart_cards.bridge_card(
            reading,
            customers.recurring_bridge(reading),
            metric="net_revenue_retention",
            title="Recurring revenue a month, from then to now",
            ends=("Before", "Now"),
            key="recurring_bridge",
        )
    with right, layout.part("Concentration"):
        _concentration(reading)
    _table(reading, listed)
    with layout.part("Cohorts"):
        _cohorts(reading)
    with layout.part("Accuracy of the value"):
        _accuracy(reading)
    drill.rows_card(reading, ("net_revenue", "receivables_open", "receivables_overdue"))


def headline(reading: Reading, listed: pa.Table) -> str:
    """How many bought, how much hangs on the largest, and whether those of last year stayed."""
    display = reading.display
    bought = [row for row in listed.to_pylist() if row["revenue_rpt"]]
    total = sum((row["revenue_rpt"] for row in bought), Decimal(0))
    if not bought or total <= 0:
        return display.say("No customer bought in this period.")
    ten = sum(sorted((row["revenue_rpt"] for row in bought), reverse=True)[:10], Decimal(0))
    share = display.locale.percent(ten / total, decimals=0)
    said = display.say_count(
        "{count} customer bought in this period and brings {share} of revenue.",
        "{count} customers bought in this period; the ten largest bring {share} of revenue.",
        len(bought),
        share=share,
    )
    kept = answers.moved(reading, "net_revenue_retention") if reading.has("net_revenue_retention") else ""
    return narrative.together([said, kept], display)


def _concentration(reading: Reading) -> None:
    last = reading.filters.now.last
    shown = customers.concentration(reading, Range(months_before(last, 23), last))
    chart_cards.lines_card(
        reading,
        shown.months,
        [
            Line("Ten largest", shown.top_ten),
            Line("Five largest", shown.top_five, "plain"),
            Line("Largest", shown.largest, "comparison"),
        ],
        title="Share of revenue of the largest",
        key="concentration",
        unit="ratio",
        tables=("customers.fct_concentration_monthly",),
        note="All customers, twelve months up to each month",
    )


def _table(reading: Reading, listed: pa.Table) -> None:
    cards.rows_card(
        "Customers, largest margin first",
        listed.drop_columns(["party_id"]),
        reading=reading,
        tables=("customers.fct_customer_months", "customers.fct_customer_value"),
        key="customer_list",
        as_of=layout.as_of_words(reading, reading.filters.now),
        empty="No customer bought in this period.",
        columns={
            "customer": "Customer",
            "region": "Region",
            "segment": "Segment",
            "revenue_rpt": columns.money(reading, "Net revenue"),
            "margin_rpt": columns.money(reading, "Gross margin"),
            "margin_ratio": columns.percent("Margin %"),
            "change_rpt": columns.money(reading, "Change in margin"),
            "value_rpt": columns.money(reading, "Value to come"),
            "probability_active_ratio": st.column_config.ProgressColumn(
                "P(active)", format="percent", min_value=0.0, max_value=1.0
            ),
            "no_model_because": st.column_config.TextColumn(
                "Valued without a model, because",
                help="The value is then what its cohort brought (orders) or one churn for all (contracts); no band.",
            ),
            "last_ordered_on": columns.day(reading, "Last order"),
        },
    )
    names = dict(zip(listed["party_id"].to_pylist(), listed["customer"].to_pylist(), strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Open a customer",
            list(names),
            index=None,
            placeholder="Choose a customer",
            format_func=lambda party: names.get(party, party),
            key="open_customer",
            width=340,
        )
        if chosen is not None:
            st.link_button("Everything about them", f"customer?customer={chosen}", icon=":material/arrow_forward:")


def _cohorts(reading: Reading) -> None:
    shown = customers.cohorts(reading)
    calendar = [
        f"{reading.display.month(start)} ({size})" for start, size in zip(shown.starts, shown.sizes, strict=True)
    ]
    percent = reading.display.locale.percent
    ages = max((len(row) for row in shown.shares), default=0)
    table = pa.table(
        {
            "first bought": pa.array(shown.starts, pa.date32()),
            "customers": pa.array(shown.sizes, pa.int64()),
            **{
                f"after {age} {'quarter' if age == 1 else 'quarters'}": pa.array(
                    [row[age] if age < len(row) else None for row in shown.shares], pa.float64()
                )
                for age in range(1, ages)
            },
        }
    )
    figure = cohort_grid(
        calendar, shown.shares, text=lambda value: percent(value, decimals=0), colours=layout.colours()
    )
    cards.chart(
        "New customers that bought again, by quarters since",
        figure if shown.starts else None,
        table,
        key="cohorts",
        reading=reading,
        tables=("customers.fct_cohorts_quarterly",),
        paper=lambda: paper_bars.grid(
            calendar, shown.shares, text=lambda value: percent(value, decimals=0), first="start"
        ),
        alt="Grid of cohorts: share of each quarter's new customers that bought again",
        as_of=f"{layout.as_of_words(reading)}. In brackets the customers of the quarter",
        empty="No customer has bought yet.",
    )


def _accuracy(reading: Reading) -> None:
    cards.rows_card(
        "How good the value estimate is: the last half year told in advance",
        customers.accuracy(reading),
        reading=reading,
        tables=("customers.fct_customer_value_accuracy",),
        key="value_accuracy",
        as_of=f"{layout.as_of_words(reading)}. Beside each method the naive one: every customer goes on as before",
        empty="Too little has passed to judge an estimate.",
        columns={
            "stream": "Stream",
            "method": "Method",
            "is_naive": "Naive",
            "customers": "Customers",
            "expected_rpt": columns.money(reading, "Expected margin"),
            "actual_rpt": columns.money(reading, "Came"),
            "error_rpt": columns.money(reading, "Mean error a customer"),
            "origin_on": columns.day(reading, "Told on"),
            "until_on": columns.day(reading, "Until"),
        },
    )
