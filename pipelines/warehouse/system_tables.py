"""What a run says about itself, as raw tables: its context, the calendar, batches, quarantine, settings, history.

Their columns are declared once, in models/intermediate/_raw.yml. The rows of entities are loaded in `raw`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from ruamel.yaml import YAML

from company.calendar import days
from company.settings import Company
from pipelines.canonical import Entity
from pipelines.landing.manifests import BatchManifest
from pipelines.warehouse.databases import quoted, text_literal
from pipelines.warehouse.raw import effective

DECLARED = Path(__file__).resolve().parents[2] / "models" / "intermediate" / "_raw.yml"
_CALENDAR_MARGIN = timedelta(days=2 * 366)
_LONGEST_PAST, _LONGEST_FUTURE = timedelta(days=30 * 366), timedelta(days=10 * 366)


@dataclass(frozen=True, slots=True)
class RunContext:
    """The one row that models join instead of asking a clock. `known_at`: the newest moment a source was read."""

    run_id: str
    as_of: date
    known_at: datetime
    reporting_currency: str
    company_name: str


def declared_columns(path: Path = DECLARED) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Column names and types of every system table, in the order of _raw.yml."""
    content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {
        table["name"]: tuple((column["name"], column["data_type"]) for column in table["columns"])
        for table in content["sources"][0]["tables"]
        if "columns" in table
    }


def create_system_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every missing system table, typed and empty."""
    connection.execute("create schema if not exists raw")
    for table, columns in declared_columns().items():
        listed = ", ".join(f"{quoted(name)} {data_type}" for name, data_type in columns)
        connection.execute(f"create table if not exists raw.{quoted(table)} ({listed})")


def replace_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table | Sequence[Mapping[str, Any]]
) -> None:
    """Replace all rows of a raw system table. Columns are matched by name; one that is missing becomes null."""
    connection.execute(f"delete from raw.{quoted(table)}")
    content = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist([dict(row) for row in rows])
    if content.num_rows:
        connection.register("new_rows", content)
        connection.execute(f"insert into raw.{quoted(table)} by name select * from new_rows")
        connection.unregister("new_rows")


def write_context(connection: duckdb.DuckDBPyConnection, context: RunContext, company: Company) -> None:
    """The run's own row, the legal entities of plumbline.yaml and the fiscal calendar around the data."""
    known_at = _naive(context.known_at)
    replace_rows(connection, "run_context", [{**asdict(context), "known_at": known_at}])
    entities = [
        {
            "entity_id": entity.id,
            "name": entity.name,
            "currency": entity.currency,
            "country": entity.country,
            "source_system": "plumbline",
            "source_id": entity.id,
            "batch_id": "plumbline.yaml",
            "batch_row": place,
            "loaded_at": known_at,
        }
        for place, entity in enumerate(company.entities, start=1)
    ]
    replace_rows(connection, "legal_entity", entities)


def write_calendar(
    connection: duckdb.DuckDBPyConnection, entities: Iterable[Entity], *, company: Company, as_of: date
) -> None:
    """One row per day from two years before the first date in the data to two years after the last."""
    first, last = _span(connection, entities, as_of=as_of)
    rows = [asdict(day) for day in days(company.fiscal_calendar, first - _CALENDAR_MARGIN, last + _CALENDAR_MARGIN)]
    replace_rows(connection, "fiscal_date", rows)


def write_batches(connection: duckdb.DuckDBPyConnection, manifests: Sequence[BatchManifest]) -> None:
    """One row per landed batch, and its control totals."""
    replace_rows(connection, "batch", [_batch_row(batch) for batch in manifests])
    totals = [
        {
            "batch_id": batch.batch_id,
            "source_system": batch.source,
            "entity": batch.entity,
            "column_name": column,
            "total_in": total.in_,
            "total_loaded": total.loaded,
            "total_quarantined": total.quarantined,
            "total_superseded": total.superseded,
            "unparsed_rows": total.unparsed_rows,
        }
        for batch in manifests
        for column, total in batch.control_totals.items()
    ]
    replace_rows(connection, "batch_control_total", totals)


