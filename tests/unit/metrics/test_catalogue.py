"""The compiler: from dbt's declarations to plans, and what it refuses."""

import copy
import json
from typing import Any

import duckdb
import pytest

from company.metric_plans import Plan
from pipelines.warehouse.catalogue import CATALOGUE_SCHEMA, CatalogueError, compile_catalogue

META = {"unit": "money", "good": "up", "owner": "sales", "beware": "Never add months."}


def entity(name: str, kind: str, expr: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "expr": expr}


def measure(name: str, expr: str, agg: str = "sum", **options: Any) -> dict[str, Any]:
    empty = {"non_additive_dimension": None, "agg_time_dimension": None, "config": None}
    return {"name": name, "agg": agg, "expr": expr} | empty | options


def metric(name: str, kind: str = "simple", **parameters: Any) -> dict[str, Any]:
    reference = {"name": name, "filter": None, "join_to_timespine": False, "fill_nulls_with": None}
    return {
        "name": name,
        "type": kind,
        "label": name.title(),
        "description": f"What {name} is.",
        "filter": None,
        "type_params": {"measure": reference} | parameters,
    }


def part(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "alias": None, "filter": None, "offset_window": None, "offset_to_grain": None} | options


DEALS = {
    "name": "deals",
    "node_relation": {"schema_name": "sales", "alias": "fct_deals"},
    "primary_entity": None,
    "defaults": {"agg_time_dimension": "closed_on"},
    "entities": [entity("deal", "primary", "deal_id"), entity("owner", "foreign", "owner_id")],
    "dimensions": [
        {"name": "closed_on", "type": "time", "expr": None, "type_params": {"time_granularity": "day"}},
        {"name": "stage", "type": "categorical", "expr": None, "type_params": None},
    ],
    "measures": [
        measure("bookings", "amount_rpt"),
        measure("won", "is_won", "sum_boolean"),
        measure(
            "open_pipeline",
            "amount_rpt",
            non_additive_dimension={"name": "closed_on", "window_choice": "max", "window_groupings": []},
        ),
    ],
}
OWNERS = {
    "name": "owners",
    "node_relation": {"schema_name": "common", "alias": "dim_owners"},
    "primary_entity": None,
    "defaults": None,
    "entities": [entity("owner", "primary", "owner_id")],
    "dimensions": [{"name": "team", "type": "categorical", "expr": None, "type_params": None}],
    "measures": [],
}
COLUMNS = {
    "sales.fct_deals": ["deal_id", "owner_id", "closed_on", "stage", "amount_rpt", "is_won"],
    "common.dim_owners": ["owner_id", "team"],
}


def compiled(*metrics: dict[str, Any], meta: dict[str, Any] | None = None, deals: dict[str, Any] = DEALS) -> list[Any]:
    metas = {m["name"]: META if meta is None else meta for m in metrics}
    return compile_catalogue(
        {"metrics": list(metrics), "semantic_models": [deals, OWNERS]},
        {
            "metrics": {name: {"name": name, "config": {"meta": found}} for name, found in metas.items()},
            "nodes": {
                relation: {
                    "resource_type": "model",
                    "schema": relation.split(".")[0],
                    "alias": relation.split(".")[1],
                    "columns": {column: {} for column in columns},
                }
                for relation, columns in COLUMNS.items()
            },
        },
    ).to_pylist()


def test_a_simple_metric_becomes_one_measure_with_its_words() -> None:
    (row,) = compiled(metric("bookings"))
    assert set(row) == set(CATALOGUE_SCHEMA.names)
    assert (row["unit"], row["beware"], row["time_column"]) == ("money", "Never add months.", "closed_on")
    assert row["dimensions"] == ["owner__team", "stage"]
    plan = json.loads(row["plan"])
    assert plan["measures"]["bookings"]["relation"] == "sales.fct_deals"
    assert plan["measures"]["bookings"]["dimensions"]["owner__team"] == {
        "column": "team",
        "relation": "common.dim_owners",
        "key": "owner_id",
        "foreign_key": "owner_id",
    }


def test_the_sql_of_the_catalogue_runs_and_adds_up() -> None:
    (row,) = compiled(metric("bookings"))
    with duckdb.connect() as connection:
        connection.execute("create schema sales")
        connection.execute(
            "create table sales.fct_deals as select * from (values (date '2026-01-05', 10.10),"
            " (date '2026-01-31', 0.90), (date '2026-02-01', 5.00), (null, 99.00)) as deals (closed_on, amount_rpt)"
        )
        found = connection.execute(row["sql"]).fetchall()
    assert [(str(period), str(value)) for period, value in found] == [("2026-01-01", "11.00"), ("2026-02-01", "5.00")]


