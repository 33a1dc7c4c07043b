"""The file in which people classify their chart of accounts: what a draft proposes, and every fault a file can have."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.account_words import NAME_WORDS, NUMBER_RANGES, TYPE_WORDS
from pipelines.accounts import (
    AccountClass,
    AccountClassError,
    LedgerAccount,
    draft_account_classes,
    known_account_types,
    read_account_classes,
    write_draft,
)

TYPES = known_account_types()
HEAD = "source_system,account_code,account_type,name\n"


def account(code: str, name: str, kind: str | None = None, moved: str = "1") -> LedgerAccount:
    return LedgerAccount("erp", code, name, kind, Decimal(moved))


def file(folder: Path, content: str) -> Path:
    path = folder / "account_classes.csv"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("code", "name", "kind", "drafted"),
    [
        ("1190", "Accumulated depreciation", None, "accumulated_depreciation"),
        ("8500", "Depreciation of machinery", None, "depreciation"),
        ("1510", "Intercompany receivables", "Accounts Receivable", "intercompany_receivable"),
        ("2500", "Output VAT", None, "tax_payable"),
        ("9200", "Income tax", None, "income_tax"),
        ("8070", "Bank charges", "Expense", "operating_expense"),
        ("1910", "Bank, operating account", None, "bank"),
        ("35", "a8dd055b9b91809c", "Bank", "bank"),
        ("50", "3d1f", "Cost of Goods Sold", "cost_of_sales"),
        ("4010", "Zzz", None, "revenue"),
        ("1234", "Zzz", None, ""),
        ("41", "Zzz", None, ""),
    ],
)
def test_a_draft_says_what_an_account_is_only_where_something_says_so(
    code: str, name: str, kind: str | None, drafted: str
) -> None:
    """A guess that nobody checks puts a loan into revenue; an empty cell is seen."""
    (row,) = draft_account_classes([account(code, name, kind)])
    assert row.account_type == drafted
    assert bool(row.drafted_from) == bool(drafted)


def test_a_draft_begins_with_the_largest_amount() -> None:
    """Ten minutes spent on classification should cover most of the money."""
    drafted = draft_account_classes([account("1", "a", moved="5"), account("2", "b", moved="900"), account("3", "c")])
    assert [row.account.account_code for row in drafted] == ["2", "1", "3"]


def test_every_type_that_a_draft_proposes_exists() -> None:
    proposed = {kind for words in (NAME_WORDS, TYPE_WORDS) for _, kind in words} | set(NUMBER_RANGES.values())
    assert proposed <= set(TYPES)
    assert "retained_earnings" in TYPES


def test_a_draft_is_read_back_and_never_written_over(tmp_path: Path) -> None:
    """Edits are hours of work; a second draft must not undo them."""
    path = tmp_path / "account_classes.csv"
    write_draft(path, draft_account_classes([account("1910", "Bank"), account("7", "?")]))
    assert read_account_classes(path, TYPES) == (AccountClass("erp", "1910", "bank"),)
    with pytest.raises(AccountClassError, match="may hold your edits"):
        write_draft(path, ())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEAD + "erp,1910,bank,\nerp,1910,loan,\n", "row 3: account 1910 of erp is already in row 2"),
        (HEAD + "erp,1910,bnk,Bank\n", "row 2: account 1910 of erp: no account type 'bnk'; did you mean bank?"),
        (HEAD + "erp,,bank,Bank\n", "row 2: account_code is empty"),
        (HEAD + ",1910,bank,Bank\n", "row 2: source_system is empty"),
        ("account_code,account_type\n1910,bank\n", "no column source_system"),
    ],
)
def test_a_wrong_row_stops_the_build_and_is_named(tmp_path: Path, content: str, told: str) -> None:
    """Published with half a chart, a statement is wrong and looks right."""
    with pytest.raises(AccountClassError) as raised:
        read_account_classes(file(tmp_path, content), TYPES)
    assert told in str(raised.value)


def test_every_wrong_row_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(AccountClassError) as raised:
        read_account_classes(file(tmp_path, HEAD + "erp,1,bnk,\nerp,2,lon,\n"), TYPES)
    assert len(str(raised.value).splitlines()) == 2


def test_a_file_that_is_not_there_is_a_plain_message(tmp_path: Path) -> None:
    with pytest.raises(AccountClassError, match="plumbline accounts draft"):
        read_account_classes(tmp_path / "none.csv", TYPES)
