"""What each published version expected of the bank balances: its cash projection, frozen, to be held against what came.
Reading and writing history/projections/<version>.parquet belongs here; comparing does not (a mart does).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from company.folders import DataFolder
from company.versions import sync_folder
from pipelines.warehouse.system_tables import replace_rows

_MONEY = pa.decimal128(18, 2)
_PROJECTED = pa.schema(
    [
        ("method", pa.string()),
        ("scenario", pa.string()),
        ("entity_id", pa.string()),
        ("layer", pa.string()),
        ("week_no", pa.int32()),
        ("week_on", pa.date32()),
        ("amount_rpt", _MONEY),
        ("balance_rpt", _MONEY),
        ("p10_balance_rpt", _MONEY),
        ("p90_balance_rpt", _MONEY),
    ]
)
_FROZEN = pa.schema(
    [("version", pa.string()), ("known_at", pa.timestamp("us")), ("as_of_on", pa.date32()), *_PROJECTED]
)


def nothing_projected() -> pa.Table:
    """A projection without a row."""
    return _PROJECTED.empty_table()


def projected(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The base scenario of finance.fct_cash_projection. `connection` is on the marts file.

    Other scenarios are questions, not expectations: they are not judged. A project without the mart has none.
    """
    found = connection.sql(
        "select 1 from information_schema.columns where table_schema = 'finance'"
        " and table_name = 'fct_cash_projection' and column_name = 'p10_balance_rpt'"
    ).fetchall()
    if not found:
        return nothing_projected()
    columns = ", ".join(_PROJECTED.names)
    query = (
        f"select {columns} from finance.fct_cash_projection where scenario = 'base'"
        " order by method, entity_id, layer, week_no"
    )
    return connection.sql(query).to_arrow_table().cast(_PROJECTED)


def write_projection(folders: DataFolder, version: str, rows: pa.Table, *, known_at: datetime, as_of: date) -> None:
    """Write one version's file durably. It counts once its version is published."""
    size = rows.num_rows
    table = pa.table(
        [
            pa.repeat(pa.scalar(version), size),
            pa.repeat(pa.scalar(known_at.replace(tzinfo=None), pa.timestamp("us")), size),
            pa.repeat(pa.scalar(as_of, pa.date32()), size),
            *rows.columns,
        ],
        schema=_FROZEN,
    )
    path = projection_path(folders, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    pq.write_table(table, partial, compression="zstd")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def load_projections(connection: duckdb.DuckDBPyConnection, folders: DataFolder, published: Sequence[str]) -> None:
    """Fill raw.projection_history from all published versions."""
    paths = [projection_path(folders, version) for version in sorted(published)]
    tables = [pq.read_table(path, schema=_FROZEN) for path in paths if path.is_file()]
    replace_rows(connection, "projection_history", pa.concat_tables(tables) if tables else _FROZEN.empty_table())


def projection_path(folders: DataFolder, version: str) -> Path:
    """Where a version's projection lies."""
    return folders.history / "projections" / f"{version}.parquet"
