"""The record of a run, kept on disk from its first moment to its last, and the records of runs that died.

What a record says is `company.versions.RunRecord`; measuring and writing it belongs here.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from company.folders import DataFolder
from company.versions import Failure, RunRecord, RunStatus, Step, latest_runs, write_json

_RECORDS_LOOKED_AT = 20


class RunRecorder:
    """Adds steps and failures to one run's record; every change is on disk when the call returns."""

    def __init__(self, folders: DataFolder, *, run_id: str, started_at: datetime, as_of: date) -> None:
        self._path = folders.runs / f"{run_id}.json"
        self.record = RunRecord(
            run_id=run_id, started_at=started_at, status="running", as_of=as_of, pid=os.getpid(), message="running"
        )
        write_json(self._path, self.record)

    @contextmanager
    def step(self, name: str) -> Iterator[StepCount]:
        """Measure a step: wall and CPU seconds of this process and its children. Recorded also when it fails."""
        count = StepCount()
        wall, cpu = time.monotonic(), cpu_seconds()
        try:
            yield count
        finally:
            step = Step(
                name=name,
                seconds=round(time.monotonic() - wall, 3),
                cpu_seconds=round(cpu_seconds() - cpu, 3),
                rows=count.rows,
            )
            self._change(steps=(*self.record.steps, step))

    def add_failures(self, failures: Iterable[Failure]) -> None:
        """Record the checks that failed, with their rows."""
        self._change(failures=(*self.record.failures, *failures))

    def finish(
        self, status: RunStatus, *, at: datetime, version: str | None, message: str, stale_sources: Iterable[str]
    ) -> RunRecord:
        """Close the record."""
        self._change(
            status=status, finished_at=at, version=version, message=message, stale_sources=tuple(stale_sources)
        )
        return self.record

    def _change(self, **changes: object) -> None:
        self.record = self.record.model_copy(update=changes)
        write_json(self._path, self.record)


class StepCount:
    """What a step counted; set `rows` inside the step."""

    rows: int | None = None


def cpu_seconds() -> float:
    """User and system seconds of this process and of the children it has waited for."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def close_dead_records(folders: DataFolder, *, at: datetime) -> None:
    """Mark records of runs that were killed. Call it with the lock held: then no other run can be alive."""
    for record in latest_runs(folders, _RECORDS_LOOKED_AT):
        if record.status == "running":
            message = "killed or crashed before it ended; nothing it did is visible to readers"
            closed = record.model_copy(update={"status": "failed", "finished_at": at, "message": message})
            write_json(folders.runs / f"{record.run_id}.json", closed)
