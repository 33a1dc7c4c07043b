"""The company's three years, drawn in the order in which one thing leads to another.

Belongs here: the sequence of the generator and the event log it ends in. Does not: rules of any one step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import draw_campaigns
from pipelines.sample.arrays import Ints, convert, half_up, month_last_day, month_number, sum_by
from pipelines.sample.billing import bill_contracts, bill_goods, bill_group_services, bill_projects
from pipelines.sample.by_hand import draw_hand_entries
from pipelines.sample.collecting import Collections, collect
from pipelines.sample.crm import Crm, draw_crm
from pipelines.sample.demand import Contracts, GoodsDemand, draw_contracts, draw_goods_demand
from pipelines.sample.invoicing import Billing, issue_credit_notes, issue_invoices
from pipelines.sample.masters import Masters
from pipelines.sample.paying import Disbursements, pay_bills
from pipelines.sample.people import Payroll, run_payroll
from pipelines.sample.postings import COST, REVENUE, Events
from pipelines.sample.projects import Projects, Timesheets, draw_projects, fill_timesheets
from pipelines.sample.purchasing import (
    Purchases,
    bill_group,
    bill_stock,
    issue_bills,
    number_purchases,
    order_from_group,
    order_stock,
)
from pipelines.sample.selling import (
    GROUP_GOODS_ORDER,
    deliver,
    deliver_group_goods,
    join_deliveries,
    join_orders,
    number_documents,
    order_contracts,
    order_goods,
    order_group_goods,
    order_group_services,
    order_projects,
)
from pipelines.sample.spending import bill_running_costs, draw_debit_notes
from pipelines.sample.stock import StockPlan, StockValues, issued_units, plan_stock, value_stock
from pipelines.sample.treasury import run_treasury

Progress = Callable[[str], None]
SHORTEST_PROJECT = 800  # hundredths of hours


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happened, before it is written as exports."""

    masters: Masters
    payroll: Payroll
    timesheets: Timesheets
    demand: GoodsDemand
    contracts: Contracts
    projects: Projects
    stock_plan: StockPlan
    stock_values: StockValues
    events: Events
    crm: Crm


@dataclass(frozen=True, slots=True)
class _Sales:
    orders: pl.DataFrame
    order_lines: pl.DataFrame
    deliveries: pl.DataFrame
    plan: StockPlan


def draw_world(masters: Masters, *, on_progress: Progress) -> World:
    payroll = run_payroll(masters.window, masters.employees)
    on_progress("customers and demand")
    demand, contracts = draw_goods_demand(masters), draw_contracts(masters)
    projects, assignments = draw_projects(masters)
    timesheets = fill_timesheets(masters, assignments)
    on_progress("orders and deliveries")
    sales = _sell(masters, demand, contracts, projects, timesheets)
    orders, order_lines = sales.orders, sales.order_lines
    on_progress("invoices and credit notes")
    billable = [
        bill_goods(masters, orders, order_lines, sales.deliveries),
        bill_contracts(masters, orders, order_lines, contracts),
        bill_projects(masters, orders, order_lines, projects, timesheets),
        bill_group_services(orders, order_lines),
    ]
    invoices, invoice_lines = issue_invoices(masters, pl.concat(billable), orders)
    credit_notes, credit_lines = issue_credit_notes(masters, invoices, invoice_lines)
    on_progress("purchases and stock values")
    purchase_orders, purchase_lines = _purchase(masters, sales)
    returns = credit_lines.filter(pl.col("units") > 0).join(
        credit_notes.select("credit", "entity", credited="day"), on="credit", maintain_order="left"
    )
    opening_value = _opening_stock(masters, sales.plan)
    values = value_stock(
        sales.plan,
        opening_value,
        receipts=purchase_lines.select("entity", "item", "units", "value", day="received"),
        deliveries=sales.deliveries,
        returns=returns,
        window=masters.window,
    )
    billing = Billing(
        invoices=invoices,
        invoice_lines=_with_goods_cost(invoice_lines, invoices, values.issue_value),
        credit_notes=credit_notes,
        credit_lines=_with_returned_cost(credit_lines, returns, values.return_value),
    )
    campaigns, spend, advertising = draw_campaigns(masters)
    purchases = _bill(masters, billing, purchase_orders, purchase_lines, advertising)
    on_progress("payments")
    collections = _with_posting_sums(masters, collect(masters, invoices, credit_notes))
    group_invoice = invoices["buyer"].to_numpy()[collections.applications["invoice"].to_numpy()] >= 0
    disbursements = pay_bills(masters, purchases.bills, collections.applications.filter(pl.Series(group_invoice)))
    treasury = run_treasury(
        masters,
        payroll,
        invoices=invoices,
        credit_notes=credit_notes,
        bills=purchases.bills,
        payments=collections.payments,
        inventory_opening=opening_value.sum(axis=1),
    )
    events = Events(
        orders=orders,
        order_lines=order_lines,
        deliveries=sales.deliveries.with_columns(cost=values.issue_value),
        billing=billing,
        collections=collections,
        purchases=purchases,
        disbursements=_with_bill_sums(masters, disbursements),
        treasury=treasury,
        by_hand=draw_hand_entries(masters),
        stock_differences=_stock_differences(masters, sales.plan, values),
    )
    on_progress("the sales funnel")
    return World(
        masters=masters,
        payroll=payroll,
        timesheets=timesheets,
        demand=demand,
        contracts=contracts,
        projects=projects,
        stock_plan=sales.plan,
        stock_values=values,
        events=events,
        crm=draw_crm(masters, orders=orders, order_lines=order_lines, campaigns=campaigns, spend=spend),
    )


