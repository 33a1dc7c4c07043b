"""Any list of invoices as documents and settlements, for `plumbline payments`.

Belongs here: reading a file, setting aside rows that say nothing about timing, counted with their amount and first row.
Does not: chances, forecasts (`pipelines.statistics`), a company's own documents (dbt).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipelines.statistics.cash.company_frames import EPOCH, days_of
from pipelines.statistics.payment_timing.documents import NEVER, Documents, Settlements
from pipelines.transactions import (
    AMOUNTS_HINT,
    DAYS_HINT,
    SetAside,
    Writing,
    identity,
    open_table,
    parts_set_aside,
    quoted,
    require_columns,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column says what. `disputed` marks rows with true, yes, y, x or 1."""

    customer: str
    invoiced: str
    due: str
    settled: str
    amount: str
    segment: str | None = None
    disputed: str | None = None


@dataclass(frozen=True, slots=True)
class Invoices:
    """`table` has row_number, customer, segment, invoiced, due, settled (null while open), amount; oldest first.
    Amounts add up: kept + set aside = all that can be read."""

    table: pl.DataFrame
    rows: int
    amount: Decimal
    set_aside: tuple[SetAside, ...]

    def documents(self) -> Documents:
        rows = self.table
        codes = [
            rows.select(name).join(
                rows.select(name).unique().sort(name).with_row_index("code"), on=name, how="left", maintain_order="left"
            )["code"]
            for name in ("customer", "segment")
        ]
        customer, segment = (code.to_numpy().astype(np.int64) for code in codes)
        return Documents(
            party=customer,
            segment=segment,
            group=np.zeros(rows.height, dtype=np.int64),
            issued=days_of(rows["invoiced"]),
            due=days_of(rows["due"]),
            amount=rows["amount"].to_numpy(),
            # A list says that a row is disputed, not since when: open ones are set aside, for paid ones that is over.
            disputed_from=np.full(rows.height, NEVER, dtype=np.int64),
            disputed_until=np.full(rows.height, NEVER, dtype=np.int64),
        )

    def settlements(self) -> Settlements:
        settled = self.table.with_row_index("document").filter(pl.col("settled").is_not_null())
        return Settlements(
            document=settled["document"].to_numpy().astype(np.int64),
            day=days_of(settled["settled"]),
            amount=settled["amount"].to_numpy(),
            is_payment=np.ones(settled.height, dtype=np.bool_),
        )

    def last_day(self) -> date:
        """The last day that anything happened on: what the list knows of, where nobody says otherwise."""
        days = [self.table[name].drop_nulls() for name in ("invoiced", "settled")]
        latest = max(int(days_of(column).max()) for column in days if len(column))
        return pl.Series([latest]).cast(pl.Int32).cast(pl.Date).item() if latest else EPOCH


def read_invoices(path: Path, columns: Columns, *, today: date, writing: Writing | None = None) -> Invoices:
    """The rows of a file. Raises TransactionsError where a column is missing, or nothing is left.

    Set aside: without customer, invoice day, due date or amount; amounts of nothing or below (credit notes); settled on
    a day that cannot be read, or before it was invoiced; disputed and open; dated after `today`.
    """
    named = [columns.customer, columns.invoiced, columns.due, columns.settled, columns.amount]
    named += [name for name in (columns.segment, columns.disputed) if name is not None]
    writing = writing or Writing()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        relation = open_table(connection, path, Path(folder), writing)
        connection.register("given", relation)
        require_columns(path, relation.columns, named)
        segment = f"cast({quoted(columns.segment)} as varchar)" if columns.segment else "''"
        disputed = (
            f"lower(trim(cast({quoted(columns.disputed)} as varchar))) in ('true', 'yes', 'y', 'x', '1')"
            if columns.disputed
            else "false"
        )
        read = connection.sql(
            f"""
            with numbered as (select row_number() over () as row_number, * from given),
            typed as (
                select row_number, {identity(relation, columns.customer)} as customer,
                    coalesce({segment}, '') as segment,
                    {writing.day(columns.invoiced)} as invoiced, {writing.day(columns.due)} as due,
                    {writing.day(columns.settled)} as settled,
                    cast({quoted(columns.invoiced)} as varchar) as invoiced_text,
                    cast({quoted(columns.due)} as varchar) as due_text,
                    nullif(trim(cast({quoted(columns.settled)} as varchar)), '') as settled_text,
                    cast({quoted(columns.amount)} as varchar) as amount_text,
                    {writing.amount(columns.amount)} as exact,
                    coalesce({disputed}, false) as is_disputed
                from numbered
            )
            select row_number, customer, segment, invoiced, due, settled, exact, cast(exact as double) as amount, case
                when customer is null or trim(customer) = '' then 'no customer'
                when invoiced is null
                    then 'no invoice day that can be read in column ' || $invoiced || ': ' || $days_hint
                when due is null and coalesce(trim(due_text), '') = ''
                    then 'no due date in column ' || $due || ': fill it from the terms'
                when due is null then 'no due date that can be read in column ' || $due || ': ' || $days_hint
                when exact is null then 'no amount that can be read in column ' || $amount || ': ' || $amounts_hint
                when exact <= 0 then 'an amount of nothing or below zero: a credit note is not paid'
                when settled is null and settled_text is not null
                    then 'settled on a day that cannot be read in column ' || $settled || ': ' || $days_hint
                when settled < invoiced then 'settled before it was invoiced: one of the days is wrong'
                when is_disputed and settled is null then 'disputed and open: nobody can say when it will be paid'
                when invoiced > $today then 'invoiced after today, ' || cast($today as date)
            end as reason,
            case
                when invoiced is null then invoiced_text
                when due is null then nullif(trim(due_text), '')
                when exact is null or exact <= 0 then amount_text
                when settled < invoiced or settled is null and settled_text is not null then settled_text
                when invoiced > $today then invoiced_text
            end as found
            from typed order by row_number
            """,
            params={
                "invoiced": columns.invoiced,
                "due": columns.due,
                "settled": columns.settled,
                "amount": columns.amount,
                "today": today,
                "days_hint": DAYS_HINT,
                "amounts_hint": AMOUNTS_HINT,
            },
        ).pl()
    kept = read.filter(pl.col("reason").is_null()).sort("invoiced", "row_number")
    set_aside = parts_set_aside(path, read, has_amounts=True)
    total = Decimal(str(read["exact"].fill_null(0).sum()))
    return Invoices(kept.drop("reason", "exact", "found"), read.height, total, set_aside)
