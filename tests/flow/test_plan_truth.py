"""Budget, forecast and actual, added up over accounts and cost centres, are the sample company's truth to the cent.

Both hierarchies change in the middle of the sample: what was moved counts where it was before, and where it is since.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

from company.settings import Settings
from dashboards.published import current

Key = tuple[str, ...]
Amounts = tuple[Decimal | None, ...]

KEYS = ("period_on", "entity_id", "account_node", "node_type", "node_code")
SIDES = ("actual_local", "budget_local", "forecast_local")


def asked(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    published = current(settings.folders, None)
    assert published is not None
    found: list[tuple[Any, ...]] = published.cursor().sql(sql).fetchall()
    return found


def true_rollup(settings: Settings) -> dict[Key, Amounts]:
    with (settings.folders.root / "sample" / "truth" / "plan_rollup.csv").open(encoding="utf-8") as file:
        return {
            tuple(row[name] for name in KEYS): tuple(Decimal(row[name]) if row[name] else None for name in SIDES)
            for row in csv.DictReader(file)
        }


def published_rollup(settings: Settings) -> dict[Key, Amounts]:
    rows = asked(
        settings, f"select {', '.join(KEYS + SIDES)} from finance.fct_plan_rollup where account_node_type = 'group'"
    )
    return {tuple(str(key) for key in row[: len(KEYS)]): row[len(KEYS) :] for row in rows}


def assert_rollup_is_true(settings: Settings) -> None:
    true, told = true_rollup(settings), published_rollup(settings)
    assert len(true) > 8_000
    assert {key[3] for key in true} == {"cost_centre", "department", "entity"}
    nothing = (Decimal(0), None)
    differences = [
        (key, told.get(key), true.get(key))
        for key in sorted(told.keys() | true.keys())
        if told.get(key) != true.get(key)
        # A row of noughts need not be on either side.
        and not (set(told.get(key, ())) <= set(nothing) and set(true.get(key, ())) <= set(nothing))
    ]
    assert differences == []


def test_a_plan_rolls_up_over_both_hierarchies_as_they_were_in_each_month(sample_company: Settings) -> None:
    """A year that is compared over a re-organisation would blame one manager for what another spent."""
    assert_rollup_is_true(sample_company)


def test_a_plan_of_messy_books_rolls_up_to_what_was_loaded(messy_company: Settings) -> None:
    assert_rollup_is_true(messy_company)


def test_what_was_reorganised_moves_on_its_day(sample_company: Settings) -> None:
    """British product was below operations until September 2025 and is below marketing since."""
    above = asked(
        sample_company,
        "select min(own.period_on), max(own.period_on), parents.node_code from finance.fct_plan_rollup as own"
        " inner join finance.fct_plan_rollup as parents using (entity_id, period_on, account_node_type, account_node)"
        " where own.node_code = 'GB-PRD' and parents.node_code in ('GB-OPS', 'GB-MKT') and account_node = '7000'"
        " and own.actual_local is not null and parents.actual_local = own.actual_local + coalesce((select"
        " -sum(debit_local - credit_local) from finance.fct_journal_lines as lines where lines.month_on = own.period_on"
        " and lines.account_code = '7000' and lines.cost_centre_code = parents.node_code), 0)"
        " group by parents.node_code order by 1",
    )
    assert [(str(first), str(last), code) for first, last, code in above] == [
        ("2023-07-01", "2025-09-01", "GB-OPS"),
        ("2025-10-01", "2026-06-01", "GB-MKT"),
    ]


def test_every_level_adds_up_to_the_result_of_its_entity(sample_company: Settings) -> None:
    """Whoever adds up a level must find the company's result, or the level lost something."""
    levels = {
        "every account": "account_node_type = 'account' and node_type = 'entity'",
        "the top group": "account_node = 'RESULT' and node_type = 'entity'",
        "departments, and what has none": "account_node_type = 'result'"
        " and (node_type = 'department' or node_code = 'none')",
    }
    sums = "period_on, entity_id, sum(actual_local), sum(budget_local), sum(forecast_local), sum(expected_rpt)"
    query = f"select {sums} from finance.fct_plan_rollup where {{0}} group by all order by all"
    results = asked(sample_company, query.format("account_node_type = 'result' and node_type = 'entity'"))
    assert len(results) > 100
    for name, condition in levels.items():
        assert asked(sample_company, query.format(condition)) == results, name


def test_the_forecast_stands_beside_the_budget_it_was_made_from(sample_company: Settings) -> None:
    versions = asked(
        sample_company,
        "select forecast_version, budget_version, min(period_on), max(period_on) from finance.fct_plan_comparison"
        " where forecast_version is not null group by all",
    )
    assert [tuple(map(str, row)) for row in versions] == [
        ("FORECAST-2026-04", "BUDGET-2026", "2026-04-01", "2026-12-01")
    ]
