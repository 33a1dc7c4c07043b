"""A file's bytes: copied once while hashed and looked at, unpacked, and made what its reader needs.

Belongs here: copying, hashing, gzip, limits. Knows no column; kinds of file are in `file_kinds`, encodings in
`text_encoding`, what is seen on the way in `text_facts`.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.sources.errors import RefusedFileError, UnreadableFileError, UnsettledFileError
from pipelines.sources.file_kinds import file_type, refuse_foreign
from pipelines.sources.mapping import FileFormat, FileType
from pipelines.sources.text_encoding import encoding_of, to_utf8
from pipelines.sources.text_facts import CHUNK, Looking, TextFacts

Progress = Callable[[str, int, int | None], None]
_TELL = 16 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a thing one file may be before it is refused. Bytes where nothing else is said."""

    file: int = 8 << 30
    unpacked: int = 8 << 30
    workbook: int = 1 << 30
    workbook_cells: int = 20_000_000
    columns: int = 5_000
    record: int = 1_000_000


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A byte-for-byte copy of a source file, with what was learnt while copying."""

    path: Path
    name: str
    size: int
    modified_ns: int
    sha256: str
    facts: TextFacts


@dataclass(frozen=True, slots=True)
class Content:
    """A file ready for its reader: for text formats plain UTF-8 without packing. `note` says what was detected."""

    path: Path
    type: FileType
    facts: TextFacts
    note: str = ""


def keep_copy(source: Path, target: Path, *, limits: Limits, on_progress: Progress) -> KeptFile:
    """Copy `source` to `target`, hashing on the way; the copy is fsynced.

    A hard link would be cheaper, but a program that rewrites its export in place would then rewrite the original too.
    Raises RefusedFileError for what is no regular file or too large, UnsettledFileError where it changed meanwhile.
    """
    handle = _open_regular(source)
    with os.fdopen(handle, "rb", buffering=0) as reading:
        before = os.fstat(handle)
        if before.st_size > limits.file:
            raise RefusedFileError(f"is {before.st_size:,} bytes long; at most {limits.file:,} are read")
        looking, digest, size = Looking(), hashlib.sha256(), 0
        with target.open("wb", buffering=0) as writing:
            while chunk := reading.read(CHUNK):
                digest.update(chunk)
                looking.look(chunk)
                writing.write(chunk)
                size += len(chunk)
                if size % _TELL < CHUNK:
                    on_progress("copy", size, before.st_size)
            os.fsync(writing.fileno())
        after = os.fstat(handle)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != before.st_size:
        raise UnsettledFileError(f"{source.name}: changed while it was read; it is read once it is complete")
    return KeptFile(target, source.name, size, before.st_mtime_ns, digest.hexdigest(), looking.facts())


def file_sha256(source: Path) -> str:
    """The SHA-256 of a regular file, without keeping it."""
    with os.fdopen(_open_regular(source), "rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def _open_regular(source: Path) -> int:
    # Non-blocking: opening a FIFO would otherwise wait for a writer for ever.
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableFileError(f"cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise RefusedFileError("is no regular file (a folder, pipe, socket or device)")
    return handle


def prepare(kept: KeptFile, file_format: FileFormat, *, work: Path, limits: Limits, on_progress: Progress) -> Content:
    """The content of a kept file as its reader needs it: unpacked and, for text, in UTF-8.

    Raises RefusedFileError saying what the file is instead of what it is named.
    """
    if kept.size == 0:
        raise RefusedFileError("is empty (0 bytes)")
    wanted = file_type(kept.name, file_format)
    path, facts, notes = kept.path, kept.facts, []
    if facts.head.startswith(b"\x1f\x8b"):
        path, facts = _unpack(path, work / "unpacked", limits, on_progress)
        notes.append("unpacked from gzip")
        if not facts.head:
            raise RefusedFileError("is a gzip file with nothing in it")
    refuse_foreign(facts.head, wanted, path)
    if wanted in ("xlsx", "parquet"):
        return Content(path, wanted, facts, "; ".join(notes))
    encoding = encoding_of(path, facts, file_format)
    # DuckDB takes one kind of line end per file; an export pasted together from two systems has both.
    mixed_ends = 0 < facts.windows_ends < facts.line_feeds
    if encoding != "utf-8" or mixed_ends:
        path, facts = to_utf8(path, work / "text", encoding, join_line_ends=mixed_ends)
        if encoding != "utf-8":
            notes.append(f"read as {encoding}" + ("" if file_format.encoding else " (detected)"))
    if facts.has_nul:
        raise RefusedFileError(f"is binary, not {wanted}: it holds NUL bytes")
    return Content(path, wanted, facts, "; ".join(notes))


def _unpack(path: Path, target: Path, limits: Limits, on_progress: Progress) -> tuple[Path, TextFacts]:
    looking, size = Looking(), 0
    try:
        with gzip.open(path, "rb") as reading, target.open("wb") as writing:
            stream: BinaryIO = reading  # type: ignore[assignment]
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > limits.unpacked:
                    raise RefusedFileError(f"unpacks to more than {limits.unpacked:,} bytes: not read")
                looking.look(chunk)
                writing.write(chunk)
                if size % _TELL < CHUNK:
                    on_progress("unpack", size, None)
    except EOFError as error:
        raise RefusedFileError(
            "is cut off: the gzip stream has no end; deliver it again once it is complete"
        ) from error
    except (OSError, zlib.error) as error:
        raise RefusedFileError(f"is a damaged gzip file: {error}") from error
    return target, looking.facts()
