"""One writer at a time, and whoever is refused is told by whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from company.folders import DataFolder
from pipelines.publish.errors import LockedError
from pipelines.publish.lock import writing

HOLD = """
import sys, time
from pathlib import Path
from company.folders import DataFolder
from pipelines.publish.lock import writing
with writing(DataFolder(Path(sys.argv[1])), "plumbline run"):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    first = holder(tmp_path)
    try:
        with (
            pytest.raises(LockedError, match=rf"process {first.pid} \(plumbline run, since "),
            writing(DataFolder(tmp_path), "test"),
        ):
            pass
    finally:
        first.kill()
        first.communicate()


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    """A power cut must not leave a lock that somebody has to delete by hand."""
    first = holder(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with writing(DataFolder(tmp_path), "test"):
        pass


def test_a_writer_that_may_wait_gets_its_turn(tmp_path: Path) -> None:
    first = holder(tmp_path)
    began = time.monotonic()
    with pytest.raises(LockedError), writing(DataFolder(tmp_path), "test", wait_seconds=0.5):
        pass
    assert time.monotonic() - began >= 0.5
    first.kill()
    first.communicate()
    with writing(DataFolder(tmp_path), "test", wait_seconds=5):
        pass


def test_the_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with writing(DataFolder(tmp_path), "test"):
            pass
