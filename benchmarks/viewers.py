"""Readers without a browser: twenty of them at once, exports, an analyst's query, a version published meanwhile.

Belongs here: what they ask and how long they wait. What a browser draws is measured in `browser`. CPU seconds are the
server's; what the readers themselves used stands apart, for it slows both on a machine of two cores.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stopwatch, cpu_seconds
from benchmarks.serving import Served, connect, run_page, saved_queries, served
from company.settings import Settings, load_settings
from company.versions import write_bytes

VIEWERS, THINK_SECONDS, WATCHED_SECONDS = 20, 3.0, 60.0
FILTERS = ("period=Year", "period=Quarter", "period=12 months", "region=North", "compare=Prior period")
LARGE_EXPORT = (
    "select invoiced_on, document_id, entity_id, customer_id, item_id, quantity, currency, net_doc, net_rpt,"
    " margin_rpt from finance.fct_invoice_lines limit 100000"
)
MART_QUERY = (
    "select region, month_on, sum(net_rpt) as net_rpt, sum(margin_rpt) / sum(net_rpt) as margin_ratio"
    " from finance.fct_margins_monthly group by all order by month_on, region"
)
ENDLESS = "select count(*) from range(1000000000000000)"


def together(watch: Stopwatch, settings_file: str) -> dict[str, Any]:
    """Twenty viewers with three seconds of thought, each with filters of their own, for a minute."""
    with served(load_settings(Path(settings_file), {})) as server:
        before, own = server.cpu_seconds(), cpu_seconds()
        with watch.running():
            waited = asyncio.run(_all_of_them(server))
        return {
            **percentiles(waited),
            "pages": len(waited),
            "server_cpu_seconds": server.cpu_seconds() - before,
            "viewers_cpu_seconds": cpu_seconds() - own,
        }


async def _all_of_them(server: Served) -> list[float]:
    viewers = [await connect(server) for _ in range(VIEWERS)]
    until = time.monotonic() + WATCHED_SECONDS
    try:
        found = await asyncio.gather(*(_one(viewer, number, until) for number, viewer in enumerate(viewers)))
    finally:
        for viewer in viewers:
            await viewer.close()
    return [seconds for one in found for seconds in one]


async def _one(viewer: Any, number: int, until: float) -> list[float]:
    waited: list[float] = []
    await asyncio.sleep(THINK_SECONDS * number / VIEWERS)
    while time.monotonic() < until:
        began = time.monotonic()
        await run_page(viewer, FILTERS[(number + len(waited)) % len(FILTERS)])
        waited.append(time.monotonic() - began)
        await asyncio.sleep(THINK_SECONDS)
    return waited


def exports(watch: Stopwatch, settings_file: str) -> dict[str, Any]:
    """100,000 rows as CSV and as XLSX, an analyst's query of a mart, and one that never ends."""
    settings = load_settings(Path(settings_file), {})
    asked = {"csv": LARGE_EXPORT, "xlsx": LARGE_EXPORT, "mart": MART_QUERY, "endless": ENDLESS}
    texts = tuple(asked.values())
    with served(settings) as server, saved_queries(settings, server, texts) as (asker, ids), watch.running():
        facts: dict[str, Any] = {"limit_seconds": settings.query.seconds}
        asker.ask(ids[2])  # the first query of a server pays for its start
        for name, query in zip(asked, ids, strict=True):
            began = time.monotonic()
            status, size = asker.ask(query, "xlsx" if name == "xlsx" else "csv")
            facts[name] = {"seconds": time.monotonic() - began, "status": status, "bytes": size}
    if [facts[name]["status"] for name in ("csv", "xlsx", "mart")] != [200, 200, 200]:
        raise RuntimeError(f"an export was refused: {facts}")
    if facts["endless"]["status"] == 200:
        raise RuntimeError("a query that never ends was answered")
    return facts


def switch_versions(watch: Stopwatch, settings_file: str) -> dict[str, Any]:
    """The pointer moved to and fro between versions while four read: how long a move takes, and whose read failed."""
    settings = load_settings(Path(settings_file), {})
    published = sorted(path.name for path in settings.folders.published.iterdir() if (path / "manifest.json").is_file())
    statuses: list[int] = []
    with served(settings) as server, saved_queries(settings, server, (MART_QUERY,)) as (asker, (query,)):
        over = threading.Event()

        def read() -> None:
            while not over.is_set():
                statuses.append(asker.ask(query)[0])

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        try:
            with watch.running():
                moves = _moves(settings, published)
        finally:
            over.set()
            for reader in readers:
                reader.join()
    failed = sum(status != 200 for status in statuses)
    return {"moves": len(moves), "slowest_seconds": max(moves), "reads": len(statuses), "failed_reads": failed}


def _moves(settings: Settings, published: list[str], *, count: int = 20) -> list[float]:
    was, moves = settings.folders.pointer.read_bytes(), []
    try:
        for number in range(count):
            began = time.monotonic()
            write_bytes(settings.folders.pointer, published[number % len(published)].encode() + b"\n")
            moves.append(time.monotonic() - began)
            time.sleep(0.5)
    finally:
        write_bytes(settings.folders.pointer, was)
    return moves


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in seconds."""
    cuts: Callable[..., list[float]] = statistics.quantiles
    return {"median": statistics.median(seconds), "p95": cuts(seconds, n=20, method="inclusive")[18]}
