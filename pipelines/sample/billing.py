"""What can be invoiced: deliveries, months of contracts, hours and milestones, charges within the group.

Belongs here: the lines to invoice, their day and where their cost comes from.
Does not: the invoices made of them (invoicing.py), the value of goods (stock.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.arrays import (
    Ints,
    business_day,
    half_up,
    month_first_day,
    month_last_day,
    month_number,
    number_groups,
    repeat_rows,
    sum_by,
    weekday,
)
from pipelines.sample.catalogue import (
    DEPARTMENT_OF_TYPE,
    FREIGHT,
    GOODS,
    LICENCE,
    ONBOARDING,
    SERVICE,
    SUBSCRIPTION,
)
from pipelines.sample.company import PRD, SRV
from pipelines.sample.demand import Contracts
from pipelines.sample.masters import Masters
from pipelines.sample.projects import Projects, Timesheets
from pipelines.sample.selling import (
    FIXED_ORDER,
    GROUP_GOODS_ORDER,
    GROUP_SERVICE_ORDER,
    LICENCE_ORDER,
    NO_ROW,
    PLAN_ORDER,
    TIME_ORDER,
    line_net,
)

MILESTONE_PERCENT: Ints = np.array([30, 30, 40], dtype=np.int64)
GROUP_SERVICE_COST_PERCENT = 62
ONBOARDING_SHARE_OF_TEN = 3


def last_weekday(days: Ints) -> Ints:
    return days - np.clip(weekday(days) - 4, 0, 2)


def _billable(source: int, **columns: Ints | int) -> pl.DataFrame:
    """One row per line to invoice; lines of one `key` and one source become one invoice."""
    size = np.asarray(columns["key"]).size
    filled = {
        "source": np.full(size, source),
        "order_line": np.full(size, NO_ROW),
        "project": np.full(size, NO_ROW),
        "delivery_line": np.full(size, NO_ROW),
        "cost": np.zeros(size, dtype=np.int64),
        "cost_known": np.ones(size, dtype=np.int64),
        "discount": np.zeros(size, dtype=np.int64),
    } | columns
    names = ("source", "key", "day", "order", "order_line", "item", "quantity", "price", "discount", "net", "line_type",
             "department", "project", "delivery_line", "cost", "cost_known")  # fmt: skip
    return pl.DataFrame({name: np.broadcast_to(np.asarray(filled[name], dtype=np.int64), size) for name in names})


def bill_goods(
    masters: Masters, orders: pl.DataFrame, order_lines: pl.DataFrame, deliveries: pl.DataFrame
) -> pl.DataFrame:
    """One invoice per delivery note, the same day or a few days later; freight goes on the order's first."""
    catalogue, generator = masters.catalogue, masters.draws.stream("goods invoices")
    note, first_row = number_groups(deliveries["delivery"].to_numpy())
    lag = np.where(generator.random(len(first_row)) < 0.7, 0, generator.integers(1, 5, len(first_row)))
    lag = np.where(deliveries["kind"].to_numpy()[first_row] == GROUP_GOODS_ORDER, 0, lag)
    day = business_day(deliveries["delivered"].to_numpy()[first_row] + lag)
    row = deliveries["order_line"].to_numpy()
    price, discount = order_lines["price"].to_numpy()[row], order_lines["discount"].to_numpy()[row]
    quantity = deliveries["quantity"].to_numpy()
    lines = _billable(
        0,
        key=note,
        day=day[note],
        order=deliveries["order"].to_numpy(),
        order_line=row,
        item=deliveries["item"].to_numpy(),
        quantity=quantity,
        price=price,
        discount=discount,
        net=line_net(quantity, price, discount),
        line_type=GOODS,
        department=DEPARTMENT_OF_TYPE[GOODS],
        delivery_line=np.arange(deliveries.height),
    )
    order_of_note = deliveries["order"].to_numpy()[first_row]
    _, first_note = np.unique(order_of_note, return_index=True)
    freight = orders["freight"].to_numpy()[order_of_note[first_note]]
    first_note, freight = first_note[freight > 0], freight[freight > 0]
    freight_lines = _billable(
        0,
        key=first_note,
        day=day[first_note],
        order=order_of_note[first_note],
        item=catalogue.of_kind(FREIGHT)[0],
        quantity=100,
        price=freight,
        net=freight,
        line_type=FREIGHT,
        department=DEPARTMENT_OF_TYPE[FREIGHT],
    )
    return pl.concat([lines, freight_lines])


