"""The sample company's CRM as a HubSpot account: canonical rows turned back into records.

HubSpot numbers its records: `Numbered` keeps which number stands for which id of the sample. What HubSpot has no
property for is in the account's own ones, mapped by MAPPING as a company would do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fakes.hubspot import FakeHubspot
from fakes.hubspot_account import as_text, written
from pipelines.sources.hubspot_records import property_behind
from pipelines.sources.systems import system_objects

Row = Mapping[str, Any]
STAMP = datetime(2026, 6, 1, tzinfo=UTC)

MAPPING = """
objects:
  companies: {tax_id: vat_number, region: sales_region, segment: segment, erp_customer_ref: erp_customer_no}
  campaigns: {channel: channel}
  leads:
    status: lead_state
    lead_source: lead_origin
    country: country
    campaign_id: campaign
    first_touch_at: first_touch
    converted_on: converted_on
  deals: {entity_id: legal_entity, campaign_id: campaign, merged_into_id: merged_into}
  tickets: {handling_minutes: handling_minutes}
  meetings: {direction: direction}
  tasks: {direction: direction}
  quotes: {version: version, quoted_on: quoted_on}
"""
OWN_PROPERTIES = {
    "companies": ["vat_number", "sales_region", "segment", "erp_customer_no", "shoe_size"],
    "leads": ["lead_state", "lead_origin", "country", "campaign", "first_touch", "converted_on"],
    "deals": ["legal_entity", "campaign", "merged_into"],
    "tickets": ["handling_minutes"],
    "meetings": ["direction"],
    "tasks": ["direction"],
    "quotes": ["version", "quoted_on"],
}
DEAL_TYPES = {"new_business": "newbusiness", "expansion": "existingbusiness"}


def empty_account(**settings: Any) -> FakeHubspot:
    """An account with every object and property, and no record."""
    account = FakeHubspot(**settings)
    for one in system_objects("hubspot"):
        named = {property_behind(name) for name in one.fields} - {None}
        own = OWN_PROPERTIES.get(one.name, [])
        account.properties[one.name] = {
            "hs_object_id": False, **{str(name): False for name in sorted(map(str, named))}, **dict.fromkeys(own, True)
        }  # fmt: skip
    return account


@dataclass
class Numbered:
    """An account that is filled from canonical rows, whose ids are given without the source's name."""

    account: FakeHubspot
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, sample_id: str | None) -> int | None:
        """The number of a record, the same each time."""
        return None if sample_id is None else self.numbers.setdefault(sample_id, 1000 + len(self.numbers))

    def fill(self, entity: str, rows: Iterable[Row]) -> None:
        """Put the rows of one entity into the account."""
        for row in rows:
            _FILLERS[entity](self, row)

    def day(self, day: date | None) -> datetime | None:
        """A day as a person picks it: the start of it where the account is."""
        return None if day is None else datetime.combine(day, time(), ZoneInfo(self.account.time_zone))

    def create(
        self, name: str, sample_id: str, row: Row, /, *, created: datetime | None = None, **properties: Any
    ) -> None:
        self.account.create(
            name,
            self.number(sample_id),
            at=(row.get("updated_at") or STAMP).replace(tzinfo=UTC),
            created=created,
            **properties,
        )  # type: ignore[arg-type]

    def link(self, name: str, sample_id: str, other: str, other_id: str | None) -> None:
        if other_id is not None:
            self.account.link(name, self.number(sample_id), other, self.number(other_id), primary=True)  # type: ignore[arg-type]


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _owner(to: Numbered, row: Row) -> None:
    first, _, last = row["name"].partition(" ")
    number = to.number(row["owner_id"])
    to.account.owners.append({
        "id": str(number), "email": row["email"], "firstName": first, "lastName": last,
        "userId": 70_000 + int(number or 0), "archived": not row["is_active"],
        "createdAt": written(STAMP), "updatedAt": written(STAMP),
        "teams": [{"id": "1", "name": row["team"], "primary": True}] if row["team"] else [],
    })  # fmt: skip


