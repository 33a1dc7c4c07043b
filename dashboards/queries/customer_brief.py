"""One customer: what a seller needs before a call and what support needs to route one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dashboards import narrative
from dashboards.metrics import UnavailableMetricError
from dashboards.reading import Reading


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as one thing: CRM accounts and ERP customers that were matched. `found_by` is what search reads."""

    party_id: str
    name: str
    found_by: str


def parties(reading: Reading) -> tuple[Party, ...]:
    """Every party with its names, its ids on both sides and its web domains, in order of names."""
    table = reading.rows(
        "select party_id, coalesce(min(customer_name), min(account_name), party_id) as name,"
        " concat_ws(' ', string_agg(distinct customer_name, ' '), string_agg(distinct account_name, ' '),"
        " string_agg(distinct customer_id, ' '), string_agg(distinct crm_account_id, ' ')) as found_by"
        " from customers.fct_customer_matches where party_id is not null group by party_id order by name, party_id"
    )
    domains: dict[str, list[str]] = {}
    if reading.holds("customers.fct_party_domains"):
        rows = reading.rows("select party_id, domain from customers.fct_party_domains order by party_id, domain")
        for row in rows.to_pylist():
            domains.setdefault(row["party_id"], []).append(row["domain"])
    return tuple(
        Party(row["party_id"], row["name"], " ".join([row["found_by"], *domains.get(row["party_id"], ())]))
        for row in table.to_pylist()
    )


def profile(reading: Reading, party_id: str) -> dict[str, Any]:
    """What is known of the company: region, segment, industry, country, ids, how it was matched, owner of its deals."""
    row = _one(
        reading,
        "select any_value(matches.region) as region, any_value(matches.segment) as segment,"
        " any_value(customers.industry) as industry, any_value(customers.country) as country,"
        " string_agg(distinct matches.customer_id, ', ') as customer_ids,"
        " string_agg(distinct matches.crm_account_id, ', ') as account_ids,"
        " string_agg(distinct matches.method, ', ') as methods"
        " from customers.fct_customer_matches as matches"
        " left join common.dim_customers as customers on customers.customer_id = matches.customer_id"
        " where matches.party_id = $party",
        party=party_id,
    )
    owner = _one(
        reading,
        "select owners.name as owner, owners.team from sales.fct_deals as deals"
        " inner join common.dim_owners as owners using (owner_id) where deals.party_id = $party"
        " order by deals.created_on desc, deals.deal_id limit 1",
        party=party_id,
    )
    return {**row, **owner}


def worth(reading: Reading, party_id: str) -> dict[str, Any]:
    """Expected margin over the value horizon with its band, P(active), and the margin to date; chosen streams added."""
    return _one(
        reading,
        "select sum(expected_margin_rpt) as expected_rpt,"
        " case when count(low_margin_rpt) = count(*) then sum(low_margin_rpt) end as low_rpt,"
        " case when count(high_margin_rpt) = count(*) then sum(high_margin_rpt) end as high_rpt,"
        " max(probability_active_ratio) filter (where not is_fallback) as active_ratio, max(horizon_months) as months,"
        " list(distinct method order by method) as methods,"
        " string_agg(distinct fallback_reason, '; ' order by fallback_reason) filter (where is_fallback)"
        " as no_model_because from customers.fct_customer_value"
        " where party_id = $party and is_chosen having count(*) > 0",
        party=party_id,
    )


def trade(reading: Reading, party_id: str) -> dict[str, Any]:
    """Revenue, margin and margin ratio over the chosen period and the one before it."""
    return _one(
        reading,
        "select cast(sum(net_rpt) filter (where month_on between $first and $last) as decimal(18, 2)) as net_rpt,"
        " cast(sum(margin_rpt) filter (where month_on between $first and $last) as decimal(18, 2)) as margin_rpt,"
        " cast(sum(margin_rpt) filter (where month_on between $first and $last) as double) / nullif(cast(sum("
        "net_with_known_cost_rpt) filter (where month_on between $first and $last) as double), 0) as margin_ratio,"
        " cast(sum(net_rpt) filter (where month_on between $first_before and $last_before) as decimal(18, 2))"
        " as net_before_rpt from customers.fct_customer_months where party_id = $party",
        party=party_id,
        **_spans(reading),
    )


def exposure(reading: Reading, party_id: str) -> pa.Table:
    """Exposure against the credit limit, per entity in its own currency, and what is past due."""
    return reading.rows(
        "select exposure.entity_id, exposure.currency, exposure.exposure_local, exposure.credit_limit_local,"
        " exposure.headroom_local, exposure.overdue_local, exposure.oldest_days_overdue, exposure.is_over_limit"
        " from finance.fct_credit_exposure as exposure inner join common.dim_customers as customers"
        " on customers.customer_id = exposure.customer_id where customers.party_id = $party"
        " order by exposure.entity_id",
        party=party_id,
    )


def overdue(reading: Reading, party_id: str) -> dict[str, Any]:
    """What is open and past due in the reporting currency, and the oldest day."""
    return _one(
        reading,
        "select coalesce(sum(items.open_rpt), 0) as open_rpt,"
        " coalesce(sum(items.open_rpt) filter (where items.days_overdue > 0 and items.open_rpt > 0), 0) as overdue_rpt,"
        " max(items.days_overdue) filter (where items.open_rpt > 0) as oldest_days"
        " from finance.fct_receivable_items as items inner join common.dim_customers as customers"
        " on customers.customer_id = items.customer_id where customers.party_id = $party and items.open_rpt <> 0",
        party=party_id,
    )


