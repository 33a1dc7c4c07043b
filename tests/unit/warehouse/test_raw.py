"""The raw tables hold the current row per key, whatever order its versions arrived in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landed import at, batch, customer, stored

from pipelines.canonical import load_canonical
from pipelines.landing.manifests import BatchManifest
from pipelines.warehouse.errors import LandedDataError
from pipelines.warehouse.raw import LoadedEntity, create_raw_tables, in_the_name_of, load_batches, unapplied

ENTITIES = load_canonical()


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    create_raw_tables(connection, ENTITIES.values())
    yield connection
    connection.close()


def load(build: duckdb.DuckDBPyConnection, manifests: Sequence[BatchManifest]) -> tuple[LoadedEntity, ...]:
    return load_batches(build, manifests, entities=ENTITIES)


def names(build: duckdb.DuckDBPyConnection, source: str | None = None) -> dict[str, str]:
    where = f" where source_system = '{source}'" if source else ""
    return dict(build.execute(f"select customer_id, name from raw.customer{where} order by all").fetchall())


def test_every_entity_has_a_typed_raw_table_before_anything_is_loaded(build: duckdb.DuckDBPyConnection) -> None:
    """A company without a CRM must be able to build: no model asks whether its source is there."""
    found = {
        name for (name,) in build.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
    }
    assert set(ENTITIES) <= found
    typed = build.execute(
        "select data_type from duckdb_columns() where table_name = 'journal_line' and column_name = 'debit_local'"
    ).fetchone()
    assert typed == ("DECIMAL(18,2)",)


def test_ids_carry_their_system_and_lineage_leads_to_the_row_of_the_file(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Customer 7 of one ledger is not customer 7 of the other, and a person can find the row in the spreadsheet."""
    landed = batch(tmp_path, "customer", [customer("7", "Ann", country="FI")], day=1)
    load(build, [landed])
    row: Any = build.execute(
        "select customer_id, name, parent_id, country, source_system, source_id, batch_id, batch_row, loaded_at"
        " from raw.customer"
    ).fetchone()
    assert row == ("erp:7", "Ann", None, "FI", "erp", "7", landed.batch_id, 2, stored(at(1, 8)))


