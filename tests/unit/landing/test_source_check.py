"""What `plumbline source check` and `plumbline init` tell a person about files that were never landed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from drop_folder import HEADER, DropFolder, deals

from pipelines.sources.drafting import draft_mapping
from pipelines.sources.mapping_file import load_mapping
from pipelines.sources.source_check import SourceCheck, check_folder

ROWS = "1,Won,10.00,2026-01-05,A,\n2,Open,ten,05/06/2026,B,\n"


def check(drop: DropFolder) -> SourceCheck:
    path = drop.root / "mapping.yaml"
    path.write_text(drop.mapping)
    return check_folder(drop.folder, load_mapping(path, default_entity="FI01"))


def test_the_check_shows_what_would_be_read_and_what_is_doubtful(tmp_path: Path) -> None:
    """Ten minutes before the first run, not a night after it."""
    drop = DropFolder(tmp_path, deals().replace("name: Name", "name: {column: Title, optional: true}"))
    drop.write("deals.csv", HEADER + ROWS)
    drop.write("other.csv", "a,b\n1,2\n")
    found = check(drop)
    (file,) = found.files
    assert (file.file_name, file.entity, file.rows) == ("deals.csv", "deal", 2)
    assert ("amount_doc", "Amount") in {(column.canonical, column.header) for column in file.mapped}
    assert [(column.header, column.examples) for column in file.unmapped] == [("Name", ("A", "B"))]
    assert [(column.canonical, column.header) for column in file.missing] == [("name", "Title")]
    doubts = {column.canonical: (column.note, column.examples) for column in file.doubtful}
    assert doubts["amount_doc"] == ("1 rows: unreadable_number", ("ten",))
    assert doubts["created_on"] == ("1 rows: day or month first cannot be told", ("05/06/2026",))
    assert set(doubts) == {"amount_doc", "created_on"}
    assert found.unmatched == ("other.csv",)
    assert not found.is_clean
    assert not drop.landing.exists()


def test_the_check_tells_a_cell_that_must_not_be_empty_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    """The same reasons as the run's: a person looks for an empty cell, not for a date that is none."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", HEADER + "1,Won,10.00,,A,\n2,Open,1.00,soon,B,\n,Open,1.00,2026-01-05,C,\n")
    (file,) = check(drop).files
    doubts = {column.canonical: column.note for column in file.doubtful}
    assert doubts == {"deal_id": "1 rows: missing_value", "created_on": "2 rows: unreadable_date or missing_value"}


def test_the_check_names_the_nearest_header_of_a_missing_one(tmp_path: Path) -> None:
    """A renamed column is one word away from being mapped again."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", (HEADER + ROWS).replace("Amount", "Amount EUR"))
    (file,) = check(drop).files
    assert [column.note for column in file.missing] == ["the file would be refused; nearest header: 'Amount EUR'"]


def test_the_check_says_why_a_file_would_be_refused(tmp_path: Path) -> None:
    """The same words as the run would use."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", b"\x00" * 100)
    (drop.folder / "deals_link.csv").symlink_to("/dev/null")
    assert [file.refusal for file in check(drop).files] == [
        "deals.csv is binary, not csv: it holds NUL bytes",
        "deals_link.csv is a link out of the drop folder: it is not followed",
    ]
    assert check(DropFolder(tmp_path / "empty", deals())).without_file == ("deals*",)


EXPORTS = {
    "Opportunity_20260630.csv": (
        "Opportunity ID,Account ID,Stage,Amount,Probability (%),Created Date,Close Date,Is Won,Is Closed,Name\n"
        "006A,001A,Won,100.00,100,2026-01-05,2026-02-05,true,true,Big one\n"
    ),
    "customers.csv": "Customer No,Customer Name,Country,VAT Number,Payment terms\n1,A,FI,FI1,30\n",
    "GL_2026.csv": "Line ID,Journal,Posting Date,Account,Debit,Credit,Text\n1,J1,05/06/2026,4000,1.00,0.00,x\n",
    "cats.csv": "whiskers,tail\n1,2\n",
    "broken.xlsx": "no workbook",
}


def test_a_drafted_mapping_reads_the_files_it_was_drafted_from(tmp_path: Path) -> None:
    """The draft is a start that works wherever headers are plain, and says where they are not."""
    drop = DropFolder(tmp_path, "")
    paths = [drop.write(name, content, at=datetime(2026, 6, 30, tzinfo=UTC)) for name, content in EXPORTS.items()]
    drop.mapping = draft_mapping(paths, currency="EUR")
    assert 'match: "Opportunity_*.csv"' in drop.mapping
    assert "probability_ratio: {column: Probability (%), scale: 0.01}" in drop.mapping
    assert "currency: {constant: EUR}" in drop.mapping
    assert '# ? format: {dates: "%d/%m/%Y"} or "%m/%d/%Y": Posting Date can be read both ways' in drop.mapping
    assert "# ? cats.csv: its headers fit no entity: whiskers, tail" in drop.mapping
    assert "# ? broken.xlsx is no xlsx file" in drop.mapping
    landing = drop.land()
    assert {manifest.entity for manifest in landing.landed} == {"deal", "customer"}
    (refused,) = landing.refused
    assert (refused.entity, refused.reason) == ("journal_line", "unreadable_date")
    assert drop.rows("customer", "customer_id, name, country, tax_id, payment_terms_days") == [
        ("1", "A", "FI", "FI1", 30)
    ]


@pytest.mark.parametrize("header", ["yes: no", "#1", "'quoted'", '"', "a: b", "- x", "No", "{x}", "é", "1"])
def test_a_drafted_mapping_survives_any_header(tmp_path: Path, header: str) -> None:
    """A header is written by strangers, and YAML has many signs that mean something."""
    drop = DropFolder(tmp_path, "")
    quoted = '"' + header.replace('"', '""') + '"'
    path = drop.write("departments.csv", f"Department Code,Name,{quoted}\n1,A,2\n")
    drop.mapping = draft_mapping([path])
    assert len(drop.land().landed) == 1
