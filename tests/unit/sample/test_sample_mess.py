"""The bad rows are where the truths say they are, and nothing else differs from the clean exports."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sample_exports import Exports, amount, mapped_files

from pipelines.sample.mess_kinds import KINDS
from pipelines.sample.write import write_sample


def told(exports: Exports, name: str) -> Any:
    return json.loads((exports.folder / "truth" / name).read_text(encoding="utf-8"))


def rows_of(path: Path) -> list[list[str]]:
    """Rows as a spreadsheet counts them: the first is the header."""
    csv.field_size_limit(10_000_000)
    nordic = path.name in {"vendors.csv", "employees.csv", "customers.csv"}
    text = path.read_bytes().decode("cp1252" if nordic else "utf-8-sig")
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    return list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))


# What must stand in the row that the truth names.
SIGNS = {
    "money_with_sign_and_groups": "$",
    "money_in_brackets": "(",
    "padded_cells": "  90",
    "line_break_in_cell": "\nsecond line",
    "formula_text": "=HYPERLINK",
    "other_scripts": "پارس",
    "unreadable_amount": "12.34.56",
    "journal_with_unreadable_line": "1O0.00",
    "not_a_number": "NaN",
    "beyond_all_numbers": "1e308",
    "february_31": "-02-31",
    "zero_date": "00.00.0000",
    "unreadable_moment": "yesterday",
    "unreadable_flag": "perhaps",
    "missing_key": "Vendor being created",
    "total_row": "Total",
    "unknown_status": "PARKED",
    "field_too_many": "surplus",
    "huge_cell": "x" * 1_200_000,
    "deal_without_rate": "ISK",
}


def test_every_kind_is_placed(messy: Exports) -> None:
    mess = told(messy, "mess.json")
    assert [kind["kind"] for kind in mess["kinds"]] == [kind.name for kind in KINDS]
    assert {item["kind"] for item in mess["placed"]} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", sorted(SIGNS))
def test_the_named_row_is_the_bad_one(kind: str, messy: Exports) -> None:
    (place,) = [item for item in told(messy, "mess.json")["placed"] if item["kind"] == kind]
    rows = rows_of(messy.folder / place["file"])
    assert SIGNS[kind] in "|".join(rows[place["row"] - 1])


def test_a_repeated_row_follows_its_original(messy: Exports) -> None:
    for kind in ("same_row_twice", "same_application_twice"):
        (place,) = [item for item in told(messy, "mess.json")["placed"] if item["kind"] == kind]
        rows = rows_of(messy.folder / place["file"])
        assert rows[place["row"] - 1] == rows[place["row"] - 2]


def test_rows_in_are_loaded_quarantined_or_superseded(messy: Exports) -> None:
    for name, counts in told(messy, "rows.json")["files"].items():
        out = counts["superseded"] + sum(counts["quarantined"].values())
        assert counts["in"] == counts["loaded"] + out, name


def test_rows_in_are_the_rows_of_the_file(messy: Exports) -> None:
    counts = told(messy, "rows.json")["files"]
    for file in mapped_files():
        for path in messy.paths(file):
            if path.suffix in {".csv", ".tsv"} and file.entry.get("format", {}).get("encoding") in {None, "utf-8"}:
                name = f"{file.source}/{path.name}"
                assert len(rows_of(path)) - 1 == counts[name]["in"], name


def test_whole_documents_are_withheld(messy: Exports) -> None:
    """The other lines of a document with an unreadable one are quarantined with it."""
    counts = told(messy, "rows.json")["files"]["erp/journal_lines.csv"]["quarantined"]
    (bad,) = [item for item in told(messy, "mess.json")["placed"] if item["kind"] == "journal_with_unreadable_line"]
    rows = rows_of(messy.folder / bad["file"])
    journal = rows[bad["row"] - 1][1]
    lines = Counter(row[1] for row in rows)
    (other,) = [item for item in told(messy, "mess.json")["placed"] if item["kind"] == "not_a_number"]
    second = rows[other["row"] - 1][1]
    assert counts == {"document_incomplete": lines[journal] + lines[second] - 2, "unreadable_number": 2}


def test_only_the_placed_rows_differ(messy: Exports, clean: Exports) -> None:
    placed = told(messy, "mess.json")["placed"]
    touched = {item["file"] for item in placed}
    for source in ("crm", "erp"):
        for path in (clean.folder / source).iterdir():
            name = f"{source}/{path.name}"
            same = path.read_bytes() == (messy.folder / source / path.name).read_bytes()
            assert same == (name not in touched), name
    for name in touched:
        clean_rows, bad_rows = (
            Counter(tuple(row) for row in rows_of(exports.folder / name)) for exports in (clean, messy)
        )
        known = [item for item in placed if item["file"] == name]
        assert sum((bad_rows - clean_rows).values()) <= sum(item["row"] is not None for item in known), name


def test_what_is_withheld_is_the_gap_to_the_clean_truth(messy: Exports, clean: Exports) -> None:
    gaps = {
        (row["side"], row["figure"], row["entity_id"], row["period_on"]): Decimal(row["withheld"])
        for row in told(messy, "withheld.json")
    }
    assert {side for side, *_ in gaps} == {"documents", "ledger"}
    for side, name in (("documents", "months.csv"), ("ledger", "ledger_months.csv")):
        for stated, whole in zip(messy.truth(name), clean.truth(name), strict=True):
            for figure in list(stated)[4:]:
                key = (side, figure, stated["entity_id"], stated["period_on"])
                assert Decimal(whole[figure]) - Decimal(stated[figure]) == gaps.get(key, 0), key


def readable(text: str) -> bool:
    """Whether the cell is an amount, also one in brackets or with a sign; an empty one is."""
    bare = text.strip().strip("()").removesuffix("-").lstrip("$").replace(",", "")
    return not bare or re.fullmatch(r"-?\d+(\.\d+)?", bare) is not None


def test_documents_state_what_can_be_loaded_and_converted(messy: Exports) -> None:
    """Plain Python over the messy files: without date or rate, or with an unreadable line, an invoice does not count."""  # noqa: E501
    group = {row["customer_id"] for row in messy.rows("customer") if row["intercompany_entity_id"]}
    heads = {row["invoice_id"]: row for row in messy.rows("invoice") if row["invoiced_on"] and row["exchange_rate"]}
    withheld = {row["invoice_id"] for row in messy.rows("invoice_line") if not readable(row["net_doc"])}
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in messy.rows("invoice_line"):
        head = heads.get(row["invoice_id"])
        if head and row["invoice_id"] not in withheld and head["customer_id"] not in group:
            found[head["entity_id"]] += amount(row["net_local"])
    credit_notes = {row["credit_note_id"]: row for row in messy.rows("credit_note")}
    for row in messy.rows("credit_note_line"):
        found[credit_notes[row["credit_note_id"]]["entity_id"]] -= amount(row["net_local"])
    stated: dict[str, Decimal] = defaultdict(Decimal)
    for row in messy.truth("months.csv"):
        stated[row["entity_id"]] += Decimal(row["revenue_local"])
    assert stated == found
    assert len(withheld) == 1


def test_the_ledger_states_the_journals_that_can_be_read_whole(messy: Exports) -> None:
    lines = messy.rows("journal_line")
    withheld = {
        row["journal_id"] for row in lines if not (readable(row["debit_local"]) and readable(row["credit_local"]))
    }
    assert len(withheld) == 2
    for figure, accounts, sign in (("receivables_local", ("1500", "1510"), 1), ("cash_local", ("1910", "1915"), 1)):
        found: dict[str, Decimal] = defaultdict(Decimal)
        for row in lines:
            if row["account_code"] in accounts and row["journal_id"] not in withheld:
                found[row["entity_id"]] += sign * (amount(row["debit_local"]) - amount(row["credit_local"]))
        closing = {row["entity_id"]: Decimal(row[figure]) for row in messy.truth("ledger_months.csv")}
        assert closing == found, figure


def test_the_unposted_invoice_is_missing_from_both_sides(messy: Exports) -> None:
    """Held on the side of documents, not yet posted in the ledger: it explains no difference."""
    invoices = [row for row in messy.rows("invoice") if row["currency"] == "ISK"]
    (invoice,) = invoices
    assert invoice["exchange_rate"] == invoice["gross_local"] == ""
    documents = {row["document_id"] for row in messy.rows("journal_line") if row["document_type"] == "invoice"}
    assert invoice["invoice_id"] not in documents
    assert told(messy, "rows.json")["held"]["invoice"] == 1


def test_a_sample_too_small_for_the_mess_says_so(tmp_path: Path) -> None:
    """Seed 9 of a tiny company cancelled no order."""
    with pytest.raises(ValueError, match=r"no cancelled order left to spoil; use a scale of 0\.2 or more"):
        write_sample(tmp_path, scale=0.01, seed=9, mess=True)
