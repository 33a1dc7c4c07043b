"""What open sales orders are told to be invoiced, by the model's own SQL on evenings of the past, and what was."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from company.settings import Settings
from pipelines.sample.masters import draw_masters
from pipelines.sample.selling import FIXED_ORDER, GOODS_ORDER, GROUP_GOODS_ORDER, TIME_ORDER
from pipelines.sample.world import World, draw_world

Array = NDArray[np.float64]
Days = NDArray[np.int64]
LAST = date(2026, 6, 30)
WEEKS, EVERY, OVER_DAYS = 13, 28, 280
LINES = {
    "order_id": "varchar", "order_line_id": "varchar", "item_id": "varchar", "is_intercompany": "boolean",
    "status": "varchar", "ordered_on": "date", "promised_on": "date", "current_promised_on": "date",
    "first_delivered_on": "date", "last_delivered_on": "date", "backlog_doc": "decimal(18, 2)",
    "invoiced_doc": "decimal(18, 2)", "delivered_not_invoiced_doc": "decimal(18, 2)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """Error by week over what was invoiced, and bias of the first four weeks."""

    error: float
    bias: float


@pytest.fixture(scope="module")
def rule(sample_company: Settings) -> str:
    """The compiled model over tables of the same names without a schema."""
    (path,) = (sample_company.folders.warehouse / "dbt" / "compiled").rglob("int_order_billing.sql")
    return re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", [7, 11, 23])
def test_orders_are_told_to_be_invoiced_as_they_were(rule: str, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan's year in the next week and hours on a project's last day: money that does not come, and that comes."""
    world = draw_world(draw_masters(scale=0.05, seed=seed, until=LAST), on_progress=lambda _: None)
    last = world.masters.window.last
    origins = range(last - 7 * WEEKS - OVER_DAYS, last - 7 * WEEKS + 1, EVERY)
    came = np.stack([_invoiced(world, origin=origin) for origin in origins])
    with duckdb.connect() as connection:
        told = np.stack([_told(world, rule, connection, origin=origin) for origin in origins])
    at_once = np.stack([_told_at_once(world, origin=origin) for origin in origins])
    found, rival = _outcome(told, came), _outcome(at_once, came)
    sys.stdout.write(
        f"seed {seed}: error by week {found.error:.0%}, at one go {rival.error:.0%};"
        f" bias of four weeks {found.bias:+.0%}, at one go {rival.bias:+.0%}\n"
    )
    assert found.error < 0.6 * rival.error
    assert abs(found.bias) < 0.25


def _outcome(told: Array, came: Array) -> Outcome:
    first = (slice(None), slice(0, 4))
    return Outcome(float(np.abs(told - came).sum() / came.sum()), float(told[first].sum() / came[first].sum() - 1))


def _euro(world: World) -> Array:
    """Per order line, what a cent of its currency is worth in euro on the last day."""
    orders = world.events.orders
    last = np.full(orders.height, world.masters.window.last)
    rate: Array = np.asarray(world.masters.rates.to_euro(orders["currency"].to_numpy(), last) / 1e10, dtype=np.float64)
    return np.asarray(rate[world.events.order_lines["order"].to_numpy()], dtype=np.float64)


def _invoices(world: World) -> pl.DataFrame:
    billing = world.events.billing
    day = billing.invoices["day"].to_numpy()[billing.invoice_lines["invoice"].to_numpy()]
    lines = billing.invoice_lines.with_columns(day=day).filter(pl.col("order_line") >= 0)
    return lines.select("order_line", "invoice", "day", "net")


