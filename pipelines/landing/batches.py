"""One batch: a kept file, one entry of the mapping, and the folder that a manifest closes.

Belongs here: the order in which a batch reaches the disk, what makes it whole, and proving its totals. A folder whose
name starts with .open- is unfinished whatever it holds; renaming it is what lands the batch.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from company.versions import sync_folder, write_json
from pipelines.landing import quarantine
from pipelines.landing.contracts import check_contract
from pipelines.landing.cursors import batch_id, bounds
from pipelines.landing.duplicates import Superseded, settle_duplicates
from pipelines.landing.errors import ControlTotalError, LandingError
from pipelines.landing.loading import load
from pipelines.landing.manifests import (
    MANIFEST,
    OPEN_PREFIX,
    PART,
    QUARANTINE,
    BatchManifest,
    ControlTotal,
    LandedFile,
    RowCounts,
)
from pipelines.landing.progress import Checkpoint
from pipelines.landing.selects import Loaded, money_columns
from pipelines.sources.content import KeptFile, Limits
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.tables import Table


@dataclass(frozen=True, slots=True)
class BatchOrigin:
    """What a batch is made from besides its rows. `kept` None: nothing of the file could be read."""

    source: str
    file_name: str
    sha256: str
    size: int
    modified_ns: int
    kept: KeptFile | None
    read_at: datetime
    tool_version: str
    replaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Everything the manifest says about rows. Refused where `reason` is given."""

    message: str
    reason: str | None = None
    lower: datetime | None = None
    upper: datetime | None = None
    rows: RowCounts = field(default_factory=RowCounts)
    totals: Mapping[str, ControlTotal] = field(default_factory=dict)
    part_rows: int | None = None
    quarantined_rows: int = 0
    headers: tuple[str, ...] = ()


def land_batch(
    connection: duckdb.DuckDBPyConnection,
    origin: BatchOrigin,
    entry: MappedFiles,
    table: Table | RefusedFileError,
    *,
    landing: Path,
    headers_before: Sequence[str],
    limits: Limits,
    checkpoint: Checkpoint,
) -> BatchManifest:
    """Land what one file gives to one entity; a file that cannot be used ends as a refused batch with its reason.

    `landing` is the folder of the source's batches. Raises ControlTotalError where rows or money do not add up and
    LandingError where the disk refuses; the folder then stays open and is removed by the next landing.
    """
    entity_folder = landing / entry.entity.name
    folder = entity_folder / f"{OPEN_PREFIX}{origin.sha256[:12]}-{entry.schema_hash[:8]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    original = _keep_original(origin, folder)
    try:
        outcome = _load(
            connection,
            origin,
            entry,
            table,
            folder=folder,
            headers_before=headers_before,
            limits=limits,
            checkpoint=checkpoint,
        )
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        raise LandingError(
            f"{origin.file_name}: cannot be landed: {error}; free disk space or memory and run again"
        ) from error
    upper = outcome.upper or datetime.fromtimestamp(origin.modified_ns / 1e9, UTC)
    manifest = BatchManifest(
        batch_id=batch_id(
            upper,
            origin.sha256,
            entry.schema_hash,
            refused_name=origin.file_name if outcome.reason is not None else None,
        ),
        source=origin.source,
        entity=entry.entity.name,
        feed=entry.feed,
        kind=entry.kind,
        status="loaded" if outcome.reason is None else "refused",
        reason=outcome.reason,
        message=outcome.message,
        lower=outcome.lower,
        upper=upper,
        read_at=origin.read_at,
        file_name=origin.file_name,
        file_sha256=origin.sha256,
        file_bytes=origin.size,
        file_modified_ns=origin.modified_ns,
        original=original,
        parts=() if outcome.part_rows is None else (landed_file(folder / PART, outcome.part_rows),),
        quarantine=landed_file(folder / QUARANTINE, outcome.quarantined_rows) if outcome.quarantined_rows else None,
        rows=outcome.rows,
        control_totals=outcome.totals,
        headers=outcome.headers,
        schema_hash=entry.schema_hash,
        replaces=origin.replaces,
        tool_version=origin.tool_version,
    )
    write_json(folder / MANIFEST, manifest)
    checkpoint("manifest_written")
    closed = entity_folder / manifest.batch_id
    folder.rename(closed)
    sync_folder(entity_folder)
    sync_folder(landing)
    checkpoint("renamed")
    return manifest.model_copy(update={"folder": closed})


