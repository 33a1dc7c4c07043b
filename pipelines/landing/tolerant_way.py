"""The tolerant way: find the rows at fault in one scan, write the others in a second.

Belongs here: loading a file of which anything may be wrong. Documents with a row at fault are withheld whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.landing import quarantine
from pipelines.landing.faults import Fault, faults_of
from pipelines.landing.selects import (
    PARQUET,
    Loaded,
    count_in,
    money_columns,
    quoted,
    text_name,
    value_name,
    values_of,
)
from pipelines.sources.errors import RefusedFileError
from pipelines.sources.expressions import readings
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.notation import Notation, contradicts, detect
from pipelines.sources.reading import Reading, unmarked
from pipelines.sources.tables import Table, blank_rows, literal, noting_rejects
from pipelines.sources.text_table import Reject

_SCAN_NUMBERS = itertools.count(1)
_STEPS_IN_SQL = 500


@dataclass(frozen=True, slots=True)
class _Skipped:
    """Rows the reader could not split, and rows that hold nothing at all or nothing but spaces."""

    rejects: tuple[Reject, ...]
    empty_rows: tuple[int, ...]


class _Scans:
    """Hands out the table for one scan after the other, each noting its rejects under a name of its own."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.names: list[str] = []

    def next(self) -> Table:
        # A name is used once in a process: DuckDB adds to a table of rejects that is there.
        self.names.append(f"rejects_{next(_SCAN_NUMBERS)}")
        return noting_rejects(self.table, self.name)

    @property
    def name(self) -> str:
        return self.names[-1]

    def forget(self, connection: duckdb.DuckDBPyConnection) -> None:
        for name in self.names:
            connection.execute(f"drop table if exists {name}")
            connection.execute(f"drop table if exists {name}_scan")


def load_tolerantly(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    entry: MappedFiles,
    notation: Notation,
    part: Path,
    *,
    limit: int,
) -> Loaded:
    """Put the rows at fault into the temporary table `quarantined` and write the others to `part`.

    Raises RefusedFileError for a file that is cut off or that a quote without an end runs through.
    """
    scans = _Scans(table)
    # Rows of delimited text are limited as they are split.
    longest = None if table.delimited else limit
    read = readings(entry, table, notation)
    faults = faults_of(read, notation, limit=longest)
    noted = _find_faults(connection, scans, entry, read, faults)
    if notation.from_sample and _is_misled(connection, read, notation):
        whole = detect(connection, scans.next(), entry)
        if whole != replace(notation, from_sample=False):
            notation = whole
            read = readings(entry, table, notation)
            faults = faults_of(read, notation, limit=longest)
            noted = _find_faults(connection, scans, entry, read, faults)
    counts = count_in(connection, scans.next(), entry, read, strictly=False)
    skipped = _skipped(connection, table, noted, counts.rows)
    _withhold_documents(connection, scans, entry, read, skipped.rejects)
    number, join = _row_number(connection, table, skipped)
    _write_part(connection, scans.next(), entry, read, part, number=number, join=join)
    _quarantine(connection, table, entry, read, faults, number=number, join=join)
    quarantine.add_rejects(connection, skipped.rejects, money_columns(entry))
    scans.forget(connection)
    lost = len(skipped.rejects)
    return Loaded(
        "tolerant", replace(counts, rows=counts.rows + lost, fed=counts.fed + lost), notation, skipped.rejects
    )


def _find_faults(
    connection: duckdb.DuckDBPyConnection,
    scans: _Scans,
    entry: MappedFiles,
    read: Sequence[Reading],
    faults: Sequence[Fault],
) -> str:
    """Fill the temporary table `faults` with the rows at fault; give back where the scan noted what it had to skip."""
    numbered = ", ".join(f"case when {fault.test} then {index} end" for index, fault in enumerate(faults, 1))
    at_fault = " or ".join(f"({fault.test})" for fault in faults) or "false"
    connection.execute(
        f"create or replace temp table faults as select {_fault_columns(entry, read)}, "
        f"list_filter(cast([{numbered}] as integer[]), lambda kind: kind is not null) as kinds "
        f"from ({values_of(scans.next(), entry, read)}) where {at_fault}"
    )
    return scans.name


