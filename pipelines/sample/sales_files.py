"""The ERP's sales documents as it exports them: orders, deliveries, invoices, credit notes, payments.

Belongs here: which column of which file says what. Does not: purchases (purchase_files.py), masters (erp_masters.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.catalogue import LINE_TYPES
from pipelines.sample.collecting import DISCOUNT_DAYS, DISCOUNT_PERCENT
from pipelines.sample.columns import (
    DEPARTMENT_CODES,
    codes,
    cost_centres,
    crm_ids,
    currencies,
    days,
    entities,
    evening,
    integers,
    known_money,
    money,
    numbers,
    rate,
    thousandths,
)
from pipelines.sample.dunning import CHANNELS
from pipelines.sample.files import BRITISH, NORDIC_UTF8, PLAIN, TABBED, Dialect
from pipelines.sample.invoicing import CREDIT_REASONS
from pipelines.sample.selling import FIXED_ORDER, GOODS_ORDER, GROUP_GOODS_ORDER, TIME_ORDER
from pipelines.sample.world import World

PROJECT_BASE = 30_001
ORDER_STATUS = ("OPEN", "CLOSED", "CANCELLED")
WAREHOUSES = ("HEL-1", "GOT-1", "LEE-1")
BANK_CODES = tuple(bank.code for bank in c.BANKS)


def sales_tables(world: World) -> dict[str, tuple[pl.DataFrame, Dialect]]:
    """File name -> table and dialect, in the order of the business."""
    return {
        "sales_orders.csv": (_orders(world), PLAIN),
        "sales_order_lines.csv": (_order_lines(world), PLAIN),
        "delivery_lines.tsv": (_deliveries(world), TABBED),
        "invoices.csv": (_invoices(world), PLAIN),
        "invoice_lines.csv": (_invoice_lines(world), PLAIN),
        "instalments.csv": (_instalments(world), PLAIN),
        "dunning_letters.csv": (_reminders(world), PLAIN),
        "payment_promises.csv": (_promises(world), PLAIN),
        "credit_notes.csv": (_credits(world), BRITISH),
        "credit_note_lines.csv": (_credit_lines(world), PLAIN),
        "customer_payments.csv": (_payments(world), NORDIC_UTF8),
        "payment_applications.csv": (_applications(world), PLAIN),
    }


def order_status(world: World) -> np.ndarray:
    """0 open, 1 closed, 2 cancelled: an order is closed once all of it is delivered, or its service is over."""
    orders, lines, deliveries = world.events.orders, world.events.order_lines, world.events.deliveries
    ordered = np.bincount(lines["order"].to_numpy(), weights=lines["quantity"].to_numpy(), minlength=orders.height)
    delivered = np.bincount(
        deliveries["order"].to_numpy(), weights=deliveries["quantity"].to_numpy(), minlength=orders.height
    )
    goods = orders["kind"].is_in([GOODS_ORDER, GROUP_GOODS_ORDER]).to_numpy()
    hourly = orders["kind"].is_in([TIME_ORDER, FIXED_ORDER]).to_numpy()
    fixed = (orders["kind"] == FIXED_ORDER).to_numpy()
    late = np.where(fixed, world.projects.billed_late[np.maximum(orders["project"].to_numpy(), 0)], 0)
    ends = np.where(hourly, orders["promised"].to_numpy() + late, orders["ordered"].to_numpy() + 368)
    open_still = np.where(goods, delivered < ordered, ends > world.masters.window.last)
    return np.where(orders["cancelled"].to_numpy() == 1, 2, np.where(open_still, 0, 1))


def _orders(world: World) -> pl.DataFrame:
    orders = world.events.orders
    deal = world.crm.funnel.deal_of_order
    return pl.DataFrame(
        {
            "Company Code": entities(orders["entity"]),
            "Order No": orders["number"],
            "Sold-to": numbers(orders["customer"], world.masters.customers.number),
            "CRM Opportunity": crm_ids("006", deal),
            "Channel": codes(orders["channel"], c.CHANNELS),
            "Order Date": days(orders["ordered"]),
            "Requested Date": days(orders["promised"]),
            "Status": codes(order_status(world), ORDER_STATUS),
            "Currency": currencies(orders["currency"]),
            "Freight": money(orders["freight"]),
            "Changed At": evening(
                np.minimum(
                    np.maximum(orders["promised"].to_numpy(), orders["ordered"].to_numpy()), world.masters.window.last
                )
            ),
        }
    ).sort("Order No")


def _order_lines(world: World) -> pl.DataFrame:
    lines, orders = world.events.order_lines, world.events.orders
    order = lines["order"].to_numpy()
    return pl.DataFrame(
        {
            "Order No": numbers(order, orders["number"].to_numpy()),
            "Pos": lines["position"],
            "Material": numbers(lines["item"], world.masters.catalogue.number),
            "Order Qty": money(lines["quantity"]),
            "List Price": money(lines["price"]),
            "Unit Price": money(lines["price"]),
            "Discount %": money(integers(lines["discount"]) * 10),
            "Net Amount": money(lines["net"]),
            "Requested Date": days(orders["promised"].to_numpy()[order]),
            "WBS": project_codes(orders["project"].to_numpy()[order]),
        }
    ).sort("Order No", "Pos")


def project_codes(index: pl.Series | np.ndarray) -> pl.Series:
    at = integers(index)
    frame = pl.DataFrame({"at": at})
    return frame.select(code=pl.when(pl.col("at") >= 0).then(pl.format("P-{}", pl.col("at") + PROJECT_BASE)))["code"]


def _line_keys(world: World, index: pl.Series | np.ndarray) -> tuple[pl.Series, pl.Series]:
    """Order number and position of order lines; both empty where there is none."""
    lines = world.events.order_lines
    at = integers(index)
    order = np.where(at >= 0, lines["order"].to_numpy()[np.maximum(at, 0)], -1)
    return numbers(order, world.events.orders["number"].to_numpy()), numbers(at, lines["position"].to_numpy())


def _deliveries(world: World) -> pl.DataFrame:
    lines = world.events.deliveries
    order, position = _line_keys(world, lines["order_line"])
    return pl.DataFrame(
        {
            "Delivery": lines["delivery"],
            "Line Id": integers(lines["delivery_line"]) + 1,
            "Order No": order,
            "Order Pos": position,
            "Goods Issue": days(lines["delivered"]),
            "Qty": money(lines["quantity"]),
            "Plant": codes(lines["entity"], WAREHOUSES),
        }
    )


def _invoices(world: World) -> pl.DataFrame:
    invoices, orders = world.events.billing.invoices, world.events.orders
    order = invoices["order"].to_numpy()
    offered = world.masters.customers.takes_discount[invoices["customer"].to_numpy()]
    disputes, last = world.events.collections.disputes, world.masters.window.last
    disputed, ended = np.full(invoices.height, -1), np.full(invoices.height, -1)
    disputed[disputes["invoice"].to_numpy()] = disputes["began"].to_numpy()
    over = disputes.filter(pl.col("ended") <= last)
    ended[over["invoice"].to_numpy()] = over["ended"].to_numpy()
    return pl.DataFrame(
        {
            "Company Code": entities(invoices["entity"]),
            "Invoice No": invoices["number"],
            "Bill-to": numbers(invoices["customer"], world.masters.customers.number),
            "Order No": numbers(order, orders["number"].to_numpy()),
            "Channel": codes(orders["channel"].to_numpy()[order], c.CHANNELS),
            "Posting Date": days(invoices["day"]),
            "Due Date": days(invoices["due"]),
            "Discount Until": days(np.where(offered, invoices["day"].to_numpy() + DISCOUNT_DAYS, -1)),
            "Cash Discount %": known_money(np.where(offered, 100 * DISCOUNT_PERCENT, 0), offered),
            "Disputed On": days(disputed),
            "Dispute Ended": days(ended),
            "Currency": currencies(invoices["currency"]),
            "Net": money(invoices["net"]),
            "Tax": money(invoices["tax"]),
            "Gross": money(invoices["gross"]),
            "Net LC": money(invoices["net_local"]),
            "Gross LC": money(invoices["gross_local"]),
            "Freight": money(invoices["freight"]),
            "Rate": rate(invoices["rate"]),
            "Changed At": evening(np.maximum(invoices["day"].to_numpy(), np.maximum(disputed, ended))),
        }
    ).sort("Invoice No")


def _invoice_lines(world: World) -> pl.DataFrame:
    lines, invoices = world.events.billing.invoice_lines, world.events.billing.invoices
    invoice = lines["invoice"].to_numpy()
    order, position = _line_keys(world, lines["order_line"])
    return pl.DataFrame(
        {
            "Invoice No": numbers(invoice, invoices["number"].to_numpy()),
            "Pos": lines["position"],
            "Order No": order,
            "Order Pos": position,
            "Material": numbers(lines["item"], world.masters.catalogue.number),
            "Qty": money(lines["quantity"]),
            "List Price": money(lines["price"]),
            "Unit Price": money(lines["price"]),
            "Discount": thousandths(lines["discount"]),
            "Net": money(lines["net"]),
            "Net LC": money(lines["net_local"]),
            "Tax": money(lines["tax"]),
            "Cost LC": known_money(lines["cost"], lines["cost_known"]),
            "Account": lines["account"],
            "Department": codes(lines["department"], DEPARTMENT_CODES),
            "Cost Centre": cost_centres(invoices["entity"].to_numpy()[invoice], lines["department"]),
            "WBS": project_codes(lines["project"]),
            "Line Type": codes(lines["line_type"], LINE_TYPES),
        }
    ).sort("Invoice No", "Pos")


def _instalments(world: World) -> pl.DataFrame:
    parts = world.events.collections.instalments
    return pl.DataFrame(
        {
            "Invoice No": numbers(parts["invoice"], world.events.billing.invoices["number"].to_numpy()),
            "Instalment": parts["instalment"],
            "Due Date": days(parts["due"]),
            "Amount": money(parts["gross"]),
        }
    ).sort("Invoice No", "Instalment")


def _named(world: World, asked: pl.DataFrame) -> dict[str, pl.Series]:
    """Customer, invoice and instalment that a reminder or a promise is about."""
    invoices = world.events.billing.invoices
    number = numbers(asked["invoice"], invoices["number"].to_numpy())
    frame = pl.DataFrame({"number": number, "instalment": asked["instalment"]})
    part = pl.when(pl.col("instalment") > 0).then(pl.format("{}-{}", "number", "instalment"))
    customer = invoices["customer"].to_numpy()[asked["invoice"].to_numpy()]
    return {
        "Customer": numbers(customer, world.masters.customers.number),
        "Invoice No": number,
        "Instalment Id": frame.select(part=part)["part"],
    }


def _reminders(world: World) -> pl.DataFrame:
    sent = world.events.collections.dunning.reminders
    return pl.DataFrame(
        {"Letter No": np.arange(sent.height) + 5_100_000_001}
        | _named(world, sent)
        | {
            "Sent On": days(sent["day"]),
            "Dunning Level": sent["level"],
            "Sent By": codes(sent["channel"], CHANNELS),
        }
    )


def _promises(world: World) -> pl.DataFrame:
    made = world.events.collections.dunning.promises
    return pl.DataFrame(
        {"Promise No": np.arange(made.height) + 5_200_000_001}
        | _named(world, made)
        | {"Called On": days(made["made"]), "Promised For": days(made["promised"]), "Amount": money(made["amount"])}
    )


def _credits(world: World) -> pl.DataFrame:
    credit_notes = world.events.billing.credit_notes
    return pl.DataFrame(
        {
            "Company Code": entities(credit_notes["entity"]),
            "Credit Note No": credit_notes["number"],
            "Bill-to": numbers(credit_notes["customer"], world.masters.customers.number),
            "Invoice No": numbers(credit_notes["invoice"], world.events.billing.invoices["number"].to_numpy()),
            "Posting Date": days(credit_notes["day"]),
            "Reason": codes(credit_notes["reason"], CREDIT_REASONS),
            "Currency": currencies(credit_notes["currency"]),
            "Net": money(credit_notes["net"]),
            "Tax": money(credit_notes["tax"]),
            "Gross": money(credit_notes["gross"]),
            "Net LC": money(credit_notes["net_local"]),
            "Gross LC": money(credit_notes["gross_local"]),
            "Rate": rate(credit_notes["rate"]),
        }
    ).sort("Credit Note No")


def _credit_lines(world: World) -> pl.DataFrame:
    billing = world.events.billing
    lines, credit_notes = billing.credit_lines, billing.credit_notes
    row = lines["invoice_line"].to_numpy()
    invoice = billing.invoice_lines["invoice"].to_numpy()[row]
    credit = lines["credit"].to_numpy()
    return pl.DataFrame(
        {
            "Credit Note No": numbers(credit, credit_notes["number"].to_numpy()),
            "Pos": lines["position"],
            "Invoice No": numbers(invoice, billing.invoices["number"].to_numpy()),
            "Invoice Pos": billing.invoice_lines["position"].to_numpy()[row],
            "Material": numbers(lines["item"], world.masters.catalogue.number),
            "Qty": money(100 * integers(lines["units"])),
            "Net": money(lines["net"]),
            "Net LC": money(lines["net_local"]),
            "Tax": money(lines["tax"]),
            "Cost LC": known_money(lines["cost"], billing.invoice_lines["cost_known"].to_numpy()[row]),
            "Account": lines["account"],
            "Department": codes(lines["department"], DEPARTMENT_CODES),
            "Cost Centre": cost_centres(credit_notes["entity"].to_numpy()[credit], lines["department"]),
            "WBS": project_codes(lines["project"]),
            "Line Type": codes(lines["line_type"], LINE_TYPES),
        }
    ).sort("Credit Note No", "Pos")


def _payments(world: World) -> pl.DataFrame:
    payments = world.events.collections.payments
    return pl.DataFrame(
        {
            "Company Code": entities(payments["entity"]),
            "Receipt No": payments["number"],
            "Customer": numbers(payments["customer"], world.masters.customers.number),
            "Value Date": days(payments["day"]),
            "Currency": currencies(payments["currency"]),
            "Amount": money(payments["amount"]),
            "Amount LC": money(payments["amount_local"]),
            "Rate": rate(payments["rate"]),
            "House Bank": codes(payments["bank"], BANK_CODES),
        }
    ).sort("Receipt No")


def _applications(world: World) -> pl.DataFrame:
    applied, collections, billing = (
        world.events.collections.applications,
        world.events.collections,
        world.events.billing,
    )
    return pl.DataFrame(
        {
            "Clearing No": applied["application"],
            "Receipt No": numbers(applied["payment"], collections.payments["number"].to_numpy()),
            "Credit Note No": numbers(applied["credit"], billing.credit_notes["number"].to_numpy()),
            "Invoice No": numbers(applied["invoice"], billing.invoices["number"].to_numpy()),
            "Clearing Date": days(applied["day"]),
            "Amount": money(applied["amount"]),
            "Amount LC": money(applied["amount_local"]),
            "Cash Discount": money(applied["discount"]),
            "FX Difference LC": money(applied["exchange"]),
        }
    )
