"""What is true of commission: who earned what with which deal, by plan, and what was taken back and returned.

Belongs here: commission on bookings, invoiced margin and collected cash, event by event, in whole numbers, each rounded
once. Does not: any model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.sample.arrays import RATE_ONE, Ints, convert, month_number, sum_by
from pipelines.sample.columns import crm_ids, days, money
from pipelines.sample.leads import WON
from pipelines.sample.marketing import BOOKED, CASH, MARGIN
from pipelines.sample.truth import NOTHING, LeftOut
from pipelines.sample.world import World

PLAN_BASES = {BOOKED: "booked", MARGIN: "invoiced_margin", CASH: "collected_cash"}


@dataclass(frozen=True, slots=True)
class _Claim:
    """A seller's part in a won deal, from..to percent of it, paid on the plan's base at so many thousandths."""

    deal: int
    owner: int
    low: int
    high: int
    won_on: int
    booked: int
    base: int
    rate: int
    claw_back_days: int

    def part(self, cents: int) -> int:
        """Up to the rounded end less up to the rounded start: sellers' parts add up to the whole."""
        return _rounded(cents * self.high, 100) - _rounded(cents * self.low, 100)


class _Settled(NamedTuple):
    """What took so much off an invoice on a day: a payment with its discount, or a credit note (no cash)."""

    day: int
    number: int
    cash: int
    amount: int
    is_payment: bool


class _Credit(NamedTuple):
    day: int
    number: int
    net: int  # euro, as `margin`
    margin: int


@dataclass(frozen=True, slots=True)
class _Invoice:
    """An invoice of a deal; net and margin in euro are those of its lines, absent where these are withheld."""

    number: int
    day: int
    due: int
    currency: int
    net_doc: int
    gross_doc: int
    net: int | None
    margin: int | None
    settled: tuple[_Settled, ...]
    credits: tuple[_Credit, ...]


class _Event(NamedTuple):
    kind: str
    day: int
    document: str
    base: int  # of the whole deal; negative where it is taken back


