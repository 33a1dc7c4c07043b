"""What a run would read from a drop folder, file by file, without reading it in earnest.

Belongs here: `plumbline source check`. Shows columns that are mapped, missing, unmapped and doubtful, with examples.
Lands nothing and changes nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb

from pipelines.canonical import nearest
from pipelines.sources.content import Limits, keep_copy, prepare
from pipelines.sources.errors import RefusedFileError, SourceFolderError, UnsettledFileError
from pipelines.sources.expressions import condition, parts, readings, tolerant
from pipelines.sources.mapping import MappedFiles, SourceMapping
from pipelines.sources.notation import detect
from pipelines.sources.tables import Table, literal, noting_rejects, open_table
from pipelines.sources.text_table import TYPED

_EXAMPLES = 3
EMPTY = "(empty)"


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """One column. `canonical` is empty for one that no mapping names, `header` the nearest one for a missing one."""

    canonical: str
    header: str
    note: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What one entry would read from one file. `refusal`: why nothing would be."""

    file_name: str
    entity: str
    rows: int = 0
    refusal: str = ""
    mapped: tuple[CheckedColumn, ...] = ()
    unmapped: tuple[CheckedColumn, ...] = ()
    missing: tuple[CheckedColumn, ...] = ()
    doubtful: tuple[CheckedColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """All files of a source, names no entry matches, entries that match no file."""

    files: tuple[CheckedFile, ...]
    unmatched: tuple[str, ...]
    without_file: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether every file would be read whole."""
        return not any(file.refusal or file.missing or file.doubtful for file in self.files)


def check_folder(folder: Path, mapping: SourceMapping, *, limits: Limits | None = None) -> SourceCheck:
    """Check every file of a drop folder. Raises SourceFolderError where the folder is missing."""
    try:
        names = sorted(item.name for item in folder.iterdir() if not item.is_dir() and not item.name.startswith("."))
    except OSError as error:
        raise SourceFolderError(f"{folder}: cannot be listed: {error.strerror}; set the source's folder") from error
    checked = [
        _check_file(folder / name, entry, limits or Limits()) for name in names for entry in mapping.entries_for(name)
    ]
    return SourceCheck(
        files=tuple(checked),
        unmatched=tuple(name for name in names if not mapping.entries_for(name)),
        without_file=tuple(dict.fromkeys(e.match for e in mapping.files if not any(e.matches(name) for name in names))),
    )


def _check_file(path: Path, entry: MappedFiles, limits: Limits) -> CheckedFile:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        work = Path(folder)
        try:
            if not path.resolve().is_relative_to(path.parent.resolve()):
                raise RefusedFileError("is a link out of the drop folder: it is not followed")
            kept = keep_copy(path, work / "original", limits=limits, on_progress=_quiet)
            content = prepare(kept, entry.format, work=work, limits=limits, on_progress=_quiet)
            table = open_table(
                connection,
                content,
                entry.format,
                wanted=entry.headers,
                work=work,
                limits=limits,
                on_progress=_quiet,
            )
            return _check_table(connection, table, entry, path.name)
        except (RefusedFileError, UnsettledFileError, duckdb.Error) as error:
            return CheckedFile(path.name, entry.entity.name, refusal=f"{path.name} {error}")


def _check_table(connection: duckdb.DuckDBPyConnection, table: Table, entry: MappedFiles, name: str) -> CheckedFile:
    examples = _examples(connection, table)
    mapped, missing = [], []
    for column in entry.columns:
        for header in column.headers:
            position = table.position(header)
            if position is not None:
                found = CheckedColumn(column.target.name, table.headers[position], examples=examples[position])
                mapped.append(found)
                continue
            note = "optional: read as empty" if column.optional else "the file would be refused"
            near = nearest(header, list(table.headers))
            missing.append(CheckedColumn(column.target.name, header, f"{note}; nearest header: {near!r}"))
    used = {table.position(header) for header in entry.headers}
    unmapped = tuple(
        CheckedColumn("", header, examples=examples[index])
        for index, header in enumerate(table.headers)
        if header and index not in used and not any(fnmatchcase(header, pattern) for pattern in entry.ignore)
    )
    is_whole = all(column.note.startswith("optional") for column in missing)
    rows, doubtful = _doubtful(connection, table, entry) if is_whole else (0, ())
    return CheckedFile(name, entry.entity.name, rows, "", tuple(mapped), unmapped, tuple(missing), doubtful)


def _doubtful(
    connection: duckdb.DuckDBPyConnection, table: Table, entry: MappedFiles
) -> tuple[int, tuple[CheckedColumn, ...]]:
    """The rows that feed the entity, and the columns with cells that could not be read."""
    notation = detect(connection, noting_rejects(table, "rejects_of_notation"), entry)
    read = [one for one in readings(entry, table, notation) if one.column.headers]
    source = noting_rejects(table, "rejects_of_values").relation
    texts = ", ".join(f'{one.text} as "t {one.name}"' for one in read)
    worked = "".join(
        f', {part} as "p {one.name}"' for one in read if (part := parts(one, f'"t {one.name}"')) is not None
    )
    values = ", ".join(
        f"""{tolerant(one, f'"t {one.name}"', part=f'"p {one.name}"')} as "v {one.name}\"""" for one in read
    )
    measures = ""
    for one in read:
        bad = f'"t {one.name}" is not null and "v {one.name}" is null'
        if one.column.values is not None:
            bad = "false" if {"*"} & set(one.column.values) else _unknown(one.column.values, f'"t {one.name}"')
        if not one.column.target.nullable:
            bad = f'({bad}) or "t {one.name}" is null'
        cell = f'coalesce("t {one.name}", {literal(EMPTY)})'
        measures += f", count(*) filter (where {bad}), list(distinct {cell}) filter (where {bad})[:{_EXAMPLES}]"
    rows, *found = connection.execute(
        f"select count(*){measures} from (select *, {values} from (select *{worked} from "
        f"(select {texts} from ({source}) where {condition(entry, table)})))"
    ).fetchall()[0]
    columns = []
    for one, bad, texts_found in zip(read, found[::2], found[1::2], strict=True):
        if bad:
            why = "day or month first cannot be told" if one.name in notation.doubtful_dates else one.reason
            if EMPTY in texts_found:
                why = "missing_value" if len(texts_found) == 1 else f"{why} or missing_value"
            shown = tuple(_shown(text) for text in texts_found)
            columns.append(CheckedColumn(one.name, ", ".join(one.column.headers), f"{bad} rows: {why}", shown))
    return int(rows), tuple(columns)


def _unknown(values: Mapping[str, str | None], text: str) -> str:
    return f"ltrim({text}, {literal(TYPED)}) not in ({', '.join(literal(value) for value in values)})"


def _examples(connection: duckdb.DuckDBPyConnection, table: Table) -> list[tuple[str, ...]]:
    """A few different values of every column, from the first rows."""
    wanted = ", ".join(
        f"list(distinct c{index}) filter (where trim(c{index}) <> '')[:{_EXAMPLES}]"
        for index in range(len(table.headers))
    )
    source = noting_rejects(table, "rejects_of_examples").relation
    found = connection.execute(f"select {wanted} from ({source} limit 1000)").fetchall()[0]
    return [tuple(_shown(text) for text in texts or ()) for texts in found]


def _shown(text: str) -> str:
    plain = text.lstrip(TYPED)
    return plain if len(plain) <= 60 else plain[:57] + "..."


def _quiet(_doing: str, _done: int, _of: int | None) -> None:
    return None
