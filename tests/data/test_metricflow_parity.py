"""MetricFlow as the independent oracle: the same declarations, its own planner and SQL, the same marts."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from sample_build import UNTIL, BuiltSample

from dashboards.metrics import Catalogue, Metrics
from pipelines.warehouse.catalogue import compile_catalogue

pytestmark = [
    pytest.mark.deep,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # MetricFlow's own
]

NOT_EXPRESSIBLE = {"projected_minimum_cash"}
"""The lowest of the days' sums: MetricFlow has no aggregate of aggregates. tests/unit/metrics works it by hand."""


@pytest.fixture(scope="module")
def declared(built_sample: BuiltSample) -> list[dict[str, Any]]:
    return list(compile_catalogue(built_sample.semantic_manifest, built_sample.manifest).to_pylist())


@pytest.fixture(scope="module")
def connection(
    built_sample: BuiltSample, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A throw-away copy, attached under the name that dbt's manifest gives the database."""
    copy = tmp_path_factory.mktemp("parity") / "marts.duckdb"
    copy.write_bytes(built_sample.marts.read_bytes())
    with duckdb.connect() as found:
        found.execute(f"attach '{copy}' as marts (read_only)")
        found.execute("use marts")
        yield found


@pytest.fixture(scope="module")
def metrics(connection: duckdb.DuckDBPyConnection, declared: list[dict[str, Any]]) -> Metrics:
    return Metrics(connection, Catalogue.of(declared), as_of=UNTIL)


@pytest.fixture(scope="module")
def engine(built_sample: BuiltSample) -> Any:
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Dialect:
        """All that MetricFlow asks of a client when it only explains."""

        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    parsed = parse_manifest_from_dbt_generated_manifest(manifest_json_string=json.dumps(built_sample.semantic_manifest))
    return MetricFlowEngine(semantic_manifest_lookup=SemanticManifestLookup(parsed), sql_client=Dialect())


def oracle(engine: Any, connection: duckdb.DuckDBPyConnection, metric: str, *dimensions: str) -> dict[Any, Any]:
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    request = MetricFlowQueryRequest.create(metric_names=[metric], group_by_names=["metric_time__month", *dimensions])
    found = connection.execute(engine.explain(request).sql_statement.sql).fetchall()
    return {(_day(row[0]), *row[1:-1]): row[-1] for row in found if row[0] is not None and _day(row[0]) <= UNTIL}


def ours(metrics: Metrics, metric: str, *dimensions: str) -> dict[Any, Any]:
    rows = metrics.series(metric, by=dimensions).to_pylist()
    return {(row["period_on"], *(row[name] for name in dimensions)): row["value"] for row in rows}


HALF_OF_THE_LAST_DECIMAL = {"money": 0.005, "days": 0.005, "months": 0.005, "ratio": 0.0000005, "multiple": 0.0000005}


def differences(unit: str, expected: dict[Any, Any], found: dict[Any, Any]) -> list[tuple[Any, Any, Any]]:
    """Sums must be equal. A quotient may differ by the rounding of its last published decimal, as floats tell it."""

    def equal(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return left is right
        if isinstance(left, Decimal | int):
            return Decimal(left) == right
        return abs(left - float(right)) <= HALF_OF_THE_LAST_DECIMAL[unit] + 1e-12 * abs(left)

    keys = {**expected, **found}
    return [(key, expected.get(key), found.get(key)) for key in keys if not equal(expected.get(key), found.get(key))]


def test_every_metric_is_metricflows_by_month(
    engine: Any, connection: duckdb.DuckDBPyConnection, metrics: Metrics
) -> None:
    """Our renderer serves every page and mail; an error in it would be everywhere and agree with itself."""
    compared = 0
    for name in metrics.catalogue:
        if name not in NOT_EXPRESSIBLE:
            expected = oracle(engine, connection, name)
            assert differences(metrics.definition(name).unit, expected, ours(metrics, name)) == [], name
            compared += len(expected)
    assert compared > 500


def test_every_metric_is_metricflows_by_a_dimension_of_its_own_and_of_another_mart(
    engine: Any, connection: duckdb.DuckDBPyConnection, metrics: Metrics, declared: list[dict[str, Any]]
) -> None:
    models = engine._semantic_manifest_lookup.semantic_manifest.semantic_models
    compared = set()
    for row in declared:
        name, relation = row["metric"], next(iter(json.loads(row["plan"])["measures"].values()))["relation"]
        if name in NOT_EXPRESSIBLE:
            continue
        model = next(
            m for m in models if m.measures and f"{m.node_relation.schema_name}.{m.node_relation.alias}" == relation
        )
        primary = model.primary_entity or next(e.name for e in model.entities if e.type.value == "primary")
        kept = [
            d for d in metrics.catalogue[name].dimensions if d in ("region", "segment", "entity_id", "bucket", "stage")
        ]
        joined = [
            d for d in metrics.catalogue[name].dimensions if d in ("customer__segment", "owner__team", "item__category")
        ]
        single = len(json.loads(row["plan"])["measures"]) == 1
        for ours_name, theirs in [*((d, f"{primary}__{d}") for d in kept[:2] if single), *((d, d) for d in joined)]:
            expected = oracle(engine, connection, name, theirs)
            found = ours(metrics, name, ours_name)
            assert differences(row["unit"], expected, found) == [], (name, ours_name)
            compared.add((name, ours_name))
    assert len(compared) > 25


def _day(moment: Any) -> date:
    return moment.date() if hasattr(moment, "date") else moment
