"""Mapping files: what may be written in them, and how every mistake is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.sources.errors import MappingError
from pipelines.sources.mapping_file import load_mapping

WHOLE = """
format: {dates: "%d.%m.%Y"}
files:
  - match: "deals*.csv"
    entity: deal
    kind: full
    as_of: {pattern: "_(\\\\d{8})", format: "%Y%m%d"}
    format: {decimal: ",", delimiter: tab, time_zone: Europe/Helsinki}
    columns:
      deal_id: {join: [Pipe, No], with: "/"}
      stage: Stage
      currency: {constant: EUR}
      created_on: {column: Created, format: "%m/%d/%y"}
      is_won: {column: Stage, values: {Won: true, "*": false}}
      is_closed: {column: Stage, values: {Won: true, Lost: true, "*": false}}
      probability_ratio: {column: "Prob %", scale: 0.01}
      amount_doc: {column: Amount, negate: true}
      name: {column: Name, optional: true}
    where: {Type: [Deal, 1]}
    ignore: [Notes, "Custom *"]
"""
ENTRY = "files:\n- {match: x, entity: deal, kind: full, "
COLUMNS = (
    "columns: {deal_id: Id, stage: S, currency: {constant: EUR}, created_on: C, is_won: {constant: true}, is_closed: W"
)


def deal(column: str = "", *, entry: str = "") -> str:
    """An entry of deals with one more column, or one more key."""
    more = f", {column}" if column else ""
    return f"{ENTRY}{entry}{COLUMNS}{more}}}}}"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    return path


def test_everything_that_may_be_written_is_read(tmp_path: Path) -> None:
    """The example of the documentation."""
    (entry,) = load_mapping(write(tmp_path, WHOLE)).files
    assert entry.matches("Deals_20260630.CSV")
    assert not entry.matches("deals.csv.bak")
    assert (entry.format.dates, entry.format.decimal, entry.format.delimiter) == ("%d.%m.%Y", ",", "\t")
    assert [column.target.name for column in entry.columns] == [
        "deal_id", "name", "stage", "amount_doc", "currency", "probability_ratio", "created_on", "is_won", "is_closed",
    ]  # fmt: skip
    assert entry.mapped("probability_ratio").scale == Decimal("0.01")  # type: ignore[union-attr]
    assert entry.headers == ("Pipe", "No", "Name", "Stage", "Amount", "Prob %", "Created", "Type")
    assert entry.optional_headers == {"Name"}
    assert entry.where == {"Type": ("Deal", "1")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "found no list `files:`"),
        ("files: []", "line 1: files: is empty"),
        ("files: [\n", "line 2: not YAML"),
        ("fils: []\nfiles: [1]", "line 1: fils: unknown key; did you mean files?"),
        ("files:\n- hello", "files[0]: found no mapping"),
        ("files:\n- {match: x}", "files[0].kind: found None; allowed: full"),
        ("files:\n- {match: ../x, entity: deal, kind: full}", "files[0].match: found '../x'; allowed: a file name"),
        ("files:\n- {match: x, entity: deel, kind: full}", "files[0].entity: found 'deel'; did you mean deal?"),
        ("files:\n- {match: x, entity: legal_entity, kind: full}", "legal entities come from plumbline.yaml"),
        (ENTRY + "colums: {}}", "files[0].colums: unknown key; did you mean columns?"),
        (ENTRY + "columns: {deal_id: Id}}", "deal.stage must be mapped: Current stage."),
        (ENTRY + "columns: {deal: Id}}", "did you mean deal_id?"),
        (ENTRY + "columns: {is_won: {column: a, values: {x: perhaps}}}}", "x: found 'perhaps', which is no boolean"),
        (ENTRY + "columns: {is_won: {column: a, optional: true}}}", "is_won may not be empty"),
        (deal("name: [a]"), "columns.name: allowed: a header, or"),
        (deal("name: {}"), "needs exactly one of column, join"),
        (deal("name: {column: a, scale: 2}"), "name.scale: only for numbers"),
        (deal("amount_doc: {column: a, scale: x}"), "scale: found 'x'"),
        (deal("amount_doc: {constant: 1.234}"), "found '1.234', which is no decimal(18, 2)"),
        (deal("amount_doc: {constant: 1, negate: true}"), "a constant takes no other key"),
        (deal("amount_doc: {column: a, keep: negative}"), "allowed: positive"),
        (deal("closed_on: {column: a, format: '%q'}"), "%q is not known"),
        (deal("closed_on: {column: a, format: '%H:%M'}"), "it needs a day and a year"),
        (deal("name: {join: [a]}"), "allowed: two or more headers"),
        (deal("name: {column: a, colum: b}"), "name.colum: unknown key"),
        (deal(entry="format: {decimal: ';'}, "), "format.decimal: found ';'; allowed: '.', ','"),
        (deal(entry="format: {decimal: ',', thousands: ','}, "), "are the same sign"),
        (deal(entry="format: {time_zone: Mars}, "), "found 'Mars'; allowed: a time zone"),
        (deal(entry="format: {encoding: utf-99}, "), "found 'utf-99'"),
        (deal(entry="format: {header_row: 0}, "), "header_row: found 0"),
        (deal(entry="format: {delimiter: ab}, "), "found 'ab'; allowed: one character"),
        (deal(entry="as_of: {pattern: '(', format: '%Y%m%d'}, "), "is no regular expression"),
        (deal(entry="as_of: {pattern: 'x', format: '%Y%m%d'}, "), "has 0 groups; allowed: exactly one"),
        (deal(entry="where: [Type], "), "files[0].where: allowed: {Header: [value, value]}"),
        (deal(entry="ignore: Notes, "), "files[0].ignore: allowed: a list of headers"),
        (deal(entry="feed: 'A B', "), "files[0].feed: found 'A B'"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_what_is_allowed(tmp_path: Path, text: str, says: str) -> None:
    """The person who reads this has a spreadsheet open, not our source code."""
    path = write(tmp_path, text)
    with pytest.raises(MappingError) as error:
        load_mapping(path)
    assert says in str(error.value)
    assert all(line.startswith(str(path)) for line in str(error.value).splitlines())


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    """Mending one mistake per run makes ten minutes an hour."""
    text = (
        WHOLE.replace("kind: full", "kind: fulll")
        .replace("stage: Stage", "stag: Stage")
        .replace("scale: 0.01", "scale: 0")
    )
    with pytest.raises(MappingError) as error:
        load_mapping(write(tmp_path, text))
    told = str(error.value).splitlines()
    assert len(told) == 4
    assert [line.split("line ")[1].split(":")[0] for line in told] == ["6", "11", "16", "9"]


def test_a_missing_mapping_file_says_how_to_get_one(tmp_path: Path) -> None:
    """The first thing that goes wrong for a new user."""
    with pytest.raises(MappingError, match="no such mapping file; `plumbline init DIR` drafts"):
        load_mapping(tmp_path / "nothing.yaml")


def test_the_only_legal_entity_fills_what_needs_one(tmp_path: Path) -> None:
    """Most companies are one company; their exports have no column for it."""
    text = "files: [{match: x, entity: bank_account, kind: full, columns: {bank_account_id: A, name: N, currency: C}}]"
    (entry,) = load_mapping(write(tmp_path, text), default_entity="FI01").files
    assert entry.mapped("entity_id").constant == "FI01"  # type: ignore[union-attr]
    with pytest.raises(MappingError, match=r"bank_account\.entity_id must be mapped"):
        load_mapping(write(tmp_path, text))


def test_the_hash_changes_with_what_is_landed_and_with_nothing_else(tmp_path: Path) -> None:
    """Landing every file again for a comment would take a night; not doing so after a change keeps wrong numbers."""
    before = load_mapping(write(tmp_path, WHOLE)).files[0].schema_hash
    same = WHOLE.replace("ignore: [Notes", "# a comment\n    ignore: [Remarks").replace("deals*.csv", "deals_*.csv")
    assert load_mapping(write(tmp_path, same)).files[0].schema_hash == before
    for old, new in [
        ("0.01", "0.1"),
        ("EUR", "USD"),
        ("%m/%d/%y", "%d/%m/%y"),
        ("[Deal, 1]", "[Deal]"),
        ("full", "delta"),
    ]:
        assert load_mapping(write(tmp_path, WHOLE.replace(old, new))).files[0].schema_hash != before


def test_an_export_of_a_system_is_mapped_by_the_fields_of_its_api(tmp_path: Path) -> None:
    """The connector's own staging models read it: whoever exports by Data Loader writes down only what differs."""
    text = """
files:
- match: Opportunity.csv
  entity: salesforce_opportunity
  kind: full
  columns: {currency: {constant: USD}, updated_at: LastModifiedDate}
"""
    (entry,) = load_mapping(write(tmp_path, text)).files
    headers = {column.target.name: column.headers for column in entry.columns}
    assert (headers["stage_name"], headers["is_deleted"]) == (("StageName",), ("IsDeleted",))
    assert (headers["currency"], headers["updated_at"]) == ((), ("LastModifiedDate",))
    assert {column.target.name for column in entry.columns if not column.optional} >= {"id", "stage_name", "is_deleted"}


def test_a_canonical_entity_has_no_fields_of_its_own(tmp_path: Path) -> None:
    """Without its columns nobody knows what a file holds."""
    with pytest.raises(MappingError, match="columns: allowed: a mapping"):
        load_mapping(write(tmp_path, "files:\n- {match: x, entity: owner, kind: full}"))
