"""The graph that `dagster dev` shows is the one that `plumbline run` executes, and it starts itself when it should."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from tiny_company import FIRST, MAY_CORRECTED, PROJECT, drop, make_company, run

from company.settings import Settings
from pipelines.assets import CHECK, PUBLISHED
from pipelines.definitions import REFRESH, build_defs
from pipelines.warehouse.dbt import PROJECT as REAL_PROJECT
from pipelines.warehouse.dbt import DbtProject


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A company that has published once."""
    company = make_company(tmp_path_factory.mktemp("graph") / "tiny")
    drop(company, "deals_20260601.csv", FIRST)
    assert run(company).record.status == "published"
    return company


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return build_defs(settings, project=DbtProject(settings.folders, project=PROJECT))


class TestGraph:
    """Every layer is there and hangs on the one before it."""

    def test_it_reaches_from_the_source_to_the_published_version(self, definitions: dg.Definitions) -> None:
        graph = definitions.resolve_asset_graph()
        landed, raw = dg.AssetKey(["crm", "deal"]), dg.AssetKey(["raw", "deal"])
        deals = dg.AssetKey(["sales", "fct_deals"])
        assert graph.get(raw).parent_keys == {landed}
        assert raw in graph.get(deals).parent_keys
        assert deals in graph.get(PUBLISHED).parent_keys

    def test_a_model_has_one_check_however_many_tests(self, definitions: dg.Definitions) -> None:
        keys = definitions.resolve_asset_graph().asset_check_keys
        assert {(key.asset_key.to_user_string(), key.name) for key in keys} == {
            ("sales/fct_deals", CHECK),
            ("finance/fct_close_checks", CHECK),
        }

    def test_a_landed_asset_is_as_fresh_as_its_source_promises(self, definitions: dg.Definitions) -> None:
        policy = definitions.resolve_asset_graph().get(dg.AssetKey(["crm", "deal"])).freshness_policy
        assert policy == dg.FreshnessPolicy.time_window(fail_window=policy.fail_window.to_timedelta())
        assert policy.fail_window.to_timedelta().total_seconds() == 24 * 3600

    def test_it_has_a_job_a_schedule_and_a_sensor(self, definitions: dg.Definitions) -> None:
        assert {job.name for job in definitions.resolve_all_job_defs()} >= {REFRESH}
        schedule = definitions.resolve_schedule_def("daily_run")
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * *", "UTC")
        assert definitions.resolve_sensor_def("drop_folders").job_name == REFRESH


class TestStarts:
    """A run starts when there is something to run for."""

    @pytest.fixture
    def waiting(self, settings: Settings) -> Iterator[Path]:
        path = drop(settings, "deals_20260620.csv", MAY_CORRECTED)
        yield path
        path.unlink()

    def tick(self, definitions: dg.Definitions) -> dg.ScheduleExecutionData:
        at = datetime(2026, 6, 30, 5, tzinfo=UTC)
        context = dg.build_schedule_context(scheduled_execution_time=at)
        return definitions.resolve_schedule_def("daily_run").evaluate_tick(context)

    def look(self, definitions: dg.Definitions, cursor: str | None) -> tuple[str | None, int]:
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance, cursor=cursor)
            result = definitions.resolve_sensor_def("drop_folders").evaluate_tick(context)
        return result.cursor, len(result.run_requests or [])

    def test_the_clock_starts_nothing_when_nothing_is_new(self, definitions: dg.Definitions) -> None:
        tick = self.tick(definitions)
        assert not tick.run_requests
        assert tick.skip_message == "nothing new: the published numbers stand"

    @pytest.mark.usefixtures("waiting")
    def test_the_clock_starts_a_run_when_a_file_waits(self, definitions: dg.Definitions) -> None:
        [request] = self.tick(definitions).run_requests or []
        assert request.run_key == "2026-06-30T05:00+0000"

    def test_a_folder_without_news_starts_nothing(self, definitions: dg.Definitions) -> None:
        cursor, asked = self.look(definitions, None)
        assert asked == 0
        assert self.look(definitions, cursor) == (cursor, 0)

    @pytest.mark.usefixtures("waiting")
    def test_a_file_that_has_come_to_rest_starts_one_run(self, definitions: dg.Definitions) -> None:
        """First look: it may still be written. Second: it rests, run. Third: that was asked for already."""
        cursor, first = self.look(definitions, None)
        cursor, second = self.look(definitions, cursor)
        _, third = self.look(definitions, cursor)
        assert (first, second, third) == (0, 1, 0)


@pytest.mark.deep
def test_dagster_loads_the_graph_from_the_root(settings: Settings, tmp_path: Path) -> None:
    """`dagster dev` in a fresh clone: no manifest, no instance, no environment but the company's file."""
    environment = {**os.environ, "PLUMBLINE_CONFIG": str(settings.file), "PLUMBLINE_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "pipelines.definitions"],
        cwd=REAL_PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
