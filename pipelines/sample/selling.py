"""From demand to orders and deliveries: what was ordered, at which price and discount, and when it was shipped.

Belongs here: sales orders, order lines, delivery lines, also those between the group's own entities.
Does not: costs (stock.py), invoices (billing.py).
All money is int64 cents of the document currency, quantities are int64 hundredths, discounts thousandths.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.arrays import (
    Ints,
    Window,
    business_day,
    first_of_group,
    half_up,
    month_first_day,
    month_number,
    pick,
    repeat_rows,
    year_of,
)
from pipelines.sample.catalogue import (
    COMMISSIONING,
    CONSULTING,
    CONSULTING_SENIOR,
    PRICE_RISE,
    SERVICE,
    Catalogue,
)
from pipelines.sample.company import DIRECT, ENTITIES, EUR, FI01, GB01, INTERCOMPANY, PARTNER, SE01, WEB
from pipelines.sample.demand import Contracts, GoodsDemand
from pipelines.sample.masters import Masters
from pipelines.sample.projects import Projects

GOODS_ORDER, PLAN_ORDER, LICENCE_ORDER, TIME_ORDER, FIXED_ORDER, GROUP_GOODS_ORDER, GROUP_SERVICE_ORDER = range(7)
CANCELLED, BACKORDERED, SPLIT = 0.015, 0.07, 0.03
SEGMENT_DISCOUNT: Ints = np.array([110, 55, 15], dtype=np.int64)
TRANSFER_MARKUP_PERMILLE = 120
FREIGHT_EURO = (1500, 3500, 6500)
NO_ROW = -1


def line_net(quantity: Ints, price: Ints, discount: Ints) -> Ints:
    """Hundredths of units x cents x (1 - thousandths), rounded to cents."""
    return half_up(quantity * price * (1000 - discount), 100 * 1000)


def draw_discounts(generator: np.random.Generator, segment: Ints) -> Ints:
    steps = SEGMENT_DISCOUNT[segment] + 5 * generator.integers(-3, 7, len(segment))
    promotion = generator.random(len(segment)) < 0.03
    return np.clip(np.where(promotion, steps + 100, steps), 0, 300)


def order_goods(masters: Masters, demand: GoodsDemand) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines of goods: whole quantities near the value wanted."""
    customers, catalogue = masters.customers, masters.catalogue
    generator = masters.draws.stream("goods orders")
    size = len(demand.customer)
    entity = customers.entity[demand.customer]
    currency = customers.currency[demand.customer]
    channel = pick(generator, {DIRECT: 0.5, WEB: 0.36, PARTNER: 0.14}, size)
    freight = np.array(FREIGHT_EURO)[generator.integers(0, 3, size)] * (generator.random(size) < 0.42)
    orders = pl.DataFrame(
        {
            "kind": np.full(size, GOODS_ORDER),
            "entity": entity,
            "customer": demand.customer,
            "ordered": demand.day,
            "promised": business_day(demand.day + generator.integers(4, 13, size)),
            "currency": currency,
            "channel": np.where(demand.sequence == 0, DIRECT, channel),
            "freight": freight,
            "cancelled": (generator.random(size) < CANCELLED).astype(np.int64),
            "project": np.full(size, NO_ROW),
            "contract": np.full(size, NO_ROW),
            "sequence": demand.sequence,
        }
    )
    order, position = repeat_rows(1 + np.minimum(generator.poisson(1.2, size), 5))
    lines = len(order)
    item = np.searchsorted(np.cumsum(catalogue.popularity), generator.random(lines), side="right").clip(
        0, len(catalogue.kind) - 1
    )
    share = generator.gamma(2.0, 1.0, lines)
    total = np.bincount(order, weights=share, minlength=size)
    wanted = demand.value_euro[order] * share / total[order]
    units = np.maximum(np.rint(wanted / catalogue.list_euro[item] * 1.07), 1).astype(np.int64)
    price = catalogue.list_price(item, currency[order], demand.day[order])
    discount = draw_discounts(generator, customers.segment[demand.customer[order]])
    return orders, _lines(order, position, item, quantity=100 * units, price=price, discount=discount)


