"""The sample company with one of its sources read through a system: its rows put into the system's fake and landed.

Belongs here: which entities go into which fake, and the ids they have there. How a fake is filled is in `fakes`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import duckdb
from fakes import erpnext_sample, hubspot_sample, salesforce_sample
from fakes.hubspot_sample import Numbered
from fakes.netsuite_sample import SampleAccount
from fakes.netsuite_sample import empty_account as empty_netsuite
from fakes.odoo_crm_sample import MAPPING as CRM_MAPPING
from fakes.odoo_crm_sample import SampleCrm, empty_crm
from fakes.odoo_sample import SampleDatabase, empty_database
from fakes.quickbooks import FakeQuickbooks
from fakes.quickbooks_sample import HOME, SampleFile
from unit.sources import otherwise, parity
from unit.sources.account import Account
from unit.sources.database_of_odoo import Database
from unit.sources.netsuite_account import NetsuiteAccount
from unit.sources.org import Org
from unit.sources.otherwise import Otherwise
from unit.sources.parity import Row
from unit.sources.quickbooks_file import QuickbooksFile
from unit.sources.site import Site

from company.settings import Settings
from pipelines.landing.source_landing import SourceLanding
from pipelines.sources.http import Patience

Rows = dict[str, list[Row]]
#: Kinds of document whose numbers no bank line names; some are numbers of others, too.
DOCUMENTS = ("invoice", "credit_note", "bill", "delivery")
#: A fake of a whole company answers on a machine that does other things, too.
PATIENT = Patience(timeout=30)

NETSUITE = (
    "customer", "vendor", "item", "gl_account", "department", "cost_centre", "fx_rate", "fiscal_period", "order",
    "order_line", "purchase_order", "purchase_order_line", "invoice", "invoice_line", "credit_note", "credit_note_line",
    "payment", "payment_application", "bill", "bill_line", "bill_payment", "bill_payment_application", "journal_line",
)  # fmt: skip
ODOO = (
    "customer", "vendor", "item", "gl_account", "bank_account", "fx_rate", "order", "order_line", "purchase_order",
    "purchase_order_line", "invoice", "invoice_line", "credit_note", "credit_note_line", "payment",
    "payment_application", "bill", "bill_line", "bill_payment", "bill_payment_application", "journal_line",
)  # fmt: skip
ODOO_CRM = ("owner", "account", "contact", "campaign", "lead", "deal", "deal_stage_history", "activity", "quote")
QUICKBOOKS = (
    "customer", "vendor", "item", "gl_account", "department", "cost_centre", "quote", "purchase_order",
    "purchase_order_line", "invoice", "invoice_line", "credit_note", "credit_note_line", "payment",
    "payment_application", "bill", "bill_line", "bill_payment", "bill_payment_application",
)  # fmt: skip


def rows_of(build: duckdb.DuckDBPyConnection, entities: Iterable[str], source: str) -> Rows:
    """Canonical rows by entity, ids as the source has them; of rates those of days, which is what systems keep."""
    bare = parity.without(source)
    return {
        entity: parity.canonical_rows(
            build, entity, bare=bare, where="rate_type = 'spot'" if entity == "fx_rate" else "true"
        )
        for entity in entities
    }


def crm_rows(company: Settings, build: duckdb.DuckDBPyConnection, entities: Iterable[str]) -> Rows:
    """The CRM's rows with the contacts' addresses, of which the canonical columns keep a hash only."""
    with next((company.root / "data/sample/crm").glob("Contact_*.csv")).open(encoding="utf-8") as file:
        emails = {row["Id"]: row["Email"] for row in csv.DictReader(file)}
    rows = rows_of(build, entities, "crm")
    rows["contact"] = [{**row, "email": emails.get(row["contact_id"])} for row in rows["contact"]]
    return rows


def salesforce_org(rows: Rows, root: Path) -> Org:
    """An org with the sample's CRM, of which much is read in bulk."""
    org = Org(salesforce_sample.empty_org(), root, reader={"bulk_from": 500, "poll_seconds": 0})
    for entity, listed in rows.items():
        salesforce_sample.fill(org.fake, entity, listed)
    return org


def hubspot_account(rows: Rows, root: Path) -> tuple[Account, Numbered]:
    """An account with the sample's CRM, and the numbers that its records have there."""
    account = Account(hubspot_sample.empty_account(), root)
    filled = Numbered(account.fake)
    for entity, listed in rows.items():
        # A merged contact is told of by the one it was merged into; changes stand in history in their order.
        filled.fill(
            entity, sorted(listed, key=lambda row: (bool(row.get("merged_into_id")), str(row.get("changed_at"))))
        )
    account.fake.pass_time(minutes=1)
    return account, filled


def odoo_crm(rows: Rows, root: Path) -> tuple[Database, SampleCrm]:
    """A database with what it can hold of the sample's CRM."""
    sample = SampleCrm(empty_crm())
    sample.fill(rows)
    return Database(sample.fake, root, patience=PATIENT, source="crm", mapping=CRM_MAPPING), sample


def odoo_database(rows: Rows, root: Path) -> tuple[Database, SampleDatabase]:
    """A database with the sample's ERP."""
    sample = SampleDatabase(empty_database())
    sample.fill(rows)
    return Database(sample.fake, root, patience=PATIENT), sample