def _load(
    connection: duckdb.DuckDBPyConnection,
    origin: BatchOrigin,
    entry: MappedFiles,
    table: Table | RefusedFileError,
    *,
    folder: Path,
    headers_before: Sequence[str],
    limits: Limits,
    checkpoint: Checkpoint,
) -> _Outcome:
    part = folder / PART
    headers: tuple[str, ...] = ()
    try:
        if isinstance(table, RefusedFileError):
            raise table
        headers = table.headers
        notes = [table.note, check_contract(table, entry, before=headers_before)]
        loaded = load(connection, table, entry, part, limit=limits.record)
        if loaded.counts.rows == 0 and entry.kind == "full":
            raise RefusedFileError("has headers and no rows: taken as it is, it would delete everything landed before")
        superseded = settle_duplicates(connection, part, entry.entity, money_columns(entry))
        rows, totals = _account(connection, entry, loaded, superseded, part)
        refused = _nothing_left(connection, entry, rows)
        lower, upper = bounds(entry, origin.file_name, origin.modified_ns, part, connection)
    except RefusedFileError as error:
        part.unlink(missing_ok=True)
        checkpoint("part_written")
        checkpoint("quarantine_written")
        said = f"{origin.file_name} {error}"
        return _Outcome(message=said, reason=error.reason, headers=headers)
    if refused is not None:
        part.unlink()
        notes.insert(0, refused.args[0])
    else:
        sync_file(part)
    checkpoint("part_written")
    quarantined = quarantine.write(connection, folder / QUARANTINE, origin.file_name)
    if quarantined:
        sync_file(folder / QUARANTINE)
    checkpoint("quarantine_written")
    if rows.in_ == 0:
        notes.append("no row feeds this entity")
    return _Outcome(
        message="; ".join(note for note in notes if note),
        reason=refused.reason if refused else None,
        lower=lower,
        upper=upper,
        rows=rows,
        totals=totals,
        part_rows=rows.loaded if refused is None else None,
        quarantined_rows=quarantined,
        headers=headers,
    )


def _account(
    connection: duckdb.DuckDBPyConnection, entry: MappedFiles, loaded: Loaded, superseded: Superseded, part: Path
) -> tuple[RowCounts, dict[str, ControlTotal]]:
    """Prove that rows and money in are loaded + quarantined + superseded, to the cent."""
    money = money_columns(entry)
    sums = "".join(f', sum("{name}")' for name in money)
    rows_loaded, *in_part = connection.execute(
        f"select count(*){sums} from read_parquet($part)", {"part": str(part)}
    ).fetchall()[0]
    held = "".join(f', sum("in {name}"), count(*) filter (where "raw {name}")' for name in money)
    rows_quarantined, *in_quarantine = connection.execute(
        f"select count(distinct row_number){held} from quarantined"
    ).fetchall()[0]
    rows = RowCounts(
        in_=loaded.counts.fed,
        loaded=rows_loaded,
        quarantined=rows_quarantined,
        superseded=superseded.rows,
        left_out=loaded.counts.rows - loaded.counts.fed,
    )
    if rows.in_ != rows.loaded + rows.quarantined + rows.superseded:
        raise ControlTotalError(f"{entry.entity.name}: {rows.in_} rows in are not {rows.loaded} loaded + "
                                f"{rows.quarantined} quarantined + {rows.superseded} superseded")  # fmt: skip
    totals = {}
    for index, name in enumerate(money):
        total = ControlTotal(
            in_=loaded.counts.money[name],
            loaded=in_part[index] or Decimal(0),
            quarantined=in_quarantine[2 * index] or Decimal(0),
            superseded=superseded.money.get(name, Decimal(0)),
            unparsed_rows=in_quarantine[2 * index + 1],
        )
        if total.in_ != total.loaded + total.quarantined + total.superseded:
            raise ControlTotalError(f"{entry.entity.name}.{name}: {total.in_} in is not {total.loaded} loaded + "
                                    f"{total.quarantined} quarantined + {total.superseded} superseded")  # fmt: skip
        totals[name] = total
    return rows, totals


def _nothing_left(
    connection: duckdb.DuckDBPyConnection, entry: MappedFiles, rows: RowCounts
) -> RefusedFileError | None:
    """A full file of which no row can be read must not delete what the last readable one brought."""
    if entry.kind != "full" or rows.loaded or not rows.in_:
        return None
    found = connection.execute("select reason, column_name, message from quarantined order by row_number").fetchall()
    (reason, column, message), _ = Counter(found).most_common(1)[0]
    return RefusedFileError(
        f"every row is quarantined, most often because {column} {message}", reason=reason, column=column
    )


def _keep_original(origin: BatchOrigin, folder: Path) -> LandedFile | None:
    if origin.kept is None:
        return None
    name = "original" + "".join(Path(origin.file_name).suffixes[-2:]).lower()
    # A safe name of our own: a name made by others may hold anything.
    safe = name if name.replace(".", "").isalnum() and len(name) < 40 else "original"
    os.link(origin.kept.path, folder / safe)
    return LandedFile(name=safe, bytes=origin.size, sha256=origin.sha256)


def landed_file(path: Path, rows: int) -> LandedFile:
    """What a manifest says of a file of its batch."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return LandedFile(name=path.name, rows=rows, bytes=path.stat().st_size, sha256=sha256)


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
