"""The pages' server of a company while it is measured, and a viewer who runs a page's script as a browser does.

Belongs here: starting and ending the server, what it used, and the websocket. What is asked of it is in `viewers`,
`browser` and `hostile_query`.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.measuring import ROOT
from company.settings import Settings
from dashboards.access.accounts import AccountError, Accounts
from dashboards.app import serve_command
from dashboards.workbench import saved

START_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it is, and its process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """User and system seconds of the server and of the children it has waited for."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / _TICKS


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """The pages of a company on the loopback address, from the moment that the server answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = int(unused.getsockname()[1])
    environment = {
        **os.environ,
        "PLUMBLINE_CONFIG": str(settings.file),
        "PLUMBLINE_DATA": str(settings.folders.root),
    }
    process = subprocess.Popen(
        serve_command(port=port), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    running = Served(port, process)
    try:
        _wait_for(running)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(running: Served) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{running.address}/_stcore/health", timeout=2)  # noqa: S310 - loopback
            return
        time.sleep(0.1)
    raise TimeoutError(f"the server of the pages did not answer within {START_SECONDS} s")


async def connect(running: Served) -> websockets.ClientConnection:
    """A viewer's connection, with the first page run."""
    viewer = await websockets.connect(
        f"ws://127.0.0.1:{running.port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]  # a plain name is what the library documents
        max_size=None,
    )
    await run_page(viewer)
    return viewer


async def run_page(viewer: websockets.ClientConnection, query: str = "") -> None:
    """Run the page's script with the filters of a query string, up to the message that it has ended."""
    message = BackMsg()
    message.rerun_script.query_string = query
    await viewer.send(message.SerializeToString())
    content = ForwardMsg()
    while content.WhichOneof("type") != "script_finished":
        content.ParseFromString(bytes(await viewer.recv()))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks saved queries through the export, as a script with a token does."""

    served: Served
    token: str

    def ask(self, query: str, form: str = "csv") -> tuple[int, int]:
        """The status and the size of the answer."""
        pair = base64.b64encode(f"x:{self.token}".encode()).decode()
        address = f"{self.served.address}/api/queries/{query}.{form}"
        request = urllib.request.Request(address, headers={"Authorization": f"Basic {pair}"})  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
                return answer.status, len(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, 0


@contextlib.contextmanager
def saved_queries(settings: Settings, running: Served, texts: tuple[str, ...]) -> Iterator[tuple[Asker, list[str]]]:
    """A token of somebody who may export, and these queries saved; both are gone afterwards."""
    name = "benchmark"
    owner = next(u.email for u in settings.users if any(settings.roles[r].export for r in u.roles))
    accounts, now = Accounts(settings.folders), datetime.now(UTC)
    with contextlib.suppress(AccountError):
        accounts.revoke_token(owner, name, now=now)
    token = accounts.make_token(owner, name, now=now, days=1)
    ids = [saved.save(settings.folders, title="Benchmark", text=text, owner=owner, at=now).id for text in texts]
    try:
        yield Asker(running, token), ids
    finally:
        accounts.revoke_token(owner, name, now=datetime.now(UTC))
        for query in ids:
            saved.delete(settings.folders, query, owner, at=datetime.now(UTC))
