"""Broken, hostile or no files at all: a clear message, that file refused, everything else unharmed (T17)."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from drop_folder import HEADER, DropFolder, deals

from pipelines.sources.content import Limits

GOOD = HEADER + "9,Won,10.00,2026-01-25,Good,2026-01-26T10:00:00Z\n"
ROW = "1,Won,10.00,2026-01-05,A,\n"


def workbook(write: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        write(book)
    return stream.getvalue()


def _plain(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    for row, cells in enumerate([*(line.split(",") for line in (HEADER + ROW).splitlines())]):
        sheet.write_row(row, 0, cells)


def _far_corner(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.strip().split(","))
    sheet.write(1_048_575, 16_383, "x")


def _zip_bomb() -> bytes:
    stream = io.BytesIO(workbook(_plain))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b"\0" * (64 << 20))
    return stream.getvalue()


def _lying_zip_bomb() -> bytes:
    # The archive says one byte where there are 64 MB: sizes are counted, not believed.
    content = bytearray(_zip_bomb())
    size = struct.pack("<I", 64 << 20)
    at = content.find(size)
    while at >= 0:
        content[at : at + 4] = struct.pack("<I", 1)
        at = content.find(size)
    return bytes(content)


def _billion_laughs() -> bytes:
    entities = '<!DOCTYPE s [<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
    )
    stream = io.BytesIO(workbook(_plain))
    changed = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(changed, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename.endswith("sharedStrings.xml"):
                data = data.replace(b"?>", b"?>" + entities.encode() + b"]>", 1).replace(b">A<", b">&j;<")
            new.writestr(info, data)
    return changed.getvalue()


def _encrypted() -> bytes:
    # The head of a compound file, and the name of the stream an encrypted workbook keeps its content in.
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512


def _parquet(tmp_path: Path) -> bytes:
    duckdb.connect().execute(f"copy (select 1 as Id) to '{tmp_path}/x.parquet'")
    return (tmp_path / "x.parquet").read_bytes()


REFUSED: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "empty": ("deals.csv", b"", ("empty (0 bytes)",)),
    "only a line end": ("deals.csv", b"\n", ("no headers",)),
    "headers without rows": ("deals.csv", HEADER.encode(), ("no rows", "delete everything")),
    "headers without rows in a workbook": (
        "deals.xlsx",
        workbook(lambda book: book.add_worksheet().write_row(0, 0, HEADER.strip().split(","))),
        ("no rows",),
    ),
    "binary named .csv": ("deals.csv", bytes(range(256)) * 40, ("binary", "NUL")),
    "image named .csv": ("deals.csv", b"\x89PNG\r\n\x1a\n" + b"x" * 99, ("is an image, not csv",)),
    "PDF named .csv": ("deals.csv", b"%PDF-1.7\n" + b"x" * 99, ("is a PDF",)),
    "workbook named .csv": ("deals.csv", workbook(_plain), ("a zip archive or workbook, not csv", "format.type")),
    "text named .xlsx": ("deals.xlsx", GOOD.encode(), ("is no xlsx file",)),
    "text named .parquet": ("deals.parquet", GOOD.encode(), ("is no parquet file",)),
    "text named .csv.gz": ("deals.json", GOOD.encode(), ("ends in .json", "format.type")),
    "password-protected workbook": ("deals.xlsx", _encrypted(), ("password-protected",)),
    "old .xls workbook": ("deals.xlsx", _encrypted()[:500], ("old .xls kind",)),
    "cut off workbook": ("deals.xlsx", workbook(_plain)[:-200], ("damaged or unfinished workbook",)),
    "zip bomb": ("deals.xlsx", _zip_bomb(), ("unpacks to more than",)),
    "zip bomb that lies": ("deals.xlsx", _lying_zip_bomb(), ("workbook",)),
    "a cell in the far corner": ("deals.xlsx", workbook(_far_corner), ("spans 16,384 columns by 1,048,576 rows",)),
    "gzip bomb": ("deals.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * (20 << 20)), ("unpacks to more than",)),
    "cut off gzip": ("deals.csv.gz", gzip.compress(GOOD.encode() * 99)[:-20], ("cut off",)),
    "damaged gzip": ("deals.csv.gz", b"\x1f\x8b\x08\x00" + b"garbage" * 20, ("damaged gzip",)),
    "nothing in a gzip": ("deals.csv.gz", gzip.compress(b""), ("nothing in it",)),
    "half-written last row": ("deals.csv", (HEADER + ROW + "2,Won,10").encode(), ("cut off in row 3",)),
    "quote without an end": (
        "deals.csv",
        (HEADER + ROW + '2,"Won,10.00,2026-01-05,B,\n' + ROW.replace("1", "3", 1)).encode(),
        ("quote in row 3", "never closed"),
    ),
    "100,000 columns": (
        "deals.csv",
        (",".join(f"c{i}" for i in range(100_000)) + "\n" + "," * 99_999 + "\n").encode(),
        ("more than 5,000 columns",),
    ),
    "half a JSON line": ("deals.jsonl", b'{"Id": 1, "Stage": "Won"}\n{"Id": 2, "St', ("cut off in line 2",)),
    "no JSON in it": ("deals.jsonl", b"hello\nworld\n", ("holds no JSON object",)),
}


def refused_beside_a_good_one(tmp_path: Path, name: str, content: bytes) -> str:
    """Land the file beside a good one; the good one must be whole. Gives the refusal's message."""
    drop = DropFolder(tmp_path, deals())
    drop.around = replace(drop.around, limits=Limits(file=64 << 20, unpacked=32 << 20, workbook=32 << 20))
    drop.mapping = deals().replace('"deals*"', '"{deals,good}*"').replace('"{deals,good}*"', '"*"')
    drop.write("good.csv", GOOD)
    drop.write(name, content)
    landing = drop.land()
    assert [manifest.file_name for manifest in landing.landed] == ["good.csv"]
    assert drop.rows("deal", "deal_id") == [("9",)]
    (refused,) = landing.refused
    assert refused.file_name == name
    assert refused.original is not None
    assert (refused.folder / refused.original.name).read_bytes() == content
    assert drop.left_open() == []
    assert drop.land().is_nothing  # once is enough
    return refused.message


