"""The process that runs one query. Reads one request from standard input, writes frames to standard output, ends.

What holds whatever the SQL says: the environment is empty, the database is read-only, the engine's file system and
settings are locked, no file can be opened (open-file limit) or grown (file-size limit), processor time and address
space are limited, and the process ends with its parent. Choosing the file and killing on time belong to `process`.
"""

from __future__ import annotations

import ctypes
import difflib
import io
import json
import os
import re
import resource
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from dashboards.workbench.errors import QueryDataError, QueryError, QueryFailedError, QueryLimitError, QueryRefusedError
from dashboards.workbench.parameters import decode
from dashboards.workbench.statement import NO_FILES, one_select, plain_words

ALIAS = "marts"
BATCH_ROWS = 2048
FRAME = struct.Struct(">cQ")
STARTED, COLUMNS, ARROW, FAILURE, END = b"S", b"C", b"A", b"F", b"E"
MEMORY = "memory"
_PR_SET_PDEATHSIG = 1

_TEXT_TYPES = ("BIGNUM", "BIT", "GEOMETRY", "INTERVAL", "TIME WITH TIME ZONE", "UHUGEINT", "VARIANT")
"""Types that Arrow, Parquet or JSON cannot hold exactly: they leave as the engine's own text."""

_MISSING_TABLE = re.compile(r"Table with name (?P<name>\"[^\"]+\"|[^\s!]+) does not exist")


class FrameWriter(io.RawIOBase):
    """Arrow's sink: every write becomes one frame."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        view = memoryview(content).cast("B")
        self.send(ARROW, view)
        return len(view)

    def send(self, kind: bytes, content: Any = b"") -> None:
        """Write one frame: kind, length, content."""
        self._pipe.write(FRAME.pack(kind, len(content)))
        self._pipe.write(content)
        self._pipe.flush()


def main() -> None:
    """Serve the one request and leave. Exit code 0 also for a query that failed: the frame says why."""
    code = 0
    # Whatever else is printed in this process, as the engine's progress after two seconds, goes with the errors.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(json.loads(sys.stdin.buffer.readline()), FrameWriter(answers))
    except Exception:  # noqa: BLE001 - the last word of this process goes to whoever started it, then it ends
        traceback.print_exc()
        code = 1
    # Not sys.exit: the engine's threads may still be busy, and tidying them up would abort the process.
    os._exit(code)


def serve(request: dict[str, Any], out: FrameWriter) -> None:
    """Answer one request with frames."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _die_with_parent()
    limit_process(request)
    try:
        connection = open_published(request)
        out.send(STARTED)
        try:
            answer(connection, request, out)
        except duckdb.OutOfMemoryException:
            raise MemoryError from None
        except duckdb.PermissionException:
            raise QueryRefusedError(f"Files cannot be read here: {NO_FILES}") from None
        except duckdb.Error as error:
            raise QueryFailedError(explain(connection, request["sql"], error)) from None
    except QueryError as error:
        _fail(out, type(error).__name__, str(error))
    except (MemoryError, pa.ArrowMemoryError):
        _fail(out, QueryLimitError.__name__, MEMORY)


