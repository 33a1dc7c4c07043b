"""The manifest that closes a batch: its fields, reading all of them in order, and proving a batch unaltered.

Belongs here: manifest.json and what follows from manifests alone (which batches count, in which order).
Does not: writing a batch's parts (batches) or deciding what to land (cursors).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from pipelines.landing.errors import AlteredBatchError, ManifestError

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
PART = "part-0000.parquet"
QUARANTINE = "quarantine.parquet"
#: An unfinished batch or file: never read, removed by the next landing of its source.
OPEN_PREFIX = ".open-"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class LandedFile(_Record):
    """One file of a batch. `rows` is None for the original."""

    name: str
    rows: int | None = None
    bytes: int
    sha256: str


class RowCounts(_Record):
    """Rows of the file that feed the entity. in = loaded + quarantined + superseded.

    `left_out` counts rows of the file that the entry's `where` gives to another entity; they are not part of `in`.
    """

    in_: int = Field(default=0, validation_alias=AliasChoices("in", "in_"), serialization_alias="in")
    loaded: int = 0
    quarantined: int = 0
    superseded: int = 0
    left_out: int = 0


class ControlTotal(_Record):
    """One money column of a batch, exact. in = loaded + quarantined + superseded; unparsed rows have no amount."""

    in_: Decimal = Field(default=Decimal(0), validation_alias=AliasChoices("in", "in_"), serialization_alias="in")
    loaded: Decimal = Decimal(0)
    quarantined: Decimal = Decimal(0)
    superseded: Decimal = Decimal(0)
    unparsed_rows: int = 0


class BatchManifest(_Record):
    """landing/<source>/<entity>/<batch_id>/manifest.json, written last. Times are UTC.

    `lower` and `upper` bound the moment the rows are from. `feed` is what a *full* batch replaces: all rows of its
    source, entity and feed. `replaces` names batches (entity/batch_id) of the same file that an older mapping made.
    """

    format_version: int = FORMAT_VERSION
    batch_id: str
    source: str
    entity: str
    feed: str = ""
    kind: Literal["full", "delta", "ids"]
    status: Literal["loaded", "refused"]
    reason: str | None = None
    message: str = ""
    lower: datetime | None = None
    upper: datetime
    read_at: datetime
    file_name: str
    file_sha256: str
    file_bytes: int
    file_modified_ns: int
    original: LandedFile | None = None
    parts: tuple[LandedFile, ...] = ()
    quarantine: LandedFile | None = None
    rows: RowCounts = RowCounts()
    control_totals: Mapping[str, ControlTotal] = Field(default_factory=dict)
    headers: tuple[str, ...] = ()
    schema_hash: str
    replaces: tuple[str, ...] = ()
    tool_version: str
    folder: Path = Field(default=Path(), exclude=True)

    @property
    def order(self) -> tuple[datetime, str, str]:
        """What orders the batches of one source and entity. Never the order of arrival."""
        return (self.upper, self.file_sha256, self.schema_hash)

    @property
    def part_paths(self) -> tuple[Path, ...]:
        """The typed rows to load, empty for a refused batch."""
        return tuple(self.folder / part.name for part in self.parts) if self.status == "loaded" else ()

    @property
    def quarantine_path(self) -> Path | None:
        """The rows that could not be read, or None where there are none."""
        return self.folder / self.quarantine.name if self.quarantine is not None else None


def read_manifest(folder: Path) -> BatchManifest:
    """The manifest of one batch folder. Raises ManifestError naming the file."""
    path = folder / MANIFEST
    try:
        manifest = BatchManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}; restore the landing folder") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise ManifestError(f"{path}: {where}: {error.errors()[0]['msg']}; restore the landing folder") from error
    if manifest.format_version > FORMAT_VERSION:
        raise ManifestError(
            f"{path}: written by a newer version ({manifest.tool_version}); upgrade plumbline to read this landing"
        )
    return manifest.model_copy(update={"folder": folder})


def batch_folders(landing_root: Path, source: str | None = None) -> tuple[Path, ...]:
    """Every closed batch folder, sorted by path. Open ones are left out."""
    if not landing_root.is_dir():
        return ()
    sources = [landing_root / source] if source is not None else sorted(landing_root.iterdir())
    return tuple(
        batch
        for source_folder in sources
        if source_folder.is_dir() and not source_folder.name.startswith(".")
        for entity_folder in sorted(source_folder.iterdir())
        if entity_folder.is_dir() and not entity_folder.name.startswith((".", "_seen"))
        for batch in sorted(entity_folder.iterdir())
        if not batch.name.startswith(".")
    )


def all_manifests(landing_root: Path, source: str | None = None) -> tuple[BatchManifest, ...]:
    """Every manifest, also of batches that a later one replaces, in the order of `read_manifests`."""
    manifests = [read_manifest(folder) for folder in batch_folders(landing_root, source)]
    return tuple(sorted(manifests, key=lambda manifest: (manifest.source, manifest.entity, *manifest.order)))


def read_manifests(landing_root: Path, source: str | None = None) -> tuple[BatchManifest, ...]:
    """The batches that count: by source, entity and (upper, file_sha256). Refused ones are among them.

    A batch that a changed mapping has landed anew is left out: what was built from it must be built again. Looks at
    names and sizes only; `verify_batch` proves the content.
    Raises ManifestError for a damaged manifest, AlteredBatchError for a part that is missing or has another size.
    """
    manifests = all_manifests(landing_root, source)
    replaced = {(manifest.source, name) for manifest in manifests for name in manifest.replaces}
    live = tuple(
        manifest
        for manifest in manifests
        if (manifest.source, f"{manifest.entity}/{manifest.batch_id}") not in replaced
    )
    for manifest in live:
        for file in _files(manifest):
            _check_size(manifest.folder / file.name, file)
    return live


def verify_batch(manifest: BatchManifest) -> None:
    """Prove that a batch is what was landed: the hash of every file. Raises AlteredBatchError naming the file."""
    for file in _files(manifest):
        path = manifest.folder / file.name
        _check_size(path, file)
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != file.sha256:
            raise AlteredBatchError(
                f"{path}: was altered after landing (sha256 {found[:12]}, landed as "
                f"{file.sha256[:12]}); restore it from a backup"
            )


def batches_hash(manifests: Iterable[BatchManifest]) -> str:
    """One hash over which batches count and what they hold: equal exactly when the same data is landed."""
    digest = hashlib.sha256()
    for manifest in manifests:
        parts = ",".join(part.sha256 for part in manifest.parts)
        digest.update(f"{manifest.source}/{manifest.entity}/{manifest.batch_id}/{manifest.status}:{parts}\n".encode())
    return digest.hexdigest()


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. A naive one is taken as UTC: files and manifests hold no other."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _files(manifest: BatchManifest) -> tuple[LandedFile, ...]:
    extra = tuple(file for file in (manifest.quarantine, manifest.original) if file is not None)
    return (*manifest.parts, *extra)


def _check_size(path: Path, file: LandedFile) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise AlteredBatchError(f"{path}: is missing from a landed batch; restore it from a backup") from error
    if size != file.bytes:
        raise AlteredBatchError(
            f"{path}: was altered after landing ({size} bytes, landed with {file.bytes}); restore it from a backup"
        )
