"""The CRM's weekly export: one file per object, with the headers such a system has.

Belongs here: which column of which file says what. Does not: what happened (accounts.py, funnel.py, crm.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import CAMPAIGN_CHANNELS
from pipelines.sample.columns import (
    codes,
    counts,
    crm_ids,
    currencies,
    days,
    entities,
    flags,
    integers,
    money,
    numbers,
    thousandths,
    times,
)
from pipelines.sample.crm import ACTIVITY_TYPES, PRIORITIES
from pipelines.sample.files import AD_PLATFORM, AMERICAN, BRITISH, PLAIN, TABBED, WITH_BOM, Dialect, FileWriter
from pipelines.sample.funnel import DEAL_TYPES, LOST_REASONS
from pipelines.sample.leads import LEAD_SOURCES, STAGE_PERCENT, STAGES, WON
from pipelines.sample.marketing import PLANS
from pipelines.sample.names import slugs
from pipelines.sample.world import World

REGION_CODES = tuple(region.upper() for region in c.REGIONS)
SEGMENT_CODES = ("ENT", "MID", "SMB")
LEAD_STATUS = ("Closed - Converted", "Open - Not Contacted", "Working - Contacted", "Closed - Not Converted")
QUOTE_STATUS = ("Accepted", "Denied", "Presented")
CASE_STATUS = ("Closed", "Working", "New")
COMMISSION_BASES = ("Bookings", "Invoiced Margin", "Cash Collected")
NEXT_STEPS = ("Call back", "Send proposal", "Site visit", "Legal review", "Waiting for budget")


def crm_tables(world: World) -> dict[str, tuple[pl.DataFrame, Dialect]]:
    """File name (without the date of the extract) -> table and dialect."""
    return {
        "User": (_users(world), PLAIN),
        "Account": (_accounts(world), WITH_BOM),
        "Contact": (_contacts(world), AMERICAN),
        "Campaign": (_campaigns(world), PLAIN),
        "CampaignSpend": (_spend(world), AD_PLATFORM),
        "CampaignMember": (_touches(world), AMERICAN),
        "Lead": (_leads(world), AMERICAN),
        "Opportunity": (_deals(world), PLAIN),
        "OpportunityLineItem": (_deal_lines(world), PLAIN),
        "OpportunitySplit": (_deal_splits(world), PLAIN),
        "OpportunityHistory": (_history(world), PLAIN),
        "Quote": (_quotes(world), BRITISH),
        "Activity": (_activities(world), PLAIN),
        "Case": (_tickets(world), TABBED),
    }


def write_crm(world: World, writer: FileWriter) -> dict[str, int]:
    """All files of the CRM; gives rows by file name."""
    rows: dict[str, int] = {}
    stamp = writer.on.strftime("%Y%m%d")
    for name, (table, dialect) in crm_tables(world).items():
        suffix = "tsv" if dialect.delimiter == "\t" else "csv"
        rows[writer.csv(f"{name}_{stamp}.{suffix}", table, dialect).name] = table.height
    quotas = world.crm.quotas
    book = pl.DataFrame(
        {
            "User ID": crm_ids("005", quotas["owner"]),
            "User": world.crm.owners.name.gather(quotas["owner"].to_numpy()),
            "Quota Month": days(_first_days(quotas["month"])),
            "Quota Amount": quotas["cents"] // 100,
            "Currency": currencies(np.full(quotas.height, c.EUR)).cast(pl.String),
        }
    )
    rows[writer.workbook(f"Quotas_{stamp}.xlsx", {"Quotas": book}).name] = book.height
    plans = _commission_plans(world)
    rows[writer.workbook(f"CommissionPlans_{stamp}.xlsx", {"Plans": plans}).name] = plans.height
    return rows


def _first_days(months: pl.Series) -> np.ndarray:
    return months.to_numpy().astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _users(world: World) -> pl.DataFrame:
    owners = world.crm.owners
    index = np.arange(len(owners.region))
    return pl.DataFrame(
        {
            "Id": crm_ids("005", index),
            "Name": owners.name,
            "Email": slugs(owners.name).str.replace_all("-", ".", literal=True) + "@aurelle.example",
            "ManagerId": crm_ids("005", owners.manager),
            "Team__c": pl.Series(owners.team),
            "Sales_Region__c": codes(owners.region, REGION_CODES),
            "IsActive": flags(owners.active),
            "Profile": pl.Series(["Standard User"] * len(index)),
        }
    )


def _accounts(world: World) -> pl.DataFrame:
    accounts, customers = world.crm.accounts, world.masters.customers
    created = np.minimum(accounts.created, world.masters.window.last)
    changed = np.minimum(created + 40 + 11 * (np.arange(accounts.size) % 60), world.masters.window.last)
    return pl.DataFrame(
        {
            "Id": crm_ids("001", np.arange(accounts.size)),
            "Name": accounts.name,
            "Type": codes((accounts.party < 0).astype(np.int64), ("Customer", "Prospect")),
            "ParentId": crm_ids("001", accounts.parent),
            "Website": accounts.domain,
            "VAT_Number__c": accounts.tax_id,
            "BillingCountryCode": codes(accounts.country, c.COUNTRY_CODES),
            "Sales_Region__c": codes(np.array([place.region for place in c.COUNTRIES])[accounts.country], REGION_CODES),
            "Industry": codes(accounts.industry, c.INDUSTRIES),
            "Segment__c": codes(accounts.segment, SEGMENT_CODES),
            "OwnerId": crm_ids("005", accounts.owner),
            "ERP_Customer_No__c": numbers(accounts.customer, customers.number),
            "CreatedDate": days(created),
            "SystemModstamp": times(changed * 86_400 + 40_000),
        }
    ).with_columns(pl.col("Website", "VAT_Number__c").replace("", None))


def _contacts(world: World) -> pl.DataFrame:
    contacts = world.crm.contacts
    return pl.DataFrame(
        {
            "Id": crm_ids("003", contacts["contact"]),
            "AccountId": crm_ids("001", contacts["account"]),
            "Name": contacts["name"],
            "Email": contacts["email"],
            "Title": contacts["title"],
            "MailingCountryCode": codes(contacts["country"], c.COUNTRY_CODES),
            "MasterRecordId": crm_ids("003", contacts["merged"]),
            "CreatedDate": days(contacts["created"]),
            "HasOptedOutOfEmail": flags(integers(contacts["contact"]) % 23 == 0),
        }
    )


def _campaigns(world: World) -> pl.DataFrame:
    campaigns = world.crm.campaigns
    return pl.DataFrame(
        {
            "Id": crm_ids("701", campaigns["campaign"]),
            "Name": campaigns["name"],
            "Type": codes(campaigns["channel"], CAMPAIGN_CHANNELS),
            "StartDate": days(campaigns["start"]),
            "EndDate": days(campaigns["end"]),
            "Status": codes(
                (integers(campaigns["end"]) > world.masters.window.last).astype(np.int64), ("Completed", "In Progress")
            ),
        }
    )


def _spend(world: World) -> pl.DataFrame:
    spend = world.crm.spend
    return pl.DataFrame(
        {
            "Campaign ID": crm_ids("701", spend["campaign"]),
            "Day": days(spend["day"]),
            "Cost": money(spend["cents"]),
            "Currency code": currencies(np.full(spend.height, c.EUR)),
            "Clicks": counts(spend["clicks"]),
            "Impr.": counts(spend["impressions"]),
        }
    )


def _touches(world: World) -> pl.DataFrame:
    touches = world.crm.touches
    return pl.DataFrame(
        {
            "Id": crm_ids("00v", touches["touch"]),
            "CampaignId": crm_ids("701", touches["campaign"]),
            "AccountId": crm_ids("001", touches["account"]),
            "ContactId": crm_ids("003", touches["contact"]),
            "LeadId": crm_ids("00Q", touches["lead"]),
            "FirstRespondedDate": times(touches["at"]),
            "Status": codes((integers(touches["lead"]) >= 0).astype(np.int64), ("Sent", "Responded")),
        }
    )


def _deal_splits(world: World) -> pl.DataFrame:
    splits = world.crm.deal_splits
    return pl.DataFrame(
        {
            "Id": crm_ids("1CT", splits["split"]),
            "OpportunityId": crm_ids("006", splits["deal"]),
            "SplitOwnerId": crm_ids("005", splits["owner"]),
            "SplitPercentage": splits["percent"],
        }
    )


def _commission_plans(world: World) -> pl.DataFrame:
    """One line per seller and tier, as sales management keeps them."""
    plans = world.crm.commission_plans
    return pl.DataFrame(
        {
            "Plan": pl.Series([PLANS[plan][0] for plan in plans["plan"].to_list()]),
            "User ID": crm_ids("005", plans["owner"]),
            "User": world.crm.owners.name.gather(plans["owner"].to_numpy()),
            "Paid On": codes(plans["base"], COMMISSION_BASES).cast(pl.String),
            "From % of Quota": plans["from_percent"],
            "Rate": thousandths(plans["rate"]).cast(pl.Float64),
            "Valid From": days(plans["from_day"]),
            "Claw-back Days": counts(np.where(plans["claw_back_days"].to_numpy() > 0, plans["claw_back_days"], -1)),
        }
    )


def _leads(world: World) -> pl.DataFrame:
    leads = world.crm.funnel.leads
    return pl.DataFrame(
        {
            "Id": crm_ids("00Q", leads["lead"]),
            "Company": leads["company"],
            "LeadSource": codes(leads["source"], LEAD_SOURCES),
            "Campaign__c": crm_ids("701", leads["campaign"]),
            "Status": codes(leads["status"], LEAD_STATUS),
            "OwnerId": crm_ids("005", leads["owner"]),
            "CountryCode": codes(leads["country"], c.COUNTRY_CODES),
            "CreatedDate": times(leads["at"]),
            "First_Touch__c": times(leads["touch"]),
            "ConvertedDate": days(leads["converted"]),
            "ConvertedAccountId": crm_ids("001", leads["account"]),
            "ConvertedOpportunityId": crm_ids("006", leads["deal"]),
            "IsConverted": flags(integers(leads["deal"]) >= 0),
        }
    )


def _deals(world: World) -> pl.DataFrame:
    deals = world.crm.funnel.deals
    stage = integers(deals["stage"])
    still = stage < WON
    name = world.crm.accounts.plain_name.gather(deals["account"].to_numpy())
    kind = pl.Series(np.array(("new", "extension", "renewal"))[integers(deals["type"])])
    return pl.DataFrame(
        {
            "Id": crm_ids("006", deals["deal"]),
            "AccountId": crm_ids("001", deals["account"]),
            "OwnerId": crm_ids("005", deals["owner"]),
            "Legal_Entity__c": entities(deals["entity"]),
            "Name": name + " - " + kind,
            "Pipeline__c": codes(integers(deals["type"]) // 2, ("Sales", "Renewals")),
            "StageName": codes(stage, STAGES),
            "Amount": money(deals["amount"]),
            "CurrencyIsoCode": currencies(deals["currency"]),
            "Probability": pl.Series(STAGE_PERCENT[stage]),
            "Type": codes(deals["type"], DEAL_TYPES),
            "LeadSource": codes(deals["source"], LEAD_SOURCES),
            "CampaignId": crm_ids("701", deals["campaign"]),
            "CreatedDate": days(deals["created"]),
            "CloseDate": days(deals["closed"]),
            "IsClosed": flags(~still),
            "IsWon": flags(stage == WON),
            "Loss_Reason__c": codes(deals["reason"].fill_null(-1), LOST_REASONS),
            "NextStep": codes(_next_step(integers(deals["deal"]), still), NEXT_STEPS),
            "MasterRecordId": crm_ids("006", deals["merged"]),
            "ForecastCategoryName": codes(
                np.clip(stage - 1, 0, 4), ("Pipeline", "Best Case", "Commit", "Closed", "Omitted")
            ),
            "SystemModstamp": times(
                np.minimum(integers(deals["updated"]), (world.masters.window.last + 1) * 86_400 - 1)
            ),
        }
    )


def _next_step(deal: np.ndarray, still: np.ndarray) -> np.ndarray:
    """What sales wrote down to do next on an open deal; on one in nine they wrote nothing."""
    return np.where(still & (deal % 9 != 4), deal % len(NEXT_STEPS), -1)


def _deal_lines(world: World) -> pl.DataFrame:
    lines, catalogue = world.crm.funnel.deal_lines, world.masters.catalogue
    item = integers(lines["item"])
    return pl.DataFrame(
        {
            "Id": crm_ids("00k", lines["line"]),
            "OpportunityId": crm_ids("006", lines["deal"]),
            "ProductCode": pl.Series(catalogue.number[item]),
            "Product Name": pl.Series(np.array(catalogue.name)[item]),
            "Quantity": money(lines["quantity"]),
            "ListPrice": money(lines["price"]),
            "UnitPrice": money(lines["net_price"]),
            "Term_Months__c": counts(lines["term"]),
        }
    )


def _history(world: World) -> pl.DataFrame:
    history = world.crm.funnel.history
    return pl.DataFrame(
        {
            "Id": crm_ids("008", history["row"]),
            "OpportunityId": crm_ids("006", history["deal"]),
            "CreatedDate": times(history["at"]),
            "CreatedById": crm_ids("005", history["by"]),
            "StageName": codes(history["stage"], STAGES),
            "Amount": money(history["amount"]),
            "Probability": history["percent"],
            "CloseDate": days(history["expected"]),
        }
    )


def _quotes(world: World) -> pl.DataFrame:
    quotes = world.crm.funnel.quotes
    return pl.DataFrame(
        {
            "Id": crm_ids("0Q0", quotes["quote"]),
            "OpportunityId": crm_ids("006", quotes["deal"]),
            "Version__c": quotes["version"],
            "Status": codes(quotes["status"], QUOTE_STATUS),
            "QuoteDate__c": days(quotes["day"]),
            "ExpirationDate": days(quotes["valid"]),
            "Subtotal": money(quotes["amount"]),
            "CurrencyIsoCode": currencies(quotes["currency"]),
        }
    )


def _activities(world: World) -> pl.DataFrame:
    rows = world.crm.activities
    return pl.DataFrame(
        {
            "Id": crm_ids("00T", rows["activity"]),
            "Type": codes(rows["kind"], ACTIVITY_TYPES),
            "OwnerId": crm_ids("005", rows["owner"]),
            "AccountId": crm_ids("001", rows["account"]),
            "WhatId": crm_ids("006", rows["deal"]),
            "WhoId": crm_ids("00Q", rows["lead"]),
            "ActivityDateTime": times(rows["at"]),
            "DurationInMinutes": counts(rows["minutes"]),
            "Direction__c": codes(rows["inbound"], ("Outbound", "Inbound")),
        }
    )


def _tickets(world: World) -> pl.DataFrame:
    tickets = world.crm.tickets
    return pl.DataFrame(
        {
            "Id": crm_ids("500", tickets["ticket"]),
            "AccountId": crm_ids("001", tickets["account"]),
            "Priority": codes(tickets["priority"], PRIORITIES),
            "Status": codes(tickets["status"], CASE_STATUS),
            "CreatedDate": times(tickets["opened"]),
            "First_Response__c": times(tickets["reply"]),
            "ClosedDate": times(tickets["solved"]),
            "SlaExitDate": times(tickets["promised"]),
            "Handling_Minutes__c": counts(tickets["minutes"]),
        }
    )
