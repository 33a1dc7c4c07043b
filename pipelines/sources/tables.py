"""A file's content as one DuckDB relation: text columns by position, and the number of each row.

Belongs here: delimited text, Parquet and what other readers turned into Parquet of text. Knows headers, not what they
feed. Every column is text: DuckDB's own typed read rounds 1.239 to 1.24 without a word, so numbers and dates are
parsed by the expressions of `expressions`, in the same scan.
"""

from __future__ import annotations

import csv
import mmap
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.sources.content import Content, Limits, Progress
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.json_lines import write_json_lines
from pipelines.sources.mapping import FileFormat
from pipelines.sources.text_table import TYPED, Reject
from pipelines.sources.workbooks import write_sheet

_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Table:
    """One file as rows of text.

    `relation` is a SQL select with the columns `ordinal` (BIGINT) and c0, c1, ... in the order of `headers`. Delimited
    text numbers its readable rows 1, 2, 3; what it skips is known after a scan and `row_numbers` puts right. Other
    formats know the row's number at once. `marked`: cells may start with TYPED, where the file itself is typed.
    `lines` of a delimited file end with the last that holds anything. `only_spaces`: no cell can start or end with a
    blank other than a space. `is_trimmed`: none can start or end with any, and none is empty but null. `sheet_column`:
    of a sheet, where its first column stands, counted from 0.
    """

    headers: tuple[str, ...]
    relation: str
    delimited: bool
    marked: bool = False
    only_spaces: bool = False
    is_trimmed: bool = False
    rejects: tuple[Reject, ...] = ()
    header_row: int = 1
    ends_with_line_end: bool = True
    lines: int | None = None
    path: Path | None = None
    delimiter: str = ""
    quote: str = ""
    note: str = ""
    sheet_column: int | None = None

    def sheet_letters(self, header: str) -> str | None:
        """The letters of a header's column as a spreadsheet shows them; None where the file is no sheet."""
        place = self.position(header)
        if self.sheet_column is None or place is None:
            return None
        letters, number = "", self.sheet_column + place + 1
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(ord("A") + letter) + letters
        return letters

    def position(self, header: str) -> int | None:
        """Where a header stands: as written, else without regard to case and spaces. None where it is missing.

        Raises RefusedFileError where the header stands twice.
        """
        for same in (_exact, _loose):
            found = [index for index, name in enumerate(self.headers) if same(name) == same(header)]
            if len(found) > 1:
                columns = " and ".join(str(index + 1) for index in found)
                raise RefusedFileError(
                    f"has the header {header!r} more than once (columns {columns}): rename one of them",
                    reason="changed_schema",
                )
            if found:
                return found[0]
        return None


def open_table(
    connection: duckdb.DuckDBPyConnection,
    content: Content,
    file_format: FileFormat,
    *,
    wanted: Sequence[str],
    work: Path,
    limits: Limits,
    on_progress: Progress,
) -> Table:
    """The content as a relation of `connection`.

    `wanted` are headers the mapping asks for: among delimiters the one under which most of them are found is right.
    Raises RefusedFileError where the content is no table, is cut off or has no rows below its headers.
    """
    if content.type in ("csv", "tsv"):
        return _delimited(content, file_format, wanted=wanted, limits=limits)
    if content.type == "parquet":
        return _parquet(connection, content, limits=limits)
    if content.type == "xlsx":
        written = write_sheet(content.path, work / "sheet", file_format, limits=limits, on_progress=on_progress)
    else:
        written = write_json_lines(content.path, work / "lines", limits=limits, on_progress=on_progress)
    listed = "[" + ", ".join(literal(str(path)) for path in written.paths) + "]"
    columns = ", ".join(f"c{index}" for index in range(len(written.headers)))
    relation = f"select number as ordinal, {columns} from read_parquet({listed}, union_by_name = true)"
    return Table(
        headers=written.headers,
        relation=relation,
        delimited=False,
        marked=True,
        rejects=written.rejects,
        header_row=file_format.header_row,
        note=content.note,
        sheet_column=written.sheet_column,
    )


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _exact(header: str) -> str:
    return header


def _loose(header: str) -> str:
    return " ".join(header.replace("\u00a0", " ").split()).casefold()


def _delimited(content: Content, file_format: FileFormat, *, wanted: Sequence[str], limits: Limits) -> Table:
    facts = content.facts
    lines = facts.head.replace(b"\r", b"\n").split(b"\n")
    line = lines[min(file_format.header_row, len(lines)) - 1]
    widest = max(line.count(sign.encode()) for sign in _DELIMITERS) + 1
    if widest > limits.columns:
        raise RefusedFileError(f"has more than {limits.columns:,} columns: not read")
    quote = file_format.quote or '"'
    if file_format.delimiter is not None:
        delimiter = file_format.delimiter
    elif content.type == "tsv":
        delimiter = "\t"
    else:
        delimiter = _likely_delimiter(content, file_format, quote, wanted)
    headers = _headers(content, delimiter, quote, file_format.header_row)
    if not headers:
        raise RefusedFileError(f"has no headers in row {file_format.header_row}")
    columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(headers)))
    arguments = [
        literal(str(content.path)),
        "auto_detect = false",
        "header = true",
        f"skip = {file_format.header_row - 1}",
        f"delim = {literal(delimiter)}",
        f"quote = {literal(quote)}",
        f"escape = {literal(quote)}",
        f"columns = {{{columns}}}",
        f"max_line_size = {limits.record}",
    ]
    has_blank_tabs = facts.has_tabs and (delimiter != "\t" or facts.has_quotes)
    is_usual = delimiter in _DELIMITERS and quote == '"'
    return Table(
        headers=headers,
        relation=f"select row_number() over () as ordinal, * from read_csv({', '.join(arguments)})",
        delimited=True,
        only_spaces=not (facts.has_unseen_blanks or facts.has_quotes or (facts.has_tabs and delimiter != "\t")),
        is_trimmed=is_usual and not (facts.has_padding or facts.has_unseen_blanks or has_blank_tabs),
        header_row=file_format.header_row,
        ends_with_line_end=facts.ends_with_line_end,
        lines=facts.lines,
        path=content.path,
        delimiter=delimiter,
        quote=quote,
        note=content.note,
    )


