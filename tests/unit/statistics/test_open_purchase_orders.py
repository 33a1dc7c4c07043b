"""What open purchase orders were to bring on an evening of the past: by the projection's rules, knowing no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.statistics.cash.purchase_orders import PurchaseOrders, expected_bills
from pipelines.statistics.payment_timing.documents import NEVER

ORIGIN = 1000

# Ordered, promised, complete (None: never), closed, net, received net; the bills: order, day, net. Tax is a quarter.
ORDERS: list[tuple[int, int, int | None, bool, float, float]] = [
    (800, 830, 830, True, 100.0, 100.0),
    (900, 930, 930, True, 100.0, 100.0),
    (990, 1020, 1022, True, 80.0, 80.0),  # promised for day 1020; comes later than that, which nobody knows
    (950, 980, 1003, True, 60.0, 60.0),  # overdue: a week from now
    (960, 990, 999, True, 40.0, 40.0),  # came yesterday
    (940, 985, None, False, 100.0, 50.0),  # half of it came and was billed
    (1001, 1030, 1030, True, 500.0, 500.0),  # placed tomorrow
    (600, 640, 640, True, 70.0, 70.0),  # complete for a year, and nobody ever billed it
    (930, 960, None, True, 90.0, 30.0),  # closed when a third of it had come, and billed: done
]
BILLS = [(0, 834, 100.0), (1, 934, 100.0), (2, 1026, 80.0), (3, 1007, 60.0), (4, 1005, 40.0), (5, 991, 50.0)]
BILLS += [(6, 1034, 500.0), (8, 970, 30.0)]


def made(
    orders: list[tuple[int, int, int | None, bool, float, float]], bills: list[tuple[int, int, float]]
) -> PurchaseOrders:
    size = len(orders)
    ordered, promised, complete, closed, net, received = (np.array(column) for column in zip(*orders, strict=True))
    arrived = np.array([NEVER if day is None else day for day in complete], dtype=np.int64)
    of, day, billed = (np.array(column) for column in zip(*bills, strict=True))
    return PurchaseOrders(
        party=np.zeros(size, dtype=np.int64),
        segment=np.zeros(size, dtype=np.int64),
        group=np.zeros(size, dtype=np.int64),
        terms=np.full(size, 30),
        ordered=ordered.astype(np.int64),
        promised=promised.astype(np.int64),
        complete=arrived,
        # What came in part came ten days before the promise.
        last_received=np.where(arrived < NEVER, arrived, promised - 10).astype(np.int64),
        is_closed=closed.astype(np.bool_),
        net=net.astype(np.float64),
        received_net=received.astype(np.float64),
        bill_order=of.astype(np.int64),
        bill_day=day.astype(np.int64),
        bill_net=billed,
        bill_gross=1.25 * billed,
        bill_document=np.arange(len(bills)),
    )


def told(orders: PurchaseOrders) -> list[tuple[int, int, int, float]]:
    of, bills = expected_bills(orders, origin=ORIGIN)
    columns = (of.tolist(), bills.issued.tolist(), bills.due.tolist(), bills.amount.tolist())
    return list(zip(*columns, strict=True))


def test_an_open_order_is_expected_when_promised_and_until_its_bill_is_there() -> None:
    """Days from goods to bill: 4 and 4, of the half 16 (975 to 991), of the third 20 (950 to 970): 11 on average."""
    assert told(made(ORDERS, BILLS)) == [
        (2, 1031, 1061, pytest.approx(100.0)),
        (3, 1018, 1048, pytest.approx(75.0)),
        (4, 1010, 1040, pytest.approx(50.0)),
        (5, 1018, 1048, pytest.approx(62.5)),
    ]


def test_what_came_later_is_not_known() -> None:
    """A backtest that knows when goods came or what they cost in the end promises what nobody can keep."""
    orders = made(ORDERS, BILLS)
    later = orders.bill_day > ORIGIN
    poisoned = replace(
        orders,
        complete=np.where((orders.complete > ORIGIN) & (orders.complete < NEVER), ORIGIN + 1, orders.complete),
        last_received=np.where(
            (orders.last_received > ORIGIN) & (orders.last_received < NEVER), 5000, orders.last_received
        ),
        bill_day=np.where(later, ORIGIN + 1, orders.bill_day),
        bill_net=np.where(later, 9 * orders.bill_net, orders.bill_net),
        bill_gross=np.where(later, 99 * orders.bill_gross, orders.bill_gross),
        net=np.where(orders.ordered > ORIGIN, 1e9, orders.net),
    )
    assert told(poisoned) == told(orders)


def test_without_a_bill_to_learn_from_a_bill_comes_a_week_after_its_goods_and_without_tax() -> None:
    """A company's first orders must not be expected at once, nor with a tax that was guessed."""
    first = made([(990, 1020, None, False, 80.0, 0.0)], [(0, 1030, 80.0)])
    assert told(first) == [(0, 1027, 1057, 80.0)]