def test_a_ratio_keeps_both_parts_and_divides_last() -> None:
    rows = compiled(
        metric("bookings"), metric("won"), metric("size", "ratio", numerator=part("bookings"), denominator=part("won"))
    )
    plan = Plan.model_validate_json(next(row["plan"] for row in rows if row["metric"] == "size"))
    assert list(plan.measures) == ["bookings", "won"]
    assert plan.measures["won"].expression == "case when is_won then 1 else 0 end"
    assert "nullif" in plan.expression


def test_a_standing_amount_becomes_a_snapshot() -> None:
    (row,) = compiled(metric("open_pipeline"))
    assert json.loads(row["plan"])["measures"]["open_pipeline"]["snapshot"] == "last"


def test_a_window_keeps_its_length_and_grain() -> None:
    window = {"window": {"count": 2, "granularity": "week"}, "period_agg": "last"}
    (row,) = compiled(metric("bookings", "cumulative", cumulative_type_params=window))
    assert json.loads(row["plan"])["measures"]["bookings"]["window"] == {"count": 2, "grain": "week"}


def test_a_filter_names_columns_of_its_own_mart_and_of_another() -> None:
    filtered = metric("bookings") | {
        "filter": {
            "where_filters": [
                {"where_sql_template": "{{ Dimension('deal__stage') }} <> 'Lost'"},
                {"where_sql_template": "{{ Dimension('owner__team') }} = 'north'"},
            ]
        }
    }
    (row,) = compiled(filtered)
    found = json.loads(row["plan"])["measures"]["bookings"]
    assert found["condition"] == "(stage <> 'Lost') and (owner__team = 'north')"
    assert found["condition_dimensions"] == ["owner__team"]


def test_a_component_is_not_listed() -> None:
    """Readers see what someone answers for; parts of a ratio have no owner of their own."""
    assert compiled(metric("bookings"), meta={"component": True}) == []


@pytest.mark.parametrize(
    ("missing", "text"), [("unit", "unit: Field required"), ("owner", "owner"), ("beware", "beware"), ("good", "good")]
)
def test_a_metric_without_its_words_is_refused(missing: str, text: str) -> None:
    meta = {key: value for key, value in META.items() if key != missing}
    with pytest.raises(CatalogueError, match=f"metric bookings: .*{text}"):
        compiled(metric("bookings"), meta=meta)


def test_a_metric_without_a_description_is_refused() -> None:
    with pytest.raises(CatalogueError, match="metric bookings: description is missing"):
        compiled(metric("bookings") | {"description": ""})


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(CatalogueError, match="metric bookings: unit"):
        compiled(metric("bookings"), meta=META | {"unit": "euros"})


REFUSED = {
    "no plan": metric("bookings", "conversion"),
    "running total without a window": metric(
        "bookings", "cumulative", cumulative_type_params={"window": None, "period_agg": "last"}
    ),
    "window seen at the start of a period": metric(
        "bookings",
        "cumulative",
        cumulative_type_params={"window": {"count": 3, "granularity": "month"}, "period_agg": "first"},
    ),
    "filter on its measure": metric(
        "bookings", measure=metric("bookings")["type_params"]["measure"] | {"fill_nulls_with": 0}
    ),
    "filter that runs code": metric("bookings")
    | {"filter": {"where_filters": [{"where_sql_template": "{{ run_query('drop table x') }}"}]}},
    "filter by a column that is no dimension": metric("bookings")
    | {"filter": {"where_filters": [{"where_sql_template": "{{ Dimension('deal__amount_rpt') }} > 0"}]}},
    "measure that does not exist": metric("nothing"),
}


@pytest.mark.parametrize("declared", REFUSED.values(), ids=REFUSED)
def test_what_no_plan_expresses_is_refused_with_the_metrics_name(declared: dict[str, Any]) -> None:
    """A metric compiled to something near what was declared is worse than none."""
    with pytest.raises(CatalogueError, match=f"metric {declared['name']}: "):
        compiled(declared)


def test_a_part_that_is_a_ratio_is_refused() -> None:
    inner = metric("size", "ratio", numerator=part("bookings"), denominator=part("won"))
    outer = metric("twice", "derived", expr="size * 2", metrics=[part("size")])
    with pytest.raises(CatalogueError, match="metric twice: its part size is itself a ratio"):
        compiled(metric("bookings"), metric("won"), inner, outer)


@pytest.mark.parametrize("name", ['x" , (select 1)--', "stage; drop table x", "no_such_column"])
def test_a_dimension_that_is_no_column_of_its_mart_is_refused(name: str) -> None:
    """A column's name in a YAML file must not become SQL of its own."""
    deals = copy.deepcopy(DEALS)
    deals["dimensions"][1]["expr"] = name  # type: ignore[index]
    with pytest.raises(CatalogueError, match=r"semantic model deals: sales\.fct_deals has no column"):
        compiled(metric("bookings"), deals=deals)
