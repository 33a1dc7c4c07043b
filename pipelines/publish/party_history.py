"""Which party each company record belonged to, as published versions said: history/parties/<version>.parquet.

A version's file holds only what changed with it, so that membership is dated and never overwritten. What the spans are
is a model's (customers.fct_party_memberships); a file counts only if its version is one that readers' version followed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from company.folders import DataFolder
from company.versions import sync_folder
from pipelines.warehouse.system_tables import replace_rows

_SCHEMA = pa.schema(
    [
        ("version", pa.string()),
        ("valid_from_on", pa.date32()),
        ("side", pa.string()),
        ("record_id", pa.string()),
        ("party_id", pa.string()),
        ("method", pa.string()),
        ("status", pa.string()),
    ]
)
_NEW = (
    "select since_version as version, valid_from_on, side, record_id, party_id, method, status"
    " from customers.fct_party_memberships where since_version = $version order by side, record_id"
)


def new_memberships(connection: duckdb.DuckDBPyConnection, version: str) -> pa.Table:
    """What changed with a version. `connection` is on its marts file."""
    return connection.sql(_NEW, params={"version": version}).to_arrow_table().cast(_SCHEMA)


def write_memberships(folders: DataFolder, version: str, rows: pa.Table | None) -> None:
    """Keep them, durably; no file where nothing changed. Call it before the version's history file is written."""
    if rows is None or not rows.num_rows:
        return
    path = _path(folders, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    pq.write_table(rows, partial, compression="zstd")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def load_memberships(connection: duckdb.DuckDBPyConnection, folders: DataFolder, *, lineage: Sequence[str]) -> None:
    """Fill raw.party_membership_history from the versions that count today."""
    paths = [path for version in sorted(lineage) if (path := _path(folders, version)).is_file()]
    tables = [pq.read_table(path, schema=_SCHEMA) for path in paths]
    replace_rows(connection, "party_membership_history", pa.concat_tables(tables) if tables else _SCHEMA.empty_table())


def _path(folders: DataFolder, version: str) -> Path:
    return folders.history / "parties" / f"{version}.parquet"
