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

from company.errors import SettingsError
from pipelines.sources.content import Limits
from pipelines.sources.errors import RefusedFileError, SourceError
from pipelines.sources.mapping import FileFormat
from pipelines.sources.text_table import TYPED
from pipelines.sources.workbooks import write_sheet


class TransactionsError(SourceError):
    """The file gave nothing to work on; the message says where and what to do."""


_THOUSANDS = ". ''\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
"""What parts thousands where the comma is the decimal sign, in a SQL literal."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a file writes days and amounts. Nothing is guessed: 03/04/2026 is a day in March for some and in April for
    others, 1.200 is a thousand for some. Without a form, days are year, month, day."""

    date_format: str | None = None
    decimal: str = "."

    def __post_init__(self) -> None:
        form = self.date_format
        if form is not None and not ("%d" in form and ("%m" in form or "%b" in form) and form.count("%") <= 6
                                     and ("%Y" in form or "%y" in form)):  # fmt: skip
            raise SettingsError(f"--date-format: found {form!r}; allowed: day, month and year, such as %d.%m.%Y")
        if self.decimal not in {".", ","}:
            raise SettingsError(f"--decimal: found {self.decimal!r}; allowed: . or ,")

    @property
    def is_plain(self) -> bool:
        return self.date_format is None and self.decimal == "."

    def day(self, column: str) -> str:
        """SQL for a column as a day, null where it is none."""
        name = quoted(column)
        if self.date_format is None:
            return f"cast(coalesce(try_cast({name} as date), try_cast(cast({name} as varchar) as date)) as date)"
        form = self.date_format.replace("'", "''")
        return f"cast(try_strptime(trim(cast({name} as varchar)), '{form}') as date)"

    def amount(self, column: str) -> str:
        """SQL for a column as an exact amount, null where it is none."""
        if self.decimal == ".":
            return f"try_cast({quoted(column)} as decimal(38, 6))"
        bare = f"translate(cast({quoted(column)} as varchar), '{_THOUSANDS}', '')"
        return f"try_cast(replace({bare}, ',', '.') as decimal(38, 6))"


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that are in no figure: why, how many, their amount (None without an amount column), the first of them (0: no
    single row) and what stands there."""

    reason: str
    rows: int
    amount: Decimal | None
    first_row: int
    found: str | None = None

    @property
    def counted(self) -> str:
        return "1 row" if self.rows == 1 else f"{self.rows:,} rows"

    @property
    def told(self) -> str:
        """The reason with the first row: rows are counted below the header, from 1."""
        there = "" if self.found is None else f", found {self.found!r}"
        return f"{self.reason} (first: row {self.first_row:,}{there})" if self.first_row else self.reason


@dataclass(frozen=True, slots=True)
class Transactions:
    """`table` has customer, day, amount (1 each without an amount column). Amounts add up: kept + set aside = all."""

    table: pl.DataFrame
    rows: int
    amount: Decimal | None
    set_aside: tuple[SetAside, ...]


TYPED_FILES = {".parquet", ".pq", ".xlsx", ".xlsm"}
DAYS_HINT = "days are read as 2026-06-30; --date-format says another form, such as %d.%m.%Y"
AMOUNTS_HINT = "amounts are read as 1200.50; --decimal , where the comma is the decimal sign"


def read_transactions(
    path: Path, *, customer: str, day: str, amount: str | None, today: date, writing: Writing | None = None
) -> Transactions:
    """The rows of a file. A row without customer, with a day or amount that cannot be read, or dated after `today` is
    set aside. Raises TransactionsError where nothing is left, or a column is missing."""
    writing = writing or Writing()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        relation = open_table(connection, path, Path(folder), writing)
        connection.register("given", relation)
        require_columns(path, relation.columns, [customer, day, *([amount] if amount else [])])
        amounts = writing.amount(amount) if amount else "cast(1 as decimal(38, 6))"
        read = connection.sql(
            f"""
            with numbered as (select row_number() over () as row_number, * from given),
            typed as (
                select row_number, {identity(relation, customer)} as customer,
                    {writing.day(day)} as day,
                    {amounts} as exact,
                    cast({quoted(day)} as varchar) as day_text,
                    cast({quoted(amount) if amount else "null"} as varchar) as amount_text
                from numbered
            )
            select *, cast(exact as double) as amount, case
                when customer is null or trim(customer) = '' then 'no customer'
                when day is null then 'no day that can be read in column ' || $day || ': ' || $days_hint
                when exact is null then 'no amount that can be read in column ' || $amount || ': ' || $amounts_hint
                when day > $today then 'dated after today, ' || cast($today as date)
            end as reason,
            case when day is null or day > $today then day_text when exact is null then amount_text end as found
            from typed order by row_number
            """,
            params={
                "day": day,
                "amount": amount or "",
                "today": today,
                "days_hint": DAYS_HINT,
                "amounts_hint": AMOUNTS_HINT,
            },
        ).pl()
    kept = read.filter(pl.col("reason").is_null()).select("customer", "day", "amount")
    set_aside = parts_set_aside(path, read, has_amounts=amount is not None)
    total = Decimal(str(read["exact"].fill_null(0).sum())) if amount else None
    return Transactions(kept, read.height, total, set_aside)


def parts_set_aside(path: Path, read: pl.DataFrame, *, has_amounts: bool) -> tuple[SetAside, ...]:
    """Rows with a `reason`, by it, in the order of their first rows. `read` has reason, found, exact, row_number.

    Raises TransactionsError where no row is without a reason."""
    aside = read.filter(pl.col("reason").is_not_null()).group_by("reason", maintain_order=True)
    parts = tuple(
        SetAside(str(reason), rows, total if has_amounts else None, int(first), found)
        for reason, rows, total, first, found in aside.agg(
            pl.len(),
            pl.col("exact").fill_null(0).sum().alias("total"),
            pl.col("row_number").min().alias("first"),
            pl.col("found").first(),
        ).iter_rows()
    )
    if sum(part.rows for part in parts) == read.height:
        told = "; ".join(f"{part.counted}: {part.told}" for part in parts)
        raise TransactionsError(f"{path.name}: no row can be used. {told or 'The file has no rows'}")
    return parts


def open_table(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, writing: Writing
) -> duckdb.DuckDBPyRelation:
    """The rows of a file as they are. Raises TransactionsError where it cannot be read."""
    if not path.is_file():
        raise TransactionsError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise TransactionsError(f"{path.name}: the file is empty")
    ending = path.suffix.lower()
    if ending in TYPED_FILES and not writing.is_plain:
        raise TransactionsError(
            f"{path.name}: --date-format and --decimal are for CSV: here cells are days and numbers themselves; make"
            " those that are text into such"
        )
    try:
        if ending in {".parquet", ".pq"}:
            return connection.read_parquet(str(path))
        if ending in {".xlsx", ".xlsm"}:
            return _open_workbook(connection, path, folder)
        # Without a form of its own DuckDB takes 03/04/2026 for a day in April, silently.
        return connection.read_csv(
            str(path), header=True, sample_size=-1, date_format="%Y-%m-%d", all_varchar=not writing.is_plain
        )
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
            hint = f"; did you mean {near[0]!r}?" if near else "."
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
