"""The ERP's purchase documents and stock as it exports them: orders, receipts, bills, payments, movements.

Belongs here: which column of which file says what. Does not: sales (sales_files.py), masters (erp_masters.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.columns import (
    DEPARTMENT_CODES,
    codes,
    cost_centres,
    currencies,
    days,
    entities,
    integers,
    known_money,
    money,
    numbers,
    rate,
)
from pipelines.sample.files import BRITISH, NORDIC_UTF8, PLAIN, Dialect
from pipelines.sample.paying import DISCOUNT_DAYS, DISCOUNT_PERCENT, offers_discount
from pipelines.sample.sales_files import BANK_CODES, ORDER_STATUS, WAREHOUSES
from pipelines.sample.world import World

MOVE_TYPES = ("RECEIPT", "ISSUE", "RETURN", "ADJUSTMENT")


def purchase_tables(world: World) -> dict[str, tuple[pl.DataFrame, Dialect]]:
    """File name -> table and dialect, in the order of the business."""
    return {
        "purchase_orders.csv": (_purchase_orders(world), BRITISH),
        "purchase_order_lines.csv": (_purchase_lines(world), PLAIN),
        "goods_receipts.csv": (_receipts(world), BRITISH),
        "vendor_bills.csv": (_bills(world), PLAIN),
        "vendor_bill_lines.csv": (_bill_lines(world), PLAIN),
        "vendor_payments.csv": (_bill_payments(world), NORDIC_UTF8),
        "vendor_payment_applications.csv": (_bill_applications(world), PLAIN),
        "stock_moves.csv": (_stock_moves(world), PLAIN),
        "stock_counts.csv": (_stock_counts(world), PLAIN),
    }


def _purchase_orders(world: World) -> pl.DataFrame:
    orders = world.events.purchases.purchase_orders
    return pl.DataFrame(
        {
            "Company Code": entities(orders["entity"]),
            "PO No": orders["number"],
            "Vendor": numbers(orders["vendor"], world.masters.vendors.number),
            "PO Date": days(orders["ordered"]),
            "Promised Date": days(orders["promised"]),
            "Currency": currencies(orders["currency"]),
            "Status": codes((orders["received"] <= world.masters.window.last).cast(pl.Int64), ORDER_STATUS),
        }
    ).sort("PO No")


def _purchase_lines(world: World) -> pl.DataFrame:
    lines, orders = world.events.purchases.purchase_lines, world.events.purchases.purchase_orders
    return pl.DataFrame(
        {
            "PO No": numbers(lines["purchase"], orders["number"].to_numpy()),
            "Pos": lines["position"],
            "Material": numbers(lines["item"], world.masters.catalogue.number),
            "Qty": money(100 * integers(lines["units"])),
            "Price": money(lines["price"]),
        }
    ).sort("PO No", "Pos")


def _receipts(world: World) -> pl.DataFrame:
    orders, lines = world.events.purchases.purchase_orders, _received(world)
    return pl.DataFrame(
        {
            "Receipt No": numbers(lines["purchase"], orders["receipt"].to_numpy()),
            "Receipt Pos": lines["position"],
            "PO No": numbers(lines["purchase"], orders["number"].to_numpy()),
            "PO Pos": lines["position"],
            "Receipt Date": days(lines["received"]),
            "Qty": money(100 * integers(lines["units"])),
        }
    ).sort("Receipt No", "Receipt Pos")


def _received(world: World) -> pl.DataFrame:
    """Purchase lines that have arrived; the others are still on order."""
    return world.events.purchases.purchase_lines.filter(pl.col("received") <= world.masters.window.last)


def _bills(world: World) -> pl.DataFrame:
    bills = world.events.purchases.bills
    offered = offers_discount(world.masters.vendors, bills)
    return pl.DataFrame(
        {
            "Company Code": entities(bills["entity"]),
            "Bill No": bills["number"],
            "Vendor": numbers(bills["vendor"], world.masters.vendors.number),
            "PO No": numbers(bills["purchase"], world.events.purchases.purchase_orders["number"].to_numpy()),
            "Posting Date": days(bills["day"]),
            "Due Date": days(bills["due"]),
            "Discount Until": days(np.where(offered, bills["day"].to_numpy() + DISCOUNT_DAYS, -1)),
            "Cash Discount %": known_money(np.where(offered, 100 * DISCOUNT_PERCENT, 0), offered),
            "Currency": currencies(bills["currency"]),
            "Net": money(bills["net"]),
            "Tax": money(bills["tax"]),
            "Gross": money(bills["gross"]),
            "Net LC": money(bills["net_local"]),
            "Gross LC": money(bills["gross_local"]),
            "Rate": rate(bills["rate"]),
        }
    ).sort("Bill No")


def _bill_lines(world: World) -> pl.DataFrame:
    lines, bills = world.events.purchases.bill_lines, world.events.purchases.bills
    bill = lines["bill"].to_numpy()
    return pl.DataFrame(
        {
            "Bill No": numbers(bill, bills["number"].to_numpy()),
            "Pos": lines["position"],
            "Material": numbers(lines["item"], world.masters.catalogue.number),
            "Qty": money(lines["quantity"]),
            "Net": money(lines["net"]),
            "Net LC": money(lines["net_local"]),
            "Tax": money(lines["tax"]),
            "Account": lines["account"],
            "Department": codes(lines["department"], DEPARTMENT_CODES),
            "Cost Centre": cost_centres(bills["entity"].to_numpy()[bill], lines["department"]),
        }
    ).sort("Bill No", "Pos")


def _bill_payments(world: World) -> pl.DataFrame:
    payments = world.events.disbursements.payments
    return pl.DataFrame(
        {
            "Company Code": entities(payments["entity"]),
            "Payment No": payments["number"],
            "Vendor": numbers(payments["vendor"], world.masters.vendors.number),
            "Value Date": days(payments["day"]),
            "Currency": currencies(payments["currency"]),
            "Amount": money(payments["amount"]),
            "Amount LC": money(payments["amount_local"]),
            "Rate": rate(payments["rate"]),
            "House Bank": codes(payments["bank"], BANK_CODES),
        }
    ).sort("Payment No")


def _bill_applications(world: World) -> pl.DataFrame:
    applied, purchases = world.events.disbursements.applications, world.events.purchases
    return pl.DataFrame(
        {
            "Clearing No": applied["application"],
            "Payment No": numbers(applied["payment"], world.events.disbursements.payments["number"].to_numpy()),
            "Bill No": numbers(applied["bill"], purchases.bills["number"].to_numpy()),
            "Clearing Date": days(applied["day"]),
            "Amount": money(applied["amount"]),
            "Amount LC": money(applied["amount_local"]),
            "Cash Discount": money(applied["discount"]),
            "FX Difference LC": money(applied["exchange"]),
        }
    )


def stock_movements(world: World) -> pl.DataFrame:
    """Every movement of stock: entity, item, day, units, value, kind, document."""
    events, plan, values = world.events, world.stock_plan, world.stock_values
    entity, item = np.nonzero(plan.opening)
    opening = pl.DataFrame(
        {
            "entity": entity,
            "item": item,
            "day": np.full(len(entity), world.masters.window.first),
            "units": plan.opening[entity, item],
            "value": values.opening_value[entity, item],
            "kind": np.full(len(entity), 3),
            "document": 6_900_000_000 + entity,
        }
    )
    received = _received(world).join(
        events.purchases.purchase_orders.select("purchase", "receipt"), on="purchase", maintain_order="left"
    )
    received = received.select(
        "entity", "item", "units", "value", day="received", kind=pl.lit(0, pl.Int64), document="receipt"
    )
    issued = events.deliveries.select(
        "entity",
        "item",
        day="delivered",
        units=-(pl.col("quantity") // 100),
        value=-pl.col("cost"),
        kind=pl.lit(1, pl.Int64),
        document="delivery",
    )
    returned = events.billing.credit_lines.filter(pl.col("units") > 0).join(
        events.billing.credit_notes.select("credit", "entity", "day", "number"), on="credit", maintain_order="left"
    )
    returned = returned.select(
        "entity", "item", "day", "units", value="cost", kind=pl.lit(2, pl.Int64), document="number"
    )
    counted = events.stock_differences
    counted = counted.select(
        "entity", "item", "day", "units", value="amount", kind=pl.lit(3, pl.Int64), document="number"
    )
    parts = [part.select(opening.columns) for part in (opening, received, issued, returned, counted)]
    return (
        pl.concat(parts).with_columns(drawn=pl.int_range(pl.len())).sort("day", "entity", "kind", "drawn").drop("drawn")
    )


def _stock_moves(world: World) -> pl.DataFrame:
    moves = stock_movements(world)
    return pl.DataFrame(
        {
            "Move Id": np.arange(moves.height) + 1,
            "Company Code": entities(moves["entity"]),
            "Material": numbers(moves["item"], world.masters.catalogue.number),
            "Plant": codes(moves["entity"], WAREHOUSES),
            "Posting Date": days(moves["day"]),
            "Qty": money(100 * integers(moves["units"])),
            "Value LC": money(moves["value"]),
            "Move Type": codes(moves["kind"], MOVE_TYPES),
            "Document": moves["document"],
        }
    )


def _stock_counts(world: World) -> pl.DataFrame:
    """Items whose count differed from the books, at each quarter's end."""
    counted = world.events.stock_differences
    return pl.DataFrame(
        {
            "Count Id": np.arange(counted.height) + 1,
            "Company Code": entities(counted["entity"]),
            "Material": numbers(counted["item"], world.masters.catalogue.number),
            "Plant": codes(counted["entity"], WAREHOUSES),
            "Count Date": days(counted["day"]),
            "Book Qty": money(100 * integers(counted["book"])),
            "Counted Qty": money(100 * (integers(counted["book"]) + integers(counted["units"]))),
        }
    )
