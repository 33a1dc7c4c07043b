"""What kind of file a file is: by the mapping or its ending, and by its first bytes, which must agree.

Belongs here: endings, first bytes, and saying what a file is instead of what it is named.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.errors import RefusedFileError
from pipelines.sources.mapping import FileFormat, FileType

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
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


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


def refuse_foreign(head: bytes, wanted: FileType, path: Path) -> None:
    """Raise RefusedFileError where the first bytes are those of another kind of file."""
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
