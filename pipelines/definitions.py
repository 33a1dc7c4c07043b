"""Puts the Dagster graph together: what `dagster dev` shows is what `plumbline run` executes.

Only composition belongs here. Assets are in `assets`, times in `schedules`, files in `sensors`, mails in `reports`.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from company.settings import Settings, load_settings
from pipelines import reports
from pipelines.assets import RUN, landed_assets, model_assets, published_asset, raw_assets
from pipelines.publish.run import Run, RunRequest, open_run
from pipelines.schedules import daily_run
from pipelines.sensors import drop_folders
from pipelines.sources.systems import all_entities
from pipelines.warehouse.dbt import DbtProject

REFRESH = "refresh"
"""The job that lands, builds, checks and publishes."""

SECONDS_TO_WAIT = 3600.0
"""How long a scheduled run waits for another writer before it gives up."""


def build_defs(
    settings: Settings | None = None, *, project: DbtProject | None = None, **overrides: Any
) -> dg.Definitions:
    """The whole graph for a company. `overrides` replace resources by name: a test or a command brings its own run."""
    company = settings if settings is not None else load_settings()
    dbt = project or DbtProject(company.folders)
    manifest_path = _parsed_manifest(dbt)
    manifest = json.loads(manifest_path.read_bytes())
    landed = [landed_assets(company, name, source) for name, source in company.sources.items()]
    models = model_assets(manifest_path, manifest)
    raw = [raw_assets(all_entities(), [key for assets in landed for key in assets.keys])] if landed else []
    published = published_asset(sorted(models.keys))
    assets = [*landed, *raw, models, published]
    refresh = dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.assets(*assets),
        executor_def=dg.in_process_executor,
        description="Land what is new, build, check, publish.",
    )
    own = dg.Definitions(
        assets=assets,
        jobs=[refresh],
        schedules=[daily_run(company, REFRESH, models=dbt.project)],
        sensors=[drop_folders(company, REFRESH)] if company.sources else [],
        resources={RUN: run_resource(company), **overrides},
    )
    return dg.Definitions.merge(own, reports.build_report_defs(company))


def run_resource(settings: Settings) -> dg.ResourceDefinition:
    """An open run for as long as a Dagster run lasts. A run that fails tells its operator."""

    @dg.resource(
        config_schema={
            "as_of": dg.Field(str, is_required=False, description="The day the run speaks for, such as 2026-06-30."),
            "full_refresh": dg.Field(bool, default_value=False, description="Build from landing, from nothing."),
        }
    )
    def run(context: dg.InitResourceContext) -> Iterator[Run]:
        config = context.resource_config
        as_of = date.fromisoformat(config["as_of"]) if "as_of" in config else None
        request = RunRequest(as_of=as_of, full_refresh=config["full_refresh"])
        with open_run(settings, request, wait_seconds=SECONDS_TO_WAIT) as opened:
            yield opened
        if opened.record.status == "failed":
            reports.notify_operator(settings, opened.record)

    return run


def _parsed_manifest(project: DbtProject) -> Path:
    # Also for `dagster dev` in a fresh clone: without a manifest there is no graph to show.
    if not project.is_loaded and not project.is_parsed:
        project.parse()
    return project.manifest_path


@dg.definitions
def defs() -> dg.Definitions:
    """The graph of the company that PLUMBLINE_CONFIG or ./plumbline.yaml describes."""
    return build_defs()
