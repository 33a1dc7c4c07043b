"""What a query may use up: time, memory, rows, and nothing after it is gone (T9)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from company.roles import Access
from company.settings import Settings
from dashboards.workbench import process, slots
from dashboards.workbench.errors import (
    QueryCancelledError,
    QueryDataError,
    QueryError,
    QueryFailedError,
    QueryLimitError,
)
from dashboards.workbench.query import QueryResult, published_file, run_query

ROOT = Path(__file__).resolve().parents[3]
ENDLESS = "select count(*) from range(1000000000000000)"

Found = TypeVar("Found")

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


@pytest.fixture
def hurried(settings: Settings) -> Settings:
    return settings.model_copy(update={"query": settings.query.model_copy(update={"seconds": 1})})


def children_of(pid: int) -> list[int]:
    """Living child processes: a parent's id is the second field after the name in brackets."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(stat.parent.name))
    return found


def files_of(settings: Settings) -> dict[str, int]:
    """Sizes of everything in the company's folder but the query log, which is meant to grow."""
    found = (path for path in settings.root.rglob("*") if not path.name.startswith("app.sqlite"))
    return {str(path): path.stat().st_size for path in found}


def query_of(pid: int) -> int | None:
    """The query's process that `pid` has started, once it is itself and no longer a copy of its parent."""
    for child in children_of(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"dashboards.workbench" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    return None


def until(condition: Callable[[], Found | None], seconds: float = 60.0) -> Found:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "select array_length(range(200000000))",
        "select length(repeat('x', 2000000000))",
        "select count(*) from (select unnest(range(300000000)))",
        "select list(range) from range(100000000)",
        "select length(string_agg(repeat('x', 1000), '')) from range(10000000)",
        "select max(r) from (select row(a.range, repeat('x', 900)) as r from range(3000000) a order by random())",
        "select count(distinct a.range || '-' || b.range) from range(3000) a, range(3000) b",
    ],
)
def test_a_query_that_wants_the_machines_memory_is_stopped_and_told_so(
    settings: Settings, sam: Access, sql: str
) -> None:
    """These lines took 4 to 15 GB from an engine that was told to use half a gigabyte."""
    peak = 0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.02):
            if child := query_of(os.getpid()):
                peak = max(peak, process.resident_bytes(child))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(QueryLimitError, match=r"256 MB|Stopped after"):
            run_query(settings, sql, access=sam)
    finally:
        ended.set()
        watcher.join()
    assert peak < (256 + 1024) << 20


class WithoutAddressLimit(process.Limits):
    """A machine that cannot limit address space, as macOS: only the watchdog is left."""

    @property
    def address_space(self) -> int:
        return 1 << 40


def test_the_watchdog_alone_stops_a_query_that_grows(settings: Settings, sam: Access) -> None:
    """Where the operating system does not help, the parent still does."""
    limits = WithoutAddressLimit(memory_mb=64, seconds=30, rows=10)
    _, file = published_file(settings, sam, None)
    with pytest.raises(QueryLimitError, match="Needed more than 64 MB"):
        process.ask(file, "select length(repeat('x', 2000000000) || repeat('y', 2000000000))", None, limits)


@pytest.mark.parametrize(
    "sql",
    [
        ENDLESS,
        "with recursive t as (select 1 as i union all select i + 1 from t) select count(*) from t",
        "select max(levenshtein(repeat('ab', 25000), repeat('ba', 25000) || range)) from range(50)",
        "select sum(sqrt(a.range + b.range + c.range)) from range(10000) a, range(10000) b, range(10000) c",
        "select sleep_ms(60000)",
    ],
)
def test_a_query_ends_within_a_second_of_its_time(hurried: Settings, sam: Access, sql: str) -> None:
    """Some of these do not hear the engine's own interrupt: only the end of the process ends them."""
    started = time.monotonic()
    with pytest.raises(QueryLimitError, match=r"Stopped after 1 s, the limit of plumbline.yaml: query.seconds"):
        run_query(hurried, sql, access=sam)
    assert time.monotonic() - started < 1 + 1 + 8  # the limit, its grace, and the start of a process on a busy machine


