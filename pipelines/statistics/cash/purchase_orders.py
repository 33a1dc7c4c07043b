"""The bills that open purchase orders will bring, as they would have been foretold at earlier origins, and what came.

The rules are those of the projection (int_purchase_promises), asked on the evening of a day: an order counts until its
bill is there; the bill comes the usual days after the goods, these when promised. Whether an order was closed then is
not on record: it is taken for closed after its last receipt or bill.

Belongs here: orders as arrays, expected bills, their backtest. Does not: how bills are paid (`payment_timing`), bands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.statistics.cash.company_frames import LAYERS, Company, days_of
from pipelines.statistics.cash.rolling import HISTORY_DAYS, HORIZON
from pipelines.statistics.payment_timing.blending import due_by
from pipelines.statistics.payment_timing.documents import (
    NEVER,
    SMALLEST_AMOUNT,
    Documents,
    Flags,
    Floats,
    Ints,
    Settlements,
    as_known,
)
from pipelines.statistics.payment_timing.lateness import fit_lateness, paid_by_days

LAYER = LAYERS[1]
OVERDUE_DAYS, USUAL_DAYS, FORGOTTEN_DAYS = 7, 7, 90
"""Goods whose promise has passed are expected in so many days; a bill so many after its goods where no bill has taught
otherwise; an order that was complete for longer without a bill will get none."""


@dataclass(frozen=True, slots=True)
class PurchaseOrders:
    """One row per order; days are NEVER where it did not happen (a promise that was not given: 0). net, received_net:
    what it comes to before tax, in whole and of what was received.

    bill_*: one row per bill that names an order: the order's place, day, amounts before and with tax, and the place of
    the bill among the company's documents, or -1.
    """

    party: Ints
    segment: Ints
    group: Ints
    terms: Ints
    ordered: Ints
    promised: Ints
    complete: Ints
    last_received: Ints
    is_closed: Flags
    net: Floats
    received_net: Floats
    bill_order: Ints
    bill_day: Ints
    bill_net: Floats
    bill_gross: Floats
    bill_document: Ints

    def __len__(self) -> int:
        return len(self.ordered)


@dataclass(frozen=True, slots=True)
class OrdersBacktest:
    """Origins x groups x weeks: money paid on bills that were still to come at the origin, of orders placed by then;
    by habits, by due dates, as it came (NaN where the week has not passed), and in the same weeks a year before."""

    model: Floats
    due: Floats
    actual: Floats
    naive: Floats


def read_purchase_orders(history: pl.DataFrame, company: Company) -> PurchaseOrders:
    """From the rows of int_purchase_order_history, with the company's codes of vendors, segments and groups."""
    groups = {entity: place for place, (layer, entity) in enumerate(company.groups) if layer == LAYER}
    known = history.filter(pl.col("entity_id").is_in(list(groups)))
    orders = known.unique("purchase_order_id", keep="first").sort("purchase_order_id").with_row_index("place")
    bills = known.drop_nulls("bill_id").join(orders.select("purchase_order_id", "place"), on="purchase_order_id")
    bills = bills.sort("place", "bill_id")
    documents = company.rows.head(company.promised_from).with_row_index("document")
    documents = documents.filter((pl.col("layer") == LAYER) & (pl.col("document_type") == "bill"))
    bills = bills.join(
        documents.select("document_id", "document"),
        left_on="bill_id",
        right_on="document_id",
        how="left",
        maintain_order="left",
    )
    return PurchaseOrders(
        party=_codes_of(orders["counterparty_id"], company, "counterparty_id", company.documents.party),
        segment=_codes_of(orders["segment"], company, "segment", company.documents.segment),
        group=np.array([groups[entity] for entity in orders["entity_id"]], dtype=np.int64),
        terms=orders["terms_days"].cast(pl.Int64).to_numpy(),
        ordered=days_of(orders["ordered_on"]),
        promised=_days_or(orders["promised_on"], 0),
        complete=_days_or(orders["complete_on"], NEVER),
        last_received=_days_or(orders["last_received_on"], NEVER),
        is_closed=orders["is_closed"].to_numpy(),
        net=orders["net_rpt"].cast(pl.Float64).to_numpy(),
        received_net=orders["received_net_rpt"].cast(pl.Float64).to_numpy(),
        bill_order=bills["place"].cast(pl.Int64).to_numpy(),
        bill_day=days_of(bills["billed_on"]),
        bill_net=bills["bill_net_rpt"].cast(pl.Float64).to_numpy(),
        bill_gross=bills["bill_gross_rpt"].cast(pl.Float64).to_numpy(),
        bill_document=bills["document"].cast(pl.Int64).fill_null(-1).to_numpy(),
    )


def _days_or(column: pl.Series, missing: int) -> Ints:
    return column.cast(pl.Date).cast(pl.Int64).fill_null(missing).to_numpy()


def _codes_of(names: pl.Series, company: Company, column: str, codes: Ints) -> Ints:
    """The company's code of each name; one of its own for a name that no document has."""
    rows = company.rows.with_columns(code=pl.Series(codes)).filter(pl.col("layer") == LAYER)
    taken = rows.group_by(column).agg(pl.col("code").first())
    found = pl.DataFrame({column: names}).join(taken, on=column, how="left", nulls_equal=True, maintain_order="left")
    own = names.rank("dense").cast(pl.Int64).fill_null(0) + int(codes.max(initial=-1))
    return pl.select(pl.coalesce(found["code"], own)).to_series().to_numpy().astype(np.int64)


