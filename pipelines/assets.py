"""The assets of the Dagster graph: landed entities, raw tables, dbt models with one check each, the published version.

Each body only calls a step of `pipelines.publish.run.Run` and reports what it did; no rule lives here. Schedules,
sensors and jobs are put together in `definitions`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from company.settings import Settings
from company.source_settings import Source
from pipelines.canonical import Entity
from pipelines.landing import landed_entities
from pipelines.publish.run import Run
from pipelines.warehouse.dbt import CheckResult

RUN = "run"
"""The key of the resource that every asset works with: one open `Run`."""

CHECK = "tests"
PUBLISHED = dg.AssetKey("published")

Events = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def landed_assets(settings: Settings, name: str, source: Source) -> dg.AssetsDefinition:
    """One asset per entity that a source's mapping feeds, keyed [source, entity]. Freshness is the source's promise."""
    entities = mapped_entities(settings, source)
    freshness = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=source.fresh_within_hours))
    specs = [
        dg.AssetSpec(
            [name, entity],
            group_name="landing",
            description=f"Batches of {entity} landed from {name}.",
            freshness_policy=freshness,
            kinds={"parquet"},
        )
        for entity in entities
    ]

    @dg.multi_asset(name=f"land_{name}", specs=specs, required_resource_keys={RUN})
    def land(context: dg.AssetExecutionContext) -> Events:
        run: Run = context.resources.run
        with run.noting_failure():
            landing = run.land(name) if run.wants(name) else None
        rows: dict[str, int] = defaultdict(int)
        for batch in landing.landed if landing is not None else ():
            rows[batch.entity] += batch.rows.loaded
        for entity in entities:
            yield dg.MaterializeResult(asset_key=[name, entity], metadata={"rows landed": rows[entity]})

    return land


def mapped_entities(settings: Settings, source: Source) -> tuple[str, ...]:
    """What a source lands, in the order of its mapping. Raises MappingError."""
    return landed_entities(source, settings)


def raw_assets(entities: Mapping[str, Entity], landed: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """One asset per raw table that a source feeds, keyed [raw, entity].

    When nothing is new none is made, and what follows is skipped. Tables that nothing feeds exist too, but are shown as
    sources only: an event costs 30 ms.
    """
    sources: dict[str, list[dg.AssetKey]] = defaultdict(list)
    for key in landed:
        sources[key.path[-1]].append(key)
    specs = [
        dg.AssetSpec(
            ["raw", name],
            group_name="raw",
            deps=keys,
            description=entities[name].description,
            skippable=True,
            kinds={"duckdb"},
        )
        for name, keys in sources.items()
    ]

    @dg.multi_asset(name="load_raw", specs=specs, required_resource_keys={RUN})
    def load_raw(context: dg.AssetExecutionContext) -> Events:
        run: Run = context.resources.run
        with run.noting_failure():
            if run.is_unchanged():
                context.log.info("nothing new: the published numbers stand")
                return
            loaded = run.load_raw()
        rows: dict[str, int] = defaultdict(int)
        for table in loaded:
            rows[table.entity] += table.rows
        for name in sources:
            yield dg.MaterializeResult(asset_key=["raw", name], metadata={"rows": rows[name]})

    return load_raw


class OneCheckPerModel(DagsterDbtTranslator):
    """All dbt tests of a model become one Dagster check: each check event costs 30 ms, and models have many tests."""

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """The model's one check, whichever of its tests is asked about."""
        del manifest, unique_id, project
        return dg.AssetCheckSpec(name=CHECK, asset=asset_spec.key, description="The model's dbt tests.")


def model_assets(manifest_path: Path, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Every seed and model of the dbt graph as an asset, each with a check that carries its tests' results."""
    translator = OneCheckPerModel()

    @dbt_assets(
        manifest=manifest_path, name="build_models", dagster_dbt_translator=translator, required_resource_keys={RUN}
    )
    def build_models(context: dg.AssetExecutionContext) -> Events:
        run: Run = context.resources.run
        with run.noting_failure():
            nodes = run.build()
        keys = {
            node.unique_id: translator.get_asset_key(manifest["nodes"][node.unique_id])
            for node in nodes
            if node.unique_id in manifest["nodes"]
        }
        for node in nodes:
            if node.unique_id in keys:
                yield dg.MaterializeResult(asset_key=keys[node.unique_id], metadata={"seconds": node.seconds})
        with run.noting_failure():
            results = run.test()
        wanted = {key.asset_key for key in context.selected_asset_check_keys}
        for unique_id, key in keys.items():
            if key in wanted:
                yield _check_result(key, [result for result in results if unique_id in result.tested])
        with run.noting_failure():
            run.require_passed()

    return build_models


def published_asset(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The version that readers see. Made only when every blocking check has passed."""

    @dg.asset(
        key=PUBLISHED,
        deps=list(marts),
        group_name="publish",
        description="The current version of the marts.",
        required_resource_keys={RUN},
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        run: Run = context.resources.run
        with run.noting_failure():
            run.finish_marts()
            manifest = run.publish()
        return dg.MaterializeResult(
            metadata={
                "version": manifest.version,
                "as of": manifest.as_of.isoformat(),
                "checks passed": manifest.checks.passed,
                "checks warned": manifest.checks.warned,
            }
        )

    return published


def _check_result(key: dg.AssetKey, results: Sequence[CheckResult]) -> dg.AssetCheckResult:
    failed = [result for result in results if result.status in ("fail", "error")]
    warned = [result for result in results if result.status == "warn"]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=CHECK,
        passed=not failed and not warned,
        severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        metadata={
            "tests": len(results),
            "failing": [result.name for result in (*failed, *warned)],
        },
    )
