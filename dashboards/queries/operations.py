"""Operations: orders kept and late, stock that turns and stock that lies, projects that pay, people and their cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dashboards.filters import Range
from dashboards.queries.codes import in_words, number_of
from dashboards.reading import Reading

_ORDERS = (
    " ordered_on between $first and $last and not is_intercompany and status <> 'cancelled'"
    " and ($entities is null or list_contains($entities, entity_id))"
    " and ($regions is null or list_contains($regions, region))"
    " and ($channels is null or list_contains($channels, channel))"
)


def orders(reading: Reading, over: Range | None = None) -> dict[str, Any]:
    """Order lines of a range: lines, ordered_rpt, on_time_ratio (goods delivered in full by the promised day, of those
    whose day has come), days (median from order to delivery, none where nothing was delivered)."""
    return _first(
        reading.rows(
            "select count(*) as lines, cast(coalesce(sum(net_rpt), 0) as decimal(18, 2)) as ordered_rpt,"
            " cast(count(*) filter (where is_filled_by_promise) as double)"
            " / nullif(count(is_filled_by_promise), 0) as on_time_ratio,"
            " median(order_to_delivery_days) as days"
            f" from operations.fct_order_lines where {_ORDERS}",
            **_scope(reading, over),
        )
    )


def on_time_by_month(reading: Reading, over: Range) -> dict[date, Decimal | None]:
    """Share of promised lines of goods delivered in full by their day, by month ordered."""
    table = reading.rows(
        "select month_on, cast(count(*) filter (where is_filled_by_promise) as double)"
        f" / nullif(count(is_filled_by_promise), 0) as ratio from operations.fct_order_lines where {_ORDERS}"
        " group by month_on order by month_on",
        **_scope(reading, over),
    )
    return {
        row["month_on"]: None if row["ratio"] is None else Decimal(str(round(row["ratio"], 6)))
        for row in table.to_pylist()
    }


def backlog(reading: Reading) -> Decimal:
    """Ordered and not yet delivered, at the as-of day, whatever the period."""
    row = _first(
        reading.rows(
            "select cast(coalesce(sum(backlog_rpt), 0) as decimal(18, 2)) as backlog from operations.fct_order_lines"
            " where not is_intercompany and status = 'open'"
            " and ($entities is null or list_contains($entities, entity_id))"
            " and ($regions is null or list_contains($regions, region))",
            entities=reading.entities,
            regions=reading.filters.where.get("region"),
        )
    )
    return Decimal(row["backlog"])


def late_orders(reading: Reading, *, most: int = 200) -> pa.Table:
    """Open order lines of goods past their promised day, the largest backlog first, with the order they stand in."""
    return reading.rows(
        f"select {number_of('lines.order_id')} as order_id, customers.name as customer, items.name as item,"
        " lines.ordered_on, lines.promised_on, date_diff('day', lines.promised_on, $as_of) as days_late,"
        " lines.quantity, lines.delivered_quantity,"
        " lines.backlog_rpt, lines.source_system, 'order_line' as source_entity, lines.source_id"
        " from operations.fct_order_lines as lines"
        " left join common.dim_customers as customers using (customer_id)"
        " left join common.dim_items as items on items.item_id = lines.item_id"
        " where lines.status = 'open' and lines.item_type = 'goods' and lines.promised_on < $as_of"
        " and lines.backlog_rpt > 0 and not lines.is_intercompany"
        " and ($entities is null or list_contains($entities, lines.entity_id))"
        " and ($regions is null or list_contains($regions, lines.region))"
        " order by lines.backlog_rpt desc, lines.order_line_id limit $most",
        as_of=reading.manifest.as_of,
        entities=reading.entities,
        regions=reading.filters.where.get("region"),
        most=most,
    )


def stock_by_month(reading: Reading, over: Range) -> dict[date, Decimal]:
    """Value of stock at month ends."""
    table = reading.rows(
        "select month_on, cast(sum(closing_rpt) as decimal(18, 2)) as value from operations.fct_inventory_monthly"
        " where month_on between $first and $last and ($entities is null or list_contains($entities, entity_id))"
        " group by month_on order by month_on",
        first=over.first,
        last=over.last,
        entities=reading.entities,
    )
    return dict(zip(table["month_on"].to_pylist(), table["value"].to_pylist(), strict=True))


def slow_stock(reading: Reading, *, most: int = 200) -> pa.Table:
    """Stock that lies longest: item, warehouse, value in the entity's currency, age, days since the last issue."""
    return reading.rows(
        "select items.name as item, ageing.category, ageing.entity_id, entities.currency, ageing.warehouse,"
        " ageing.quantity, ageing.value_local, round(ageing.mean_age_days) as mean_age_days, ageing.oldest_days,"
        " ageing.days_since_issue, round(ageing.turns, 1) as turns, ageing.out_of_stock_days"
        " from operations.fct_inventory_ageing as ageing left join common.dim_items as items using (item_id)"
        " left join common.dim_entities as entities on entities.entity_id = ageing.entity_id"
        " where ($entities is null or list_contains($entities, ageing.entity_id))"
        " order by ageing.mean_age_days desc nulls last, ageing.value_local desc limit $most",
        entities=reading.entities,
        most=most,
    )


