"""Published versions: where the pointer points, which versions were ever published, which are kept.

A version is published when the pointer has named it; `history/published.jsonl` remembers that for good, because a
version's history counts only then. Making the files of a version does not belong here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from company.errors import VersionError
from company.folders import DataFolder
from company.versions import FileState, VersionManifest, current_version, read_manifest, sync_folder, write_bytes
from pipelines.publish.errors import VersionFileError
from pipelines.warehouse.dbt import TARGET

OPEN_PREFIX = ".open-"


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One version on disk, for a list: its manifest, its size, whether readers see it."""

    manifest: VersionManifest
    bytes: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """A version that readers saw, as it is remembered after its files are gone. `previous`: what it followed."""

    version: str
    previous: str | None
    as_of: date


@dataclass(frozen=True, slots=True)
class ToldVersion:
    """From when readers saw a version, until the next one was told; a rollback tells a version again."""

    told_no: int
    version: str
    told_from_at: datetime


def move_pointer(folders: DataFolder, version: str, *, at: datetime, reason: str) -> None:
    """Make readers see a version, then remember that it was published. Raises VersionFileError for damaged files."""
    verify_files(folders, version)
    write_bytes(folders.pointer, version.encode() + b"\n")
    _remember(folders, version, at=at, reason=reason)


def reconcile(folders: DataFolder, *, at: datetime) -> None:
    """Finish what a killed process left: remember a pointer that was moved, remove versions that never were published.

    Call it with the lock held, before anything new is made.
    """
    current = current_version(folders)
    known = published_versions(folders)
    if current is not None and current not in known:
        _remember(folders, current, at=at, reason="pointer found moved")
        known = (*known, current)
    for folder in _folders(folders.published, known):
        shutil.rmtree(folder)
    for path in folders.history.glob("*.parquet"):
        if path.stem not in known:
            path.unlink()
    _drop_pairs(folders, current)


def published_versions(folders: DataFolder) -> tuple[str, ...]:
    """Every version that was ever published, oldest first, also those no longer on disk."""
    return tuple(dict.fromkeys(seen.version for seen in _seen(folders)))


def last_seen(folders: DataFolder) -> SeenVersion | None:
    """What readers saw last, also where its files are gone, as after a restore. None before the first publish."""
    seen = _seen(folders)
    return seen[-1] if seen else None


def told_versions(folders: DataFolder) -> tuple[ToldVersion, ...]:
    """What readers saw from when on, oldest first."""
    return tuple(
        ToldVersion(place, entry["version"], datetime.fromisoformat(entry["at"]))
        for place, entry in enumerate(_log(folders), start=1)
    )


def lineage(folders: DataFolder) -> tuple[str, ...]:
    """The version that readers saw last and those it followed, newest first. What was rolled back is not among them."""
    seen = _seen(folders)
    previous = {entry.version: entry.previous for entry in seen}
    chain: list[str] = []
    version = seen[-1].version if seen else None
    while version is not None and version not in chain:
        chain.append(version)
        version = previous.get(version)
    return tuple(chain)


def kept_versions(folders: DataFolder) -> tuple[KeptVersion, ...]:
    """The versions on disk, newest first. A folder whose manifest cannot be read is left out."""
    current = current_version(folders)
    kept = []
    for version in reversed(published_versions(folders)):
        try:
            manifest = read_manifest(folders, version)
        except VersionError:
            continue
        size = sum(path.stat().st_size for path in folders.version(version).rglob("*") if path.is_file())
        kept.append(KeptVersion(manifest, size, version == current))
    return tuple(kept)


def verify_files(folders: DataFolder, version: str, *, manifest: VersionManifest | None = None) -> None:
    """Prove that a version's files are what its manifest says. Raises VersionFileError naming the file."""
    manifest = manifest or read_manifest(folders, version)
    for name, state in manifest.files.items():
        path = folders.version(version) / name
        if not path.is_file():
            raise VersionFileError(f"{path}: missing; choose another version (`plumbline versions`)")
        if file_state(path) != state:
            raise VersionFileError(f"{path}: damaged since it was published; choose another version")


def prune(folders: DataFolder, *, keep: int) -> tuple[str, ...]:
    """Delete all but the newest `keep` versions, never the current one; gives the deleted ones.

    Open readers of a deleted file are not disturbed: the file goes when they let go of it.
    """
    current = current_version(folders)
    on_disk = [kept.manifest.version for kept in kept_versions(folders)]
    gone = tuple(version for version in on_disk[keep:] if version != current)
    for version in gone:
        shutil.rmtree(folders.version(version))
    _drop_pairs(folders, current)
    return gone


def file_state(path: Path) -> FileState:
    """Hash and size of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileState(sha256=digest, bytes=path.stat().st_size)


def sync_tree(folder: Path) -> None:
    """Make every file below a folder durable, then the folders themselves."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def _drop_pairs(folders: DataFolder, current: str | None) -> None:
    # Only the current version's databases are built upon; a run's own copies and dbt's files are not versions.
    for folder in _folders(folders.warehouse, {current or "", folders.run_copies.name, TARGET}):
        shutil.rmtree(folder)


def _folders(parent: Path, wanted: Iterable[str]) -> list[Path]:
    if not parent.is_dir():
        return []
    keep = set(wanted)
    return [path for path in sorted(parent.iterdir()) if path.is_dir() and path.name not in keep]


def _seen(folders: DataFolder) -> list[SeenVersion]:
    """What the pointer has named, in order; a rollback names a version again."""
    return [
        SeenVersion(entry["version"], entry["previous"], date.fromisoformat(entry["as_of"])) for entry in _log(folders)
    ]


def _log_path(folders: DataFolder) -> Path:
    return folders.history / "published.jsonl"


def _log(folders: DataFolder) -> list[dict[str, Any]]:
    path = _log_path(folders)
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _remember(folders: DataFolder, version: str, *, at: datetime, reason: str) -> None:
    manifest = read_manifest(folders, version)
    entry = {
        "version": version,
        "previous": manifest.previous,
        "as_of": manifest.as_of.isoformat(),
        "at": at.isoformat(timespec="seconds"),
        "reason": reason,
    }
    # Written whole: an append that a power cut tears would make every later line unreadable.
    lines = [json.dumps(line) + "\n" for line in (*_log(folders), entry)]
    write_bytes(_log_path(folders), "".join(lines).encode())