def bill_contracts(
    masters: Masters, orders: pl.DataFrame, order_lines: pl.DataFrame, contracts: Contracts
) -> pl.DataFrame:
    """A plan is invoiced on the first business day of each month of service, a licence once a year.

    A licence is a right to use, complete when granted: its revenue belongs to that day, so nothing is deferred.
    """
    window, catalogue = masters.window, masters.catalogue
    order = np.flatnonzero(orders["kind"].is_in([PLAN_ORDER, LICENCE_ORDER]).to_numpy())
    contract = orders["contract"].to_numpy()[order]
    line = np.searchsorted(order_lines["order"].to_numpy(), order)
    yearly = contracts.interval[contract] == 12
    row, position = repeat_rows(np.where(yearly, 1, contracts.months[contract]))
    month = contracts.first_month[contract[row]] + position
    day = business_day(month_first_day(month))
    inside = day >= window.first
    row, day, month = row[inside], day[inside], month[inside]
    quantity = 100 * contracts.seats[contract[row]]
    price = order_lines["price"].to_numpy()[line[row]]
    discount = order_lines["discount"].to_numpy()[line[row]]
    kind = np.where(yearly[row], LICENCE, SUBSCRIPTION)
    lines = _billable(
        1,
        key=order[row] * 100_000 + month,
        day=day,
        order=order[row],
        order_line=line[row],
        item=contracts.item[contract[row]],
        quantity=quantity,
        price=price,
        discount=discount,
        net=line_net(quantity, price, discount),
        line_type=kind,
        department=DEPARTMENT_OF_TYPE[kind],
        cost_known=2,  # by standard cost, once the booked rate is known
    )
    new = (contracts.term[contract[row]] == 0) & (month == contracts.first_month[contract[row]])
    new &= (contracts.contract[contract[row]] % 10 < ONBOARDING_SHARE_OF_TEN) & ~yearly[row]
    first = row[new]
    onboarding = catalogue.of_kind(SERVICE)[ONBOARDING]
    price = catalogue.list_price(np.full(len(first), onboarding), orders["currency"].to_numpy()[order[first]], day[new])
    extra = _billable(
        1,
        key=order[first] * 100_000 + month[new],
        day=day[new],
        order=order[first],
        item=onboarding,
        quantity=100,
        price=price,
        net=price,
        line_type=SERVICE,
        department=SRV,
        cost_known=0,  # partners do it; what it costs never reaches the line
    )
    return pl.concat([lines, extra])


def bill_projects(
    masters: Masters, orders: pl.DataFrame, order_lines: pl.DataFrame, projects: Projects, timesheets: Timesheets
) -> pl.DataFrame:
    """Hours are invoiced at each month's end, fixed prices at three milestones; cost is the hours at cost rate."""
    order_of = np.full(len(projects.customer), NO_ROW)
    rows = np.flatnonzero(orders["kind"].is_in([TIME_ORDER, FIXED_ORDER]).to_numpy())
    order_of[orders["project"].to_numpy()[rows]] = rows
    line_of = np.searchsorted(order_lines["order"].to_numpy(), order_of)
    cost = timesheets.hours * masters.employees.cost_rate[timesheets.employee]  # hundredths of cents
    project = timesheets.project
    fixed = projects.fixed_price[project]
    known = order_of[project] != NO_ROW

    hourly = ~fixed & known
    month = month_number(timesheets.day)
    group, first = number_groups(project[hourly], month[hourly])
    hours = sum_by(group, (timesheets.hours * timesheets.billable)[hourly], len(first))
    worth = half_up(sum_by(group, cost[hourly], len(first)), 100)
    job, when = project[hourly][first], month[hourly][first]
    line = line_of[job]
    price, discount = order_lines["price"].to_numpy()[line], order_lines["discount"].to_numpy()[line]
    time_lines = _billable(
        2,
        key=job * 100_000 + when,
        day=last_weekday(month_last_day(when)),
        order=order_of[job],
        order_line=line,
        item=order_lines["item"].to_numpy()[line],
        quantity=hours,
        price=price,
        discount=discount,
        net=line_net(hours, price, discount),
        line_type=SERVICE,
        department=SRV,
        project=job,
        cost=worth,
    ).filter(pl.col("quantity") > 0)

    length = projects.end - projects.start + 1
    part = np.clip(3 * (timesheets.day - projects.start[project]) // np.maximum(length[project], 1), 0, 2)
    milestone_cost = sum_by((3 * project + part)[fixed], cost[fixed], 3 * len(length))
    job, step = repeat_rows(np.where(projects.fixed_price & (order_of != NO_ROW), 3, 0))
    line = line_of[job]
    price = order_lines["price"].to_numpy()[line]
    quantity = MILESTONE_PERCENT[step]
    thirty = half_up(30 * price, 100)
    fixed_lines = _billable(
        3,
        key=3 * job + step,
        day=business_day(
            projects.start[job] + length[job] * (step + 1) // 3 + np.where(step == 2, projects.billed_late[job], 0)
        ),
        order=order_of[job],
        order_line=line,
        item=order_lines["item"].to_numpy()[line],
        quantity=quantity,
        price=price,
        net=np.where(step == 2, price - 2 * thirty, thirty),
        line_type=SERVICE,
        department=SRV,
        project=job,
        cost=half_up(milestone_cost[3 * job + step], 100),
    )
    return pl.concat([time_lines, fixed_lines])


def bill_group_services(orders: pl.DataFrame, order_lines: pl.DataFrame) -> pl.DataFrame:
    """Charged between entities on the last weekday of the month."""
    order = np.flatnonzero((orders["kind"] == GROUP_SERVICE_ORDER).to_numpy())
    line = np.searchsorted(order_lines["order"].to_numpy(), order)
    net = order_lines["net"].to_numpy()[line]
    return _billable(
        4,
        key=order,
        day=last_weekday(month_last_day(month_number(orders["ordered"].to_numpy()[order]))),
        order=order,
        order_line=line,
        item=order_lines["item"].to_numpy()[line],
        quantity=order_lines["quantity"].to_numpy()[line],
        price=order_lines["price"].to_numpy()[line],
        discount=order_lines["discount"].to_numpy()[line],
        net=net,
        line_type=SERVICE,
        department=PRD,
        cost=half_up(net * GROUP_SERVICE_COST_PERCENT, 100),  # both sellers invoice in their own currency
    )
