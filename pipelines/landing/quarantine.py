"""Quarantine: the rows of a file that cannot be loaded, each once, with where, what and why.

Belongs here: the shape of quarantine.parquet and the temporary table it grows in, and withholding whole documents.
Which cells are at fault is decided in `loading`, which keys are given twice in `duplicates`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.canonical import Entity
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.tables import Table, literal
from pipelines.sources.text_table import Reject

#: The columns of quarantine.parquet, one row per quarantined row of the file.
COLUMNS = {
    "file_name": "varchar",
    "row_number": "bigint",
    "column_name": "varchar",
    "value": "varchar",
    "reason": "varchar",
    "message": "varchar",
    "source_id": "varchar",
    "document_id": "varchar",
    "record": "varchar",
}
REASONS = (
    "unreadable_number",
    "unreadable_date",
    "unreadable_timestamp",
    "unreadable_flag",
    "missing_value",
    "unknown_value",
    "duplicate_key",
    "document_incomplete",
    "wrong_field_count",
    "value_too_long",
    "refused_file",
    "changed_schema",
)
WITHHELD = "belongs to a document with a row that cannot be read: the document is withheld whole"
_VALUE_LENGTH = 1_000


def create(connection: duckdb.DuckDBPyConnection, money: Sequence[str]) -> None:
    """The temporary table `quarantined`: what the file will hold, and per money column the amount where readable."""
    columns = [f"{name} {data_type}" for name, data_type in COLUMNS.items() if name != "file_name"]
    columns += [f'"in {name}" decimal(18, 4)' for name in money]
    columns += [f'"raw {name}" boolean' for name in money]
    connection.execute(f"create or replace temp table quarantined ({', '.join(columns)})")


def add_rejects(connection: duckdb.DuckDBPyConnection, rejects: Sequence[Reject], money: Sequence[str]) -> None:
    """Rows that could not be split into cells: no amount of theirs can be read."""
    if not rejects:
        return
    raw = "".join(f', true as "raw {name}"' for name in money)
    connection.execute(
        "insert into quarantined by name select unnest(cast($rows as bigint[])) as row_number, "
        "unnest(cast($values as varchar[])) as value, unnest(cast($reasons as varchar[])) as reason, "
        f"unnest(cast($messages as varchar[])) as message{raw}",
        {
            "rows": [reject.row for reject in rejects],
            "values": [reject.raw[:_VALUE_LENGTH] for reject in rejects],
            "reasons": [reject.reason for reject in rejects],
            "messages": [reject.message for reject in rejects],
        },
    )


def documents_of_rejects(rejects: Sequence[Reject], entry: MappedFiles, table: Table) -> list[str]:
    """Document numbers that stand where a rejected row would have its own: those documents are not known to be whole.

    Read from the front and from the back, because one sign too many shifts only what follows it. Used to withhold
    rows, never to load any.
    """
    mapped = entry.mapped(entry.entity.document) if entry.entity.document is not None else None
    if mapped is None or len(mapped.headers) != 1 or not table.delimited:
        return []
    position = table.position(mapped.headers[0])
    if position is None:
        return []
    behind = len(table.headers) - position
    found: dict[str, None] = {}
    for reject in rejects:
        for cells in csv.reader(reject.raw[:100_000].splitlines(), delimiter=table.delimiter, quotechar=table.quote):
            for index in {position, len(cells) - behind}:
                if 0 <= index < len(cells) and cells[index].strip():
                    found[cells[index].strip()] = None
    return list(found)


def write(connection: duckdb.DuckDBPyConnection, path: Path, file_name: str) -> int:
    """Write quarantine.parquet in the order of the file. Returns its number of rows; nothing is written for none."""
    found = connection.execute("select count(*) from quarantined").fetchone()
    rows = int(found[0]) if found else 0
    if rows:
        listed = ", ".join(
            f"{literal(file_name)} as file_name" if name == "file_name" else name for name in COLUMNS
        ).replace(" value,", f" substr(value, 1, {_VALUE_LENGTH}) as value,")
        connection.execute(
            f"copy (select {listed} from quarantined order by row_number) to {literal(str(path))} "
            "(format parquet, compression zstd)"
        )
    return rows


def source_id(entity: Entity, text_of: dict[str, str]) -> str:
    """SQL: the key as text, joined by |; `text_of` says where each key column's text is."""
    return " || '|' || ".join(f"coalesce({text_of.get(name, 'null')}, '')" for name in entity.key)
