"""Compile the project's metric declarations into the catalogue that a published version carries.

Belongs here: reading dbt's semantic manifest, refusing what a plan cannot express, the catalogue as an Arrow table.
Does not: what a plan looks like and its SQL (`company.metric_plans`), writing the table into the warehouse.

A metric whose config.meta says `component: true` is a part of others and is not listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from company.metric_plans import (
    GRAINS,
    Dimension,
    Measure,
    Plan,
    Question,
    Unit,
    Window,
    ratio_expression,
    render,
)
from pipelines.warehouse.errors import WarehouseError

CATALOGUE_SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("label", pa.string()),
        ("description", pa.string()),
        ("unit", pa.string()),
        ("good", pa.string()),
        ("owner", pa.string()),
        ("beware", pa.string()),
        ("metric_type", pa.string()),
        ("dimensions", pa.list_(pa.string())),
        ("time_column", pa.string()),
        ("plan", pa.string()),
        ("sql", pa.string()),
    ]
)
"""One row per metric, as in raw.metric_catalogue. `plan` is JSON, `sql` the metric by month or its own grain."""

_CONDITION_NAME = re.compile(r"\{\{\s*Dimension\(\s*['\"](\w+?)__(\w+)['\"]\s*\)\s*\}\}")


class CatalogueError(WarehouseError):
    """A metric is declared in a way that no plan expresses. The text names the metric and what to change."""


class _Meta(BaseModel):
    """config.meta of a listed metric."""

    model_config = ConfigDict(extra="ignore")

    unit: Literal["money", "ratio", "multiple", "count", "days", "months"]
    good: Literal["up", "down"]
    owner: str = Field(min_length=1)
    beware: str = Field(min_length=1)


def compile_catalogue(semantic_manifest: Mapping[str, Any], manifest: Mapping[str, Any]) -> pa.Table:
    """The catalogue of every listed metric, by name.

    `semantic_manifest` and `manifest` are dbt's own files, read as JSON, of one parse. Raises CatalogueError for a
    metric without its words or unit, of a kind that no plan expresses, or with a dimension that its mart does not have.
    """
    project = _Project(semantic_manifest, manifest)
    rows = [
        _row(metric, project)
        for metric in sorted(project.metrics.values(), key=lambda m: str(m["name"]))
        if not project.meta(metric).get("component")
    ]
    return pa.Table.from_pylist(rows, schema=CATALOGUE_SCHEMA)


class _Project:
    """dbt's two files, indexed by what the compiler asks for."""

    def __init__(self, semantic_manifest: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
        self.metrics: dict[str, Mapping[str, Any]] = {m["name"]: m for m in semantic_manifest["metrics"]}
        self.models: Sequence[Mapping[str, Any]] = semantic_manifest["semantic_models"]
        self._metas = {
            node["name"]: node.get("config", {}).get("meta") or node.get("meta") or {}
            for node in manifest["metrics"].values()
        }
        self._columns = {
            f"{node['schema']}.{node['alias']}": frozenset(node["columns"])
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
        }

    def meta(self, metric: Mapping[str, Any]) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self._metas.get(metric["name"], {}))

    def measure(self, name: str, metric: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The semantic model that holds a measure, and the measure."""
        for model in self.models:
            for measure in model["measures"]:
                if measure["name"] == name:
                    return model, measure
        raise CatalogueError(f"metric {metric}: no semantic model has a measure {name}")

    def relation(self, model: Mapping[str, Any]) -> str:
        relation = model["node_relation"]
        return f"{relation['schema_name']}.{relation['alias']}"

    def check_column(self, model: Mapping[str, Any], column: str) -> str:
        relation = self.relation(model)
        if column not in self._columns.get(relation, frozenset()):
            raise CatalogueError(f"semantic model {model['name']}: {relation} has no column {column!r}")
        return column

    def dimensions(self, model: Mapping[str, Any]) -> dict[str, Dimension]:
        """Own dimensions under their names, those of a foreign entity as `<entity>__<name>`."""
        found = dict(self._own_dimensions(model))
        for entity in model["entities"]:
            if entity["type"] != "foreign":
                continue
            foreign_key = self.check_column(model, entity["expr"] or entity["name"])
            for other in self.models:
                for key in other["entities"]:
                    if key["type"] != "primary" or key["name"] != entity["name"]:
                        continue
                    for name, dimension in self._own_dimensions(other):
                        found[f"{entity['name']}__{name}"] = Dimension(
                            column=dimension.column,
                            relation=self.relation(other),
                            key=self.check_column(other, key["expr"] or key["name"]),
                            foreign_key=foreign_key,
                        )
        return found

    def _own_dimensions(self, model: Mapping[str, Any]) -> Iterator[tuple[str, Dimension]]:
        for dimension in model["dimensions"]:
            if dimension["type"] == "categorical":
                column = self.check_column(model, dimension["expr"] or dimension["name"])
                yield dimension["name"], Dimension(column=column)


def _row(metric: Mapping[str, Any], project: _Project) -> dict[str, object]:
    name = metric["name"]
    try:
        meta = _Meta.model_validate(dict(project.meta(metric)))
        plan = _plan(metric, project)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CatalogueError(f"metric {name}: {faults}") from error
    for word in ("label", "description"):
        if not metric.get(word):
            raise CatalogueError(f"metric {name}: {word} is missing; write it beside the metric's name")
    grain = "month" if "month" in plan.grains else plan.grains[0]
    unit: Unit = meta.unit
    return {
        "metric": name,
        "label": metric["label"],
        "description": " ".join(str(metric["description"]).split()),
        "unit": unit,
        "good": meta.good,
        "owner": meta.owner,
        "beware": " ".join(meta.beware.split()),
        "metric_type": metric["type"],
        "dimensions": list(plan.dimensions),
        "time_column": plan.time_column,
        "plan": plan.model_dump_json(exclude_defaults=True),
        "sql": render(plan, unit, Question(grain=grain)).sql,
    }


def _plan(metric: Mapping[str, Any], project: _Project) -> Plan:
    name, parameters = metric["name"], metric["type_params"]
    match metric["type"]:
        case "simple" | "cumulative":
            return Plan(kind="simple", measures={name: _measure(metric, project)}, expression=name)
        case "ratio":
            numerator, denominator = parameters["numerator"], parameters["denominator"]
            parts = {part["name"]: _input(part, name, project) for part in (numerator, denominator)}
            return Plan(
                kind="ratio",
                measures=parts,
                expression=ratio_expression(numerator["name"], denominator["name"]),
            )
        case "derived":
            parts = {part["alias"] or part["name"]: _input(part, name, project) for part in parameters["metrics"]}
            return Plan(kind="derived", measures=parts, expression=f"({parameters['expr']})")
        case other:
            raise CatalogueError(f"metric {name}: type {other} has no plan; use simple, cumulative, ratio or derived")


def _input(part: Mapping[str, Any], metric: str, project: _Project) -> Measure:
    """A ratio's or derived metric's part, which must itself be one measure."""
    if part["filter"] or part.get("offset_window") or part.get("offset_to_grain"):
        raise CatalogueError(f"metric {metric}: filter or offset on the part {part['name']}; declare a metric for it")
    inner = project.metrics[part["name"]]
    if inner["type"] not in ("simple", "cumulative"):
        raise CatalogueError(
            f"metric {metric}: its part {part['name']} is itself a {inner['type']} metric; use its parts"
        )
    return _measure(inner, project)


def _measure(metric: Mapping[str, Any], project: _Project) -> Measure:
    """The one measure of a simple or cumulative metric."""
    name, parameters = metric["name"], metric["type_params"]
    reference = parameters["measure"]
    if reference["filter"] or reference["join_to_timespine"] or reference["fill_nulls_with"] is not None:
        raise CatalogueError(f"metric {name}: options on its measure; write the condition into the measure's expr")
    model, measure = project.measure(reference["name"], name)
    dimensions = project.dimensions(model)
    time_name = measure["agg_time_dimension"] or (model["defaults"] or {}).get("agg_time_dimension")
    time = next((d for d in model["dimensions"] if d["name"] == time_name and d["type"] == "time"), None)
    if time is None:
        raise CatalogueError(f"metric {name}: measure {measure['name']} has no time dimension {time_name!r}")
    aggregate, expression = measure["agg"], measure["expr"] or measure["name"]
    if aggregate == "sum_boolean":
        aggregate, expression = "sum", f"case when {expression} then 1 else 0 end"
    hints = (measure.get("config") or {}).get("meta") or {}
    condition, condition_dimensions = _condition(metric, model, dimensions)
    snapshot: Literal["first", "last"] | None = None
    if rule := measure["non_additive_dimension"]:
        if rule["name"] != time_name or rule["window_groupings"]:
            raise CatalogueError(f"metric {name}: non_additive_dimension must be {time_name}, without groupings")
        snapshot = "last" if rule["window_choice"] == "max" else "first"
    return Measure(
        relation=project.relation(model),
        aggregate=aggregate,
        expression=expression,
        condition=condition,
        condition_dimensions=condition_dimensions,
        time=project.check_column(model, time["expr"] or time["name"]),
        time_grain=time["type_params"]["time_granularity"],
        snapshot=snapshot,
        window=_window(metric) if metric["type"] == "cumulative" else None,
        sums_days=bool(hints.get("sums_days")),
        looks_ahead=bool(hints.get("looks_ahead")),
        dimensions=dimensions,
    )


def _window(metric: Mapping[str, Any]) -> Window:
    parameters = metric["type_params"].get("cumulative_type_params") or {}
    window = parameters.get("window")
    if not window or window["granularity"] not in GRAINS or parameters.get("period_agg") != "last":
        raise CatalogueError(f"metric {metric['name']}: a cumulative metric needs a window and period_agg: last")
    return Window(count=window["count"], grain=window["granularity"])


def _condition(
    metric: Mapping[str, Any], model: Mapping[str, Any], dimensions: Mapping[str, Dimension]
) -> tuple[str | None, tuple[str, ...]]:
    """The metric's filter over columns, and the dimensions of other marts that it needs.

    `{{ Dimension('deal__stage') }}` is a column of the measure's own mart where `deal` is its primary entity, and
    one of another mart where it is a foreign one.
    """
    own = {model["primary_entity"], *(e["name"] for e in model["entities"] if e["type"] == "primary")}
    joined: list[str] = []

    def column(match: re.Match[str]) -> str:
        entity, name = match[1], match[2]
        known = name if entity in own else f"{entity}__{name}"
        if known not in dimensions:
            raise CatalogueError(
                f"metric {metric['name']}: the filter's {entity}__{name} is no dimension of its measure"
            )
        if dimensions[known].relation is None:
            return dimensions[known].column
        joined.append(known)
        return known

    filters = (metric["filter"] or {}).get("where_filters") or []
    texts = [_CONDITION_NAME.sub(column, f["where_sql_template"].strip()) for f in filters]
    if left := [text for text in texts if "{{" in text or "{%" in text]:
        raise CatalogueError(f"metric {metric['name']}: the filter may name dimensions only, found {left[0]!r}")
    return " and ".join(f"({text})" for text in texts) or None, tuple(dict.fromkeys(joined))
