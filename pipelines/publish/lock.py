"""The one-writer lock of a data folder. The operating system frees it when its holder dies, however it dies.

Every entry point that writes takes it; readers never do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from company.folders import DataFolder
from company.versions import write_bytes
from pipelines.publish.errors import LockedError


@contextmanager
def writing(folders: DataFolder, purpose: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock. A person's second command is refused at once; a scheduled run waits for `wait_seconds`.

    Raises LockedError naming the holder.
    """
    folders.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folders.lock)
    holder = folders.lock.with_suffix(".holder")
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.2)
    except Timeout:
        raise LockedError(
            f"{folders.root} is being written by {_holder(holder.read_text() if holder.exists() else '')};"
            " wait until it ends, or stop that process"
        ) from None
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write_bytes(holder, json.dumps({"pid": os.getpid(), "purpose": purpose, "since": now}).encode())
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(text: str) -> str:
    try:
        record = json.loads(text)
        return f"process {record['pid']} ({record['purpose']}, since {record['since']})"
    except (ValueError, KeyError):
        # The holder has taken the lock and not yet signed, or has just let go of it.
        return "another process"
