"""The sample company's ERP as a NetSuite account: canonical rows turned back into transactions, lines and postings.

The company's own fields are mapped by MAPPING, as a company would do it. A journal and its document are one transaction
here, as they are there: `ids` says which id a canonical row has got.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from typing import Any

from fakes.netsuite import FakeNetsuite
from fakes.netsuite_documents import CURRENCIES, STAMP, SUBSIDIARIES, Row, SampleDocuments

REGIONS = {"North": 1, "East": 2, "Central": 3, "West": 4}
SEGMENTS = {"Enterprise": 1, "Mid-market": 2, "Small business": 3}

MAPPING = """
objects:
  subsidiary:
    entity_id: {column: id, values: {"1": FI01, "2": SE01, "3": GB01}}
  account: {account_type: custrecord_statement_line, control_of: custrecord_reconciliation}
  classification: {department_code: custrecord_department}
  customer:
    region: {column: territory, values: {"1": North, "2": East, "3": Central, "4": West}}
    segment: {column: category, values: {"1": Enterprise, "2": Mid-market, "3": Small business}}
    crm_account_ref: custentity_crm_account
  item:
    item_type: custitem_kind
    category: custitem_group
    unit_of_measure: custitem_unit
    standard_cost_local: custitem_standard_cost
    list_price_doc: custitem_list_price
    currency: {constant: EUR}
  transaction:
    channel: custbody_channel
    deal_ref: custbody_crm_opportunity
    promised_on: custbody_promised
    reason: custbody_reason
    document_type: custbody_posting_kind
    bank_account_id: custbody_house_bank
  transactionline:
    list_price_doc: custcol_list_price
    discount_ratio: custcol_discount
    tax_doc: custcol_tax
    cost_local: custcol_cost
    project_id: custcol_project
    line_type: custcol_kind
    credited_line_id: custcol_credited_line
    intercompany_entity_id: custcol_partner
