"""Customer matching for people: the queue that waits, what a decision names, files of decisions, scores on known pairs.

Reads a published version; takes decisions through `company.match_decisions`. Knows no rule of matching: the queue, the
methods and what follows from a decision are models. Prints nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from company.errors import MatchDecisionError, VersionError
from company.folders import DataFolder
from company.match_decisions import Decision, Side
from company.versions import READING, current_version

FILE_COLUMNS = ("action", "record", "other", "reason")
_QUEUE = """
select match_id, queue_no, crm_account_id, customer_id, account_name, customer_name, method, band, score, score_margin,
    second_key, net_rpt, won_rpt, at_stake_rpt
from customers.fct_match_proposals
where $band is null or band = $band
order by queue_no
limit $most
"""
_RECORDS = """
select 'account' as side, crm_account_id as record_id from customers.fct_customer_matches
where crm_account_id is not null
union
select 'customer', customer_id from customers.fct_customer_matches where customer_id is not null
"""
_ACCEPTED = """
select crm_account_id, customer_id, method from customers.fct_customer_matches
where status = 'accepted' and crm_account_id is not null and customer_id is not null
"""


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of one method against known pairs. `precision` is null where the method joined nothing."""

    method: str
    joined: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.joined if self.joined else None


@dataclass(frozen=True, slots=True)
class Scores:
    """Automatic acceptance against pairs known to be true: by method, together, and what was missed.

    `proposed`: known pairs that nothing joined but the queue shows. Recall counts known pairs of accounts and customers
    that the version knows; `unknown` pairs name a record it does not.
    """

    methods: tuple[Score, ...]
    known: int
    unknown: int
    proposed: int
    wrong: tuple[tuple[str, str, str], ...]

    @property
    def together(self) -> Score:
        return Score("together", sum(s.joined for s in self.methods), sum(s.right for s in self.methods))

    @property
    def recall(self) -> float | None:
        return self.together.right / self.known if self.known else None


@contextmanager
def published_marts(folders: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """The current version's marts, read only. Raises VersionError where nothing is published."""
    version = current_version(folders)
    if version is None or not folders.marts(version).is_file():
        raise VersionError("nothing is published yet; run `plumbline run`")
    with duckdb.connect(str(folders.marts(version)), read_only=True, config=READING) as connection:
        yield connection


def waiting(connection: duckdb.DuckDBPyConnection, *, band: str | None, most: int) -> list[dict[str, Any]]:
    """The review queue, the most money at stake first, as rows of fct_match_proposals."""
    found = connection.sql(_QUEUE, params={"band": band, "most": most})
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def known_records(connection: duckdb.DuckDBPyConnection) -> Mapping[str, tuple[Side, ...]]:
    """The sides (account, customer) on which each record id is known. Intercompany customers are none."""
    records: dict[str, tuple[Side, ...]] = {}
    for side, record_id in connection.sql(_RECORDS).fetchall():
        records[record_id] = (*records.get(record_id, ()), side)
    return records


def decision(
    action: str, record: str, other: str | None, *, reason: str, records: Mapping[str, tuple[Side, ...]]
) -> Decision:
    """The decision that two ids (or one, for a split) mean. The order of account and customer does not matter.

    Accepting two records of one side merges them. Raises MatchDecisionError for ids that the published version does not
    know, and for a rejection within one side: what joins records of one side is undone by a split.
    """
    if action not in {"accept", "reject", "split"}:
        raise MatchDecisionError(
            f"{action}: no such action; allowed: accept or reject with two records, split with one"
        )
    unknown = [given for given in (record, other) if given is not None and given not in records]
    if unknown:
        raise MatchDecisionError(
            f"{action}: {', '.join(unknown)}: no such account or customer; `plumbline matches list` shows ids, and"
            " customers.fct_customer_matches has all"
        )
    if action == "split":
        if other is not None:
            raise MatchDecisionError(
                f"split {record} {other}: names one record; to part an account from a customer: reject"
            )
        return Decision("split", record, side=records[record][0], reason=reason)
    if other is None:
        raise MatchDecisionError(f"{action} {record}: allowed: accept or reject with two records, split with one")
    first, second = records[record], records[other]
    if "account" in first and "customer" in second:
        return Decision("accept" if action == "accept" else "reject", record, other, reason=reason)
    if "customer" in first and "account" in second:
        return Decision("accept" if action == "accept" else "reject", other, record, reason=reason)
    if action == "reject":
        raise MatchDecisionError(f"reject {record} {other}: both are {first[0]}s; `plumbline matches split` parts them")
    return Decision("merge", min(record, other), max(record, other), side=first[0], reason=reason)


def decisions_of_file(path: Path, records: Mapping[str, tuple[Side, ...]]) -> tuple[Decision, ...]:
    """The decisions of a CSV file with the columns action, record, other, reason. Rows without an action are skipped.

    Raises MatchDecisionError naming every row that is wrong: a file is taken whole or not at all.
    """
    if not path.is_file():
        raise MatchDecisionError(f"{path}: no such file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in FILE_COLUMNS[:3] if name not in (reader.fieldnames or ())]
            if missing:
                raise MatchDecisionError(
                    f"{path.name}: no column {', '.join(missing)}; allowed: {', '.join(FILE_COLUMNS)}"
                )
            rows = list(enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError) as error:
        raise MatchDecisionError(f"{path.name}: cannot be read: {error}") from error
    decisions, faults = [], []
    for line, row in rows:
        action, record, other, reason = (str(row.get(name) or "").strip() for name in FILE_COLUMNS)
        if not action:
            continue
        try:
            decisions.append(decision(action, record, other or None, reason=reason, records=records))
        except MatchDecisionError as error:
            faults.append(f"{path.name}, line {line}: {error}")
    if faults:
        raise MatchDecisionError("\n".join(faults))
    return tuple(decisions)


def scores(connection: duckdb.DuckDBPyConnection, known: Iterable[tuple[str, str]]) -> Scores:
    """Score what the ladder joined by itself (decisions aside) against known pairs of account and customer."""
    records = known_records(connection)
    given = set(known)
    pairs = {(a, c) for a, c in given if "account" in records.get(a, ()) and "customer" in records.get(c, ())}
    accepted = [row for row in connection.sql(_ACCEPTED).fetchall() if row[2] != "decision"]
    queued = set(connection.sql("select crm_account_id, customer_id from customers.fct_match_proposals").fetchall())
    methods = tuple(
        Score(
            method,
            sum(1 for row in accepted if row[2] == method),
            sum(1 for row in accepted if row[2] == method and row[:2] in pairs),
        )
        for method in sorted({row[2] for row in accepted})
    )
    return Scores(
        methods,
        known=len(pairs),
        unknown=len(given) - len(pairs),
        proposed=len((pairs & queued) - {row[:2] for row in accepted}),
        wrong=tuple(sorted(row for row in accepted if row[:2] not in pairs)),
    )


def read_pairs(path: Path, *, account: str, customer: str, prefixes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Known pairs of a CSV file, one per row; `prefixes` are put before the ids of account and customer."""
    if not path.is_file():
        raise MatchDecisionError(f"{path}: no such file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in (account, customer) if name not in (reader.fieldnames or ())]
        if missing:
            raise MatchDecisionError(
                f"{path.name}: no column {', '.join(missing)}; found {', '.join(reader.fieldnames or [])}"
            )
        return tuple((prefixes[0] + row[account], prefixes[1] + row[customer]) for row in reader)
