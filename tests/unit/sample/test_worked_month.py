"""docs/worked-month.md is right: it balances, the sample posts so, and the project publishes its figures."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from worked_month import (
    BILLS,
    DOCUMENT_CODES,
    FIRST,
    INVOICES,
    LAST,
    LOCAL,
    MOVES,
    PAYMENTS,
    POSTED_ON,
    PageLine,
    local,
    page_figures,
    page_lines,
    write_company,
)

from pipelines.sample import company as c
from pipelines.sample.arrays import day_number
from pipelines.sample.collecting import Collections
from pipelines.sample.columns import ENTITY_CODES
from pipelines.sample.dunning import Dunning
from pipelines.sample.invoicing import Billing
from pipelines.sample.paying import Disbursements
from pipelines.sample.postings import DOCUMENTS, Events
from pipelines.sample.purchase_postings import post_bill_payments, post_bills, post_deliveries
from pipelines.sample.purchasing import Purchases
from pipelines.sample.sales_postings import post_credit_notes, post_invoices, post_payments

ENTITY = {"FI01": c.FI01, "GB01": c.GB01}


def balance(*accounts: int) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in page_lines():
        found[line.entity] += (line.debit - line.credit) * (line.account in accounts)
    return found


def test_every_journal_of_the_page_balances() -> None:
    totals: dict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
    for line in page_lines():
        totals[line.entity, line.document, line.number] += line.debit - line.credit
    assert (
        len(totals) == 2 + 4 + 4 + 1 + 1 + 2 + 3 + 1
    )  # opening, deliveries, invoices, receipt, credit, bills, payments
    assert set(totals.values()) == {Decimal(0)}


def test_the_balances_of_the_page_are_those_of_its_accounts() -> None:
    figures = page_figures()
    for name, accounts, sign in (
        ("Receivables", (1500, 1510), 1),
        ("Payables", (2400, 2410), -1),
        ("Cash", (1910,), 1),
        ("Inventory", (1400,), 1),
    ):
        found = balance(*accounts)
        assert figures[name] == {"FI01, EUR": sign * found["FI01"], "GB01, GBP": sign * found["GB01"]}, name


def test_the_figures_of_the_page_are_those_of_its_accounts() -> None:
    figures = page_figures()
    revenue, cost = balance(3000), balance(4000)
    assert figures["Revenue"] == {
        "FI01, EUR": -revenue["FI01"],
        "GB01, GBP": -revenue["GB01"],
        "GB01, EUR": -revenue["GB01"] * Decimal("1.25"),
        "Group, EUR": -revenue["FI01"] - revenue["GB01"] * Decimal("1.25"),
    }
    assert figures["Cost"]["FI01, EUR"] == cost["FI01"]
    assert figures["Cost"]["GB01, GBP"] == cost["GB01"]
    for column in figures["Margin"]:
        assert figures["Margin"][column] == figures["Revenue"][column] - figures["Cost"][column], column


def cents(amount: str | Decimal) -> int:
    return int(Decimal(amount) * 100)


def frame(rows: list[dict[str, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema_overrides={name: pl.Int64 for row in rows for name in row})


def sample_events() -> Events:
    """The page's documents as the events that the sample posts. What is not posted here stays empty."""
    number = {code: at for at, code in enumerate(c.CURRENCIES)}
    invoices, invoice_lines = [], []
    for at, (no, entity, party, day, currency, rate, net, tax, cost, _) in enumerate(INVOICES):
        buyer = c.GB01 if party == 203 else -1
        head = {
            "invoice": at,
            "entity": ENTITY[entity],
            "day": day_number(day),
            "number": no,
            "currency": number[currency],
            "customer": party,
            "buyer": buyer,
            "gross": cents(net) + cents(tax),
            "tax": cents(tax),
            "gross_local": cents(local(net, rate)) + cents(local(tax, rate)),
            "tax_local": cents(local(tax, rate)),
        }
        line = {
            "invoice": at,
            "account": c.SALES_IC if buyer >= 0 else c.SALES_GOODS,
            "net": cents(net),
            "net_local": cents(local(net, rate)),
            "department": c.SAL,
            "item": 1,
            "project": -1,
            "cost": cents(cost),
            "line_type": 0,
            "cost_account": c.COST_IC if buyer >= 0 else c.COST_GOODS,
        }
        invoices.append(head)
        invoice_lines.append(line)
    credit = {
        "credit": 0,
        "entity": c.FI01,
        "day": day_number(POSTED_ON[9501]),
        "number": 9501,
        "currency": 0,
        "customer": 201,
        "gross": 25100,
        "gross_local": 25100,
        "tax": 5100,
        "tax_local": 5100,
    }
    credit_line = {
        "credit": 0,
        "account": c.SALES_GOODS,
        "net": 20000,
        "net_local": 20000,
        "department": c.SAL,
        "item": 1,
        "project": -1,
        "cost": 12000,
        "cost_account": c.COST_GOODS,
    }
    payments = [
        {
            "entity": c.FI01,
            "day": day_number(day),
            "number": no,
            "bank_account": 1910,
            "amount": cents(amount),
            "currency": number[currency],
            "amount_local": cents(local(amount, rate)),
            "discount": 0,
            "discount_local": 0,
            "exchange": cents(gain),
            "customer": party,
            "buyer": c.GB01 if party == 203 else -1,
        }
        for no, party, day, currency, rate, amount, _, _, gain in PAYMENTS
    ]
    deliveries = [
        {"entity": ENTITY[entity], "delivered": day_number(day), "delivery": document, "cost": -cents(value), "item": 1}
        for entity, day, _, value, kind, document in MOVES
        if kind == "ISSUE"
    ]
    (received,) = [row for row in MOVES if row[4] == "RECEIPT"]
    bills, bill_lines = [], []
    for at, (no, entity, vendor, day, currency, rate, net, tax, account) in enumerate(BILLS):
        bills.append(
            {
                "bill": at,
                "entity": ENTITY[entity],
                "day": day_number(day),
                "number": no,
                "currency": number[currency],
                "vendor": vendor,
                "partner": c.FI01 if vendor == 702 else -1,
                "gross": cents(net) + cents(tax),
                "tax": cents(tax),
                "gross_local": cents(local(net, rate)) + cents(local(tax, rate)),
                "tax_local": cents(local(tax, rate)),
            }
        )
        bill_lines.append(
            {
                "bill": at,
                "account": account,
                "net": cents(net),
                "net_local": cents(local(net, rate)),
                "item": -1,
                "accrued": cents(received[3]) if account == c.RECEIVED else 0,
                "department": c.ADM,
            }
        )
    paid = {
        "entity": c.GB01,
        "day": day_number(POSTED_ON[2001]),
        "number": 2001,
        "bank_account": 1910,
        "amount": 60000,
        "currency": 0,
        "amount_local": 48000,
        "discount": 0,
        "discount_local": 0,
        "exchange": 2000,
        "vendor": 702,
        "partner": c.FI01,
    }
    order = {"purchase": 0, "receipt": 5001}
    line = {
        "purchase": 0,
        "entity": c.GB01,
        "vendor": 702,
        "received": day_number(received[1]),
        "item": 1,
        "value": cents(received[3]),
    }
    counted = {"entity": 0, "day": 0, "number": 0, "item": 0, "amount": 0}
    empty = pl.DataFrame()
    return Events(
        orders=empty,
        order_lines=empty,
        deliveries=frame(deliveries),
        billing=Billing(frame(invoices), frame(invoice_lines), frame([credit]), frame([credit_line])),
        collections=Collections(empty, frame(payments), empty, empty, Dunning(empty, empty)),
        purchases=Purchases(frame([order]), frame([line]), frame(bills), frame(bill_lines)),
        disbursements=Disbursements(frame([paid]), empty),
        by_hand=None,  # type: ignore[arg-type]
        treasury=None,  # type: ignore[arg-type]  # nothing of it is posted here
        stock_differences=frame([counted]),
    )


