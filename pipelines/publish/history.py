"""What published versions said: the metric values of closed months, the open deals, and what later changed.

Reading and writing history/<version>.parquet and comparing two versions belongs here; what a metric is does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from company.folders import DataFolder
from pipelines.publish.causes import Cause
from pipelines.publish.versions import SeenVersion, ToldVersion
from pipelines.warehouse.system_tables import replace_rows

_NUMBER = pa.decimal128(38, 6)
_MOMENT = pa.timestamp("us")
_AMOUNT, _RATIO = pa.decimal128(18, 2), pa.decimal128(9, 6)
OPEN_DEALS = pa.schema(
    [
        ("as_of", pa.date32()),
        ("deal_id", pa.string()),
        ("source_system", pa.string()),
        ("source_id", pa.string()),
        ("account_id", pa.string()),
        ("owner_id", pa.string()),
        ("entity_id", pa.string()),
        ("pipeline", pa.string()),
        ("stage", pa.string()),
        ("deal_type", pa.string()),
        ("lead_source", pa.string()),
        ("currency", pa.string()),
        ("amount_doc", _AMOUNT),
        ("amount_rpt", _AMOUNT),
        ("probability_ratio", _RATIO),
        ("weighted_rpt", _AMOUNT),
        ("calibrated_weighted_rpt", _AMOUNT),
        ("expected_close_on", pa.date32()),
        ("created_on", pa.date32()),
    ]
)
"""One row per deal that a version shows as open: its forecast, and all that is left of a deal that the CRM deletes."""

_SCHEMA = pa.schema(
    [
        ("record", pa.string()),
        ("version", pa.string()),
        ("known_at", _MOMENT),
        ("metric", pa.string()),
        ("dimension", pa.string()),
        ("dimension_value", pa.string()),
        ("period_on", pa.date32()),
        ("value", _NUMBER),
        ("old_value", _NUMBER),
        ("new_value", _NUMBER),
        ("difference", _NUMBER),
        ("old_version", pa.string()),
        ("new_version", pa.string()),
        ("changed_at", _MOMENT),
        *OPEN_DEALS,
        ("relation", pa.string()),
        ("document_type", pa.string()),
        ("document_id", pa.string()),
        ("change", pa.string()),
        ("old_amount", _NUMBER),
        ("new_amount", _NUMBER),
        ("rows_count", pa.int64()),
    ]
)
_VALUE_COLUMNS = ("version", "known_at", "metric", "dimension", "dimension_value", "period_on", "value")
_CHANGE_COLUMNS = (
    "metric",
    "dimension",
    "dimension_value",
    "period_on",
    "old_value",
    "new_value",
    "difference",
    "old_version",
    "new_version",
    "changed_at",
)
_CAUSE_COLUMNS = (
    "period_on",
    "relation",
    "entity_id",
    "document_type",
    "document_id",
    "source_system",
    "source_id",
    "change",
    "old_amount",
    "new_amount",
    "rows_count",
    "old_version",
    "new_version",
    "changed_at",
)


@dataclass(frozen=True, slots=True, order=True)
class MetricKey:
    """One number of one month: `dimension` and `dimension_value` are `all` for the company as a whole."""

    metric: str
    dimension: str
    dimension_value: str
    period_on: date


@dataclass(frozen=True, slots=True)
class Restatement:
    """One published value that a later version changed. A null is a value that was or is not there."""

    metric: str
    dimension: str
    dimension_value: str
    period_on: date
    old_value: Decimal | None
    new_value: Decimal | None
    difference: Decimal
    old_version: str
    new_version: str
    changed_at: datetime


Values = Mapping[MetricKey, Decimal]
NO_DEALS = OPEN_DEALS.empty_table()


def closed_before(as_of: date) -> date:
    """The first day that is still open: months before it are closed and their values are frozen."""
    return as_of.replace(day=1)


def changes(
    old: Values, new: Values, *, seen: SeenVersion, new_version: str, changed_at: datetime
) -> tuple[Restatement, ...]:
    """What readers were told and is no longer so: months that were closed for the seen version, metrics it had."""
    first_open = closed_before(seen.as_of)
    metrics = {(key.metric, key.dimension) for key in old} & {(key.metric, key.dimension) for key in new}
    found = []
    for key in sorted(old.keys() | new.keys()):
        if key.period_on >= first_open or (key.metric, key.dimension) not in metrics:
            continue
        before, after = old.get(key), new.get(key)
        if before != after:
            found.append(
                Restatement(
                    **asdict(key),
                    old_value=before,
                    new_value=after,
                    difference=(after or Decimal(0)) - (before or Decimal(0)),
                    old_version=seen.version,
                    new_version=new_version,
                    changed_at=changed_at,
                )
            )
    return tuple(found)


def write_history(
    path: Path,
    *,
    version: str,
    known_at: datetime,
    values: Values,
    new: Iterable[Restatement],
    open_deals: pa.Table = NO_DEALS,
    causes: Iterable[Cause] = (),
) -> None:
    """Write one version's file. The caller makes it durable and decides whether it counts."""
    rows = [
        {"record": "value", "version": version, "known_at": _naive(known_at), **asdict(key), "value": value}
        for key, value in sorted(values.items())
    ]
    rows += [{"record": "restatement", **_plain(change)} for change in new]
    rows += [
        {"record": "deal", "version": version, "known_at": _naive(known_at), **deal} for deal in open_deals.to_pylist()
    ]
    rows += [{"record": "cause", **_plain(cause)} for cause in causes]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path, compression="zstd")