def expected_bills(orders: PurchaseOrders, *, origin: int) -> tuple[Ints, Documents]:
    """The bills that were to be expected on the evening of the day, issued after it, and the order of each."""
    size = len(orders)
    known = orders.bill_day <= origin
    billed = np.bincount(orders.bill_order[known], orders.bill_net[known], minlength=size)
    has_bill = np.bincount(orders.bill_order[known], minlength=size) > 0
    is_complete = orders.complete <= origin
    last = np.where(orders.last_received < NEVER, orders.last_received, orders.ordered)
    np.maximum.at(last, orders.bill_order, orders.bill_day)
    was_closed = orders.is_closed & (last <= origin)
    open_net = np.where(was_closed, orders.received_net, orders.net) - billed
    counts = (orders.ordered <= origin) & (open_net > SMALLEST_AMOUNT) & ~(was_closed & has_bill)
    counts &= ~is_complete | (orders.complete > origin - FORGOTTEN_DAYS)
    of = np.flatnonzero(counts)
    still_to_come = np.where(orders.promised > origin, orders.promised, origin + OVERDUE_DAYS)
    arrives = np.where(is_complete, orders.complete, still_to_come)[of]
    issued = np.maximum(arrives + _days_to_bill(orders, origin=origin), origin + 1)
    never = np.full(len(of), NEVER)
    return of, Documents(
        party=orders.party[of],
        segment=orders.segment[of],
        group=orders.group[of],
        issued=issued,
        due=issued + orders.terms[of],
        amount=open_net[of] * _with_tax(orders, origin=origin)[of],
        disputed_from=never,
        disputed_until=never,
    )


def _days_to_bill(orders: PurchaseOrders, *, origin: int) -> int:
    """Mean days from the goods to the first bill, over the year before; none where the bill came first."""
    first = np.full(len(orders), NEVER)
    np.minimum.at(first, orders.bill_order, orders.bill_day)
    taught = (first <= origin) & (first > origin - 365)
    if not taught.any():
        return USUAL_DAYS
    waited = np.where(orders.last_received <= origin, np.maximum(first - orders.last_received, 0), 0)
    return round(float(waited[taught].mean()))


def _with_tax(orders: PurchaseOrders, *, origin: int) -> Floats:
    """Per order, with tax over before tax, of its vendor's bills to its entity in the year, else of all to it."""
    known = (orders.bill_day <= origin) & (orders.bill_day > origin - 365)
    order = orders.bill_order[known]
    found = np.ones(len(orders))
    for key in (orders.group, orders.group * (int(orders.party.max(initial=-1)) + 1) + orders.party):
        size = int(key.max(initial=-1)) + 1
        gross, net = (
            np.bincount(key[order], values[known], minlength=size) for values in (orders.bill_gross, orders.bill_net)
        )
        found = np.where(net[key] > 0, np.divide(gross, net, out=np.ones(size), where=net > 0)[key], found)
    return found


def orders_backtest(company: Company, orders: PurchaseOrders, *, origins: Ints, most: int) -> OrdersBacktest:
    """Expected and actual at each origin. Of more than `most` bills, those of every second, third .. vendor."""
    groups = len(company.groups)
    kept = company.kept_of_layer(LAYER, most=most)
    documents, settled = company.of_layer(LAYER, most=most)
    ordered = np.full(len(kept), NEVER)
    is_named = orders.bill_document >= 0
    ordered[orders.bill_document[is_named]] = orders.ordered[orders.bill_order[is_named]]
    ordered = ordered[kept]
    step = company.step_of_layer(LAYER, most=most)
    weeks = np.arange(1, HORIZON + 1)
    shape = (len(origins), groups, HORIZON)
    model, due, actual, naive = (np.zeros(shape) for _ in range(4))
    for place, origin in enumerate(origins.tolist()):
        ends = origin + 7 * weeks
        _, coming = expected_bills(orders, origin=origin)
        coming = _rows_of(coming, coming.party % step == 0)
        both = _rows_joined(documents, coming)
        of = np.arange(len(documents), len(both))
        known = as_known(both, settled, origin=origin, history_days=HISTORY_DAYS)
        lateness = fit_lateness(both, known, of=of)
        for target, paid_by in (
            (model, paid_by_days(both, known, lateness, of=of, ends=ends)),
            (due, due_by(both, known, of=of, ends=ends, spread=np.ones(groups, dtype=np.int64))),
        ):
            paid = coming.amount[:, None] * np.diff(paid_by, axis=1, prepend=0.0)
            np.add.at(target[place], coming.group, paid)
        actual[place] = _paid_on_bills_to_come(documents, settled, ordered, origin=origin, groups=groups)
        naive[place] = _paid_on_bills_to_come(documents, settled, ordered, origin=origin - 364, groups=groups)
    passed = origins[:, None] + 7 * weeks[None, :] <= company.as_of
    return OrdersBacktest(model, due, np.where(passed[:, None, :], actual, np.nan), naive)


def _paid_on_bills_to_come(
    documents: Documents, settled: Settlements, ordered: Ints, *, origin: int, groups: int
) -> Floats:
    """Payments in each week after the origin on bills that came after it, of orders placed by then."""
    week = (settled.day - origin - 1) // 7
    counted = (week >= 0) & (week < HORIZON) & settled.is_payment
    counted &= ((documents.issued > origin) & (ordered <= origin))[settled.document]
    paid = np.zeros((groups, HORIZON))
    np.add.at(paid, (documents.group[settled.document[counted]], week[counted]), settled.amount[counted])
    return paid


def _rows_of(documents: Documents, kept: Flags) -> Documents:
    return Documents(*(getattr(documents, name)[kept] for name in Documents.__dataclass_fields__))


def _rows_joined(first: Documents, second: Documents) -> Documents:
    return Documents(
        *(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Documents.__dataclass_fields__)
    )
