"""One run, from the lock to the moved pointer: its steps in order, and what is left behind when one of them fails.

Each step is a method; who calls them (a Dagster job, a test) is not known here. The names of checkpoints are the
moments after which a killed run must be made good by the next one.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from company.settings import Settings
from company.versions import (
    CheckCounts,
    ProfileState,
    RunRecord,
    RunStatus,
    VersionManifest,
    current_version,
    read_manifest,
    sync_folder,
    write_json,
)
from pipelines.publish import checks, frozen, inputs, memory, release, versions
from pipelines.publish.disk import refuse_full_disk
from pipelines.publish.errors import ChecksFailedError, NothingReadError
from pipelines.publish.lock import writing
from pipelines.publish.record import RunRecorder, close_dead_records
from pipelines.warehouse.databases import DatabasePair, open_database
from pipelines.warehouse.dbt import PROJECT, DbtProject
from pipelines.warehouse.descriptions import describe

if TYPE_CHECKING:
    from pipelines.landing import SourceLanding
    from pipelines.landing.manifests import BatchManifest
    from pipelines.landing.progress import LandingProgress
    from pipelines.warehouse.dbt import CheckResult, NodeResult
    from pipelines.warehouse.raw import LoadedEntity

CHECKPOINTS = (
    "landed",
    "copied",
    "raw_loaded",
    "built",
    "tested",
    "marts_finished",
    "profiles_written",
    "manifest_written",
    "history_written",
    "pointer_moved",
)

Checkpoint = Callable[[str], None]
Progress = Callable[[str, str], None]
"""Called with a step and what it is at, for people who wait."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a person or a schedule asks for. `sources`: land only these; the others keep what is landed."""

    as_of: date | None = None
    full_refresh: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunHooks:
    """What a caller may listen to. `checkpoint` is called after each durable effect; `clock` gives aware moments."""

    checkpoint: Checkpoint = lambda _name: None
    progress: Progress = lambda _step, _detail: None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@contextmanager
def open_run(
    settings: Settings,
    request: RunRequest,
    *,
    hooks: RunHooks | None = None,
    project: Path = PROJECT,
    wait_seconds: float = 0,
) -> Iterator[Run]:
    """Hold the lock, clear up after killed runs, and give a run. On leaving, its copies are gone and its record closed.

    Raises LockedError while another process writes, DiskSpaceError where a run would not fit.
    """
    folders = settings.folders
    hooks = hooks or RunHooks()
    with writing(folders, "plumbline run", wait_seconds=wait_seconds):
        now = hooks.clock()
        versions.reconcile(folders, at=now)
        close_dead_records(folders, at=now)
        copies = DatabasePair(folders.run_copies)
        copies.delete()
        refuse_full_disk(folders)
        run = Run(settings, request, hooks=hooks, dbt=DbtProject(folders, project=project), started_at=now)
        try:
            yield run
        except BaseException as error:
            run.fail(error)
            raise
        finally:
            copies.delete()
            run.close()


