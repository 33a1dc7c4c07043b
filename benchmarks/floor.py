"""Raw DuckDB doing what a step of ours does, on the same files: the floor that the step is compared with.

Each task is one DuckDB script with typed columns and tables on disk, and no more: no proof, no manifest, no quarantine.
What the script needs to know (types, compiled SQL) is found out before the clock starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import Stopwatch

THREADS = 2


def rewrite_files(watch: Stopwatch, folder: str, target: str) -> dict[str, Any]:
    """Write the same text files again: all columns as text, one COPY per file."""
    into = Path(target)
    into.mkdir(parents=True, exist_ok=True)
    rows = size = 0
    connection = _connect(str(into / "kept.duckdb"))
    for file in sorted(path for path in Path(folder).rglob("*") if path.suffix in {".csv", ".tsv", ".txt"}):
        found = _sniff(connection, file)
        if found is None:
            continue
        connection.execute(f"create or replace table kept as select * from {_read(file, found, typed=False)}")
        with watch.running():
            connection.execute(f"copy kept to '{into / file.name}' (header, delim '{found['Delimiter']}')")
        rows += _one(connection, "select count(*) from kept")
        size += file.stat().st_size
    connection.close()
    return {"rows": rows, "bytes": size}


def load_files(watch: Stopwatch, files: list[list[str]], database: str, keep_rejects: bool) -> dict[str, Any]:
    """Load each file into a table of its own with the types that DuckDB finds, setting bad lines aside if asked.

    `files`: path, decimal sign and date format of each, the latter two as a person would give them to DuckDB.
    """
    connection = _connect(database)
    rows = 0
    unread: list[str] = []
    for place, (name, decimal, dates) in enumerate(files):
        file = Path(name)
        hints = (f", decimal_separator = '{decimal}'" if decimal else "") + (
            f", dateformat = '{dates}'" if dates else ""
        )
        found = _sniff(connection, file, hints)
        if found is None:
            unread.append(file.name)
            continue
        rejects = ", store_rejects = true" if keep_rejects else ""
        read = _read(file, found, typed=True, options=hints + rejects)
        with watch.running():
            try:
                connection.execute(f"create or replace table t{place} as select * from {read}")
            except duckdb.Error:
                # A column whose first lines promised a type that later ones break: text, as a person would decide.
                connection.execute(
                    f"create or replace table t{place} as select * from {_read(file, found, typed=False)}"
                )
            connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        rows += _one(connection, f"select count(*) from t{place}")
    with watch.running():
        connection.execute("checkpoint")
    connection.close()
    return {"rows": rows, "unread": unread}


def load_parts(watch: Stopwatch, landing: str, database: str) -> dict[str, Any]:
    """One table per entity from the landed Parquet parts."""
    connection = _connect(database)
    entities = sorted({part.parent.parent for part in Path(landing).glob("*/*/*/part-*.parquet")})
    with watch.running():
        for place, entity in enumerate(entities):
            parts = f"read_parquet('{entity}/*/part-*.parquet', union_by_name = true)"
            connection.execute(f"create table t{place} as select * from {parts}")
        connection.execute("checkpoint")
    return {"tables": len(entities)}


def build_models(watch: Stopwatch, data: str, workplace: str, tests: bool) -> dict[str, Any]:
    """Every seed and model as one CREATE in dbt's order; or, for `tests`, every compiled test as one count."""
    from benchmarks.compiled import compiled_project, empty_pair

    accepted, place = Path(data), Path(workplace)
    connection = empty_pair(accepted, place, with_models=tests)
    project = compiled_project(accepted, place)
    connection.execute(f"set threads = {THREADS}")
    if tests:
        with watch.running():
            for sql in project.tests:
                connection.execute(f"select count(*) from ({sql}) as failing").fetchall()
        return {"tests": len(project.tests)}
    with watch.running():
        for statement in project.statements:
            connection.execute(statement)
        connection.execute("checkpoint build; checkpoint marts")
    return {"models": project.models, "seeds": project.seeds, "python_models_not_run": project.python_models}


def rebuild_marts(watch: Stopwatch, data: str, workplace: str, folder: str) -> dict[str, Any]:
    """The models of one folder as one CREATE OR REPLACE each, in dbt's order, all they read being there."""
    from benchmarks.compiled import compiled_project, empty_pair

    accepted, place = Path(data), Path(workplace)
    connection = empty_pair(accepted, place, with_models=True)
    project = compiled_project(accepted, place)
    connection.execute(f"set threads = {THREADS}")
    statements = [sql for path, sql in project.rebuilds if path.startswith(f"models/{folder}/")]
    with watch.running():
        for statement in statements:
            connection.execute(statement)
        connection.execute("checkpoint marts")
    connection.close()
    return {"models": len(statements)}


def publish_files(watch: Stopwatch, marts: str, copies: int, target: str) -> dict[str, Any]:
    """The whole marts database written once per published file."""
    connection = _connect()
    connection.execute(f"attach '{marts}' as marts (read_only)")
    with watch.running():
        for number in range(copies):
            connection.execute(f"attach '{target}/{number}.duckdb' as copy_{number} (storage_version 'v1.4.0')")
            connection.execute(f"copy from database marts to copy_{number}")
            connection.execute(f"detach copy_{number}")
    return {"files": copies}


def answer_queries(watch: Stopwatch, marts: str, queries: list[list[Any]]) -> dict[str, Any]:
    """The queries of one page, one after another, on a connection that has read nothing yet."""
    from benchmarks.pages import unpacked

    connection = duckdb.connect(marts, read_only=True, config={"threads": THREADS})
    bound = [(sql, unpacked(parameters)) for sql, parameters in queries]
    with watch.running():
        for sql, parameters in bound:
            connection.execute(sql, parameters).fetchall()
    return {"queries": len(bound)}


def _connect(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    return duckdb.connect(database, config={"threads": THREADS})


def _sniff(connection: duckdb.DuckDBPyConnection, file: Path, hints: str = "") -> dict[str, Any] | None:
    for encoding in ("utf-8", "utf-16", "latin-1"):
        try:
            result = connection.execute(f"from sniff_csv('{file}', encoding = '{encoding}'{hints})")
            names = [column[0] for column in result.description or []]
            row = result.fetchall()[0]
        except duckdb.Error:
            continue
        return {**dict(zip(names, row, strict=True)), "encoding": encoding}
    return None


def _read(file: Path, found: dict[str, Any], *, typed: bool, options: str = "") -> str:
    columns = ", ".join(
        f"'{column['name'].replace(chr(39), chr(39) * 2)}': '{column['type'] if typed else 'VARCHAR'}'"
        for column in found["Columns"]
    )
    formats = "".join(
        f", {option} = '{found[name]}'"
        for option, name in (("dateformat", "DateFormat"), ("timestampformat", "TimestampFormat"))
        if typed and found.get(name) and option not in options
    )
    return (
        f"read_csv('{file}', auto_detect = false, header = true, delim = '{found['Delimiter']}', quote = '\"', "
        f"encoding = '{found['encoding']}', columns = {{{columns}}}{formats}{options})"
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])