def _sell(
    masters: Masters, demand: GoodsDemand, contracts: Contracts, projects: Projects, timesheets: Timesheets
) -> _Sales:
    """Orders of outside customers decide the stock plan, and the stock plan the orders between entities."""
    window = masters.window
    hours = sum_by(timesheets.project, timesheets.hours, len(projects.customer))
    seen = np.minimum(window.last, projects.end) - np.maximum(window.first, projects.start) + 1
    planned = half_up(hours * (projects.end - projects.start + 1), np.maximum(seen, 1))
    outside = [
        order_goods(masters, demand),
        order_contracts(masters, contracts),
        order_projects(masters, projects, np.maximum(planned, SHORTEST_PROJECT)),
        order_group_services(masters),
    ]
    orders, order_lines = join_orders(outside, window)
    delivered = deliver(masters, orders, order_lines)
    plan = plan_stock(masters, issued_units(delivered, len(masters.catalogue.kind), window))
    orders, order_lines = join_orders([*outside, order_group_goods(masters, _group_supply(masters, plan))], window)
    number = number_documents(4_500_000_000, orders["entity"].to_numpy(), orders["ordered"].to_numpy())
    deliveries = join_deliveries([delivered, deliver_group_goods(window, orders, order_lines)])
    return _Sales(orders.with_columns(number=number), order_lines, deliveries, plan)


def _first_month(masters: Masters) -> int:
    return int(month_number(np.array([masters.window.first]))[0])


def _group_supply(masters: Masters, plan: StockPlan) -> pl.DataFrame:
    """What the other entities order from the Finnish one: buyer, item, month, units in hundredths."""
    units = plan.receipts.copy()
    units[c.FI01] = 0
    units[:, ~masters.catalogue.from_group] = 0
    buyer, item, step = np.nonzero(units)
    month = step + _first_month(masters)
    frame = pl.DataFrame({"buyer": buyer, "item": item, "month": month, "units": 100 * units[buyer, item, step]})
    return frame.sort("month", "buyer", "item")


def _purchase(masters: Masters, sales: _Sales) -> tuple[pl.DataFrame, pl.DataFrame]:
    between = sales.deliveries.filter(pl.col("kind") == GROUP_GOODS_ORDER)
    bought = [
        order_stock(masters, sales.plan),
        order_from_group(masters, sales.orders, between, sales.order_lines),
    ]
    return number_purchases(masters, pl.concat(bought, how="diagonal"))


