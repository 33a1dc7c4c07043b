"""The encoding of a text file: told by the mapping, by its first bytes, or by the lines that are not plain ASCII.

Belongs here: telling encodings apart, and writing a text anew in UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from pipelines.sources.errors import RefusedFileError
from pipelines.sources.mapping import FileFormat
from pipelines.sources.text_facts import CHUNK, SAMPLE, Looking, TextFacts

#: Encodings that exports are written in. A free choice among all would call short Western texts Chinese or EBCDIC.
_ENCODINGS = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "cp932", "euc_jp", "gb18030", "big5", "cp949", "koi8_r", "mac_roman", "cp437", "cp850",
]  # fmt: skip


def encoding_of(path: Path, facts: TextFacts, file_format: FileFormat) -> str:
    """The encoding of a text. Raises RefusedFileError where it cannot be told, or is not what the mapping says."""
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
                if len(telling) > SAMPLE:
                    break
    matches = from_bytes(telling, cp_isolation=_ENCODINGS)
    best = matches.best()
    if best is None:
        raise RefusedFileError("its encoding cannot be told: set format.encoding, for example cp1252")
    # Short texts fit several encodings equally well; the manifest says which one was taken.
    fitting = {name for match in matches if match.chaos <= best.chaos for name in match.could_be_from_charset}
    return "cp1252" if "cp1252" in fitting else str(best.encoding)


def to_utf8(path: Path, target: Path, encoding: str, *, join_line_ends: bool) -> tuple[Path, TextFacts]:
    """Write a text anew in UTF-8, line ends alike where asked. Raises RefusedFileError for another encoding."""
    looking = Looking()
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
    while text := read(CHUNK):
        if text.endswith("\r"):
            text += read(1)
        yield text
