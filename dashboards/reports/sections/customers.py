"""Sections on customers: who stays, who buys most, what winning and keeping them costs and brings."""

from __future__ import annotations

from typing import Any

from dashboards.reading import Reading
from dashboards.reports.content import Column, Section, cards, table
from dashboards.reports.sections.performance import members_table
from dashboards.reports.sections.registry import Brief, kind


@kind("Customers")
def customers(brief: Brief) -> Section:
    """Retention, acquisition cost and value; the largest customers; how much hangs on the largest."""
    reading, say = brief.reading, brief.reading.display.say
    metrics = brief.metrics(
        "net_revenue_retention",
        "gross_revenue_retention",
        "logo_churn",
        "new_customers",
        "customer_acquisition_cost",
        "customer_lifetime_value",
        "ltv_to_cac",
    )
    shares = _shares(reading)
    sentence = ""
    if shares:
        now = shares[0]
        sentence = reading.display.say_count(
            "The largest customer brings {one} of a year's revenue, the ten largest {ten}, of {count} customer.",
            "The largest customer brings {one} of a year's revenue, the ten largest {ten}, of {count} customers.",
            now["customers_count"],
            one=reading.display.value(now["top_1_ratio"], "ratio"),
            ten=reading.display.value(now["top_10_ratio"], "ratio"),
        )
    tables = [
        members_table(reading, "net_revenue", "customer__name", key="top_customers", most=brief.rows(10)),
    ]
    if shares:
        tables.append(
            table(
                reading,
                key="concentration",
                title=say("Share of the largest customers in a year's revenue"),
                columns=[
                    Column(say("Year up to")),
                    Column(say("Customers"), "count"),
                    Column(say("Largest"), "ratio"),
                    Column(say("Five largest"), "ratio"),
                    Column(say("Ten largest"), "ratio"),
                ],
                rows=[
                    (
                        reading.display.month(row["month_on"]),
                        row["customers_count"],
                        row["top_1_ratio"],
                        row["top_5_ratio"],
                        row["top_10_ratio"],
                    )
                    for row in shares
                ],
            )
        )
    return Section("customers", brief.title(), sentence, cards=cards(reading, metrics), tables=tuple(tables))


def _shares(reading: Reading) -> list[dict[str, Any]]:
    """The newest month of the period and the same month of the comparison."""
    rows: list[dict[str, Any]] = reading.rows(
        "select month_on, customers_count, top_1_ratio, top_5_ratio, top_10_ratio"
        " from customers.fct_concentration_monthly where month_on in ($now, $before) order by month_on desc",
        now=reading.filters.now.last.replace(day=1),
        before=reading.filters.before.last.replace(day=1),
    ).to_pylist()
    return rows
