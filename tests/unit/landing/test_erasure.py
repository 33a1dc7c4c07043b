"""Erasing a person from what was landed: the words go, rows and amounts stay, and the batch is whole again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from company.versions import write_json
from pipelines.landing import erasure
from pipelines.landing.errors import AlteredBatchError
from pipelines.landing.manifests import BatchManifest, LandedFile, read_manifests, verify_batch

AT = datetime(2026, 7, 1, tzinfo=UTC)
ROWS = """
select * from (values
    ('c1', 'Ann Example', 'call Ann Example, not ann', 10.00::decimal(18, 2)),
    ('c2', 'Annabel Exampleton', 'ANN EXAMPLE''s sister (ann@example.com)', 20.00),
    ('c3', 'Åse Ödegård', 'x', null)
) as t(customer_id, name, note, amount_doc)
"""


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "crm" / "customer" / "20260630T000000-0-0"
    folder.mkdir(parents=True)
    duckdb.connect().execute(f"copy ({ROWS}) to '{folder / 'part-0000.parquet'}' (format parquet)")
    (folder / "original.csv").write_text("Ann Example")

    def landed(name: str, rows: int | None) -> LandedFile:
        content = (folder / name).read_bytes()
        return LandedFile(name=name, rows=rows, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())

    manifest = BatchManifest(
        batch_id=folder.name, source="crm", entity="customer", kind="full", status="loaded", upper=AT, read_at=AT,
        file_name="customers.csv", file_sha256="0" * 64, file_bytes=11, file_modified_ns=0, schema_hash="s",
        tool_version="0", original=landed("original.csv", None), parts=(landed("part-0000.parquet", 3),),
    )  # fmt: skip
    write_json(folder / "manifest.json", manifest)
    return tmp_path


def rows(landing: Path) -> list[tuple[object, ...]]:
    (manifest,) = read_manifests(landing)
    return duckdb.connect().execute(f"from read_parquet('{manifest.part_paths[0]}') order by 1").fetchall()


def test_the_words_go_and_nothing_else_does(landing: Path) -> None:
    """Her sister keeps her name, the totals keep their cents."""
    erasure.erase(landing, ["Ann Example", "ann@example.com"], at=AT)
    assert rows(landing) == [
        ("c1", "erased", "call erased, not ann", Decimal("10.00")),
        ("c2", "Annabel Exampleton", "erased's sister (erased)", Decimal("20.00")),
        ("c3", "Åse Ödegård", "x", None),
    ]
    kept = b"".join(path.read_bytes() for path in landing.rglob("*") if path.is_file())
    assert b"Ann Example" not in kept


def test_names_in_other_letters_are_found(landing: Path) -> None:
    erasure.erase(landing, ["åse ödegård"], at=AT)
    assert rows(landing)[2][1] == "erased"


def test_the_batch_is_whole_and_says_that_it_was_changed(landing: Path) -> None:
    """The next run must not take an erasure for damage."""
    (found,) = erasure.erase(landing, ["Ann Example"], at=AT)
    assert (found.cells, found.has_original) == (3, True)
    (manifest,) = read_manifests(landing)
    verify_batch(manifest)
    assert manifest.original is None
    assert manifest.message == "a person was erased on 2026-07-01"
    assert sorted(path.name for path in manifest.folder.iterdir()) == ["manifest.json", "part-0000.parquet"]


def test_looking_changes_nothing_and_erasing_twice_is_erasing_once(landing: Path) -> None:
    before = {path: path.read_bytes() for path in landing.rglob("*") if path.is_file()}
    assert [found.cells for found in erasure.find(landing, ["Ann Example"])] == [3]
    assert {path: path.read_bytes() for path in landing.rglob("*") if path.is_file()} == before
    erasure.erase(landing, ["Ann Example"], at=AT)
    assert erasure.erase(landing, ["Ann Example"], at=AT) == ()


@pytest.mark.parametrize("words", [[], [""], ["Ann"], ["   x "]])
def test_a_word_that_would_take_others_along_is_refused(landing: Path, words: list[str]) -> None:
    with pytest.raises(erasure.ErasureError, match="4 characters"):
        erasure.find(landing, words)


@pytest.mark.parametrize("word", ["x') ; drop", ".*.*", "(((((", "a|b|c|d", "\\E.*", "'''' or 1"])
def test_a_word_is_a_word_and_no_pattern_and_no_sql(landing: Path, word: str) -> None:
    assert erasure.find(landing, [word]) == ()


def test_a_batch_that_was_altered_before_is_left_alone(landing: Path) -> None:
    """What cannot be proved to be what was landed is not signed anew."""
    (landing / "crm" / "customer" / "20260630T000000-0-0" / "original.csv").write_text("Ann Exampl3")
    with pytest.raises(AlteredBatchError):
        erasure.erase(landing, ["Ann Example"], at=AT)
