"""The classification of ledger accounts that people own: a CSV file, drafted from a chart of accounts, edited by hand.

Belongs here: the file's shape, every fault it can have, the draft. Does not: what a type means in a statement
(seeds/reference/account_types.csv), or which accounts a ledger has (the marts know).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from company.errors import SettingsError
from pipelines.account_words import NAME_WORDS, NUMBER_RANGES, TYPE_WORDS
from pipelines.canonical import nearest

COLUMNS = ("source_system", "account_code", "account_type")
INFORMATION = ("name", "drafted_from", "moved_rpt")
"""Columns that a draft adds for whoever edits it; they are not read back."""

SEED = Path(__file__).resolve().parents[1] / "seeds" / "reference" / "account_types.csv"


class AccountClassError(SettingsError):
    """The classification cannot be used; nothing was built, readers keep the previous version."""


@dataclass(frozen=True, slots=True)
class AccountClass:
    """The type that people gave an account of one ledger."""

    source_system: str
    account_code: str
    account_type: str


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account as its ledger has it, with what was posted to it (debits plus credits, reporting currency)."""

    source_system: str
    account_code: str
    name: str
    source_account_type: str | None
    moved_rpt: Decimal


@dataclass(frozen=True, slots=True)
class DraftedClass:
    """A proposal. `account_type` is empty where nothing in the account says what it is: nobody guesses."""

    account: LedgerAccount
    account_type: str
    drafted_from: str


def known_account_types(seed: Path = SEED) -> tuple[str, ...]:
    """The types that an account can be given."""
    with seed.open(encoding="utf-8", newline="") as file:
        return tuple(row["account_type"] for row in csv.DictReader(file))


def read_account_classes(file: Path, types: tuple[str, ...]) -> tuple[AccountClass, ...]:
    """The classification in a CSV file; a row without a type leaves its account as its ledger has it.

    Raises AccountClassError with one line per fault, each naming its row.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise AccountClassError(f"{file.name}: no column {', '.join(missing)}; needed: {', '.join(COLUMNS)}")
            written = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AccountClassError(f"{file}: cannot be read: {error}; write one with `plumbline accounts draft`") from None
    faults: list[str] = []
    first_rows: dict[tuple[str, str], int] = {}
    found: list[AccountClass] = []
    for line, row in written:
        source, code, kind = ((row[name] or "").strip() for name in COLUMNS)
        if not source or not code:
            faults.append(f"{file.name}, row {line}: {'source_system' if not source else 'account_code'} is empty")
            continue
        if (source, code) in first_rows:
            earlier = first_rows[source, code]
            faults.append(f"{file.name}, row {line}: account {code} of {source} is already in row {earlier}")
            continue
        first_rows[source, code] = line
        if kind and kind not in types:
            near = nearest(kind, tuple(types))
            hint = f"did you mean {near}?" if near else f"allowed: {', '.join(types)}"
            faults.append(f"{file.name}, row {line}: account {code} of {source}: no account type {kind!r}; {hint}")
        elif kind:
            found.append(AccountClass(source, code, kind))
    if faults:
        raise AccountClassError("\n".join(faults))
    return tuple(found)


def draft_account_classes(accounts: Iterable[LedgerAccount]) -> tuple[DraftedClass, ...]:
    """A type for every account whose ledger type, name or number says one; largest amounts first."""
    ranked = sorted(accounts, key=lambda account: (-account.moved_rpt, account.source_system, account.account_code))
    return tuple(_drafted(account) for account in ranked)


def write_draft(file: Path, drafted: Iterable[DraftedClass]) -> None:
    """Write a draft as CSV for people to edit. An existing file is theirs and is not written over."""
    try:
        with file.open("x", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            writer.writerow((*COLUMNS, *INFORMATION))
            for row in drafted:
                account = row.account
                writer.writerow(
                    (
                        account.source_system,
                        account.account_code,
                        row.account_type,
                        account.name,
                        row.drafted_from,
                        account.moved_rpt,
                    )
                )
    except FileExistsError:
        raise AccountClassError(f"{file}: is there already and may hold your edits; name another file") from None


def _drafted(account: LedgerAccount) -> DraftedClass:
    # The ledger's own type says what an account is in general; its name is closer to what stands on it.
    by_name, by_type = _by_words(account.name, NAME_WORDS), _by_words(account.source_account_type or "", TYPE_WORDS)
    by_number = _by_number(account.account_code)
    for kind, origin in ((by_name, "name"), (by_type, "type"), (by_number, "number")):
        if kind is not None:
            agreeing = [
                word for word, other in (("name", by_name), ("type", by_type), ("number", by_number)) if other == kind
            ]
            return DraftedClass(account, kind, " and ".join(agreeing) if agreeing else origin)
    return DraftedClass(account, "", "")


def _by_words(text: str, words: Sequence[tuple[str, str]]) -> str | None:
    plain = " ".join(re.findall(r"[a-zäöåéüß/&]+", text.lower()))
    return next((kind for pattern, kind in words if re.search(rf"\b(?:{pattern})", plain)), None)


def _by_number(code: str) -> str | None:
    # Only four digits and more follow the usual plan: assets, liabilities, equity, revenue, cost, expenses.
    match = re.fullmatch(r"(\d)\d{3,}", code)
    return NUMBER_RANGES.get(match[1]) if match else None
