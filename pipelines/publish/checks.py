"""What the results of dbt's tests mean for publishing: which block, which warn, and which rows they failed on.

The rules that are checked are in models/ and tests/data; nothing here knows one of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
from pydantic import JsonValue

from company.errors import SettingsError
from company.versions import CheckCounts, CheckWarning, Failure
from pipelines.warehouse.databases import DatabasePair
from pipelines.warehouse.dbt import CheckResult

SAMPLE_ROWS = 5
_PUBLISHED = {"pass": "passed", "warn": "warned", "fail": "failed", "error": "failed", "skipped": "failed"}
TIE_OUTS = "finance.fct_close_checks"


def refuse_wrong(configured: Mapping[str, str], *, known: Iterable[str], lowerable: Iterable[str]) -> None:
    """Raise SettingsError for a name under `checks` that no check has, and for a check that may not be lowered to warn.

    A tie-out compares two things that a source says, and its owner may know why they differ. Any other check proves the
    models or the grain of a table: where it fails, the numbers themselves are wrong.
    """
    names, may_warn = set(known), sorted(lowerable)
    faults = []
    for name, wish in configured.items():
        if name in names and wish == "warn" and name not in may_warn:
            faults.append(
                f"plumbline.yaml: checks.{name}: may not be lowered to warn; those that may: {', '.join(may_warn)}"
            )
        if name not in names:
            near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else "`plumbline status` lists the checks of the last run"
            faults.append(f"plumbline.yaml: checks.{name}: no such check; {hint}")
    if faults:
        raise SettingsError("\n".join(faults))


def judged(results: Sequence[CheckResult], configured: Mapping[str, str]) -> tuple[CheckResult, ...]:
    """The results with plumbline.yaml's word applied: `warn` lets a failure pass as a warning, `block` the reverse.

    A check that could not run is never softened: nobody knows what it would have said.
    """
    verdicts = []
    for result in results:
        wish = configured.get(result.name)
        if wish == "warn" and result.status == "fail":
            verdicts.append(replace(result, severity="warn", status="warn"))
        elif wish == "block" and result.status == "warn":
            verdicts.append(replace(result, severity="error", status="fail"))
        else:
            verdicts.append(result)
    return tuple(verdicts)


def blocking(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The results that stop a version from being published: what failed, and what nobody knows."""
    return tuple(result for result in results if result.status not in ("pass", "warn"))


def failures(results: Iterable[CheckResult], databases: DatabasePair) -> tuple[Failure, ...]:
    """Failed checks with a few offending rows each, read from the run's own databases."""
    wanted = list(results)
    if not wanted:
        return ()
    with databases.open(read_only=True) as connection:
        return tuple(
            Failure(
                check=result.name,
                model=result.model,
                message=result.message or f"{result.failures} rows",
                rows=_sample(connection, result) if result.status != "error" else (),
            )
            for result in wanted
        )


def counted(results: Sequence[CheckResult], connection: duckdb.DuckDBPyConnection) -> CheckCounts:
    """The counts of a version's manifest. `connection` is on the marts file, whose table of tie-outs tells coverage.

    A tie-out that no entity covers counts as not covered, not as passed.
    """
    not_covered = _not_covered(connection)
    warned = [result for result in results if result.status == "warn"]
    return CheckCounts(
        passed=sum(1 for r in results if r.status == "pass" and r.name not in not_covered),
        warned=len(warned),
        failed=len(blocking(results)),
        not_covered=sum(1 for r in results if r.status == "pass" and r.name in not_covered),
        warnings=tuple(CheckWarning(name=r.name, message=r.message or f"{r.failures} rows") for r in warned),
    )


def result_rows(results: Iterable[CheckResult], connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of operations.fct_check_results, in the words that readers see."""
    not_covered = _not_covered(connection)
    return [
        {
            "check_name": result.name,
            "model": result.model,
            "severity": "block" if result.severity == "error" else "warn",
            "status": "not_covered" if result.name in not_covered else _PUBLISHED[result.status],
            "failures": result.failures,
            "message": result.message or None,
        }
        for result in results
    ]


def _not_covered(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        f"select check_name from {TIE_OUTS} group by check_name having bool_and(status = 'not_covered')"
    ).fetchall()
    return {name for (name,) in rows}


def _sample(connection: duckdb.DuckDBPyConnection, result: CheckResult) -> tuple[dict[str, JsonValue], ...]:
    try:
        relation = connection.execute(f"select * from ({result.query}) as offending limit {SAMPLE_ROWS}")
    except duckdb.Error:
        # The test's own SQL ran a moment ago; only a test that is not a select can fail here, and it has no rows.
        return ()
    names = [column[0] for column in relation.description]
    return tuple({name: _plain(value) for name, value in zip(names, row, strict=True)} for row in relation.fetchall())


def _plain(value: Any) -> JsonValue:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