def noting_rejects(table: Table, name: str) -> Table:
    """The same table, reading on past rows that cannot be split; a scan puts them into the temporary table `name`.

    Every scan of one table needs a name of its own. There is no variant that only skips: under `ignore_errors` DuckDB
    2.0 drops good rows that follow a bad quote.
    """
    if not table.delimited:
        return table
    options = f"store_rejects = true, rejects_table = '{name}', rejects_scan = '{name}_scan', rejects_limit = 0"
    return replace(table, relation=f"{table.relation.removesuffix(')')}, {options})")


def _likely_delimiter(content: Content, file_format: FileFormat, quote: str, wanted: Sequence[str]) -> str:
    loose = {_loose(header) for header in wanted}
    found: dict[str, tuple[int, int]] = {}
    for delimiter in _DELIMITERS:
        headers = _headers(content, delimiter, quote, file_format.header_row)
        found[delimiter] = (len({_loose(header) for header in headers} & loose), len(headers))
    # Under the right delimiter most wanted headers are found; where none is, the refusal to come names what is there.
    return max(_DELIMITERS, key=lambda delimiter: found[delimiter])


def _headers(content: Content, delimiter: str, quote: str, row: int) -> tuple[str, ...]:
    # The standard library reads this one record: DuckDB's sniffer renames headers that stand twice, and gives up on a
    # file whose first rows are broken, which is just when a person needs to be told about the headers.
    with content.path.open(encoding="utf-8-sig", newline="") as stream:
        records = csv.reader(stream, delimiter=delimiter, quotechar=quote)
        try:
            for _ in range(row - 1):
                stream.readline()
            return tuple(header.strip() for header in next(records, []))
        except csv.Error as error:
            raise RefusedFileError(f"has no readable headers in row {row}: {error}") from error


def blank_rows(table: Table) -> tuple[int, ...]:
    """Row numbers of blank lines between others: a spreadsheet counts them, DuckDB does not.

    Asked only for a file with more lines than rows, because it reads the whole file.
    """
    if table.path is None or len(table.headers) < 2:
        return ()
    with table.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if re.search(rb"\n\r?\n|\r\r", content) is None:
            return ()
    csv.field_size_limit(1 << 30)
    with table.path.open(encoding="utf-8-sig", newline="") as text:
        records = csv.reader(text, delimiter=table.delimiter, quotechar=table.quote)
        return tuple(number for number, record in enumerate(records, 1) if not record and number > table.header_row)


def _parquet(connection: duckdb.DuckDBPyConnection, content: Content, *, limits: Limits) -> Table:
    source = f"read_parquet({literal(str(content.path))}, file_row_number = true)"
    try:
        described = connection.execute(f"describe select * from {source}").fetchall()
    except duckdb.Error as error:
        raise RefusedFileError(f"is a damaged or unfinished Parquet file: {str(error).splitlines()[0]}") from error
    columns = [(str(name), str(data_type)) for name, data_type, *_ in described if name != "file_row_number"]
    if len(columns) > limits.columns:
        raise RefusedFileError(f"has more than {limits.columns:,} columns: not read")
    cells = ", ".join(f"{_as_text(name, data_type)} as c{index}" for index, (name, data_type) in enumerate(columns))
    return Table(
        headers=tuple(name for name, _ in columns),
        relation=f"select file_row_number + 2 as ordinal, {cells} from {source}",
        delimited=False,
        marked=True,
        note=content.note,
    )


def _as_text(name: str, data_type: str) -> str:
    """A typed Parquet column as text marked as typed, so that no decimal comma or date order is applied to it."""
    column = '"' + name.replace('"', '""') + '"'
    mark = literal(TYPED)
    if data_type == "VARCHAR":
        return column
    if data_type == "BOOLEAN":
        return f"cast({column} as varchar)"
    if data_type in ("DOUBLE", "FLOAT"):
        # Binary numbers are taken with the 15 digits that they hold for certain, as a workbook's are.
        plain = f"abs({column}) < 1e15 and abs({column}) >= 1e-4 or {column} = 0"
        return f"{mark} || case when {plain} then format('{{:.15g}}', {column}) else cast({column} as varchar) end"
    if data_type == "TIMESTAMP WITH TIME ZONE":
        return f"{mark} || cast(timezone('UTC', {column}) as varchar) || 'Z'"
    if data_type.startswith(("DECIMAL", "TIMESTAMP", "DATE")) or data_type.endswith(("INT", "INTEGER")):
        return f"{mark} || cast({column} as varchar)"
    return f"cast({column} as varchar)"
