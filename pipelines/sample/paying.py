"""How bills are paid: weekly runs, early-payment discounts, debit notes netted, group accounts in step with the seller.

Belongs here: payments to vendors and their applications. Does not: journals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import Flags, Ints, convert, half_up, next_weekday, number_groups, sum_by
from pipelines.sample.company import ENTITIES, OPERATING_BANK
from pipelines.sample.masters import Masters
from pipelines.sample.purchasing import COST_BILL, DEBIT_NOTE, GROUP_BILL
from pipelines.sample.rates import Rates
from pipelines.sample.selling import number_documents
from pipelines.sample.vendors import MACHINES, Vendors

RUN_DAY = 3  # Thursday
DISCOUNT_PERCENT, DISCOUNT_DAYS = 2, 10
DISCOUNT_MISSED = 0.15  # of bills that may be paid less early: approved too late
DEPOSIT_EURO, DEPOSIT_DAYS = 11_000, 24  # paid to the machine builder before its bill, so many days before the end


@dataclass(frozen=True, slots=True)
class Disbursements:
    payments: pl.DataFrame
    applications: pl.DataFrame


def pay_bills(masters: Masters, bills: pl.DataFrame, collected: pl.DataFrame) -> Disbursements:
    """Every bill is paid in the run on or after its due date; group bills on the days the seller received the money.

    collected: the seller's applications of payments to group invoices (invoice, day, amount, discount).
    """
    window, vendors = masters.window, masters.vendors
    generator = masters.draws.stream("bill payments")
    kind = bills["kind"].to_numpy()
    issued, gross, rate = bills["day"].to_numpy(), bills["gross"].to_numpy(), bills["rate"].to_numpy()
    late = np.where(generator.random(bills.height) < 0.10, 7, 0)
    missed = masters.draws.stream("missed discounts").random(bills.height) < DISCOUNT_MISSED
    quick = offers_discount(vendors, bills) & ~missed
    wanted = np.where(quick, issued + 3, bills["due"].to_numpy() + late)
    wanted = np.maximum(wanted, issued + 8 * (~quick))
    paid = next_weekday(wanted, np.full(bills.height, RUN_DAY))
    paid = _net_debit_notes(bills, kind, issued, paid)
    quick &= paid <= issued + DISCOUNT_DAYS
    discount = np.where(quick, half_up(gross * DISCOUNT_PERCENT, 100), 0)
    own = pl.DataFrame(
        {
            "bill": bills["bill"],
            "paid": paid,
            "cash": gross - discount,
            "discount": discount,
            "discount_local": convert(discount, rate),
            "amount_local": bills["gross_local"],
        }
    ).filter(pl.Series((kind != GROUP_BILL) & (paid <= window.last)))
    group = bills.filter(pl.col("kind") == GROUP_BILL).select("bill", "invoice", "rate", "gross", "gross_local")
    theirs = collected.join(group, on="invoice", how="inner").sort("bill", "day")
    in_full = (theirs["amount"] == theirs["gross"]).to_numpy()
    settled = np.where(
        in_full, theirs["gross_local"].to_numpy(), convert(theirs["amount"].to_numpy(), theirs["rate"].to_numpy())
    )
    nothing = np.zeros(theirs.height, dtype=np.int64)
    theirs = pl.DataFrame(
        {
            "bill": theirs["bill"],
            "paid": theirs["day"],
            "cash": theirs["amount"],
            "discount": nothing,
            "discount_local": nothing,
            "amount_local": settled,
        }
    )
    paid_out = _run(pl.concat([own, theirs]), bills, masters.rates)
    return Disbursements(_with_deposits(masters, paid_out.payments), paid_out.applications)


def _with_deposits(masters: Masters, payments: pl.DataFrame) -> pl.DataFrame:
    """One payment per entity to the machine builder whose bill has not come: it stays open on the vendor's account."""
    vendors, entity = masters.vendors, np.arange(len(ENTITIES))
    vendor = np.array([vendors.of_category(MACHINES, unit)[0] for unit in entity.tolist()])
    day = next_weekday(np.full(len(entity), masters.window.last - DEPOSIT_DAYS), np.full(len(entity), RUN_DAY))
    currency = vendors.currency[vendor]
    rate = masters.rates.to_local(currency, entity, day)
    amount = np.full(len(entity), max(round(DEPOSIT_EURO * masters.scale), 100) * 100)
    deposits = pl.DataFrame(
        {
            "payment": np.arange(len(entity)) + payments.height,
            "number": 2_090_000_001 + 100_000_000 * entity,
            "entity": entity,
            "vendor": vendor,
            "day": day,
            "currency": currency,
            "rate": rate,
            "amount": amount,
            "amount_local": convert(amount, rate),
            "bank": OPERATING_BANK[entity],
        }
    )
    return pl.concat([payments, deposits])


def offers_discount(vendors: Vendors, bills: pl.DataFrame) -> Flags:
    """Which bills may be paid less early."""
    kind = bills["kind"].to_numpy()
    offered: Flags = vendors.discount[bills["vendor"].to_numpy()] & (kind != GROUP_BILL) & (kind != DEBIT_NOTE)
    return offered


def _net_debit_notes(bills: pl.DataFrame, kind: Ints, issued: Ints, paid: Ints) -> Ints:
    """A debit note is set off in the run that pays the bill it belongs to."""
    notes = np.flatnonzero(kind == DEBIT_NOTE)
    costs = np.flatnonzero(kind == COST_BILL)
    key = bills["key"].to_numpy()
    of_note = costs[np.searchsorted(key[costs], key[notes])]
    paid = paid.copy()
    paid[of_note] = np.maximum(paid[of_note], next_weekday(issued[notes], np.full(len(notes), RUN_DAY)))
    paid[notes] = paid[of_note]
    return paid


def _run(settled: pl.DataFrame, bills: pl.DataFrame, rates: Rates) -> Disbursements:
    bill = settled["bill"].to_numpy()
    entity, vendor, currency = (bills[name].to_numpy()[bill] for name in ("entity", "vendor", "currency"))
    paid = settled["paid"].to_numpy()
    group, first = number_groups(entity, vendor, currency, paid)
    size = len(first)
    entity, vendor, currency, paid = entity[first], vendor[first], currency[first], paid[first]
    rate = rates.to_local(currency, entity, paid)
    cash = settled["cash"].to_numpy()
    cash_local = convert(cash, rate[group])
    payments = pl.DataFrame(
        {
            "payment": np.arange(size),
            "number": number_documents(2_000_000_000, entity, paid),
            "entity": entity,
            "vendor": vendor,
            "day": paid,
            "currency": currency,
            "rate": rate,
            "amount": sum_by(group, cash, size),
            "amount_local": sum_by(group, cash_local, size),
            "bank": OPERATING_BANK[entity],
        }
    )
    applications = settled.select("bill", day="paid", amount="cash").with_columns(
        payment=group,
        amount_local=settled["amount_local"],
        discount=settled["discount"],
        discount_local=settled["discount_local"],
        exchange=settled["amount_local"].to_numpy() - settled["discount_local"].to_numpy() - cash_local,
    )
    applications = applications.sort("day", "bill", "payment").with_columns(
        application=np.arange(settled.height) + 8_800_000_001
    )
    return Disbursements(payments=payments, applications=applications)
