"""What customers pay: instalments, habits of lateness, partial payments, early-payment discounts, payments on account.

Belongs here: the receivable parts of invoices, payments and their applications. Does not: journals.
A part is what is settled at once: the whole invoice, an instalment, or a partial payment of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import (
    Ints,
    convert,
    half_up,
    next_weekday,
    number_groups,
    repeat_rows,
    sum_by,
)
from pipelines.sample.company import COLLECTION_BANK, ENTITY_CURRENCY, FI01, OPERATING_BANK
from pipelines.sample.disputing import dispute
from pipelines.sample.dunning import NEVER, Dunning, drop_settled, remind
from pipelines.sample.masters import Masters
from pipelines.sample.selling import number_documents

INSTALMENT_FROM = 3_000_000  # gross cents above which some invoices are paid in thirds
INSTALMENT_SHARE, PARTIAL_SHARE, NEVER_PAID = 0.35, 0.05, 0.004
DISCOUNT_PERCENT, DISCOUNT_DAYS, DISCOUNT_TAKEN = 2, 10, 0.7
ON_ACCOUNT, ON_ACCOUNT_USED = 0.015, 0.75  # payments larger than what they settle; those used by the next one
UNPAID = -1


@dataclass(frozen=True, slots=True)
class Collections:
    """instalments: invoice, number, due, gross. payments: one row per payment. applications: one row per settled part,
    or per credit note set against its invoice (payment -1). disputes: as `disputing` gives them."""

    instalments: pl.DataFrame
    payments: pl.DataFrame
    applications: pl.DataFrame
    disputes: pl.DataFrame
    dunning: Dunning


def split_invoices(masters: Masters, invoices: pl.DataFrame) -> pl.DataFrame:
    """Parts of invoices: invoice, part, due, gross, number of the instalment (0: the invoice has one due date)."""
    generator = masters.draws.stream("instalments")
    size = invoices.height
    gross = invoices["gross"].to_numpy()
    outside = invoices["buyer"].to_numpy() < 0
    thirds = (
        outside
        & (gross * invoices["rate"].to_numpy() // 10**8 >= INSTALMENT_FROM)
        & (generator.random(size) < INSTALMENT_SHARE)
    )
    partial = outside & ~thirds & (generator.random(size) < PARTIAL_SHARE) & (gross > 20_000)
    invoice, part = repeat_rows(np.where(thirds, 3, np.where(partial, 2, 1)))
    share = generator.integers(30, 75, size)[invoice]
    total = gross[invoice]
    third, paid_first = total // 3, half_up(total * share, 100)
    amount = np.where(
        thirds[invoice],
        np.where(part < 2, third, total - 2 * third),
        np.where(partial[invoice], np.where(part == 0, paid_first, total - paid_first), total),
    )
    due = invoices["due"].to_numpy()[invoice] + np.where(thirds[invoice], 30 * part, 0)
    return pl.DataFrame(
        {
            "invoice": invoice,
            "part": part,
            "due": due,
            "gross": amount,
            "instalment": np.where(thirds[invoice], part + 1, 0),
            "waits": np.where(partial[invoice] & (part == 1), 1, 0),
        }
    )


def collect(masters: Masters, invoices: pl.DataFrame, credit_notes: pl.DataFrame) -> Collections:
    """Everything that is paid up to the window's end, with local amounts at the payment's and at the invoice's rate."""
    window, customers = masters.window, masters.customers
    generator = masters.draws.stream("payments")
    parts = split_invoices(masters, invoices)
    invoice = parts["invoice"].to_numpy()
    customer = invoices["customer"].to_numpy()[invoice]
    issued = invoices["day"].to_numpy()[invoice]
    size = parts.height
    shape = customers.late_shape[customer]
    late = generator.gamma(shape, customers.late_mean[customer] / shape) - np.where(
        customers.habit[customer] == 0, 2.0, 0.0
    )
    late = late + parts["waits"].to_numpy() * generator.integers(12, 40, size)
    quick = (
        customers.takes_discount[customer] & (parts["instalment"].to_numpy() == 0) & (parts["waits"].to_numpy() == 0)
    )
    quick &= generator.random(size) < DISCOUNT_TAKEN
    early = issued + generator.integers(3, DISCOUNT_DAYS - 4, size)
    paid = np.where(quick, early, np.maximum(parts["due"].to_numpy() + late.astype(np.int64), issued + 1))
    disputes, agreed = dispute(masters, invoices, credit_notes, part_of=invoice, paid=paid)
    paid = next_weekday(np.maximum(paid, agreed[invoice]), customers.pay_weekday[customer])
    quick &= paid <= issued + DISCOUNT_DAYS
    # Group accounts settle on their weekday after the due date and never fail.
    outside = customers.buyer_entity[customer] < 0
    fails = (generator.random(invoices.height) < NEVER_PAID)[invoice] & outside
    # What was ever disputed is left out of dunning: it is settled, not reminded.
    paid, dunning = remind(
        masters,
        parts,
        issued=issued,
        paid=paid,
        never=fails,
        outside=outside & (agreed[invoice] == 0),
        weekday=customers.pay_weekday[customer],
    )
    open_at_end = fails | (paid > window.last)

    credited, credited_on = _credits_before_payment(
        invoices, credit_notes, parts, np.where(open_at_end, window.last + 1, paid)
    )
    # A credit note for all that an invoice asks for settles it: nothing is left to be reminded of.
    done = np.full(invoices.height, NEVER)
    target = credit_notes["invoice"].to_numpy()
    in_full = (credited_on >= 0) & (credited[target] == invoices["gross"].to_numpy()[target])
    done[target[in_full]] = credited_on[in_full]
    dunning = drop_settled(dunning, done)
    applied_credit = credited[invoice]
    last_part = np.zeros(size, dtype=np.bool_)
    last_part[np.flatnonzero(np.diff(invoice, append=-1))] = True
    gross = parts["gross"].to_numpy() - np.where(last_part, applied_credit, 0)
    first_part = parts["part"].to_numpy() == 0
    single = first_part & last_part
    discount = np.where(quick & single, half_up(gross * DISCOUNT_PERCENT, 100), 0)
    rate = invoices["rate"].to_numpy()[invoice]
    settled_local = convert(gross, rate)
    credit_local = np.zeros(invoices.height, dtype=np.int64)
    credit_local[credit_notes["invoice"].to_numpy()] = credit_notes["gross_local"].to_numpy() * (credited_on >= 0)
    # The part that closes an invoice takes what rounding left, so that a settled invoice is open by nothing.
    earlier = sum_by(invoice, np.where(last_part, 0, settled_local), invoices.height)
    rest = invoices["gross_local"].to_numpy() - credit_local - earlier
    settled_local = np.where(last_part, rest[invoice], settled_local)

    settled = pl.DataFrame(
        {
            "invoice": invoice,
            "part": parts["part"],
            "customer": customer,
            "entity": invoices["entity"].to_numpy()[invoice],
            "currency": invoices["currency"].to_numpy()[invoice],
            "paid": paid,
            "cash": gross - discount,
            "discount": discount,
            "discount_local": convert(discount, rate),
            "amount_local": settled_local,
        }
    ).filter(pl.Series(~open_at_end & (gross > 0)))
    payments, applications = _pay(masters, settled)
    noted = np.flatnonzero(credited_on >= 0)
    set_off = pl.DataFrame(
        {
            "payment": np.full(len(noted), UNPAID),
            "credit": noted,
            "invoice": credit_notes["invoice"].to_numpy()[noted],
            "day": credited_on[noted],
            "amount": credit_notes["gross"].to_numpy()[noted],
            "amount_local": credit_notes["gross_local"].to_numpy()[noted],
            "discount": np.zeros(len(noted), dtype=np.int64),
            "discount_local": np.zeros(len(noted), dtype=np.int64),
            "exchange": np.zeros(len(noted), dtype=np.int64),
        }
    )
    applications = pl.concat([applications, set_off]).sort("day", "invoice", "payment", "credit")
    applications = applications.with_columns(application=np.arange(applications.height) + 7_700_000_001)
    instalments = parts.filter(pl.col("instalment") > 0).select("invoice", "instalment", "due", "gross")
    return Collections(
        instalments=instalments, payments=payments, applications=applications, disputes=disputes, dunning=dunning
    )