def netsuite_account(rows: Rows, root: Path) -> tuple[NetsuiteAccount, SampleAccount]:
    """An account with the sample's ERP."""
    sample = SampleAccount(empty_netsuite())
    sample.fill(rows)
    return NetsuiteAccount(sample.fake, root, patience=Patience()), sample


def erpnext_site(rows: Rows, root: Path) -> Site:
    """A site with the sample's ERP."""
    site = Site(erpnext_sample.empty_site(), root)
    for entity, listed in rows.items():
        erpnext_sample.fill(site.fake, entity, listed)
    site.fake.pass_time(minutes=1)
    return site


def quickbooks_files(rows: Rows, root: Path) -> list[QuickbooksFile]:
    """A company file for each legal entity of the sample."""
    files = []
    for place, entity_id in enumerate(HOME):
        fake = FakeQuickbooks(realm=str(place + 1))
        fake.now += timedelta(days=60)
        SampleFile(fake, entity_id).fill(rows)
        files.append(QuickbooksFile(fake, root, source=f"erp_{entity_id.lower()}", legal_entity=entity_id))
    return files


@dataclass(frozen=True)
class Through:
    """What a system gave of the sample company.

    `landing`: the landed batches. `entities`: those that the system holds, taken out of the files. `ids`: by entity and
    id in files the id in the system, where it gives ids of its own. `known`: entities of which the system can hold only
    the rows that are among `ids`. `untied`: tie-outs that fail for what the system does not know, with the reason.
    """

    source: str
    entities: tuple[str, ...]
    landing: Path
    ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    otherwise: Mapping[str, Otherwise] = field(default_factory=dict)
    untied: Mapping[str, str] = field(default_factory=dict)


def _landed(landing: SourceLanding) -> None:
    assert (landing.refused, landing.missing) == ((), ())
    assert [batch.entity for batch in landing.landed if batch.rows.quarantined] == []


def through_salesforce(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    org = salesforce_org(crm_rows(company, build, salesforce_sample.RECORDS), root)
    _landed(org.land())
    return Through("crm", tuple(salesforce_sample.RECORDS), org.landing)


def through_hubspot(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    rows = crm_rows(company, build, hubspot_sample.ENTITIES)
    account, filled = hubspot_account(rows, root)
    _landed(account.land())
    keys = {entity: f"{entity}_id" for entity in hubspot_sample.ENTITIES}
    ids = {
        (entity, row[key]): str(filled.number(row[key]))
        for entity, key in keys.items()
        if entity not in ("deal_stage_history", "deal_split")  # which have no record of their own
        for row in rows[entity]
    }
    return Through("crm", hubspot_sample.ENTITIES, account.landing, ids, otherwise=otherwise.HUBSPOT)


def through_odoo_crm(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    database, sample = odoo_crm(crm_rows(company, build, ODOO_CRM), root)
    _landed(database.land())
    ids = {key: str(number) for key, number in sample.ids.items()}
    known = frozenset({"contact", "lead", "deal", "quote"})
    return Through("crm", ODOO_CRM, database.landing, ids, known, otherwise=otherwise.ODOO_CRM)


def through_odoo(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    rows = rows_of(build, ODOO, "erp")
    database, sample = odoo_database(rows, root)
    _landed(database.land())
    ids = {key: str(number) for key, number in sample.ids.items()}
    for row in rows["journal_line"]:
        if row["document_type"] not in DOCUMENTS:
            ids[("bank document", row["document_id"])] = ids[(row["document_type"], row["document_id"])]
    return Through("erp", ODOO, database.landing, ids, otherwise=otherwise.ODOO)


def through_netsuite(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    rows = rows_of(build, NETSUITE, "erp")
    account, sample = netsuite_account(rows, root)
    _landed(account.land())
    ids = dict(sample.ids)
    for row in rows["journal_line"]:
        if row["document_type"] not in DOCUMENTS:
            ids[("bank document", row["document_id"])] = ids[("journal", row["journal_id"])]
    return Through("erp", NETSUITE, account.landing, ids, otherwise=otherwise.NETSUITE)


def through_erpnext(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    site = erpnext_site(rows_of(build, erpnext_sample.ENTITIES, "erp"), root)
    _landed(site.land())
    return Through("erp", tuple(erpnext_sample.ENTITIES), site.landing, otherwise=otherwise.ERPNEXT)


def through_quickbooks(company: Settings, build: duckdb.DuckDBPyConnection, root: Path) -> Through:
    ledgerless = [entity for entity in QUICKBOOKS if entity != "quote"]
    rows = {**rows_of(build, ledgerless, "erp"), **rows_of(build, ["quote"], "crm")}
    files = quickbooks_files(rows, root)
    for file in files:
        _landed(file.land())
    heads = {
        "invoice_line": "invoice_id",
        "credit_note_line": "credit_note_id",
        "bill_line": "bill_id",
        "purchase_order_line": "purchase_order_id",
    }
    ids = {
        (entity, row[f"{entity}_id"]): f"{row[head]}-{row[f'{entity}_id']}"
        for entity, head in heads.items()
        for row in rows[entity]
    }
    no_discounts = "early-payment discounts have no field: what they took off stays open, while the ledger has it"
    untied = dict.fromkeys(("receivables_tie_to_ledger", "payables_tie_to_ledger"), no_discounts)
    return Through("erp", QUICKBOOKS, files[0].landing, ids, otherwise=otherwise.QUICKBOOKS, untied=untied)
