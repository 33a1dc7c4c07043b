"""Mapping files: which columns of which files feed which canonical entity, read into frozen values and checked whole.

Belongs here: the format of a mapping file and every fault it can have. Opens no data file; the SQL that a mapping
becomes is in `expressions`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pipelines.canonical import Column, Entity

#: Raised when landing reads the same file and mapping differently than before: known files are then landed again.
READING_VERSION = 1

#: Kinds of columns that hold a number of some sort.
NUMBER_KINDS = frozenset({"money", "price", "quantity", "rate", "ratio", "hours", "count", "days", "number"})

FileType = Literal["csv", "tsv", "xlsx", "parquet", "jsonl"]
Kind = Literal["full", "delta"]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How a file is written. None means: detected, and refused where it cannot be told for certain."""

    type: FileType | None = None
    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    timestamps: str | None = None
    time_zone: str = "UTC"
    sheet: str | None = None
    header_row: int = 1
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AsOf:
    """Where a file's name tells the moment of the extract: a pattern with one group, and how that group is written."""

    pattern: str
    format: str


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """How one canonical column is filled.

    `headers` holds one header (a column), several (a join) or none (a constant). `values` maps the text found to the
    text wanted; the key `*` stands for any other. Times `scale`, negated where `negate`, and only the positive part
    where `keep` says so. `binary` says that the file was written from binary floats.
    """

    target: Column
    headers: tuple[str, ...] = ()
    separator: str | None = None
    constant: str | None = None
    values: Mapping[str, str | None] | None = None
    scale: Decimal | None = None
    format: str | None = None
    negate: bool = False
    keep: Literal["positive"] | None = None
    binary: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class MappedFiles:
    """One entry of a mapping file: the files whose name matches feed one entity."""

    match: str
    entity: Entity
    kind: Kind
    columns: tuple[MappedColumn, ...]
    feed: str = ""
    as_of: AsOf | None = None
    format: FileFormat = field(default_factory=FileFormat)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    line: int = 0

    def matches(self, name: str) -> bool:
        """Whether a file of this name (no folder) feeds this entry. Upper and lower case are the same."""
        return fnmatchcase(name.lower(), self.match.lower())

    def mapped(self, name: str) -> MappedColumn | None:
        """How the canonical column of this name is filled; None where the entry leaves it out."""
        for column in self.columns:
            if column.target.name == name:
                return column
        return None

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that a file must have, in the order first named."""
        needed = [header for column in self.columns for header in column.headers]
        return tuple(dict.fromkeys([*needed, *self.where]))

    @property
    def optional_headers(self) -> frozenset[str]:
        """Headers that only optional columns use: a file without them is still whole."""
        required = {header for column in self.columns if not column.optional for header in column.headers}
        return frozenset(set(self.headers) - required - set(self.where))

    @property
    def schema_hash(self) -> str:
        """Changes exactly when the same file would be landed differently: what decides whether a file is known."""
        content = {
            "reading": READING_VERSION,
            "entity": [self.entity.name, self.entity.key, self.entity.document],
            "kind": self.kind,
            "feed": self.feed,
            "as_of": [self.as_of.pattern, self.as_of.format] if self.as_of else None,
            "format": _plain(self.format),
            "where": {header: list(values) for header, values in self.where.items()},
            "columns": [
                [
                    mapped.target.name,
                    mapped.target.data_type,
                    mapped.target.kind,
                    mapped.target.nullable,
                    mapped.headers,
                    mapped.separator,
                    mapped.constant,
                    dict(mapped.values) if mapped.values is not None else None,
                    str(mapped.scale),
                    mapped.format,
                    mapped.negate,
                    mapped.keep,
                    mapped.optional,
                    *(["binary"] if mapped.binary else []),  # absent where unset: older batches keep their hash
                ]
                for mapped in self.columns
            ],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A whole mapping file."""

    path: Path
    files: tuple[MappedFiles, ...]

    def entries_for(self, name: str) -> tuple[MappedFiles, ...]:
        """The entries that a file of this name feeds."""
        return tuple(entry for entry in self.files if entry.matches(name))


def _plain(value: FileFormat) -> list[object]:
    return [getattr(value, name) for name in FileFormat.__dataclass_fields__]