def commissions(world: World, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """One row per seller, deal and event that earns commission, takes it back or returns it; money in euro.

    The plan and tier of the month in which the deal was won set the rate for all that follows. A deal withheld earns
    nothing; of an invoice whose lines are withheld only the cash is known.
    """
    invoices = _invoices_of_deals(world, left_out)
    rows = [
        (
            claim.owner,
            claim.deal,
            PLAN_BASES[claim.base],
            event.kind,
            event.day,
            event.document,
            claim.rate,
            base := claim.part(event.base),
            _rounded(base * claim.rate, 1000),
        )
        for claim in _claims(world, left_out)
        for event in _events(world, claim, invoices.get(claim.deal, []))
    ]
    names = ("owner", "deal", "plan_base", "event_type", "day", "document_no", "thousandths", "base", "commission")
    frame = pl.DataFrame(rows, schema=names, orient="row").sort("owner", "deal", "day", "event_type", "document_no")
    return pl.DataFrame(
        {
            "owner_id": crm_ids("005", frame["owner"]),
            "deal_id": crm_ids("006", frame["deal"]),
            "plan_base": frame["plan_base"],
            "event_type": frame["event_type"],
            "event_on": days(frame["day"]),
            "document_no": frame["document_no"],
            "rate_thousandths": frame["thousandths"],
            "base_rpt": money(frame["base"]),
            "commission_rpt": money(frame["commission"]),
        }
    )


def _events(world: World, claim: _Claim, invoices: list[_Invoice]) -> Iterator[_Event]:
    last = world.masters.window.last
    if claim.base == BOOKED:
        yield _Event("booked", claim.won_on, str(crm_ids("006", np.array([claim.deal]))[0]), claim.booked)
    for invoice in invoices:
        if claim.base == CASH:
            for paid in invoice.settled:
                if paid.is_payment:
                    yield _Event("collected", paid.day, str(paid.number), _before_tax(world, invoice, paid))
            continue
        earned = invoice.net if claim.base == BOOKED else invoice.margin
        if earned is None:
            continue
        if claim.base == MARGIN:
            yield _Event("invoiced", invoice.day, str(invoice.number), earned)
        for credit in invoice.credits:
            back = credit.net if claim.base == BOOKED else credit.margin
            yield _Event("credited", credit.day, str(credit.number), -back)
        if claim.claw_back_days:
            yield from _taken_back(invoice, earned, invoice.due + claim.claw_back_days, last)


def _taken_back(invoice: _Invoice, earned: int, day: int, last: int) -> Iterator[_Event]:
    """On the day, the part of the base that is still unpaid; with whatever settles it later, that part again."""
    unpaid = invoice.gross_doc - sum(paid.amount for paid in invoice.settled if paid.day <= day)
    if day <= last and unpaid > 0:
        yield _Event("clawed_back", day, str(invoice.number), -_rounded(earned * unpaid, invoice.gross_doc))
    for paid in invoice.settled:
        if paid.day > day:
            yield _Event("paid_late", paid.day, str(paid.number), _rounded(earned * paid.amount, invoice.gross_doc))


def _before_tax(world: World, invoice: _Invoice, paid: _Settled) -> int:
    """The part of a payment that is not tax, in euro at the rate of its day."""
    rate = int(world.masters.rates.to_euro(np.array([invoice.currency]), np.array([paid.day]))[0])
    return _rounded(paid.cash * invoice.net_doc * rate, invoice.gross_doc * RATE_ONE)


def _claims(world: World, left_out: LeftOut) -> list[_Claim]:
    """Sellers with a plan, their parts of each won deal, and the rate that the bookings of its month reached."""
    plans = world.crm.commission_plans
    tiers: dict[int, list[tuple[int, int]]] = defaultdict(list)
    paid_by: dict[int, tuple[int, int]] = {}
    for owner, percent, rate, base, claw_back in plans.select(
        "owner", "from_percent", "rate", "base", "claw_back_days"
    ).iter_rows():
        tiers[owner].append((percent, rate))
        paid_by[owner] = (base, claw_back)
    quotas = {(owner, month): cents for owner, month, cents in world.crm.quotas.iter_rows()}
    shares: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for deal, owner, percent in world.crm.deal_splits.select("deal", "owner", "percent").iter_rows():
        shares[deal].append((owner, percent))
    won = world.crm.funnel.deals.filter(
        (pl.col("stage") == WON)
        # A deal won before the plans began earns nothing.
        & pl.col("closed").is_between(plans["from_day"].min(), world.masters.window.last)
        & ~pl.col("deal").is_in(sorted(left_out.deals))
    )
    rate_to_euro = world.masters.rates.to_euro(won["currency"].to_numpy(), won["closed"].to_numpy())
    won = won.with_columns(
        euro=convert(won["amount"].to_numpy(), rate_to_euro), month=month_number(won["closed"].to_numpy())
    )
    found: list[tuple[int, _Claim]] = []
    booked: dict[tuple[int, int], int] = defaultdict(int)
    for deal, owner, closed, month, euro in won.select("deal", "owner", "closed", "month", "euro").iter_rows():
        # The largest share first: the order in which parts are rounded.
        low = 0
        for member, percent in sorted(shares.get(deal, [(owner, 100)]), key=lambda share: (-share[1], share[0])):
            if member in paid_by:
                base, claw_back = paid_by[member]
                claim = _Claim(deal, member, low, low + percent, closed, euro, base, 0, claw_back)
                found.append((month, claim))
                booked[member, month] += claim.part(euro)
            low += percent
    return [
        replace(claim, rate=_reached(tiers[claim.owner], booked[key], quotas.get(key, 0)))
        for month, claim in found
        for key in [(claim.owner, month)]
    ]


def _reached(tiers: list[tuple[int, int]], booked: int, quota: int) -> int:
    """The rate of the highest tier whose percent of the quota was booked."""
    return [rate for percent, rate in sorted(tiers) if percent == 0 or 100 * booked >= quota * percent > 0][-1]


def _invoices_of_deals(world: World, left_out: LeftOut) -> dict[int, list[_Invoice]]:
    """By deal: the invoices of the orders that name it, with what was credited and settled on them."""
    billing = world.events.billing
    heads, lines = billing.invoices, billing.invoice_lines
    known = lines["cost_known"].to_numpy()
    net, margin = _line_sums(world, lines, lines["invoice"].to_numpy(), heads, known=known)
    notes, note_lines = billing.credit_notes, billing.credit_lines
    known_back = known[note_lines["invoice_line"].to_numpy()]
    back_net, back_margin = _line_sums(world, note_lines, note_lines["credit"].to_numpy(), notes, known=known_back)
    credited: dict[int, list[_Credit]] = defaultdict(list)
    for row, (invoice, day, number) in enumerate(notes.select("invoice", "day", "number").iter_rows()):
        credited[invoice].append(_Credit(day, number, int(back_net[row]), int(back_margin[row])))
    settled: dict[int, list[_Settled]] = defaultdict(list)
    for invoice, day, number, payment, amount, discount in world.events.collections.applications.select(
        "invoice", "day", "application", "payment", "amount", "discount"
    ).iter_rows():
        settled[invoice].append(_Settled(day, number, amount, amount + discount, payment >= 0))
    due = heads["due"].to_numpy().copy()
    parts = world.events.collections.instalments
    parts = parts.filter(~pl.int_range(pl.len()).is_in(sorted(left_out.instalments)))
    np.maximum.at(due, parts["invoice"].to_numpy(), parts["due"].to_numpy())
    found: dict[int, list[_Invoice]] = defaultdict(list)
    deal = world.crm.funnel.deal_of_order[heads["order"].to_numpy()]
    for row in np.flatnonzero(deal >= 0).tolist():
        if row in left_out.invoices:
            continue
        lines_known = row not in left_out.invoice_lines
        found[int(deal[row])].append(
            _Invoice(
                number=int(heads["number"][row]),
                day=int(heads["day"][row]),
                due=int(due[row]),
                currency=int(heads["currency"][row]),
                net_doc=int(heads["net"][row]),
                gross_doc=int(heads["gross"][row]),
                net=int(net[row]) if lines_known else None,
                margin=int(margin[row]) if lines_known else None,
                settled=tuple(settled[row]),
                credits=tuple(credited[row]),
            )
        )
    return found


def _line_sums(world: World, lines: pl.DataFrame, at: Ints, heads: pl.DataFrame, *, known: Ints) -> tuple[Ints, Ints]:
    """Net and margin per document in euro: each line at the rate of its day, margin where the cost is known."""
    rate = world.masters.rates.entity_to_euro(heads["entity"].to_numpy()[at], heads["day"].to_numpy()[at])
    net, cost = convert(lines["net_local"].to_numpy(), rate), convert(lines["cost"].to_numpy(), rate)
    return sum_by(at, net, heads.height), sum_by(at, np.where(known > 0, net - cost, 0), heads.height)


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero. In Python's own integers: a product of three amounts outgrows int64."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude
