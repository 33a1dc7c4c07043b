"""What is true of the sample company: the figures a correct product must arrive at, from the generator's event log.

Belongs here: monthly figures of documents and of the ledger, matches, habits, counts of rows. Integer arithmetic only.
Does not: any model, landing or mapping; nothing here knows how the product works.

Documents and ledger are stated apart. In clean exports they agree; where a messy row is withheld on one side, they
differ by exactly that row, and `LeftOut` says which.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import RECOGNITION
from pipelines.sample.arrays import (
    Flags,
    Ints,
    convert,
    day_date,
    month_first_day,
    month_last_day,
    month_number,
    sum_by,
)
from pipelines.sample.columns import ENTITY_CODES, codes, crm_ids, days, entities, flags, money, numbers
from pipelines.sample.customers import HABITS
from pipelines.sample.journals import journal_lines
from pipelines.sample.ledger import cash_movements
from pipelines.sample.postings import DOCUMENTS
from pipelines.sample.purchase_files import stock_movements
from pipelines.sample.world import World

REVENUE_ACCOUNTS = tuple(number for number, _, kind, _ in c.CHART if kind == "REVENUE")
COST_ACCOUNTS = tuple(number for number, _, kind, _ in c.CHART if kind == "COS")
KNOWN = "revenue_with_known_cost"
BANK_ACCOUNTS = tuple(number for number, _, kind, _ in c.CHART if kind == "BANK")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What messy exports withhold of the event log: rows by their number in their frame, journals by document."""

    invoices: frozenset[int] = frozenset()  # heads that are quarantined or held, with all that hangs on them
    invoice_lines: frozenset[int] = frozenset()  # invoices whose lines are quarantined while the head is loaded
    instalments: frozenset[int] = frozenset()
    bills: frozenset[int] = frozenset()
    deals: frozenset[int] = frozenset()
    movements: frozenset[int] = frozenset()
    journals: frozenset[tuple[str, int]] = frozenset()


NOTHING = LeftOut()


@dataclass(frozen=True, slots=True)
class _Months:
    """Months by entity: sums and running balances of amounts that carry an entity and a day."""

    first: int
    count: int

    def sums(
        self, entity: pl.Series | Ints, day: pl.Series | Ints, amount: pl.Series | Ints, keep: Flags | None = None
    ) -> Ints:
        unit, at, cents = (np.asarray(values, dtype=np.int64) for values in (entity, day, amount))
        if keep is not None:
            unit, at, cents = unit[keep], at[keep], cents[keep]
        month = month_number(at) - self.first
        inside = (month >= 0) & (month < self.count)
        totals = sum_by(unit[inside] * self.count + month[inside], cents[inside], len(c.ENTITIES) * self.count)
        return totals.reshape(len(c.ENTITIES), self.count)

    def balances(self, *movements: Ints) -> Ints:
        return np.cumsum(np.sum(np.stack(movements), axis=0), axis=1)


def _months(world: World) -> _Months:
    months = month_number(world.masters.window.months)
    return _Months(first=int(months[0]), count=len(months))


