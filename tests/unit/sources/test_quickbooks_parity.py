"""The sample company's ERP read from three company files of QuickBooks Online gives the canonical rows of its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fakes.quickbooks import FakeQuickbooks
from fakes.quickbooks_sample import HOME, SampleFile
from unit.sources.quickbooks_file import QuickbooksFile

from company.settings import Settings
from company.versions import current_version
from pipelines.canonical import LINEAGE_COLUMNS, load_canonical
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
    "purchase_order": (),
    "purchase_order_line": (),
    "invoice": ("disputed_on", "dispute_ended_on"),
    "invoice_line": (
        "order_line_id", "list_price_doc", "discount_ratio", "tax_doc", "cost_local", "project_id", "net_local",
        "department_code",
    ),
    "credit_note": ("invoice_id", "updated_at"),
    "credit_note_line": (
        "invoice_line_id", "tax_doc", "cost_local", "project_id", "net_local", "invoice_id", "department_code",
    ),
    "payment": ("exchange_rate", "rate_to_local"),
    "payment_application": (
        "discount_doc", "discount_local", "amount_local", "exchange_difference_local", "applied_on",
    ),
    "bill": ("updated_at",),
    "bill_line": ("tax_doc", "project_id", "net_local", "department_code"),
    "bill_payment": ("exchange_rate", "rate_to_local"),
    "bill_payment_application": (
        "discount_doc", "discount_local", "amount_local", "exchange_difference_local", "applied_on",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def build(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the published company's build database, in which views show whatever its raw tables hold."""
    version = current_version(sample_company.folders)
    assert version is not None
    copy = tmp_path_factory.mktemp("parity") / "build.duckdb"
    shutil.copyfile(sample_company.folders.warehouse / version / "build.duckdb", copy)
    with duckdb.connect(copy) as connection:
        yield connection


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[dict[str, Any]]:
    """Rows with ids as the source has them; a list that every company file has is there once."""
    columns = [column for column in load_canonical()[entity].columns if column.name not in LINEAGE_COLUMNS]
    listed = ", ".join(
        f"regexp_replace({column.name}, '^[^:]*:', '') as {column.name}" if column.kind == "id" else column.name
        for column in columns
    )
    found = (
        connection.cursor()
        .execute(f"select distinct {listed} from intermediate.{load_canonical()[entity].model}")
        .fetchall()
    )
    return [dict(zip((column.name for column in columns), row, strict=True)) for row in found]


def test_the_sample_erp_in_three_company_files_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A group that replaces its nightly exports by the API must see no number move."""
    before = {entity: canonical_rows(build, entity) for entity in ENTITIES}
    manifests = []
    for place, entity_id in enumerate(HOME):
        fake = FakeQuickbooks(realm=str(place + 1))
        fake.now += timedelta(days=60)
        SampleFile(fake, entity_id).fill(before)
        file = QuickbooksFile(fake, tmp_path, source=f"erp_{entity_id.lower()}", legal_entity=entity_id)
        landing = file.land()
        assert (landing.refused, landing.missing) == ((), ())
        manifests += read_manifests(file.landing, file.source)
    assert sum(batch.rows.quarantined for batch in manifests) == 0
    create_raw_tables(build, all_entities().values())
    by_files = [
        one
        for one in read_manifests(sample_company.folders.landing)
        if one.source != "erp" or one.entity not in ENTITIES
    ]
    load_batches(build, [*by_files, *manifests], entities=all_entities())
    compiled = sample_company.folders.warehouse / "dbt" / "compiled" / "plumbline" / "models" / "staging" / "quickbooks"
    for name in ("documents", "lines"):
        sql = (compiled / f"base_quickbooks__{name}.sql").read_text(encoding="utf-8")
        build.execute(f"create or replace table staging.base_quickbooks__{name} as {sql}")
    differences = {}
    for entity, left_out in ENTITIES.items():
        expected = [as_quickbooks_has_it(row, entity) for row in before[entity]]
        if entity == "payment_application":
            expected = added_up(expected)
        names = [name for name in before[entity][0] if name not in left_out]
        found = canonical_rows(build, entity)
        one, other = ({tuple(str(row[name]) for name in names) for row in side} for side in (expected, found))
        assert one
        if one != other:
            differences[entity] = (len(one - other), len(other - one), sorted(one - other)[:2], sorted(other - one)[:2])
    assert differences == {}, differences


def as_quickbooks_has_it(row: dict[str, Any], entity: str) -> dict[str, Any]:
    """A row of files with the id that it has in a company file: parts of a document bear the document's in front."""
    changed = dict(row)
    document = {
        "invoice_line": "invoice_id",
        "credit_note_line": "credit_note_id",
        "bill_line": "bill_id",
        "purchase_order_line": "purchase_order_id",
    }.get(entity)
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


def added_up(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Applications of one payment to one invoice as one: QuickBooks keeps a single amount."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = found.get(row["payment_application_id"])
        found[row["payment_application_id"]] = (
            row if before is None else {**row, "amount_doc": before["amount_doc"] + row["amount_doc"]}
        )
    return list(found.values())
