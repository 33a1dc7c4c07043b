"""Two queries at once for one data folder, whoever asks; the rest wait their turn."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from company.roles import Access
from company.settings import Settings
from dashboards.workbench import slots
from dashboards.workbench.errors import QueryQueueError
from dashboards.workbench.query import AT_ONCE, run_query

ROOT = Path(__file__).resolve().parents[3]

HOLD = """
import sys
from pathlib import Path
from dashboards.workbench import slots
with slots.place(Path(sys.argv[1]), count=2, wait_seconds=10):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_eight_questions_at_once_are_all_answered_two_at_a_time(settings: Settings, sam: Access) -> None:
    """Ten analysts on a Monday morning must not stop the pages."""
    running: list[int] = []
    watched = threading.Event()

    def watch() -> None:
        while not watched.wait(0.02):
            running.append(sum(map(_is_child, Path("/proc").glob("[0-9]*/stat"))))

    watcher = threading.Thread(target=watch, daemon=True)
    if sys.platform == "linux":
        watcher.start()
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(run_query, settings, f"select {n} from (select sleep_ms(300))", access=sam) for n in range(8)
        ]
        results = [question.result() for question in asked]
    watched.set()
    assert [result.rows() for result in results] == [[(n,)] for n in range(8)]
    # How long and how many depends on how fast eight threads start here; that some stood behind others does not.
    waited = sorted(result.queued_seconds for result in results)
    assert waited[-1] > waited[0]
    if sys.platform == "linux":
        assert max(running) == AT_ONCE


def _is_child(stat: Path) -> bool:
    """A query of this process: other tests have children of their own, and a fork is at first a copy of its parent."""
    try:
        state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        command = stat.with_name("cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(parent) == os.getpid() and state != "Z" and b"dashboards.workbench" in command


def test_places_are_shared_with_other_processes_and_come_back_when_one_dies(settings: Settings, sam: Access) -> None:
    """The command line and the pages use the same machine; a dead process must not keep its place."""
    folder = settings.folders.app / "query-places"
    holders = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(AT_ONCE)
    ]
    try:
        for holder in holders:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
        with pytest.raises(QueryQueueError, match=r"2 queries are running and none ended within 0 s"):
            run_query(settings, "select 1", access=sam, wait_seconds=0.3)
        holders[0].kill()
        holders[0].wait()
        assert run_query(settings, "select 1", access=sam, wait_seconds=5).rows() == [(1,)]
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def test_a_place_is_given_back_when_the_work_in_it_fails(tmp_path: Path) -> None:
    """Two bad queries must not close the workbench for everybody."""
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), slots.place(tmp_path, count=1, wait_seconds=1):
            raise ZeroDivisionError
    with slots.place(tmp_path, count=1, wait_seconds=1) as waited:
        assert waited < 1
