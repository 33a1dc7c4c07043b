"""Builds landed batches on disk for tests of the warehouse, the way landing leaves them. A double, not a copy of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.canonical import load_canonical
from pipelines.landing.manifests import BatchManifest, ControlTotal, LandedFile, RowCounts

TYPES = {
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(9, 6)": pa.decimal128(9, 6),
    "decimal(18, 2)": pa.decimal128(18, 2),
    "decimal(18, 6)": pa.decimal128(18, 6),
    "decimal(18, 10)": pa.decimal128(18, 10),
}
QUARANTINE = pa.schema(
    [("row_number", pa.int64())]
    + [
        (name, pa.string())
        for name in ("file_name", "column_name", "value", "reason", "message", "source_id", "document_id", "record")
    ]
)


def at(day: int, hour: int = 6) -> datetime:
    """A moment in January 2026, UTC."""
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def stored(moment: datetime) -> datetime:
    """A UTC moment as the warehouse keeps it: without a zone."""
    return moment.replace(tzinfo=None)


def batch(
    landing: Path,
    entity: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    day: int,
    source: str = "erp",
    kind: Literal["full", "delta"] = "delta",
    feed: str = "",
    quarantined: Sequence[Mapping[str, Any]] = (),
    without: Sequence[str] = (),
    replaces: Sequence[str] = (),
    status: Literal["loaded", "refused"] = "loaded",
    totals: Mapping[str, ControlTotal] | None = None,
) -> BatchManifest:
    """Write one batch whose rows speak for a day of January 2026. `without`: columns that its part does not have."""
    columns = [column for column in load_canonical()[entity].columns if column.name not in without]
    schema = pa.schema([(column.name, TYPES[column.data_type]) for column in columns] + [("batch_row", pa.int64())])
    full_rows = [
        {column.name: row.get(column.name) for column in columns} | {"batch_row": place}
        for place, row in enumerate(rows, start=2)
    ]
    content = repr((entity, source, kind, feed, sorted(map(repr, rows)), day))
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    folder = landing / source / entity / f"{day:02}-{sha256[:8]}"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(full_rows, schema=schema), folder / "part-0000.parquet")
    quarantine = None
    if quarantined:
        table = pa.Table.from_pylist(
            [{"file_name": "x.csv", "row_number": 9, **row} for row in quarantined], QUARANTINE
        )
        pq.write_table(table, folder / "quarantine.parquet")
        quarantine = _file(folder / "quarantine.parquet", len(quarantined))
    manifest = BatchManifest(
        batch_id=folder.name,
        source=source,
        entity=entity,
        feed=feed,
        kind=kind,
        status=status,
        upper=at(day),
        read_at=at(day, 8),
        file_name=f"{entity}_{day}.csv",
        file_sha256=sha256,
        file_bytes=1,
        file_modified_ns=1,
        parts=(_file(folder / "part-0000.parquet", len(rows)),) if status == "loaded" else (),
        quarantine=quarantine,
        rows=RowCounts(in_=len(rows) + len(quarantined), loaded=len(rows), quarantined=len(quarantined)),
        control_totals=dict(totals or {}),
        schema_hash="s",
        replaces=tuple(replaces),
        tool_version="test",
        folder=folder,
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(by_alias=True), encoding="utf-8")
    return manifest


def customer(customer_id: str, name: str, **more: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "name": name, **more}


def money(text: str) -> Decimal:
    return Decimal(text)


def _file(path: Path, rows: int) -> LandedFile:
    content = path.read_bytes()
    return LandedFile(name=path.name, rows=rows, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