@pytest.mark.parametrize(("name", "content", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, says: tuple[str, ...]
) -> None:
    """One broken export at night must cost that export, not the morning's numbers."""
    message = refused_beside_a_good_one(tmp_path, name, content)
    assert message.startswith(name)
    for words in says:
        assert words in message


def test_a_file_that_is_too_large_is_neither_read_nor_kept(tmp_path: Path) -> None:
    """A runaway export must not fill the disk with copies of itself."""
    drop = DropFolder(tmp_path, deals())
    drop.around = replace(drop.around, limits=Limits(file=1_000))
    drop.write("deals.csv", GOOD * 100)
    (refused,) = drop.land().refused
    assert "at most 1,000 are read" in refused.message
    assert refused.original is None
    assert drop.land().is_nothing


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    """A copy that stopped half way has no footer."""
    message = refused_beside_a_good_one(tmp_path, "deals.parquet", _parquet(tmp_path)[:-30])
    assert "Parquet" in message


def test_entities_of_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    """A billion laughs in a cell must not fill the memory: read as text or refused, but at once."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.xlsx", _billion_laughs())
    drop.land()
    for (name,) in drop.rows("deal", "name"):
        assert name is None or len(name) < 1_000


def test_a_cell_of_ten_megabytes_costs_its_row(tmp_path: Path) -> None:
    """A pasted document in a text field must not stop a whole table."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", HEADER + ROW + f"2,Won,10.00,2026-01-05,{'x' * 10_000_000},\n" + ROW.replace("1", "3", 1))
    (manifest,) = drop.land().landed
    assert drop.rows("deal", "deal_id, batch_row") == [("1", 2), ("3", 4)]
    ((row, reason, value),) = drop.quarantined("row_number, reason, value")
    assert (row, reason, len(value)) == (3, "value_too_long", 1_000)
    assert manifest.control_totals["amount_doc"].unparsed_rows == 1


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_cell_of_ten_megabytes_costs_its_row_in_other_formats(tmp_path: Path, ending: str) -> None:
    """The same in files that have no lines, or other ones."""
    drop = DropFolder(tmp_path, deals())
    names = HEADER.strip().split(",")
    rows = [["1", "Won", "10.00", "2026-01-05", "A"], ["2", "Won", "10.00", "2026-01-05", "x" * 10_000_000]]
    if ending == "jsonl":
        import json

        drop.write(
            "deals.jsonl",
            "".join(json.dumps({**dict(zip(names, r, strict=False)), "Changed": None}) + "\n" for r in rows),
        )
    else:
        path = drop.write("deals.parquet", b"")
        select = " union all ".join(
            "select " + ", ".join(f"'{c}' as {n}" for c, n in zip(r, names, strict=False)) for r in rows
        )
        duckdb.connect().execute(f"copy (select *, null::varchar as Changed from ({select})) to '{path}'")
        os.utime(path, (1_782_000_000, 1_782_000_000))
    drop.land()
    assert drop.rows("deal", "deal_id") == [("1",)]
    assert [reason for (reason,) in drop.quarantined("reason")] == ["value_too_long"]


