"""Invoices and credit notes: numbers, days, taxes, booked rates and local amounts.

Belongs here: from lines to invoice to invoices; what is credited and why.
Does not: what can be invoiced (billing.py), what the customer then pays (collecting.py), journals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import business_day, convert, half_up, number_groups, repeat_rows, sum_by
from pipelines.sample.catalogue import FREIGHT, GOODS
from pipelines.sample.company import COUNTRY_CODES, ENTITIES, EUR, vat_permille
from pipelines.sample.masters import Masters
from pipelines.sample.selling import number_documents

RETURNED, REBATED = 0.022, 0.009
RETURN, PRICE, GOODWILL = range(3)
CREDIT_REASONS = ("return", "price", "goodwill")


@dataclass(frozen=True, slots=True)
class Billing:
    """Frames: one row per invoice, invoice line, credit note, credit note line."""

    invoices: pl.DataFrame
    invoice_lines: pl.DataFrame
    credit_notes: pl.DataFrame
    credit_lines: pl.DataFrame


def issue_invoices(masters: Masters, lines: pl.DataFrame, orders: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Invoices and their lines, with tax, booked rate and local amounts. Lines of goods still lack their cost."""
    window, customers, rates = masters.window, masters.customers, masters.rates
    lines = lines.filter(pl.col("day").is_between(window.first, window.last) & (pl.col("net") != 0))
    key, first = number_groups(lines["source"].to_numpy(), lines["key"].to_numpy())
    order = lines["order"].to_numpy()[first]
    entity, customer, currency = (orders[name].to_numpy()[order] for name in ("entity", "customer", "currency"))
    day = lines["day"].to_numpy()[first]
    rate = rates.to_local(currency, entity, day)
    home = np.array([COUNTRY_CODES.index(unit.country) for unit in ENTITIES])
    taxed = (customers.country[customer] == home[entity]) & (customers.buyer_entity[customer] < 0)
    permille = np.where(taxed, vat_permille(entity, day), 0)
    net = lines["net"].to_numpy()
    tax = half_up(net * permille[key], 1000)
    net_local = convert(net, rate[key])
    size = len(first)
    net_doc, tax_doc = sum_by(key, net, size), sum_by(key, tax, size)
    tax_local = convert(tax_doc, rate)
    local = sum_by(key, net_local, size)
    freight = np.where(lines["line_type"].to_numpy() == FREIGHT, net, 0)
    invoices = pl.DataFrame(
        {
            "invoice": np.arange(size),
            "number": number_documents(9_000_000_000, entity, day),
            "entity": entity,
            "customer": customer,
            "order": order,
            "day": day,
            "due": day + customers.terms[customer],
            "currency": currency,
            "rate": rate,
            "net": net_doc,
            "tax": tax_doc,
            "gross": net_doc + tax_doc,
            "net_local": local,
            "tax_local": tax_local,
            "gross_local": local + tax_local,
            "freight": sum_by(key, freight, size),
            "buyer": customers.buyer_entity[customer],
        }
    )
    standard = masters.catalogue.cost_euro[lines["item"].to_numpy()] * lines["quantity"].to_numpy()
    to_local = rates.to_local(np.full(size, EUR), entity, day)
    cost = np.where(
        lines["cost_known"].to_numpy() == 2, convert(half_up(standard, 100), to_local[key]), lines["cost"].to_numpy()
    )
    invoice_lines = lines.with_columns(
        invoice=key, net_local=net_local, tax=tax, cost=cost, cost_known=(pl.col("cost_known") > 0).cast(pl.Int64)
    ).drop("source", "key", "day", "order")
    invoice_lines = (
        invoice_lines.with_columns(drawn=np.arange(invoice_lines.height))
        .sort("invoice", "line_type", "drawn")
        .drop("drawn")
    )
    position = 10 * (repeat_rows(np.bincount(invoice_lines["invoice"].to_numpy(), minlength=size))[1] + 1)
    return invoices, invoice_lines.with_columns(invoice_line=np.arange(invoice_lines.height), position=position)


def issue_credit_notes(
    masters: Masters, invoices: pl.DataFrame, lines: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns of goods, price corrections and goodwill; one credit note per invoice, at the invoice's own rate."""
    window, generator = masters.window, masters.draws.stream("credit notes")
    outside = invoices["buyer"].to_numpy()[lines["invoice"].to_numpy()] < 0
    kind, chance = lines["line_type"].to_numpy(), generator.random(lines.height)
    returned = (kind == GOODS) & (chance < RETURNED)
    rebated = (kind != FREIGHT) & (chance >= RETURNED) & (chance < RETURNED + REBATED)
    chosen = outside & (returned | rebated) & (lines["net"].to_numpy() > 0)
    picked = lines.filter(pl.Series(chosen))
    size = picked.height
    delay = generator.integers(4, 45, invoices.height)[picked["invoice"].to_numpy()]
    day = business_day(invoices["day"].to_numpy()[picked["invoice"].to_numpy()] + delay)
    back = returned[chosen]
    units = picked["quantity"].to_numpy() // 100
    taken = np.where(back, np.maximum((units * generator.uniform(0.2, 1.0, size)).astype(np.int64), 1), 0)
    net = picked["net"].to_numpy()
    percent = generator.integers(5, 31, size)
    credit_net = np.maximum(np.where(back, half_up(net * taken, np.maximum(units, 1)), half_up(net * percent, 100)), 1)
    reason = np.where(back, RETURN, np.where(generator.random(size) < 0.6, PRICE, GOODWILL))
    frame = picked.select(
        "invoice", "invoice_line", "item", "line_type", "department", "project", "delivery_line"
    ).with_columns(day=day, units=taken, of=units, net=credit_net, reason=reason, percent=percent)
    frame = frame.filter(pl.col("day") <= window.last)
    key, first = number_groups(frame["invoice"].to_numpy())
    invoice = frame["invoice"].to_numpy()[first]
    head = invoices[invoice]
    rate, day = head["rate"].to_numpy(), frame["day"].to_numpy()[first]
    tax_of = lines["tax"].to_numpy()[frame["invoice_line"].to_numpy()]
    net_of = lines["net"].to_numpy()[frame["invoice_line"].to_numpy()]
    net = frame["net"].to_numpy()
    tax = half_up(net * tax_of, np.maximum(net_of, 1))
    net_local = convert(net, rate[key])
    size = len(first)
    tax_local = convert(sum_by(key, tax, size), rate)
    local = sum_by(key, net_local, size)
    entity = head["entity"].to_numpy()
    credit_notes = pl.DataFrame(
        {
            "credit": np.arange(size),
            "number": number_documents(9_500_000_000, entity, day),
            "entity": entity,
            "customer": head["customer"],
            "invoice": invoice,
            "day": day,
            "reason": frame["reason"].to_numpy()[first],
            "currency": head["currency"],
            "rate": rate,
            "net": sum_by(key, net, size),
            "tax": sum_by(key, tax, size),
            "gross": sum_by(key, net + tax, size),
            "net_local": local,
            "tax_local": tax_local,
            "gross_local": local + tax_local,
        }
    )
    credit_lines = frame.with_columns(credit=key, tax=tax, net_local=net_local).drop(
        "day", "reason", "percent", "invoice"
    )
    credit_lines = credit_lines.sort("credit", "invoice_line")
    position = 10 * (repeat_rows(np.bincount(credit_lines["credit"].to_numpy(), minlength=size))[1] + 1)
    return credit_notes, credit_lines.with_columns(credit_line=np.arange(credit_lines.height), position=position)
