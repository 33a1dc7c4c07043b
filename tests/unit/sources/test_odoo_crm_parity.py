"""The sample company's CRM read from an Odoo database gives the canonical rows that its files give.

Odoo numbers records itself and keeps some things another way: rows of files are compared as it would tell of them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
from fakes.odoo_crm_sample import LOST, SampleCrm
from unit.sources import parity
from unit.sources.parity import Row
from unit.sources.through import ODOO_CRM as ENTITIES
from unit.sources.through import crm_rows, odoo_crm

from company.settings import Settings
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

Rows = list[Row]
REFERENCES = {
    "owner_id": "owner", "manager_id": "owner", "changed_by_id": "owner", "account_id": "account",
    "contact_id": "contact", "campaign_id": "campaign", "lead_id": "lead", "deal_id": "deal", "quote_id": "quote",
}  # fmt: skip


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    """Rows with ids as the source has them."""
    return parity.canonical_rows(connection, entity, bare=parity.without("crm"))


def test_the_sample_crm_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its weekly export by the API must see no number move."""
    before = {entity: canonical_rows(build, entity) for entity in ENTITIES}
    database, sample = odoo_crm(crm_rows(sample_company, build, ENTITIES), tmp_path)
    landing = database.land()
    assert (landing.refused, landing.missing) == ((), ())
    assert [batch.entity for batch in landing.landed if batch.rows.quarantined] == []
    create_raw_tables(build, all_entities().values())
    by_files = [one for one in read_manifests(sample_company.folders.landing) if one.source != "crm"]
    load_batches(build, [*by_files, *read_manifests(database.landing)], entities=all_entities())
    assert parity.ids_without_source(build, "odoo") == []
    told = as_the_database_has_them(before, sample)
    for entity, rows in told.items():
        assert len(rows) > 0.5 * len(before[entity]), entity
        one = Counter(str(row) for row in rows)
        other = Counter(str(row) for row in canonical_rows(build, entity))
        assert (sorted(one - other)[:2], sorted(other - one)[:2]) == ([], []), entity


def as_the_database_has_them(rows: dict[str, Rows], sample: SampleCrm) -> dict[str, Rows]:
    """The rows of files that Odoo can hold, with its numbers, and what it has another way of saying."""
    deals = {row["deal_id"]: row for row in rows["deal"] if ("deal", row["deal_id"]) in sample.ids}
    leads = {row["lead_id"]: row for row in rows["lead"] if ("lead", row["lead_id"]) in sample.ids}
    told = {
        "owner": rows["owner"],
        "account": rows["account"],
        "contact": [row for row in rows["contact"] if ("contact", row["contact_id"]) in sample.ids],
        "campaign": rows["campaign"],
        "lead": [_lead(row, deals.get(row["deal_id"])) for row in leads.values()],
        "deal": [_deal(row) for row in deals.values()],
        "deal_stage_history": [one for deal_id, deal in deals.items() for one in _history(rows, deal_id, deal, sample)],
        "activity": [
            _activity(row, deals, leads, sample)
            for row in rows["activity"]
            if ("activity", row["activity_id"]) in sample.ids
        ],
        "quote": [row for row in rows["quote"] if ("quote", row["quote_id"]) in sample.ids],
    }
    return {entity: [_numbered(row, sample) for row in listed] for entity, listed in told.items()}


def _numbered(row: Row, sample: SampleCrm) -> Row:
    changed = dict(row)
    for name, entity in REFERENCES.items():
        if row.get(name) is not None:
            changed[name] = str(sample.ids[(entity, row[name])])
    if "parent_id" in row and row["parent_id"] is not None:
        changed["parent_id"] = str(sample.ids[("account", row["parent_id"])])
    if "deal_stage_history_id" in row:
        changed["deal_stage_history_id"] = f"{changed['deal_id']}|{row['changed_at']}"
    return changed


def _lead(row: Row, deal: Row | None) -> Row:
    """A lead that became a deal is that deal's record: what both have, it has once."""
    if deal is None:
        return row
    shared = {name: deal[name] for name in ("lead_source", "campaign_id", "owner_id", "account_id")}
    return {**row, **shared, "converted_on": deal["created_on"]}


def _deal(row: Row) -> Row:
    """Lost is no stage of Odoo's."""
    return {**row, "stage": "Lost" if row["stage"] == LOST else row["stage"]}


def _history(rows: dict[str, Rows], deal_id: str, deal: Row, sample: SampleCrm) -> Rows:
    """A deal begins with its record; a row in which nothing is new is none; what never changed was never logged."""
    found = sorted(
        (row for row in rows["deal_stage_history"] if row["deal_id"] == deal_id),
        key=lambda row: (row["changed_at"], row["deal_stage_history_id"]),
    )
    kept: Rows = []
    for row in found:
        values = [row[name] for name in ("stage", "amount_doc", "probability_ratio", "expected_close_on")]
        if not kept or values != [
            kept[-1][name] for name in ("stage", "amount_doc", "probability_ratio", "expected_close_on")
        ]:
            kept.append(row)
    constant = {name for name in ("probability_ratio", "expected_close_on") if len({row[name] for row in kept}) <= 1}
    record = sample.fake.records["crm.lead"][sample.ids[("deal", deal_id)]]
    began = (record.get("date_conversion") or record["create_date"]).replace(tzinfo=None)
    first = {**kept[0], "changed_at": began, "changed_by_id": None}
    return [_deal({**row, **dict.fromkeys(constant)}) for row in [first, *kept[1:]]]


def _activity(row: Row, deals: dict[str, Row], leads: dict[str, Row], sample: SampleCrm) -> Row:
    """Odoo times meetings only, knows a direction of mails, and of a mail that came in nobody who wrote it."""
    deal = deals.get(row["deal_id"])
    lead = leads.get(row["lead_id"]) if deal is None else None
    if lead is not None and lead["deal_id"] is not None:
        deal = deals[lead["deal_id"]]
    of = deal or lead
    assert of is not None
    kind = row["activity_type"]
    number = sample.ids[("activity", row["activity_id"])]
    changed = {
        **row,
        "activity_id": f"meeting-{number}" if kind == "meeting" else f"message-{number}",
        "account_id": None if deal is None else deal["account_id"],
        "deal_id": None if deal is None else deal["deal_id"],
        "lead_id": row["lead_id"] if deal is None else None,
    }
    if kind != "meeting":
        changed["duration_minutes"] = None
    if kind in ("call", "task"):
        changed["direction"] = None
    if kind == "email" and row["direction"] == "inbound":
        changed["owner_id"] = of["owner_id"]
    return changed
