"""The sample company's ERP read from three company files of QuickBooks Online gives the canonical rows of its files."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from fakes.netsuite_sample import as_it_is_now
from fakes.quickbooks_sample import SampleFile, department_of, grouped
from unit.sources import parity
from unit.sources.parity import Row
from unit.sources.through import quickbooks_files

from company.settings import Settings
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

#: What the company files hold, and the columns that they have no place for.
ENTITIES: dict[str, tuple[str, ...]] = {
    "customer": (),
    "vendor": (),
    "item": (),
    "gl_account": (),
    "department": ("valid_from_on", "manager_name"),
    "cost_centre": ("valid_from_on", "manager_name"),
    "quote": ("version",),
    "purchase_order": (),
    "purchase_order_line": (),
    "invoice": ("disputed_on", "dispute_ended_on"),
    "invoice_line": ("order_line_id", "list_price_doc", "discount_ratio", "tax_doc", "cost_local", "project_id"),
    "credit_note": ("invoice_id", "updated_at"),
    "credit_note_line": ("invoice_line_id", "tax_doc", "cost_local", "project_id"),
    "payment": (),
    "payment_application": ("discount_doc",),
    "bill": ("updated_at",),
    "bill_line": ("tax_doc",),
    "bill_payment": (),
    "bill_payment_application": ("discount_doc",),
}
#: Amounts that are made here, by the rate of the document: one or two cents of a payment lie with another row in files.
IN_CENTS: dict[str, tuple[str, ...]] = {
    "invoice_line": ("net_local",),
    "bill_line": ("net_local",),
    "payment_application": ("amount_local", "exchange_difference_local"),
    "bill_payment_application": ("amount_local", "exchange_difference_local"),
}
#: Lists that all company files of a group have alike.
SHARED = ("vendor", "item", "gl_account", "department", "cost_centre")


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    """Rows with ids as the source has them; a list that every company file has is there once."""
    return parity.canonical_rows(
        connection, entity, bare=lambda column: f"regexp_replace({column}, '^[^:]*:', '')", once=entity in SHARED
    )


def test_the_sample_erp_in_three_company_files_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A group that replaces its nightly exports by the API must see no number move."""
    before = {entity: canonical_rows(build, entity) for entity in ENTITIES}
    manifests = []
    for file in quickbooks_files(before, tmp_path):
        landing = file.land()
        assert (landing.refused, landing.missing) == ((), ())
        manifests += read_manifests(file.landing, file.source)
    assert sum(batch.rows.quarantined for batch in manifests) == 0
    create_raw_tables(build, all_entities().values())
    by_files = [
        one
        for one in read_manifests(sample_company.folders.landing)
        if one.source not in ("erp", "crm") or one.entity not in ENTITIES
    ]
    load_batches(build, [*by_files, *manifests], entities=all_entities())
    compiled = sample_company.folders.warehouse / "dbt" / "compiled" / "plumbline" / "models" / "staging" / "quickbooks"
    for name in ("documents", "lines"):
        sql = (compiled / f"base_quickbooks__{name}.sql").read_text(encoding="utf-8")
        build.execute(f"create or replace table staging.base_quickbooks__{name} as {sql}")
    assert parity.ids_without_source(build, "quickbooks") == []
    for entity, left_out in ENTITIES.items():
        expected = as_quickbooks_has_them(before, entity)
        cents = IN_CENTS.get(entity, ())
        names = [name for name in before[entity][0] if name not in (*left_out, *cents)]
        found = canonical_rows(build, entity)
        one, other = (Counter(tuple(str(row[name]) for name in names) for row in side) for side in (expected, found))
        assert len(one) > 0
        assert (sorted(one - other)[:2], sorted(other - one)[:2]) == ([], []), entity
        assert off_by_more_than_cents(expected, found, f"{entity}_id", cents) == [], entity


def off_by_more_than_cents(expected: list[Row], found: list[Row], key: str, names: tuple[str, ...]) -> list[Any]:
    """Rows whose amounts differ by more, but for those with a discount, which QuickBooks does not know."""
    by_key = {row[key]: row for row in found} if names else {}
    return [
        (row[key], name, row[name], by_key[row[key]][name])
        for row in expected
        for name in names
        if not row.get("discount_doc") and abs(row[name] - by_key[row[key]][name]) > Decimal("0.02")
    ]


def as_quickbooks_has_them(rows: dict[str, list[Row]], entity: str) -> list[Row]:
    """Rows of files as a company file has them: one department per document, one day and amount per application."""
    days = {row["payment_id"]: row["paid_on"] for row in rows["payment"]}
    invoiced = {row["invoice_id"]: row["invoiced_on"] for row in rows["invoice"]}
    expected = [as_quickbooks_has_it(row, entity) for row in rows[entity]]
    if entity == "cost_centre":
        return list(as_it_is_now(expected, "cost_centre_code"))
    if entity == "payment_application":
        for row in expected:
            if row["payment_id"]:
                row["applied_on"] = max(days[row["payment_id"]], invoiced[row["invoice_id"]])
        return added_up(expected)
    head = {"invoice_line": "invoice_id", "credit_note_line": "credit_note_id", "bill_line": "bill_id"}.get(entity)
    if head is not None:
        parts = grouped(rows[entity], head)
        for row in expected:
            row["department_code"] = department_of(parts[row[head]]) or None
    return expected


def as_quickbooks_has_it(row: Row, entity: str) -> Row:
    """A row of files with the id that it has in a company file: parts of a document bear the document's in front."""
    changed = dict(row)
    document = {
        "invoice_line": "invoice_id",
        "credit_note_line": "credit_note_id",
        "bill_line": "bill_id",
        "purchase_order_line": "purchase_order_id",
    }.get(entity)
    if entity == "quote":
        changed |= {"deal_id": None, "deal_ref": row["deal_id"]}
    if row.get("line_type") == "freight":
        changed["item_id"] = None
    if document is not None:
        changed[f"{entity}_id"] = f"{row[document]}-{row[f'{entity}_id']}"
    if entity == "payment_application":
        way = row["payment_id"] or f"{SampleFile.carrier(row)}-{row['credit_note_id']}"
        changed["payment_application_id"] = f"{way}-{row['invoice_id']}"
    if entity == "bill_payment_application":
        changed["bill_payment_application_id"] = f"{row['bill_payment_id']}-{row['bill_id']}"
    return changed


def added_up(rows: list[Row]) -> list[Row]:
    """Applications of one payment to one invoice as one: QuickBooks keeps a single amount."""
    found: dict[str, Row] = {}
    added = ("amount_doc", "amount_local", "exchange_difference_local", "discount_doc")
    for row in rows:
        before = found.get(row["payment_application_id"])
        found[row["payment_application_id"]] = (
            row if before is None else {**row, **{name: before[name] + row[name] for name in added}}
        )
    return list(found.values())
