"""Landing one system with an API: object by object, pages into an open batch, an open batch into a closed one.

Belongs here: what is read (all, what changed, or keys alone), when, and proving that nothing was lost on the way. How a
system is asked is in its module of `sources`, its records as one file in `record_file`, typed rows in `batches`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import duckdb

from company.versions import sync_folder, write_json
from pipelines.landing.batches import BatchOrigin, land_batch, landed_file, sync_file
from pipelines.landing.connection import open_connection
from pipelines.landing.cursors import batch_id
from pipelines.landing.landed_keys import collect_current_keys, key_of, landed_versions, since_last_full
from pipelines.landing.manifests import MANIFEST, OPEN_PREFIX, PART, BatchManifest, LandedFile, RowCounts, all_manifests
from pipelines.landing.open_batch import OpenBatch, Progress
from pipelines.landing.progress import LandingProgress
from pipelines.landing.record_file import RecordFile
from pipelines.landing.selects import PARQUET, quoted
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.api import ApiReader, OpenedReader, Page, StalePageError, Window
from pipelines.sources.errors import RefusedFileError, SourceReadError
from pipelines.sources.mapping import AsOf, MappedFiles
from pipelines.sources.systems import SystemObject
from pipelines.sources.tables import literal

_STAMP = "%Y%m%dT%H%M%S"
#: Even where counts agree: a record lost and another one deleted would make them agree too.
COMPARE_KEYS_EVERY = timedelta(days=7)


def land_api(
    source: str,
    opened: OpenedReader,
    objects: Sequence[SystemObject],
    landing_root: Path,
    *,
    around: Surroundings | None = None,
) -> SourceLanding:
    """Land what changed in every object since its last batch; everything where there is none.

    Raises a SourceError where the system does not answer as it should or the run's share of requests is used up,
    LandingError where the disk refuses. What was closed before stands, and an open batch is gone on with next time.
    """
    around = around or Surroundings()
    landing = landing_root / source
    landing.mkdir(parents=True, exist_ok=True)
    landed: list[BatchManifest] = []
    known: list[str] = []
    missing: list[str] = []
    with opened as reader, open_connection(landing / f"{OPEN_PREFIX}spill", memory=around.memory) as connection:
        for wanted in objects:
            found = reader.available(wanted)
            if found is None:
                missing.append(wanted.name)
                continue
            made = _ObjectLanding(source, reader, found, landing, connection, around).land()
            landed += made
            if not made:
                known.append(wanted.name)
    return SourceLanding(
        source=source,
        landed=tuple(batch for batch in landed if batch.status == "loaded"),
        refused=tuple(batch for batch in landed if batch.status == "refused"),
        known=tuple(known),
        unsettled=(),
        unmatched=(),
        missing=tuple(missing),
    )


@dataclass(slots=True)
class _ObjectLanding:
    """One object's landing. Its batches order by the upper bound, which the system's own clock sets."""

    source: str
    reader: ApiReader
    wanted: SystemObject
    landing: Path
    connection: duckdb.DuckDBPyConnection
    around: Surroundings

    @property
    def entity_name(self) -> str:
        return self.wanted.entity.name

    def land(self) -> list[BatchManifest]:
        made = [batch for batch in [self._land_changes(everything=self._is_due_again())] if batch is not None]
        batches = self._batches()
        if batches and not (made and made[0].kind == "full"):
            made += self._compare_keys(batches)
        return made

    def _is_due_again(self) -> bool:
        """Whether everything is read anew for what no cursor tells of."""
        fulls = [batch.read_at for batch in self._batches() if batch.kind == "full"]
        days = self.wanted.reread_days
        return days is not None and bool(fulls) and self.around.clock() - max(fulls) >= timedelta(days=days)

    # -- records ---------------------------------------------------------------------------------------------------

    def _land_changes(self, *, everything: bool = False) -> BatchManifest | None:
        batches = [] if everything else self._batches()
        lower = max(batch.upper for batch in batches) - self.reader.overlap if batches else None
        kind = "delta" if batches else "full"
        opened = self._read(kind, lower)
        try:
            return self._close(opened, batches)
        finally:
            opened.discard()

    def _read(self, kind: str, lower: datetime | None) -> OpenBatch:
        """Read every page of what is asked for, going on where an earlier run stopped."""
        folder = self.landing / f"{OPEN_PREFIX}{kind}-{self.entity_name}"
        schema_hash = self._entry(kind).schema_hash
        opened = OpenBatch.resume(folder, schema_hash)
        if opened is None or opened.progress.lower != lower:
            opened = self._begin(folder, kind, lower)
        for _ in range(2):
            try:
                self._read_pages(opened)
            except StalePageError:
                opened = self._begin(folder, kind, lower)
                continue
            self.around.checkpoint("pages_read")
            return opened
        raise SourceReadError(f"{self.wanted.name}: pages are forgotten faster than they can be read")

    def _begin(self, folder: Path, kind: str, lower: datetime | None) -> OpenBatch:
        progress = Progress(
            kind=kind,  # type: ignore[arg-type]  # checked by the record
            schema_hash=self._entry(kind).schema_hash,
            lower=lower,
            upper=self.reader.moment(),
        )
        return OpenBatch.begin(folder, progress)

    def _read_pages(self, opened: OpenBatch) -> None:
        if opened.progress.is_whole:
            return
        progress = opened.progress
        pages: Iterator[Page]
        if progress.kind == "ids":
            pages = self.reader.keys(self.wanted, progress.token)
        else:
            pages = self.reader.pages(self.wanted, Window(progress.lower, progress.upper), progress.token)
        seen = {progress.token}
        for page in pages:
            if page.token is not None and page.token in seen:
                opened.discard()
                raise SourceReadError(f"{self.wanted.name}: the pages go round in a circle; nothing of them is taken")
            seen.add(page.token)
            opened.add(page.records, token=page.token, total=page.total)
            self.around.checkpoint("page_written")
            self.around.on_progress(
                LandingProgress(self.source, self.wanted.name, "read", opened.progress.rows, page.total)
            )

    def _close(self, opened: OpenBatch, batches: Sequence[BatchManifest]) -> BatchManifest | None:
        """The open batch as a closed one. None where it holds nothing that is not landed."""
        progress = opened.progress
        if progress.rows == 0:
            self._agree(progress, 0)
            return None
        with self._records(opened) as records:
            self._agree(progress, records.keys())
            if progress.lower is not None and not self._drop_landed(records, batches, progress.lower):
                return None
            entry = self._entry(progress.kind, upper=progress.upper)
            kept = records.keep(entry.match, progress.upper)
            if any((batch.file_sha256, batch.upper) == (kept.sha256, progress.upper) for batch in self._batches()):
                return None  # closed by a run that was killed before it could clear up
            origin = BatchOrigin(
                source=self.source,
                file_name=kept.name,
                sha256=kept.sha256,
                size=kept.size,
                modified_ns=kept.modified_ns,
                kept=kept,
                read_at=self.around.clock(),
                tool_version=version("plumbline"),
                replaces=(),
            )
            return land_batch(
                self.connection,
                origin,
                entry,
                records.table(),
                landing=self.landing,
                headers_before=(),
                limits=self.around.limits,
                checkpoint=self.around.checkpoint,
            )

    def _agree(self, progress: Progress, keys: int) -> None:
        """What was read must be what the system announced: no page lost, none given twice in place of another."""
        if progress.total is not None and (progress.rows, keys) != (progress.total, progress.total):
            raise SourceReadError(
                f"{self.wanted.name}: {progress.rows:,} records with {keys:,} keys came, the system announced "
                f"{progress.total:,}; nothing of them is taken"
            )

    def _drop_landed(self, records: RecordFile, batches: Sequence[BatchManifest], lower: datetime) -> bool:
        """Leave out records that the overlap brought again. Returns whether any are left."""
        known = landed_versions(self.connection, self.wanted.entity, batches, since=lower)
        return records.filter(known) > 0

    # -- keys ------------------------------------------------------------------------------------------------------

    def _compare_keys(self, batches: Sequence[BatchManifest]) -> list[BatchManifest]:
        """Find what no cursor tells: records that are gone for good, and records that were missed."""
        compared = max(batch.read_at for batch in batches if batch.kind in ("full", "ids"))
        ours = collect_current_keys(self.connection, self.wanted.entity, batches, gone=self.wanted.gone)
        if self.reader.count(self.wanted) in (None, ours) and self.around.clock() - compared < COMPARE_KEYS_EVERY:
            return []
        opened = self._read("ids", None)
        try:
            made = [self._close_ids(opened)]
        finally:
            opened.discard()
        gone, missed = self._differences(made[0])
        if missed:
            # Changed while we were reading, or committed behind the cursor: a look at what is new tells which.
            made += [batch for batch in [self._land_changes()] if batch is not None]
            collect_current_keys(self.connection, self.wanted.entity, self._batches(), gone=self.wanted.gone)
            if self._differences(made[0])[1]:
                made += [batch for batch in [self._land_changes(everything=True)] if batch is not None]
        if not gone and len(made) == 1 and self.around.clock() - compared < COMPARE_KEYS_EVERY:
            shutil.rmtree(made[0].folder)
            return []
        return made

    def _differences(self, ids: BatchManifest) -> tuple[int, int]:
        """How many of our keys the system does not have, and how many of its keys we do not have."""
        theirs = f"select {key_of(self.wanted.entity)} as key from read_parquet({literal(str(ids.part_paths[0]))})"
        found = self.connection.execute(
            f"select (select count(*) from current_keys where key not in ({theirs})),"
            f" (select count(*) from ({theirs}) where key not in (select key from current_keys))"
        ).fetchall()[0]
        return int(found[0]), int(found[1])

    def _close_ids(self, opened: OpenBatch) -> BatchManifest:
        """The keys as a batch: what is absent from it, and was landed before its moment, is deleted."""
        progress = opened.progress
        entity, keys = self.wanted.entity, self.wanted.entity.key
        folder = self.landing / self.entity_name / f"{OPEN_PREFIX}ids"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        part = folder / PART
        if progress.rows:
            with self._records(opened) as records:
                self._agree(progress, records.keys())
                table = records.table()
                if isinstance(table, RefusedFileError):
                    raise SourceReadError(f"{self.wanted.name}: the list of keys {table}")
                cells = ", ".join(
                    f"c{table.position(field)} as {quoted(name)}"
                    for name, field in zip(keys, self.wanted.key_fields, strict=True)
                )
                rows = f"select {cells} from ({table.relation})"
                self.connection.execute(f"copy ({rows}) to {literal(str(part))} {PARQUET}")
        else:
            empty = ", ".join(f"cast(null as varchar) as {quoted(name)}" for name in keys)
            self.connection.execute(f"copy (select {empty} where false) to {literal(str(part))} {PARQUET}")
        sync_file(part)
        file: LandedFile = landed_file(part, progress.rows)
        schema_hash = self._entry("ids").schema_hash
        manifest = BatchManifest(
            batch_id=batch_id(progress.upper, file.sha256, schema_hash),
            source=self.source,
            entity=entity.name,
            kind="ids",
            status="loaded",
            upper=progress.upper,
            read_at=self.around.clock(),
            file_name=f"{self.wanted.name} keys",
            file_sha256=file.sha256,
            file_bytes=file.bytes,
            file_modified_ns=int(progress.upper.timestamp() * 1e9),
            parts=(file,),
            rows=RowCounts(),
            schema_hash=schema_hash,
            tool_version=version("plumbline"),
        )
        write_json(folder / MANIFEST, manifest)
        closed = folder.with_name(manifest.batch_id)
        shutil.rmtree(closed, ignore_errors=True)
        folder.rename(closed)
        sync_folder(closed.parent)
        return manifest.model_copy(update={"folder": closed})

    # -- parts -----------------------------------------------------------------------------------------------------

    def _entry(self, kind: str, *, upper: datetime | None = None) -> MappedFiles:
        stamp = "" if upper is None else f"@{upper.astimezone(UTC).strftime(_STAMP)}"
        return replace(
            self.wanted.entry(kind), match=f"{self.wanted.name}{stamp}", as_of=AsOf(r"@(\d{8}T\d{6})$", _STAMP)
        )

    def _records(self, opened: OpenBatch) -> RecordFile:
        return RecordFile(self.connection, opened, self.wanted, limits=self.around.limits)

    def _batches(self) -> list[BatchManifest]:
        """The closed batches that were read under the same fields and mapping: only these say what is known."""
        mine = {self._entry(kind).schema_hash for kind in ("full", "delta")}
        found = [
            batch
            for batch in all_manifests(self.landing.parent, self.source)
            if batch.entity == self.entity_name and batch.schema_hash in mine and batch.status == "loaded"
        ]
        return since_last_full(found)
