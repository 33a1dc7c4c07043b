"""The sample company's ERP read from an Odoo database gives the canonical rows that its files give."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from fakes.odoo_sample import SampleDatabase
from unit.sources import parity
from unit.sources.parity import Row
from unit.sources.through import odoo_database, rows_of

from company.settings import Settings
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

Rows = list[dict[str, Any]]
#: What the database holds, and the columns that it has no place for or says otherwise.
ENTITIES: dict[str, tuple[str, ...]] = {
    "customer": (),
    "vendor": (),
    "item": (),
    "gl_account": (),
    "bank_account": (),
    "fx_rate": (),
    "order": (),
    "order_line": (),
    "purchase_order": (),
    "purchase_order_line": (),
    "invoice": ("disputed_on", "dispute_ended_on"),
    "invoice_line": (),
    "credit_note": ("updated_at",),
    "credit_note_line": (),
    # Odoo keeps what a payment was worth, not its rate.
    "payment": ("exchange_rate", "rate_to_local"),
    "payment_application": (),
    "bill": ("updated_at",),
    "bill_line": (),
    "bill_payment": ("exchange_rate", "rate_to_local"),
    "bill_payment_application": (),
}
#: A payment and its exchange difference are one journal in files and several entries in Odoo: they add up to the same.
LEDGER = (
    "entity_id, posted_on, account_code, currency, department_code, cost_centre_code, project_id, customer_id,"
    " vendor_id, item_id, document_type, document_id, intercompany_entity_id"
)


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    """Rows with ids as the source has them; of rates those of days."""
    where = "rate_type = 'spot'" if entity == "fx_rate" else "true"
    return parity.canonical_rows(connection, entity, bare=parity.without("erp"), where=where)


def test_the_sample_erp_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its nightly export by the API must see no number move."""
    before = rows_of(build, [*ENTITIES, "journal_line"], "erp")
    database, sample = odoo_database(before, tmp_path)
    landing = database.land()
    assert (landing.refused, landing.missing) == ((), ())
    create_raw_tables(build, all_entities().values())
    by_files = [
        one for one in read_manifests(sample_company.folders.landing) if one.source != "erp" or one.entity not in before
    ]
    load_batches(build, [*by_files, *read_manifests(database.landing)], entities=all_entities())
    assert parity.ids_without_source(build, "odoo") == []
    expected = as_the_database_has_them(before, sample)
    for entity, left_out in ENTITIES.items():
        names = [name for name in before[entity][0] if name not in left_out]
        rows, found = expected[entity], canonical_rows(build, entity)
        one, other = (sorted(tuple(str(row[name]) for name in names) for row in side) for side in (rows, found))
        assert len(one) > 0
        lacking, added = Counter(one) - Counter(other), Counter(other) - Counter(one)
        assert (sorted(lacking)[:2], sorted(added)[:2]) == ([], []), entity
    assert ledger(expected["journal_line"]) == ledger(canonical_rows(build, "journal_line"))


def ledger(rows: Rows) -> dict[tuple[str, ...], tuple[Decimal, Decimal]]:
    """The ledger's movements by everything that a posting is known by."""
    sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in rows:
        key = tuple(str(row[name.strip()]) for name in LEDGER.split(","))
        sums[key][0] += row["debit_local"] - row["credit_local"]
        sums[key][1] += row["amount_doc"]
    return {key: (local, doc) for key, (local, doc) in sums.items() if local or doc}


def as_the_database_has_them(rows: dict[str, Rows], sample: SampleDatabase) -> dict[str, Rows]:
    """Rows of files with the numbers that Odoo gave them, and what it has another way of saying."""
    days = {
        entity: {row[f"{entity}_id"]: row[name] for row in rows[entity]}
        for entity, name in {"bill": "billed_on"}.items()
    }
    expected = {entity: [renamed(row, entity, sample) for row in listed] for entity, listed in rows.items()}
    # A refund of a vendor is applied to a bill itself, not by the payment of the rest.
    bills = {row["bill_id"]: row for row in expected["bill"]}
    applied = expected["bill_payment_application"]
    for refund, bill, amount, number in sample.refunds:
        refund_id, bill_id = (str(sample.ids[("bill", key)]) for key in (refund, bill))
        (gone,) = (row for row in applied if row["bill_id"] == refund_id)
        (rest,) = (
            row for row in applied if (row["bill_id"], row["bill_payment_id"]) == (bill_id, gone["bill_payment_id"])
        )
        applied.remove(gone)
        rest["amount_doc"] -= amount
        rest["amount_local"] += gone["amount_local"]
        shared = {**gone, "bill_payment_id": f"refund-{refund_id}", "discount_local": Decimal("0.00")}
        taken = {"bill_id": bill_id, "amount_doc": amount, "amount_local": -gone["amount_local"]}
        applied += [{**shared, "bill_payment_application_id": str(number), **taken}]
        applied += [{**shared, "bill_payment_application_id": f"{number}-refund"}]
        about = {name: bills[refund_id][name] for name in ("entity_id", "vendor_id", "currency")}
        nothing = {"amount_doc": Decimal("0.00"), "amount_local": Decimal("0.00"), "bank_account_id": None}
        expected["bill_payment"].append(
            {"bill_payment_id": f"refund-{refund_id}", "paid_on": days["bill"][refund], **about, **nothing}
        )
    return expected


REFERENCES = {
    "parent_id": "customer", "customer_id": "customer", "vendor_id": "vendor", "item_id": "item", "order_id": "order",
    "order_line_id": "order_line", "invoice_id": "invoice", "invoice_line_id": "invoice_line",
    "credit_note_id": "credit_note", "credit_note_line_id": "credit_note_line", "payment_id": "payment",
    "payment_application_id": "payment_application", "bill_id": "bill", "bill_line_id": "bill_line",
    "bill_payment_id": "bill_payment", "bill_payment_application_id": "bill_payment_application",
    "purchase_order_id": "purchase_order", "purchase_order_line_id": "purchase_order_line",
    "bank_account_id": "bank_account",
}  # fmt: skip


def renamed(row: dict[str, Any], entity: str, sample: SampleDatabase) -> dict[str, Any]:
    """A row of files with the numbers that it and what it names have in the database."""
    changed = dict(row)
    for name, named in REFERENCES.items():
        if row.get(name) is not None:
            changed[name] = str(sample.ids.get((named, row[name]), row[name]))
    if entity == "journal_line":
        changed["document_id"] = str(sample.ids[(row["document_type"], row["document_id"])])
    return changed
