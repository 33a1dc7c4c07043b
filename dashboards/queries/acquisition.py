"""Marketing and acquisition: leads, how they convert, what a new customer costs and brings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from dashboards import narrative
from dashboards.filters import Range
from dashboards.queries.codes import in_words
from dashboards.reading import Reading

_LEADS = (
    " from sales.fct_leads as leads left join sales.fct_deals as deals on deals.deal_id = leads.deal_id"
    " where leads.created_on between $first and $last"
    " and ($regions is null or list_contains($regions, leads.region))"
    " and ($owners is null or list_contains($owners, leads.owner_id))"
)


def funnel(reading: Reading) -> dict[str, int]:
    """Leads created in the period and how far those same leads came: touched, converted, with a deal, won."""
    row = reading.rows(
        "select count(*) as leads, count(first_touch_at) as touched, count(*) filter (where is_converted) as converted,"
        " count(leads.deal_id) as deals, count(*) filter (where deals.is_won) as won" + _LEADS,
        **_scope(reading),
    ).to_pylist()[0]
    names = {"leads": "Leads", "touched": "Touched", "converted": "Converted", "deals": "With a deal", "won": "Won"}
    return {label: int(row[name]) for name, label in names.items()}


def by_source(reading: Reading) -> pa.Table:
    """One row per lead source: leads, converted, conversion_ratio, median minutes to the first touch, won_rpt."""
    return in_words(
        reading.rows(
            "select coalesce(leads.lead_source, '(none)') as lead_source, coalesce(leads.channel, '(none)') as channel,"
            " count(*) as leads, count(*) filter (where leads.is_converted) as converted,"
            " cast(count(*) filter (where leads.is_converted) as double) / count(*) as conversion_ratio,"
            " median(leads.first_touch_minutes) / 60 as first_touch_hours,"
            " count(*) filter (where deals.is_won) as won_deals,"
            " cast(coalesce(sum(deals.amount_rpt) filter (where deals.is_won), 0) as decimal(18, 2)) as won_rpt"
            + _LEADS
            + " group by 1, 2 order by leads desc, 1, 2",
            **_scope(reading),
        ),
        "channel",
    )


def untouched(reading: Reading, *, most: int = 200) -> pa.Table:
    """Open leads without a recorded activity, the oldest first."""
    return reading.rows(
        "select leads.company, leads.lead_source, owners.name as owner, leads.region, leads.status, leads.created_on,"
        " date_diff('day', leads.created_on, $as_of) as days_waiting, leads.source_system, 'lead' as source_entity,"
        " leads.source_id from sales.fct_leads as leads left join common.dim_owners as owners using (owner_id)"
        " where leads.first_touch_at is null and not leads.is_converted and leads.status not ilike '%closed%'"
        " and ($regions is null or list_contains($regions, leads.region))"
        " order by leads.created_on, leads.lead_id limit $most",
        as_of=reading.manifest.as_of,
        regions=reading.filters.where.get("region"),
        most=most,
    )


def by_segment(reading: Reading) -> pa.Table:
    """One row per segment of new customers: cost, new customers, cost of each, margin expected of each, multiple."""
    return reading.rows(
        "select coalesce(segment, '(none)') as segment, sum(cost_rpt) as cost_rpt,"
        " sum(new_customers_count) as new_customers,"
        " cast(sum(cost_rpt) / nullif(sum(new_customers_count), 0) as decimal(18, 2)) as cost_of_one_rpt,"
        " cast(sum(expected_margin_rpt) / nullif(sum(new_customers_count), 0) as decimal(18, 2)) as margin_of_one_rpt,"
        " cast(sum(expected_margin_rpt) as double) / nullif(cast(sum(cost_rpt) as double), 0) as multiple"
        " from customers.fct_acquisition_monthly where month_on between $first and $last"
        " and ($segments is null or list_contains($segments, segment))"
        " group by segment order by cost_rpt desc, segment",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        segments=reading.filters.where.get("segment"),
    )


def by_month(reading: Reading, over: Range) -> list[dict[str, Any]]:
    """Months of a range: month_on, cost_rpt, new_customers."""
    rows: list[dict[str, Any]] = reading.rows(
        "select month_on, sum(cost_rpt) as cost_rpt, cast(sum(new_customers_count) as bigint) as new_customers"
        " from customers.fct_acquisition_monthly where month_on between $first and $last"
        " and ($segments is null or list_contains($segments, segment)) group by month_on order by month_on",
        first=over.first,
        last=over.last,
        segments=reading.filters.where.get("segment"),
    ).to_pylist()
    return rows


MODELS = {
    "first": "First touch",
    "last": "Last touch",
    "linear": "All touches alike",
    "position": "First and last most",
}
"""How a won deal is shared out over the touches before it."""


def by_channel(reading: Reading, model: str) -> pa.Table:
    """One row per channel, by one attribution model: cost with people's part, customers won, cost of one."""
    return in_words(
        reading.rows(
            "select channel, sum(direct_rpt) as direct_rpt, sum(cost_rpt) as cost_rpt,"
            " sum(new_customers_weight) as new_customers,"
            " cast(sum(cost_rpt) / nullif(sum(new_customers_weight), 0) as decimal(18, 2)) as cost_of_one_rpt"
            " from customers.fct_acquisition_by_campaign where model = $model and month_on between $first and $last"
            " group by channel having sum(cost_rpt) <> 0 or sum(new_customers_weight) <> 0"
            " order by cost_rpt desc, channel",
            model=model,
            first=reading.filters.now.first,
            last=reading.filters.now.last,
        ),
        "channel",
    )


