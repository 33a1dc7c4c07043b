"""The strict and the tolerant way end in the same part, and every row and cent of a file is accounted for."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb
import pytest
from drop_folder import DropFolder, deals
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.landing import quarantine
from pipelines.landing.loading import find_notation
from pipelines.landing.selects import money_columns
from pipelines.landing.strict_way import load_strictly
from pipelines.landing.tolerant_way import load_tolerantly
from pipelines.sources.content import Limits, keep_copy, prepare
from pipelines.sources.mapping import MappedFiles
from pipelines.sources.mapping_file import load_mapping
from pipelines.sources.tables import Table, open_table

CLEAN = {
    "amount": st.decimals(-(10**9), 10**9, places=2).map(str) | st.just(""),
    "created": st.dates(date(1900, 1, 1)).map(str),
    "name": st.text(alphabet='abc ,;"\n\tÅ€é漢', max_size=8),
    "changed": st.datetimes().filter(lambda at: at.year >= 1900).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z")
    | st.just(""),
}
DIRTY = {
    "amount": st.sampled_from(
        ["ten", "1e308", "NaN", "1.005", "$1,234.50", "(12.00)", "12,50", "1,234", "- 5", "0.10", "  7 "]
    ),
    "created": st.sampled_from(
        ["2026-02-30", "", "25/12/2026", "03/04/2026", "2026-1-5", "20260105", "soon", "2026-01-05 10:00"]
    ),
    "name": st.sampled_from(["  padded\t", "\u00a0", "\ufeffmark", "NULL", ""]),
    "changed": st.sampled_from(["never", "2026-01-05 10:00", "2026-01-05T10:00:00+02:00", "2026-01-05"]),
}


def rows_of(share_of_dirt: float) -> st.SearchStrategy[list[list[str]]]:
    def cell(name: str) -> st.SearchStrategy[str]:
        if share_of_dirt == 0:
            return CLEAN[name]
        return st.integers(0, 99).flatmap(lambda n: DIRTY[name] if n < share_of_dirt * 100 else CLEAN[name])

    row = st.tuples(
        st.integers(1, 40).map(str) | st.just(""),
        st.sampled_from(["Won", "Open", ""]),
        cell("amount"),
        cell("created"),
        cell("name"),
        cell("changed"),
    ).map(list)
    return st.lists(row, min_size=1, max_size=25)


def written(rows: list[list[str]], *, quoting: int) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(["Id", "Stage", "Amount", "Created", "Name", "Changed"])
    writer.writerows(rows)
    return stream.getvalue().encode()


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> MappedFiles:
    path = tmp_path_factory.mktemp("mapping") / "mapping.yaml"
    path.write_text(deals())
    return load_mapping(path).files[0]


def opened(connection: duckdb.DuckDBPyConnection, entry: MappedFiles, work: Path, content: bytes) -> Table:
    (work / "deals.csv").write_bytes(content)
    kept = keep_copy(work / "deals.csv", work / "original", limits=Limits(), on_progress=lambda *_: None)
    ready = prepare(kept, entry.format, work=work, limits=Limits(), on_progress=lambda *_: None)
    return open_table(
        connection, ready, entry.format, wanted=entry.headers, work=work, limits=Limits(), on_progress=lambda *_: None
    )


@pytest.mark.parametrize("share_of_dirt", [0, 0.02])
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_both_ways_write_the_same_part(
    connection: duckdb.DuckDBPyConnection, entry: MappedFiles, share_of_dirt: float, data: st.DataObject
) -> None:
    """A file must not mean something else because another row of it is dirty."""
    rows = data.draw(rows_of(share_of_dirt))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        table = opened(connection, entry, work, written(rows, quoting=quoting))
        strictly = load_strictly(
            connection,
            table,
            entry,
            find_notation(connection, table, entry),
            work / "strict.parquet",
            limit=Limits().record,
        )
        if strictly is None:
            assert not (work / "strict.parquet").exists()
            return
        quarantine.create(connection, money_columns(entry))
        carefully = load_tolerantly(
            connection,
            table,
            entry,
            find_notation(connection, table, entry),
            work / "tolerant.parquet",
            limit=Limits().record,
        )
        parts = [
            connection.execute("select * from read_parquet(?) order by batch_row", [str(work / name)]).fetchall()
            for name in ("strict.parquet", "tolerant.parquet")
        ]
        assert parts[0] == parts[1]
        assert strictly.counts == carefully.counts
        assert connection.execute("select count(*) from quarantined").fetchall() == [(0,)]


def test_a_clean_file_takes_the_strict_way(
    connection: duckdb.DuckDBPyConnection, entry: MappedFiles, tmp_path: Path
) -> None:
    """Otherwise the comparison above compares nothing, and every file pays for the dirty ones."""
    rows = [[str(n), "Won", f"{n}.50", "2026-01-05", f"Deal {n}", "2026-01-05T10:00:00Z"] for n in range(50)]
    table = opened(connection, entry, tmp_path, written(rows, quoting=csv.QUOTE_MINIMAL))
    assert (
        load_strictly(
            connection, table, entry, find_notation(connection, table, entry), tmp_path / "part", limit=Limits().record
        )
        is not None
    )


@given(rows=rows_of(0.15), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@settings(max_examples=15, deadline=None)
def test_every_row_and_every_cent_is_accounted_for(rows: list[list[str]], quoting: int) -> None:
    """Rows in = loaded + quarantined + superseded, money likewise, counted by something that knows no SQL."""
    with tempfile.TemporaryDirectory() as folder:
        drop = DropFolder(Path(folder), deals("delta"))
        drop.write("deals.csv", written(rows, quoting=quoting))
        landing = drop.land()
        (manifest,) = (*landing.landed, *landing.refused)
        counts = manifest.rows
        assert counts.in_ == len(rows) == counts.loaded + counts.quarantined + counts.superseded
        numbers = [number for (number,) in drop.rows("deal", "batch_row")]
        held = [number for (number,) in drop.quarantined("row_number")]
        assert len(set(numbers) | set(held)) == len(numbers) + len(held) == counts.loaded + counts.quarantined
        total = manifest.control_totals["amount_doc"]
        assert total.in_ == total.loaded + total.quarantined + total.superseded
        # Cells that need the whole file to be read are left to the tests of notation.
        if not {"12,50", "1,234"} & {row[2] for row in rows}:
            assert total.in_ == sum(worth(row[2]) for row in rows)


def worth(text: str) -> Decimal:
    """What a cell adds to the money in, by arithmetic that knows no SQL; nothing where it cannot be read."""
    special = {"$1,234.50": Decimal("1234.50"), "(12.00)": Decimal(-12), "- 5": Decimal(-5)}
    if text in special:
        return special[text]
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return Decimal(0)
    is_plain = number.is_finite() and "e" not in text.lower() and number == round(number, 2)
    return number if is_plain else Decimal(0)
