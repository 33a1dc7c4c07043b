"""Sections on cash: the weeks ahead, what is on the banks, what customers owe, what falls due."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from dashboards import cash_answers
from dashboards.reading import Reading
from dashboards.reports.content import Column, Section, amounts_chart, cards, outlook_chart, table
from dashboards.reports.sections.registry import Brief, kind

ZERO = Decimal(0)


@kind("What cash comes next")
def cash_outlook(brief: Brief) -> Section:
    """Where cash stands in thirteen weeks, and the lowest week on the way."""
    reading, say = brief.reading, brief.reading.display.say
    metrics = brief.metrics("cash_balance", "projected_minimum_cash", "receivables_open", "receivables_overdue")
    return Section(
        "cash_outlook",
        brief.title(),
        cash_answers.cash_headline(reading),
        cards=cards(reading, metrics),
        charts=(outlook_chart(reading, key="outlook", title=say("Cash outlook, thirteen weeks")),),
    )


@kind("Who owes most past due")
def overdue_customers(brief: Brief) -> Section:
    """The customers with most past due, and the sum of all."""
    reading, say = brief.reading, brief.reading.display.say
    overdue = reading.value("receivables_overdue")
    shown = _overdue(reading, brief.rows(8))
    return Section(
        "overdue_customers",
        brief.title(),
        say("Customers owe {amount} past due.", amount=reading.display.short(overdue, "money")),
        tables=(shown,),
        says_something=bool(shown.rows),
    )


@kind("On the banks")
def bank_balances(brief: Brief) -> Section:
    """Each bank account at its newest balance, in its own currency and in the company's, and the sum."""
    reading, say = brief.reading, brief.reading.display.say
    found = reading.rows(
        "select bank_account_id, entity_id, currency, balance_doc, balance_rpt, as_of_on"
        " from finance.fct_bank_balances where ($entities is null or list_contains($entities, entity_id))"
        " qualify row_number() over (partition by bank_account_id order by month_on desc) = 1"
        " order by balance_rpt desc nulls last, bank_account_id",
        entities=reading.entities,
    ).to_pylist()
    total = sum((row["balance_rpt"] or ZERO for row in found), ZERO)
    rows: list[tuple[Any, ...]] = [
        (
            row["bank_account_id"].split(":", 1)[-1],
            row["entity_id"],
            row["currency"],
            row["balance_doc"],
            row["balance_rpt"],
            row["as_of_on"],
        )
        for row in found
    ]
    rows.append((say("All"), None, None, None, total, None))
    sentence = reading.display.say_count(
        "The banks state {amount} on {count} account.",
        "The banks state {amount} on {count} accounts.",
        len(found),
        amount=reading.display.short(total, "money"),
    )
    columns = [Column(say("Account")), Column(say("Entity")), Column(say("Currency")),
               Column(say("In its currency"), "amount"), Column(say("Balance"), "money"),
               Column(say("As of"))]  # fmt: skip
    banks = table(reading, key="banks", title=say("Bank accounts"), columns=columns, rows=rows, totals=[len(rows) - 1])
    return Section(
        "bank_balances",
        brief.title(),
        sentence if found else say("No bank statement has been loaded."),
        tables=(banks,) if found else (),
        says_something=bool(found),
    )


