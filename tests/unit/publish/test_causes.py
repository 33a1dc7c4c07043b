"""A restated number leads to the rows that did it: new, gone, changed, and a count of what is beyond the largest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.publish.causes import MOST_ROWS, Cause, Fact, find_causes

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
FACT = Fact("finance.fct_lines", "posted_on", "amount_rpt")
TABLE = (
    "create table finance.fct_lines as select source_id, date '2026-05-03' as posted_on, 'erp' as source_system,"
    " 'FI01' as entity_id, cast(amount as decimal(18, 2)) as amount_rpt, region from (values {rows})"
    " as lines (source_id, amount, region)"
)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "new.duckdb")) as connection:
        connection.execute("create schema finance")
        yield connection


def before(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema finance")
        connection.execute(TABLE.format(rows=rows))
    return path


def causes(new: duckdb.DuckDBPyConnection, old: Path, *months: date) -> tuple[Cause, ...]:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    return find_causes(
        new, old, months=months, old_version="v1", new_version="v2", changed_at=moment, facts=[FACT]
    )  # fmt: skip


def test_rows_that_are_new_gone_or_changed_are_named(new: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """d kept its amount and moved to another region: a metric by region changed, and that is why."""
    old = before(tmp_path, "('a', 10, 'n'), ('b', 20, 'n'), ('c', 30, 'n'), ('d', 40, 'n')")
    new.execute(TABLE.format(rows="('a', 10, 'n'), ('b', 25, 'n'), ('d', 40, 's'), ('e', 50, 'n')"))
    found = [(row.source_id, row.change, row.old_amount, row.new_amount) for row in causes(new, old, MAY)]
    assert found == [
        ("b", "changed", Decimal(20), Decimal(25)),
        ("c", "removed", Decimal(30), None),
        ("d", "changed", Decimal(40), Decimal(40)),
        ("e", "added", None, Decimal(50)),
    ]


def test_only_months_whose_numbers_changed_are_looked_at(new: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    old = before(tmp_path, "('a', 10, 'n')")
    new.execute(TABLE.format(rows="('a', 11, 'n')"))
    assert causes(new, old, JUNE) == ()
    assert causes(new, old) == ()


def test_what_is_beyond_the_largest_is_counted_with_its_amounts(new: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A rate that changed touches every line: a list of a million helps nobody, a sum that is missing misleads."""
    many = [f"('{number:04}', {number}, 'n')" for number in range(1, MOST_ROWS + 4)]
    old = before(tmp_path, ", ".join(many))
    new.execute(TABLE.format(rows="('x', 0, 'n')"))
    *named, more = causes(new, old, MAY)
    assert len(named) == MOST_ROWS
    # The smallest: 1, 2, 3 and the new line of 0.00.
    assert (more.change, more.rows_count, more.old_amount, more.new_amount) == ("more", 4, Decimal(6), Decimal(0))
    assert more.source_id is None


def test_an_earlier_version_that_is_no_longer_kept_leaves_no_causes(
    new: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    new.execute(TABLE.format(rows="('a', 11, 'n')"))
    assert causes(new, tmp_path / "gone.duckdb", MAY) == ()