def read_values(folders: DataFolder, version: str) -> Values:
    """The frozen values of one version; nothing where its history file is gone."""
    path = history_path(folders, version)
    if not path.is_file():
        return {}
    rows = pq.read_table(path, filters=[("record", "=", "value")]).to_pylist()
    return {
        MetricKey(row["metric"], row["dimension"], row["dimension_value"], row["period_on"]): row["value"]
        for row in rows
    }


def load_history(
    connection: duckdb.DuckDBPyConnection,
    folders: DataFolder,
    *,
    published: Sequence[str],
    lineage: Sequence[str],
    told: Sequence[ToldVersion] = (),
) -> None:
    """Fill raw.metric_history, raw.pipeline_history and raw.told_version from all published versions, and
    raw.restatement_history and raw.restatement_cause_history from those that count today.

    A version that was rolled back keeps its values, but what it changed was taken back with it: listed again, the
    changes would no longer add up to the difference between what readers saw and what they see.
    """
    said = _read(folders, published)
    _load(connection, "metric_history", "value", _VALUE_COLUMNS, said)
    _load(connection, "pipeline_history", "deal", ("version", "known_at", *OPEN_DEALS.names), said)
    counting = _read(folders, lineage)
    _load(connection, "restatement_history", "restatement", _CHANGE_COLUMNS, counting)
    _load(connection, "restatement_cause_history", "cause", _CAUSE_COLUMNS, counting)
    replace_rows(
        connection, "told_version", [{**asdict(one), "told_from_at": _naive(one.told_from_at)} for one in told]
    )


def history_path(folders: DataFolder, version: str) -> Path:
    """Where a version's history lies."""
    return folders.history / f"{version}.parquet"


def restatement_rows(found: Iterable[Restatement]) -> pa.Table:
    """New restatements in the columns of finance.fct_restatements."""
    schema = pa.schema([_SCHEMA.field(name) for name in _CHANGE_COLUMNS])
    return pa.Table.from_pylist([_plain(change) for change in found], schema=schema)


def cause_rows(found: Iterable[Cause]) -> pa.Table:
    """New causes in the columns of finance.fct_restatement_causes."""
    schema = pa.schema([_SCHEMA.field(name) for name in _CAUSE_COLUMNS])
    return pa.Table.from_pylist([_plain(cause) for cause in found], schema=schema)


def value_rows(values: Values) -> pa.Table:
    """Metric values in the columns of finance.fct_published_values, but for when they were told."""
    schema = pa.schema(
        [_SCHEMA.field(name) for name in ("metric", "dimension", "dimension_value", "period_on", "value")]
    )
    return pa.Table.from_pylist([{**asdict(key), "value": value} for key, value in values.items()], schema=schema)


def _read(folders: DataFolder, versions: Sequence[str]) -> pa.Table:
    paths = [history_path(folders, version) for version in sorted(versions)]
    tables = [pq.read_table(path, schema=_SCHEMA) for path in paths if path.is_file()]
    return pa.concat_tables(tables) if tables else _SCHEMA.empty_table()


def _load(
    connection: duckdb.DuckDBPyConnection, table: str, record: str, columns: Sequence[str], rows: pa.Table
) -> None:
    connection.register("history", rows)
    query = f"select {', '.join(columns)} from history where record = '{record}'"
    replace_rows(connection, table, connection.sql(query).to_arrow_table())
    connection.unregister("history")


def _plain(change: Restatement | Cause) -> dict[str, object]:
    return {**asdict(change), "changed_at": _naive(change.changed_at)}


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
