"""What reminders bring, as the marts measure it, is what the sample company's customers were made to do."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
from demo_company import make_sample_company, publish

from company.settings import Settings
from dashboards.published import current

MEASURED = """
    select dunning_level, sum(reminded_count)::bigint, sum(paid_count)::bigint, sum(compared_count)::bigint,
        sum(compared_paid_count)::bigint, sum(expected_paid_count)
    from finance.fct_reminder_effects where window_days = 14 group by dunning_level order by dunning_level
"""


def truth(settings: Settings) -> list[dict[str, int]]:
    path: Path = settings.folders.root / "sample" / "truth" / "reminders.csv"
    with path.open(encoding="utf-8") as file:
        return [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]


def cursor(settings: Settings) -> duckdb.DuckDBPyConnection:
    published = current(settings.folders, None)
    assert published is not None
    return published.cursor()


def test_every_reminder_is_counted_once_with_what_was_paid_after_it(sample_company: Settings) -> None:
    """A reminder that is lost, or counted for two instalments, makes dunning look better or worse than it is."""
    found = cursor(sample_company).sql(MEASURED).fetchall()
    told = truth(sample_company)
    assert [(row[0], row[1]) for row in found] == [(row["dunning_level"], row["reminded_count"]) for row in told]
    assert sum(row[1] for row in found) > 500
    for row, true in zip(found, told, strict=True):
        # A payment settles the oldest instalment first, whichever the customer meant by it.
        assert abs(row[2] - true["paid_within_14_days_count"]) <= 0.03 * true["reminded_count"]


def test_the_list_shows_reminders_and_broken_promises(sample_company: Settings) -> None:
    broken, awaited, silent = (
        cursor(sample_company)
        .sql(
            "select count(*) filter (where is_promise_broken), count(*) filter (where not is_promise_broken),"
            " count(*) filter (where reminders_count = 0) from finance.fct_collections"
        )
        .fetchall()[0]
    )
    assert broken > 0
    assert awaited >= 0
    assert silent > 0


@pytest.mark.deep
def test_the_measured_effect_is_the_one_that_reminders_have(tmp_path: Path) -> None:
    """At full size a step's effect is found within what its number of invoices allows: two standard errors."""
    settings = make_sample_company(tmp_path / "company", scale=1)
    publish(settings)
    found = {row[0]: row[1:] for row in cursor(settings).sql(MEASURED).fetchall()}
    for true in truth(settings)[:2]:
        reminded, _, compared, paid, expected = found[true["dunning_level"]]
        effect = (true["paid_within_14_days_count"] - true["would_have_paid_count"]) / reminded
        # As many held back as a third of those reminded: the error of a difference of shares, at most 1/2 each.
        error = (0.25 / compared + 0.25 / (compared / 3)) ** 0.5
        assert abs((paid - expected) / compared - effect) < 2 * error
        assert effect > 2 * error, "an effect that the sample is large enough to show"
