"""Places for running queries: a fixed number per data folder, shared by every process that opens it.

A place is an operating-system lock, so that a process that dies gives its place back. What runs in it is not known
here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from dashboards.workbench.errors import QueryCancelledError, QueryQueueError

_LOOK_AGAIN_SECONDS = 0.02


@contextmanager
def place(folder: Path, *, count: int, wait_seconds: float, cancel: threading.Event | None = None) -> Iterator[float]:
    """Hold one of `count` places in `folder`; gives the seconds waited. Those who wait queue at one door.

    Raises QueryQueueError when none became free within `wait_seconds`, QueryCancelledError once `cancel` is set.
    """

    def is_cancelled() -> bool:
        return cancel is not None and cancel.is_set()

    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    deadline = began + wait_seconds
    held = None
    try:
        # Only the one at the door looks for a place: a newcomer cannot overtake.
        with _lock(folder / "door.lock").acquire(
            timeout=wait_seconds, poll_interval=_LOOK_AGAIN_SECONDS, cancel_check=is_cancelled
        ):
            held = _free_place(folder, count)
            while held is None:
                if time.monotonic() > deadline or is_cancelled():
                    raise Timeout(str(folder))
                time.sleep(_LOOK_AGAIN_SECONDS)
                held = _free_place(folder, count)
    except Timeout:
        if is_cancelled():
            raise QueryCancelledError("Cancelled while it waited for a place.") from None
        running = "1 query is" if count == 1 else f"{count} queries are"
        raise QueryQueueError(
            f"{running} running and none ended within {wait_seconds:.0f} s. Try again in a moment."
        ) from None
    try:
        yield time.monotonic() - began
    finally:
        held.release()


def _free_place(folder: Path, count: int) -> FileLock | None:
    for number in range(count):
        lock = _lock(folder / f"place-{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return lock
    return None


def _lock(path: Path) -> FileLock:
    # Not thread-local: a result may be awaited in another thread than the one that queued.
    return FileLock(path, mode=0o600, thread_local=False)