def test_the_sample_posts_these_documents_as_the_page_does() -> None:
    events, span = sample_events(), (day_number(FIRST), day_number(LAST))
    steps = (post_invoices, post_credit_notes, post_payments, post_deliveries, post_bills, post_bill_payments)
    posted = pl.concat([part for step in steps for part in step(events, *span)])
    found = [
        PageLine(
            ENTITY_CODES[row["entity"]],
            DOCUMENTS[row["document"]],
            row["number"],
            row["account"],
            Decimal(max(row["amount"], 0)) / 100,
            Decimal(max(-row["amount"], 0)) / 100,
        )
        for row in posted.to_dicts()
    ]
    assert sorted(found) == sorted(line for line in page_lines() if line.document != "opening")


def test_the_page_names_every_kind_of_document_it_posts() -> None:
    assert {line.document for line in page_lines()} == set(DOCUMENT_CODES)


@pytest.mark.deep
def test_the_project_publishes_the_figures_of_the_page(tmp_path: Path) -> None:
    """The same month through landing, models, tie-outs and publishing."""
    from company.settings import load_settings
    from company.versions import current_version
    from pipelines.publish.run import RunRequest
    from pipelines.runner import run_once

    settings = load_settings(write_company(tmp_path / "company"), environ={})
    outcome = run_once(settings, RunRequest(as_of=LAST))
    assert outcome.record.status == "published", outcome.record.message
    version = current_version(settings.folders)
    assert version is not None
    with duckdb.connect(settings.folders.marts(version), read_only=True) as marts:
        sold = {
            row[0]: row[1:]
            for row in marts.execute(
                "select entity_id, sum(net_local), sum(cost_local), sum(net_rpt), sum(cost_rpt)"
                " from finance.fct_invoice_lines where not is_intercompany group by entity_id"
            ).fetchall()
        }
        ageing = "select entity_id, sum(open_local) from finance.fct_{}_ageing where as_of_on = $last group by 1"
        ledger = (
            "select entity_id, sum(closing_local) from finance.trial_balance"
            " where account_code = '{}' and last_day(period_on) = $last group by 1"
        )
        balances = {
            "Receivables": ageing.format("receivable"),
            "Payables": ageing.format("payable"),
            "Cash": ledger.format(1910),
            "Inventory": ledger.format(1400),
        }
        closing = {name: dict(marts.execute(query, {"last": LAST}).fetchall()) for name, query in balances.items()}
        ties = dict(
            marts.execute(
                "select check_name, bool_and(status <> 'difference') from finance.fct_close_checks group by 1"
            ).fetchall()
        )
    figures = page_figures()
    for at, name in ((0, "Revenue"), (1, "Cost")):
        rows = figures[name]
        assert (sold["FI01"][at], sold["GB01"][at], sold["GB01"][at + 2]) == (
            rows["FI01, EUR"],
            rows["GB01, GBP"],
            rows["GB01, EUR"],
        )
        assert sold["FI01"][at + 2] + sold["GB01"][at + 2] == rows["Group, EUR"]
    for name, found in closing.items():
        for entity, currency in LOCAL.items():
            assert found.get(entity, Decimal(0)) == figures[name][f"{entity}, {currency}"], (name, entity)
    assert ties
    assert all(ties.values()), ties
