"""What the models' files say about a column stands in the published file, for any client that opens it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.warehouse.descriptions import copy_descriptions, describe


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema sales; create table sales.fct_deals (deal_id varchar, cost_rpt decimal(18, 2))")
        yield opened


def manifest(**columns: str) -> dict[str, Any]:
    node = {
        "resource_type": "model",
        "schema": "sales",
        "name": "fct_deals",
        "description": "One row per deal;\n  it's the CRM's.",
        "columns": {name: {"description": text} for name, text in columns.items()},
    }
    return {"nodes": {"model.plumbline.fct_deals": node, "test.x": {"resource_type": "test"}}}


def comments(connection: duckdb.DuckDBPyConnection, database: str = "memory") -> dict[str, str | None]:
    rows = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = $name union all"
        " select column_name, comment from duckdb_columns() where not internal and database_name = $name",
        {"name": database},
    ).fetchall()
    return dict(rows)


def test_tables_and_columns_carry_their_descriptions(connection: duckdb.DuckDBPyConnection) -> None:
    """An analyst in any client sees the grain without a second window. Line ends of YAML are not part of a sentence."""
    assert describe(connection, manifest(deal_id="The deal, by the CRM's id.", cost_rpt="", removed="Gone.")) == 2
    assert comments(connection) == {
        "fct_deals": "One row per deal; it's the CRM's.",
        "deal_id": "The deal, by the CRM's id.",
        "cost_rpt": None,
    }


def test_a_role_file_gets_the_descriptions_of_what_it_holds_and_no_others(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A description of a hidden column would name what is hidden."""
    describe(connection, manifest(deal_id="The deal.", cost_rpt="What it cost."))
    connection.execute(f"attach '{tmp_path / 'kept.duckdb'}' as kept; create schema kept.sales")
    connection.execute("create table kept.sales.fct_deals as select deal_id from sales.fct_deals")
    copy_descriptions(connection, source="memory", target="kept")
    assert comments(connection, "kept") == {"fct_deals": "One row per deal; it's the CRM's.", "deal_id": "The deal."}
