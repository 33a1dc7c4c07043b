"""Receivables and payables: how long money is tied up, who is to be called today, who is beyond their limit."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards import cards, cash_answers, layout
from dashboards.cards import chart_cards, columns, drill, kpi_cards
from dashboards.queries.codes import number_of
from dashboards.reading import Reading

_MOST = 500


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(headline(reading), reading)
    kpi_cards.kpi_row(
        reading,
        ("receivables_open", "receivables_overdue", "days_sales_outstanding", "days_payable_outstanding"),
        key="receivables",
    )
    chart_cards.ageing_cards(reading)
    as_of = layout.as_of_words(reading)
    money = columns.money(reading, "Open")
    cards.rows_card(
        "To collect, worst first",
        collections(reading),
        reading=reading,
        key="collections",
        as_of=f"{as_of}. Days late on average: of this customer's own settled invoices",
        empty="No document is past due.",
        columns={
            "customer": "Customer",
            "document": "Document",
            "due_on": columns.day(reading, "Due"),
            "days_overdue": "Days past due",
            "step": "Step",
            "open_rpt": money,
            "usual_days_late": st.column_config.NumberColumn("Days late on average", format="%.0f"),
            "reminded": "Last reminder",
            "reminded_on": columns.day(reading, "Reminded"),
            "promised_on": columns.day(reading, "Promised for"),
            "is_promise_broken": st.column_config.CheckboxColumn("Promise broken"),
            "disputed_on": columns.day(reading, "In dispute since"),
            "disputed_rpt": columns.money(reading, "In dispute"),
        },
    )
    cards.rows_card(
        "What reminders bring",
        reminder_effects(reading),
        reading=reading,
        key="reminder_effects",
        as_of=f"{as_of}. Compared: with invoices as old that were not reminded; what those paid is expected",
        empty="No reminder is on record whose 14 days are over.",
        columns={
            "step": "Step",
            "reminded_count": st.column_config.NumberColumn("Reminded", format="%,d"),
            "reminded_rpt": columns.money(reading, "Reminded amount"),
            "compared_rpt": columns.money(reading, "Compared"),
            "paid_ratio": columns.percent("Paid in 14 days"),
            "expected_paid_ratio": columns.percent("Expected without"),
            "effect_ratio": columns.percent("Effect"),
        },
    )
    cards.rows_card(
        "Beyond the credit limit",
        reading.rows(
            "select coalesce(customers.name, exposure.customer_id) as customer, exposure.entity_id,"
            " exposure.currency, exposure.exposure_local, exposure.credit_limit_local, exposure.headroom_local,"
            " exposure.overdue_local from finance.fct_credit_exposure as exposure"
            " left join common.dim_customers as customers using (customer_id)"
            " where exposure.is_over_limit and ($entities is null or list_contains($entities, exposure.entity_id))"
            " order by exposure.headroom_local, customer",
            entities=reading.entities,
        ),
        reading=reading,
        key="credit",
        as_of=f"{as_of}. Exposure: open invoices less unapplied cash, delivered and not invoiced, on order",
        empty="Every customer is within its limit.",
        columns={
            "customer": "Customer",
            "entity_id": "Entity",
            "currency": "Currency",
            "exposure_local": st.column_config.NumberColumn("Exposure", format="%,.0f"),
            "credit_limit_local": st.column_config.NumberColumn("Limit", format="%,.0f"),
            "headroom_local": st.column_config.NumberColumn("Room", format="%,.0f"),
            "overdue_local": st.column_config.NumberColumn("Past due", format="%,.0f"),
        },
    )
    cards.rows_card(
        "How long money is tied up, by entity",
        reading.rows(
            "select entity_id, days_sales_outstanding, days_sales_outstanding_count_back,"
            " best_possible_days_sales_outstanding, average_days_delinquent, collection_effectiveness_ratio,"
            " days_payable_outstanding, days_inventory_outstanding, cash_conversion_cycle_days"
            " from finance.fct_working_capital_monthly where month_on = $month"
            " and ($entities is null or list_contains($entities, entity_id)) order by entity_id",
            month=reading.filters.now.last.replace(day=1),
            entities=reading.entities,
        ),
        reading=reading,
        key="working_capital",
        as_of=f"At {reading.display.day(reading.filters.now.last)}, over 90 days where it is a rate",
        empty="No month has ended yet.",
        columns={
            "entity_id": "Entity",
            "days_sales_outstanding": _days("DSO"),
            "days_sales_outstanding_count_back": _days("DSO, count-back"),
            "best_possible_days_sales_outstanding": _days("DSO, best possible"),
            "average_days_delinquent": _days("Days delinquent"),
            "collection_effectiveness_ratio": columns.percent("Collection effectiveness"),
            "days_payable_outstanding": _days("DPO"),
            "days_inventory_outstanding": _days("DIO"),
            "cash_conversion_cycle_days": _days("Cash conversion cycle"),
        },
    )
    drill.rows_card(reading, ("receivables_open", "receivables_overdue", "payables_open"))


def headline(reading: Reading) -> str:
    """What is past due, what part of the open amount that is, and who holds most of it."""
    open_rpt, overdue = reading.value("receivables_open"), reading.value("receivables_overdue")
    if not open_rpt:
        return "Nothing is open."
    if not overdue:
        return f"{reading.display.short(open_rpt, 'money')} is open and none of it is past due."
    share = reading.display.locale.percent(overdue / open_rpt, decimals=0)
    said = f"{reading.display.short(overdue, 'money')} is past due, {share} of what is open"
    owing = cash_answers.overdue_customers(reading)
    if owing.num_rows == 0:
        return f"{said}."
    name, amount = owing["customer"][0].as_py(), owing["overdue"][0].as_py()
    return f"{said}; the largest part, {reading.display.short(amount, 'money')}, is owed by {name}."


def collections(reading: Reading) -> pa.Table:
    """One row per instalment past due, the largest first: the step that is due, what was sent, promised and disputed.

    Sources tell since when an invoice is disputed, not why. One in dispute has no step: it is to be settled first.
    """
    return reading.rows(
        "select coalesce(customers.name, due.customer_id) as customer,"
        f" {number_of('due.document_id')} || coalesce('/' || due.instalment_no, '') as document,"
        " due.due_on, due.days_overdue, due.dunning_name as step, due.open_rpt,"
        " due.customer_mean_days_late as usual_days_late, due.reminded_name as reminded, due.reminded_on,"
        " due.promised_on, due.is_promise_broken,"
        " case when due.is_disputed then due.disputed_on end as disputed_on,"
        " case when due.is_disputed then due.open_rpt end as disputed_rpt from finance.fct_collections as due"
        " left join common.dim_customers as customers using (customer_id)"
        " where ($entities is null or list_contains($entities, due.entity_id))"
        f" order by due.dunning_level desc, due.open_rpt desc, document limit {_MOST}",
        entities=reading.entities,
    )


def reminder_effects(reading: Reading) -> pa.Table:
    """One row per step of dunning: what came in within 14 days of the reminded amounts that have invoices as old to be
    compared with, and what would have without; the effect is the difference.

    Sums over sums of finance.fct_reminder_effects, all months together: one month of one step is a few invoices.
    """
    return reading.rows(
        "select coalesce(dunning_name, 'Step ' || dunning_level) as step,"
        " sum(reminded_count)::bigint as reminded_count, sum(reminded_rpt) as reminded_rpt,"
        " sum(compared_rpt) as compared_rpt,"
        " sum(compared_paid_rpt)::double / nullif(sum(compared_rpt), 0) as paid_ratio,"
        " sum(expected_paid_rpt)::double / nullif(sum(compared_rpt), 0) as expected_paid_ratio,"
        " sum(compared_paid_rpt - expected_paid_rpt)::double / nullif(sum(compared_rpt), 0) as effect_ratio"
        " from finance.fct_reminder_effects where window_days = 14"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by dunning_level, dunning_name order by dunning_level",
        entities=reading.entities,
    )


def _days(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="%.0f")
