"""What other readers feel while somebody's queries eat time and memory: page times with and without them, in turns.

`python -m benchmarks.hostile_query` in a company's folder. Readers are websocket clients that run a page's script as a
browser does; the hostile ones are saved queries asked through the export, in the pages' own process. Turns alternate,
so that a machine that is busy with something else slows both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.measuring import ROOT
from company.settings import Settings, load_settings
from dashboards.access.accounts import AccountError, Accounts
from dashboards.app import serve_command
from dashboards.workbench import saved

HOSTILE = (
    "select count(*) from range(1000000000000000)",
    "select array_length(range(200000000))",
    "select max(levenshtein(repeat('ab', 25000), repeat('ba', 25000) || range)) from range(50)",
    "select repeat('x', 2000) as t, range as n from range(100000000)",
)
TOKEN = "hostile query benchmark"  # noqa: S105 - the token's name


def main() -> None:
    """Measure and print one line per kind of turn."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--readers", type=int, default=3)
    options.add_argument("--attackers", type=int, default=4)
    options.add_argument("--seconds", type=float, default=15)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--think", type=float, default=1.0, help="seconds between a reader's clicks")
    given = options.parse_args()
    settings = load_settings()
    exporter = next(u.email for u in settings.users if any(settings.roles[r].export for r in u.roles))
    accounts, now = Accounts(settings.folders), datetime.now(UTC)
    with contextlib.suppress(AccountError):
        accounts.revoke_token(exporter, TOKEN, now=now)
    token = accounts.make_token(exporter, TOKEN, now=now, days=1)
    queries = [saved.save(settings.folders, title="Hostile", text=text, owner=exporter, at=now).id for text in HOSTILE]
    with _port() as port, _server(settings, port):
        quiet, loud, asked = asyncio.run(_turns(given, port, token, queries))
    accounts.revoke_token(exporter, TOKEN, now=datetime.now(UTC))
    for query in queries:
        saved.delete(settings.folders, query, exporter, at=datetime.now(UTC))
    for name, found in (("alone", quiet), ("beside hostile queries", loud)):
        told = statistics.quantiles(found, n=20)
        print(
            f"{name}: {len(found)} pages, median {1000 * statistics.median(found):.0f} ms, p95 {1000 * told[18]:.0f} ms"
        )
    print(f"hostile queries asked meanwhile: {asked}")


async def _turns(
    given: argparse.Namespace, port: int, token: str, queries: Sequence[str]
) -> tuple[list[float], list[float], int]:
    readers = [await websockets.connect(_address(port), subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
               for _ in range(given.readers)]  # fmt: skip
    for reader in readers:
        await _run_page(reader)
    quiet: list[float] = []
    loud: list[float] = []
    asked = 0
    for turn in range(2 * given.turns):
        attackers: list[asyncio.Task[int]] = []
        until = time.monotonic() + given.seconds
        if turn % 2:
            attackers = [asyncio.create_task(_attack(port, token, queries, until, n)) for n in range(given.attackers)]
            await asyncio.sleep(1)
        found = await asyncio.gather(*(_read(reader, until, given.think) for reader in readers))
        (loud if turn % 2 else quiet).extend(seconds for one in found for seconds in one)
        asked += sum([await task for task in attackers])
    for reader in readers:
        await reader.close()
    return quiet, loud, asked


async def _read(reader: websockets.ClientConnection, until: float, think: float) -> list[float]:
    found = []
    while time.monotonic() < until:
        began = time.monotonic()
        await _run_page(reader)
        found.append(time.monotonic() - began)
        await asyncio.sleep(think)
    return found


async def _run_page(reader: websockets.ClientConnection) -> None:
    message = BackMsg()
    message.rerun_script.query_string = ""
    await reader.send(message.SerializeToString())
    async for content in _messages(reader):
        if content.WhichOneof("type") == "script_finished":
            return


async def _messages(reader: websockets.ClientConnection) -> AsyncIterator[ForwardMsg]:
    while True:
        content = ForwardMsg()
        content.ParseFromString(bytes(await reader.recv()))  # type: ignore[arg-type]
        yield content


async def _attack(port: int, token: str, queries: Sequence[str], until: float, number: int) -> int:
    asked = 0
    while time.monotonic() < until:
        query = queries[(number + asked) % len(queries)]
        await asyncio.to_thread(_ask, f"http://127.0.0.1:{port}/api/queries/{query}.csv", token)
        asked += 1
    return asked


def _ask(address: str, token: str) -> None:
    pair = base64.b64encode(f"x:{token}".encode()).decode()
    request = urllib.request.Request(address, headers={"Authorization": f"Basic {pair}"})  # noqa: S310 - our own server
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
        answer.read()


def _address(port: int) -> str:
    return f"ws://127.0.0.1:{port}/_stcore/stream"


@contextlib.contextmanager
def _port():  # type: ignore[no-untyped-def]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number = int(unused.getsockname()[1])
    yield number


@contextlib.contextmanager
def _server(settings: Settings, port: int):  # type: ignore[no-untyped-def]
    environment = {
        **os.environ, "PLUMBLINE_CONFIG": str(settings.file), "PLUMBLINE_DATA": str(settings.folders.root),
    }  # fmt: skip
    process = subprocess.Popen(serve_command(port=port), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
                break
            time.sleep(0.2)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main()