def campaigns(reading: Reading, model: str, *, most: int = 200) -> pa.Table:
    """One row per campaign that ran in the period: spend, leads, pipeline sourced, and what it won by one model."""
    if model not in MODELS:
        raise ValueError(f"model is {model!r}; one of {', '.join(MODELS)}")
    return in_words(
        reading.rows(
            "select campaign_name, channel, started_on, ended_on, spend_rpt, leads_count, converted_leads_count,"
            f" cost_per_lead_rpt, sourced_pipeline_rpt, influenced_pipeline_rpt, won_{model}_rpt as won_rpt"
            " from customers.fct_campaigns"
            " where coalesce(ended_on, $last) >= $first and coalesce(started_on, $first) <= $last"
            " order by won_rpt desc, spend_rpt desc nulls last, campaign_id limit $most",
            first=reading.filters.now.first,
            last=reading.filters.now.last,
            most=most,
        ),
        "channel",
    )


def headline(reading: Reading) -> str:
    """What a new customer costs and brings, and how many came of the leads of the period."""
    display = reading.display
    parts = []
    held = reading.has("customer_acquisition_cost")
    cost, before = None, None
    if held:
        cost, before = reading.value("customer_acquisition_cost"), reading.before("customer_acquisition_cost")
    if cost is not None:
        shown, change = display.short(cost, "money"), display.change(cost, before, "money")
        if change:
            words = "vs prior period" if reading.filters.comparison == "period" else "vs prior year"
            moved = narrative.compared(change, words, display)
            parts.append(display.say("A new customer costs {amount}, {change}.", amount=shown, change=moved))
        else:
            parts.append(display.say("A new customer costs {amount}.", amount=shown))
        multiple = reading.value("ltv_to_cac") if reading.has("ltv_to_cac") else None
        if multiple is not None:
            parts.append(display.say("It is worth {multiple} that.", multiple=display.short(multiple, "multiple")))
    elif held:
        parts.append(display.say("No customer was won in this period, so no cost of one can be said."))
    steps = funnel(reading)
    if steps["Leads"]:
        share = display.locale.percent(Decimal(steps["Converted"]) / steps["Leads"], decimals=0)
        parts.append(
            display.say_count(
                "{converted} of {count} lead converted ({share}).",
                "{converted} of {count} leads converted ({share}).",
                steps["Leads"],
                converted=display.locale.number(steps["Converted"]),
                share=share,
            )
        )
    return narrative.together(parts, display)


def _scope(reading: Reading) -> dict[str, Any]:
    return {
        "first": reading.filters.now.first,
        "last": reading.filters.now.last,
        "regions": reading.filters.where.get("region"),
        "owners": reading.filters.where.get("owner_id"),
    }
