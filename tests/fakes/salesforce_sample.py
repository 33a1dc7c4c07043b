"""The sample company's CRM as a Salesforce org: canonical rows turned back into records, with the org's own fields.

The org's own fields are mapped by MAPPING, as a company would do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fakes.salesforce import FakeSalesforce, Record, written
from pipelines.sources.systems import system_objects

Row = Mapping[str, Any]
STAMP = datetime(2026, 6, 1, tzinfo=UTC)

MAPPING = """
objects:
  User: {team: Team__c, region: Sales_Region__c}
  Account:
    tax_id: VAT_Number__c
    region: {column: Sales_Region__c, values: {NORTH: North, EAST: East, CENTRAL: Central, WEST: West}}
    segment: Segment__c
    erp_customer_ref: ERP_Customer_No__c
  Lead: {campaign_id: Campaign__c, first_touch_at: First_Touch__c}
  Opportunity:
    deal_type: {column: Type, values: {New Customer: new_business, Upgrade: expansion, Renewal: renewal}}
    entity_id: Legal_Entity__c
    pipeline: Pipeline__c
    lost_reason: Loss_Reason__c
    merged_into_id: Merged_Into__c
  OpportunityLineItem: {term_months: Term_Months__c}
  Case: {first_reply_at: First_Response__c, handling_minutes: Handling_Minutes__c}
  Task: {direction: Direction__c}
  Event: {direction: Direction__c}
  Quote: {version: Version__c, quoted_on: QuoteDate__c}
"""
OWN_FIELDS = {
    "User": ["Team__c", "Sales_Region__c"],
    "Account": ["VAT_Number__c", "Sales_Region__c", "Segment__c", "ERP_Customer_No__c", "Shoe_Size__c"],
    "Lead": ["Campaign__c", "First_Touch__c"],
    "Opportunity": ["Type", "Legal_Entity__c", "Pipeline__c", "Loss_Reason__c", "Merged_Into__c"],
    "OpportunityLineItem": ["Term_Months__c"],
    "Case": ["First_Response__c", "Handling_Minutes__c"],
    "Task": ["Direction__c"],
    "Event": ["Direction__c"],
    "Quote": ["Version__c", "QuoteDate__c"],
}
REVENUE_SPLIT, OVERLAY_SPLIT = "149000000000001AAA", "149000000000002AAA"
TYPES = {"new_business": "New Customer", "expansion": "Upgrade", "renewal": "Renewal", None: None}


def empty_org(**settings: Any) -> FakeSalesforce:
    """An org with every object and field, and no record."""
    org = FakeSalesforce(**settings)
    for one in system_objects("salesforce"):
        listed = [*one.fields, *OWN_FIELDS.get(one.name, []), "IsDeleted"]
        org.fields[one.name] = list(dict.fromkeys(listed))
    return org


def fill(org: FakeSalesforce, entity: str, rows: Iterable[Row]) -> None:
    """Put canonical rows of one entity into the org. Ids are given without the source's name."""
    if entity == "deal_split":
        for kind, is_validated in ((REVENUE_SPLIT, True), (OVERLAY_SPLIT, False)):
            stamp = written(STAMP)
            org.create("OpportunitySplitType", Id=kind, IsTotalValidated=is_validated, SystemModstamp=stamp)
    for row in rows:
        name, record = RECORDS[entity](row)
        org.create(name, **{"SystemModstamp": written(row.get("updated_at") or STAMP), **_plain(record)})


def _plain(record: Record) -> Record:
    plain: Record = {}
    for name, value in record.items():
        if isinstance(value, datetime):
            plain[name] = written(value)
        elif isinstance(value, date):
            plain[name] = value.isoformat()
        else:
            plain[name] = value
    return plain


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


def _user(row: Row) -> tuple[str, Record]:
    return "User", {
        "Id": row["owner_id"], "Name": row["name"], "Email": row["email"], "ManagerId": row["manager_id"],
        "IsActive": row["is_active"], "Team__c": row["team"], "Sales_Region__c": row["region"],
    }  # fmt: skip


def _account(row: Row) -> tuple[str, Record]:
    return "Account", {
        "Id": row["account_id"], "Name": row["name"], "ParentId": row["parent_id"], "Website": row["domain"],
        "BillingCountryCode": row["country"], "Industry": row["industry"], "OwnerId": row["owner_id"],
        "CreatedDate": _midnight(row["created_on"]), "VAT_Number__c": row["tax_id"],
        "Sales_Region__c": row["region"] and row["region"].upper(), "Segment__c": row["segment"],
        "ERP_Customer_No__c": row["erp_customer_ref"],
    }  # fmt: skip


def _contact(row: Row) -> tuple[str, Record]:
    return "Contact", {
        "Id": row["contact_id"], "AccountId": row["account_id"], "Name": row["name"], "Email": row["email"],
        "Title": row["title"], "MailingCountryCode": row["country"], "MasterRecordId": row["merged_into_id"],
        "IsDeleted": row["merged_into_id"] is not None, "CreatedDate": _midnight(row["created_on"]),
    }  # fmt: skip


def _campaign(row: Row) -> tuple[str, Record]:
    return "Campaign", {
        "Id": row["campaign_id"], "Name": row["name"], "Type": row["channel"], "StartDate": row["started_on"],
        "EndDate": row["ended_on"],
    }  # fmt: skip


