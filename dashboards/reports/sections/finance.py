"""Sections on the books: the three statements, and budgets by cost centre and account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dashboards import answers, narrative, statements
from dashboards.reading import Reading
from dashboards.reports.content import Column, Section, Table, amounts_chart, cards, table
from dashboards.reports.sections.registry import Brief, kind
from dashboards.statements import Row

ZERO = Decimal(0)


@kind("Profit and loss")
def profit_and_loss(brief: Brief) -> Section:
    """The profit and loss of the period beside its comparison, with subtotals."""
    reading = brief.reading
    metrics = brief.metrics("net_revenue", "gross_margin", "contribution_margin", "operating_margin")
    sentences = [answers.moved(reading, metric) for metric in metrics if reading.has(metric)]
    rows = statements.profit_and_loss(reading)
    return _statement(brief, "profit_and_loss", narrative.together(sentences, reading.display), rows, metrics)


@kind("Balance sheet")
def balance_sheet(brief: Brief) -> Section:
    """Assets, liabilities and equity at the end of the period and of its comparison."""
    reading, say = brief.reading, brief.reading.display.say
    rows = statements.balance_sheet(reading)
    assets = next((row for row in rows if row.is_total), None)
    sentence = ""
    if assets is not None:
        sentence = say(
            "Assets of {now} on {day}, {before} a period before.",
            now=reading.display.short(assets.now, "money"),
            day=reading.display.day(reading.filters.now.last),
            before=reading.display.short(assets.before, "money"),
        )
    return _statement(brief, "balance_sheet", sentence, rows, ())


@kind("Cash flow")
def cash_flow(brief: Brief) -> Section:
    """The cash flow statement by the indirect method."""
    reading, say = brief.reading, brief.reading.display.say
    rows = statements.cash_flow(reading, "indirect")
    sentence = say("Cash changed by {amount}.", amount=reading.display.short(rows[-1].now, "money"))
    return _statement(brief, "cash_flow", sentence, rows, ())


@kind("Cost against budget")
def budget(brief: Brief) -> Section:
    """Actual against budget by cost centre and by line of the statement, the newest budget version."""
    reading, say = brief.reading, brief.reading.display.say
    centres = _variances(reading, "coalesce(centres.name, budget.cost_centre_code)")
    lines = [row | {"name": say(row["name"])} for row in _variances(reading, "budget.statement_line")]
    if not centres:
        return Section("budget", brief.title(), say("No budget covers this period."), says_something=False)
    spent = sum((row["actual"] for row in centres), ZERO)
    planned = sum((row["budget"] for row in centres), ZERO)
    over = [row for row in centres if row["actual"] > row["budget"]]
    sentence = reading.display.say_count(
        "Cost of {spent} against a budget of {planned}; {count} of {total} cost centres is above its own.",
        "Cost of {spent} against a budget of {planned}; {count} of {total} cost centres are above theirs.",
        len(over),
        spent=reading.display.short(spent, "money"),
        planned=reading.display.short(planned, "money"),
        total=reading.display.plain(len(centres)),
    )
    worst = sorted(centres, key=lambda row: (-abs(row["actual"] - row["budget"]), row["name"]))[:8]
    differences = {row["name"]: row["budget"] - row["actual"] for row in worst}
    title = say("Below (+) or above (−) budget by cost centre")
    return Section(
        "budget",
        brief.title(),
        sentence,
        charts=(amounts_chart(reading, differences, key="budget", title=title, signed=True),),
        tables=(
            _budget_table(reading, say("By cost centre"), say("Cost centre"), centres, key="cost_centres"),
            *_with_below(reading),
            _budget_table(reading, say("By line"), say("Line"), lines, key="cost_lines"),
        ),
    )


@kind("What was bought")
def largest_spend(brief: Brief) -> Section:
    """What was bought from whom in the period, largest first."""
    reading, say = brief.reading, brief.reading.display.say
    found = reading.rows(
        "select coalesce(vendors.name, '(none)') as name, spend.category, sum(spend.net_rpt) as amount"
        " from finance.fct_spend_monthly as spend"
        " left join common.dim_vendors as vendors on spend.vendor_id = vendors.vendor_id"
        " where spend.month_on between $first and $last and not spend.is_intercompany"
        " and ($centres is null or list_contains($centres, spend.cost_centre_code))"
        " and ($departments is null or list_contains($departments, spend.department_code))"
        " group by vendors.name, spend.category order by amount desc nulls last, vendors.name limit $most",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        centres=reading.filters.where.get("cost_centre_code"),
        departments=reading.filters.where.get("department_code"),
        most=brief.rows(12),
    ).to_pylist()
    rows = [(row["name"], row["category"], row["amount"]) for row in found]
    columns = [Column(say("Vendor")), Column(say("Category")), Column(say("Amount"), "money")]
    return Section(
        "largest_spend",
        brief.title(),
        say("{name} was paid most: {amount}.", name=rows[0][0], amount=reading.display.short(rows[0][2], "money"))
        if rows
        else say("Nothing was bought in this period."),
        tables=(table(reading, key="spend", title=say("Largest vendors"), columns=columns, rows=rows),),
        says_something=bool(rows),
    )


def _statement(brief: Brief, key: str, sentence: str, rows: list[Row], metrics: tuple[str, ...]) -> Section:
    reading, say = brief.reading, brief.reading.display.say
    shown = table(
        reading,
        key=key,
        title=answers.span_words(reading, reading.filters.now),
        columns=[
            Column(say("Line")),
            Column(say("Now"), "money"),
            Column(say(reading.filters.comparison_words.capitalize()), "money"),
            Column(say("Change"), "money"),
        ],
        rows=[(say(row.line), row.now, row.before, row.change) for row in rows],
        totals=[place for place, row in enumerate(rows) if row.is_total],
    )
    return Section(key, brief.title(), sentence, cards=cards(reading, metrics), tables=(shown,), starts_page=True)


def _variances(reading: Reading, by: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reading.rows(
        f"select {by} as name, sum(budget.actual_rpt) as actual, sum(budget.budget_rpt) as budget"
        " from finance.fct_budget_variance as budget"
        " left join common.dim_cost_centres as centres on budget.cost_centre_code = centres.cost_centre_code"
        " where budget.class = 'expense' and budget.is_budgeted and budget.period_on between $first and $last"
        " and budget.budget_version = (select max(budget_version) from finance.fct_budget_variance"
        " where period_on = $last_month and is_budgeted)"
        " and ($centres is null or list_contains($centres, budget.cost_centre_code))"
        " and ($entities is null or list_contains($entities, budget.entity_id))"
        " group by all order by actual desc, name",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        last_month=reading.filters.now.last.replace(day=1),
        centres=reading.filters.where.get("cost_centre_code"),
        entities=reading.entities,
    ).to_pylist()
    return rows


def _budget_table(reading: Reading, title: str, label: str, rows: list[dict[str, Any]], *, key: str) -> Any:
    say = reading.display.say
    cells: list[tuple[Any, ...]] = [
        (row["name"], row["actual"], row["budget"], row["actual"] - row["budget"], _part(row["actual"], row["budget"]))
        for row in rows
    ]
    spent, planned = (sum((row[name] for row in rows), ZERO) for name in ("actual", "budget"))
    cells.append((say("All"), spent, planned, spent - planned, _part(spent, planned)))
    return table(
        reading,
        key=key,
        title=title,
        columns=[
            Column(label),
            Column(say("Actual"), "money"),
            Column(say("Budget"), "money"),
            Column(say("Above budget"), "money"),
            Column(say("Used"), "ratio"),
        ],
        rows=cells,
        totals=[len(cells) - 1],
    )


def _with_below(reading: Reading) -> tuple[Table, ...]:
    """Cost centres that others are below of, with everything below them, as organised in each month; none has none."""
    if not reading.holds("finance.fct_plan_rollup", "finance.fct_plan_comparison"):
        return ()
    say = reading.display.say
    found = reading.rows(
        "with budgeted as (select distinct entity_id, account_code from finance.fct_budget_variance where is_budgeted),"
        " own as (select plans.cost_centre_code, sum(plans.actual_rpt) as actual, sum(plans.budget_rpt) as budget"
        " from finance.fct_plan_comparison as plans inner join budgeted using (entity_id, account_code)"
        " where class = 'expense' and period_on between $first and $last"
        " and ($entities is null or list_contains($entities, plans.entity_id)) group by all),"
        " whole as (select plans.cost_centre_code, -sum(plans.actual_rpt) as actual, -sum(plans.budget_rpt) as budget,"
        " case when count(plans.forecast_rpt) = count(*) then -sum(plans.forecast_rpt) end as forecast"
        " from finance.fct_plan_rollup as plans inner join budgeted on plans.entity_id = budgeted.entity_id"
        " and plans.account_node = budgeted.account_code where account_node_type = 'account' and class = 'expense'"
        " and node_type = 'cost_centre' and period_on between $first and $last"
        " and ($centres is null or list_contains($centres, plans.cost_centre_code))"
        " and ($entities is null or list_contains($entities, plans.entity_id)) group by plans.cost_centre_code)"
        " select coalesce(centres.name, whole.cost_centre_code) as name, whole.actual, whole.budget, whole.forecast"
        " from whole left join own using (cost_centre_code)"
        " left join common.dim_cost_centres as centres using (cost_centre_code)"
        " where whole.budget is not null and (whole.actual <> coalesce(own.actual, 0)"
        " or whole.budget <> coalesce(own.budget, 0)) order by whole.actual desc, name",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        centres=reading.filters.where.get("cost_centre_code"),
        entities=reading.entities,
    ).to_pylist()
    if not found:
        return ()
    shown = table(
        reading,
        key="cost_centres_with_below",
        title=say("With the cost centres below them"),
        columns=[
            Column(say("Cost centre")),
            Column(say("Actual"), "money"),
            Column(say("Budget"), "money"),
            Column(say("Above budget"), "money"),
            Column(say("Forecast"), "money"),
        ],
        rows=[(r["name"], r["actual"], r["budget"], r["actual"] - r["budget"], r["forecast"]) for r in found],
    )
    return (shown,)


def _part(actual: Decimal, planned: Decimal) -> Decimal | None:
    return actual / planned if planned else None
