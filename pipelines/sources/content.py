"""A file's bytes: copied once while hashed and looked at, told apart by their first bytes, made plain UTF-8 text.

Belongs here: copying, hashing, encodings, gzip, and every refusal that bytes alone can decide. Knows no column.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from charset_normalizer import from_bytes

from pipelines.sources.errors import RefusedFileError, UnreadableFileError, UnsettledFileError
from pipelines.sources.mapping import FileFormat, FileType

Progress = Callable[[str, int, int | None], None]
#: Small enough for the memory allocator to reuse: larger pieces cost five times the CPU seconds in page faults.
_CHUNK = 1 << 17
_SAMPLE = 1 << 18
_TELL = 16 << 20
#: Encodings that exports are written in. A free choice among all would call short Western texts Chinese or EBCDIC.
_ENCODINGS = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "cp932", "euc_jp", "gb18030", "big5", "cp949", "koi8_r", "mac_roman", "cp437", "cp850",
]  # fmt: skip
_ENDINGS: dict[str, FileType] = {
    ".csv": "csv", ".txt": "csv", ".dat": "csv", ".tsv": "tsv", ".tab": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
_ARCHIVE, _PARQUET = "a zip archive or workbook", "a Parquet file"
_MAGIC = {
    b"PK\x03\x04": _ARCHIVE,
    b"PK\x05\x06": _ARCHIVE,
    b"PAR1": _PARQUET,
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "an SQLite database",
}
_SPACE = ord(" ")
_ENDS_CELL = np.zeros(256, dtype=bool)
_ENDS_CELL[list(b",;|\t\r\n\"'")] = True
#: Spaces of other widths, as their first bytes in UTF-8: dashes and quotation marks share them, and cost a closer look.
_WIDE_BLANKS = (b"\xc2\xa0", b"\xe1\x9a\x80", b"\xe2\x80", b"\xe2\x81\x9f", b"\xe3\x80\x80")
_QUOTED_LINE_ENDS = tuple(
    torn
    for end in (b"\n", b"\r")
    for torn in (end + b'"' + end, *(end + b'"' + sign for sign in (b",", b";", b"|", b"\t")),
                 *(sign + b'"' + end for sign in (b",", b";", b"|", b"\t")))
)  # fmt: skip
_ZERO_WIDTH, _BYTE_ORDER_MARK = "\u200b".encode(), "\ufeff".encode()
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


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
class TextFacts:
    """What one pass over plain bytes tells: enough to choose a reader without reading twice.

    `has_padding`: a cell may start or end with a blank other than a tab, whichever of the usual signs delimits cells.
    """

    head: bytes
    has_nul: bool
    is_utf8: bool
    lines: int
    line_feeds: int
    windows_ends: int
    ends_with_line_end: bool
    has_quotes: bool
    has_tabs: bool
    has_unseen_blanks: bool
    has_padding: bool


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


class _Looking:
    """Gathers TextFacts chunk by chunk. Every look is at the speed of memory: this runs over all bytes of all files."""

    def __init__(self) -> None:
        self.head = b""
        self.has_nul = self.has_quotes = self.has_tabs = self.has_unseen_blanks = self.has_padding = False
        self.is_utf8 = True
        self.line_feeds = self.carriage_returns = self.windows_ends = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._tail = b""
        self._before = b"\n"
        self._ending = b""
        self._is_first = True

    def look(self, chunk: bytes) -> None:
        if len(self.head) < _SAMPLE:
            self.head += chunk[: _SAMPLE - len(self.head)]
        self.has_nul = self.has_nul or b"\0" in chunk
        self.has_quotes = self.has_quotes or b'"' in chunk
        self.has_tabs = self.has_tabs or b"\t" in chunk
        self.line_feeds += chunk.count(b"\n")
        if b"\r" in chunk or self._tail.endswith(b"\r"):
            self.carriage_returns += chunk.count(b"\r")
            self.windows_ends += (self._tail[-1:] + chunk).count(b"\r\n")
        # A decoder in the middle of a character must be fed even plain ASCII.
        if not chunk.isascii() or self._decoder.getstate()[0]:
            self._look_at_characters(chunk)
        if not self.has_padding:
            self._look_for_padding(self._before + chunk)
        self._before = (self._before + chunk)[-2:]
        content = chunk.rstrip(b"\r\n")
        self._ending = chunk[len(content) :] if content else self._ending + chunk
        self._tail = chunk[-3:]
        self._is_first = False

    def _look_at_characters(self, chunk: bytes) -> None:
        try:
            if self.is_utf8:
                self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self.is_utf8 = False
        joined = self._tail + chunk
        if not self.has_unseen_blanks:
            mark = joined.find(_BYTE_ORDER_MARK, 1 if self._is_first else 0)
            self.has_unseen_blanks = mark >= 0 or _ZERO_WIDTH in joined

    def _look_for_padding(self, window: bytes) -> None:
        """A space beside a byte at which a cell can end; with quotes, a line end that belongs to a quoted cell.

        The last byte of a window is judged with the next one, which starts with it and the byte before.
        """
        if not window.isascii() and any(blank in window for blank in _WIDE_BLANKS):
            self.has_padding = True
        if b'"' in window and any(torn in window for torn in _QUOTED_LINE_ENDS):
            self.has_padding = True
        if b" " in window and not self.has_padding:
            codes = np.frombuffer(window, np.uint8)
            spaces = np.flatnonzero(codes[1:-1] == _SPACE) + 1
            self.has_padding = bool((_ENDS_CELL[codes[spaces - 1]] | _ENDS_CELL[codes[spaces + 1]]).any())

    def facts(self) -> TextFacts:
        return TextFacts(
            head=self.head,
            has_nul=self.has_nul,
            is_utf8=self.is_utf8 and not self._decoder.getstate()[0],
            lines=_lines(self.line_feeds, self.carriage_returns, self._ending),
            line_feeds=self.line_feeds,
            windows_ends=self.windows_ends,
            has_quotes=self.has_quotes,
            has_tabs=self.has_tabs,
            has_unseen_blanks=self.has_unseen_blanks,
            has_padding=self.has_padding or self._before.endswith(b" ") or self._has_lone_returns,
            ends_with_line_end=bool(self._ending),
        )

    @property
    def _has_lone_returns(self) -> bool:
        return self.line_feeds > 0 and self.carriage_returns != self.windows_ends


def _lines(line_feeds: int, carriage_returns: int, ending: bytes) -> int:
    """Lines up to the last that holds anything: empty ones at the end are nobody's row."""
    if line_feeds:
        return line_feeds - ending.count(b"\n") + 1
    return carriage_returns - ending.count(b"\r") + 1


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
        looking, digest, size = _Looking(), hashlib.sha256(), 0
        with target.open("wb", buffering=0) as writing:
            while chunk := reading.read(_CHUNK):
                digest.update(chunk)
                looking.look(chunk)
                writing.write(chunk)
                size += len(chunk)
                if size % _TELL < _CHUNK:
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


