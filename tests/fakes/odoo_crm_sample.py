"""The sample company's CRM as an Odoo database: canonical rows turned back into records, with the company's own fields.

Odoo keeps a lead and the opportunity that it became as one record, deletes what was merged into another, and knows only
such activities as belong to a lead or opportunity: what it cannot hold is not filled in. `ids` says which number a
canonical row has got.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fakes.odoo import FakeOdoo
from fakes.odoo_documents import COMPANIES, CURRENCIES, Row

STAMP = datetime(2026, 6, 1, tzinfo=UTC)
MAPPING = """
objects:
  res.company:
    entity_id: {column: id, values: {"1": FI01, "2": SE01, "3": GB01}}
  res.users: {manager_id: x_manager, region: x_region}
  res.partner: {region: x_region, segment: x_segment, erp_customer_ref: x_erp_number}
  utm.campaign: {channel: x_channel, started_on: x_first_day, ended_on: x_last_day}
  crm.lead:
    currency: x_currency
    deal_type: x_deal_type
    next_step: x_next_step
    lead_status: x_lead_status
    first_touch_at: x_first_touch
  calendar.event: {direction: x_direction}
  sale.order: {version: x_version}
"""
_OWN = {
    "res.users": {"x_manager": "many2one", "x_region": "char"},
    "res.partner": dict.fromkeys(("x_region", "x_segment", "x_erp_number"), "char"),
    "utm.campaign": {"x_channel": "char", "x_first_day": "date", "x_last_day": "date"},
    "crm.lead": {
        **dict.fromkeys(("x_currency", "x_deal_type", "x_next_step", "x_lead_status"), "char"),
        "x_first_touch": "datetime",
    },
    "calendar.event": {"x_direction": "char"},
    "sale.order": {"x_version": "integer"},
}
WON, LOST = "Closed Won", "Closed Lost"
_TRACKED = ("stage_id", "expected_revenue", "probability", "date_deadline", "active")
_QUOTE_STATES = {"accepted": "sale", "rejected": "cancel", "sent": "sent", "draft": "draft"}


def empty_crm(**settings: Any) -> FakeOdoo:
    """A database with every model and field, and nothing in it."""
    fake = FakeOdoo(**settings)
    for model, types in _OWN.items():
        fake.fields[model] |= types
    return fake


@dataclass
class SampleCrm:
    """Fills a database. `ids`: the number in Odoo, by canonical entity and the id in files."""

    fake: FakeOdoo
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _named: dict[tuple[str, str], int] = field(default_factory=dict)

    def fill(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Canonical rows by entity, ids without the source's name."""
        for code, number in CURRENCIES.items():
            self._save("res.currency", id=number, name=code)
        for code, (number, currency) in COMPANIES.items():
            self._save("res.company", id=number, name=code, currency_id=CURRENCIES[currency])
        for name in (*_TRACKED, "priority"):
            self._named[("ir.model.fields", name)] = self._save("ir.model.fields", name=name, model="crm.lead")
        # A field of the same name elsewhere, and what was said there, are not the CRM's.
        self._save("ir.model.fields", name="active", model="res.partner")
        self._save("mail.message", model="res.partner", res_id=1, message_type="comment", date=STAMP)
        self._masters(rows)
        leads = {row["deal_id"]: row for row in rows["lead"] if row["deal_id"] is not None}
        history: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(
            rows["deal_stage_history"], key=lambda row: (row["changed_at"], row["deal_stage_history_id"])
        ):
            history[row["deal_id"]].append(row)
        for row in rows["deal"]:
            if row["merged_into_id"] is None:
                self._deal(row, leads.get(row["deal_id"]), history[row["deal_id"]])
        for row in rows["lead"]:
            if row["deal_id"] is None:
                self._lead(row)
        for row in rows["activity"]:
            self._activity(row)
        for row in rows["quote"]:
            if ("deal", row["deal_id"]) in self.ids:
                self.ids[("quote", row["quote_id"])] = self._save(
                    "sale.order", name=row["quote_id"], opportunity_id=self.ids[("deal", row["deal_id"])],
                    state=_QUOTE_STATES[row["status"]], x_version=row["version"], date_order=midnight(row["quoted_on"]),
                    validity_date=row["valid_until_on"], amount_untaxed=row["amount_doc"],
                    currency_id=CURRENCIES[row["currency"]], company_id=1, partner_id=1,
                )  # fmt: skip

    def _save(self, model: str, /, **values: Any) -> int:
        number = values.pop("id", None)
        if number is None:
            self._last[model] += 1
            number = self._last[model]
        self.fake.save(model, number, **{"write_date": STAMP, "create_date": STAMP, **values})
        return int(number)

    def _id(self, entity: str, key: str | None) -> int | None:
        return None if key is None else self.ids[(entity, key)]

    def _name(self, model: str, name: str | None, /, **values: Any) -> int | None:
        """The record that is called so, made where it is not there."""
        if name is None:
            return None
        if (model, name) not in self._named:
            about = {"name": name, **values}
            self._named[(model, name)] = self._save(
                model, **{key: one for key, one in about.items() if one is not None}
            )
        return self._named[(model, name)]

    def _country(self, code: str | None) -> int | None:
        return self._name("res.country", code, name=None, code=code) if code else None

    # -- masters ---------------------------------------------------------------------------------------------------

    def _masters(self, rows: Mapping[str, Iterable[Row]]) -> None:
        for place, row in enumerate(rows["owner"], 1):
            self.ids[("owner", row["owner_id"])] = place
        for row in rows["owner"]:
            self._save(
                "res.users", id=self.ids[("owner", row["owner_id"])], name=row["name"], email=row["email"],
                login=row["email"], sale_team_id=self._name("crm.team", row["team"]), active=row["is_active"],
                share=False, x_manager=self._id("owner", row["manager_id"]), x_region=row["region"],
            )  # fmt: skip
        self._save("res.users", id=9000, name="A customer's buyer", login="buyer@customer.example", share=True)
        for place, row in enumerate(rows["account"], 1):
            self.ids[("account", row["account_id"])] = place
        self._last["res.partner"] = len(self.ids)
        for row in rows["account"]:
            number = self.ids[("account", row["account_id"])]
            self._save(
                "res.partner", id=number, commercial_partner_id=number, name=row["name"], is_company=True, active=True,
                parent_id=self._id("account", row["parent_id"]), website=row["domain"], vat=row["tax_id"],
                country_id=self._country(row["country"]), user_id=self._id("owner", row["owner_id"]),
                industry_id=self._name("res.partner.industry", row["industry"]), x_region=row["region"],
                x_segment=row["segment"], x_erp_number=row["erp_customer_ref"],
                create_date=midnight(row["created_on"]), write_date=row["updated_at"] or STAMP,
            )  # fmt: skip
            self._save(
                "res.partner", commercial_partner_id=number, parent_id=number, type="invoice", name="Invoices",
                active=True,
            )  # fmt: skip
        for row in rows["contact"]:
            if row["merged_into_id"] is None and row["account_id"] is not None:
                self.ids[("contact", row["contact_id"])] = self._save(
                    "res.partner", commercial_partner_id=self.ids[("account", row["account_id"])], type="contact",
                    parent_id=self.ids[("account", row["account_id"])], name=row["name"], email=row["email"],
                    function=row["title"], country_id=self._country(row["country"]), active=True,
                    create_date=midnight(row["created_on"]),
                )  # fmt: skip
        for row in rows["campaign"]:
            self.ids[("campaign", row["campaign_id"])] = self._save(
                "utm.campaign", name=row["name"], x_channel=row["channel"], x_first_day=row["started_on"],
                x_last_day=row["ended_on"],
            )  # fmt: skip

    # -- leads and opportunities -----------------------------------------------------------------------------------

    def _lead(self, row: Row, **values: Any) -> None:
        self.ids[("lead", row["lead_id"])] = self._save(
            "crm.lead", name=row["company"] or "A lead", type="lead", active=True, partner_name=row["company"],
            source_id=self._name("utm.source", row["lead_source"]), stage_id=self._stage("New"), probability=Decimal(5),
            campaign_id=self._id("campaign", row["campaign_id"]), user_id=self._id("owner", row["owner_id"]),
            country_id=self._country(row["country"]), create_date=utc(row["created_at"]),
            x_lead_status=row["status"], x_first_touch=utc(row["first_touch_at"]), **values,
        )  # fmt: skip

    def _deal(self, row: Row, lead: Row | None, history: list[Row]) -> None:
        states = [self._state(one) for one in history]
        is_lost = row["stage"] == LOST
        stage = next((one["stage_id"] for one in reversed(states) if one["stage_id"]), None)
        began = midnight(row["created_on"])
        if lead is not None and began is not None:
            began = max(began, lead["created_at"].replace(tzinfo=UTC))
        number = self._save(
            "crm.lead", name=row["name"], type="opportunity", active=not is_lost,
            partner_id=self._id("account", row["account_id"]), user_id=self._id("owner", row["owner_id"]),
            team_id=self._name("crm.team", row["pipeline"]),
            company_id=None if row["entity_id"] is None else COMPANIES[row["entity_id"]][0],
            stage_id=(stage or self._stage("New")) if is_lost else self._stage(row["stage"]),
            expected_revenue=row["amount_doc"], x_currency=row["currency"],
            probability=Decimal(100) if row["is_won"] else (row["probability_ratio"] or Decimal(0)) * 100,
            won_status="won" if row["is_won"] else "lost" if is_lost else "pending",
            date_deadline=None if row["is_closed"] else row["closed_on"],
            date_closed=midnight(row["closed_on"]) if row["is_closed"] else None,
            lost_reason_id=self._name("crm.lost.reason", row["lost_reason"]),
            source_id=self._name("utm.source", row["lead_source"]),
            campaign_id=self._id("campaign", row["campaign_id"]), x_deal_type=row["deal_type"],
            x_next_step=row["next_step"], create_date=utc(lead["created_at"]) if lead else began,
            date_conversion=began if lead else None, write_date=row["updated_at"] or STAMP,
            **({} if lead is None else {
                "partner_name": lead["company"], "country_id": self._country(lead["country"]),
                "x_lead_status": lead["status"], "x_first_touch": utc(lead["first_touch_at"]),
            }),
        )  # fmt: skip
        self.ids[("deal", row["deal_id"])] = number
        if lead is not None:
            self.ids[("lead", lead["lead_id"])] = number
        for before, after, one in zip(states, states[1:], history[1:], strict=False):
            self._log_changes(number, before, after, one)

    def _stage(self, name: str) -> int:
        return int(self._name("crm.stage", name, is_won=name == WON) or 0)

    def _state(self, row: Row) -> dict[str, Any]:
        """What the log tracks of a deal as it was after a change. A lost deal's stage stays what it was."""
        is_lost = row["stage"] == LOST
        return {
            "stage_id": None if is_lost else self._stage(row["stage"]),
            "expected_revenue": row["amount_doc"], "probability": (row["probability_ratio"] or Decimal(0)) * 100,
            "date_deadline": row["expected_close_on"], "active": not is_lost,
        }  # fmt: skip

    def _log_changes(self, number: int, before: Mapping[str, Any], after: Mapping[str, Any], row: Row) -> None:
        moved = [name for name in _TRACKED if before[name] != after[name] and after[name] is not None]
        if not moved:
            return
        message = self._save(
            "mail.message", model="crm.lead", res_id=number, date=utc(row["changed_at"]), message_type="notification",
            create_uid=self._id("owner", row["changed_by_id"]),
        )  # fmt: skip
        for name in moved:
            kind, old, new = "integer", before[name], after[name]
            if name in ("expected_revenue", "probability"):
                kind = "float"
            elif name == "date_deadline":
                kind, old, new = "datetime", midnight(old), midnight(new)
            elif name == "active":
                old, new = int(old), int(new)
            self._save(
                "mail.tracking.value", mail_message_id=message, field_id=self._named[("ir.model.fields", name)],
                **{f"old_value_{kind}": None if old is None else old, f"new_value_{kind}": new},
            )  # fmt: skip

    def _activity(self, row: Row) -> None:
        key = ("deal", row["deal_id"]) if row["deal_id"] is not None else ("lead", row["lead_id"])
        if key not in self.ids:
            return
        at, user = utc(row["happened_at"]), self._id("owner", row["owner_id"])
        if row["activity_type"] == "meeting":
            minutes = row["duration_minutes"]
            self.ids[("activity", row["activity_id"])] = self._save(
                "calendar.event", start=at, duration=None if minutes is None else Decimal(minutes) / 60, user_id=user,
                opportunity_id=self.ids[key], active=True, x_direction=row["direction"],
            )  # fmt: skip
            return
        about: dict[str, Any] = {"message_type": "notification"}
        if row["activity_type"] == "email":
            is_in = row["direction"] == "inbound"
            about = {"message_type": "email" if is_in else "comment", "subtype_id": self._subtype("Discussions", False)}
        else:
            category = "phonecall" if row["activity_type"] == "call" else "default"
            about["mail_activity_type_id"] = self._name("mail.activity.type", category, name=None, category=category)
            about["subtype_id"] = self._subtype("Activities", True)
        self.ids[("activity", row["activity_id"])] = self._save(
            "mail.message", model="crm.lead", res_id=self.ids[key], date=at, create_uid=user, **about
        )

    def _subtype(self, name: str, is_internal: bool) -> int | None:
        return self._name("mail.message.subtype", name, name=None, internal=is_internal)


def midnight(day: date | None) -> datetime | None:
    """A day as a moment of Odoo."""
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


def utc(moment: datetime | None) -> datetime | None:
    """A moment of a canonical row with its zone."""
    return None if moment is None else moment.replace(tzinfo=UTC)