def stock_watch(reading: Reading, over: Range, *, most: int = 200) -> pa.Table:
    """Items whose counts differed from the books or that ran out while in demand, over a range of months.

    One row per entity, item and warehouse: counts, units by the books and difference, accuracy (1 - difference over
    books), days out of stock and their share of all days; the largest differences in value first.
    """
    return reading.rows(
        "with watched as (select entity_id, item_id, warehouse, cast(sum(counts_count) as bigint) as counts,"
        " sum(counted_book_quantity) as book_quantity, sum(count_difference_quantity) as difference_quantity,"
        " cast(sum(count_difference_rpt) as decimal(18, 2)) as difference_rpt,"
        " 1 - cast(sum(count_difference_quantity) as double) / nullif(sum(counted_book_quantity), 0) as accuracy_ratio,"
        " cast(sum(out_of_stock_days) as bigint) as out_of_stock_days,"
        " cast(sum(out_of_stock_days) as double) / nullif(sum(stock_days), 0) as stock_out_ratio"
        " from operations.fct_inventory_monthly where month_on between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id)) group by all)"
        " select items.name as item, watched.* exclude (item_id) from watched"
        " left join common.dim_items as items on items.item_id = watched.item_id"
        " where watched.counts > 0 or watched.out_of_stock_days > 0"
        " order by watched.difference_rpt desc nulls last, watched.stock_out_ratio desc, item, entity_id limit $most",
        first=over.first,
        last=over.last,
        entities=reading.entities,
        most=most,
    )


def projects(reading: Reading, *, most: int = 200) -> pa.Table:
    """One row per project worked on in the period: what it earned and cost to date, and its margin at completion."""
    table = reading.rows(
        """
        with worked as (
            select distinct project_id from operations.fct_projects_monthly
            where month_on between $first and $last and ($entities is null or list_contains($entities, entity_id))
        )
        select coalesce(names.name, facts.project_id) as project, customers.name as customer, facts.project_type,
            facts.status, facts.earned_rpt, facts.cost_to_date_rpt, facts.margin_to_date_rpt, facts.unbilled_rpt,
            facts.hours, facts.budget_hours, facts.progress_ratio, facts.margin_at_completion_rpt,
            facts.margin_at_completion_ratio, facts.is_over_budget, facts.is_overdue
        from worked inner join operations.fct_projects as facts using (project_id)
        left join common.dim_projects as names using (project_id)
        left join common.dim_customers as customers on customers.customer_id = facts.customer_id
        order by facts.margin_at_completion_rpt nulls last, facts.project_id limit $most
        """,
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        entities=reading.entities,
        most=most,
    )
    return in_words(table, "project_type", "status")


def vendors(reading: Reading, *, most: int = 200) -> pa.Table:
    """One row per vendor of the period: received, on time, days from order to receipt, dearer than standard cost."""
    return reading.rows(
        "select coalesce(vendors.name, facts.vendor_id) as vendor, vendors.category,"
        " sum(facts.received_rpt) as received_rpt, cast(sum(facts.promised_lines_count) as bigint) as promised_lines,"
        " cast(sum(facts.on_time_lines_count) as double) / nullif(sum(facts.promised_lines_count), 0)"
        " as on_time_ratio, cast(sum(facts.lead_time_days) as double) / nullif(sum(facts.completed_lines_count), 0)"
        " as mean_lead_days, sum(facts.price_variance_rpt) as price_variance_rpt,"
        " cast(sum(facts.price_variance_rpt) as double)"
        " / nullif(cast(sum(facts.received_at_standard_rpt) as double), 0) as price_variance_ratio"
        " from operations.fct_vendors_monthly as facts left join common.dim_vendors as vendors using (vendor_id)"
        " where facts.month_on between $first and $last and not facts.is_intercompany"
        " and ($entities is null or list_contains($entities, facts.entity_id))"
        " group by coalesce(vendors.name, facts.vendor_id), vendors.category"
        " order by received_rpt desc, vendor limit $most",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        entities=reading.entities,
        most=most,
    )


def people(reading: Reading, month_on: date) -> pa.Table:
    """One row per department at a month: heads, full-time equivalents, cost of the month."""
    return reading.rows(
        "select coalesce(departments.name, payroll.department_code) as department,"
        " sum(payroll.headcount) as headcount, sum(payroll.full_time_equivalents) as full_time_equivalents,"
        " sum(payroll.payroll_cost_rpt) as payroll_cost_rpt,"
        " cast(sum(payroll.payroll_cost_rpt) / nullif(sum(payroll.full_time_equivalents), 0) as decimal(18, 2))"
        " as cost_per_fte_rpt from operations.fct_payroll_monthly as payroll"
        " left join common.dim_departments as departments using (department_code)"
        " where payroll.month_on = $month and ($entities is null or list_contains($entities, payroll.entity_id))"
        " and ($departments is null or list_contains($departments, payroll.department_code))"
        " group by department order by payroll_cost_rpt desc, department",
        month=month_on,
        entities=reading.entities,
        departments=reading.filters.where.get("department_code"),
    )


def headline(reading: Reading) -> str:
    """How many lines came in full on their day, what is still owed to customers, and what is late of it."""
    display = reading.display
    done, owed = orders(reading), backlog(reading)
    late = late_orders(reading)
    ratio = done["on_time_ratio"]
    kept = (
        f"{display.locale.percent(ratio)} of the goods ordered came in full on their promised day."
        if ratio is not None
        else "No order of goods of this period has a promised day that has come."
    )
    rest = f"{display.short(owed, 'money')} is ordered and not yet delivered or served"
    if late.num_rows:
        sums = sum(late["backlog_rpt"].to_pylist(), Decimal(0))
        return f"{kept} {rest}; goods for {display.short(sums, 'money')} are past their promised day."
    return f"{kept} {rest}; no goods are late."


def _scope(reading: Reading, over: Range | None) -> dict[str, Any]:
    span = over or reading.filters.now
    return {
        "first": span.first,
        "last": span.last,
        "entities": reading.entities,
        "regions": reading.filters.where.get("region"),
        "channels": reading.filters.where.get("channel"),
    }


def _first(table: pa.Table) -> dict[str, Any]:
    row: dict[str, Any] = table.to_pylist()[0]
    return row
