"""dbt in this process: parse, build, test. Turns what dbt reports into values of ours.

Knows dbt and nothing of Dagster; what the results mean for publishing is decided in `pipelines.publish`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from company.folders import DataFolder
from pipelines.warehouse.databases import DatabasePair
from pipelines.warehouse.errors import ModelError

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

PROJECT = Path(__file__).resolve().parents[2]
"""The folder of dbt_project.yml, profiles.yml, models/, macros/ and seeds/."""

SOURCES_OF_MEANING = ("models", "macros", "seeds")

TARGET = "dbt"
"""The folder in the warehouse that holds dbt's manifests and compiled SQL."""

Status = Literal["pass", "warn", "fail", "error", "skipped"]
OnNode = Callable[[str, str], None]
"""Called with a node's kind (model, seed, test) and name when it has finished."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """A model or seed that was built: its dbt unique id, how it ended, seconds taken."""

    unique_id: str
    name: str
    kind: str
    succeeded: bool
    seconds: float
    message: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A dbt test that ran on `model`; `tested` are the dbt ids of all it reads. `query` gives the offending rows."""

    name: str
    model: str
    tested: tuple[str, ...]
    severity: Literal["error", "warn"]
    status: Status
    failures: int
    message: str
    query: str = field(repr=False)


class DbtProject:
    """The project at the repository's root, with its own target folder so that a plain `dbt build` disturbs nothing."""

    def __init__(self, folders: DataFolder, *, project: Path = PROJECT) -> None:
        self.target = folders.warehouse / TARGET
        self.project = project
        self.databases = DatabasePair(folders.run_copies)
        self._manifest: Any = None

    @property
    def manifest_path(self) -> Path:
        return self.target / "manifest.json"

    @property
    def semantic_manifest_path(self) -> Path:
        return self.target / "semantic_manifest.json"

    @property
    def is_parsed(self) -> bool:
        """Whether the manifest is at least as new as everything it was made from."""
        if not self.manifest_path.is_file():
            return False
        parsed_at = self.manifest_path.stat().st_mtime_ns
        return all(path.stat().st_mtime_ns <= parsed_at for path in self._inputs())

    @property
    def is_loaded(self) -> bool:
        """Whether `parse` has been called: what is built is what was parsed then."""
        return self._manifest is not None

    def parse(self) -> None:
        """Read the project and write its manifests. Unchanged files are taken from the last parse."""
        result = self._invoke(["parse"])
        if not result.success:
            raise ModelError(f"dbt cannot read the models: {_reason(result)}")
        self._manifest = result.result

    @property
    def check_names(self) -> tuple[str, ...]:
        """The names of all data tests. Call `parse` first."""
        return tuple(node.name for node in self._manifest.nodes.values() if str(node.resource_type) == "test")

    @property
    def lowerable_check_names(self) -> tuple[str, ...]:
        """The names of the data tests that may be set to warn: those tagged tie_out. Call `parse` first."""
        return tuple(
            node.name
            for node in self._manifest.nodes.values()
            if str(node.resource_type) == "test" and "tie_out" in node.tags
        )

    def read_manifests(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The semantic manifest and the manifest as the last parse wrote them."""
        return json.loads(self.semantic_manifest_path.read_bytes()), json.loads(self.manifest_path.read_bytes())

    def build(self, *, full_refresh: bool, on_node: OnNode) -> tuple[NodeResult, ...]:
        """Seeds and models, in order. Tests come after, so that one run tells of every failure.

        Raises ModelError naming the first model that could not be built.
        """
        kinds = ["--resource-type", "seed", "--resource-type", "model", "--resource-type", "snapshot"]
        result = self._invoke(["build", *kinds, *(["--full-refresh"] if full_refresh else [])], on_node=on_node)
        nodes = tuple(
            NodeResult(
                unique_id=item.node.unique_id,
                name=item.node.name,
                kind=str(item.node.resource_type),
                succeeded=str(item.status) == "success",
                seconds=float(item.execution_time),
                message=str(item.message or ""),
            )
            for item in _items(result)
        )
        failed = [node for node in nodes if not node.succeeded and node.message and "Skipp" not in node.message]
        if failed or not result.success:
            reason = f"{failed[0].name}: {failed[0].message}" if failed else _reason(result)
            raise ModelError(f"a model could not be built: {reason}")
        return nodes

    def test(self, *, on_node: OnNode) -> tuple[CheckResult, ...]:
        """Every data test of every model; nothing is raised for a test that fails."""
        result = self._invoke(["test", "--exclude-resource-type", "unit_test"], on_node=on_node)
        items = _items(result)
        if not items and not result.success:
            raise ModelError(f"the checks could not run: {_reason(result)}")
        return tuple(self._check(item) for item in items)

    def _check(self, item: Any) -> CheckResult:
        node = item.node
        upstream = tuple(str(name) for name in node.depends_on.nodes if not name.startswith("macro."))
        # A singular test belongs to the last model it reads: the one that its claim is about is named last.
        subject = str(getattr(node, "attached_node", None) or (upstream[-1] if upstream else node.unique_id))
        severity: Literal["error", "warn"] = "warn" if str(node.config.severity).lower() == "warn" else "error"
        return CheckResult(
            name=node.name,
            model=subject.rsplit(".", 1)[-1],
            tested=upstream,
            severity=severity,
            status=str(item.status),  # type: ignore[arg-type]  # dbt's own words are the ones of Status
            failures=int(item.failures or 0),
            message=str(item.message or ""),
            query=str(node.compiled_code or ""),
        )

    def _inputs(self) -> Iterator[Path]:
        yield self.project / "dbt_project.yml"
        yield self.project / "profiles.yml"
        for folder in SOURCES_OF_MEANING:
            # Folders too: their time changes when a file is taken away.
            yield from (self.project / folder).rglob("*")

    def _invoke(self, arguments: Sequence[str], *, on_node: OnNode | None = None) -> dbtRunnerResult:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415  # two seconds of imports that a short command must not pay

        flags = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        flags += ["--target-path", str(self.target), "--log-path", str(self.target)]
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-version-check", "--no-use-colors"]
        writes = [] if arguments[0] == "parse" else ["--no-write-json"]
        callbacks = [] if on_node is None else [_reporter(on_node)]
        with self._environment(), _released():
            runner = dbtRunner(manifest=self._manifest, callbacks=callbacks)
            result = runner.invoke([*quiet, *writes, *arguments, *flags])
        if result.exception is not None:
            raise ModelError(f"dbt {arguments[0]}: {result.exception}") from result.exception
        return result

    @contextmanager
    def _environment(self) -> Iterator[None]:
        """Point profiles.yml at the run's databases. Constant paths: dbt parses again when they change."""
        paths = {
            "PLUMBLINE_BUILD_DATABASE": str(self.databases.build),
            "PLUMBLINE_MARTS_DATABASE": str(self.databases.marts),
        }
        before = {name: os.environ.get(name) for name in paths}
        os.environ.update(paths)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def _released() -> Iterator[None]:
    """Close what dbt-duckdb leaves open: in process it keeps the file locked after it has finished."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415  # see _invoke

    try:
        yield
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _items(result: dbtRunnerResult) -> list[Any]:
    # The hook that makes the raw tables reports as a node too; a failed one is left for `_reason`.
    items = getattr(result.result, "results", None) or []
    return [item for item in items if str(item.node.resource_type) != "operation" or str(item.status) != "success"]


def _reason(result: dbtRunnerResult) -> str:
    for item in _items(result):
        if str(item.status) in ("error", "fail"):
            return f"{item.node.name}: {item.message}"
    return str(result.exception or "dbt gave no reason; run `dbt build` to see its log")


def _reporter(on_node: OnNode) -> Callable[[Any], None]:
    def report(event: Any) -> None:
        if event.info.name == "NodeFinished":
            on_node(event.data.node_info.resource_type, event.data.node_info.node_name)

    return report
