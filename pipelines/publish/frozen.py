"""The last writing into a marts file before it is published, and the metric values and open deals frozen from it.

How two versions compare is in `history`; what a metric is, in the catalogue that the file itself carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast, get_args

import duckdb
import pyarrow as pa

from company.metric_plans import Plan, Question, Unit, render
from pipelines.publish.causes import Cause
from pipelines.publish.history import (
    NO_DEALS,
    OPEN_DEALS,
    MetricKey,
    Restatement,
    Values,
    cause_rows,
    closed_before,
    restatement_rows,
    value_rows,
)

ENTITY = "entity_id"
_PLACES = Decimal("0.000001")


def closed_values(connection: duckdb.DuckDBPyConnection, *, as_of: date) -> Values:
    """Every metric of every closed month, for the company and, where the metric has it, by legal entity.

    `connection` is on the marts file. A month without a value has no row. Values are kept to six places.
    """
    last = closed_before(as_of) - timedelta(days=1)
    values: dict[MetricKey, Decimal] = {}
    for metric, unit, text in connection.execute(
        "select metric, unit, plan from common.metric_catalogue order by metric"
    ).fetchall():
        plan = Plan.model_validate_json(text)
        if "month" not in plan.grains or unit not in get_args(Unit):
            continue
        for by in ((), (ENTITY,)) if ENTITY in plan.dimensions else ((),):
            query = render(plan, cast("Unit", unit), Question(grain="month", by=by, last=last))
            rows = connection.sql(query.sql, params=dict(query.parameters)).to_arrow_table().to_pylist()
            for row in rows:
                if row["value"] is not None and row["period_on"] is not None:
                    member = str(row[ENTITY]) if by else "all"
                    key = MetricKey(metric, ENTITY if by else "all", member, row["period_on"])
                    values[key] = Decimal(row["value"]).quantize(_PLACES)
    return values


def open_deals(connection: duckdb.DuckDBPyConnection, *, as_of: date) -> pa.Table:
    """The pipeline of the as-of day as it is published, in the columns of `history.OPEN_DEALS`.

    `connection` is on the marts file. A project without that mart has no deals to remember.
    """
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = 'sales' and table_name = 'fct_pipeline_daily'"
    ).fetchall()
    if not found:
        return NO_DEALS
    columns = ", ".join(f"{'deals' if name == 'created_on' else 'pipeline'}.{name}" for name in OPEN_DEALS.names[1:])
    rows = connection.sql(
        f"select pipeline.date_on as as_of, {columns} from sales.fct_pipeline_daily as pipeline"
        " inner join sales.fct_deals as deals on pipeline.deal_id = deals.deal_id"
        " where pipeline.date_on = $as_of order by pipeline.deal_id",
        params={"as_of": as_of},
    )
    return rows.to_arrow_table().cast(OPEN_DEALS)


def write_results(
    connection: duckdb.DuckDBPyConnection,
    checks: Sequence[Mapping[str, Any]],
    restated: Iterable[Restatement],
    *,
    causes: Iterable[Cause],
    values: Values,
    version: str,
    at: datetime,
) -> None:
    """Put this run's check results in place of the table's rows; add the restatements that it found, the rows behind
    them, and the values that readers are told by this `version` from `at` on, where they were told others or none.
    """
    connection.execute("delete from operations.fct_check_results")
    if checks:
        _insert(connection, "operations.fct_check_results", pa.Table.from_pylist([dict(row) for row in checks]))
    _insert(connection, "finance.fct_restatements", restatement_rows(restated))
    _insert(connection, "finance.fct_restatement_causes", cause_rows(causes))
    _tell(connection, values, version=version, at=at.replace(tzinfo=None))


def _tell(connection: duckdb.DuckDBPyConnection, values: Values, *, version: str, at: datetime) -> None:
    connection.register("told_now", value_rows(values))
    same_key = " and ".join(
        f"told.{name} = told_now.{name}" for name in ("metric", "dimension", "dimension_value", "period_on")
    )
    connection.execute(
        "update finance.fct_published_values as told set told_until_at = $at where told_until_at is null"
        f" and not exists (select 1 from told_now where {same_key} and told.value = told_now.value)",
        {"at": at},
    )
    connection.execute(
        "insert into finance.fct_published_values by name"
        " select *, cast($at as timestamp) as told_from_at, $version as version"
        " from told_now where not exists (select 1 from finance.fct_published_values as told"
        f" where told.told_until_at is null and {same_key})",
        {"at": at, "version": version},
    )
    connection.unregister("told_now")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    connection.register("new_rows", rows)
    connection.execute(f"insert into {table} by name select * from new_rows")
    connection.unregister("new_rows")