@kind("What customers owe")
def collections(brief: Brief) -> Section:
    """Open receivables by age, who owes most past due and which reminder is next."""
    reading, say = brief.reading, brief.reading.display.say
    ages = {say(name): amount for name, amount in cash_answers.ageing(reading, "receivable").items()}
    steps = reading.rows(
        "select coalesce(dunning_name, 'Before the first reminder') as step, count(*) as items,"
        " sum(open_rpt) as amount from finance.fct_collections"
        " where ($entities is null or list_contains($entities, entity_id))"
        " group by dunning_level, dunning_name order by dunning_level nulls first",
        entities=reading.entities,
    ).to_pylist()
    overdue = sum((row["amount"] or ZERO for row in steps), ZERO)
    items = sum(row["items"] for row in steps)
    sentence = reading.display.say_count(
        "{count} instalment of {amount} is past due.",
        "{count} instalments of {amount} are past due.",
        items,
        amount=reading.display.short(overdue, "money"),
    )
    return Section(
        "collections",
        brief.title(),
        sentence if steps else say("Nothing is past due."),
        cards=cards(reading, brief.metrics("receivables_open", "receivables_overdue", "days_sales_outstanding")),
        charts=(amounts_chart(reading, ages, key="ages", title=say("Open receivables by age")),),
        tables=(
            _overdue(reading, brief.rows(12)),
            table(
                reading,
                key="dunning",
                title=say("Reminders that are due"),
                columns=[Column(say("Step")), Column(say("Instalments"), "count"), Column(say("Overdue"), "money")],
                rows=[(say(row["step"]), row["items"], row["amount"]) for row in steps],
            ),
        ),
        says_something=bool(steps),
    )


@kind("The next seven days")
def due_soon(brief: Brief) -> Section:
    """What falls due within seven days: the largest invoices to come in and bills to be paid, and both sums."""
    reading, say = brief.reading, brief.reading.display.say
    parts = {side: _due(reading, side, most=brief.rows(8)) for side in ("receivable", "payable")}
    sums = {side: rows[0]["total"] if rows else ZERO for side, rows in parts.items()}
    sentence = say(
        "Within seven days {receipts} fall due from customers and {payments} to vendors.",
        receipts=reading.display.short(sums["receivable"], "money"),
        payments=reading.display.short(sums["payable"], "money"),
    )
    titles = {"receivable": say("Largest invoices due"), "payable": say("Largest bills due")}
    names = {"receivable": say("Customer"), "payable": say("Vendor")}
    return Section(
        "due_soon",
        brief.title(),
        sentence,
        tables=tuple(
            table(
                reading,
                key=f"due_{side}",
                title=titles[side],
                columns=[
                    Column(names[side]),
                    Column(say("Document")),
                    Column(say("Due")),
                    Column(say("Open"), "money"),
                ],
                rows=[
                    (row["name"], str(row["document_id"]).split(":")[-1], row["due_on"], row["open_rpt"])
                    for row in rows
                ],
            )
            for side, rows in parts.items()
        ),
        says_something=any(parts.values()),
    )


def _overdue(reading: Reading, most: int) -> Any:
    say = reading.display.say
    found = cash_answers.overdue_customers(reading, most=most)
    return table(
        reading,
        key="overdue",
        title=say("Who owes most past due"),
        columns=[
            Column(say("Customer")),
            Column(say("Overdue"), "money"),
            Column(say("Oldest, days late"), "count"),
        ],
        rows=[(row["customer"], row["overdue"], row["oldest_days"]) for row in found.to_pylist()],
    )


def _due(reading: Reading, side: str, *, most: int) -> list[dict[str, Any]]:
    """Open items that fall due within seven days, largest first; `total` is the sum of all of them."""
    party, names = {
        "receivable": ("customer_id", "common.dim_customers"),
        "payable": ("vendor_id", "common.dim_vendors"),
    }[side]
    as_of = reading.manifest.as_of
    rows: list[dict[str, Any]] = reading.rows(
        f"select parties.name, items.document_id, items.due_on, items.open_rpt,"
        " sum(items.open_rpt) over () as total"
        f" from finance.fct_{side}_items as items left join {names} as parties on items.{party} = parties.{party}"
        " where items.open_rpt > 0 and items.due_on between $first and $last"
        " and ($entities is null or list_contains($entities, items.entity_id))"
        " order by items.open_rpt desc, items.document_id limit $most",
        first=as_of,
        last=as_of + timedelta(days=7),
        entities=reading.entities,
        most=most,
    ).to_pylist()
    return rows
