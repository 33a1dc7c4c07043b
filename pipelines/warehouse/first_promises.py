"""The first promise of every order whose delivery date was changed later: raw.first_promise, from all landed batches.

A source keeps the promise of today only, and the raw tables the row of today only; landing keeps every version. What a
promise is compared with is a rule of the models and does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

import duckdb

from pipelines.canonical import Entity
from pipelines.landing.manifests import BatchManifest
from pipelines.warehouse.databases import quoted, text_literal
from pipelines.warehouse.errors import LandedDataError
from pipelines.warehouse.raw import source_id_of

PROMISED = ("order", "order_line", "purchase_order")
"""Entities with a column `promised_on`, the day promised for delivery."""


def write_first_promises(
    connection: duckdb.DuckDBPyConnection, manifests: Iterable[BatchManifest], *, entities: Mapping[str, Entity]
) -> None:
    """Replace raw.first_promise: one row per order, order line or purchase order promised for several days.

    `manifests`: the batches that count. The first promise is the one in the earliest batch that has any, in the order
    of batches and not of arrival, so that a late file changes what it must. Reads nothing where an entity came in one
    batch.
    Raises LandedDataError where a batch's files are not readable as its manifest says.
    """
    connection.execute("delete from raw.first_promise")
    promised = [m for m in manifests if m.status == "loaded" and m.entity in PROMISED and m.part_paths]
    by_entity = sorted(promised, key=lambda m: (m.source, m.entity, *m.order))
    for (source, name), group in groupby(by_entity, key=lambda m: (m.source, m.entity)):
        batches = list(group)
        if len(batches) > 1:
            try:
                _add(connection, entities[name], source=source, batches=batches)
            except duckdb.Error as error:
                raise LandedDataError(f"landing/{source}/{name}: a batch cannot be read: {error}") from error


def _add(connection: duckdb.DuckDBPyConnection, entity: Entity, *, source: str, batches: list[BatchManifest]) -> None:
    places = [(place, path) for place, batch in enumerate(batches) for path in batch.part_paths]
    read = " union all by name ".join(
        f"select *, {place} as batch_place from read_parquet({text_literal(path)})" for place, path in places
    )
    if "promised_on" not in {row[0] for row in connection.execute(f"describe {read}").fetchall()}:
        return
    connection.execute(
        "insert into raw.first_promise by name"
        f" select {text_literal(entity.name)} as entity, {text_literal(source)} as source_system,"
        f" {source_id_of(entity)} as source_id, arg_min(promised_on, (batch_place, batch_row)) as promised_on"
        f" from ({read}) as part where promised_on is not null"
        f" group by {', '.join(f'part.{quoted(name)}' for name in entity.key)} having count(distinct promised_on) > 1"
    )