def _company(to: Numbered, row: Row) -> None:
    to.create(
        "companies", row["account_id"], row, created=to.day(row["created_on"]), name=row["name"], domain=row["domain"],
        hs_parent_company_id=to.number(row["parent_id"]), hs_country_code=row["country"], industry=row["industry"],
        hubspot_owner_id=to.number(row["owner_id"]), vat_number=row["tax_id"], sales_region=row["region"],
        segment=row["segment"], erp_customer_no=row["erp_customer_ref"],
    )  # fmt: skip


def _contact(to: Numbered, row: Row) -> None:
    if row["merged_into_id"] is not None:
        winner = to.account.objects["contacts"][str(to.number(row["merged_into_id"]))]
        before = winner.properties.get("hs_merged_object_ids")
        winner.properties["hs_merged_object_ids"] = f"{before or ''};{to.number(row['contact_id'])}".lstrip(";")
        return
    first, _, last = (row["name"] or "").partition(" ")
    to.create(
        "contacts", row["contact_id"], row, created=to.day(row["created_on"]), firstname=first, lastname=last,
        email=row["email"], jobtitle=row["title"], hs_country_region_code=row["country"],
    )  # fmt: skip
    to.link("contacts", row["contact_id"], "companies", row["account_id"])


def _campaign(to: Numbered, row: Row) -> None:
    properties = {
        "hs_name": row["name"], "hs_start_date": as_text(row["started_on"]), "hs_end_date": as_text(row["ended_on"]),
        "channel": row["channel"],
    }  # fmt: skip
    number = str(to.number(row["campaign_id"]))
    to.account.campaigns.append(
        {"id": number, "properties": properties, "createdAt": written(STAMP), "updatedAt": written(STAMP)}
    )


def _lead(to: Numbered, row: Row) -> None:
    to.create(
        "leads", row["lead_id"], row, created=_utc(row["created_at"]), hs_lead_name=row["company"],
        hs_associated_company_name=row["company"], hubspot_owner_id=to.number(row["owner_id"]),
        lead_state=row["status"], lead_origin=row["lead_source"], country=row["country"],
        campaign=to.number(row["campaign_id"]), first_touch=_utc(row["first_touch_at"]),
        converted_on=row["converted_on"],
    )  # fmt: skip
    to.link("leads", row["lead_id"], "companies", row["account_id"])
    to.link("leads", row["lead_id"], "deals", row["deal_id"])


def _stage(to: Numbered, pipeline: str, stage: str, probability: Any) -> str:
    stage_id = f"{pipeline}-{stage}".lower().replace(" ", "")
    closed = "true" if stage.startswith("Closed") else "false"
    to.account.add_stage("deals", pipeline, stage_id, stage, isClosed=closed, probability=str(probability))
    return stage_id


def _deal(to: Numbered, row: Row) -> None:
    to.create(
        "deals", row["deal_id"], row, created=to.day(row["created_on"]), dealname=row["name"],
        pipeline=row["pipeline"].lower(), dealstage=_stage(to, row["pipeline"], row["stage"], row["probability_ratio"]),
        amount=row["amount_doc"], deal_currency_code=row["currency"],
        hs_deal_stage_probability=row["probability_ratio"],
        dealtype=DEAL_TYPES.get(row["deal_type"], row["deal_type"]), hs_analytics_source=row["lead_source"],
        closedate=to.day(row["closed_on"]), closed_lost_reason=row["lost_reason"], hs_next_step=row["next_step"],
        hubspot_owner_id=to.number(row["owner_id"]), legal_entity=row["entity_id"],
        campaign=to.number(row["campaign_id"]), merged_into=to.number(row["merged_into_id"]),
    )  # fmt: skip
    to.account.objects["deals"][str(to.number(row["deal_id"]))].history.clear()
    to.link("deals", row["deal_id"], "companies", row["account_id"])


def _split(to: Numbered, row: Row) -> None:
    splits = to.account.splits = to.account.splits or {}
    shares = splits.setdefault(str(to.number(row["deal_id"])), [])
    shares.append((str(to.number(row["owner_id"])), str(row["share_ratio"])))


