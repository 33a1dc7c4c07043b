"""What other readers feel while somebody's queries eat time and memory: page times with and without them, in turns.

Readers are websocket clients that run a page's script as a browser does; the hostile ones are saved queries asked
through the export, in the pages' own process. Turns alternate, so that a machine that is busy with something else slows
both alike.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import websockets

from benchmarks.measuring import Stopwatch
from benchmarks.serving import Asker, Served, connect, run_page, saved_queries, served
from benchmarks.viewers import percentiles
from company.settings import load_settings

HOSTILE = (
    "select count(*) from range(1000000000000000)",
    "select array_length(range(200000000))",
    "select max(levenshtein(repeat('ab', 25000), repeat('ba', 25000) || range)) from range(50)",
    "select repeat('x', 2000) as t, range as n from range(100000000)",
)
READERS, ATTACKERS, THINK_SECONDS = 3, 4, 1.0
TURNS, TURN_SECONDS = 6, 15.0


def beside(watch: Stopwatch, settings_file: str) -> dict[str, Any]:
    """Three readers alone, then beside four who ask hostile queries, three times each."""
    settings = load_settings(Path(settings_file), {})
    with served(settings) as server, saved_queries(settings, server, HOSTILE) as (asker, queries), watch.running():
        quiet, loud, asked = asyncio.run(_turns(server, asker, queries))
    return {"alone": percentiles(quiet), "beside": percentiles(loud), "pages": len(loud), "hostile_queries": asked}


async def _turns(server: Served, asker: Asker, queries: Sequence[str]) -> tuple[list[float], list[float], int]:
    readers = [await connect(server) for _ in range(READERS)]
    quiet: list[float] = []
    loud: list[float] = []
    asked = 0
    for turn in range(TURNS):
        attackers: list[asyncio.Task[int]] = []
        until = time.monotonic() + TURN_SECONDS
        if turn % 2:
            attackers = [asyncio.create_task(_attack(asker, queries, until, number)) for number in range(ATTACKERS)]
            await asyncio.sleep(1)
        found = await asyncio.gather(*(_read(reader, until) for reader in readers))
        (loud if turn % 2 else quiet).extend(seconds for one in found for seconds in one)
        asked += sum([await task for task in attackers])
    for reader in readers:
        await reader.close()
    return quiet, loud, asked


async def _read(reader: websockets.ClientConnection, until: float) -> list[float]:
    found = []
    while time.monotonic() < until:
        began = time.monotonic()
        await run_page(reader)
        found.append(time.monotonic() - began)
        await asyncio.sleep(THINK_SECONDS)
    return found


async def _attack(asker: Asker, queries: Sequence[str], until: float, number: int) -> int:
    asked = 0
    while time.monotonic() < until:
        await asyncio.to_thread(asker.ask, queries[(number + asked) % len(queries)])
        asked += 1
    return asked
