"""Start a query's process, watch it, kill it, and turn how it ended into an answer or an error.

Knows processes and frames. Knows nothing of roles and versions (`query`) nor of what the process runs (`child`).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from dashboards.workbench import child, errors

START_SECONDS = 20.0
"""The engine's own start is not the query's time; a machine that needs longer than this has other troubles."""

_WATCH_EVERY_SECONDS = 0.05
_MEBIBYTE = 1 << 20
_PACKAGES = str(Path(__file__).resolve().parents[2])
# NumPy is kept out: engine and Arrow do without, and its import is half of the processor time of a start.
_BOOT = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["numpy"] = None
from dashboards.workbench import child
child.main()
"""
# No variable of ours reaches the process: it has no secret to tell. Arrow's own allocator would reserve more address
# space than the limit leaves.
_ENVIRONMENT = {"ARROW_DEFAULT_MEMORY_POOL": "system", "HOME": "/nonexistent", "LANG": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use. `memory_mb` and `rows` as in plumbline.yaml; `seconds` is wall time."""

    memory_mb: int
    seconds: float
    rows: int
    threads: int = 2

    @property
    def address_space(self) -> int:
        return (self.memory_mb + 1024) * _MEBIBYTE

    @property
    def resident_bytes(self) -> int:
        """Where the watchdog kills: the engine's limit and room for itself and its libraries."""
        return (self.memory_mb + 512) * _MEBIBYTE

    @property
    def result_bytes(self) -> int:
        """The largest result taken over: it is held in the memory of the process that asked."""
        return self.memory_mb * _MEBIBYTE // 4

    @property
    def cpu_seconds(self) -> int:
        # The wall limit comes first; this one holds should the parent be stopped.
        return int(self.seconds * self.threads) + 5


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns as (name, type of the engine), the rows, and which cap cut them off: `rows`, `bytes` or nothing."""

    columns: tuple[tuple[str, str], ...]
    table: pa.Table
    truncated: str


def ask(
    file: Path,
    sql: str,
    parameters: Any,
    limits: Limits,
    *,
    cancel: threading.Event | None = None,
    explain: bool = False,
) -> Answer:
    """Run one query on one database file in a process of its own. Raises QueryError; the process is gone either way.

    Setting `cancel` from another thread ends it within a twentieth of a second. `explain` gives the engine's plan.
    """
    request = {
        "file": str(file),
        "sql": sql,
        "parameters": parameters,
        "memory_mb": limits.memory_mb,
        "threads": limits.threads,
        "rows": limits.rows,
        "result_bytes": limits.result_bytes,
        "address_space": limits.address_space,
        "cpu_seconds": limits.cpu_seconds,
        "explain": explain,
    }
    with _process() as process, _watched(process, limits, cancel) as watch:
        questions, answers = process.stdin, process.stdout
        assert questions is not None  # noqa: S101 - Popen was given pipes
        assert answers is not None  # noqa: S101
        try:
            questions.write(json.dumps(request).encode() + b"\n")
            questions.flush()
            answer = _read(answers, watch, limits)
        except (BrokenPipeError, EOFError):
            if watch.reason == "cancelled":
                raise errors.QueryCancelledError("Cancelled.") from None
            raise _ended_early(process, watch, limits) from None
    return answer


@contextmanager
def _process() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the SQL goes through the pipe
        [sys.executable, "-I", "-B", "-c", _BOOT, _PACKAGES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with suppress(BrokenPipeError):  # a process that died before it read its question
                    pipe.close()


class _Watch:
    """Why the watchdog killed the process, if it did, and when the query's time began."""

    def __init__(self) -> None:
        self.deadline = time.monotonic() + START_SECONDS
        self.started = False
        self.reason: str | None = None
        self.done = threading.Event()

    def start(self, limits: Limits) -> None:
        self.deadline = time.monotonic() + limits.seconds
        self.started = True


@contextmanager
def _watched(process: subprocess.Popen[bytes], limits: Limits, cancel: threading.Event | None) -> Iterator[_Watch]:
    watch = _Watch()

    def look() -> None:
        while not watch.done.wait(_WATCH_EVERY_SECONDS):
            if cancel is not None and cancel.is_set():
                watch.reason = "cancelled"
            elif time.monotonic() > watch.deadline:
                watch.reason = "time" if watch.started else "start"
            elif resident_bytes(process.pid) > limits.resident_bytes:
                watch.reason = child.MEMORY
            if watch.reason:
                process.kill()
                return

    thread = threading.Thread(target=look, name="query watchdog", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.done.set()
        thread.join()


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now; 0 once it is gone."""
    try:
        if sys.platform == "linux":
            pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
            return pages * 4096
        kilobytes = subprocess.run(  # noqa: S603 - fixed program, our own process id
            ["/bin/ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=False, text=True
        ).stdout
        return int(kilobytes or 0) * 1024
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0


def _read(pipe: IO[bytes], watch: _Watch, limits: Limits) -> Answer:
    columns: tuple[tuple[str, str], ...] = ()
    parts: list[bytes] = []
    size = 0
    for kind, content in _frames(pipe, most=limits.address_space):
        if kind == child.STARTED:
            watch.start(limits)
        elif kind == child.COLUMNS:
            columns = tuple((name, data_type) for name, data_type in json.loads(content))
        elif kind == child.ARROW:
            size += len(content)
            parts.append(content)
            if size > 2 * limits.result_bytes:
                raise errors.QueryLimitError("The result is larger than it may be; select fewer columns or rows.")
        elif kind == child.FAILURE:
            raise _failure(json.loads(content), limits)
        elif kind == child.END:
            with pa.ipc.open_stream(pa.py_buffer(b"".join(parts))) as stream:
                return Answer(columns, stream.read_all(), content.decode())
    raise EOFError


def _frames(pipe: IO[bytes], *, most: int) -> Iterator[tuple[bytes, bytes]]:
    while head := pipe.read(child.FRAME.size):
        if len(head) < child.FRAME.size:
            raise EOFError
        kind, length = child.FRAME.unpack(head)
        if length > most:
            raise EOFError
        content = pipe.read(length)
        if len(content) < length:
            raise EOFError
        yield kind, content


def _failure(content: dict[str, str], limits: Limits) -> errors.QueryError:
    if content["kind"] == errors.QueryLimitError.__name__:
        return _too_much_memory(limits)
    kinds = (errors.QueryRefusedError, errors.QueryFailedError, errors.QueryDataError)
    kind = {error.__name__: error for error in kinds}[content["kind"]]
    return kind(content["message"])


def _ended_early(process: subprocess.Popen[bytes], watch: _Watch, limits: Limits) -> errors.QueryError:
    code = process.wait()
    if watch.reason == child.MEMORY:
        return _too_much_memory(limits)
    if watch.reason == "time" or code == -signal.SIGXCPU:
        return errors.QueryLimitError(
            f"Stopped after {limits.seconds:g} s, the limit of plumbline.yaml: query.seconds. "
            "Filter earlier, aggregate before joining, or ask for a shorter period."
        )
    if watch.reason == "start":
        return errors.QueryLimitError(f"The query's process did not start within {START_SECONDS:g} s. Try again.")
    if code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS):
        # What the engine does when an allocation beyond the address space fails at a place that cannot report it.
        return errors.QueryLimitError(
            f"The engine gave up ({signal.Signals(-code).name}), most often for want of memory beyond "
            f"{limits.memory_mb} MB (plumbline.yaml: query.memory_mb). Build shorter lists and texts."
        )
    if code == -signal.SIGKILL:
        return errors.QueryLimitError("The machine stopped the query, most often for want of memory. Try again.")
    said = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip().splitlines()
    last = said[-1] if said else "no message"
    return errors.QueryDataError(f"The query's process ended early (exit code {code}): {last}")


def _too_much_memory(limits: Limits) -> errors.QueryLimitError:
    return errors.QueryLimitError(
        f"Needed more than {limits.memory_mb} MB, the limit of plumbline.yaml: query.memory_mb. "
        "Aggregate before joining or sorting, select fewer columns, or build shorter lists and texts."
    )
