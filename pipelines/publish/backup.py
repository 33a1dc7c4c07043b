"""Backup and restore: what cannot be made again, in one archive. Everything else is rebuilt by the next run.

In: plumbline.yaml and its mapping files, landing, history, app, secrets. Out: warehouse, published versions, Dagster's
history, which follow from them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from company.folders import DataFolder
from company.settings import Settings, load_settings
from pipelines.publish.errors import BackupError
from pipelines.publish.inputs import tool_version

FORMAT_VERSION = 1
_PARTS = ("landing", "history", "app", "secrets")
_ABOUT = "plumbline-backup.json"


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """How many files went in or came back, and how large they are."""

    files: int
    bytes: int


def write_backup(settings: Settings, target: Path, *, at: datetime) -> BackupSummary:
    """Write the archive; the target is replaced only when it is whole. Call it with the lock held."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    files = size = 0
    try:
        with partial.open("wb") as raw:
            os.fchmod(raw.fileno(), 0o600)  # secrets are inside
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as archive:
                about = {
                    "format_version": FORMAT_VERSION,
                    "written_at": at.isoformat(timespec="seconds"),
                    "tool_version": tool_version(),
                    "settings": settings.file.name,
                }
                _add_bytes(archive, _ABOUT, json.dumps(about, indent=2).encode(), at)
                for name, path in _members(settings):
                    files, size = files + 1, size + path.stat().st_size
                    if path.suffix == ".sqlite":
                        _add_bytes(archive, name, _consistent_copy(path), at)
                    else:
                        archive.add(path, arcname=name, recursive=False)
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(target)
    except OSError as error:
        raise BackupError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return BackupSummary(files, size)


def settings_of_backup(archive_path: Path, folder: Path) -> Settings:
    """The settings that a restore in `folder` works by: its own plumbline.yaml, else the archive's, written there."""
    name = _about(archive_path)["settings"]
    if not (folder / name).exists():
        with tarfile.open(archive_path, "r:gz") as archive:
            member = archive.extractfile(f"company/{name}")
            if member is None:
                raise BackupError(f"{archive_path}: holds no {name}")
            (folder / name).write_bytes(member.read())
    return load_settings(folder / name)


def restore_backup(archive_path: Path, *, folders: DataFolder, root: Path) -> BackupSummary:
    """Put a backup back into an empty data folder. Settings and mappings go beside it unless they are there already.

    Raises BackupError before anything is written where the archive is no backup, or the data folder holds data.
    """
    taken = [name for name in _PARTS if any((folders.root / name).glob("*"))]
    if taken:
        raise BackupError(
            f"{folders.root / taken[0]} is not empty; restore into a new data folder (set `data` or PLUMBLINE_DATA)"
        )
    folders.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folders.root) as text:
        opened = Path(text)
        files, size = _extract(archive_path, opened)
        for name in _PARTS:
            if (opened / "data" / name).is_dir():
                shutil.rmtree(folders.root / name, ignore_errors=True)
                (opened / "data" / name).rename(folders.root / name)
        for path in sorted((opened / "company").rglob("*")):
            beside = root / path.relative_to(opened / "company")
            if path.is_file() and not beside.exists():
                beside.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, beside)
    return BackupSummary(files, size)


def _members(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield f"company/{settings.file.name}", settings.file
    for path in dict.fromkeys(path for source in settings.sources.values() for path in source.read_files):
        if path.is_file() and path.is_relative_to(settings.root):
            yield f"company/{path.relative_to(settings.root).as_posix()}", path
    for part in _PARTS:
        folder = settings.folders.root / part
        for path in sorted(folder.rglob("*")):
            # What SQLite keeps beside a database is in the copy that is taken of it.
            if path.is_file() and not path.is_symlink() and not path.name.endswith((".sqlite-wal", ".sqlite-shm")):
                yield f"data/{path.relative_to(settings.folders.root).as_posix()}", path


def _consistent_copy(path: Path) -> bytes:
    # Pages write to it while the backup runs; the backup API gives one moment of it.
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    copy = sqlite3.connect(":memory:")
    try:
        source.backup(copy)
        return copy.serialize()
    finally:
        copy.close()
        source.close()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes, at: datetime) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(at.timestamp())
    archive.addfile(member, io.BytesIO(content))


def _about(archive_path: Path) -> dict[str, Any]:
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            first = archive.next()
            content = archive.extractfile(first) if first is not None and first.name == _ABOUT else None
            about: dict[str, Any] = json.loads(content.read()) if content is not None else {}
    except FileNotFoundError:
        raise BackupError(f"{archive_path}: no such file") from None
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BackupError(f"{archive_path}: cannot be read as a backup: {error}") from error
    if not about:
        raise BackupError(f"{archive_path}: not a plumbline backup")
    if about["format_version"] > FORMAT_VERSION:
        raise BackupError(f"{archive_path}: written by a newer plumbline ({about['tool_version']}); upgrade first")
    return about


def _extract(archive_path: Path, target: Path) -> tuple[int, int]:
    _about(archive_path)
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            # The data filter refuses absolute names, links that lead out and devices.
            archive.extractall(target, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BackupError(f"{archive_path}: cannot be read as a backup: {error}") from error
    members = [path for path in target.rglob("*") if path.is_file()]
    return len(members) - 1, sum(path.stat().st_size for path in members)
