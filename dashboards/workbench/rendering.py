"""Writing a large result as a file, in a process of its own: a workbook of a million cells costs seconds of Python, and
in the pages' process every other reader would wait for them.

Formats are written in `dashboards.exports`; nothing here opens a database.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from dashboards.exports import Format, render
from dashboards.workbench.errors import QueryLimitError, QueryRefusedError

SMALL_CELLS = 20_000
"""Below this the start of a process would cost more than it saves."""

SECONDS = 120.0
_PACKAGES = str(Path(__file__).resolve().parents[2])
_BOOT = """
import os, sys
sys.path.insert(0, sys.argv[1])
os.nice(10)
from dashboards.workbench.rendering import main
main()
"""


def rendered(table: pa.Table, columns: tuple[str, ...], form: Format, *, notes: tuple[str, ...] = ()) -> bytes:
    """As `exports.render`. Raises QueryRefusedError for what a format cannot hold, QueryLimitError out of time."""
    if form in ("parquet", "arrow") or table.num_rows * table.num_columns <= SMALL_CELLS:
        try:
            return render(table, columns, form, notes=notes)
        except ValueError as error:
            raise QueryRefusedError(str(error)) from None
    request = json.dumps({"columns": columns, "form": form, "notes": notes}).encode()
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-B", "-c", _BOOT, _PACKAGES],
            input=request + b"\n" + render(table, columns, "arrow"),
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={"HOME": "/nonexistent", "LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise QueryLimitError(f"Writing {form} took longer than {SECONDS:g} s; take CSV or Parquet.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise QueryRefusedError(said[-1].removeprefix("ValueError: ") if said else f"{form} could not be written")
    return done.stdout


def main() -> None:
    """The process: a line of JSON and an Arrow stream in, the file out."""
    request = json.loads(sys.stdin.buffer.readline())
    with pa.ipc.open_stream(sys.stdin.buffer.read()) as stream:
        table = stream.read_all()
    sys.stdout.buffer.write(render(table, request["columns"], request["form"], notes=request["notes"]))
