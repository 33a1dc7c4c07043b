"""The state of a company's data folder, gathered for a person or a script. Reads; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from company.folders import DataFolder
from company.settings import Settings
from company.versions import READING, RunRecord, VersionManifest, current_version, latest_runs, read_manifest

RUNS_SHOWN = 5


class QuarantinedRows(BaseModel):
    """How many rows of one source and entity wait in quarantine for one reason."""

    model_config = ConfigDict(frozen=True)

    source: str
    entity: str
    reason: str
    rows: int


class CompanyStatus(BaseModel):
    """What `plumbline status` tells. `disk`: bytes per part of the data folder; hard links are counted once."""

    model_config = ConfigDict(frozen=True)

    current: VersionManifest | None
    runs: tuple[RunRecord, ...]
    quarantine: tuple[QuarantinedRows, ...]
    disk: Mapping[str, int]


def company_status(settings: Settings) -> CompanyStatus:
    """Look at manifests, run records, the current version's quarantine table and the disk."""
    folders = settings.folders
    version = current_version(folders)
    return CompanyStatus(
        current=read_manifest(folders, version) if version is not None else None,
        runs=latest_runs(folders, RUNS_SHOWN),
        quarantine=_quarantine(folders, version) if version is not None else (),
        disk=_disk(folders),
    )


def _quarantine(folders: DataFolder, version: str) -> tuple[QuarantinedRows, ...]:
    with duckdb.connect(folders.marts(version), read_only=True, config=READING) as connection:
        rows = connection.execute(
            "select source_system, entity, reason, count(*) from operations.fct_quarantined_rows"
            " group by all order by all"
        ).fetchall()
    return tuple(QuarantinedRows(source=s, entity=e, reason=r, rows=n) for s, e, r, n in rows)


def _disk(folders: DataFolder) -> dict[str, int]:
    counted: set[tuple[int, int]] = set()
    parts = (folders.landing, folders.history, folders.warehouse, folders.published, folders.app, folders.dagster)
    return {folder.name: _bytes(folder, counted) for folder in parts}


def _bytes(folder: Path, counted: set[tuple[int, int]]) -> int:
    total = 0
    for path in folder.rglob("*"):
        stat = path.lstat()
        if path.is_file() and (stat.st_dev, stat.st_ino) not in counted:
            counted.add((stat.st_dev, stat.st_ino))
            total += stat.st_size
    return total
