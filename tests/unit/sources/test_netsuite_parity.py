"""The sample company's ERP read from a NetSuite account gives the canonical rows that its files give."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from fakes.netsuite_sample import SampleAccount, as_it_is_now
from unit.sources import parity
from unit.sources.parity import Row
from unit.sources.through import netsuite_account, rows_of

from company.settings import Settings
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

#: What the account holds, and the columns that it has no place for or says otherwise.
ENTITIES: dict[str, tuple[str, ...]] = {
    "customer": (),
    "vendor": (),
    "item": (),
    "gl_account": (),
    "department": ("valid_from_on", "manager_name"),
    "cost_centre": ("valid_from_on", "manager_name"),
    "fx_rate": (),
    "fiscal_period": ("locked_at", "locked_by"),
    "order": (),
    "order_line": (),
    "purchase_order": (),
    "purchase_order_line": (),
    "invoice": ("disputed_on", "dispute_ended_on"),
    "invoice_line": (),
    "credit_note": ("updated_at",),
    "credit_note_line": (),
    "payment": (),
    "payment_application": (),
    "bill": ("updated_at",),
    "bill_line": (),
    "bill_payment": (),
    "bill_payment_application": (),
    "journal_line": ("updated_at",),
}

#: Applications, and the columns that say what they are applied from.
PAYMENTS = {"payment_application": ("payment_id", "credit_note_id"), "bill_payment_application": ("bill_payment_id",)}
LOCAL = ("exchange_difference_local",)


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    """Rows with ids as the source has them; of rates those of days."""
    where = "rate_type = 'spot'" if entity == "fx_rate" else "true"
    return parity.canonical_rows(connection, entity, bare=parity.without("erp"), where=where)


def test_the_sample_erp_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its nightly export by the API must see no number move."""
    before = rows_of(build, ENTITIES, "erp")
    account, sample = netsuite_account(before, tmp_path)
    landing = account.land()
    assert (landing.refused, landing.missing) == ((), ())
    create_raw_tables(build, all_entities().values())
    by_files = [
        one
        for one in read_manifests(sample_company.folders.landing)
        if one.source != "erp" or one.entity not in ENTITIES
    ]
    load_batches(build, [*by_files, *read_manifests(account.landing)], entities=all_entities())
    build_steps(build, sample_company)
    assert parity.ids_without_source(build, "netsuite") == []
    expected = as_the_account_has_them(before, sample)
    for entity, left_out in ENTITIES.items():
        names = [name for name in before[entity][0] if name not in left_out]
        rows, found = expected[entity], canonical_rows(build, entity)
        if entity in PAYMENTS:
            assert sums_by_payment(rows, entity) == sums_by_payment(found, entity)
            names = [name for name in names if name not in LOCAL]
            alone = (rows_alone(rows, entity), rows_alone(found, entity))
            assert len(alone[0]) > 900
            assert alone[0] == alone[1], entity
        one, other = (sorted(tuple(str(row[name]) for name in names) for row in side) for side in (rows, found))
        assert len(one) > 0
        assert [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]][:3] == [], entity


def build_steps(connection: duckdb.DuckDBPyConnection, company: Settings) -> None:
    """Build the tables between raw and staging anew, by the SQL that the company's own run has built them by."""
    compiled = company.folders.warehouse / "dbt" / "compiled" / "plumbline" / "models" / "staging" / "netsuite"
    for name in ("lines", "postings", "documents", "document_lines", "applications"):
        sql = (compiled / f"base_netsuite__{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace table staging.base_netsuite__{name} as {sql}")


def as_the_account_has_them(
    rows: dict[str, list[dict[str, Any]]], sample: SampleAccount
) -> dict[str, list[dict[str, Any]]]:
    """Rows of files with the ids that they have in the account, and what NetSuite has another way of saying."""
    expected = {entity: [renamed(row, entity, sample.ids) for row in listed] for entity, listed in rows.items()}
    expected["cost_centre"] = list(as_it_is_now(expected["cost_centre"], "cost_centre_code"))
    # An application has no day of its own: it is that of the later document.
    invoiced = {row["invoice_id"]: row["invoiced_on"] for row in rows["invoice"]}
    paid = {row["payment_id"]: row["paid_on"] for row in rows["payment"]}
    for row in expected["payment_application"]:
        if row["payment_id"]:
            row["applied_on"] = max(invoiced[row["invoice_id"]], paid[row["payment_id"]])
    # A vendor credit is applied to a bill itself, not by the payment of the rest.
    bills = {row["bill_id"]: row for row in rows["bill"]}
    applied = expected["bill_payment_application"]
    for credit, bill, amount in sample.credits:
        (gone,) = (row for row in applied if row["bill_id"] == credit)
        (rest,) = (
            row for row in applied if (row["bill_id"], row["bill_payment_id"]) == (bill, gone["bill_payment_id"])
        )
        applied.remove(gone)
        rest["amount_doc"] -= amount
        rest["amount_local"] -= amount
        key, day = f"{credit}-0-{bill}-0", max(bills[credit]["billed_on"], bills[bill]["billed_on"])
        shared = {**gone, "bill_payment_id": credit, "applied_on": day}
        taken = {"bill_id": bill, "amount_doc": amount, "amount_local": amount}
        applied += [{**shared, "bill_payment_application_id": key, **taken}]
        applied += [{**shared, "bill_payment_application_id": f"{key}-credit"}]
        about = {name: bills[credit][name] for name in ("entity_id", "vendor_id", "currency", "exchange_rate")}
        nothing = {"amount_doc": Decimal("0.00"), "amount_local": Decimal("0.00"), "bank_account_id": None}
        expected["bill_payment"].append(
            {"bill_payment_id": credit, "paid_on": bills[credit]["billed_on"], **about, **nothing}
        )
    return expected


def renamed(row: dict[str, Any], entity: str, ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    """A row of files with the ids that it has in the account."""
    changed = dict(row)
    if entity == "journal_line":
        changed["journal_line_id"] = ids[("journal_line", row["journal_line_id"])]
        changed["journal_id"] = changed["document_id"] = ids[("journal", row["journal_id"])]
    elif entity in PAYMENTS:
        changed[f"{entity}_id"] = ids.get((entity, row[f"{entity}_id"]), row[f"{entity}_id"])
    return changed


def by_payment(rows: list[dict[str, Any]], entity: str) -> dict[str, list[dict[str, Any]]]:
    """Applications by what they are applied from."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(next(row[name] for name in PAYMENTS[entity] if row[name]), []).append(row)
    return found


def sums_by_payment(rows: list[dict[str, Any]], entity: str) -> dict[str, list[Decimal]]:
    """The ledger has one sum per payment: cents of its parts may lie with another part than in files."""
    return {
        payment: [sum((row[name] for row in applied), Decimal(0)) for name in LOCAL]
        for payment, applied in by_payment(rows, entity).items()
    }


def rows_alone(rows: list[dict[str, Any]], entity: str) -> set[tuple[Any, ...]]:
    """Local amounts of payments that settle one document: nothing is shared out."""
    return {
        (payment, *(applied[0][name] for name in LOCAL))
        for payment, applied in by_payment(rows, entity).items()
        if len(applied) == 1
    }