def file_type(name: str, file_format: FileFormat) -> FileType:
    """The type a mapping or a file's ending says. Raises RefusedFileError where neither does."""
    if file_format.type is not None:
        return file_format.type
    plain = name.lower().removesuffix(".gz")
    ending = Path(plain).suffix
    if ending not in _ENDINGS:
        raise RefusedFileError(
            f"ends in {ending or 'nothing'}: set format.type to one of csv, tsv, xlsx, parquet, jsonl in the mapping"
        )
    return _ENDINGS[ending]


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
    _refuse_foreign(facts.head, wanted, path)
    if wanted in ("xlsx", "parquet"):
        return Content(path, wanted, facts, "; ".join(notes))
    encoding = _encoding(path, facts, file_format)
    # DuckDB takes one kind of line end per file; an export pasted together from two systems has both.
    mixed_ends = 0 < facts.windows_ends < facts.line_feeds
    if encoding != "utf-8" or mixed_ends:
        path, facts = _to_utf8(path, work / "text", encoding, join_line_ends=mixed_ends)
        if encoding != "utf-8":
            notes.append(f"read as {encoding}" + ("" if file_format.encoding else " (detected)"))
    if facts.has_nul:
        raise RefusedFileError(f"is binary, not {wanted}: it holds NUL bytes")
    return Content(path, wanted, facts, "; ".join(notes))


