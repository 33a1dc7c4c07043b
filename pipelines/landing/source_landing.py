"""Landing one source: look at its drop folder, take what is settled and new, batch by batch.

Belongs here: the walk over files and entries, waiting for files that are still being written, clearing what a killed
run left. How one batch is made is in `batches`.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.landing.batches import BatchOrigin, land_batch
from pipelines.landing.connection import open_connection
from pipelines.landing.cursors import Found, Survey, remember, replaced_by, survey
from pipelines.landing.manifests import OPEN_PREFIX, BatchManifest, all_manifests
from pipelines.landing.progress import Checkpoint, LandingProgress, OnProgress, passing, silent
from pipelines.sources.content import KeptFile, Limits, file_sha256, keep_copy, prepare
from pipelines.sources.errors import RefusedFileError, UnreadableFileError, UnsettledFileError
from pipelines.sources.mapping import FileFormat, MappedFiles, SourceMapping
from pipelines.sources.tables import Table, open_table

#: A file that has not changed for this long is taken as complete.
SETTLED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SourceLanding:
    """What one landing of one source did.

    `known`: files whose content was landed before. `unsettled`: still being written. `unmatched`: files that no entry
    matches. `missing`: entries that match no file.
    """

    source: str
    landed: tuple[BatchManifest, ...]
    refused: tuple[BatchManifest, ...]
    known: tuple[str, ...]
    unsettled: tuple[str, ...]
    unmatched: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether landing changed nothing."""
        return not self.landed and not self.refused


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What landing takes from outside: the clock, patience, limits, who listens."""

    clock: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    settled_seconds: float = SETTLED_SECONDS
    limits: Limits = field(default_factory=Limits)
    memory: str = "3GB"
    on_progress: OnProgress = silent
    checkpoint: Checkpoint = passing


def land_folder(
    source: str, folder: Path, mapping: SourceMapping, landing_root: Path, *, around: Surroundings | None = None
) -> SourceLanding:
    """Land every new file of `folder` into landing_root/<source>/. Landing the same again changes nothing.

    Raises SourceFolderError for a missing folder, LandingError where the disk refuses or totals do not add up. A file
    that cannot be used ends as a refused batch and harms no other.
    """
    around = around or Surroundings()
    landing = landing_root / source
    _clear_open(landing)
    seen = survey(folder, mapping, landing)
    landed: list[BatchManifest] = []
    known: list[str] = []
    hashes: dict[str, tuple[int, int, str]] = {}
    settled, unsettled = _settled(seen, around)
    before = list(all_manifests(landing_root, source)) if seen.is_new else []
    bench = _Bench(source, seen, mapping, landing, around)
    for one in settled:
        try:
            made, found = bench.land(one, before)
        except UnsettledFileError:
            unsettled.append(one.name)
            continue
        landed += made
        before += made
        if not made:
            known.append(found.name)
        if found.sha256 is not None and found.refusal is None and found.path.parent == folder:
            hashes[found.name] = (found.size, found.modified_ns, found.sha256)
    bench.close()
    remember(landing, hashes)
    return SourceLanding(
        source=source,
        landed=tuple(manifest for manifest in landed if manifest.status == "loaded"),
        refused=tuple(manifest for manifest in landed if manifest.status == "refused"),
        known=tuple(known),
        unsettled=tuple(unsettled),
        unmatched=seen.unmatched,
        missing=seen.missing,
    )


def _clear_open(landing: Path) -> None:
    # What a killed run left: nothing in it was ever counted, and the file it came from is still where it was.
    if landing.is_dir():
        for parent in (landing, *(child for child in landing.iterdir() if child.is_dir())):
            for left in parent.glob(f"{OPEN_PREFIX}*"):
                shutil.rmtree(left)


def _settled(seen: Survey, around: Surroundings) -> tuple[list[Found], list[str]]:
    """Files that are complete, and the names of those that are still being written."""
    now = around.clock().timestamp()
    young = [one for one in seen.found if one.sha256 is None and now - one.modified_ns / 1e9 < around.settled_seconds]
    if young:
        around.sleep(around.settled_seconds)
    moving = {one.name for one in young if _changed(one)}
    return [one for one in seen.found if one.name not in moving], sorted(moving)


def _changed(found: Found) -> bool:
    try:
        status = found.path.stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (found.size, found.modified_ns)


class _Bench:
    """One landing's connection and surroundings, on which file after file is taken."""

    def __init__(self, source: str, seen: Survey, mapping: SourceMapping, landing: Path, around: Surroundings) -> None:
        self.source, self.seen, self.mapping, self.landing, self.around = source, seen, mapping, landing, around
        self.work = landing / f"{OPEN_PREFIX}file"
        self.spill = landing / f"{OPEN_PREFIX}spill"
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = open_connection(self.spill, memory=self.around.memory)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        shutil.rmtree(self.spill, ignore_errors=True)

    def land(self, found: Found, before: list[BatchManifest]) -> tuple[list[BatchManifest], Found]:
        """The batches that one file gave, and the file with what was learnt of it."""
        # The same content under another name: told by its size first, so that new files are read once only.
        if found.sha256 is None and any(manifest.file_bytes == found.size for manifest in before):
            try:
                found = replace(found, sha256=file_sha256(found.path))
            except RefusedFileError as error:
                found = replace(found, refusal=str(error))
        if found.sha256 is not None and not self.seen.entries_to_land(found, found.sha256, since=before):
            return [], found
        self.work.mkdir(parents=True)
        self.around.checkpoint("opened")
        kept, refusal = self._keep(found)
        self.around.checkpoint("original_kept")
        sha256 = kept.sha256 if kept is not None else found.sha256 or _identity(found)
        is_lasting = not isinstance(refusal, UnreadableFileError)
        found = replace(found, sha256=sha256, refusal=None if is_lasting else str(refusal))
        made = self._land_entries(found, sha256, kept, refusal, before)
        shutil.rmtree(self.work)
        return made, found

    def _progress(self, name: str) -> Callable[[str, int, int | None], None]:
        return lambda doing, done, of: self.around.on_progress(LandingProgress(self.source, name, doing, done, of))

    def _keep(self, found: Found) -> tuple[KeptFile | None, RefusedFileError | None]:
        if found.refusal is not None:
            return None, RefusedFileError(found.refusal)
        try:
            kept = keep_copy(
                found.path, self.work / "original", limits=self.around.limits, on_progress=self._progress(found.name)
            )
        except RefusedFileError as error:
            return None, error
        # An original taken from landing again keeps the name and the time it was delivered with.
        return replace(kept, name=found.name, modified_ns=found.modified_ns), None

    def _land_entries(
        self,
        found: Found,
        sha256: str,
        kept: KeptFile | None,
        refusal: RefusedFileError | None,
        before: list[BatchManifest],
    ) -> list[BatchManifest]:
        progress = self._progress(found.name)
        tables = _Tables(self, kept, found.entries, progress) if kept is not None else None
        made = []
        for entry in self.seen.entries_to_land(found, sha256, since=before):
            progress(f"land {entry.entity.name}", 0, None)
            origin = BatchOrigin(
                source=self.source,
                file_name=found.name,
                sha256=sha256,
                size=found.size,
                modified_ns=found.modified_ns,
                kept=kept,
                read_at=self.around.clock(),
                tool_version=version("plumbline"),
                replaces=replaced_by(before, sha256, self.mapping.files),
            )
            manifest = land_batch(
                self.connection,
                origin,
                entry,
                tables.open(entry.format) if tables is not None else refusal or RefusedFileError("cannot be read"),
                landing=self.landing,
                headers_before=_headers_before(before, entry),
                limits=self.around.limits,
                checkpoint=self.around.checkpoint,
            )
            made.append(manifest)
        return made