def document_months(world: World, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """One row per month and entity, as documents, bank lines and stock movements say. Money in both currencies.

    Reporting amounts are each row's local amount at the spot rate of its day, rounded, then summed. Margin is that of
    the lines whose cost is known.
    """
    months = _months(world)
    figures = _sales_figures(world, months, left_out) | _balance_figures(world, months, left_out)
    window, deals = world.masters.window, world.crm.funnel.deals
    won = deals.filter(
        (pl.col("order") >= 0)
        & pl.col("closed").is_between(window.first, window.last)
        & ~pl.col("deal").is_in(sorted(left_out.deals))
    )
    rate = world.masters.rates.to_euro(won["currency"].to_numpy(), won["closed"].to_numpy())
    figures["bookings_rpt"] = months.sums(won["entity"], won["closed"], convert(won["amount"].to_numpy(), rate))
    return _month_table(world, months, figures)


def _sales_figures(world: World, months: _Months, left_out: LeftOut) -> dict[str, Ints]:
    """Revenue, cost and margin: of outside customers less their credit notes, and between entities."""
    billing, rates = world.events.billing, world.masters.rates
    heads, lines, credit_lines = billing.invoices, billing.invoice_lines, billing.credit_lines
    row, credit_row = lines["invoice"].to_numpy(), credit_lines["credit"].to_numpy()
    entity, day = heads["entity"].to_numpy()[row], heads["day"].to_numpy()[row]
    back_entity = billing.credit_notes["entity"].to_numpy()[credit_row]
    back_day = billing.credit_notes["day"].to_numpy()[credit_row]
    kept = ~_member(heads.height, left_out.invoices | left_out.invoice_lines)[row]
    between = heads["buyer"].to_numpy()[row] >= 0
    known = lines["cost_known"].to_numpy()
    credited_known = known[credit_lines["invoice_line"].to_numpy()]
    figures: dict[str, Ints] = {}
    for name, sold, returned in (
        ("revenue", lines["net_local"].to_numpy(), credit_lines["net_local"].to_numpy()),
        ("cost", lines["cost"].to_numpy(), credit_lines["cost"].to_numpy()),
        (KNOWN, lines["net_local"].to_numpy() * known, credit_lines["net_local"].to_numpy() * credited_known),
    ):
        sold_euro = convert(sold, rates.entity_to_euro(entity, day))
        returned_euro = convert(returned, rates.entity_to_euro(back_entity, back_day))
        for suffix, plus, minus in (("local", sold, returned), ("rpt", sold_euro, returned_euro)):
            returns = months.sums(back_entity, back_day, minus)
            figures[f"{name}_{suffix}"] = months.sums(entity, day, plus, kept & ~between) - returns
            figures[f"intercompany_{name}_{suffix}"] = months.sums(entity, day, plus, kept & between)
    for suffix in ("local", "rpt"):
        figures[f"margin_{suffix}"] = figures[f"{KNOWN}_{suffix}"] - figures[f"cost_{suffix}"]
        del figures[f"intercompany_{KNOWN}_{suffix}"]
    return figures


def _balance_figures(world: World, months: _Months, left_out: LeftOut) -> dict[str, Ints]:
    """Receivables, payables, cash and inventory at each month's end."""
    heads, credit_notes = world.events.billing.invoices, world.events.billing.credit_notes
    payments, applied = world.events.collections.payments, world.events.collections.applications
    applied = applied.filter(pl.col("payment") >= 0)
    unit = payments["entity"].to_numpy()[applied["payment"].to_numpy()]
    kept = ~_member(heads.height, left_out.invoices)
    # What payments take off receivables: the cash, and the discount, less what the exchange rate alone gave or took.
    receivables = months.balances(
        months.sums(heads["entity"], heads["day"], heads["gross_local"], kept),
        -months.sums(credit_notes["entity"], credit_notes["day"], credit_notes["gross_local"]),
        -months.sums(payments["entity"], payments["day"], payments["amount_local"]),
        months.sums(unit, applied["day"], applied["exchange"] - applied["discount_local"]),
    )
    bills, paid = world.events.purchases.bills, world.events.disbursements.payments
    settled = world.events.disbursements.applications
    unit = paid["entity"].to_numpy()[settled["payment"].to_numpy()]
    payables = months.balances(
        months.sums(bills["entity"], bills["day"], bills["gross_local"], ~_member(bills.height, left_out.bills)),
        -months.sums(paid["entity"], paid["day"], paid["amount_local"]),
        -months.sums(unit, settled["day"], settled["exchange"] + settled["discount_local"]),
    )
    cash, moves = cash_movements(world.events), stock_movements(world)
    moved = months.sums(moves["entity"], moves["day"], moves["value"], ~_member(moves.height, left_out.movements))
    return {
        "receivables_local": receivables,
        "payables_local": payables,
        "cash_local": months.balances(months.sums(cash["entity"], cash["day"], cash["amount"])),
        "inventory_local": months.balances(moved),
    }


def ledger_months(world: World, totals: pl.DataFrame, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """The same from journals: revenue and cost of the month, balances of control accounts, local currency only.

    totals: entity, month, account, amount of all journals drawn; journals left out are taken off here.
    """
    months = _months(world)
    posted = totals.select("entity", "month", "account", "amount")
    for document, number in sorted(left_out.journals):
        lines = lines_of_journal(world, document, number)
        posted = pl.concat(
            [
                posted,
                lines.with_columns(month=month_number(lines["day"].to_numpy()), amount=-pl.col("amount")).select(
                    posted.columns
                ),
            ]
        )

    def monthly(accounts: Iterable[int], sign: int) -> Ints:
        mine = posted.filter(pl.col("account").is_in(list(accounts)))
        return sign * months.sums(mine["entity"], month_first_day(mine["month"].to_numpy()), mine["amount"])

    figures = {
        "revenue_local": monthly(REVENUE_ACCOUNTS, -1),
        "cost_local": monthly(COST_ACCOUNTS, 1),
        "intercompany_revenue_local": monthly([c.SALES_IC], -1),
        "intercompany_cost_local": monthly([c.COST_IC], 1),
        "receivables_local": months.balances(monthly([c.RECEIVABLES, c.IC_RECEIVABLES], 1)),
        "payables_local": months.balances(monthly([c.PAYABLES, c.IC_PAYABLES], -1)),
        "cash_local": months.balances(monthly(BANK_ACCOUNTS, 1)),
        "inventory_local": months.balances(monthly([c.INVENTORY], 1)),
    }
    return _month_table(world, months, figures)


def lines_of_journal(world: World, document: str, number: int) -> pl.DataFrame:
    """The lines of one document's journal, as `journal_lines` has them."""
    code = DOCUMENTS.index(document)
    lines = journal_lines(world.events, world.masters.window.first, world.masters.window.last)
    return lines.filter((pl.col("document") == code) & (pl.col("number") == number))


def _member(size: int, rows: frozenset[int]) -> Flags:
    found = np.zeros(size, dtype=np.bool_)
    found[sorted(rows)] = True
    return found


def _month_table(world: World, months: _Months, figures: dict[str, Ints]) -> pl.DataFrame:
    step, unit = np.meshgrid(np.arange(months.count), np.arange(len(c.ENTITIES)))
    table = {
        "period_on": days(month_first_day(months.first + step.ravel())),
        "as_of_on": days(np.minimum(month_last_day(months.first + step.ravel()), world.masters.window.last)),
        "entity_id": entities(unit.ravel()),
        "currency": pl.Series([c.CURRENCIES[c.ENTITIES[at].currency] for at in unit.ravel().tolist()]),
    }
    return pl.DataFrame(table | {name: money(values.ravel()) for name, values in sorted(figures.items())}).sort(
        "entity_id", "period_on"
    )


def matches(world: World) -> pl.DataFrame:
    """Which CRM account is which ERP customer, and what the two records have in common to be recognised by."""
    accounts, customers = world.crm.accounts, world.masters.customers
    outside = np.arange(customers.outside)
    pairs = pl.DataFrame({"party": customers.party[outside], "customer": outside}).join(
        pl.DataFrame({"party": accounts.party, "account": np.arange(accounts.size)}).filter(pl.col("party") >= 0),
        on="party",
    )
    pairs = pairs.sort("account", "customer")
    account = pairs["account"].to_numpy()
    return pl.DataFrame(
        {
            "crm_account_id": crm_ids("001", account),
            "customer_no": numbers(pairs["customer"], customers.number),
            "party_no": numbers(pairs["party"], customers.number),
            "recognised_by": codes(accounts.recognition[account], RECOGNITION),
            "is_duplicate_account": flags(accounts.duplicate[account]),
        }
    )


def customer_habits(world: World) -> pl.DataFrame:
    """What drives each outside customer: the habit of paying, and for goods the purchase process."""
    customers, buyers = world.masters.customers, world.demand.buyers
    size = customers.outside
    weekly, leaving, left = (np.full(size, np.nan), np.full(size, np.nan), np.full(size, -1))
    weekly[buyers.customer], leaving[buyers.customer], left[buyers.customer] = (
        buyers.weekly,
        buyers.leaving,
        buyers.left,
    )

    def shown(values: np.ndarray) -> pl.Series:
        return pl.Series([None if np.isnan(value) else f"{value:.6f}" for value in values.tolist()], dtype=pl.String)

    return pl.DataFrame(
        {
            "customer_no": customers.number[:size],
            "won_on": days(customers.won[:size]),
            "habit": codes(customers.habit[:size], tuple(HABITS)),
            "mean_days_late": shown(customers.late_mean[:size]),
            "shape_days_late": shown(customers.late_shape[:size]),
            "pays_on_weekday": customers.pay_weekday[:size],
            "takes_discount": flags(customers.takes_discount[:size]),
            "orders_per_week": shown(weekly),
            "leaving_probability": shown(leaving),
            "has_left": codes(left, ("FALSE", "TRUE")),
        }
    )


def contract_lives(world: World) -> pl.DataFrame:
    """One row per contract: first month, months of service so far, and whether the customer has left."""
    contracts, window = world.contracts, world.masters.window
    last_month = int(month_number(np.array([window.last]))[0])
    frame = pl.DataFrame(
        {
            "contract": contracts.contract,
            "customer": contracts.customer,
            "yearly": contracts.interval == 12,
            "first": contracts.first_month - 12 * contracts.term,
            "until": contracts.first_month + contracts.months,
            "ends": contracts.ends & (month_last_day(contracts.first_month + contracts.months - 1) <= window.last),
        }
    )
    lives = (
        frame.group_by("contract")
        .agg(pl.col("customer", "yearly", "first").first(), pl.col("until").max(), pl.col("ends").max())
        .sort("contract")
    )
    lived = np.minimum(lives["until"].to_numpy(), last_month + 1) - lives["first"].to_numpy()
    return pl.DataFrame(
        {
            "contract": pl.Series([f"K{number + 1:06d}" for number in lives["contract"].to_list()], dtype=pl.String),
            "customer_no": numbers(lives["customer"], world.masters.customers.number),
            "renewal": codes(lives["yearly"].cast(pl.Int64), ("monthly", "yearly")),
            "first_month": days(month_first_day(lives["first"].to_numpy())),
            "months_lived": lived,
            "has_left": flags(lives["ends"]),
        }
    )


def as_json(content: Any) -> str:
    """Keys in the order given, decimals as text, dates in ISO form."""
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, np.integer):
        return int(value)
    raise TypeError(f"{type(value).__name__} is not written to truth files")


def totals(world: World, documents: pl.DataFrame, ledger: pl.DataFrame) -> dict[str, Any]:
    """Whole-window figures by entity: flows summed, balances as of the last day."""
    flows = [name for name in documents.columns if name.split("_")[-1] in {"local", "rpt"} and not _is_balance(name)]
    balances = [name for name in documents.columns if _is_balance(name)]
    content: dict[str, Any] = {"as_of": day_date(world.masters.window.last).isoformat(), "documents": {}, "ledger": {}}
    for side, table in (("documents", documents), ("ledger", ledger)):
        for entity in ENTITY_CODES:
            mine = table.filter(pl.col("entity_id") == entity)
            summed = {name: mine[name].sum() for name in flows if name in mine.columns}
            closing = {name: mine[name][-1] for name in balances if name in mine.columns}
            content[side][entity] = summed | closing
    return content


def _is_balance(name: str) -> bool:
    return name.startswith(("receivables", "payables", "cash", "inventory"))
