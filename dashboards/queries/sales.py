"""Sales beyond the metrics: pace to target, owners against their quotas, from booked to collected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from dashboards.answers import months_of
from dashboards.filters import Range
from dashboards.reading import Reading

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pace:
    """A metric and its target added up month by month; the target is None where a month has none."""

    months: tuple[date, ...]
    actual: tuple[Decimal | None, ...]
    target: tuple[Decimal | None, ...]


def pace(reading: Reading, metric: str, over: Range) -> Pace:
    """The metric since the first month of the range against what the targets of those months add up to."""
    months = months_of(over)
    found = reading.by_month(metric, over)
    targets = {} if reading.where(metric) else reading.targets(metric, over)
    actual, planned, reached, wanted = [], [], ZERO, ZERO
    for month in months:
        reached += found.get(month) or ZERO
        wanted += targets.get(month, ZERO)
        actual.append(reached)
        planned.append(wanted if month in targets else None)
    return Pace(months, tuple(actual), tuple(planned))


def owners(reading: Reading) -> pa.Table:
    """One row per owner: won, quota and reached share of the period, win rate, open pipeline; most won first."""
    now = reading.filters.now
    return reading.rows(
        """
        with closed as (
            select owner_id, sum(amount_rpt) filter (where is_won) as won_rpt,
                cast(count(*) filter (where is_won) as double) / nullif(count(*), 0) as win_ratio
            from sales.fct_deals
            where is_closed and closed_on between $first and $last
                and ($regions is null or list_contains($regions, region))
            group by owner_id
        ),
        pipeline as (
            select owner_id, sum(amount_rpt) as open_rpt, count(*) as open_deals from sales.fct_deals
            where is_open and ($regions is null or list_contains($regions, region)) group by owner_id
        ),
        quotas as (
            select dimension_value as owner_id, sum(value) as quota_rpt from common.fct_targets
            where metric = 'bookings' and dimension = 'owner_id' and period_on between $first and $last
            group by dimension_value
        )
        select owners.name as owner, owners.team, closed.won_rpt, cast(quotas.quota_rpt as decimal(18, 2)) as quota_rpt,
            cast(closed.won_rpt as double) / nullif(cast(quotas.quota_rpt as double), 0) as reached_ratio,
            closed.win_ratio, pipeline.open_rpt, pipeline.open_deals
        from common.dim_owners as owners
        left join closed using (owner_id) left join pipeline using (owner_id) left join quotas using (owner_id)
        where (closed.won_rpt is not null or pipeline.open_rpt is not null or quotas.quota_rpt is not null)
            and ($owners is null or list_contains($owners, owner_id))
        order by closed.won_rpt desc nulls last, owners.name
        """,
        first=now.first,
        last=now.last,
        regions=reading.filters.where.get("region"),
        owners=reading.filters.where.get("owner_id"),
    )


def by_region(reading: Reading) -> dict[str, Decimal]:
    """Bookings of the period by region, the most first."""
    table = reading.breakdown("bookings", ["region"])
    amounts = dict(zip(table["region"].to_pylist(), table["value"].to_pylist(), strict=True))
    known = {str(name): amount for name, amount in amounts.items() if name is not None and amount}
    return dict(sorted(known.items(), key=lambda item: (-item[1], item[0])))


def booked_to_collected(reading: Reading) -> dict[str, Decimal]:
    """What was booked in the period and how much of it is ordered, billed and collected by now."""
    row = reading.rows(
        "select coalesce(sum(booked_rpt), 0) as booked, coalesce(sum(ordered_rpt), 0) as ordered,"
        " coalesce(sum(billed_rpt), 0) as billed, coalesce(sum(collected_rpt), 0) as collected"
        " from sales.fct_booked_billed_collected where booked_on between $first and $last"
        " and ($regions is null or list_contains($regions, region))"
        " and ($owners is null or list_contains($owners, owner_id))"
        " and ($entities is null or list_contains($entities, entity_id))",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        regions=reading.filters.where.get("region"),
        owners=reading.filters.where.get("owner_id"),
        entities=reading.entities,
    ).to_pylist()[0]
    names = {"booked": "Booked", "ordered": "Ordered", "billed": "Billed", "collected": "Collected, with tax"}
    return {label: row[name] for name, label in names.items() if row[name]}
