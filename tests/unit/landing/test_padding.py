"""A file whose cells need no trimming is told by its bytes, and only such a file is."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.content import Limits, keep_copy, prepare
from pipelines.sources.expressions import BLANKS
from pipelines.sources.mapping import FileFormat
from pipelines.sources.tables import Table, open_table

CELLS = st.text(alphabet="ab, ;|\t\"'\n\r\u00a0\u2003\u3000\u200b–é", max_size=5)


def opened(folder: Path, content: bytes, *, chunk: int = 1 << 17) -> Table:
    """The table of a file that is read in pieces of `chunk` bytes."""
    (folder / "deals.csv").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.sources.content.CHUNK", chunk)
        kept = keep_copy(folder / "deals.csv", folder / "original", limits=Limits(), on_progress=lambda *_: None)
    ready = prepare(kept, FileFormat(), work=folder, limits=Limits(), on_progress=lambda *_: None)
    return open_table(
        duckdb.connect(), ready, FileFormat(), wanted=["a"], work=folder, limits=Limits(), on_progress=lambda *_: None
    )


def written(rows: list[list[str]], *, delimiter: str, quoting: int, end: str) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([["a", "b"], *rows])
    return stream.getvalue().encode()


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS).map(list), min_size=1, max_size=4),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    chunk=st.integers(1, 40),
)
@example(rows=[["a", "b "]], delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\n", chunk=1 << 17)
@example(rows=[["\n", "b"]], delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\n", chunk=3)
def test_no_cell_of_a_trimmed_file_starts_or_ends_with_a_blank(
    rows: list[list[str]], delimiter: str, quoting: int, end: str, chunk: int
) -> None:
    """A blank left on a key would make of one customer two."""
    content = written(rows, delimiter=delimiter, quoting=quoting, end=end)
    with tempfile.TemporaryDirectory() as folder:
        table = opened(Path(folder), content, chunk=chunk)
    if table.delimiter == delimiter and table.is_trimmed:
        read = csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter)
        assert [cell for row in read for cell in row if cell != cell.strip(BLANKS)] == []


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,Opening balance\n2,\n",
        b'a,b\r\n"1","said,so once"\r\n',
        b"a\tb\n1\tOpening balance\n",
        "a;b\n1;Åkersberga två\n".encode(),
        "a,b\n1,Åkersberga två\n".encode("cp1252"),
    ],
)
def test_a_file_as_systems_write_it_needs_no_trimming(tmp_path: Path, content: bytes) -> None:
    """Otherwise every cell of every file pays for the few that people typed."""
    assert opened(tmp_path, content).is_trimmed


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1, 2\n",
        b"a,b\n1 ,2\n",
        b"a,b\n1,2 ",
        b" a,b\n1,2\n",
        b'a,b\n1," 2"\n',
        b"a,b\n1,\t2\n",
        "a,b\n1,2\u00a0\n".encode(),
    ],
)
def test_a_padded_cell_is_seen_wherever_it_stands(tmp_path: Path, content: bytes) -> None:
    """Also at the very start and end of the file."""
    assert not opened(tmp_path, content).is_trimmed


def test_an_empty_cell_is_nothing_whether_quoted_or_not(tmp_path: Path) -> None:
    """A trimmed file is read without looking for empty texts."""
    table = opened(tmp_path, b'a,b\n"",x\n,y\n')
    assert table.is_trimmed
    assert duckdb.connect().execute(f"select c0 from ({table.relation})").fetchall() == [(None,), (None,)]