def test_a_link_out_of_the_drop_folder_is_not_followed(tmp_path: Path) -> None:
    """Who may write to the drop folder must not read the server's other files through it."""
    drop = DropFolder(tmp_path, deals())
    secret = tmp_path / "secret.csv"
    secret.write_text(GOOD)
    (drop.folder / "deals.csv").symlink_to(secret)
    landing = drop.land()
    (refused,) = landing.refused
    assert "out of the drop folder" in refused.message
    assert refused.original is None
    assert not [path for path in drop.landing.rglob("*") if path.is_file() and b"Good" in path.read_bytes()]
    assert drop.land().is_nothing


def test_a_link_inside_the_drop_folder_is_the_same_file_again(tmp_path: Path) -> None:
    """A second name for the same content has no effect."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", GOOD)
    (drop.folder / "deals_latest.csv").symlink_to(drop.folder / "deals.csv")
    landing = drop.land()
    assert len(landing.landed) == 1
    assert landing.known == ("deals_latest.csv",)


def test_a_dangling_link_is_told(tmp_path: Path) -> None:
    """A link to a share that is not mounted is no empty source."""
    drop = DropFolder(tmp_path, deals())
    (drop.folder / "deals.csv").symlink_to(drop.folder / "gone.csv")
    (refused,) = drop.land().refused
    assert "cannot be looked at" in refused.message


def test_a_pipe_does_not_stop_the_run(tmp_path: Path) -> None:
    """Opening a FIFO waits for a writer for ever."""
    drop = DropFolder(tmp_path, deals())
    os.mkfifo(drop.folder / "deals.csv")
    (refused,) = drop.land().refused
    assert "no regular file" in refused.message
    assert drop.land().is_nothing


def test_a_file_that_may_not_be_read_is_told_and_landed_once_it_may(tmp_path: Path) -> None:
    """Wrong permissions are mended by a person, who then expects the file to be taken."""
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every file")
    drop = DropFolder(tmp_path, deals())
    path = drop.write("deals.csv", GOOD)
    path.chmod(0)
    (refused,) = drop.land().refused
    assert "Permission denied" in refused.message
    path.chmod(0o600)
    assert len(drop.land().landed) == 1


@pytest.mark.parametrize(
    "name", ["deals'; drop table x; --.csv", "deals\n.csv", "deals$(rm -rf).csv", "deals*?[a].csv", "deals é☃.csv"]
)
def test_a_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    """Names reach SQL literals, globs and paths; none of them may act."""
    drop = DropFolder(tmp_path / "it's [1]*", deals())
    drop.write(name, GOOD)
    (manifest,) = drop.land().landed
    assert manifest.file_name == name
    assert drop.rows("deal", "deal_id") == [("9",)]


def test_leavings_of_programs_are_not_looked_at(tmp_path: Path) -> None:
    """An upload in progress, a spreadsheet that is open, and a folder are no deliveries."""
    drop = DropFolder(tmp_path, deals().replace('"deals*"', '"*"'))
    for name in (".deals.csv", "~$deals.xlsx", "deals.csv.part", "Thumbs.db", "deals.csv.tmp"):
        drop.write(name, GOOD)
    (drop.folder / "deals_old").mkdir()
    landing = drop.land()
    assert landing.is_nothing
    assert landing.unmatched == ()
