"""Whether a run fits on the disk. How much old versions take and when they go is decided in `versions`."""

from __future__ import annotations

import shutil

from company.folders import DataFolder
from company.versions import current_version
from pipelines.publish.errors import DiskSpaceError
from pipelines.warehouse.databases import DatabasePair

MIN_FREE_BYTES = 200_000_000


def refuse_full_disk(folders: DataFolder) -> None:
    """Raise DiskSpaceError where a run would not fit: it holds a copy of the pair and then a version of its own."""
    current = current_version(folders)
    pair = DatabasePair(folders.warehouse / current) if current else None
    needed = max(2 * pair.size if pair else 0, MIN_FREE_BYTES)
    free = shutil.disk_usage(folders.root).free
    if free < needed:
        raise DiskSpaceError(
            f"{folders.root}: {free // 1_000_000} MB free, a run needs {needed // 1_000_000} MB;"
            " make room (`plumbline prune` deletes old versions) and run again"
        )
