"""From the stock plan to purchase orders, receipts and bills.

Belongs here: what is bought, received and billed, at which booked rate.
Does not: running costs (spending.py), how bills are paid (paying.py), journals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import (
    Flags,
    Ints,
    business_day,
    convert,
    half_up,
    month_first_day,
    month_number,
    number_groups,
    repeat_rows,
    sum_by,
)
from pipelines.sample.catalogue import GOODS
from pipelines.sample.masters import Masters
from pipelines.sample.selling import NO_ROW, number_documents
from pipelines.sample.stock import StockPlan
from pipelines.sample.vendors import (
    SUPPLIER,
)

STOCK_BILL, GROUP_BILL, COST_BILL, DEBIT_NOTE, ASSET_BILL = range(5)
COST_INFLATION = 1.03
LATE_SUPPLIERS, MONTHS_AHEAD = (
    0.25,
    2,
)  # part of suppliers; months after the window's end of which some is on order by then


@dataclass(frozen=True, slots=True)
class Purchases:
    """purchase_orders, purchase_lines: one row per order and line, with the days of the receipt and of its bill (after
    the window's end where they are still to come) and the line's local value. bills and bill_lines as named."""

    purchase_orders: pl.DataFrame
    purchase_lines: pl.DataFrame
    bills: pl.DataFrame
    bill_lines: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Suppliers:
    """of_item: who supplies an entity with an item, entities x items. By vendor: days it takes, whether often late."""

    of_item: Ints
    lead: Ints
    is_late: Flags


def order_stock(masters: Masters, plan: StockPlan) -> pl.DataFrame:
    """Lines bought from outside: one purchase order per entity, supplier and month, received in its first days.

    Suppliers take weeks, so what comes in the two months after the window's end is on order by then where it is time:
    as much as in the last three months on average. `received` is then the day on which it will come.
    """
    window, catalogue, vendors = masters.window, masters.catalogue, masters.vendors
    generator = masters.draws.stream("purchases")
    units = plan.receipts.copy()
    units[c.FI01 + 1 :, catalogue.from_group] = 0
    of_category = np.flatnonzero(vendors.category == SUPPLIER)
    suppliers = _Suppliers(
        of_item=of_category[generator.integers(0, len(of_category), units.shape[:2])],
        lead=generator.integers(12, 46, len(vendors.number)),
        is_late=generator.random(len(vendors.number)) < LATE_SUPPLIERS,
    )
    bought = _stock_lines(masters, generator, suppliers, units, until=window.last)
    ahead = np.zeros((*units.shape[:2], units.shape[2] + MONTHS_AHEAD), dtype=np.int64)
    ahead[:, :, units.shape[2] :] = half_up(units[:, :, -3:].sum(axis=2), 3)[:, :, None]
    coming = _stock_lines(masters, masters.draws.stream("purchases ahead"), suppliers, ahead, until=None)
    return pl.concat([bought, coming.filter(pl.col("ordered") <= window.last)])


def _stock_lines(
    masters: Masters, generator: np.random.Generator, suppliers: _Suppliers, units: Ints, *, until: int | None
) -> pl.DataFrame:
    """Lines for units by entity, item and month from the window's first on; none comes after the day `until`."""
    window, catalogue, vendors = masters.window, masters.catalogue, masters.vendors
    entity, item, step = np.nonzero(units)
    month = step + month_number(np.array([window.first]))[0]
    vendor = suppliers.of_item[entity, item]
    first = month_first_day(month)
    received = business_day(first + vendor % 6)
    received = received if until is None else np.minimum(received, until)
    late = np.where(suppliers.is_late[vendor], generator.integers(0, 6, len(vendor)), 0)
    currency = vendors.currency[vendor]
    years = (first - window.first) / 365.25
    price = catalogue.cost_euro[item] / np.array(c.BASE_RATES)[currency] * COST_INFLATION**years
    price = np.maximum(np.rint(price * generator.normal(1.0, 0.03, len(item)).clip(0.85, 1.15)), 1).astype(np.int64)
    count = units[entity, item, step]
    net = count * price
    # What is still to come has no value yet: no rate of its day is known.
    rate = masters.rates.to_local(currency, entity, np.minimum(received, window.last))
    return pl.DataFrame(
        {
            "entity": entity,
            "vendor": vendor,
            "month": month,
            "item": item,
            "units": count,
            "price": price,
            "currency": currency,
            "net": net,
            "ordered": business_day(received - suppliers.lead[vendor]),
            "promised": received - late,
            "received": received,
            "value": np.where(received <= window.last, convert(net, rate), 0),
            "group_order": np.full(len(item), NO_ROW),
        }
    ).sort("entity", "vendor", "month", "item")


def order_from_group(
    masters: Masters, orders: pl.DataFrame, deliveries: pl.DataFrame, order_lines: pl.DataFrame
) -> pl.DataFrame:
    """The buying entity's side of goods delivered between entities: received the day after they left."""
    line = deliveries["order_line"].to_numpy()
    order = deliveries["order"].to_numpy()
    buyer = masters.customers.buyer_entity[orders["customer"].to_numpy()[order]]
    seller = orders["entity"].to_numpy()[order]
    vendor_of = _group_vendors(masters)
    price = order_lines["price"].to_numpy()[line]
    units = deliveries["quantity"].to_numpy() // 100
    received = np.minimum(deliveries["delivered"].to_numpy() + 1, masters.window.last)
    currency = orders["currency"].to_numpy()[order]
    net = units * price
    return pl.DataFrame(
        {
            "entity": buyer,
            "vendor": vendor_of[seller],
            "month": month_number(received),
            "item": deliveries["item"],
            "units": units,
            "price": price,
            "currency": currency,
            "net": net,
            "ordered": orders["ordered"].to_numpy()[order],
            "promised": received,
            "received": received,
            "value": convert(net, masters.rates.to_local(currency, buyer, received)),
            "group_order": order,
        }
    )


def _group_vendors(masters: Masters) -> Ints:
    """By selling entity, its row among the vendors."""
    vendors = masters.vendors
    vendor_of = np.zeros(len(c.ENTITIES), dtype=np.int64)
    rows = np.flatnonzero(vendors.group_entity >= 0)
    vendor_of[vendors.group_entity[rows]] = rows
    return vendor_of


def number_purchases(masters: Masters, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Purchase orders (one per entity, vendor, month and group order; those still to come last) and their lines,
    numbered. Suppliers bill an order up to a week after it arrived."""
    is_open = (lines["received"].to_numpy() > masters.window.last).astype(np.int64)
    keys = (lines[name].to_numpy() for name in ("entity", "vendor", "month", "group_order"))
    key, first = number_groups(is_open, *keys)
    lag = masters.draws.stream("stock bills").integers(0, 8, len(first))
    heads = lines.select("entity", "vendor", "currency", "ordered", "promised", "group_order", "received")[first]
    heads = heads.with_columns(
        purchase=np.arange(len(first)),
        number=number_documents(4_800_000_000, heads["entity"].to_numpy(), heads["ordered"].to_numpy()),
        receipt=number_documents(5_000_000_000, heads["entity"].to_numpy(), heads["received"].to_numpy()),
        billed=business_day(heads["received"].to_numpy() + lag),
    )
    lines = lines.with_columns(purchase=key).sort("purchase", "item")
    position = 10 * (repeat_rows(np.bincount(lines["purchase"].to_numpy(), minlength=len(first)))[1] + 1)
    return heads, lines.with_columns(position=position, purchase_line=np.arange(lines.height))


def bill_line(kind: int, **columns: Ints | int) -> pl.DataFrame:
    names = ("kind", "key", "entity", "vendor", "purchase", "invoice", "day", "currency", "account", "item", "quantity",
             "net", "department", "accrued")  # fmt: skip
    size = np.asarray(columns["key"]).size
    filled = {
        "kind": kind,
        "purchase": NO_ROW,
        "invoice": NO_ROW,
        "item": NO_ROW,
        "quantity": 100,
        "accrued": 0,
    } | columns
    return pl.DataFrame({name: np.broadcast_to(np.asarray(filled[name], dtype=np.int64), size) for name in names})


def bill_stock(masters: Masters, purchase_orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One bill per purchase order from outside, once it has arrived."""
    day = purchase_orders["billed"].to_numpy()
    outside = masters.vendors.group_entity[lines["vendor"].to_numpy()] < 0
    mine = lines.filter(pl.Series(outside) & (pl.col("received") <= masters.window.last))
    purchase = mine["purchase"].to_numpy()
    return bill_line(
        STOCK_BILL,
        key=purchase,
        entity=mine["entity"].to_numpy(),
        vendor=mine["vendor"].to_numpy(),
        purchase=purchase,
        day=day[purchase],
        currency=mine["currency"].to_numpy(),
        account=c.RECEIVED,
        item=mine["item"].to_numpy(),
        quantity=100 * mine["units"].to_numpy(),
        net=mine["net"].to_numpy(),
        department=c.NO_DEPARTMENT,
        accrued=mine["value"].to_numpy(),
    )


def bill_group(
    masters: Masters, invoices: pl.DataFrame, invoice_lines: pl.DataFrame, purchase_lines: pl.DataFrame
) -> pl.DataFrame:
    """Each invoice between entities is a bill at the buyer, on the same day, with the same amounts."""
    buyer = invoices["buyer"].to_numpy()
    mine = invoice_lines.filter(pl.Series(buyer[invoice_lines["invoice"].to_numpy()] >= 0))
    invoice = mine["invoice"].to_numpy()
    head = invoices[invoice]
    vendor_of = _group_vendors(masters)
    goods = mine["line_type"].to_numpy() == GOODS
    # The receipt that a goods line clears: the same order and item at the buyer.
    purchased = purchase_lines.filter(pl.col("group_order") >= 0).rename({"group_order": "order"})
    keyed = (
        mine.with_columns(order=head["order"], row=np.arange(mine.height))
        .join(purchased.select("order", "item", "value", "purchase"), on=["order", "item"], how="left")
        .sort("row")
    )
    return bill_line(
        GROUP_BILL,
        key=invoice,
        entity=buyer[invoice],
        vendor=vendor_of[head["entity"].to_numpy()],
        purchase=keyed["purchase"].fill_null(NO_ROW).to_numpy(),
        invoice=invoice,
        day=head["day"].to_numpy(),
        currency=head["currency"].to_numpy(),
        account=np.where(goods, c.RECEIVED, c.GROUP_CHARGES),
        item=mine["item"].to_numpy(),
        quantity=mine["quantity"].to_numpy(),
        net=mine["net"].to_numpy(),
        department=np.where(goods, c.NO_DEPARTMENT, c.ADM),
        accrued=keyed["value"].fill_null(0).to_numpy(),
    )


def issue_bills(masters: Masters, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bills and lines with input tax, booked rate and local amounts."""
    window, vendors, rates = masters.window, masters.vendors, masters.rates
    lines = lines.filter((pl.col("day") <= window.last) & (pl.col("day") >= window.first))
    key, first = number_groups(lines["kind"].to_numpy(), lines["key"].to_numpy())
    head = lines[first]
    entity, vendor, currency, day = (head[name].to_numpy() for name in ("entity", "vendor", "currency", "day"))
    rate = rates.to_local(currency, entity, day)
    home = np.array([c.COUNTRY_CODES.index(unit.country) for unit in c.ENTITIES])
    exempt = lines["account"].to_numpy() == c.PREPAID
    taxed = (vendors.country[vendor] == home[entity]) & (vendors.group_entity[vendor] < 0)
    permille = np.where(taxed, c.vat_permille(entity, day), 0)
    net = lines["net"].to_numpy()
    tax = np.where(exempt, 0, half_up(net * permille[key], 1000))
    net_local = convert(net, rate[key])
    size = len(first)
    tax_doc, net_doc, local = sum_by(key, tax, size), sum_by(key, net, size), sum_by(key, net_local, size)
    tax_local = convert(tax_doc, rate)
    bills = head.select("kind", "key", "entity", "vendor", "purchase", "invoice", "day", "currency").with_columns(
        bill=np.arange(size),
        number=number_documents(5_100_000_000, entity, day),
        due=day + vendors.terms[vendor],
        rate=rate,
        net=net_doc,
        tax=tax_doc,
        gross=net_doc + tax_doc,
        net_local=local,
        tax_local=tax_local,
        gross_local=local + tax_local,
    )
    bill_lines = lines.select("account", "item", "quantity", "net", "department", "accrued").with_columns(
        bill=key, tax=tax, net_local=net_local, drawn=np.arange(lines.height)
    )
    bill_lines = bill_lines.sort("bill", "drawn").drop("drawn")
    position = 10 * (repeat_rows(np.bincount(bill_lines["bill"].to_numpy(), minlength=size))[1] + 1)
    return bills, bill_lines.with_columns(bill_line=np.arange(bill_lines.height), position=position)