def _lines(order: Ints, position: Ints, item: Ints, *, quantity: Ints, price: Ints, discount: Ints) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order": order,
            "position": 10 * (position + 1),
            "item": item,
            "quantity": quantity,
            "price": price,
            "discount": discount,
            "net": line_net(quantity, price, discount),
        }
    )


def order_contracts(masters: Masters, contracts: Contracts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One order per contract term: months of a plan, or one licence year."""
    customers, catalogue = masters.customers, masters.catalogue
    generator = masters.draws.stream("contract orders")
    size = len(contracts.customer)
    currency = customers.currency[contracts.customer]
    orders = pl.DataFrame(
        {
            "kind": np.where(contracts.interval == 12, LICENCE_ORDER, PLAN_ORDER),
            "entity": customers.entity[contracts.customer],
            "customer": contracts.customer,
            "ordered": contracts.day,
            "promised": month_first_day(contracts.first_month),
            "currency": currency,
            "channel": np.full(size, DIRECT),
            "freight": np.zeros(size, dtype=np.int64),
            "cancelled": np.zeros(size, dtype=np.int64),
            "project": np.full(size, NO_ROW),
            "contract": np.arange(size),
            "sequence": contracts.term,
        }
    )
    months = np.where(contracts.interval == 12, 1, contracts.months)
    price = catalogue.list_price(contracts.item, currency, contracts.day)
    discount = SEGMENT_DISCOUNT[customers.segment[contracts.customer]] + 5 * generator.integers(0, 5, size)
    every = np.arange(size)
    return orders, _lines(
        every,
        np.zeros(size, dtype=np.int64),
        contracts.item,
        quantity=100 * months * contracts.seats,
        price=price,
        discount=discount,
    )


def order_projects(masters: Masters, projects: Projects, planned_hours: Ints) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One order per project: hours at a rate, or a fixed price worked out from the planned hours."""
    customers, catalogue = masters.customers, masters.catalogue
    generator = masters.draws.stream("project orders")
    size = len(projects.customer)
    services = catalogue.of_kind(SERVICE)
    currency = customers.currency[projects.customer]
    ordered = np.minimum(business_day(projects.start - generator.integers(3, 25, size)), projects.start)
    senior = generator.random(size) < 0.4
    hourly = np.where(senior, services[CONSULTING_SENIOR], services[CONSULTING])
    rate = catalogue.list_price(hourly, currency, ordered)
    value = half_up(planned_hours * rate * generator.integers(92, 116, size), 100 * 100)
    fixed = projects.fixed_price
    orders = pl.DataFrame(
        {
            "kind": np.where(fixed, FIXED_ORDER, TIME_ORDER),
            "entity": projects.entity,
            "customer": projects.customer,
            "ordered": ordered,
            "promised": projects.end,
            "currency": currency,
            "channel": np.full(size, DIRECT),
            "freight": np.zeros(size, dtype=np.int64),
            "cancelled": np.zeros(size, dtype=np.int64),
            "project": np.arange(size),
            "contract": np.full(size, NO_ROW),
            "sequence": np.full(size, 1),
        }
    )
    discount = np.where(fixed, 0, SEGMENT_DISCOUNT[customers.segment[projects.customer]])
    lines = _lines(
        np.arange(size),
        np.zeros(size, dtype=np.int64),
        np.where(fixed, services[COMMISSIONING], hourly),
        quantity=np.where(fixed, 100, planned_hours),
        price=np.where(fixed, np.maximum(value, 100_00), rate),
        discount=discount,
    )
    return orders, lines


def transfer_price(catalogue: Catalogue, item: Ints, day: Ints) -> Ints:
    """Euro cents a unit between entities: standard cost plus the mark-up, rising with the list."""
    rise = np.rint(PRICE_RISE ** (year_of(day) - catalogue.first_year) * 1000).astype(np.int64)
    return half_up(catalogue.cost_euro[item] * (1000 + TRANSFER_MARKUP_PERMILLE) * rise, 1000 * 1000)


def order_group_goods(masters: Masters, supply: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders of the Swedish and British entities with the Finnish one, one a month, from the stock plan.

    `supply` has buyer, item, month and units (hundredths), in that order.
    """
    customers, catalogue = masters.customers, masters.catalogue
    heads = supply.group_by("buyer", "month", maintain_order=True).agg(pl.len().alias("lines")).sort("month", "buyer")
    size = heads.height
    buyer, month = heads["buyer"].to_numpy(), heads["month"].to_numpy()
    account = np.zeros(len(ENTITIES), dtype=np.int64)
    for unit in (SE01, GB01):
        account[unit] = np.flatnonzero((customers.buyer_entity == unit) & (customers.entity == FI01))[0]
    first = month_first_day(month)
    orders = pl.DataFrame(
        {
            "kind": np.full(size, GROUP_GOODS_ORDER),
            "entity": np.full(size, FI01),
            "customer": account[buyer],
            "ordered": business_day(first),
            "promised": business_day(first + 2),
            "currency": np.full(size, EUR),
            "channel": np.full(size, INTERCOMPANY),
            "freight": np.zeros(size, dtype=np.int64),
            "cancelled": np.zeros(size, dtype=np.int64),
            "project": np.full(size, NO_ROW),
            "contract": np.full(size, NO_ROW),
            "sequence": np.full(size, 1),
        }
    )
    rows = heads.with_row_index("order").join(supply, on=["buyer", "month"], how="inner").sort("order", "item")
    order = rows["order"].to_numpy().astype(np.int64)
    _, position = repeat_rows(np.bincount(order, minlength=size))
    item = rows["item"].to_numpy()
    price = transfer_price(catalogue, item, first[order])
    return orders, _lines(
        order,
        position,
        item,
        quantity=rows["units"].to_numpy(),
        price=price,
        discount=np.zeros(len(item), dtype=np.int64),
    )


def order_group_services(masters: Masters) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each month the Finnish entity charges management, and the British one charges development hours back to it."""
    customers, catalogue, scale = masters.customers, masters.catalogue, masters.scale
    months = month_number(masters.window.months)
    group = np.flatnonzero(customers.buyer_entity >= 0)
    customer, month = (axis.ravel() for axis in np.meshgrid(group, months, indexing="ij"))
    seller = customers.entity[customer]
    day = month_first_day(month)
    size = len(customer)
    orders = pl.DataFrame(
        {
            "kind": np.full(size, GROUP_SERVICE_ORDER),
            "entity": seller,
            "customer": customer,
            "ordered": business_day(day),
            "promised": business_day(day),
            "currency": customers.currency[customer],
            "channel": np.full(size, INTERCOMPANY),
            "freight": np.zeros(size, dtype=np.int64),
            "cancelled": np.zeros(size, dtype=np.int64),
            "project": np.full(size, NO_ROW),
            "contract": np.full(size, NO_ROW),
            "sequence": np.full(size, 1),
        }
    )
    item = np.full(size, catalogue.of_kind(SERVICE)[CONSULTING])
    hours = np.rint(100 * np.where(seller == FI01, 60, 45) * max(scale, 0.2) ** 0.9).astype(np.int64)
    price = catalogue.list_price(item, customers.currency[customer], day)
    return orders, _lines(
        np.arange(size),
        np.zeros(size, dtype=np.int64),
        item,
        quantity=hours,
        price=price,
        discount=np.full(size, 200),
    )


def join_orders(parts: list[tuple[pl.DataFrame, pl.DataFrame]], window: Window) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All orders of the window, rows `order` and `order_line` numbered from 0; lines point to their order's row."""
    offset, heads, lines = 0, [], []
    for orders, order_lines in parts:
        heads.append(orders)
        lines.append(order_lines.with_columns(pl.col("order") + offset))
        offset += orders.height
    drawn = pl.concat(heads).with_columns(drawn=np.arange(offset)).filter(pl.col("ordered") <= window.last)
    orders = drawn.with_columns(order=np.arange(drawn.height))
    order_lines = (
        pl.concat(lines).rename({"order": "drawn"}).join(orders.select("drawn", "order"), on="drawn", how="inner")
    )
    order_lines = order_lines.drop("drawn").sort("order", "position")
    return orders.drop("drawn"), order_lines.with_columns(order_line=np.arange(order_lines.height))


def deliver(masters: Masters, orders: pl.DataFrame, order_lines: pl.DataFrame) -> pl.DataFrame:
    """Delivery lines of goods up to the window's end: most lines whole and in time, some later, some in two parts."""
    window, generator = masters.window, masters.draws.stream("deliveries")
    lines = order_lines.join(orders.select("order", "kind", "entity", "ordered", "promised", "cancelled"), on="order")
    lines = lines.filter((pl.col("kind") == GOODS_ORDER) & (pl.col("cancelled") == 0)).sort("order_line")
    size = lines.height
    quantity = lines["quantity"].to_numpy()
    order = lines["order"].to_numpy()
    wobble = generator.integers(-2, 4, orders.height)  # drawn per order: its lines travel together
    earliest = np.maximum(lines["ordered"].to_numpy() + 1, window.first)
    shipped = business_day(np.maximum(lines["promised"].to_numpy() + wobble[order], earliest))
    later = business_day(shipped + generator.integers(7, 30, size))
    backordered = generator.random(size) < BACKORDERED
    split = (generator.random(size) < SPLIT) & (quantity >= 200) & ~backordered
    half = quantity // 200 * 100
    first = lines.select("order_line", "order", "entity", "item", "kind").with_columns(
        delivered=np.where(backordered, later, shipped), quantity=np.where(split, half, quantity)
    )
    rest = first.with_columns(delivered=later, quantity=quantity - half).filter(pl.Series(split))
    return pl.concat([first, rest]).filter(pl.col("delivered") <= window.last)


def deliver_group_goods(window: Window, orders: pl.DataFrame, order_lines: pl.DataFrame) -> pl.DataFrame:
    """Goods between entities leave complete, on the promised day."""
    mine = orders.filter(pl.col("kind") == GROUP_GOODS_ORDER).select("order", "entity", "kind", delivered="promised")
    lines = order_lines.join(mine, on="order", how="inner").filter(pl.col("delivered") <= window.last)
    return lines.select("order_line", "order", "entity", "item", "kind", "delivered", "quantity")


def join_deliveries(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Delivery lines in order of entity and day, one delivery note per order and day; `delivery_line` is the row."""
    lines = pl.concat(parts).sort("entity", "delivered", "order", "order_line")
    entity, day, order = (lines[name].to_numpy() for name in ("entity", "delivered", "order"))
    opens = first_of_group(entity, day, order)
    note = np.cumsum(opens) - 1
    return lines.with_columns(
        delivery_line=np.arange(lines.height),
        delivery=number_documents(8_000_000_000, entity[opens], day[opens])[note],
    )


def number_documents(base: int, entity: Ints, day: Ints) -> Ints:
    """Document numbers: a range per entity, running by day within it."""
    order = np.lexsort((np.arange(len(entity)), day, entity))
    counts = np.bincount(entity, minlength=len(ENTITIES))
    numbers = np.empty(len(entity), dtype=np.int64)
    numbers[order] = base + 100_000_000 * entity[order] + repeat_rows(counts)[1] + 1
    return numbers