def _refuse_foreign(head: bytes, wanted: FileType, path: Path) -> None:
    if head.startswith(_OLE):
        raise RefusedFileError(_ole_kind(path))
    found = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    expected = {"xlsx": _ARCHIVE, "parquet": _PARQUET}.get(wanted)
    if found == expected:
        return
    if found is not None:
        raise RefusedFileError(f"is {found}, not {wanted}: give it its right ending or set format.type")
    raise RefusedFileError(f"is no {wanted} file: it starts with {head[:8]!r}")


def _ole_kind(path: Path) -> str:
    # The directory of an encrypted workbook names its one stream, in UTF-16.
    with path.open("rb") as stream:
        content = stream.read(64 << 20)
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "is a password-protected workbook: save it without a password"
    return "is a workbook of the old .xls kind: save it as .xlsx"


def _encoding(path: Path, facts: TextFacts, file_format: FileFormat) -> str:
    head = facts.head
    if file_format.encoding is not None and file_format.encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        return file_format.encoding
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if facts.is_utf8 or facts.has_nul:
        return "utf-8"
    if file_format.encoding is not None:
        raise RefusedFileError("is not UTF-8, which format.encoding says: set the right encoding")
    return _detected_encoding(path)


def _detected_encoding(path: Path) -> str:
    # Only lines that are not plain ASCII tell encodings apart; the first such lines of the whole file are looked at.
    telling = b""
    with path.open("rb") as stream:
        for line in stream:
            if not line.isascii():
                telling += line[:4096]
                if len(telling) > _SAMPLE:
                    break
    matches = from_bytes(telling, cp_isolation=_ENCODINGS)
    best = matches.best()
    if best is None:
        raise RefusedFileError("its encoding cannot be told: set format.encoding, for example cp1252")
    # Short texts fit several encodings equally well; the manifest says which one was taken.
    fitting = {name for match in matches if match.chaos <= best.chaos for name in match.could_be_from_charset}
    return "cp1252" if "cp1252" in fitting else str(best.encoding)


def _to_utf8(path: Path, target: Path, encoding: str, *, join_line_ends: bool) -> tuple[Path, TextFacts]:
    looking = _Looking()
    try:
        with path.open("r", encoding=encoding, newline="") as reading, target.open("wb") as writing:
            for text in _pieces(reading.read):
                chunk = (text.replace("\r\n", "\n") if join_line_ends else text).encode()
                looking.look(chunk)
                writing.write(chunk)
    except UnicodeError as error:
        raise RefusedFileError(
            f"is not {encoding} throughout: {error.__class__.__name__}; set format.encoding"
        ) from error
    return target, looking.facts()


def _pieces(read: Callable[[int], str]) -> Iterator[str]:
    while text := read(_CHUNK):
        if text.endswith("\r"):
            text += read(1)
        yield text


def _unpack(path: Path, target: Path, limits: Limits, on_progress: Progress) -> tuple[Path, TextFacts]:
    looking, size = _Looking(), 0
    try:
        with gzip.open(path, "rb") as reading, target.open("wb") as writing:
            stream: BinaryIO = reading  # type: ignore[assignment]
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limits.unpacked:
                    raise RefusedFileError(f"unpacks to more than {limits.unpacked:,} bytes: not read")
                looking.look(chunk)
                writing.write(chunk)
                if size % _TELL < _CHUNK:
                    on_progress("unpack", size, None)
    except EOFError as error:
        raise RefusedFileError(
            "is cut off: the gzip stream has no end; deliver it again once it is complete"
        ) from error
    except (OSError, zlib.error) as error:
        raise RefusedFileError(f"is a damaged gzip file: {error}") from error
    return target, looking.facts()
