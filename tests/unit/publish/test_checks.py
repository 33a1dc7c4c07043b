"""A check blocks publishing unless plumbline.yaml says that it warns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import duckdb
import pytest

from company.errors import SettingsError
from company.versions import CheckWarning
from pipelines.publish.checks import blocking, counted, failures, judged, refuse_wrong, result_rows
from pipelines.warehouse.databases import DatabasePair
from pipelines.warehouse.dbt import CheckResult, Status


def result(
    name: str, status: Status, *, severity: Literal["error", "warn"] = "error", query: str = "select 1 as n"
) -> CheckResult:
    return CheckResult(
        name=name,
        model="fct_close_checks",
        tested=("model.plumbline.fct_close_checks",),
        severity=severity,
        status=status,
        failures=0 if status == "pass" else 3,
        message="" if status == "pass" else "Got 3 results, configured to fail if != 0",
        query=query,
    )


def test_a_failure_blocks() -> None:
    verdicts = judged([result("a", "pass"), result("b", "fail")], {})
    assert [verdict.name for verdict in blocking(verdicts)] == ["b"]


def test_a_check_that_is_set_to_warn_does_not_block_and_stays_visible() -> None:
    [verdict] = judged([result("b", "fail")], {"b": "warn"})
    assert (verdict.status, verdict.severity) == ("warn", "warn")
    assert blocking([verdict]) == ()


def test_a_warning_that_is_set_to_block_blocks() -> None:
    [verdict] = judged([result("b", "warn", severity="warn")], {"b": "block"})
    assert blocking([verdict]) == (verdict,)


def test_a_check_that_could_not_run_is_never_softened() -> None:
    """Nobody knows what it would have said: silence is not a pass."""
    [verdict] = judged([result("b", "error")], {"b": "warn"})
    assert blocking([verdict]) == (verdict,)


def test_a_name_that_no_check_has_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError) as raised:
        refuse_wrong({"journal_balance": "warn"}, known=["journals_balance", "other"], lowerable=["journals_balance"])
    assert str(raised.value) == "plumbline.yaml: checks.journal_balance: no such check; did you mean journals_balance?"


def test_only_a_tie_out_may_be_lowered() -> None:
    """A table that counts a row twice is wrong whatever its owner knows; two ledgers that differ may be explained."""
    refuse_wrong({"a": "warn", "b": "block"}, known=["a", "b"], lowerable=["a"])
    with pytest.raises(SettingsError) as raised:
        refuse_wrong({"b": "warn"}, known=["a", "b"], lowerable=["a"])
    assert str(raised.value) == "plumbline.yaml: checks.b: may not be lowered to warn; those that may: a"


def test_a_failure_shows_a_few_of_its_rows(tmp_path: Path) -> None:
    pair = DatabasePair(tmp_path / "run")
    pair.create()
    query = "select range as n, cast(range as decimal(18, 2)) as amount, date '2026-05-01' as on_day from range(9)"
    [failure] = failures([result("b", "fail", query=query)], pair)
    assert (failure.check, failure.model, len(failure.rows)) == ("b", "fct_close_checks", 5)
    assert dict(failure.rows[1]) == {"n": 1, "amount": "1.00", "on_day": "2026-05-01"}


def test_a_check_that_could_not_run_is_a_failure_without_rows(tmp_path: Path) -> None:
    pair = DatabasePair(tmp_path / "run")
    pair.create()
    [failure] = failures([result("b", "error", query="select broken")], pair)
    assert failure.rows == ()


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """A marts file's table of tie-outs: cash is covered nowhere, journals in one entity."""
    connection = duckdb.connect()
    connection.execute("create schema finance")
    connection.execute(
        "create table finance.fct_close_checks as select * from (values"
        " ('cash_ties_to_bank', 'not_covered'), ('cash_ties_to_bank', 'not_covered'),"
        " ('journals_balance', 'tied'), ('journals_balance', 'not_covered')) as t(check_name, status)"
    )
    yield connection
    connection.close()


RESULTS = (
    result("cash_ties_to_bank", "pass"),
    result("journals_balance", "pass"),
    result("late", "warn", severity="warn"),
)


def test_a_tie_out_that_no_source_covers_is_neither_passed_nor_failed(marts: duckdb.DuckDBPyConnection) -> None:
    """A company without a bank feed must not read that its cash ties to the bank."""
    counts = counted(RESULTS, marts)
    assert (counts.passed, counts.warned, counts.failed, counts.not_covered) == (1, 1, 0, 1)
    assert counts.warnings == (CheckWarning(name="late", message="Got 3 results, configured to fail if != 0"),)


def test_results_are_published_in_the_words_of_the_marts(marts: duckdb.DuckDBPyConnection) -> None:
    rows = [(row["check_name"], row["severity"], row["status"]) for row in result_rows(RESULTS, marts)]
    assert rows == [
        ("cash_ties_to_bank", "block", "not_covered"),
        ("journals_balance", "block", "passed"),
        ("late", "warn", "warned"),
    ]


def test_a_check_that_was_skipped_blocks() -> None:
    assert blocking([result("b", "skipped")]) != ()
