"""Canonical rows as the parity tests compare them: without lineage, ids as the source has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
from unit.sources.test_systems import staged

from pipelines.canonical import LINEAGE_COLUMNS, load_canonical

Row = dict[str, Any]


def without(source: str) -> Callable[[str], str]:
    """SQL for an id without its source's name; ids that are made of several have it several times."""
    return lambda column: f"replace({column}, '{source}:', '')"


def canonical_rows(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    *,
    bare: Callable[[str], str],
    where: str = "true",
    once: bool = False,
) -> list[Row]:
    """The rows of an entity, ids made bare. `once`: a list that several instances have is there once."""
    columns = [column for column in load_canonical()[entity].columns if column.name not in LINEAGE_COLUMNS]
    listed = ", ".join(
        f"{bare(column.name)} as {column.name}" if column.kind == "id" else column.name for column in columns
    )
    found = connection.cursor().execute(
        f"select {'distinct' if once else ''} {listed} from intermediate.{load_canonical()[entity].model} where {where}"
    )
    return [dict(zip((column.name for column in columns), row, strict=True)) for row in found.fetchall()]


def ids_without_source(connection: duckdb.DuckDBPyConnection, system: str) -> list[tuple[str, str, str]]:
    """Ids in the staging models of a system that do not bear their source's name: what joins nothing of it."""
    found = []
    for entity, model in staged(system).items():
        for column in load_canonical()[entity].columns:
            if column.kind == "id":
                wrong = connection.execute(
                    f"select {column.name} from staging.{model}"
                    f" where not starts_with({column.name}, source_system || ':') limit 1"
                ).fetchall()
                found += [(model, column.name, value) for (value,) in wrong]
    return found
