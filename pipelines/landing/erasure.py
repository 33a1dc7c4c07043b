"""Erasing a person from landed batches: cells that hold one of the given words are overwritten, originals are deleted.

The one place that changes a closed batch, and only when a person asks for it by law. Rows, keys that are not among the
words, and amounts stay, so that totals do not move. Knows batches; knows nothing of accounts or published versions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from company.versions import sync_folder, write_json
from pipelines.landing.errors import LandingError
from pipelines.landing.manifests import MANIFEST, BatchManifest, LandedFile, all_manifests, verify_batch
from pipelines.landing.selects import quoted
from pipelines.sources.tables import literal

ERASED = "erased"
SHORTEST_WORD = 4
"""A shorter word would stand in many cells that are about somebody else."""


class ErasureError(LandingError):
    """The words cannot be looked for. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Found:
    """One batch that holds one of the words: in how many cells of its files, and whether its original is kept."""

    batch: str
    cells: int
    has_original: bool


def find(landing: Path, words: Sequence[str]) -> tuple[Found, ...]:
    """Where the words stand. Changes nothing. Raises ErasureError for a word that would take others along."""
    pattern = _pattern(words)
    return tuple(
        Found(_name(manifest), cells, manifest.original is not None)
        for manifest in all_manifests(landing)
        if (cells := sum(_cells(manifest.folder / file.name, pattern) for file in _tables(manifest)))
    )


def erase(landing: Path, words: Sequence[str], *, at: datetime) -> tuple[Found, ...]:
    """Overwrite the words in every batch that holds one. Call with the lock held.

    A batch is proved unaltered before it is changed, and its manifest, written last, says when it was. Interrupted, it
    is called again: what was done stays done. Raises ErasureError, AlteredBatchError.
    """
    pattern = _pattern(words)
    done = []
    for manifest in all_manifests(landing):
        cells = {file.name: _cells(manifest.folder / file.name, pattern) for file in _tables(manifest)}
        if not any(cells.values()):
            continue
        verify_batch(manifest)
        _rewrite(manifest, [name for name, count in cells.items() if count], pattern, at)
        done.append(Found(_name(manifest), sum(cells.values()), manifest.original is not None))
    return tuple(done)


def _rewrite(manifest: BatchManifest, names: Sequence[str], pattern: str, at: datetime) -> None:
    written: dict[str, Path] = {}
    for name in names:
        path = manifest.folder / name
        partial = path.with_name(f".{name}.erasing")
        with duckdb.connect() as connection:
            columns = ", ".join(
                f"regexp_replace({quoted(column)}, {literal(pattern)}, '\\1{ERASED}\\2', 'g') as {quoted(column)}"
                if data_type == "VARCHAR"
                else quoted(column)
                for column, data_type in _columns(connection, path)
            )
            connection.execute(
                f"copy (select {columns} from read_parquet({literal(str(path))}))"
                f" to {literal(str(partial))} (format parquet, compression zstd)"
            )
        written[name] = partial

    def renewed(file: LandedFile) -> LandedFile:
        if file.name not in written:
            return file
        content = written[file.name].read_bytes()
        return file.model_copy(update={"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})

    note = f"a person was erased on {at.date().isoformat()}"
    changed = manifest.model_copy(
        update={
            "original": None,
            "parts": tuple(renewed(file) for file in manifest.parts),
            "quarantine": renewed(manifest.quarantine) if manifest.quarantine is not None else None,
            "message": f"{manifest.message}; {note}" if manifest.message else note,
        }
    )
    for name, partial in written.items():
        partial.replace(manifest.folder / name)
    write_json(manifest.folder / MANIFEST, changed)
    if manifest.original is not None:
        (manifest.folder / manifest.original.name).unlink(missing_ok=True)
    sync_folder(manifest.folder)


def _pattern(words: Sequence[str]) -> str:
    short = [word for word in words if len(word.strip()) < SHORTEST_WORD]
    if short or not words:
        raise ErasureError(
            f"{short[0] if short else 'no word'!r}: give names, addresses or ids of {SHORTEST_WORD} characters or more"
        )
    either = "|".join(re.sub(r"([^\w\s@])", r"\\\1", word.strip()) for word in words)
    # As whole words in any case, also inside a sentence; the engine knows no look-around.
    return rf"(?i)(^|[^\pL\pN_])(?:{either})($|[^\pL\pN_])"


def _cells(path: Path, pattern: str) -> int:
    with duckdb.connect() as connection:
        texts = [column for column, data_type in _columns(connection, path) if data_type == "VARCHAR"]
        if not texts:
            return 0
        counted = " + ".join(
            f"count(*) filter (where regexp_matches({quoted(column)}, {literal(pattern)}))" for column in texts
        )
        rows = connection.execute(f"select {counted} from read_parquet({literal(str(path))})").fetchall()
    return int(rows[0][0])


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    rows = connection.execute(f"describe select * from read_parquet({literal(str(path))})").fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def _tables(manifest: BatchManifest) -> Iterator[LandedFile]:
    yield from manifest.parts
    if manifest.quarantine is not None:
        yield manifest.quarantine


def _name(manifest: BatchManifest) -> str:
    return f"{manifest.source}/{manifest.entity}/{manifest.batch_id}"
