"""Operations: orders kept and late, stock that turns and stock that lies, projects that pay, people and their cost."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from dashboards import answers, cards, layout
from dashboards.cards import chart_cards, columns, kpi_cards, work_cards
from dashboards.cards.kpi_cards import Figure
from dashboards.figures.trend import Line
from dashboards.filters import Range, months_before
from dashboards.queries import operations
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(operations.headline(reading), reading)
    names = ["Orders", "Stock", "Vendors", "Projects", "People"]
    shown = st.segmented_control(
        "Show", names, default=names[0], required=True, key="operations", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    drawn = {
        "Orders": _orders,
        "Stock": _stock,
        "Vendors": _vendors,
        "Projects": work_cards.projects,
        "People": work_cards.people,
    }
    name = shown or names[0]
    with layout.part(name):
        drawn[name](reading)


def _year(reading: Reading) -> Range:
    last = reading.filters.now.last
    return Range(months_before(last, 23), last)


def _orders(reading: Reading) -> None:
    display = reading.display
    now, before = operations.orders(reading), operations.orders(reading, reading.filters.before)
    change = display.change(_exact(now["on_time_ratio"]), _exact(before["on_time_ratio"]), "ratio")
    ordered = display.change(now["ordered_rpt"], before["ordered_rpt"], "money")
    then = "prior period" if reading.filters.comparison == "period" else "prior year"
    days = _exact(now["days"])
    kpi_cards.figure_row(
        reading,
        (
            Figure(
                "On time in full",
                display.short(_exact(now["on_time_ratio"]), "ratio"),
                f"{change} vs {then}" if change else "",
                None if change is None else not change.startswith("\N{MINUS SIGN}"),
                help="Order lines of goods delivered in full by the promised day, of all whose day has come.",
            ),
            Figure(
                "Ordered",
                display.short(now["ordered_rpt"], "money"),
                f"{ordered} vs {then}" if ordered else "",
                None if ordered is None else not ordered.startswith("\N{MINUS SIGN}"),
            ),
            Figure(
                "Backlog",
                display.short(operations.backlog(reading), "money"),
                "not yet delivered or served",
                help="At the as-of day, whatever the period.",
            ),
            Figure(
                "From order to delivery",
                display.value(days, "days") if days is not None else "—",
                "median",
            ),
        ),
        key="order_figures",
    )
    over = _year(reading)
    by_month = operations.on_time_by_month(reading, over)
    months = answers.months_of(over)
    chart_cards.lines_card(
        reading,
        months,
        [Line("On time in full", [by_month.get(month) for month in months])],
        title="Goods delivered in full on their promised day, two years",
        key="on_time",
        unit="ratio",
        tables=("operations.fct_order_lines",),
        note="By month ordered",
    )
    late = operations.late_orders(reading)
    cards.rows_card(
        "Late goods: past their promised day",
        late,
        reading=reading,
        tables=("operations.fct_order_lines",),
        key="late_orders",
        as_of=layout.as_of_words(reading),
        empty="No open order of goods is past its promised day.",
        columns={
            "order_id": "Order",
            "customer": "Customer",
            "item": "Item",
            "ordered_on": columns.day(reading, "Ordered"),
            "promised_on": columns.day(reading, "Promised"),
            "days_late": "Days late",
            "quantity": st.column_config.NumberColumn("Ordered, units", format="%,.0f"),
            "delivered_quantity": st.column_config.NumberColumn("Delivered", format="%,.0f"),
            "backlog_rpt": columns.money(reading, "Backlog"),
            "source_system": "System",
            "source_entity": None,
            "source_id": "Its id there",
        },
    )


def _stock(reading: Reading) -> None:
    kpi_cards.kpi_row(reading, ("inventory_turns", "stock_accuracy", "stock_out_ratio"), key="stock")
    over = _year(reading)
    values = operations.stock_by_month(reading, over)
    months = answers.months_of(over)
    chart_cards.lines_card(
        reading,
        months,
        [Line("Stock", [values.get(month) for month in months])],
        title="Value of stock at month ends",
        key="stock_value",
        tables=("operations.fct_inventory_monthly",),
    )
    cards.rows_card(
        "Stock that lies longest",
        operations.slow_stock(reading),
        reading=reading,
        tables=("operations.fct_inventory_ageing",),
        key="slow_stock",
        as_of=f"{layout.as_of_words(reading)}, in each entity's currency",
        empty="Nothing is in stock.",
        columns={
            "item": "Item",
            "category": "Category",
            "entity_id": "Entity",
            "currency": "Currency",
            "warehouse": "Warehouse",
            "quantity": st.column_config.NumberColumn("Units", format="%,.0f"),
            "value_local": st.column_config.NumberColumn("Value", format="%,.0f"),
            "mean_age_days": st.column_config.NumberColumn("Mean age, days", format="%,.0f"),
            "oldest_days": "Oldest, days",
            "days_since_issue": "Days since last issue",
            "turns": "Turns a year",
            "out_of_stock_days": "Days out of stock, a year",
        },
    )
    _stock_watch(reading)


def _stock_watch(reading: Reading) -> None:
    cards.rows_card(
        "Counts that differed and items that ran out",
        operations.stock_watch(reading, reading.filters.now),
        reading=reading,
        tables=("operations.fct_inventory_monthly",),
        key="stock_watch",
        as_of=layout.as_of_words(reading, reading.filters.now),
        empty="No count differed from the books and nothing in demand ran out.",
        columns={
            "item": "Item",
            "entity_id": "Entity",
            "warehouse": "Warehouse",
            "counts": "Counts",
            "book_quantity": st.column_config.NumberColumn("Units by the books", format="%,.0f"),
            "difference_quantity": st.column_config.NumberColumn("Units counted otherwise", format="%,.0f"),
            "difference_rpt": columns.money(reading, "Difference"),
            "accuracy_ratio": columns.percent("Accuracy"),
            "out_of_stock_days": "Days out of stock",
            "stock_out_ratio": columns.percent("Share of days out of stock"),
        },
    )


def _vendors(reading: Reading) -> None:
    table = operations.vendors(reading)
    received = sum((value or Decimal(0) for value in table["received_rpt"].to_pylist()), Decimal(0))
    dearer = sum((value or Decimal(0) for value in table["price_variance_rpt"].to_pylist()), Decimal(0))
    promised = sum(table["promised_lines"].to_pylist())
    kept = sum(
        (row["on_time_ratio"] or 0) * row["promised_lines"] for row in table.to_pylist() if row["promised_lines"]
    )
    display = reading.display
    kpi_cards.figure_row(
        reading,
        (
            Figure("Received", display.short(received, "money"), f"{table.num_rows} vendors"),
            Figure(
                "In full by the first promise",
                display.short(Decimal(str(round(kept / promised, 6))) if promised else None, "ratio"),
                f"of {promised} order lines",
            ),
            Figure(
                "Dearer than standard cost",
                display.short(dearer, "money"),
                "price variance",
                dearer <= 0,
                help="Price less standard cost, times the units received; below zero is cheaper.",
            ),
        ),
        key="vendor_figures",
    )
    cards.rows_card(
        "Vendors, the largest first",
        table,
        reading=reading,
        tables=("operations.fct_vendors_monthly",),
        key="vendors",
        as_of=layout.as_of_words(reading, reading.filters.now),
        empty="No vendor delivered or promised in this period.",
        columns={
            "vendor": "Vendor",
            "category": "Category",
            "received_rpt": columns.money(reading, "Received"),
            "promised_lines": "Lines promised",
            "on_time_ratio": columns.percent("In full by promise"),
            "mean_lead_days": st.column_config.NumberColumn("Order to receipt, days", format="%.0f"),
            "price_variance_rpt": columns.money(reading, "Dearer than standard"),
            "price_variance_ratio": columns.percent("Of standard"),
        },
    )


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
