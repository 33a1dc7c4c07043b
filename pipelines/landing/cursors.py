"""What has been landed of a source and what has not: everything here is derived from closed batches and file stats.

Belongs here: looking at a drop folder, the cache of hashes, the bounds of a batch. There is no cursor file that could
disagree with what is landed: the folder names of closed batches are the cursor.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from company.versions import write_bytes
from pipelines.landing.manifests import BatchManifest, batch_folders, read_manifest, utc
from pipelines.sources.errors import RefusedFileError, SourceFolderError
from pipelines.sources.mapping import MappedFiles, SourceMapping
from pipelines.sources.tables import literal

SEEN = "_seen.json"
#: Files that operating systems, office programs and uploads in progress leave behind.
_PASSING = re.compile(r"^(\..*|~\$.*|thumbs\.db|desktop\.ini|.*\.(tmp|part|partial|crdownload|filepart|lock))$", re.I)


#: Entity, content, mapping and, for a refused batch, file name: a file is often refused for what it is named.
Mark = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in a drop folder (or an original in landing) that entries of the mapping match.

    `sha256` is known from the cache, or because nothing can be read (`refusal` then says why); None: to be read.
    """

    path: Path
    name: str
    size: int
    modified_ns: int
    entries: tuple[MappedFiles, ...]
    sha256: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A drop folder at one moment: what is matched, what no entry matches, which entries match nothing."""

    found: tuple[Found, ...]
    unmatched: tuple[str, ...]
    missing: tuple[str, ...]
    landed: frozenset[Mark]

    def entries_to_land(
        self, found: Found, sha256: str, *, since: Iterable[BatchManifest] = ()
    ) -> tuple[MappedFiles, ...]:
        """The entries for which this content has no batch yet, neither here nor among those made `since`."""
        marks = self.landed | {_mark_of_manifest(manifest) for manifest in since}
        return tuple(entry for entry in found.entries if not _is_landed(marks, entry, sha256, found.name))

    @property
    def is_new(self) -> bool:
        """Whether landing would have anything to do. Reads no file."""
        return any(found.sha256 is None or self.entries_to_land(found, found.sha256) for found in self.found)


def survey(folder: Path, mapping: SourceMapping, landing: Path) -> Survey:
    """Look at a source's drop folder and at `landing`, the folder of its batches. Opens no data file.

    Raises SourceFolderError where the drop folder is missing or cannot be listed.
    """
    try:
        listed = sorted(os.scandir(folder), key=lambda item: item.name)
    except OSError as error:
        raise SourceFolderError(f"{folder}: cannot be listed: {error.strerror}; set the source's folder") from error
    seen = _read_seen(landing)
    found: list[Found] = []
    unmatched: list[str] = []
    matched: set[str] = set()
    root = folder.resolve()
    for item in listed:
        if _PASSING.match(item.name) or item.is_dir(follow_symlinks=False):
            continue
        entries = mapping.entries_for(item.name)
        if not entries:
            unmatched.append(item.name)
            continue
        matched |= {entry.match for entry in entries}
        found.append(_found(item, entries, seen, root))
    batches = batch_folders(landing.parent, landing.name)
    landed = frozenset(mark for batch in batches if (mark := _mark_of(batch)) is not None)
    found += _outdated(batches, landed, mapping, {one.sha256 for one in found})
    missing = tuple(dict.fromkeys(entry.match for entry in mapping.files if entry.match not in matched))
    return Survey(tuple(found), tuple(unmatched), missing, landed)


def batch_id(upper: datetime, sha256: str, schema_hash: str, *, refused_name: str | None = None) -> str:
    """The folder name of a batch: sorts by moment, names content and mapping. Landing the same twice meets itself."""
    refused = "" if refused_name is None else f"-refused-{_short(refused_name)}"
    return f"{utc(upper):%Y%m%dT%H%M%S}-{sha256[:12]}-{schema_hash[:8]}{refused}"


def remember(landing: Path, hashes: Mapping[str, tuple[int, int, str]]) -> None:
    """Keep size, modification time and hash per file name. Losing this costs reading the files again, no more."""
    content = {name: {"size": size, "modified_ns": ns, "sha256": sha} for name, (size, ns, sha) in hashes.items()}
    if content != _read_seen(landing):
        write_bytes(landing / SEEN, json.dumps(content, indent=1, sort_keys=True).encode())


def bounds(
    entry: MappedFiles, name: str, modified_ns: int, part: Path | None, connection: duckdb.DuckDBPyConnection
) -> tuple[datetime | None, datetime]:
    """The moment a file's rows are from, as (lower, upper): from its name, else from updated_at, else its file time.

    Raises RefusedFileError where the mapping promises a moment in the name and there is none.
    """
    lower: datetime | None = None
    upper = datetime.fromtimestamp(modified_ns / 1e9, UTC)
    if part is not None and entry.mapped("updated_at") is not None:
        first, last = connection.execute(
            f"select min(updated_at), max(updated_at) from read_parquet({literal(str(part))})"
        ).fetchall()[0]
        if last is not None:
            upper = utc(last)
            lower = utc(first) if entry.kind == "delta" else None
    if entry.as_of is not None:
        upper = _moment_in_name(entry, name)
    return lower, upper


def _moment_in_name(entry: MappedFiles, name: str) -> datetime:
    assert entry.as_of is not None  # noqa: S101 - asked by the caller
    match = re.search(entry.as_of.pattern, name)
    if match is not None:
        try:
            return utc(datetime.strptime(match.group(1), entry.as_of.format))  # noqa: DTZ007 - utc() says the zone
        except ValueError:
            match = None
    raise RefusedFileError(
        f"has no moment in its name: as_of looks for {entry.as_of.pattern!r} written as {entry.as_of.format!r}"
    )


def _found(
    item: os.DirEntry[str], entries: tuple[MappedFiles, ...], seen: Mapping[str, dict[str, object]], root: Path
) -> Found:
    path = Path(item.path)
    if item.is_symlink():
        target = path.resolve()
        if not target.is_relative_to(root):
            return _refused(
                path, entries, "is a link that leads out of the drop folder: it is not followed", str(target)
            )
    try:
        status = item.stat()
    except OSError as error:
        return _refused(path, entries, f"cannot be looked at: {error.strerror}", "")
    if not stat.S_ISREG(status.st_mode):
        return _refused(path, entries, "is no regular file (a pipe, socket or device)", str(status.st_mode))
    known = seen.get(item.name, {})
    same = (known.get("size"), known.get("modified_ns")) == (status.st_size, status.st_mtime_ns)
    sha256 = str(known["sha256"]) if same else None
    return Found(path, item.name, status.st_size, status.st_mtime_ns, entries, sha256)


def _refused(path: Path, entries: tuple[MappedFiles, ...], why: str, what: str) -> Found:
    # Nothing of it is read, so that its name stands for its content: the refusal is noted once.
    identity = hashlib.sha256(f"{why}\0{path.name}\0{what}".encode(errors="surrogateescape")).hexdigest()
    return Found(path, path.name, 0, path.lstat().st_mtime_ns, entries, identity, refusal=why)


def _outdated(
    batches: Iterable[Path],
    landed: frozenset[Mark],
    mapping: SourceMapping,
    in_folder: set[str | None],
) -> list[Found]:
    """Originals kept in landing whose batches an older mapping made, and that no longer lie in the drop folder."""
    current = {(entry.entity.name, entry.schema_hash[:8]) for entry in mapping.files}
    known = {sha256[:12] for sha256 in in_folder if sha256 is not None}
    found: dict[str, Found] = {}
    for batch in batches:
        mark = _mark_of(batch)
        if mark is None or (mark[0], mark[2]) in current or mark[1] in known:
            continue
        manifest = read_manifest(batch)
        entries = mapping.entries_for(manifest.file_name)
        wanted = any(not _is_landed(landed, entry, manifest.file_sha256, manifest.file_name) for entry in entries)
        if wanted and manifest.original is not None:
            found[manifest.file_sha256] = Found(
                batch / manifest.original.name,
                manifest.file_name,
                manifest.file_bytes,
                manifest.file_modified_ns,
                entries,
                manifest.file_sha256,
            )
    return list(found.values())


def _is_landed(marks: Set[Mark], entry: MappedFiles, sha256: str, name: str) -> bool:
    known = (entry.entity.name, sha256[:12], entry.schema_hash[:8])
    return (*known, "") in marks or (*known, _short(name)) in marks


def _mark_of(batch: Path) -> Mark | None:
    _, *pieces = batch.name.split("-")
    if len(pieces) not in (2, 4):
        return None
    return batch.parent.name, pieces[0], pieces[1], pieces[3] if len(pieces) == 4 else ""


def _mark_of_manifest(manifest: BatchManifest) -> Mark:
    name = _short(manifest.file_name) if manifest.status == "refused" else ""
    return manifest.entity, manifest.file_sha256[:12], manifest.schema_hash[:8], name


def _short(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]


def _read_seen(landing: Path) -> dict[str, dict[str, object]]:
    try:
        content = json.loads((landing / SEEN).read_bytes())
    except (OSError, ValueError):
        return {}  # a cache: without it files are read again
    return content if isinstance(content, dict) else {}


def replaced_by(manifests: Iterable[BatchManifest], sha256: str, entries: Iterable[MappedFiles]) -> tuple[str, ...]:
    """Batches of the same content that are void once it is landed again, as entity/batch_id.

    Those that no entry of the mapping would make any more, and refusals under another name.
    """
    current = {(entry.entity.name, entry.schema_hash) for entry in entries}
    return tuple(
        f"{manifest.entity}/{manifest.batch_id}"
        for manifest in manifests
        if manifest.file_sha256 == sha256
        and (manifest.status == "refused" or (manifest.entity, manifest.schema_hash) not in current)
    )
