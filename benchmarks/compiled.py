"""dbt's models and tests as plain SQL in an order that runs, and a pair of databases to run them in.

dbt compiles; what it would do around each statement (contracts, hooks, bookkeeping) is left out on purpose.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import ROOT


@dataclass(frozen=True, slots=True)
class CompiledProject:
    """`statements` create every seed and model in order; `tests` give failing rows.

    `rebuilds` create the tables of models again over those that are there: path of the model, statement, in order.
    """

    statements: tuple[str, ...]
    rebuilds: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]
    models: int
    seeds: int
    python_models: int


def empty_pair(data: Path, place: Path, *, with_models: bool) -> duckdb.DuckDBPyConnection:
    """The accepted pair of databases copied to `place`; without the models, only raw tables are left in it."""
    accepted = max((path for path in (data / "warehouse").iterdir() if (path / "build.duckdb").is_file()), key=str)
    place.mkdir(parents=True, exist_ok=True)
    for name in ("build.duckdb", "marts.duckdb"):
        shutil.copyfile(accepted / name, place / name)
    if not with_models:
        (place / "marts.duckdb").unlink()
    connection = duckdb.connect(place / "build.duckdb")
    connection.execute(f"attach '{place / 'marts.duckdb'}' as marts (storage_version 'v1.4.0')")
    if not with_models:
        found = connection.execute(
            "select distinct schema_name from duckdb_schemas() where database_name = 'build' "
            "and schema_name not in ('raw', 'main') and not internal"
        ).fetchall()
        for (name,) in found:
            connection.execute(f"drop schema build.{name} cascade")
    return connection


def compiled_project(data: Path, place: Path) -> CompiledProject:
    """Compile the whole project against a copy of the accepted databases."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    copy = place / "compile"
    empty_pair(data, copy, with_models=True).close()
    os.environ["PLUMBLINE_BUILD_DATABASE"] = str(copy / "build.duckdb")
    os.environ["PLUMBLINE_MARTS_DATABASE"] = str(copy / "marts.duckdb")
    paths = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", str(place / "target")]
    quiet = ["--quiet", "--log-level", "none", "--log-path", str(place / "target"), "--no-version-check"]
    try:
        result: Any = dbtRunner().invoke([*quiet, "compile", "--full-refresh", *paths])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # theirs
    if not result.success:
        raise RuntimeError(f"dbt cannot compile the project: {result.exception or 'see its log'}")
    nodes = {item.node.unique_id: item.node for item in result.result.results}
    manifest = json.loads((place / "target" / "manifest.json").read_bytes())
    ordered = [nodes[name] for name in _in_order(manifest["parent_map"]) if name in nodes]
    models = [node for node in ordered if str(node.resource_type) == "model"]
    seeds = [node for node in ordered if str(node.resource_type) == "seed"]
    python = [node for node in models if str(node.language) == "python"]
    statements = [sql for node in ordered if (sql := _statement(node, copy))]
    schemas = dict.fromkeys(
        f'create schema if not exists "{node.database}"."{node.schema}"'
        for node in (*seeds, *models)
        if node.relation_name
    )
    tests = [
        str(node.compiled_code) for node in nodes.values() if str(node.resource_type) == "test" and node.compiled_code
    ]
    rebuilds = [
        (str(node.original_file_path), sql.replace("create table", "create or replace table", 1))
        for node in models
        if (sql := _statement(node, copy)) and sql.startswith("create table")
    ]
    return CompiledProject((*schemas, *statements), tuple(rebuilds), tuple(tests), len(models), len(seeds), len(python))


def run_models(data: Path, place: Path, selection: str) -> Callable[[], int]:
    """Builds the selected models with dbt over a copy of the accepted databases and counts them; parsed beforehand."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    empty_pair(data, place, with_models=True).close()
    os.environ["PLUMBLINE_BUILD_DATABASE"] = str(place / "build.duckdb")
    os.environ["PLUMBLINE_MARTS_DATABASE"] = str(place / "marts.duckdb")
    paths = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", str(place / "target")]
    quiet = ["--quiet", "--log-level", "none", "--log-path", str(place / "target"), "--no-version-check"]
    parsed: Any = dbtRunner().invoke([*quiet, "parse", *paths])
    if not parsed.success:
        raise RuntimeError(f"dbt cannot read the project: {parsed.exception or 'see its log'}")

    def build() -> int:
        try:
            runner = dbtRunner(manifest=parsed.result)
            result: Any = runner.invoke([*quiet, "--no-write-json", "run", "--select", selection, *paths])
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # theirs
        if not result.success:
            raise RuntimeError(f"dbt cannot build {selection}: {result.exception or 'see its log'}")
        return sum(str(item.node.resource_type) == "model" for item in result.result.results)

    return build


def _in_order(parents: Mapping[str, list[str]]) -> list[str]:
    """Every node after all it reads, names deciding between equals; steps that dbt folds into others included."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in done:
            return
        for parent in sorted(parents.get(name, ())):
            visit(parent)
        done[name] = None

    for name in sorted(parents):
        visit(name)
    return list(done)


def _statement(node: Any, accepted: Path) -> str | None:
    kind = str(node.resource_type)
    if kind == "seed":
        types = ", ".join(f"'{name}': '{data_type}'" for name, data_type in node.config.column_types.items())
        read = f"read_csv('{ROOT / node.original_file_path}', header = true, types = {{{types}}})"
        return f"create table {node.relation_name} as from {read}"
    materialized = str(node.config.materialized)
    if kind != "model" or materialized == "ephemeral":
        return None
    if str(node.language) == "python":
        # Not SQL: its result is taken as it is, so that what reads it can be built.
        return f"create table {node.relation_name} as select * from {_accepted_relation(node, accepted)}"
    what = "view" if materialized == "view" else "table"
    return f"create {what} {node.relation_name} as {node.compiled_code}"


def _accepted_relation(node: Any, accepted: Path) -> str:
    return f"read_duckdb('{accepted / 'build.duckdb'}', schema_name = '{node.schema}', table_name = '{node.alias}')"
