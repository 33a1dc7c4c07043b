"""What pages and reports both say of cash: the weeks ahead, their lowest point, what is open by age and who owes most.

Belongs here: answers on money to come and on what is late. Does not: sales and margins (`answers`), widgets, figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from dashboards.reading import Reading

BUCKETS = {
    "not_due": "Not due",
    "1_30": "1–30 days late",
    "31_60": "31–60 days late",
    "61_90": "61–90 days late",
    "over_90": "Over 90 days late",
    "unapplied": "Unapplied",
}
LAYERS = {
    "receivables": "Receivables",
    "payables": "Payables",
    "payroll": "Payroll",
    "tax": "Tax",
    "debt": "Debt",
    "recurring": "Recurring",
    "delivered": "Delivered, to be invoiced",
    "ordered": "Ordered, to be delivered",
    "pipeline": "Deals likely to be won",
    "purchase_orders": "On order, to be billed",
    "baseline_receipts": "Other expected receipts",
    "baseline_payments": "Other expected payments",
    "capex": "Investments",
}
OTHER_LAYERS = "Others"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Weeks ahead: flows per layer (in positive, out negative) and the balance at each week's end."""

    weeks: tuple[date, ...]
    flows: dict[str, tuple[Decimal, ...]]
    balance: tuple[Decimal, ...]


def cash_headline(reading: Reading) -> str:
    """Where cash stands in thirteen weeks, and the lowest week on the way."""
    ahead = outlook(reading)
    if not ahead.weeks:
        return reading.display.say("No cash projection is published: no source gives a bank balance.")
    lowest = min(range(len(ahead.weeks)), key=lambda place: ahead.balance[place])
    display = reading.display
    return display.say_count(
        "Cash is projected to stand at {end} in {count} week; the lowest week is the one of {day} with {low}.",
        "Cash is projected to stand at {end} in {count} weeks; the lowest week is the one of {day} with {low}.",
        len(ahead.weeks),
        end=display.short(ahead.balance[-1], "money"),
        day=display.day(ahead.weeks[lowest]),
        low=display.short(ahead.balance[lowest], "money"),
    )


def outlook(reading: Reading) -> Outlook:
    """The weeks ahead over the chosen entities, by the method in use, scenario `base`."""
    table = reading.rows(
        "select week_on, layer, sum(amount_rpt) as amount from finance.fct_cash_projection"
        " where is_chosen and scenario = 'base'"
        " and ($entities is null or list_contains($entities, entity_id)) group by week_on, layer",
        entities=reading.entities,
    )
    columns = (table[name].to_pylist() for name in ("week_on", "layer", "amount"))
    cells: dict[tuple[date, str], Decimal] = {
        (week, layer): amount for week, layer, amount in zip(*columns, strict=True)
    }
    weeks = tuple(sorted({week for week, _ in cells}))
    layers = [*LAYERS, *sorted({layer for _, layer in cells} - {*LAYERS, "bank"})]
    flows = {
        LAYERS.get(layer, layer.replace("_", " ").capitalize()): tuple(
            cells.get((week, layer), Decimal(0)) for week in weeks
        )
        for layer in layers
        if any(cells.get((week, layer)) for week in weeks)
    }
    balance, running = [], Decimal(0)
    for place, week in enumerate(weeks):
        running += cells.get((week, "bank"), Decimal(0)) + sum((flow[place] for flow in flows.values()), Decimal(0))
        balance.append(running)
    return Outlook(weeks, flows, tuple(balance))


def largest_layers(flows: Mapping[str, Sequence[Decimal]], *, most: int = 5) -> dict[str, tuple[Decimal, ...]]:
    """The layers that move most cash, the rest as one: more colours than that nobody tells apart."""
    size = {name: sum((abs(amount) for amount in amounts), Decimal(0)) for name, amounts in flows.items()}
    ranked = sorted(flows, key=lambda name: -size[name])
    if len(ranked) <= most:
        return {name: tuple(amounts) for name, amounts in flows.items()}
    kept = ranked[: most - 1]
    rest = [flows[name] for name in flows if name not in kept]
    others = tuple(sum(amounts, Decimal(0)) for amounts in zip(*rest, strict=True))
    return {**{name: tuple(flows[name]) for name in flows if name in kept}, OTHER_LAYERS: others}


def ageing(reading: Reading, side: str) -> dict[str, Decimal]:
    """Open amounts by bucket on the as-of day, in the order of age. `side` is receivable or payable."""
    if side not in {"receivable", "payable"}:
        raise ValueError(f"side is {side!r}; receivable or payable")
    table = reading.rows(
        f"select bucket, sum(open_rpt) as open_rpt from finance.fct_{side}_items"
        " where open_rpt <> 0 and ($entities is null or list_contains($entities, entity_id)) group by bucket",
        entities=reading.entities,
    )
    amounts = dict(zip(table["bucket"].to_pylist(), table["open_rpt"].to_pylist(), strict=True))
    return {BUCKETS[bucket]: amounts[bucket] for bucket in BUCKETS if bucket in amounts}


def overdue_customers(reading: Reading, *, most: int = 50) -> pa.Table:
    """Who owes most past its due date: customer, overdue, documents, oldest_days."""
    return reading.rows(
        """
        select customers.name as customer, sum(items.open_rpt) as overdue, count(*) as documents,
            max(items.days_overdue) as oldest_days
        from finance.fct_receivable_items as items
        left join common.dim_customers as customers on items.customer_id = customers.customer_id
        where items.days_overdue > 0 and items.open_rpt > 0
            and ($entities is null or list_contains($entities, items.entity_id))
        group by customers.name, items.customer_id
        order by overdue desc, items.customer_id
        limit $most
        """,
        entities=reading.entities,
        most=most,
    )