def _fault_columns(entry: MappedFiles, read: Sequence[Reading]) -> str:
    shown = {
        reading.name: f"coalesce(cast({value_name(reading.name)} as varchar), {_raw(reading)})" for reading in read
    }
    record = ", ".join(f"{literal(name)}, {text}" for name, text in shown.items())
    columns = [
        "ordinal",
        f"[{', '.join(_raw(reading) for reading in read)}] as raws",
        f"{quarantine.source_id(entry.entity, shown)} as source_id",
        f"{shown.get(entry.entity.document or '', 'cast(null as varchar)')} as document_id",
        f"cast(json_object({record}) as varchar) as record",
    ]
    for name in money_columns(entry):
        columns.append(f'{value_name(name)} as "in {name}"')
        columns.append(f'"t {name}" is not null and {value_name(name)} is null as "raw {name}"')
    return ", ".join(columns)


def _raw(reading: Reading) -> str:
    text = unmarked(text_name(reading), marked=reading.marked)
    # The address is kept nowhere, not even here.
    return f"sha256(lower({text}))" if reading.name == "email_hash" else text


def _skipped(connection: duckdb.DuckDBPyConnection, table: Table, noted: str, rows: int) -> _Skipped:
    if not table.delimited:
        return _Skipped(table.rejects, ())
    found = connection.execute(
        "select line, any_value(cast(error_type as varchar)), any_value(csv_line), min(error_message) "
        f"from {noted} group by line order by line"
    ).fetchall()
    rejects = [_reject(int(line), kind, (raw or "").strip("\r\n"), message) for line, kind, raw, message in found]
    kept = tuple(reject for reject in rejects if reject.raw.strip() or reject.reason != "wrong_field_count")
    empty = [reject.row for reject in rejects if reject not in kept]
    if table.header_row + rows + len(found) != table.lines:
        empty += blank_rows(table)
    if rejects:
        _refuse_torn(rejects[-1], table.header_row + len(empty) + rows + len(kept), table)
    return _Skipped(kept, tuple(empty))


def _reject(line: int, kind: str, text: str, message: str) -> Reject:
    if kind == "LINE SIZE OVER MAXIMUM":
        size = message.rsplit("Actual Size:", maxsplit=1)[-1].rstrip(".")
        return Reject(line, text, "value_too_long", f"is a row of {size}: more than is read")
    if kind == "UNQUOTED VALUE":
        lines = text.count("\n") + 1
        over = f"; {lines} lines run together in it" if lines > 1 else ""
        return Reject(line, text, "wrong_field_count", f"has a quote that is not closed where a field ends{over}")
    counts = message.removeprefix("Expected Number of Columns: ").split(" Found: ")
    said = f"should have {counts[0]} fields and has {counts[1]}" if len(counts) == 2 else message
    return Reject(line, text, "wrong_field_count", said)


def _refuse_torn(last: Reject, last_row: int, table: Table) -> None:
    if last.row < last_row:
        return
    if "quote" in last.message and "\n" in last.raw:
        raise RefusedFileError(
            f"opens a quote in row {last.row} that is never closed: the rows after it cannot be told apart"
        )
    if last.reason == "wrong_field_count" and not table.ends_with_line_end and last.raw.strip():
        raise RefusedFileError(f"is cut off in row {last.row}: deliver it again once it is complete")


def _is_misled(connection: duckdb.DuckDBPyConnection, read: Sequence[Reading], notation: Notation) -> bool:
    """Whether a cell at fault tells of another notation than the first rows did."""
    tests = [
        f"coalesce({test}, false)"
        for place, reading in enumerate(read, 1)
        if (test := contradicts(reading.name, reading.column, notation, f"raws[{place}]")) is not None
    ]
    if not tests:
        return False
    return bool(connection.execute(f"select count(*) from faults where {' or '.join(tests)}").fetchall()[0][0])


def _withhold_documents(
    connection: duckdb.DuckDBPyConnection,
    scans: _Scans,
    entry: MappedFiles,
    read: Sequence[Reading],
    rejects: Sequence[Reject],
) -> None:
    """Add to `faults` every other row of a document that has a row at fault."""
    document = entry.entity.document
    if document is None or entry.mapped(document) is None:
        return
    connection.execute(
        "create or replace temp table withheld as select document_id from faults where document_id is not null "
        "union select unnest(cast($named as varchar[]))",
        {"named": quarantine.documents_of_rejects(rejects, entry, scans.table)},
    )
    number = next(unmarked(one.text, marked=one.marked) for one in read if one.name == document)
    mates = f"{number} in (select document_id from withheld) and ordinal not in (select ordinal from faults)"
    if connection.execute("select count(*) from withheld").fetchall()[0][0]:
        connection.execute(
            f"insert into faults select {_fault_columns(entry, read)}, [0] "
            f"from ({values_of(scans.next(), entry, read, only=mates)})"
        )


