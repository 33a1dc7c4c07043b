"""Selects over one open table: the texts of the mapped columns, their values, and the control counts.

Belongs here: SQL that both ways of loading share. Which rows are good is decided in `strict_way` and `tolerant_way`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

from pipelines.sources.expressions import condition, parts, strict, tolerant
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.notation import Notation
from pipelines.sources.reading import Reading
from pipelines.sources.tables import Table
from pipelines.sources.text_table import Reject

#: Zstandard's fastest level: half the bytes of Snappy for the same CPU seconds.
PARQUET = "(format parquet, compression zstd, compression_level 1)"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a file, those that feed the entity, and the sums of their readable money."""

    rows: int
    fed: int
    money: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one table gave to one entity: by which way (strict or tolerant), under which notation, and the counts.

    `counts` come from a scan of their own, so that comparing them with what was written proves something.
    """

    way: str
    counts: Counts
    notation: Notation
    rejects: tuple[Reject, ...] = field(default=())


def money_columns(entry: MappedFiles) -> list[str]:
    """The mapped columns whose sums are controlled."""
    return [column.target.name for column in entry.columns if column.target.kind == "money"]


def text_name(reading: Reading) -> str:
    """The column that holds a mapped column's text."""
    return f'"t {reading.name}"'


def value_name(name: str) -> str:
    """The column that holds a mapped column's value."""
    return f'"v {name}"'


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return f'"{name}"'


def texts_of(
    table: Table, entry: MappedFiles, read: Sequence[Reading], *, rows: int | None = None, only: str = "true"
) -> str:
    """Every row that feeds the entity: `ordinal` and the text of each mapped column.

    The first `rows` of them, and only those for which the SQL `only` holds over `ordinal` and cells: asked before
    anything is worked out for a row.
    """
    texts = ", ".join(f"{reading.text} as {text_name(reading)}" for reading in read)
    limit = "" if rows is None else f" limit {rows}"
    relation = table.relation if only == "true" else f"select * from ({table.relation}) where {only}"
    return f"select ordinal, {texts} from ({relation}) where {condition(entry, table)}{limit}"


def values_of(table: Table, entry: MappedFiles, read: Sequence[Reading], *, only: str = "true") -> str:
    """The same rows with their values, read with tolerance."""
    texts = texts_of(table, entry, read, only=only)
    return f"select *, {_tolerant_values(read)} from (select *{_worked(read)} from ({texts}))"


def count_in(
    connection: duckdb.DuckDBPyConnection, table: Table, entry: MappedFiles, read: Sequence[Reading], *, strictly: bool
) -> Counts:
    """What must be accounted for, from a scan of its own."""
    money = money_columns(entry)
    summed = [reading for reading in read if reading.name in money]
    texts = "".join(f", {reading.text} as {text_name(reading)}" for reading in summed)
    rows = f"select {condition(entry, table)} as feeds{texts} from ({table.relation})"
    if summed and strictly:
        # Guarded by feeds: a row that is another entity's may hold anything.
        values = ", ".join(
            f"case when feeds then {strict(reading, text_name(reading))} end as {value_name(reading.name)}"
            for reading in summed
        )
        rows = f"select feeds, {values} from ({rows})"
    elif summed:
        rows = f"select feeds, {_tolerant_values(summed)} from (select *{_worked(summed)} from ({rows}))"
    sums = "".join(f", sum({value_name(name)}) filter (where feeds)" for name in money)
    found = connection.execute(f"select count(*), count(*) filter (where feeds){sums} from ({rows})").fetchall()[0]
    amounts = {name: amount or Decimal(0) for name, amount in zip(money, found[2:], strict=True)}
    return Counts(int(found[0]), int(found[1]), amounts)


def _worked(read: Sequence[Reading]) -> str:
    found = {reading.name: parts(reading, text_name(reading)) for reading in read}
    return "".join(f', {part} as "p {name}"' for name, part in found.items() if part is not None)


def _tolerant_values(read: Sequence[Reading]) -> str:
    return ", ".join(
        f"{tolerant(reading, text_name(reading), part=_part_name(reading))} as {value_name(reading.name)}"
        for reading in read
    )


def _part_name(reading: Reading) -> str:
    return f'"p {reading.name}"'
