"""Descriptions inside the database: what the models' files say about a table or column travels with the published file.

Any client that opens the file shows them: the workbench, DBeaver, `DESCRIBE` over duckdb_columns(). The texts
themselves are written in models/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from pipelines.warehouse.databases import quoted, text_literal


def describe(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> int:
    """Write the descriptions of dbt's manifest onto every table and column there is. Gives back how many it wrote."""
    present = _present(connection)
    statements = [
        statement
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and (node["schema"], node["name"]) in present
        for statement in _statements(node, present[node["schema"], node["name"]])
    ]
    _execute(connection, statements)
    return len(statements)


def copy_descriptions(connection: duckdb.DuckDBPyConnection, *, source: str, target: str) -> None:
    """Give the tables and columns of one attached database the descriptions that another has for them."""
    tables = connection.execute(
        "select theirs.schema_name, theirs.table_name, theirs.comment from duckdb_tables() as theirs"
        " inner join duckdb_tables() as ours using (schema_name, table_name)"
        " where theirs.database_name = $source and ours.database_name = $target and theirs.comment is not null",
        {"source": source, "target": target},
    ).fetchall()
    columns = connection.execute(
        "select theirs.schema_name, theirs.table_name, theirs.column_name, theirs.comment"
        " from duckdb_columns() as theirs"
        " inner join duckdb_columns() as ours using (schema_name, table_name, column_name)"
        " where theirs.database_name = $source and ours.database_name = $target and theirs.comment is not null",
        {"source": source, "target": target},
    ).fetchall()
    place = quoted(target)
    statements = [
        f"comment on table {place}.{quoted(schema)}.{quoted(table)} is {text_literal(text)}"
        for schema, table, text in tables
    ]
    statements += [
        f"comment on column {place}.{quoted(schema)}.{quoted(table)}.{quoted(column)} is {text_literal(text)}"
        for schema, table, column, text in columns
    ]
    _execute(connection, statements)


def _present(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    rows = connection.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns()"
        " where not internal and database_name = current_database() group by all"
    ).fetchall()
    return {(schema, table): set(columns) for schema, table, columns in rows}


def _statements(node: Mapping[str, Any], columns: set[str]) -> Iterator[str]:
    relation = f"{quoted(node['schema'])}.{quoted(node['name'])}"
    if node["description"]:
        yield f"comment on table {relation} is {text_literal(_one_line(node['description']))}"
    for name, column in node["columns"].items():
        if name in columns and column["description"]:
            yield f"comment on column {relation}.{quoted(name)} is {text_literal(_one_line(column['description']))}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _execute(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    connection.execute("begin")
    for statement in statements:
        connection.execute(statement)
    connection.execute("commit")
