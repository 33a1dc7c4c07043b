"""The sample company's ERP read from an ERPNext site gives the canonical rows that its files give.

ERPNext numbers journals by their vouchers, knows no kind of ledger entry beyond its vouchers, and settles an invoice by
a credit note as a whole: there the rows are compared by what it does know.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from fakes.erpnext_sample import ENTITIES, STAMP, SUBTYPES, VOUCHERS
from unit.sources import parity
from unit.sources.parity import Row, ids_without_source
from unit.sources.through import erpnext_site

from company.settings import Settings
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    """Rows with ids as the source has them."""
    return parity.canonical_rows(connection, entity, bare=parity.without("erp"))


def is_comparable(row: Row) -> bool:
    """Settlements by credit notes are not: elsewhere they may be partial and later."""
    return "payment_application_id" not in row or row["payment_id"] is not None


def comparable(entity: str, row: Row) -> str:
    if entity == "journal_line":
        kind = row["document_type"]
        known = kind if kind in VOUCHERS or kind in SUBTYPES else "manual"
        voucher = f"{VOUCHERS.get(known, 'Journal Entry')} {row['document_id']}"
        row = {**row, "document_type": known, "journal_id": voucher, "updated_at": None}
    if entity == "invoice":
        row = {name: value for name, value in row.items() if name not in {"disputed_on", "dispute_ended_on"}}
    if not row.get("list_price_doc", True):
        row = {**row, "list_price_doc": None}  # ERPNext writes 0 for none
    if row.get("updated_at") in (None, STAMP.replace(tzinfo=None)):
        row = {name: value for name, value in row.items() if name != "updated_at"}
    return str(row)


def test_the_sample_erp_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its weekly export by the API must see no number move."""
    before = {entity: canonical_rows(build, entity) for entity in ENTITIES}
    site = erpnext_site(before, tmp_path)
    landing = site.land()
    assert landing.refused == ()
    assert sum(batch.rows.quarantined for batch in landing.landed) == 0
    create_raw_tables(build, all_entities().values())
    ours = {one.entity for one in read_manifests(site.landing)}
    kept = [
        one
        for one in read_manifests(sample_company.folders.landing)
        if one.source != "erp" or one.entity not in ENTITIES
    ]
    load_batches(build, [*kept, *read_manifests(site.landing)], entities=all_entities())
    assert len(ours) == 11
    assert ids_without_source(build, "erpnext") == []
    for entity, rows in before.items():
        assert len(rows) > 0
        wanted = {comparable(entity, row) for row in rows if is_comparable(row)}
        after = [comparable(entity, row) for row in canonical_rows(build, entity) if is_comparable(row)]
        assert len(set(after)) == len(after) == len(wanted)
        assert (sorted(wanted - set(after))[:3], sorted(set(after) - wanted)[:3]) == ([], []), entity