def _credits_before_payment(
    invoices: pl.DataFrame, credit_notes: pl.DataFrame, parts: pl.DataFrame, paid: Ints
) -> tuple[Ints, Ints]:
    """Gross credited per invoice, and the day each credit note is set off (-1: it came too late or is too large).

    A credit note that arrives after its invoice was settled stays open on the customer's account.
    """
    invoice = parts["invoice"].to_numpy()
    last = np.flatnonzero(np.diff(invoice, append=-1))
    last_paid, last_amount = paid[last], parts["gross"].to_numpy()[last]
    target = credit_notes["invoice"].to_numpy()
    fits = (credit_notes["day"].to_numpy() < last_paid[target]) & (
        credit_notes["gross"].to_numpy() <= last_amount[target]
    )
    credited = np.zeros(invoices.height, dtype=np.int64)
    credited[target[fits]] = credit_notes["gross"].to_numpy()[fits]
    return credited, np.where(fits, credit_notes["day"].to_numpy(), -1)


def _pay(masters: Masters, settled: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parts that a customer settles on one day and in one currency arrive as one payment.

    A few payments are rounded up: what is over stays on account until the customer's next payment uses it.
    """
    customers, rates = masters.customers, masters.rates
    generator = masters.draws.stream("on account")
    entity, customer, currency, paid = (settled[name].to_numpy() for name in ("entity", "customer", "currency", "paid"))
    group, first = number_groups(entity, customer, currency, paid)
    size = len(first)
    entity, customer, currency, paid = entity[first], customer[first], currency[first], paid[first]
    cash = settled["cash"].to_numpy()
    rate = rates.to_local(currency, entity, paid)
    local_money = currency == ENTITY_CURRENCY[entity]
    extra = np.where(
        local_money & (customers.buyer_entity[customer] < 0) & (generator.random(size) < ON_ACCOUNT),
        generator.integers(1, 20, size) * 10_000,
        0,
    )
    # Used by the next payment of the same customer where its largest part is big enough.
    follows = np.zeros(size, dtype=np.bool_)
    follows[1:] = (entity[1:] == entity[:-1]) & (customer[1:] == customer[:-1]) & (currency[1:] == currency[:-1])
    by_size = np.lexsort((-cash, group))
    largest = by_size[np.flatnonzero(np.diff(group[by_size], prepend=-1))]
    follows &= generator.random(size) < ON_ACCOUNT_USED
    before = np.concatenate([[0], extra[:-1]])
    used = np.where(
        follows & (before > 0) & (settled["discount"].to_numpy()[largest] == 0) & (cash[largest] > before), before, 0
    )
    from_account = np.zeros(len(cash), dtype=np.int64)
    from_account[largest] = used
    paid_cash = cash - from_account
    cash_local = convert(paid_cash, rate[group])
    amount = sum_by(group, paid_cash, size) + extra
    amount_local = sum_by(group, cash_local, size) + extra
    both = np.concatenate([OPERATING_BANK[:1], COLLECTION_BANK[:1]])
    bank = np.where(entity == FI01, both[customer % 2], OPERATING_BANK[entity])
    payments = pl.DataFrame(
        {
            "payment": np.arange(size),
            "number": number_documents(1_400_000_000, entity, paid),
            "entity": entity,
            "customer": customer,
            "day": paid,
            "currency": currency,
            "rate": rate,
            "amount": amount,
            "amount_local": amount_local,
            "bank": bank,
        }
    )
    part_local = settled["amount_local"].to_numpy()
    discount_local = settled["discount_local"].to_numpy()
    applications = pl.DataFrame(
        {
            "payment": group,
            "credit": np.full(len(group), -1),
            "invoice": settled["invoice"],
            "day": settled["paid"],
            "amount": paid_cash,
            "amount_local": part_local - from_account,
            "discount": settled["discount"],
            "discount_local": discount_local,
            "exchange": cash_local - (part_local - from_account - discount_local),
        }
    )
    later = np.flatnonzero(used > 0)
    on_account = pl.DataFrame(
        {
            "payment": later - 1,
            "credit": np.full(len(later), -1),
            "invoice": settled["invoice"].to_numpy()[largest[later]],
            "day": paid[later],
            "amount": used[later],
            "amount_local": used[later],
            "discount": np.zeros(len(later), dtype=np.int64),
            "discount_local": np.zeros(len(later), dtype=np.int64),
            "exchange": np.zeros(len(later), dtype=np.int64),
        }
    )
    return payments, pl.concat([applications, on_account])