def test_a_key_of_several_columns_is_joined_in_its_order(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rate = {"from_currency": "SEK", "to_currency": "EUR", "rate_on": date(2026, 1, 5), "rate_type": "spot"}
    load(build, [batch(tmp_path, "fx_rate", [rate], day=5)])
    assert build.execute("select source_id from raw.fx_rate").fetchone() == ("SEK|EUR|2026-01-05|spot",)


def test_the_same_batches_again_change_nothing(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    landed = [batch(tmp_path, "customer", [customer("1", "Ann")], day=1)]
    assert [result.batches for result in load(build, landed)] == [1]
    assert unapplied(build, landed) == []
    assert [result.batches for result in load(build, landed)] == [0]
    assert names(build) == {"erp:1": "Ann"}


def test_a_correction_supersedes_its_key_only(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = batch(tmp_path, "customer", [customer("1", "Ann"), customer("2", "Bo")], day=1)
    load(build, [first])
    load(build, [first, batch(tmp_path, "customer", [customer("2", "Boris")], day=2)])
    assert names(build) == {"erp:1": "Ann", "erp:2": "Boris"}


@pytest.mark.parametrize(("kind", "expected"), [("full", {"erp:2": "Bo"}), ("delta", {"erp:1": "Ann", "erp:2": "Bo"})])
def test_a_key_that_a_full_batch_lacks_is_deleted_and_that_a_delta_lacks_is_not(
    build: duckdb.DuckDBPyConnection, tmp_path: Path, kind: Any, expected: dict[str, str]
) -> None:
    first = batch(tmp_path, "customer", [customer("1", "Ann"), customer("2", "Bo")], day=1, kind="full")
    load(build, [first])
    load(build, [first, batch(tmp_path, "customer", [customer("2", "Bo")], day=2, kind=kind)])
    assert names(build) == expected


def test_the_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    """A file that was held up in somebody's mailbox for a week must not undo what was corrected since."""
    landed = [
        batch(tmp_path, "customer", [customer("1", "old"), customer("2", "old"), customer("3", "old")], day=1),
        batch(tmp_path, "customer", [customer("1", "full"), customer("2", "full")], day=2, kind="full"),
        batch(tmp_path, "customer", [customer("2", "newer"), customer("4", "newer")], day=3),
        batch(tmp_path, "customer", [customer("4", "newest"), customer("5", "newest")], day=4),
    ]
    # Worked by hand: 3 is gone with the full batch of day 2; each key shows its latest day.
    expected = {"erp:1": "full", "erp:2": "newer", "erp:4": "newest", "erp:5": "newest"}
    for order in permutations(landed):
        connection = duckdb.connect()
        create_raw_tables(connection, [ENTITIES["customer"]])
        for count in range(1, len(order) + 1):
            load(connection, sorted(order[:count], key=lambda manifest: manifest.order))
        assert names(connection) == expected, [manifest.batch_id for manifest in order]
        connection.close()


def test_a_late_older_batch_rebuilds_only_its_own_source_and_entity(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    newer = batch(tmp_path, "customer", [customer("1", "new")], day=5)
    other = batch(tmp_path, "customer", [customer("1", "other")], day=5, source="erp_fi")
    load(build, [newer, other])
    older = batch(tmp_path, "customer", [customer("1", "old"), customer("2", "old")], day=1)
    results = load(build, [older, newer, other])
    assert {(result.source, result.rebuilt) for result in results} == {("erp", True), ("erp_fi", False)}
    assert names(build) == {"erp:1": "new", "erp:2": "old", "erp_fi:1": "other"}


def test_a_full_batch_replaces_the_rows_of_its_own_feed(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Two files that are each complete for their part of one entity must not delete each other."""
    first = [
        batch(tmp_path, "customer", [customer("a1", "A"), customer("a2", "A")], day=1, kind="full", feed="a"),
        batch(tmp_path, "customer", [customer("b1", "B")], day=2, kind="full", feed="b"),
    ]
    load(build, first)
    load(build, [*first, batch(tmp_path, "customer", [customer("a1", "A again")], day=3, kind="full", feed="a")])
    assert names(build) == {"erp:a1": "A again", "erp:b1": "B"}


def test_a_batch_that_a_changed_mapping_landed_anew_is_taken_out(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    wrong = batch(tmp_path, "customer", [customer("1", "wrong"), customer("2", "wrong")], day=1)
    load(build, [wrong])
    load(build, [batch(tmp_path, "customer", [customer("1", "right")], day=1, replaces=[f"customer/{wrong.batch_id}"])])
    assert names(build) == {"erp:1": "right"}


def test_a_source_that_is_gone_takes_its_rows_along(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    kept = batch(tmp_path, "customer", [customer("1", "kept")], day=1)
    load(build, [kept, batch(tmp_path, "customer", [customer("1", "gone")], day=1, source="old")])
    load(build, [kept])
    assert names(build) == {"erp:1": "kept"}


def test_a_refused_batch_is_not_loaded_and_deletes_nothing(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    good = batch(tmp_path, "customer", [customer("1", "Ann")], day=1, kind="full")
    refused = batch(tmp_path, "customer", [], day=2, kind="full", status="refused")
    load(build, [good, refused])
    assert names(build) == {"erp:1": "Ann"}


def test_a_column_that_the_contract_gained_later_is_null_in_older_batches(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(
        build,
        [
            batch(tmp_path, "customer", [customer("1", "Ann")], day=1, without=["region"]),
            batch(tmp_path, "customer", [customer("2", "Bo", region="north")], day=2),
        ],
    )
    assert build.execute("select customer_id, region from raw.customer order by 1").fetchall() == [
        ("erp:1", None),
        ("erp:2", "north"),
    ]


def test_a_damaged_part_is_told_by_its_source_and_entity(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    landed = batch(tmp_path, "customer", [customer("1", "Ann")], day=1)
    landed.part_paths[0].write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(LandedDataError, match="landing/erp/customer: a batch cannot be read"):
        load(build, [landed])


def test_a_workbook_beside_the_ledger_speaks_of_the_ledgers_customers(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Otherwise nothing in it would ever join the documents, and its full file would delete them."""
    ledger = batch(tmp_path, "customer", [customer("1", "of the ledger")], day=1)
    beside = batch(tmp_path, "customer", [customer("2", "beside it")], day=2, kind="full", source="plan")
    load(build, in_the_name_of([ledger, beside], {"erp": "erp", "plan": "erp"}))
    assert names(build, "erp") == {"erp:1": "of the ledger", "erp:2": "beside it"}
    load(build, in_the_name_of([ledger, beside], {"erp": "erp", "plan": "plan"}))
    assert names(build) == {"erp:1": "of the ledger", "plan:2": "beside it"}
