"""What a run's numbers follow from: code, settings, as-of date and landed batches. Equal inputs need no second run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from company.folders import DataFolder
from company.settings import Settings
from company.versions import VersionManifest, current_version
from pipelines.landing.manifests import BatchManifest, batches_hash, read_manifests
from pipelines.publish import memory
from pipelines.publish.versions import kept_versions
from pipelines.warehouse.dbt import PROJECT, SOURCES_OF_MEANING

_MEANING = ("dbt_project.yml", *SOURCES_OF_MEANING)
_CODE = (
    "company",
    "pipelines/canonical.py",
    "pipelines/landing",
    "pipelines/publish",
    "pipelines/sources",
    "pipelines/statistics",
    "pipelines/warehouse",
)


@dataclass(frozen=True, slots=True)
class RunInputs:
    """Everything that a published number depends on."""

    code_hash: str
    settings_hash: str
    as_of: date
    batches_hash: str

    def made(self, manifest: VersionManifest) -> bool:
        """Whether a published version was made from exactly these inputs."""
        return self.rules_made(manifest) and (manifest.as_of, manifest.batches_hash) == (self.as_of, self.batches_hash)

    def rules_made(self, manifest: VersionManifest) -> bool:
        """Whether code and settings are the ones of a version, so that its databases may be built upon."""
        return (manifest.code_hash, manifest.settings_hash) == (self.code_hash, self.settings_hash)


def landed_batches(settings: Settings) -> tuple[BatchManifest, ...]:
    """The batches that count, of the sources that plumbline.yaml names."""
    return tuple(m for m in read_manifests(settings.folders.landing) if m.source in settings.sources)


def run_inputs(
    settings: Settings, *, as_of: date, batches: Sequence[BatchManifest], project: Path = PROJECT
) -> RunInputs:
    """The inputs of a run that would start now."""
    return RunInputs(
        code_hash=code_hash(project),
        settings_hash=settings.fingerprint,
        as_of=as_of,
        batches_hash=batches_hash(batches) + memory.decided(settings.folders),
    )


def published_from(folders: DataFolder, wanted: RunInputs) -> VersionManifest | None:
    """A version on disk that was made from these inputs.

    Any version, not only the current one: what was rolled back must not come back by itself.
    """
    for kept in kept_versions(folders):
        if wanted.made(kept.manifest) and folders.marts(kept.manifest.version).is_file():
            return kept.manifest
    return None


def nothing_to_do(settings: Settings, *, as_of: date, project: Path = PROJECT) -> bool:
    """Whether a run would only repeat what is published: same sources, code, settings and day. Reads no table."""
    from pipelines.landing import nothing_new  # noqa: PLC0415  # the readers of files cost more than this question

    if current_version(settings.folders) is None or not nothing_new(settings):
        return False
    wanted = run_inputs(settings, as_of=as_of, batches=landed_batches(settings), project=project)
    return published_from(settings.folders, wanted) is not None


def tool_version() -> str:
    """The installed version of plumbline."""
    return version("plumbline")


def code_hash(project: Path = PROJECT) -> str:
    """A hash over every file that numbers follow from: the dbt project, our own code, and the engines' versions."""
    digest = hashlib.sha256()
    for engine in ("duckdb", "dbt-core", "dbt-duckdb"):
        digest.update(f"{engine}=={version(engine)}\n".encode())
    for root, names in ((project, _MEANING), (PROJECT, _CODE)):
        for path in _files(root, names):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(project: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = project / name
        if path.is_file():
            yield path
        else:
            found = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
            yield from sorted(found)
