"""The first promise of an order outlives the source that overwrites it, in whatever order its versions arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landed import batch

from pipelines.canonical import load_canonical
from pipelines.warehouse.first_promises import write_first_promises
from pipelines.warehouse.system_tables import create_system_tables

ENTITIES = load_canonical()


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    create_system_tables(connection)
    yield connection
    connection.close()


def order(number: str, promised_on: date | None) -> dict[str, Any]:
    return {
        "order_id": number,
        "entity_id": "FI01",
        "customer_id": "c",
        "ordered_on": date(2026, 1, 1),
        "promised_on": promised_on,
        "status": "open",
        "currency": "EUR",
    }


def promises(build: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return build.execute("select entity, source_system, source_id, promised_on from raw.first_promise").fetchall()


def test_a_promise_moved_later_is_remembered_as_first_given(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A vendor or a planner who moves the date each week would otherwise never be late."""
    batches = [
        batch(tmp_path, "order", [order("moved", None), order("kept", date(2026, 1, 9))], day=1),
        batch(
            tmp_path, "order", [order("moved", date(2026, 1, 20)), order("kept", date(2026, 1, 9))], day=2, kind="full"
        ),
        batch(tmp_path, "order", [order("moved", date(2026, 1, 27))], day=3),
        batch(tmp_path, "order", [order("moved", date(2026, 1, 15))], day=4),
    ]
    for arrived in permutations(batches):
        write_first_promises(build, arrived, entities=ENTITIES)
        assert promises(build) == [("order", "erp", "moved", date(2026, 1, 20))]


def test_what_came_once_has_no_other_promise(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_first_promises(build, [batch(tmp_path, "order", [order("a", date(2026, 1, 9))], day=1)], entities=ENTITIES)
    assert promises(build) == []


def test_a_source_that_promises_nothing_has_no_first_promises(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Many a ledger keeps no delivery dates; its orders still arrive in several files."""
    batches = [batch(tmp_path, "order", [order("a", None)], day=day, without=["promised_on"]) for day in (1, 2)]
    write_first_promises(build, batches, entities=ENTITIES)
    assert promises(build) == []
