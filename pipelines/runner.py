"""Starts one run from a command: the lock, the short cut when nothing is new, then the Dagster job in this process.

Dagster and dbt are imported only when there is something to do: a run with nothing new must cost next to nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from company.errors import SettingsError
from company.folders import DataFolder
from company.settings import Settings
from company.versions import RunRecord
from pipelines.publish.run import Run, RunHooks, RunRequest, open_run
from pipelines.warehouse.dbt import PROJECT

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run's record and, where it failed, what it failed on."""

    record: RunRecord
    error: BaseException | None = None


def run_once(
    settings: Settings, request: RunRequest, *, hooks: RunHooks | None = None, project: Path = PROJECT
) -> RunOutcome:
    """Run the pipeline once, also to a bad end: a failure is in the outcome, and the operator is told of it.

    Raises SettingsError for a source that does not exist, LockedError while another process writes.
    """
    _refuse_unknown_sources(settings, request)
    with open_run(settings, request, hooks=hooks, project=project) as run:
        if not run.nothing_to_do():
            try:
                _execute(run)
            except Exception as error:  # noqa: BLE001  # kept for the caller, who knows which faults are a person's
                run.fail(error)
    if run.record.status == "failed":
        from pipelines import reports  # noqa: PLC0415  # only a failed run writes a mail

        reports.notify_operator(settings, run.record)
    return RunOutcome(run.record, run.error)


@contextmanager
def dagster_instance(folders: DataFolder) -> Iterator[dg.DagsterInstance]:
    """The company's Dagster instance: dagster.yaml with the data folder's absolute path."""
    import dagster as dg  # noqa: PLC0415  # see the module's first lines

    write_dagster_home(folders)
    with dg.DagsterInstance.from_config(str(folders.dagster)) as instance:
        yield instance


def write_dagster_home(folders: DataFolder) -> None:
    """Write data/dagster/dagster.yaml from the one at the root, so that DAGSTER_HOME can be that folder."""
    content = YAML(typ="safe").load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))
    content["storage"]["custom"]["config"]["base_dir"] = str(folders.dagster)
    content["local_artifact_storage"]["config"]["base_dir"] = str(folders.dagster)
    folders.dagster.mkdir(parents=True, exist_ok=True)
    with (folders.dagster / "dagster.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(content, file)


def _execute(run: Run) -> None:
    import dagster as dg  # noqa: PLC0415  # see the module's first lines

    from pipelines.definitions import REFRESH, build_defs  # noqa: PLC0415

    # Dagster's own words go to its event log; a person at a terminal gets ours.
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    run.parse()
    with dagster_instance(run.folders) as instance:
        definitions = build_defs(run.settings, project=run.dbt, run=dg.ResourceDefinition.hardcoded_resource(run))
        job = definitions.resolve_job_def(REFRESH)
        result = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
    if not result.success and run.error is None:
        run.fail(RuntimeError(f"Dagster run {result.run_id} failed outside of every step; see `plumbline serve`"))


def _refuse_unknown_sources(settings: Settings, request: RunRequest) -> None:
    if not settings.sources:
        raise SettingsError(f"{settings.file.name}: sources: none; name at least one folder of exports to read")
    for name in request.sources:
        if name not in settings.sources:
            near = difflib.get_close_matches(name, settings.sources, n=1)
            known = ", ".join(settings.sources) or "none"
            hint = f"did you mean {near[0]}?" if near else f"known: {known}"
            raise SettingsError(f"--source {name}: no such source in {settings.file.name}; {hint}")
