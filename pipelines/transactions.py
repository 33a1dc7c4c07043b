"""Any list of transactions as customer, day and amount, for commands that work on a file of their own.

Belongs here: reading CSV, Parquet and XLSX, and setting aside what cannot be read, counted with its amount.
Does not: what an order is (`pipelines.statistics`), files of a company's sources (`pipelines.sources`).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

import duckdb
import polars as pl

from pipelines.sources.content import Limits
from pipelines.sources.errors import RefusedFileError, SourceError
from pipelines.sources.mapping import FileFormat
from pipelines.sources.text_table import TYPED
from pipelines.sources.workbooks import write_sheet


class TransactionsError(SourceError):
    """The file gave nothing to work on; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that are in no figure: why, how many, their amount (None without an amount column), the first of them."""

    reason: str
    rows: int
    amount: Decimal | None
    first_row: int


@dataclass(frozen=True, slots=True)
class Transactions:
    """`table` has customer, day, amount (1 each without an amount column). Amounts add up: kept + set aside = all."""

    table: pl.DataFrame
    rows: int
    amount: Decimal | None
    set_aside: tuple[SetAside, ...]


def read_transactions(path: Path, *, customer: str, day: str, amount: str | None, today: date) -> Transactions:
    """The rows of a file. A row without customer, with a day or amount that cannot be read, or dated after `today` is
    set aside. Raises TransactionsError where nothing is left, or a column is missing."""
    moment = quoted(day)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        relation = open_table(connection, path, Path(folder))
        connection.register("given", relation)
        require_columns(path, relation.columns, [customer, day, *([amount] if amount else [])])
        amounts = f"try_cast({quoted(amount)} as decimal(38, 6))" if amount else "cast(1 as decimal(38, 6))"
        read = connection.sql(
            f"""
            with numbered as (select row_number() over () as row_number, * from given),
            typed as (
                select row_number, {identity(relation, customer)} as customer,
                    cast(coalesce(try_cast({moment} as date), try_cast(cast({moment} as varchar) as date))
                        as date) as day,
                    {amounts} as exact
                from numbered
            )
            select *, cast(exact as double) as amount, case
                when customer is null or trim(customer) = '' then 'no customer'
                when day is null then 'no day that can be read in column ' || $day
                when exact is null then 'no amount that can be read in column ' || $amount
                when day > $today then 'dated after today, ' || cast($today as date)
            end as reason
            from typed order by row_number
            """,
            params={"day": day, "amount": amount or "", "today": today},
        ).pl()
    kept = read.filter(pl.col("reason").is_null()).select("customer", "day", "amount")
    aside = read.filter(pl.col("reason").is_not_null()).group_by("reason", maintain_order=True)
    set_aside = tuple(
        SetAside(str(reason), rows, total if amount else None, int(first))
        for reason, rows, total, first in aside.agg(
            pl.len(), pl.col("exact").fill_null(0).sum().alias("total"), pl.col("row_number").min().alias("first")
        ).iter_rows()
    )
    if kept.is_empty():
        told = "; ".join(f"{part.rows:,} rows: {part.reason} (first: row {part.first_row})" for part in set_aside)
        raise TransactionsError(f"{path.name}: no row can be used. {told or 'The file has no rows'}")
    total = Decimal(str(read["exact"].fill_null(0).sum())) if amount else None
    return Transactions(kept, read.height, total, set_aside)


def open_table(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> duckdb.DuckDBPyRelation:
    """The rows of a file as they are. Raises TransactionsError where it cannot be read."""
    if not path.is_file():
        raise TransactionsError(f"{path}: no such file")
    ending = path.suffix.lower()
    try:
        if ending in {".parquet", ".pq"}:
            return connection.read_parquet(str(path))
        if ending in {".xlsx", ".xlsm"}:
            return _open_workbook(connection, path, folder)
        return connection.read_csv(str(path), header=True, sample_size=-1)
    except duckdb.Error as error:
        raise TransactionsError(f"{path.name}: cannot be read: {str(error).splitlines()[0]}") from None


def _open_workbook(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> duckdb.DuckDBPyRelation:
    """The first sheet, every cell as plain text: dates as ISO, numbers with a decimal point."""
    try:
        sheet = write_sheet(path, folder / "sheet", FileFormat(), limits=Limits(), on_progress=lambda *_: None)
    except RefusedFileError as error:
        raise TransactionsError(f"{path.name}: {error}") from None
    if not sheet.paths:
        raise TransactionsError(f"{path.name}: the first sheet has no rows")
    columns = ", ".join(f"ltrim(c{place}, $typed) as {quoted(name)}" for place, name in enumerate(sheet.headers))
    parts = [str(part) for part in sheet.paths]
    return connection.sql(f"select {columns} from read_parquet($parts)", params={"typed": TYPED, "parts": parts})


def require_columns(path: Path, columns: list[str], wanted: list[str]) -> None:
    """Raise TransactionsError naming what is missing and what is near."""
    for name in wanted:
        if name not in columns:
            near = get_close_matches(name, columns, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TransactionsError(f"{path.name}: no column {name!r}{hint} It has: {', '.join(columns)}")


def identity(relation: duckdb.DuckDBPyRelation, column: str) -> str:
    """SQL for a column as text. A number that a tool has stored with a fraction is the same customer without it:
    14646.0 is 14646."""
    kind = str(relation.types[relation.columns.index(column)])
    text = f"cast({quoted(column)} as varchar)"
    return f"regexp_replace({text}, '\\.0$', '')" if kind in {"DOUBLE", "FLOAT"} else text


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'
