"""What was landed bit by bit against a landing of everything, for any system that a fake stands for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb

from pipelines.landing.manifests import BatchManifest
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

Step = tuple[Any, ...]


class Landed(Protocol):
    """One instance of a system and the folder that it is landed into."""

    root: Path

    def land(self) -> object: ...
    def batches(self, entity: str) -> Iterable[BatchManifest]: ...


def compare(
    steps: Sequence[Step],
    *,
    kept: Callable[[Path], Landed],
    whole: Callable[[Path], Landed],
    happen: Callable[[Step], None],
    tick: Callable[[], None],
    tables: Sequence[str],
    queries: Sequence[str],
) -> None:
    """Land after every `land` and at the end, into a warehouse that is kept; then everything into another.

    `kept` and `whole` open the instance upon a folder, `happen` makes one step of its history, `tick` a second: two
    changes of a record in one second of the clock are one by its stamp. The warehouses must agree in every query.
    """
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as grown, duckdb.connect() as fresh:
        instance = kept(Path(folder) / "kept")
        instance.root.mkdir()
        _make(grown, tables)
        for step in [*steps, ("wait", 60), ("land",)]:
            tick()
            happen(step)
            if step == ("land",):
                tick()
                instance.land()
                _load(grown, instance, tables)
        everything = whole(Path(folder) / "whole")
        everything.root.mkdir()
        everything.land()
        _make(fresh, tables)
        _load(fresh, everything, tables)
        for query in queries:
            assert grown.execute(query).fetchall() == fresh.execute(query).fetchall()


def _make(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    create_raw_tables(connection, [all_entities()[name] for name in tables])


def _load(connection: duckdb.DuckDBPyConnection, instance: Landed, tables: Sequence[str]) -> None:
    entities = {name: all_entities()[name] for name in tables}
    load_batches(connection, [batch for name in tables for batch in instance.batches(name)], entities=entities)