def _identity(found: Found) -> str:
    # Of a file that cannot be opened nothing else is known; once it changes, it is looked at again.
    return hashlib.sha256(f"{found.name}\0{found.size}\0{found.modified_ns}".encode()).hexdigest()


def _headers_before(before: Iterable[BatchManifest], entry: MappedFiles) -> tuple[str, ...]:
    earlier = [
        manifest
        for manifest in before
        if manifest.entity == entry.entity.name and manifest.feed == entry.feed and manifest.status == "loaded"
    ]
    return max(earlier, key=lambda manifest: manifest.order).headers if earlier else ()


class _Tables:
    """Opens one kept file once per format that its entries ask for: two sheets of a workbook are two tables."""

    def __init__(
        self,
        bench: _Bench,
        kept: KeptFile,
        entries: tuple[MappedFiles, ...],
        progress: Callable[[str, int, int | None], None],
    ) -> None:
        self.bench, self.kept, self.entries, self.progress = bench, kept, entries, progress
        self._opened: dict[FileFormat, Table | RefusedFileError] = {}

    def open(self, file_format: FileFormat) -> Table | RefusedFileError:
        if file_format not in self._opened:
            try:
                self._opened[file_format] = self._open(file_format)
            except RefusedFileError as error:
                self._opened[file_format] = error
        return self._opened[file_format]

    def _open(self, file_format: FileFormat) -> Table:
        work = self.bench.work / f"format-{len(self._opened)}"
        work.mkdir()
        limits = self.bench.around.limits
        content = prepare(self.kept, file_format, work=work, limits=limits, on_progress=self.progress)
        wanted = [header for entry in self.entries if entry.format == file_format for header in entry.headers]
        return open_table(
            self.bench.connection,
            content,
            file_format,
            wanted=wanted,
            work=work,
            limits=limits,
            on_progress=self.progress,
        )