def test_a_query_of_some_seconds_gives_its_rows(settings: Settings, sam: Access) -> None:
    """The engine prints its progress after two seconds; between the rows that cost every slow query its answer."""
    patient = settings.model_copy(update={"query": settings.query.model_copy(update={"seconds": 60})})
    result = run_query(patient, "select sleep_ms(2600) is null as slept, count(*) from range(10)", access=sam)
    assert len(result.rows()) == 1
    assert result.seconds > 2.5
    slow = "select count(*) from range(30000) a, range(30000) b where (a.range * b.range) % 7 = 3"
    assert run_query(patient, slow, access=sam).rows()[0][0] > 0


def test_a_query_that_is_taken_back_ends_at_once(settings: Settings, sam: Access) -> None:
    """Whoever sees that they asked the wrong thing must not wait for it, nor keep a place from others."""
    patient = settings.model_copy(update={"query": settings.query.model_copy(update={"seconds": 60})})
    cancel = threading.Event()
    timer = threading.Timer(3, cancel.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(QueryCancelledError, match="Cancelled"):
        run_query(patient, ENDLESS, access=sam, cancel=cancel)
    assert time.monotonic() - started < 3 + 3
    assert run_query(patient, "select 1", access=sam).queued_seconds < 1


def test_a_query_that_waits_for_a_place_can_be_taken_back(settings: Settings, sam: Access, tmp_path: Path) -> None:
    cancel = threading.Event()
    with slots.place(tmp_path, count=1, wait_seconds=5):
        threading.Timer(0.5, cancel.set).start()
        with pytest.raises(QueryCancelledError), slots.place(tmp_path, count=1, wait_seconds=60, cancel=cancel):
            raise AssertionError("there was no place")


def test_a_result_of_a_thousand_million_million_rows_gives_the_first_thousand(ask: Callable[..., QueryResult]) -> None:
    """A forgotten filter is a slip of the hand, not an outage."""
    result = ask("select range as n from range(1000000000000000)")
    assert result.truncated
    assert result.table.num_rows == 1000
    assert result.rows()[-1] == (999,)
    assert result.note == "Only the first 1,000 rows are shown (plumbline.yaml: query.rows)."


@pytest.mark.parametrize(("rows", "truncated"), [(999, False), (1000, False), (1001, True)])
def test_a_result_is_called_cut_off_only_when_rows_are_missing(
    ask: Callable[..., QueryResult], rows: int, truncated: bool
) -> None:
    """A whole result that is called cut off sends an analyst looking for rows that do not exist."""
    result = ask(f"select * from range({rows})")
    assert (result.table.num_rows, result.truncated) == (min(rows, 1000), truncated)


def test_a_result_of_wide_rows_is_cut_off_by_its_size(settings: Settings, sam: Access) -> None:
    """The page that asked must not fill its own memory with somebody's text columns: 64 MB of 256 MB here."""
    roomy = settings.model_copy(update={"query": settings.query.model_copy(update={"rows": 1_000_000})})
    result = run_query(roomy, "select repeat('x', 2000) as t from range(200000)", access=sam)
    assert result.truncated
    assert 20_000 < result.table.num_rows < 35_000  # 64 MB of 2 kB
    assert "a result may hold 64 MB" in result.note


def test_an_error_in_the_middle_of_the_rows_is_an_error(settings: Settings, sam: Access) -> None:
    """Half a result without a word would be a wrong number."""
    roomy = settings.model_copy(update={"query": settings.query.model_copy(update={"rows": 1_000_000})})
    sql = "select case when range = 150000 then error('bad row') else range end from range(200000)"
    with pytest.raises(QueryFailedError, match=r"^bad row"):
        run_query(roomy, sql, access=sam)


@linux
@pytest.mark.parametrize(
    ("end", "says"),
    [
        (signal.SIGKILL, "The machine stopped the query, most often for want of memory"),
        (signal.SIGABRT, "The engine gave up (SIGABRT), most often for want of memory beyond 256 MB"),
        (signal.SIGSEGV, "The engine gave up (SIGSEGV)"),
        (signal.SIGXCPU, "Stopped after 60 s, the limit of plumbline.yaml: query.seconds"),
    ],
)
def test_a_killed_process_leaves_nothing_behind_and_says_why(
    settings: Settings, sam: Access, end: signal.Signals, says: str
) -> None:
    """The machine's own hand (out of memory) must free the place, the process and the disk."""
    run_query(settings, "select 1", access=sam)  # makes the lock files
    before, others = files_of(settings), children_of(os.getpid())
    patient = settings.model_copy(update={"query": settings.query.model_copy(update={"seconds": 60})})
    outcome: list[BaseException] = []

    def ask() -> None:
        try:
            run_query(patient, ENDLESS, access=sam)
        except QueryError as error:
            outcome.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    child = until(lambda: query_of(os.getpid()))
    environment = Path(f"/proc/{child}/environ").read_bytes()
    os.kill(child, end)
    asking.join(timeout=60)
    (error,) = outcome
    assert isinstance(error, QueryLimitError)
    assert says in str(error)
    assert set(children_of(os.getpid())) <= set(others)
    assert files_of(settings) == before
    assert run_query(settings, "select 1", access=sam).queued_seconds < 1
    assert {pair.split(b"=")[0] for pair in environment.split(b"\0") if pair} == {
        b"ARROW_DEFAULT_MEMORY_POOL",
        b"HOME",
        b"LANG",
        b"TZ",
    }


ASK_FOREVER = """
import signal
import sys
from pathlib import Path
# Whoever started the tests in the background, or ran a pipeline before, may have left these ignored.
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from company.roles import resolve
from company.settings import load_settings
from dashboards.workbench.query import run_query
settings = load_settings(Path(sys.argv[1]), {})
run_query(settings, sys.argv[2], access=resolve(settings, "sam@example.com"))
"""


@pytest.fixture
def server(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that asks an endless question with a long limit."""
    text = settings.file.read_text(encoding="utf-8").replace("seconds: 3", "seconds: 600")
    patient = settings.root / "patient.yaml"
    patient.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", ASK_FOREVER, str(patient), ENDLESS]
    server = subprocess.Popen(command, cwd=ROOT)
    yield server
    server.kill()
    server.wait()


@linux
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_query_ends_with_the_process_that_asked(server: subprocess.Popen[bytes], end: signal.Signals) -> None:
    """A restarted server must not find its old queries still burning the processor."""
    child = until(lambda: query_of(server.pid))
    time.sleep(1)  # well into the query
    server.send_signal(end)
    server.wait(timeout=60)
    until(lambda: not Path(f"/proc/{child}").exists() or b"\0" not in Path(f"/proc/{child}/cmdline").read_bytes())


def test_a_damaged_file_is_named_without_its_path(settings: Settings, eve: Access, tmp_path: Path) -> None:
    """A flipped disk block must end in a sentence, not in a traceback or a folder name."""
    version = "20260701T000000-damage"
    published = settings.folders.version(version)
    published.mkdir(parents=True)
    source = settings.folders.version("20260630T000000-a1b2c3")
    (published / "manifest.json").write_bytes((source / "manifest.json").read_bytes())
    content = bytearray((source / "marts.duckdb").read_bytes())
    content[4096:4200] = b"\0" * 104
    (published / "marts.duckdb").write_bytes(content[: len(content) // 2])
    with pytest.raises(QueryDataError) as failure:
        run_query(settings, "select 1", access=eve, version=version)
    assert "cannot be opened" in str(failure.value)
    assert settings.root.name not in str(failure.value)
