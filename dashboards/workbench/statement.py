"""What an analyst may ask: exactly one SELECT over the published tables. Judges a text; runs and opens nothing.

This is the second line of defence. The first is that the query's process holds one read-only file, no other right and
no secret (`child`): what slips through here finds nothing. Allowed is what is listed, so that a function which a new
release of the engine brings is refused until someone has looked at it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from dashboards.workbench.errors import QueryFailedError, QueryRefusedError

LONGEST_TEXT = 100_000

QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})

TABLE_FUNCTIONS = frozenset(
    {
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_schemas",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "histogram",
        "histogram_values",
        "icu_calendar_names",
        "json_each",
        "json_tree",
        "pg_timezone_names",
        "pragma_table_info",
        "range",
        "unnest",
    }
)

SYSTEM_VIEWS = frozenset(
    {
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_schemas",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "sqlite_master",
    }
)
"""Views of the engine that tell about the published tables. Its other ones tell about the server."""

SERVER_FUNCTIONS = frozenset({"current_setting", "json_serialize_plan", "write_log"})
"""Scalar functions that tell about the server, or run SQL handed to them as text."""

NO_FILES = "a query reads the published tables, no files and no server settings. SHOW ALL TABLES lists the tables."

TOO_DEEP = "The query is nested too deeply; name its steps with WITH."

_REPLACEMENTS = {
    "EXPLAIN": "leave EXPLAIN out and run the query itself",
    "MULTI": "list the values of the new columns: PIVOT ... ON column IN ('a', 'b') USING ...",
    "PRAGMA": "use DESCRIBE table, SHOW ALL TABLES or information_schema.columns",
    "CREATE": "name an intermediate result in the query itself: WITH step AS (SELECT ...) SELECT ... FROM step",
    "COPY": "choose csv, json or parquet as the format of the result",
    "EXPORT": "choose csv, json or parquet as the format of the result",
    "SET": "write the value into the query",
    "VARIABLE_SET": "write the value into the query",
}


def one_select(
    connection: duckdb.DuckDBPyConnection, sql: str, *, macros: Iterable[str], server_views: Iterable[str]
) -> duckdb.Statement:
    """The one SELECT of a text, ready to be run on `connection`.

    `macros`: the published table macros. `server_views`: the engine's own views, of which SYSTEM_VIEWS may be read.
    Raises QueryRefusedError for anything but one SELECT over published tables, QueryFailedError for wrong grammar.
    """
    statement = _one_statement(connection, _without_tail(sql))
    tables = TABLE_FUNCTIONS.union(name.lower() for name in macros)
    hidden = frozenset(name.lower() for name in server_views) - SYSTEM_VIEWS
    for node in _nodes(_syntax_tree(connection, statement.query)):
        _refuse_other_than_reading(node)
        _refuse_functions(node, tables)
        _refuse_server_views(node, hidden)
    return statement


def _without_tail(sql: str) -> str:
    """The text without closing semicolons and comments: the engine wraps it, and they would end or swallow the rest."""
    if len(sql) > LONGEST_TEXT:
        raise QueryRefusedError(f"The query has {len(sql):,} characters; {LONGEST_TEXT:,} is the most.")
    if "\x00" in sql:
        raise QueryRefusedError(f"The query has a null character at position {sql.index(chr(0)) + 1}; remove it.")
    try:
        text = sql.encode()
    except UnicodeEncodeError as error:
        raise QueryRefusedError(f"The character at position {error.start + 1} is half of one; type it again.") from None
    for offset, kind in reversed(duckdb.tokenize(sql)):  # offsets count bytes
        if kind != duckdb.token_type.comment and text[offset:].rstrip() != b";":
            break
        text = text[:offset]
    return text.decode()


def plain_words(error: Exception) -> str:
    """The engine's message without the name of its error class."""
    return re.sub(r"^(\w+ )*Error: ", "", str(error)).strip()


def _one_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        if "expression depth" in str(error):  # the engine advises a setting that is locked here
            raise QueryRefusedError(TOO_DEEP) from None
        raise QueryFailedError(plain_words(error)) from None
    if not statements:
        raise QueryRefusedError("The query is empty. Write one SELECT, for example: SELECT * FROM common.dim_dates")
    if len(statements) > 1:
        raise QueryRefusedError(f"Found {len(statements)} statements; run one SELECT at a time.")
    (statement,) = statements
    kind = _kind(statement)
    if kind != "SELECT":
        advice = _REPLACEMENTS.get(kind, "the published tables can be read with SELECT and with nothing else")
        raise QueryRefusedError(f"{kind.replace('_', ' ')} is not possible here: {advice}.")
    return statement


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:  # the Python client lacks a name for some kinds that the engine knows, such as UPDATE EXTENSIONS
        return "this statement"


def _syntax_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    # fetchall, not fetchone: a result that is not read to its end keeps the connection busy.
    ((text,),) = connection.execute("select json_serialize_sql(cast(? as varchar))", [sql]).fetchall()
    try:
        tree = json.loads(text)
    except RecursionError:
        raise QueryRefusedError(TOO_DEEP) from None
    if tree["error"]:
        raise QueryFailedError(f"Syntax error: {tree['error_message']}")
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _refuse_other_than_reading(node: dict[str, Any]) -> None:
    below = (node.get(name) for name in ("node", "query_node"))
    kinds = [str(item["type"]) for item in below if isinstance(item, dict)]
    kinds += [kind for kind in [str(node.get("type", ""))] if kind.endswith("_NODE")]
    for kind in kinds:
        if kind not in QUERY_NODES:
            verb = kind.removesuffix("_NODE").removesuffix("_QUERY").replace("_", " ")
            raise QueryRefusedError(f"{verb} is not possible here: the published tables can only be read.")


def _refuse_functions(node: dict[str, Any], tables: frozenset[str]) -> None:
    if node.get("type") == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in tables:
            raise QueryRefusedError(f"{name}() is not possible here: {NO_FILES}")
    elif node.get("class") == "FUNCTION" and str(node.get("function_name", "")).lower() in SERVER_FUNCTIONS:
        raise QueryRefusedError(f"{node['function_name']}() is not possible here: it tells about the server.")


def _refuse_server_views(node: dict[str, Any], hidden: frozenset[str]) -> None:
    if node.get("type") == "BASE_TABLE" and str(node.get("table_name", "")).lower() in hidden:
        raise QueryRefusedError(
            f"{node['table_name']} is not possible here: it tells about the server. "
            "SHOW ALL TABLES lists what is published."
        )