def _lines(world: World, *, origin: int) -> pl.DataFrame:
    """fct_order_lines as it was on the evening; an order is open by the sample's own rule."""
    orders, lines, deliveries = world.events.orders, world.events.order_lines, world.events.deliveries
    shipped = deliveries.filter(pl.col("delivered") <= origin).group_by("order_line").agg(
        pl.col("quantity").sum().alias("shipped"), first=pl.col("delivered").min(), last=pl.col("delivered").max()
    )  # fmt: skip
    invoiced = _invoices(world).filter(pl.col("day") <= origin).group_by("order_line").agg(invoiced=pl.col("net").sum())
    late = world.projects.billed_late[np.maximum(orders["project"].to_numpy(), 0)]
    heads = orders.select("order", "kind", "ordered", "promised", "cancelled", "customer").with_columns(
        ends=pl.when(pl.col("kind") == FIXED_ORDER)
        .then(pl.col("promised") + pl.Series(late))
        .when(pl.col("kind") == TIME_ORDER)
        .then("promised")
        .otherwise(pl.col("ordered") + 368),
        is_intercompany=pl.Series(world.masters.customers.buyer_entity[orders["customer"].to_numpy()] >= 0),
    )
    known = lines.join(heads, on="order").join(shipped, on="order_line", how="left")
    known = known.join(invoiced, on="order_line", how="left").filter(pl.col("ordered") <= origin)
    known = known.with_columns(pl.col("shipped", "invoiced").fill_null(0))
    waits = pl.col("shipped").sum().over("order") < pl.col("quantity").sum().over("order")
    is_open = pl.when(pl.col("kind").is_in([GOODS_ORDER, GROUP_GOODS_ORDER])).then(waits).otherwise(
        pl.col("ends") > origin
    )  # fmt: skip
    left = pl.col("net") - pl.col("invoiced")
    delivered = (pl.col("net") * pl.col("shipped") / pl.col("quantity")).round() - pl.col("invoiced")
    return known.sort("order_line").with_columns(
        status=pl.when(pl.col("cancelled") == 1).then(pl.lit("cancelled"))
        .when(is_open).then(pl.lit("open")).otherwise(pl.lit("closed")),
        backlog=pl.when((pl.col("cancelled") == 0) & is_open).then(left).otherwise(0),
        delivered=pl.when(pl.col("shipped") > 0).then(delivered.clip(lower_bound=0)).otherwise(0.0),
    )  # fmt: skip


def _told(world: World, rule: str, connection: duckdb.DuckDBPyConnection, *, origin: int) -> Array:
    """By the model, which also sees the invoices that came later."""
    known, invoices = _lines(world, origin=origin), _invoices(world)
    fct_order_lines = known.select(
        order_id="order", order_line_id="order_line", item_id="item", is_intercompany="is_intercompany",
        status="status", ordered_on=pl.col("ordered").cast(pl.Date), promised_on=pl.col("promised").cast(pl.Date),
        current_promised_on=pl.col("promised").cast(pl.Date), first_delivered_on=pl.col("first").cast(pl.Date),
        last_delivered_on=pl.col("last").cast(pl.Date), backlog_doc=pl.col("backlog") / 100,
        invoiced_doc=pl.col("invoiced") / 100, delivered_not_invoiced_doc=pl.col("delivered") / 100,
    )  # fmt: skip
    int_invoice_lines = invoices.select(
        order_line_id="order_line", invoice_id="invoice", invoiced_on=pl.col("day").cast(pl.Date),
        net_doc=pl.col("net") / 100,
    )  # fmt: skip
    connection.register("given_lines", fct_order_lines)
    connection.register("given_invoices", int_invoice_lines)
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in LINES.items())
    connection.execute(f"create or replace table fct_order_lines as select {columns} from given_lines")
    connection.execute(
        "create or replace table int_invoice_lines as select cast(order_line_id as varchar) as order_line_id,"
        " cast(invoice_id as varchar) as invoice_id, invoiced_on, cast(net_doc as decimal(18, 2)) as net_doc"
        " from given_invoices"
    )
    connection.execute(
        "create or replace table int_run_context as select date '1970-01-01' + cast(? as integer) as as_of", [origin]
    )
    found = connection.sql(rule).pl()
    order = found["order_id"].cast(pl.Int64).to_numpy()
    rate = pl.DataFrame({"order": world.events.order_lines["order"], "rate": _euro(world)}).unique("order")
    per_order = np.zeros(world.events.orders.height)
    per_order[rate["order"].to_numpy()] = rate["rate"].to_numpy()
    day = found["invoiced_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    return _by_week(day, 100 * found["net_doc"].cast(pl.Float64).to_numpy() * per_order[order], origin=origin)


def _told_at_once(world: World, *, origin: int) -> Array:
    """What is left of a line at one go: when promised, in a week at the earliest."""
    known = _lines(world, origin=origin).filter(pl.col("backlog") > 0)
    amount = known["backlog"].to_numpy() * _euro(world)[known["order_line"].to_numpy()]
    return _by_week(np.maximum(known["promised"].to_numpy(), origin + 7), amount, origin=origin)


def _invoiced(world: World, *, origin: int) -> Array:
    """What was invoiced later of lines that had something left."""
    known = _lines(world, origin=origin).filter(pl.col("backlog") > 0)
    later = _invoices(world).filter(
        (pl.col("day") > origin) & pl.col("order_line").is_in(known["order_line"].implode())
    )
    amount = later["net"].to_numpy() * _euro(world)[later["order_line"].to_numpy()]
    return _by_week(later["day"].to_numpy(), amount, origin=origin)


def _by_week(day: Days, amount: Array, *, origin: int) -> Array:
    week = (day - origin - 1) // 7
    inside = (week >= 0) & (week < WEEKS)
    return np.asarray(np.bincount(week[inside], amount[inside], minlength=WEEKS), dtype=np.float64)
