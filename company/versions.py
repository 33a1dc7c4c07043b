"""The records that the writing half leaves and the reading half trusts: version manifests and run records.

Reading and writing these JSON files belongs here, and how both open a published file; deciding what to publish belongs
to `pipelines.publish`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from company.errors import VersionError
from company.folders import DataFolder

READING: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "threads": "2",
}
"""How both halves open a published file: DuckDB refuses one that the same process has open under other settings."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class CheckWarning(_Record):
    """A check that failed but does not block: a red mark on page and mail."""

    name: str
    message: str


class CheckCounts(_Record):
    """How the checks of a version ended. `not_covered`: a tie-out whose other side no source provides."""

    passed: int = 0
    warned: int = 0
    failed: int = 0
    not_covered: int = 0
    warnings: tuple[CheckWarning, ...] = ()


class SourceState(_Record):
    """When a source was last read and whether that is longer ago than it promises."""

    name: str
    read_at: datetime | None
    fresh_within_hours: float
    stale: bool


class FileState(_Record):
    """Size and content of a published file, so that damage is found when it is opened."""

    sha256: str
    bytes: int


class ProfileState(_Record):
    """Whom a profile file is for: the roles and the attribute values that its rows were filtered by."""

    roles: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]


class VersionManifest(_Record):
    """published/<version>/manifest.json. Times are UTC."""

    format_version: int = 1
    version: str
    run_id: str
    created_at: datetime
    as_of: date
    known_at: datetime
    reporting_currency: str
    code_hash: str
    settings_hash: str = ""
    tool_version: str
    previous: str | None
    batches_hash: str
    checks: CheckCounts
    sources: tuple[SourceState, ...]
    files: Mapping[str, FileState]
    profiles: Mapping[str, ProfileState] = Field(default_factory=dict)


class Step(_Record):
    """One named step of a run: wall and CPU seconds of the whole process tree, and what it counted."""

    name: str
    seconds: float
    cpu_seconds: float
    rows: int | None = None


class Failure(_Record):
    """A check that failed, with a few of the rows it failed on."""

    check: str
    model: str
    message: str
    rows: tuple[Mapping[str, JsonValue], ...] = ()


RunStatus = Literal["running", "published", "nothing_to_do", "failed"]


class RunRecord(_Record):
    """runs/<run_id>.json. Times are UTC. `version` is the version that was current when the run ended."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None = None
    status: RunStatus
    as_of: date
    version: str | None = None
    pid: int | None = None
    steps: tuple[Step, ...] = ()
    failures: tuple[Failure, ...] = ()
    message: str = ""
    stale_sources: tuple[str, ...] = ()


def current_version(folder: DataFolder) -> str | None:
    """The version that the pointer names, or None before the first publish. Raises VersionError on a bad pointer."""
    try:
        text = folder.pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise VersionError(f"{folder.pointer}: the pointer cannot be read: {error}") from error
    if not text or "/" in text or text.startswith("."):
        raise VersionError(f"{folder.pointer}: {text!r} is no version name; run `plumbline rollback VERSION`")
    return text


def read_manifest(folder: DataFolder, version: str) -> VersionManifest:
    """The manifest of one version. Raises VersionError where it is missing or damaged."""
    path = folder.version(version) / "manifest.json"
    try:
        return VersionManifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise VersionError(f"no published version {version!r} ({path} is missing); see `plumbline versions`") from None
    except ValidationError as error:
        raise VersionError(f"{path}: not a version manifest: {error.errors()[0]['msg']}") from error


def read_run(path: Path) -> RunRecord:
    """One run record. Raises VersionError where it cannot be read."""
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise VersionError(f"{path}: no such run") from None
    except ValidationError as error:
        raise VersionError(f"{path}: not a run record: {error.errors()[0]['msg']}") from error


def latest_runs(folder: DataFolder, count: int) -> tuple[RunRecord, ...]:
    """The newest run records, newest first. A run id sorts by the moment it started."""
    if not folder.runs.is_dir():
        return ()
    paths = sorted(folder.runs.glob("*.json"), reverse=True)[:count]
    return tuple(read_run(path) for path in paths)


def latest_run(folder: DataFolder) -> RunRecord | None:
    """The newest run record, or None where none ran."""
    runs = latest_runs(folder, 1)
    return runs[0] if runs else None


def write_json(path: Path, record: BaseModel) -> None:
    """Write a record so that a reader sees the old or the new one, and a power cut leaves one of the two."""
    write_bytes(path, record.model_dump_json(indent=2).encode() + b"\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a small file atomically: temporary name, fsync, rename, fsync of the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. A rename is not safe before its folder is synced."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