def _history(to: Numbered, row: Row) -> None:
    deal = to.account.objects["deals"][str(to.number(row["deal_id"]))]
    pipeline = next(one["label"] for one in to.account.pipelines["deals"] if one["id"] == deal.properties["pipeline"])
    by = 70_000 + int(to.number(row["changed_by_id"]) or 0)
    values = {
        "dealstage": _stage(to, pipeline, row["stage"], row["probability_ratio"]), "amount": as_text(row["amount_doc"]),
        "hs_deal_stage_probability": as_text(row["probability_ratio"]),
        "closedate": as_text(to.day(row["expected_close_on"])),
    }  # fmt: skip
    for name, value in values.items():
        versions = deal.history.setdefault(name, [])
        if not versions or versions[0]["value"] != (value or ""):
            at = written(row["changed_at"].replace(tzinfo=UTC))
            versions.insert(0, {"value": value or "", "timestamp": at, "sourceType": "CRM_UI", "updatedByUserId": by})


def _line_item(to: Numbered, row: Row) -> None:
    to.create(
        "line_items", row["deal_line_id"], row, hs_sku=row["item_ref"], quantity=row["quantity"],
        price=row["list_price_doc"], discount=row["list_price_doc"] - row["net_price_doc"],
        hs_term_in_months=row["term_months"],
    )  # fmt: skip
    to.link("line_items", row["deal_line_id"], "deals", row["deal_id"])


def _ticket(to: Numbered, row: Row) -> None:
    to.account.add_stage("tickets", "Support", "4", "Closed", ticketState="CLOSED")
    to.account.add_stage("tickets", "Support", "1", "New", ticketState="OPEN")
    to.create(
        "tickets", row["ticket_id"], row, created=_utc(row["opened_at"]), hs_pipeline="support",
        hs_pipeline_stage="4" if row["status"] == "solved" else "1", hs_ticket_priority=row["priority"],
        first_agent_reply_date=_utc(row["first_reply_at"]), closed_date=_utc(row["solved_at"]),
        hs_time_to_close_sla_at=_utc(row["sla_due_at"]), handling_minutes=row["handling_minutes"],
    )  # fmt: skip
    to.link("tickets", row["ticket_id"], "companies", row["account_id"])


def _activity(to: Numbered, row: Row) -> None:
    at, minutes, direction = _utc(row["happened_at"]), row["duration_minutes"], row["direction"]
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "call": ("calls", {
            "hs_timestamp": at, "hs_call_duration": None if minutes is None else minutes * 60_000,
            "hs_call_direction": direction and direction.upper(),
        }),
        "meeting": ("meetings", {
            "hs_timestamp": at, "hs_meeting_start_time": at, "direction": direction, "hs_meeting_outcome": "COMPLETED",
            "hs_meeting_end_time": None if minutes is None or at is None else at + timedelta(minutes=minutes),
        }),
        "email": ("emails", {
            "hs_timestamp": at, "hs_email_direction": {"inbound": "INCOMING_EMAIL", "outbound": "EMAIL"}.get(direction),
        }),
        "task": ("tasks", {
            "hs_timestamp": at, "hs_task_completion_date": at, "hs_task_status": "COMPLETED", "direction": direction,
        }),
    }  # fmt: skip
    name, properties = kinds[row["activity_type"]]
    to.create(name, row["activity_id"], row, hubspot_owner_id=to.number(row["owner_id"]), **properties)
    for other, other_id in (("companies", "account_id"), ("deals", "deal_id"), ("leads", "lead_id")):
        to.link(name, row["activity_id"], other, row[other_id])


def _quote(to: Numbered, row: Row) -> None:
    status = {"accepted": "APPROVED", "rejected": "REJECTED", "sent": "APPROVED", "draft": "DRAFT"}[row["status"]]
    to.create(
        "quotes", row["quote_id"], row, hs_status=status, version=row["version"], quoted_on=row["quoted_on"],
        hs_payment_status="PAID" if row["status"] == "accepted" else "PENDING", hs_quote_amount=row["amount_doc"],
        hs_currency=row["currency"], hs_expiration_date=to.day(row["valid_until_on"]),
    )  # fmt: skip
    to.link("quotes", row["quote_id"], "deals", row["deal_id"])


_FILLERS: dict[str, Callable[[Numbered, Row], None]] = {
    "owner": _owner,
    "account": _company,
    "contact": _contact,
    "campaign": _campaign,
    "lead": _lead,
    "deal": _deal,
    "deal_split": _split,
    "deal_stage_history": _history,
    "deal_line": _line_item,
    "ticket": _ticket,
    "activity": _activity,
    "quote": _quote,
}
ENTITIES = tuple(_FILLERS)
