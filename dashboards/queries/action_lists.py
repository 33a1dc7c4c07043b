"""Lists that people act on: what each is for and its rows, under the reader's filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from dashboards.format import Display
from dashboards.reading import Reading

MOST = 300


@dataclass(frozen=True, slots=True)
class ActionList:
    """One list: its table, its columns in the order of reading, the order of its rows, what it says when empty."""

    table: str
    columns: tuple[str, ...]
    order: str
    empty: str
    has_owner: bool = True


LISTS: Mapping[str, ActionList] = {
    "To pursue": ActionList(
        "sales.list_customers_to_pursue",
        (
            "party_name",
            "reason",
            "owner_name",
            "region",
            "segment",
            "open_deals_count",
            "open_rpt",
            "probability_ratio",
            "expected_margin_rpt",
            "next_close_on",
            "idle_days",
        ),
        "expected_margin_rpt desc, party_id",
        "No customer has an open deal with an amount.",
    ),
    "At risk": ActionList(
        "sales.list_customers_at_risk",
        (
            "party_name",
            "reason",
            "region",
            "segment",
            "margin_at_risk_rpt",
            "last_ordered_on",
            "recency_days",
            "probability_active_ratio",
            "net_of_half_rpt",
            "net_of_half_before_rpt",
        ),
        "margin_at_risk_rpt desc, party_id",
        "No customer shows a sign of leaving.",
        has_owner=False,
    ),
    "Upsell": ActionList(
        "sales.list_upsell",
        (
            "party_name",
            "reason",
            "region",
            "segment",
            "net_of_year_rpt",
            "margin_of_year_rpt",
            "mean_days_late",
            "headroom_rpt",
        ),
        "margin_of_year_rpt desc, party_id",
        "No customer that pays on time has room in its limit.",
        has_owner=False,
    ),
    "Whitespace": ActionList(
        "sales.list_whitespace",
        (
            "party_name",
            "reason",
            "category",
            "region",
            "segment",
            "peers_ratio",
            "margin_per_buyer_rpt",
            "expected_margin_rpt",
        ),
        "expected_margin_rpt desc, party_id, category",
        "Every customer buys what its peers buy.",
        has_owner=False,
    ),
    "Stalled deals": ActionList(
        "sales.list_stalled_deals",
        (
            "deal_name",
            "reason",
            "party_name",
            "owner_name",
            "stage",
            "amount_rpt",
            "stage_days",
            "won_p80_days",
            "push_count",
            "idle_days",
        ),
        "amount_rpt desc nulls last, deal_id",
        "No open deal stands longer in its stage than four in five won deals did.",
    ),
    "No next step": ActionList(
        "sales.list_deals_without_next_step",
        (
            "deal_name",
            "reason",
            "party_name",
            "owner_name",
            "stage",
            "amount_rpt",
            "expected_close_on",
            "is_past_due",
            "last_activity_on",
            "idle_days",
        ),
        "amount_rpt desc nulls last, deal_id",
        "Every open deal has a next step.",
    ),
    "Unanswered leads": ActionList(
        "sales.list_unanswered_leads",
        (
            "company",
            "reason",
            "lead_source",
            "owner_name",
            "region",
            "created_at",
            "waiting_business_minutes",
            "source_conversion_ratio",
            "expected_won_rpt",
        ),
        "expected_won_rpt desc nulls last, created_at",
        "Every lead of the last half year was answered.",
    ),
}


def rows(reading: Reading, name: str, *, most: int = MOST) -> pa.Table:
    """The rows of one list, of the chosen regions and owners where the list has them."""
    chosen = LISTS[name]
    owners = " and ($owners is null or list_contains($owners, owner_id))" if chosen.has_owner else ""
    values: dict[str, object] = {"regions": reading.filters.where.get("region")}
    if chosen.has_owner:
        values["owners"] = reading.filters.where.get("owner_id")
    found = reading.rows(
        f"select {', '.join(chosen.columns)} from {chosen.table}"
        f" where ($regions is null or list_contains($regions, region)){owners}"
        f" order by {chosen.order} limit {most}",
        **values,
    )
    reasons = [reason and reason_text(reason, reading.display) for reason in found["reason"].to_pylist()]
    return found.set_column(found.column_names.index("reason"), "reason", pa.array(reasons, pa.string()))


def reason_text(reason: str, display: Display) -> str:
    """A reason of a list with its amounts as the reader writes money: 31998.78 is €32K. Chances stay as they are."""
    said = re.sub(r"\b\d{3,}\.\d{2}\b", lambda found: display.short(Decimal(found[0]), "money"), reason)
    return f"{said[:1].upper()}{said[1:]}".replace(" x ", " × ")


def offered(reading: Reading) -> tuple[str, ...]:
    """The lists that the reader's file holds."""
    return tuple(name for name, chosen in LISTS.items() if reading.holds(chosen.table))