def open_deals(reading: Reading, party_id: str) -> pa.Table:
    """Open deals with the next step that was promised, the nearest close first."""
    return reading.rows(
        "select deals.name as deal, owners.name as owner, deals.stage, deals.amount_rpt, deals.expected_close_on,"
        " deals.is_past_due, deals.next_step from sales.fct_deals as deals"
        " left join common.dim_owners as owners on owners.owner_id = deals.owner_id"
        " where deals.party_id = $party and deals.is_open"
        " order by deals.expected_close_on nulls last, deals.deal_id",
        party=party_id,
    )


_LANES = {
    "Deal": (
        "sales.fct_deals",
        "select coalesce(closed_on, created_on) as on_day, 'Deal' as kind,"
        " concat(name, ': ', case when is_won then 'won' when is_lost then 'lost' else stage end) as what,"
        " amount_rpt, source_system, 'deal' as source_entity, source_id from sales.fct_deals where party_id = $party",
    ),
    "Order": (
        "operations.fct_orders",
        "select ordered_on, 'Order', concat('Order ', orders.source_id, ', ', orders.status),"
        " cast(orders.net_rpt as decimal(18, 2)), orders.source_system, 'order', orders.source_id"
        " from operations.fct_orders as orders inner join common.dim_customers as customers using (customer_id)"
        " where customers.party_id = $party",
    ),
    "Invoice": (
        "finance.fct_receivable_items",
        "select min(items.invoiced_on), case items.document_type when 'invoice' then 'Invoice'"
        " when 'credit_note' then 'Credit note' else 'Payment' end,"
        " concat(case items.document_type when 'invoice' then 'Invoice ' when 'credit_note' then 'Credit note '"
        " else 'Payment ' end, any_value(items.source_id), case when sum(items.open_rpt) = 0 then ', settled'"
        " when max(items.days_overdue) > 0 then ', past due' else ', open' end), sum(items.gross_rpt),"
        " any_value(items.source_system), items.document_type, any_value(items.source_id)"
        " from finance.fct_receivable_items as items inner join common.dim_customers as customers using (customer_id)"
        " where customers.party_id = $party group by items.document_type, items.document_id",
    ),
    "Ticket": (
        "operations.fct_tickets",
        "select opened_on, 'Ticket', concat('Ticket ', source_id, ', ', lower(priority), ', ', status,"
        " case when is_sla_breached then ', late' else '' end), null, source_system, 'ticket', source_id"
        " from operations.fct_tickets where party_id = $party",
    ),
    "Activity": (
        "sales.fct_activities",
        "select happened_on, 'Activity', concat(upper(activity_type[1]), activity_type[2:], ', ', direction), null,"
        " source_system, 'activity', source_id from sales.fct_activities where party_id = $party",
    ),
}
KINDS = ("Deal", "Order", "Invoice", "Credit note", "Payment", "Ticket", "Activity")


def time_line(reading: Reading, party_id: str, *, most: int = 1000) -> pa.Table:
    """Deals, orders, invoices, payments, tickets and activities on one line, newest first, as far as the file has them.

    on_day, kind, what, amount_rpt, source_system, source_entity, source_id.
    """
    parts = [sql for table, sql in _LANES.values() if reading.holds(table, "common.dim_customers")]
    if not parts:
        raise UnavailableMetricError("no table of the time line is in this reader's file")
    return reading.rows(
        "with events (on_day, kind, what, amount_rpt, source_system, source_entity, source_id) as ("
        + " union all ".join(parts)
        + ") select * from events where on_day is not null order by on_day desc, kind, source_id limit $most",
        party=party_id,
        most=most,
    )


def headline(reading: Reading, name: str, traded: dict[str, Any], due: dict[str, Any], deals: pa.Table | None) -> str:
    """What to know first: what was bought, what is past due, what was promised next."""
    display, say = reading.display, reading.display.say
    net = traded.get("net_rpt")
    parts = [
        say("{name} bought for {amount} in this period.", name=display.name(name), amount=display.short(net, "money"))
        if net
        else say("{name} bought nothing in this period.", name=display.name(name))
    ]
    late = due.get("overdue_rpt") or Decimal(0)
    if late > 0:
        parts.append(
            display.say_count(
                "{amount} is past due, the oldest by {count} day.",
                "{amount} is past due, the oldest by {count} days.",
                due["oldest_days"],
                amount=display.short(late, "money"),
            )
        )
    elif due:
        parts.append(say("Nothing is past due."))
    if deals is not None:
        first = next((row for row in deals.to_pylist() if row["next_step"]), None)
        if first:
            parts.append(say("Promised next: {step} ({deal}).", step=first["next_step"], deal=first["deal"]))
        elif deals.num_rows:
            parts.append(display.say_count("{count} deal is open.", "{count} deals are open.", deals.num_rows))
        else:
            parts.append(say("No deal is open."))
    return narrative.together(parts, display)


def _one(reading: Reading, sql: str, **values: Any) -> dict[str, Any]:
    """The first row, or nothing where there is none or the reader's file does not hold it."""
    try:
        rows = reading.rows(sql, **values).slice(0, 1).to_pylist()
    except UnavailableMetricError:
        return {}
    return rows[0] if rows else {}


def _spans(reading: Reading) -> dict[str, Any]:
    now, before = reading.filters.now, reading.filters.before
    return {"first": now.first, "last": now.last, "first_before": before.first, "last_before": before.last}
