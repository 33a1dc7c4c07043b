"""Rows of text on their way from a reader that is not DuckDB into Parquet, and what such a reader could not split.

Belongs here: the shape that workbooks and JSON lines are written in. Reads no source file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

#: Starts the text of a cell whose own file says it is a number or a date: it is plain, with a decimal point or ISO.
#: A private-use character: no export holds it, and a mapping cannot name it by mistake.
TYPED = "\ue000"
BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be split into cells. `row` as a person counts it."""

    row: int
    raw: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class TextTable:
    """Parquet files with `number` (the row's number) and text columns c0, c1, ... in the order of `headers`.

    `sheet_column`: of a sheet, where its first column stands, counted from 0.
    """

    headers: tuple[str, ...]
    paths: tuple[Path, ...]
    rejects: tuple[Reject, ...] = ()
    sheet_column: int | None = None


def write_rows(path: Path, numbers: Sequence[int], rows: Iterable[Sequence[str | None]], width: int) -> None:
    """Write one batch of rows, each `width` cells long."""
    schema = {f"c{index}": pl.String for index in range(width)}
    cells = pl.DataFrame(list(rows), schema=schema, orient="row")
    numbered = cells.insert_column(0, pl.Series("number", list(numbers), dtype=pl.Int64))
    numbered.write_parquet(path, compression="lz4")