def _row_number(connection: duckdb.DuckDBPyConnection, table: Table, skipped: _Skipped) -> tuple[str, str]:
    """SQL: a row's number as a person counts it, and the join that it needs: skipped rows shift those after them."""
    if not table.delimited:
        return "given.ordinal", ""
    gone = sorted({*skipped.empty_rows, *(reject.row for reject in skipped.rejects)})
    if not gone:
        return f"given.ordinal + {table.header_row}", ""
    starts = [row - table.header_row - before for before, row in enumerate(gone)]
    steps = sorted({start: shift for shift, start in enumerate(starts, 1)}.items())
    if len(steps) <= _STEPS_IN_SQL:
        return f"given.ordinal + {table.header_row} + {_shift(steps, 0)}", ""
    connection.execute(
        "create or replace temp table shifts as select "
        "unnest(cast($starts as bigint[])) as start, unnest(cast($shifts as bigint[])) as shift",
        {"starts": [start for start, _ in steps], "shifts": [shift for _, shift in steps]},
    )
    number = f"given.ordinal + {table.header_row} + coalesce(shifts.shift, 0)"
    return number, " asof left join shifts on given.ordinal >= shifts.start"


def _shift(steps: Sequence[tuple[int, int]], before: int) -> str:
    """SQL: how many rows were skipped before a row, by halves. An ASOF join would sort the whole file for this."""
    if not steps:
        return str(before)
    middle = len(steps) // 2
    start, shift = steps[middle]
    lower, upper = _shift(steps[:middle], before), _shift(steps[middle + 1 :], shift)
    return f"case when given.ordinal < {start} then {lower} else {upper} end"


def _write_part(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    entry: MappedFiles,
    read: Sequence[Reading],
    part: Path,
    *,
    number: str,
    join: str,
) -> None:
    mapped = {reading.name: value_name(reading.name) for reading in read}
    columns = ", ".join(
        f"{mapped.get(target.name, f'cast(null as {target.data_type})')} as {quoted(target.name)}"
        for target in entry.entity.columns
    )
    good = values_of(table, entry, read, only="ordinal not in (select ordinal from faults)")
    connection.execute(
        f"copy (select {columns}, {number} as batch_row from ({good}) as given{join}) to {literal(str(part))} {PARQUET}"
    )


def _quarantine(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    entry: MappedFiles,
    read: Sequence[Reading],
    faults: Sequence[Fault],
    *,
    number: str,
    join: str,
) -> None:
    places = {reading.name: index for index, reading in enumerate(read, 1)}
    letters = {
        reading.name: found
        for reading in read
        if len(reading.column.headers) == 1 and (found := table.sheet_letters(reading.column.headers[0]))
    }
    document = Fault(entry.entity.document or "", "", "document_incomplete", quarantine.WITHHELD)
    known = [document, *faults]
    rows = ", ".join(
        f"({kind}, {literal(fault.column)}, {places.get(fault.column, 'null')}, {literal(fault.reason)}, "
        f"{literal(fault.message)}, {literal(letters[fault.column]) if fault.column in letters else 'null'})"
        for kind, fault in enumerate(known)
    )
    kinds = f"(values {rows}) as fault_kinds(kind, column_name, place, reason, said, letters)"
    names = "[" + ", ".join(literal(fault.column) for fault in faults) + "]"
    others = f"array_to_string(list_sort(list_distinct(list_transform(kinds[2:], lambda kind: {names}[kind]))), ', ')"
    totals = "".join(f', "in {name}", "raw {name}"' for name in money_columns(entry))
    connection.execute(
        f"insert into quarantined by name select {number} as row_number, column_name, raws[place] as value, reason, "
        f"coalesce('cell ' || letters || {number} || ' ', '') || said"
        f" || case when length(kinds) > 1 then '; also at fault: ' || {others} else '' end as message, "
        f"source_id, document_id, record{totals} "
        f"from (select * from faults join {kinds} on kinds[1] = kind) as given{join}"
    )
