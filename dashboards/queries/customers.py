"""Customers: who they are, what they are worth, who grows and who leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from dashboards.answers import Bridge
from dashboards.filters import Range
from dashboards.method_words import STREAMS, VALUE_METHODS, said
from dashboards.reading import Reading

ZERO = Decimal(0)
_MOVEMENTS = {
    "new_rpt": "New",
    "expansion_rpt": "Expansion",
    "reactivation_rpt": "Reactivation",
    "contraction_rpt": "Contraction",
    "churn_rpt": "Churn",
}
_FILTERED = (
    " and ($regions is null or list_contains($regions, region))"
    " and ($segments is null or list_contains($segments, segment))"
)


@dataclass(frozen=True, slots=True)
class Concentration:
    """The share of revenue of the largest customers over the twelve months that end with each month."""

    months: tuple[date, ...]
    largest: tuple[Decimal | None, ...]
    top_five: tuple[Decimal | None, ...]
    top_ten: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Shares of each quarter's new customers that bought again, by quarters since: None where not yet seen."""

    starts: tuple[date, ...]
    sizes: tuple[int, ...]
    shares: tuple[tuple[float | None, ...], ...]


def recurring_bridge(reading: Reading) -> Bridge:
    """From the recurring revenue before the chosen period to its end, all movements; they close to zero."""
    now = reading.filters.now
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in _MOVEMENTS)
    table = reading.rows(
        f"select coalesce(sum(opening_rpt) filter (where month_on = $first), 0) as opening, {sums},"
        " coalesce(sum(closing_rpt) filter (where month_on = $last_month), 0) as closing"
        f" from customers.fct_recurring_revenue_monthly where month_on between $first and $last_month{_FILTERED}",
        first=now.first,
        last_month=now.last.replace(day=1),
        **_scope(reading),
    )
    row = table.to_pylist()[0]
    steps = tuple((label, row[name]) for name, label in _MOVEMENTS.items() if row[name])
    return Bridge(row["opening"], steps, row["closing"])


def concentration(reading: Reading, over: Range) -> Concentration:
    """Concentration by month of a range, over all customers."""
    table = reading.rows(
        "select month_on, top_1_ratio, top_5_ratio, top_10_ratio from customers.fct_concentration_monthly"
        " where month_on between $first and $last order by month_on",
        first=over.first,
        last=over.last,
    )
    columns = [tuple(table[name].to_pylist()) for name in ("month_on", "top_1_ratio", "top_5_ratio", "top_10_ratio")]
    return Concentration(*columns)


def cohorts(reading: Reading, *, most: int = 12) -> Cohorts:
    """The newest `most` quarters of new customers, oldest first."""
    table = reading.rows(
        "select cohort_on, age_quarters, sum(customers_count) as customers, sum(active_customers_count) as active"
        " from customers.fct_cohorts_quarterly where ($segments is null or list_contains($segments, segment))"
        " group by cohort_on, age_quarters order by cohort_on, age_quarters",
        segments=reading.filters.where.get("segment"),
    ).to_pylist()
    starts = sorted({row["cohort_on"] for row in table})[-most:]
    ages = max((row["age_quarters"] for row in table if row["cohort_on"] in starts), default=-1) + 1
    cells = {(row["cohort_on"], row["age_quarters"]): row for row in table}
    sizes = tuple(int(cells[start, 0]["customers"]) if (start, 0) in cells else 0 for start in starts)
    shares = tuple(
        tuple(
            # An age that only some segments have lived through says nothing of the quarter's customers.
            float(cells[start, age]["active"]) / size
            if size and (start, age) in cells and int(cells[start, age]["customers"]) == size
            else None
            for age in range(ages)
        )
        for start, size in zip(starts, sizes, strict=True)
    )
    return Cohorts(tuple(starts), sizes, shares)


def listing(reading: Reading, *, most: int = 500) -> pa.Table:
    """One row per customer of the chosen period, largest margin first.

    party_id, customer, region, segment, revenue_rpt, margin_rpt, margin_ratio, change_rpt (of margin, against the
    comparison), value_rpt (margin expected over the value horizon, all chosen streams), probability_active_ratio (the
    highest of the streams that a model speaks for), no_model_because (why a stream is valued without a model, null
    where none is), last_ordered_on.
    """
    now, before = reading.filters.now, reading.filters.before
    return reading.rows(
        f"""
        with months as (
            select party_id,
                any_value(region) as region,
                any_value(segment) as segment,
                sum(net_rpt) filter (where month_on between $first and $last) as revenue_rpt,
                sum(margin_rpt) filter (where month_on between $first and $last) as margin_rpt,
                sum(net_with_known_cost_rpt) filter (where month_on between $first and $last) as known_rpt,
                sum(margin_rpt) filter (where month_on between $first_before and $last_before) as margin_before_rpt
            from customers.fct_customer_months
            where party_id is not null{_FILTERED}
            group by party_id
        ),
        worth as (
            select party_id, any_value(party_name) as party_name, sum(expected_margin_rpt) as value_rpt,
                max(probability_active_ratio) filter (where not is_fallback) as probability_active_ratio,
                string_agg(distinct fallback_reason, '; ' order by fallback_reason) filter (where is_fallback)
                    as no_model_because
            from customers.fct_customer_value where is_chosen group by party_id
        ),
        named as (
            select party_id, min(name) as name from common.dim_customers where party_id is not null group by party_id
        )
        select months.party_id, coalesce(worth.party_name, named.name, months.party_id) as customer, months.region,
            months.segment, cast(months.revenue_rpt as decimal(18, 2)) as revenue_rpt,
            cast(months.margin_rpt as decimal(18, 2)) as margin_rpt,
            cast(months.margin_rpt as double) / nullif(cast(months.known_rpt as double), 0) as margin_ratio,
            cast(coalesce(months.margin_rpt, 0) - coalesce(months.margin_before_rpt, 0) as decimal(18, 2))
                as change_rpt,
            cast(worth.value_rpt as decimal(18, 2)) as value_rpt,
            cast(worth.probability_active_ratio as double) as probability_active_ratio,
            worth.no_model_because,
            rfm.last_ordered_on
        from months
        left join worth on worth.party_id = months.party_id
        left join named on named.party_id = months.party_id
        left join customers.fct_customer_rfm as rfm on rfm.party_id = months.party_id
        where months.revenue_rpt <> 0 or months.margin_before_rpt <> 0
        order by months.margin_rpt desc nulls last, months.party_id
        limit $most
        """,
        first=now.first,
        last=now.last,
        first_before=before.first,
        last_before=before.last,
        most=most,
        **_scope(reading),
    )


def accuracy(reading: Reading) -> pa.Table:
    """How the value estimates did against what came: the newest holdout of each stream, method beside the naive one."""
    table = reading.rows(
        "select stream, method, is_naive, sum(customers_count) as customers, sum(expected_margin_rpt) as expected_rpt,"
        " sum(actual_margin_rpt) as actual_rpt, avg(cast(mean_absolute_error_rpt as double)) as error_rpt,"
        " min(origin_on) as origin_on, max(until_on) as until_on from customers.fct_customer_value_accuracy"
        " where origin_on = (select max(origin_on) from customers.fct_customer_value_accuracy)"
        " group by stream, method, is_naive order by stream, is_naive, method"
    )
    return said(reading.display, said(reading.display, table, "method", VALUE_METHODS), "stream", STREAMS)


def _scope(reading: Reading) -> dict[str, tuple[str, ...] | None]:
    return {"regions": reading.filters.where.get("region"), "segments": reading.filters.where.get("segment")}