def write_quarantine(
    connection: duckdb.DuckDBPyConnection, manifests: Sequence[BatchManifest], *, entities: Mapping[str, Entity]
) -> None:
    """The quarantined rows that no later batch has put right. `manifests` as `load_batches` takes them."""
    connection.execute("delete from raw.quarantined_row")
    in_order = sorted(manifests, key=lambda m: (m.source, m.entity, *m.order))
    for (source, entity), group in groupby(in_order, key=lambda m: (m.source, m.entity)):
        batches = list(group)
        for batch in effective(batches):
            if batch.quarantine_path is None:
                continue
            later = [text_literal(other.batch_id) for other in batches if other.order > batch.order]
            still_wrong = ""
            if entity in entities and later:
                # A later batch that carries the key puts the row right; what it brought is in the raw table.
                still_wrong = (
                    f" where not exists (select 1 from raw.{quoted(entity)} as current_row"
                    f" where current_row.source_system = {text_literal(source)}"
                    " and current_row.source_id = quarantined.source_id"
                    f" and current_row.batch_id in ({', '.join(later)}))"
                )
            connection.execute(
                f"insert into raw.quarantined_row by name"
                f" select {text_literal(source)} as source_system, {text_literal(entity)} as entity,"
                f" {text_literal(batch.batch_id)} as batch_id,"
                f" cast({text_literal(_naive(batch.read_at))} as timestamp) as loaded_at, quarantined.*"
                f" from read_parquet({text_literal(batch.quarantine_path)}) as quarantined{still_wrong}"
            )


def write_account_classes(connection: duckdb.DuckDBPyConnection, classes: Iterable[Mapping[str, str]]) -> None:
    """The types that people gave accounts: rows of source_system, account_code, account_type."""
    replace_rows(connection, "account_class", list(classes))


def write_check_settings(connection: duckdb.DuckDBPyConnection, checks: Mapping[str, str]) -> None:
    """Which checks plumbline.yaml lets warn, or makes block."""
    rows = [{"check_name": name, "severity": severity} for name, severity in sorted(checks.items())]
    replace_rows(connection, "check_setting", rows)


def write_cash_minimums(connection: duckdb.DuckDBPyConnection, minimums: Mapping[str, Decimal]) -> None:
    """What each legal entity should have in its banks at least, in the reporting currency."""
    rows = [{"entity_id": entity, "minimum_balance_rpt": amount} for entity, amount in sorted(minimums.items())]
    replace_rows(connection, "cash_minimum", rows)


def _batch_row(batch: BatchManifest) -> dict[str, Any]:
    return {
        "batch_id": batch.batch_id,
        "source_system": batch.source,
        "entity": batch.entity,
        "kind": batch.kind,
        "file_name": batch.file_name,
        "lower_at": _naive(batch.lower),
        "upper_at": _naive(batch.upper),
        "read_at": _naive(batch.read_at),
        "rows_in": batch.rows.in_,
        "rows_loaded": batch.rows.loaded,
        "rows_quarantined": batch.rows.quarantined,
        "rows_superseded": batch.rows.superseded,
        "status": batch.status,
        "message": batch.message,
    }


def _span(connection: duckdb.DuckDBPyConnection, entities: Iterable[Entity], *, as_of: date) -> tuple[date, date]:
    # A typing error such as the year 2206 must not make a calendar of centuries: such dates stay outside of it.
    earliest, latest = as_of - _LONGEST_PAST, as_of + _LONGEST_FUTURE
    first, last = as_of, as_of
    for entity in entities:
        names = [quoted(column.name) for column in entity.columns if column.data_type == "date"]
        if not names:
            continue
        parts = ", ".join(
            f"min({name}) filter ({name} between $1 and $2), max({name}) filter ({name} between $1 and $2)"
            for name in names
        )
        found = connection.execute(f"select {parts} from raw.{quoted(entity.name)}", [earliest, latest]).fetchone()
        dates = [value for value in found or () if value is not None]
        first, last = min([first, *dates]), max([last, *dates])
    return first, last


def _naive(moment: datetime | None) -> datetime | None:
    # DuckDB's TIMESTAMP has no zone; every moment in the warehouse is UTC.
    return None if moment is None else moment.replace(tzinfo=None)
