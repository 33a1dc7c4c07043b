"""Keeps the servers of one company running: pages, schedules, and Dagster's own pages when asked for.

Starts children, watches them and ends them, each by its own process id. What they serve is theirs to know.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from company.settings import Settings
from pipelines.runner import write_dagster_home
from pipelines.warehouse.dbt import PROJECT

SECONDS_TO_END = 10.0
_LOOK_EVERY = 0.3


class ServingError(Exception):
    """A server ended by itself or could not be started; all others were ended too."""


@dataclass(frozen=True, slots=True)
class Server:
    """One child: a name for people and the command that starts it."""

    name: str
    command: Sequence[str]


def schedules_server() -> Server:
    """Dagster's daemon: runs the schedules and sensors of the graph."""
    return Server("schedules", [sys.executable, "-m", "dagster._daemon", "run", "-m", "pipelines.definitions"])


def dagster_ui_server(port: int) -> Server:
    """Dagster's pages, on this machine only: they have no sign-in."""
    command = ["-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-m", "pipelines.definitions"]
    return Server("dagster", [sys.executable, *command])


def serve(settings: Settings, servers: Sequence[Server], *, on_ready: Callable[[], None]) -> None:
    """Run the servers until one of them ends or somebody stops this process; then end all of them.

    Raises ServingError naming the server that ended by itself.
    """
    write_dagster_home(settings.folders)
    environment = child_environment(settings, os.environ)
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with _stop_signals() as stopped:
            for server in servers:
                children[server.name] = _start(server, environment)
            on_ready()
            while not stopped():
                for name, child in children.items():
                    if child.poll() is not None:
                        raise ServingError(f"{name} ended by itself with exit code {child.returncode}")
                time.sleep(_LOOK_EVERY)
    finally:
        _end(children.values())


def child_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What every child needs to find the same company, and Dagster its instance."""
    return {
        **environ,
        "PLUMBLINE_CONFIG": str(settings.file),
        "PLUMBLINE_DATA": str(settings.folders.root),
        "DAGSTER_HOME": str(settings.folders.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def _start(server: Server, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process only, which then ends the children in its own way.
    try:
        return subprocess.Popen(server.command, env=dict(environment), cwd=PROJECT, start_new_session=True)  # noqa: S603  # commands of ours, no shell
    except OSError as error:
        raise ServingError(f"{server.name} could not be started: {error}") from error


def _end(children: Iterable[subprocess.Popen[bytes]]) -> None:
    alive = [child for child in children if child.poll() is None]
    for child in alive:
        os.killpg(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_END
    for child in alive:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