class Run:
    """The state of one run. Steps come in the order of CHECKPOINTS; one that raises leaves readers undisturbed."""

    def __init__(
        self, settings: Settings, request: RunRequest, *, hooks: RunHooks, dbt: DbtProject, started_at: datetime
    ) -> None:
        self.settings = settings
        self.folders = settings.folders
        self.request = request
        self.hooks = hooks
        self.started_at = started_at
        self.as_of = request.as_of or settings.as_of_at(started_at)
        self.run_id = f"{started_at:%Y%m%dT%H%M%S}{started_at.microsecond // 1000:03}Z-{secrets.token_hex(2)}"
        self.copies = DatabasePair(self.folders.run_copies)
        self.dbt = dbt
        self.check_results: tuple[CheckResult, ...] = ()
        self.unread_sources: dict[str, str] = {}
        self.published: VersionManifest | None = None
        self._landed_now: set[str] = set()
        self._builds_on: VersionManifest | None = None
        self._counts = CheckCounts()
        self._remembered = memory.Remembered()
        self._message = ""
        self.error: BaseException | None = None
        self._recorder = RunRecorder(self.folders, run_id=self.run_id, started_at=started_at, as_of=self.as_of)

    @property
    def record(self) -> RunRecord:
        return self._recorder.record

    # -- before the steps ------------------------------------------------------------------------------------------

    def nothing_to_do(self) -> bool:
        """Whether a run would only repeat what is published. Reads no table and no file that is known."""
        return not self.request.full_refresh and inputs.nothing_to_do(
            self.settings, as_of=self.as_of, project=self.dbt.project
        )

    def is_unchanged(self) -> bool:
        """The same question after landing: whether what landed is what a version on disk was made from."""
        wanted = self._inputs(self._batches())
        return not self.request.full_refresh and inputs.published_from(self.folders, wanted) is not None

    @contextmanager
    def noting_failure(self) -> Iterator[None]:
        """Note what a step raises, for callers that turn errors into something else on their way up."""
        try:
            yield
        except GeneratorExit:
            raise
        except BaseException as error:
            self.fail(error)
            raise

    def wants(self, source: str) -> bool:
        """Whether this run was asked to land a source."""
        return not self.request.sources or source in self.request.sources

    # -- the steps -------------------------------------------------------------------------------------------------

    def land(self, source: str) -> SourceLanding | None:
        """Land what is new in a source. A source that cannot be read is remembered as stale and gives None."""
        from pipelines.landing import land_source  # noqa: PLC0415  # see nothing_to_do
        from pipelines.sources.errors import MappingError, SourceError  # noqa: PLC0415

        with self._recorder.step(f"land {source}") as count:
            try:
                landing = land_source(source, self.settings, on_progress=self._tell_landing)
            except MappingError:
                raise
            except SourceError as error:
                self.unread_sources[source] = str(error)
                return None
            self._landed_now.update(batch.batch_id for batch in landing.landed)
            count.rows = sum(batch.rows.in_ for batch in landing.landed)
        self.hooks.checkpoint("landed")
        return landing

    def parse(self) -> None:
        """Read the models, once per run: what is shown as the graph is what is built. Raises SettingsError, ModelError.

        A name under `checks` that no check has, or that may not be lowered, is refused here.
        """
        if not self.dbt.is_loaded:
            with self._recorder.step("parse models"):
                self.dbt.parse()
            checks.refuse_wrong(
                self.settings.checks, known=self.dbt.check_names, lowerable=self.dbt.lowerable_check_names
            )

    def load_raw(self) -> tuple[LoadedEntity, ...]:
        """Copy the databases of the current version and bring their raw tables up to the landed batches.

        Raises AccountClassError where the company's classification of accounts cannot be used, NothingReadError where
        there is nothing to show and a source could not be read.
        """
        from pipelines.publish import models_input  # noqa: PLC0415  # see nothing_to_do

        manifests = self._batches()
        if self.unread_sources and not any(batch.status == "loaded" for batch in manifests):
            raise NothingReadError("no source has been read yet, so there is nothing to publish")
        self.parse()
        classes = models_input.account_classes(self.settings)
        with self._recorder.step("copy databases"):
            self._copy(self._inputs(manifests))
        self.hooks.checkpoint("copied")
        with self._recorder.step("load raw") as count, self.copies.open() as connection:
            loaded = models_input.load(
                connection,
                self.settings,
                manifests,
                classes=classes,
                run_id=self.run_id,
                as_of=self.as_of,
                known_at=self._known_at(manifests),
                just_landed=self._landed_now,
            )
            models_input.load_graph(connection, *self.dbt.read_manifests())
            count.rows = sum(entity.rows for entity in loaded)
        self.hooks.checkpoint("raw_loaded")
        return loaded

    def build(self) -> tuple[NodeResult, ...]:
        """Build every model. Raises ModelError."""
        with self._recorder.step("build models") as count:
            fresh = self._builds_on is None
            nodes = self.dbt.build(full_refresh=fresh, on_node=lambda kind, name: self._tell(f"{kind}s", name))
            count.rows = len(nodes)
        self.hooks.checkpoint("built")
        return nodes

    def test(self) -> tuple[CheckResult, ...]:
        """Run every check. Failing checks are recorded with rows and given back; `require_passed` raises for them."""
        with self._recorder.step("check") as count:
            results = self.dbt.test(on_node=lambda kind, name: self._tell(f"{kind}s", name))
            self.check_results = checks.judged(results, self.settings.checks)
            count.rows = len(results)
            self._recorder.add_failures(checks.failures(checks.blocking(self.check_results), self.copies))
        self.hooks.checkpoint("tested")
        return self.check_results

    def require_passed(self) -> None:
        """Raise ChecksFailedError naming every blocking check that failed."""
        failed = checks.blocking(self.check_results)
        if failed:
            named = "; ".join(f"{r.name} on {r.model} ({r.message or r.status})" for r in failed[:5])
            more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
            raise ChecksFailedError(f"{len(failed)} of {len(self.check_results)} checks failed: {named}{more}")

    def finish_marts(self) -> None:
        """Write check results, restatements and descriptions into the marts: the last change to the published file."""
        with self._recorder.step("finish marts") as count, open_database(self.copies.marts) as connection:
            self._counts = checks.counted(self.check_results, connection)
            self._remembered = memory.remember(
                connection, self.folders, version=self.run_id, as_of=self.as_of, at=self.started_at
            )
            frozen.write_results(
                connection,
                checks.result_rows(self.check_results, connection),
                self._remembered.restated,
                causes=self._remembered.causes,
                values=self._remembered.values,
                version=self.run_id,
                at=self.started_at,
            )
            describe(connection, self.dbt.read_manifests()[1])
            count.rows = len(self._remembered.restated)
        self.hooks.checkpoint("marts_finished")

    def publish(self) -> VersionManifest:
        """Write the version's files aside, make them durable, move the pointer, and drop what is no longer kept."""
        manifests = self._batches()
        opened = self.folders.published / f"{versions.OPEN_PREFIX}{self.run_id}"
        with self._recorder.step("publish"):
            profiles = release.write_files(self.settings, self.copies, opened)
            self.hooks.checkpoint("profiles_written")
            manifest = self._manifest(opened, profiles, manifests)
            write_json(opened / "manifest.json", manifest)
            versions.sync_tree(opened)
            opened.rename(self.folders.version(self.run_id))
            sync_folder(self.folders.published)
            self.hooks.checkpoint("manifest_written")
            memory.keep(
                self.folders, self._remembered, version=self.run_id, known_at=manifest.known_at, as_of=self.as_of
            )
            self.hooks.checkpoint("history_written")
            self.copies.folder.rename(self.folders.warehouse / self.run_id)
            versions.move_pointer(self.folders, self.run_id, at=self.hooks.clock(), reason="published")
            self.published = manifest
            self.hooks.checkpoint("pointer_moved")
            versions.prune(self.folders, keep=self.settings.publish.keep)
        return manifest

    # -- the end ---------------------------------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """Note why the run ended, the first reason of several. The record is closed by `close`."""
        if self.error is not None:
            return
        self.error = error
        self._message = str(error).strip() or type(error).__name__

    def close(self) -> None:
        """Close the record with what the run came to. Remove what an unfinished publish left."""
        if self.published is None:
            shutil.rmtree(self.folders.published / f"{versions.OPEN_PREFIX}{self.run_id}", ignore_errors=True)
            versions.reconcile(self.folders, at=self.hooks.clock())
        current = current_version(self.folders)
        stale = dict.fromkeys(self.unread_sources)
        status: RunStatus
        if current == self.run_id:
            manifest = read_manifest(self.folders, current)
            stale |= dict.fromkeys(source.name for source in manifest.sources if source.stale)
            status, message = "published", f"published {current}" + (f"; {self._message}" if self._message else "")
        elif self._message:
            status, message = "failed", self._message
        else:
            status, message = "nothing_to_do", "nothing new: the published numbers stand"
        if self.unread_sources:
            message += "; not read: " + "; ".join(f"{name}: {why}" for name, why in self.unread_sources.items())
        self._recorder.finish(
            status,
            at=self.hooks.clock(),
            version=current,
            message=message,
            stale_sources=stale,
        )

    # -- parts of steps --------------------------------------------------------------------------------------------

    def _tell_landing(self, at: LandingProgress) -> None:
        self._tell(f"landing {at.source}", f"{at.file_name}: {at.doing}")

    def _tell(self, step: str, detail: str) -> None:
        self.hooks.progress(step, detail)

    def _batches(self) -> tuple[BatchManifest, ...]:
        return inputs.landed_batches(self.settings)

    def _inputs(self, batches: Sequence[BatchManifest]) -> inputs.RunInputs:
        return inputs.run_inputs(self.settings, as_of=self.as_of, batches=batches, project=self.dbt.project)

    def _known_at(self, manifests: Sequence[BatchManifest]) -> datetime:
        # Not the clock: the same batches must give the same warehouse whenever they are built.
        return max((manifest.read_at for manifest in manifests), default=self.started_at)

    def _copy(self, now: inputs.RunInputs) -> None:
        current = current_version(self.folders)
        if current is not None and not self.request.full_refresh:
            manifest = read_manifest(self.folders, current)
            base = DatabasePair(self.folders.warehouse / current)
            if base.exists and now.rules_made(manifest):
                base.copy_to(self.copies)
                self._builds_on = manifest
                return
        self.copies.create()

    def _manifest(
        self, opened: Path, profiles: Mapping[str, ProfileState], manifests: Sequence[BatchManifest]
    ) -> VersionManifest:
        seen, now = versions.last_seen(self.folders), self._inputs(manifests)
        return VersionManifest(
            version=self.run_id,
            run_id=self.run_id,
            created_at=self.hooks.clock(),
            as_of=self.as_of,
            known_at=self._known_at(manifests),
            reporting_currency=self.settings.company.reporting_currency,
            code_hash=now.code_hash,
            settings_hash=now.settings_hash,
            tool_version=inputs.tool_version(),
            previous=seen.version if seen else None,
            batches_hash=now.batches_hash,
            checks=self._counts,
            sources=release.source_states(
                self.settings, manifests, now=self.started_at, unread=self.unread_sources.keys()
            ),
            files=release.file_states(opened),
            profiles=dict(profiles),
        )