"""
CUSTOM = {
    "classification": ["custrecord_department"],
    "account": ["custrecord_statement_line", "custrecord_reconciliation"],
    "customer": ["custentity_crm_account", "custentity_shoe_size"],
    "item": ["custitem_kind", "custitem_group", "custitem_unit", "custitem_standard_cost", "custitem_list_price"],
    "transaction": [
        "custbody_channel", "custbody_crm_opportunity", "custbody_promised", "custbody_reason", "custbody_posting_kind",
        "custbody_house_bank",
    ],
    "transactionline": [
        "custcol_list_price", "custcol_discount", "custcol_tax", "custcol_cost", "custcol_project", "custcol_kind",
        "custcol_credited_line", "custcol_partner",
    ],
}  # fmt: skip
#: The ledger's accounts of customers and vendors, by what the chart says they control.
CONTROLS = {"receivables": "AcctRec", "payables": "AcctPay", "bank": "Bank"}


def empty_account(**settings: Any) -> FakeNetsuite:
    """An account with every table and field, its subsidiaries and currencies, and nothing else."""
    fake = FakeNetsuite(custom=CUSTOM, **settings)
    for code, number in CURRENCIES.items():
        fake.save("currency", id=number, symbol=code, lastmodifieddate=STAMP)
    for code, (number, currency) in SUBSIDIARIES.items():
        fake.save(
            "subsidiary",
            id=number,
            name=code,
            currency=CURRENCIES[currency],
            iselimination=False,
            lastmodifieddate=STAMP,
        )
    return fake


def as_it_is_now(rows: Iterable[Row], code: str) -> Iterable[Row]:
    """The last version of each code: an account keeps what a class is below of, not what it was."""
    return {row[code]: row for row in sorted(rows, key=lambda row: str(row.get("valid_from_on")))}.values()


class SampleAccount(SampleDocuments):
    """Fills an account. `ids`: the id in NetSuite, by canonical entity and the id in files, where the two differ."""

    def fill(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Canonical rows by entity, ids without the source's name."""
        for place, row in enumerate(rows["department"], 1):
            self.departments[row["department_code"]] = place
            self.fake.save(
                "department", id=place, externalid=row["department_code"], name=row["name"], lastmodifieddate=STAMP
            )
        centres = list(as_it_is_now(rows["cost_centre"], "cost_centre_code"))
        self.classes.update((row["cost_centre_code"], place) for place, row in enumerate(centres, 1))
        for row in centres:
            code = row["cost_centre_code"]
            self.fake.save(
                "classification",
                id=self.classes[code],
                externalid=code,
                name=row["name"],
                parent=self.classes.get(row.get("parent_code") or ""),
                custrecord_department=row["department_code"],
                lastmodifieddate=STAMP,
            )
        for place, row in enumerate(rows["gl_account"], 1):
            self._account(place, row)
        for row in rows["customer"]:
            self._party("customer", row)
        for row in rows["vendor"]:
            self._party("vendor", row)
        for row in rows["item"]:
            self._item(row)
        for place, row in enumerate(rows["fx_rate"], 1):
            self.fake.save(
                "currencyrate", id=place, basecurrency=CURRENCIES[row["to_currency"]],
                transactioncurrency=CURRENCIES[row["from_currency"]], effectivedate=row["rate_on"],
                exchangerate=row["rate"], lastmodifieddate=STAMP,
            )  # fmt: skip
        self._periods(rows["fiscal_period"])
        self._orders(rows)
        self._documents(rows)

    # -- masters ---------------------------------------------------------------------------------------------------

    def _account(self, place: int, row: Row) -> None:
        self.accounts[row["account_code"]] = place
        kind = CONTROLS.get(row["control_of"] or "", "OthCurrAsset")
        self.kinds[row["account_code"]] = kind
        self.fake.save(
            "account", id=place, acctnumber=row["account_code"], accountsearchdisplaynamecopy=row["name"],
            accttype=kind,
            inventory=row["control_of"] == "inventory", isinactive=not row["is_active"],
            custrecord_statement_line=row["account_type"], custrecord_reconciliation=row["control_of"],
            lastmodifieddate=STAMP,
        )  # fmt: skip

    def _party(self, table: str, row: Row) -> None:
        number = int(row[f"{table}_id"])
        self.fake.save("entityaddress", nkey=number, country=row["country"])
        partner = row["intercompany_entity_id"]
        shared = {
            "id": number, "entityid": f"C{number}", "companyname": row["name"], "vatregnumber": row["tax_id"],
            "defaultbillingaddress": number, "terms": self._term(row["payment_terms_days"], None, None),
            "currency": CURRENCIES[row["currency"]],
            "representingsubsidiary": SUBSIDIARIES[partner][0] if partner else None,
            "lastmodifieddate": row.get("updated_at") or STAMP,
        }  # fmt: skip
        if table == "vendor":
            self.fake.save(table, **shared, category=row["category"])
            return
        self.fake.save(
            table, **shared, subsidiary=SUBSIDIARIES[row["entity_id"]][0] if row["entity_id"] else None,
            parent=row["parent_id"], url=row["domain"],
            territory=REGIONS.get(row["region"]), category=SEGMENTS.get(row["segment"]),
            creditlimit=row["credit_limit_local"],
            searchstage="Customer", datecreated=row["created_on"], custentity_crm_account=row["crm_account_ref"],
        )  # fmt: skip

    def _item(self, row: Row) -> None:
        kinds = {"goods": "InvtPart", "service": "Service", "subscription": "Service"}
        self.fake.save(
            "item", id=int(row["item_id"]), itemid=row["item_id"], displayname=row["name"],
            itemtype=kinds[row["item_type"]], isinactive=not row["is_active"], custitem_kind=row["item_type"],
            custitem_group=row["category"], custitem_unit=row["unit_of_measure"],
            custitem_standard_cost=row["standard_cost_local"], custitem_list_price=row["list_price_doc"],
            lastmodifieddate=STAMP,
        )  # fmt: skip

    def _periods(self, rows: Iterable[Row]) -> None:
        months = {row["period_on"]: row for row in rows if row["entity_id"] == "FI01"}
        for place, (start, row) in enumerate(sorted(months.items()), 1):
            locked = row["locked_at"]
            self.fake.save(
                "accountingperiod", id=place, startdate=start, enddate=row["period_end_on"], isquarter=False,
                isyear=False,
                isadjust=False, closed=row["status"] == "locked",
                closedondate=None if locked is None else locked.replace(tzinfo=UTC), lastmodifieddate=STAMP,
            )  # fmt: skip
        self.fake.save(
            "accountingperiod", id=9999, startdate=date(2025, 1, 1), enddate=date(2025, 12, 31), isquarter=False,
            isyear=True, isadjust=False, closed=False, lastmodifieddate=STAMP,
        )  # fmt: skip