def _lead(row: Row) -> tuple[str, Record]:
    return "Lead", {
        "Id": row["lead_id"], "Company": row["company"], "LeadSource": row["lead_source"],
        "Campaign__c": row["campaign_id"], "Status": row["status"], "OwnerId": row["owner_id"],
        "CountryCode": row["country"], "CreatedDate": row["created_at"], "First_Touch__c": row["first_touch_at"],
        "ConvertedDate": row["converted_on"], "ConvertedAccountId": row["account_id"],
        "ConvertedOpportunityId": row["deal_id"],
    }  # fmt: skip


def _opportunity(row: Row) -> tuple[str, Record]:
    return "Opportunity", {
        "Id": row["deal_id"], "AccountId": row["account_id"], "OwnerId": row["owner_id"],
        "Legal_Entity__c": row["entity_id"], "Name": row["name"], "Pipeline__c": row["pipeline"],
        "StageName": row["stage"], "Amount": row["amount_doc"], "CurrencyIsoCode": row["currency"],
        "Probability": _hundredfold(row["probability_ratio"]), "Type": TYPES[row["deal_type"]],
        "LeadSource": row["lead_source"], "CampaignId": row["campaign_id"],
        "CreatedDate": _midnight(row["created_on"]), "CloseDate": row["closed_on"], "IsWon": row["is_won"],
        "IsClosed": row["is_closed"], "Loss_Reason__c": row["lost_reason"], "NextStep": row["next_step"],
        "Merged_Into__c": row["merged_into_id"],
    }  # fmt: skip


def _line_item(row: Row) -> tuple[str, Record]:
    return "OpportunityLineItem", {
        "Id": row["deal_line_id"], "OpportunityId": row["deal_id"], "ProductCode": row["item_ref"],
        "Quantity": row["quantity"], "ListPrice": row["list_price_doc"], "UnitPrice": row["net_price_doc"],
        "Term_Months__c": row["term_months"],
    }  # fmt: skip


def _split(row: Row) -> tuple[str, Record]:
    return "OpportunitySplit", {
        "Id": f"1CT{row['deal_id'][-9:]}{row['owner_id'][-6:]}", "OpportunityId": row["deal_id"],
        "SplitOwnerId": row["owner_id"], "SplitTypeId": REVENUE_SPLIT,
        "SplitPercentage": _hundredfold(row["share_ratio"]),
    }  # fmt: skip


def _history(row: Row) -> tuple[str, Record]:
    return "OpportunityHistory", {
        "Id": row["deal_stage_history_id"], "OpportunityId": row["deal_id"], "CreatedDate": row["changed_at"],
        "StageName": row["stage"], "Amount": row["amount_doc"], "Probability": _hundredfold(row["probability_ratio"]),
        "CloseDate": row["expected_close_on"], "CreatedById": row["changed_by_id"],
    }  # fmt: skip


def _case(row: Row) -> tuple[str, Record]:
    return "Case", {
        "Id": row["ticket_id"], "AccountId": row["account_id"], "Priority": row["priority"],
        "IsClosed": row["status"] == "solved", "CreatedDate": row["opened_at"],
        "First_Response__c": row["first_reply_at"],
        "ClosedDate": row["solved_at"], "SlaExitDate": row["sla_due_at"],
        "Handling_Minutes__c": row["handling_minutes"],
    }  # fmt: skip


def _activity(row: Row) -> tuple[str, Record]:
    shared = {
        "Id": row["activity_id"], "OwnerId": row["owner_id"], "AccountId": row["account_id"], "WhatId": row["deal_id"],
        "WhoId": row["lead_id"], "Direction__c": row["direction"],
    }  # fmt: skip
    if row["activity_type"] == "meeting":
        return "Event", {**shared, "ActivityDateTime": row["happened_at"], "DurationInMinutes": row["duration_minutes"]}
    minutes = row["duration_minutes"]
    return "Task", {
        **shared, "TaskSubtype": row["activity_type"].capitalize(), "CompletedDateTime": row["happened_at"],
        "CallDurationInSeconds": None if minutes is None else minutes * 60,
    }  # fmt: skip


def _quote(row: Row) -> tuple[str, Record]:
    names = {"accepted": "Accepted", "rejected": "Denied", "sent": "Presented", "draft": "Draft"}
    return "Quote", {
        "Id": row["quote_id"], "OpportunityId": row["deal_id"], "Version__c": row["version"],
        "Status": names[row["status"]], "QuoteDate__c": row["quoted_on"], "ExpirationDate": row["valid_until_on"],
        "TotalPrice": row["amount_doc"], "CurrencyIsoCode": row["currency"],
    }  # fmt: skip


def _quota(row: Row) -> tuple[str, Record]:
    return "ForecastingQuota", {
        "Id": f"0J9{row['owner_id'][3:]}{row['period_on']:%Y%m}", "QuotaOwnerId": row["owner_id"],
        "StartDate": row["period_on"], "QuotaAmount": row["amount_doc"], "CurrencyIsoCode": row["currency"],
    }  # fmt: skip


def _hundredfold(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else ratio * 100


RECORDS: dict[str, Callable[[Row], tuple[str, Record]]] = {
    "owner": _user,
    "account": _account,
    "contact": _contact,
    "campaign": _campaign,
    "lead": _lead,
    "deal": _opportunity,
    "deal_line": _line_item,
    "deal_split": _split,
    "deal_stage_history": _history,
    "ticket": _case,
    "activity": _activity,
    "quote": _quote,
    "quota": _quota,
}
