"""Records of a system with an API against the same records from disk. The system is the tests' fake, another process.

Belongs here: filling the fake, and landing the same records both ways. What either way has to give is tested elsewhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stopwatch

TESTS = Path(__file__).resolve().parents[1] / "tests"
CLIENT = ("client", "the-client-secret")


def land_from_api(watch: Stopwatch, place: str, records: int, memory: str) -> dict[str, Any]:
    """Land opportunities from the fake, page by page, under DuckDB's limit `memory`."""
    from pipelines.landing.api_landing import land_api
    from pipelines.landing.source_landing import Surroundings
    from pipelines.sources.salesforce import open_salesforce
    from pipelines.sources.sign_in import ClientCredentials
    from pipelines.sources.systems import system_objects

    wanted = [one for one in system_objects("salesforce") if one.name == "Opportunity"]
    with _fake(records) as address, watch.running():
        by = ClientCredentials(f"{address}/services/oauth2/token", *CLIENT)
        opened = open_salesforce(by, address=address, version="v67.0", bulk_from=records + 1)
        (batch,) = land_api("api", opened, wanted, Path(place) / "landing", around=Surroundings(memory=memory)).landed
    kept = batch.folder / str(batch.original.name if batch.original else "")
    return {"rows": batch.rows.loaded, "file": str(kept), "bytes": kept.stat().st_size}


def land_from_disk(watch: Stopwatch, place: str, file: str) -> dict[str, Any]:
    """Land the same records from a file of JSON lines, as any file is landed."""
    import shutil
    from dataclasses import replace

    from pipelines.landing.source_landing import Surroundings, land_folder
    from pipelines.sources.mapping import SourceMapping
    from pipelines.sources.systems import system_objects

    (wanted,) = (one for one in system_objects("salesforce") if one.name == "Opportunity")
    drop = Path(place) / "drop"
    drop.mkdir()
    shutil.copyfile(file, drop / "records.jsonl")
    mapping = SourceMapping(Path("records"), (replace(wanted.entry("full"), match="records.jsonl"),))
    with watch.running():
        landing = land_folder("disk", drop, mapping, Path(place) / "landing", around=Surroundings(settled_seconds=0))
    return {"rows": sum(batch.rows.loaded for batch in landing.landed)}


@contextmanager
def _fake(records: int) -> Iterator[str]:
    """The address of the fake, filled, in another process: its work is nobody's but its own."""
    command = [sys.executable, "-m", "benchmarks.records", str(records)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        answer = process.stdout.readline() if process.stdout is not None else ""
        try:
            yield str(json.loads(answer)["address"])
        finally:
            process.communicate("stop\n", timeout=30)


def main() -> None:
    """Serve the fake until a line comes on standard input."""
    sys.path.insert(0, str(TESTS))
    from fakes.salesforce_sample import empty_org
    from fakes.serving import serving

    org = empty_org(page=2000)
    for number in range(int(sys.argv[1])):
        org.create(
            "Opportunity",
            Id=f"006{number:012d}AAA",
            Name=f"Deal number {number} of a company",
            AccountId=f"001{number % 1000:012d}AAA",
            OwnerId="005000000000001AAA",
            StageName="Negotiation",
            Amount=Decimal(number) + Decimal("0.50"),
            CurrencyIsoCode="EUR",
            Probability=Decimal(60),
            CloseDate="2026-09-30",
            IsWon=False,
            IsClosed=False,
        )
    org.pass_time(minutes=5)
    with serving(org) as address:
        print(json.dumps({"address": address}), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
