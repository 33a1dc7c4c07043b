"""Does a file still have the shape that its mapping, and what was landed from it before, rely on?

Belongs here: comparing headers. A column that is gone refuses the file: it is never silently dropped or nulled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipelines.canonical import nearest
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.tables import Table


@dataclass(frozen=True, slots=True)
class Headers:
    """One file's headers beside its entry: mapped and there, mapped and missing, there and neither used nor ignored."""

    mapped: tuple[str, ...]
    missing: tuple[str, ...]
    unmapped: tuple[str, ...]


def compare(table: Table, entry: MappedFiles) -> Headers:
    """Which of the entry's headers the table has. Raises RefusedFileError for a header that stands twice."""
    places = {header: table.position(header) for header in entry.headers}
    used = {place for place in places.values() if place is not None}
    unmapped = tuple(
        header
        for index, header in enumerate(table.headers)
        if header and index not in used and not any(fnmatchcase(header, pattern) for pattern in entry.ignore)
    )
    mapped = tuple(header for header, place in places.items() if place is not None)
    return Headers(mapped, tuple(header for header, place in places.items() if place is None), unmapped)


def check_contract(table: Table, entry: MappedFiles, *, before: Sequence[str]) -> str:
    """What is to be noted about the headers of a file that may be landed. `before`: the headers of earlier batches.

    Raises RefusedFileError with reason changed_schema, naming the canonical column, its header and the nearest one.
    """
    headers = compare(table, entry)
    gone = [header for header in headers.missing if header not in entry.optional_headers]
    if gone:
        raise RefusedFileError("; ".join(_gone(header, entry, headers) for header in gone), reason="changed_schema",
                               column=_target(gone[0], entry))  # fmt: skip
    notes = [f"{_target(header, entry)} is empty: no column {header!r}" for header in headers.missing]
    new = [header for header in headers.unmapped if before and header not in before]
    if new:
        notes.append(f"new columns that no mapping names: {_listed(new)}")
    elif headers.unmapped and not before:
        notes.append(f"columns that no mapping names: {_listed(headers.unmapped)}")
    lost = [header for header in before if header and header not in table.headers and header not in entry.headers]
    if lost:
        notes.append(f"columns gone since earlier files, none of them mapped: {_listed(lost)}")
    return "; ".join(notes)


def _gone(header: str, entry: MappedFiles, headers: Headers) -> str:
    near = nearest(header, list(headers.unmapped)) or nearest(header, list(headers.mapped))
    hint = f"nearest header: {near!r}" if near else f"it has {_listed(headers.unmapped) or 'no other header'}"
    return (
        f"has no column {header!r}, which {_target(header, entry)} is read from; {hint}: correct the mapping, or mark "
        "the column optional: true there"
    )


def _target(header: str, entry: MappedFiles) -> str:
    for column in entry.columns:
        if header in column.headers:
            return f"{entry.entity.name}.{column.target.name}"
    return f"{entry.entity.name} (where)"


def _listed(headers: Sequence[str]) -> str:
    shown = ", ".join(repr(header) for header in headers[:10])
    return shown + (f" and {len(headers) - 10} more" if len(headers) > 10 else "")
