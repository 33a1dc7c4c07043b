"""Budget against actual: where the plan is missed, by line, cost centre and month, and where the year ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from dashboards.filters import Range, months_before
from dashboards.reading import Reading

ZERO = Decimal(0)
_SCOPE = (
    " period_on between $first and $last and ($entities is null or list_contains($entities, entity_id))"
    " and ($centres is null or list_contains($centres, budget.cost_centre_code))"
)

# A plan that covers a part of the months would be compared with the whole of what was posted.
_SIDES = (
    " cast(sum(actual_rpt) as decimal(18, 2)) as actual_rpt,"
    " case when count(budget_rpt) = count(*) then cast(sum(budget_rpt) as decimal(18, 2)) end as budget_rpt,"
    " case when count(budget_rpt) = count(*) then cast(sum(actual_rpt - budget_rpt) as decimal(18, 2)) end"
    " as better_rpt,"
    " case when count(forecast_rpt) = count(*) then cast(sum(forecast_rpt) as decimal(18, 2)) end as forecast_rpt,"
    " case when count(forecast_rpt) = count(*) then cast(sum(actual_rpt - forecast_rpt) as decimal(18, 2)) end"
    " as better_than_forecast_rpt"
)


@dataclass(frozen=True, slots=True)
class Sides:
    """What was planned and what came of it, income less costs, budgeted accounts only."""

    actual: Decimal
    budget: Decimal

    @property
    def variance(self) -> Decimal:
        """Positive where the result is better than planned."""
        return self.actual - self.budget


@dataclass(frozen=True, slots=True)
class Pace:
    """The result of budgeted accounts since the first month of a range, added up month by month."""

    months: tuple[date, ...]
    actual: tuple[Decimal | None, ...]
    budget: tuple[Decimal | None, ...]


def sides(reading: Reading, over: Range | None = None) -> Sides | None:
    """Budget and actual over a range; None where nothing is budgeted."""
    rows = _by(reading, "1", over)
    if not rows:
        return None
    return Sides(sum((row[1] for row in rows), ZERO), sum((row[2] for row in rows), ZERO))


def by_line(reading: Reading) -> dict[str, Decimal]:
    """How much better (positive) or worse than planned each statement line did, the worst first."""
    rows = {str(line): actual - budget for line, actual, budget in _by(reading, "statement_line")}
    return dict(sorted(rows.items(), key=lambda row: (row[1], row[0])))


def pace(reading: Reading, over: Range) -> Pace:
    """Actual and budget by month, added up from the first month of the range."""
    table = reading.rows(
        "select period_on, sum(case when class = 'revenue' then actual_rpt else -actual_rpt end) as actual,"
        " sum(case when class = 'revenue' then budget_rpt else -budget_rpt end) as budget"
        f" from finance.fct_budget_variance as budget where is_budgeted and {_SCOPE}"
        " group by period_on order by period_on",
        **_values(reading, over),
    )
    found = {row["period_on"]: row for row in table.to_pylist()}
    months, actual, budget = [], [], []
    spent, planned = ZERO, ZERO
    month_on = over.first.replace(day=1)
    while month_on <= over.last:
        row = found.get(month_on)
        spent, planned = (spent + row["actual"], planned + row["budget"]) if row else (spent, planned)
        months.append(month_on)
        actual.append(spent if row else None)
        budget.append(planned if row else None)
        month_on = months_before(month_on, -1)
    return Pace(tuple(months), tuple(actual), tuple(budget))


def rows(reading: Reading, *, budgeted: bool) -> pa.Table:
    """One row per statement line and cost centre of budgeted accounts, or of those that no budget plans.

    actual_rpt, budget_rpt, better_rpt (more income or less cost than planned), the worst first.
    """
    return reading.rows(
        "select statement_line, coalesce(centres.name, budget.cost_centre_code) as cost_centre,"
        " cast(sum(actual_rpt) as decimal(18, 2)) as actual_rpt,"
        " cast(sum(budget_rpt) as decimal(18, 2)) as budget_rpt,"
        " cast(sum(case when class = 'revenue' then actual_rpt - budget_rpt else budget_rpt - actual_rpt end)"
        " as decimal(18, 2)) as better_rpt"
        " from finance.fct_budget_variance as budget left join common.dim_cost_centres as centres"
        f" using (cost_centre_code) where is_budgeted = $budgeted and {_SCOPE}"
        " group by statement_line, coalesce(centres.name, budget.cost_centre_code)"
        " having sum(actual_rpt) <> 0 or sum(budget_rpt) <> 0 order by better_rpt, statement_line, cost_centre",
        budgeted=budgeted,
        **_values(reading, None),
    )


def outlook(reading: Reading) -> pa.Table:
    """Where the newest budgeted fiscal year ends, per entity in its currency: at this pace, or on plan from now."""
    return reading.rows(
        "select entity_id, fiscal_year, statement_line, max(months_elapsed) as months_elapsed,"
        " sum(actual_to_date_local) as actual_to_date_local, sum(budget_to_date_local) as budget_to_date_local,"
        " sum(budget_year_local) as budget_year_local, sum(run_rate_outlook_local) as run_rate_outlook_local,"
        " sum(remaining_budget_outlook_local) as remaining_budget_outlook_local"
        " from finance.fct_budget_outlook where fiscal_year = (select max(fiscal_year) from finance.fct_budget_outlook)"
        " and ($entities is null or list_contains($entities, entity_id))"
        " group by entity_id, fiscal_year, statement_line order by entity_id, statement_line",
        entities=reading.entities,
    )


def by_group(reading: Reading) -> pa.Table:
    """One row per group of accounts, highest first: actual, budget and forecast, income less costs.

    A side that does not cover every month of the range is empty. With departments chosen, of these; else of entities.
    """
    return reading.rows(
        "select account_name," + _SIDES + " from finance.fct_plan_rollup"
        " where account_node_type in ('group', 'result') and period_on between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id))"
        " and case when $departments is null then node_type = 'entity'"
        " else list_contains($departments, department_code) end"
        " group by account_node_type, account_node, account_name"
        " order by account_node_type desc, abs(sum(actual_rpt)) desc, account_name",
        **_scope(reading),
    )


def by_node(reading: Reading) -> pa.Table:
    """One row per department and cost centre with everything below it, as organised in each month, the worst first."""
    return reading.rows(
        "select coalesce(centres.name, departments.name, node_code) as node,"
        " case node_type when 'department' then 'Department' else 'Cost centre' end as level,"
        + _SIDES
        + " from finance.fct_plan_rollup as plans"
        " left join common.dim_cost_centres as centres on plans.cost_centre_code = centres.cost_centre_code"
        " left join common.dim_departments as departments on plans.department_code = departments.department_code"
        " where account_node_type = 'result' and node_type <> 'entity' and node_code <> 'none'"
        " and period_on between $first and $last and ($entities is null or list_contains($entities, entity_id))"
        " and ($departments is null or list_contains($departments, plans.department_code)"
        " or list_contains($departments, centres.department_code))"
        " group by node_type, node_code, node, level order by node_type desc, better_rpt nulls last, node",
        **_scope(reading),
    )


def expected_year(reading: Reading) -> pa.Table:
    """Where the fiscal year of the range ends, by entity and line, in its currency: actual, then plan."""
    return reading.rows(
        "with years as (select month_on, min(fiscal_year) as fiscal_year from common.dim_dates group by month_on)"
        " select plans.entity_id, years.fiscal_year, plans.statement_line, sum(plans.budget_local) as budget_local,"
        " sum(plans.expected_local) as expected_local,"
        " sum(case plans.class when 'revenue' then plans.expected_local - plans.budget_local"
        " else plans.budget_local - plans.expected_local end) as better_local"
        " from finance.fct_plan_comparison as plans inner join years on plans.period_on = years.month_on"
        " where years.fiscal_year = (select fiscal_year from years where month_on = $month)"
        " and plans.budget_local is not null and ($entities is null or list_contains($entities, plans.entity_id))"
        " group by all having sum(plans.budget_local) <> 0"
        " order by plans.entity_id, better_local, plans.statement_line",
        month=reading.filters.now.last.replace(day=1),
        entities=reading.entities,
    )


def centres(reading: Reading) -> dict[str, str]:
    """Code and name of every cost centre that a budget or a posting names."""
    table = reading.rows(
        "select distinct budget.cost_centre_code as code, coalesce(centres.name, budget.cost_centre_code) as name"
        " from finance.fct_budget_variance as budget left join common.dim_cost_centres as centres"
        " using (cost_centre_code) where budget.cost_centre_code is not null order by name"
    )
    return {row["code"]: row["name"] for row in table.to_pylist()}


def headline(reading: Reading) -> str:
    """How far the result is from its plan, and the lines that take it furthest down and up."""
    found = sides(reading)
    if found is None or found.budget == 0:
        return "No budget is loaded for this period: drop a budget file, and it is compared here."
    display = reading.display
    size = display.short(abs(found.variance), "money")
    way = "better than" if found.variance > 0 else "worse than" if found.variance < 0 else "exactly on"
    lines = by_line(reading)
    worst, best = next(iter(lines.items())), list(lines.items())[-1]
    parts = []
    if worst[1] < 0:
        parts.append(f"{worst[0]} \N{MINUS SIGN}{display.short(-worst[1], 'money')}")
    if best[1] > 0:
        parts.append(f"{best[0]} +{display.short(best[1], 'money')}")
    plan = display.short(found.budget, "money")
    said = (
        f"The budgeted accounts came out {size} {way} the plan of {plan}"
        if found.variance
        else f"On the plan of {plan}"
    )
    return f"{said}: {', '.join(parts)}." if parts else f"{said}."


def _by(reading: Reading, column: str, over: Range | None = None) -> list[tuple[str, Decimal, Decimal]]:
    table = reading.rows(
        f"select {column} as member, cast(sum(case when class = 'revenue' then actual_rpt else -actual_rpt end)"
        " as decimal(38, 2)) as actual, cast(sum(case when class = 'revenue' then budget_rpt else -budget_rpt end)"
        " as decimal(38, 2)) as budget from finance.fct_budget_variance as budget"
        f" where is_budgeted and {_SCOPE} group by member",
        **_values(reading, over),
    )
    return [(row["member"], row["actual"], row["budget"]) for row in table.to_pylist()]


def _scope(reading: Reading) -> dict[str, object]:
    span = reading.filters.now
    departments = reading.filters.where.get("department_code")
    return {"first": span.first, "last": span.last, "entities": reading.entities, "departments": departments}


def _values(reading: Reading, over: Range | None) -> dict[str, object]:
    span = over or reading.filters.now
    departments = reading.filters.where.get("department_code")
    centres_of: tuple[str, ...] | None = None
    if departments:
        table = reading.rows(
            "select cost_centre_code from common.dim_cost_centres where list_contains($departments, department_code)",
            departments=departments,
        )
        centres_of = tuple(table["cost_centre_code"].to_pylist()) or ("",)
    return {"first": span.first, "last": span.last, "entities": reading.entities, "centres": centres_of}