def limit_process(request: dict[str, Any]) -> None:
    """Lower every limit of this process that a query could use up. They cannot be raised again."""
    cpu = request["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":  # elsewhere the address space cannot be limited: the parent's watchdog stands alone
        resource.setrlimit(resource.RLIMIT_AS, (request["address_space"], request["address_space"]))
    os.nice(10)  # pages come first


def open_published(request: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """One published file, attached read-only under a neutral name, with every other door of the engine locked."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "allow_community_extensions": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "max_temp_directory_size": "0B",
            "memory_limit": f"{request['memory_mb']}MB",
            "python_enable_replacements": "false",
            "temp_directory": "",
            "threads": str(request["threads"]),
        },
    )
    path = request["file"].replace("'", "''")
    try:
        connection.execute(f"attach '{path}' as {ALIAS} (read_only)")
    except duckdb.Error as error:
        reason = str(error).replace(request["file"], "the file").split("\n", 1)[0]
        raise QueryDataError(f"The published data cannot be opened: {reason}") from None
    connection.execute(f"use {ALIAS}")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays open; nothing more can be
    return connection


def answer(connection: duckdb.DuckDBPyConnection, request: dict[str, Any], out: FrameWriter) -> None:
    """Run the query and send columns, rows up to the caps, and whether more were left out."""
    macros, views = catalog(connection)
    statement = one_select(connection, request["sql"], macros=macros, server_views=views)
    if request.get("explain"):
        _explain_plan(connection, statement.query, decode(request["parameters"]), out)
        return
    relation = connection.sql(statement, params=decode(request["parameters"]))
    types = [str(data_type) for data_type in relation.types]
    columns = list(zip(relation.columns, types, strict=True))
    out.send(COLUMNS, json.dumps(columns).encode())
    if any(data_type.startswith(_TEXT_TYPES) for data_type in types):
        relation = relation.project(", ".join(_as_readable(n, *column) for n, column in enumerate(columns, start=1)))
    reader = relation.to_arrow_reader(BATCH_ROWS)
    rows = size = 0
    truncated = ""
    with pa.ipc.new_stream(out, reader.schema) as stream:
        for batch in _batches(reader):
            room = request["rows"] - rows
            size += batch.nbytes
            if size > request["result_bytes"]:
                truncated = "bytes"
                break
            stream.write_batch(batch.slice(0, room))
            rows += min(room, batch.num_rows)
            if batch.num_rows > room:
                truncated = "rows"
                break
    out.send(END, truncated.encode())


def _explain_plan(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any, out: FrameWriter) -> None:
    """The plan of a text that was judged to be one SELECT: nothing of it is run."""
    rows = connection.execute(f"explain {sql}", parameters).fetchall()
    out.send(COLUMNS, json.dumps([("plan", "VARCHAR")]).encode())
    table = pa.table({"plan": pa.array(["\n".join(str(row[-1]) for row in rows)], pa.string())})
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    out.send(END)


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except OSError as error:  # how Arrow passes on what the engine met in the middle of the rows
            if "Out of Memory" in str(error):
                raise MemoryError from None
            raise QueryFailedError(plain_words(error)) from None
        yield batch


def catalog(connection: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """The published table macros, and the engine's own views outside information_schema."""
    macros = _names(
        connection,
        "select function_name from duckdb_functions() "
        f"where function_type = 'table_macro' and database_name = '{ALIAS}'",
    )
    views = "select view_name from duckdb_views() where internal and schema_name <> 'information_schema'"
    return macros, _names(connection, views)


def explain(connection: duckdb.DuckDBPyConnection, sql: str, error: duckdb.Error) -> str:
    """The engine's words with the place in the text; for an unknown table, the nearest published names."""
    text = plain_words(error)
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException):
        # A relation's error does not say where; the same text executed fails at the same name and does.
        try:
            connection.execute(sql)
        except duckdb.Error as placed:
            text = plain_words(placed)
    missing = _MISSING_TABLE.search(text)
    if missing is None:
        return text
    wanted = missing["name"].strip('"')
    published = _names(
        connection,
        f"select schema_name || '.' || table_name from duckdb_tables() where database_name = '{ALIAS}' "
        f"union all select schema_name || '.' || view_name from duckdb_views() where database_name = '{ALIAS}'",
    )
    where = text[text.index("LINE ") :] if "LINE " in text else ""
    return f"There is no table {wanted}. {_nearest(wanted, published)}\n\n{where}".strip()


def _nearest(wanted: str, published: list[str]) -> str:
    if not published:
        return "Your role opens no published table."
    by_name = {name.split(".", 1)[1]: name for name in published}
    found = difflib.get_close_matches(wanted.lower().split(".")[-1], by_name, n=3, cutoff=0.6)
    if not found:
        return "SHOW ALL TABLES lists what there is."
    return "Did you mean " + " or ".join(by_name[name] for name in found) + "?"


def _names(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql).fetchall()]


def _as_readable(position: int, name: str, data_type: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if data_type.startswith(_TEXT_TYPES):
        return f"cast(#{position} as varchar) as {quoted}"
    return f"#{position} as {quoted}"


def _fail(out: FrameWriter, kind: str, message: str) -> None:
    out.send(FAILURE, json.dumps({"kind": kind, "message": message}).encode())


def _die_with_parent() -> None:
    # The kernel's word holds even where another process keeps a copy of the pipe open, or a query the interpreter.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _end_with_parent() -> None:
    # The parent keeps our standard input open and writes nothing more: its end is the parent's.
    sys.stdin.buffer.read()
    os._exit(1)
