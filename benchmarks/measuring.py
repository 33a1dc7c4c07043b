"""Run one task in a process of its own and take its measure. Knows processes; knows no task.

Every task starts from a cold interpreter: none pays for the imports of another, and none profits from the caches of
another. CPU seconds are user and system time, children included.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class TaskFailedError(Exception):
    """A task ended with an error: its own words are the message. Nothing was measured."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What some work took. `peak_bytes`: the largest single process of it; 0 where that was not looked at."""

    cpu_seconds: float
    seconds: float
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One task: `work` is the work alone, `process` the whole process with its start; `facts` are what it counted."""

    work: Taken
    process: Taken
    facts: Mapping[str, Any] = field(default_factory=dict)


class Stopwatch:
    """Adds up the stretches that were timed; set-up between them is free, and so is what a helper of it held."""

    def __init__(self) -> None:
        self.cpu_seconds = 0.0
        self.seconds = 0.0
        self.peak_bytes = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        cpu, wall = cpu_seconds(), time.perf_counter()
        try:
            yield
        finally:
            self.cpu_seconds += cpu_seconds() - cpu
            self.seconds += time.perf_counter() - wall
            self.peak_bytes = peak_bytes()


def measure(task: str, **arguments: Any) -> Outcome:
    """Run `module:function` of this package with the arguments, in a new process. Raises TaskFailedError."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        request = json.dumps({"task": task, "arguments": arguments, "answer": str(answer)})
        errors = Path(folder) / "errors"
        began = time.perf_counter()
        with errors.open("wb") as to:
            # A process group's ends are waited for one by one: wait4 gives the usage of this process and its children.
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=to,
                stderr=subprocess.STDOUT,
            )
            assert process.stdin is not None  # noqa: S101 - Popen was given a pipe
            process.stdin.write(request.encode())
            process.stdin.close()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode != 0:
            said = errors.read_text(errors="replace").strip().splitlines()
            raise TaskFailedError(f"{task} ended with code {process.returncode}: " + "\n".join(said[-12:]))
        content = json.loads(answer.read_text())
    peak = content["peak_bytes"]
    whole = Taken(usage.ru_utime + usage.ru_stime, seconds, peak)
    return Outcome(Taken(content["cpu_seconds"], content["seconds"], peak), whole, content["facts"])


def peak_bytes() -> int:
    """The most memory that this process or one that it started and waited for has held.

    Asked by the process itself: what the kernel tells its parent begins with the size of that parent, which the fork
    was a copy of.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    if sys.platform != "linux":
        return max(started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return max(started, own * unit)


def cpu_seconds() -> float:
    """User and system seconds of this process and of the children it has waited for."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total