def _bill(
    masters: Masters,
    billing: Billing,
    purchase_orders: pl.DataFrame,
    purchase_lines: pl.DataFrame,
    advertising: pl.DataFrame,
) -> Purchases:
    rows = pl.concat(
        [
            bill_stock(masters, purchase_orders, purchase_lines),
            bill_group(masters, billing.invoices, billing.invoice_lines, purchase_lines),
            bill_running_costs(masters, advertising),
        ]
    )
    bills, lines = issue_bills(masters, pl.concat([rows, draw_debit_notes(masters, rows)]))
    prepaid = np.where(lines["account"] == c.PREPAID, lines["net_local"], 0)
    bills = bills.with_columns(
        partner=masters.vendors.group_entity[bills["vendor"].to_numpy()],
        prepaid=sum_by(lines["bill"].to_numpy(), prepaid, bills.height),
    )
    return Purchases(purchase_orders, purchase_lines, bills, lines)


def _opening_stock(masters: Masters, plan: StockPlan) -> Ints:
    """Opening units at standard cost, in local currency at the first day's rate."""
    value = np.zeros_like(plan.opening)
    for entity in range(len(c.ENTITIES)):
        rate = masters.rates.to_local(np.array([c.EUR]), np.array([entity]), np.array([masters.window.first]))
        value[entity] = convert(plan.opening[entity] * masters.catalogue.cost_euro, rate)
    return value


def _with_goods_cost(lines: pl.DataFrame, invoices: pl.DataFrame, issue_value: Ints) -> pl.DataFrame:
    """Goods lines cost what their delivery took out of stock. Accounts are by kind of line, within the group apart."""
    row = lines["delivery_line"].to_numpy()
    cost = np.where(row >= 0, issue_value[np.maximum(row, 0)], lines["cost"].to_numpy())
    between = invoices["buyer"].to_numpy()[lines["invoice"].to_numpy()] >= 0
    kind = lines["line_type"].to_numpy()
    return lines.with_columns(
        cost=cost,
        account=np.where(between, c.SALES_IC, REVENUE[kind]),
        cost_account=np.where(between, c.COST_IC, COST[kind]),
    )


def _with_returned_cost(lines: pl.DataFrame, returns: pl.DataFrame, return_value: Ints) -> pl.DataFrame:
    cost = np.zeros(lines.height, dtype=np.int64)
    cost[returns["credit_line"].to_numpy()] = return_value
    kind = lines["line_type"].to_numpy()
    return lines.with_columns(cost=cost, account=REVENUE[kind], cost_account=COST[kind])


def _with_posting_sums(masters: Masters, collections: Collections) -> Collections:
    """Payments with what their journal needs: discounts and exchange differences of applications, ledger account."""
    payments = collections.payments
    mine = collections.applications.filter(pl.col("payment") >= 0)
    payments = payments.with_columns(
        buyer=masters.customers.buyer_entity[payments["customer"].to_numpy()], **_sums(payments, mine)
    )
    return Collections(
        collections.instalments, payments, collections.applications, collections.disputes, collections.dunning
    )


def _with_bill_sums(masters: Masters, disbursements: Disbursements) -> Disbursements:
    payments, applied = disbursements.payments, disbursements.applications
    payments = payments.with_columns(
        partner=masters.vendors.group_entity[payments["vendor"].to_numpy()], **_sums(payments, applied)
    )
    return Disbursements(payments, applied)


def _sums(payments: pl.DataFrame, applied: pl.DataFrame) -> dict[str, Ints]:
    at = applied["payment"].to_numpy()
    accounts = np.array([bank.account for bank in c.BANKS])
    names = ("discount", "discount_local", "exchange")
    sums = {name: sum_by(at, applied[name].to_numpy(), payments.height) for name in names}
    return sums | {"bank_account": accounts[payments["bank"].to_numpy()]}


def _stock_differences(masters: Masters, plan: StockPlan, values: StockValues) -> pl.DataFrame:
    """Differences found when counting, on the month's last day; a month cut by the window's end is not counted."""
    entity, item, step = np.nonzero(plan.differences)
    found = pl.DataFrame(
        {
            "entity": entity,
            "item": item,
            "day": month_last_day(step + _first_month(masters)),
            "units": plan.differences[entity, item, step],
            "book": values.closing_units[entity, item, step] - plan.differences[entity, item, step],
            "amount": values.difference_value[entity, item, step],
            "number": 6_700_000_000 + (entity * 10_000 + step) * 10_000 + item,
        }
    )
    return found.filter(pl.col("day") <= masters.window.last)
