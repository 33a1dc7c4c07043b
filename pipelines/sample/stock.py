"""Stock: what is bought in so that every delivery has goods, and what each movement is worth.

Belongs here: the replenishment plan, the monthly weighted average cost, counts and their differences.
Does not: purchase orders and bills (purchasing.py), journals.
Costs are a periodic weighted average: in a month, a unit costs (opening value + receipts) / (opening units + receipts).
Movements carry rounded values and the balance is their sum, so stock ledger and control account agree to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import Flags, Ints, Window, half_up, month_number, sum_by
from pipelines.sample.company import ENTITIES, FI01
from pipelines.sample.masters import Masters

COVER = 0.6  # months of the next month's deliveries kept at a month's end
COUNT_MONTHS = (2, 5, 8, 11)  # counted at the end of each quarter


@dataclass(frozen=True, slots=True)
class StockPlan:
    """Units by entity, item and month (axes in this order); opening units by entity and item."""

    opening: Ints
    receipts: Ints
    differences: Ints  # found when counting, at the month's end


@dataclass(frozen=True, slots=True)
class StockValues:
    opening_value: Ints  # by entity and item, cents of local currency
    issue_value: Ints  # by delivery line
    return_value: Ints  # by returned line
    difference_value: Ints  # by entity, item and month, signed
    closing_units: Ints  # by entity, item and month, after counting
    closing_value: Ints


def issued_units(deliveries: pl.DataFrame, items: int, window: Window) -> Ints:
    """Units delivered by entity, item and month."""
    months = month_number(np.array([window.first, window.last]))
    size = int(months[1] - months[0]) + 1
    cell = (deliveries["entity"].to_numpy() * items + deliveries["item"].to_numpy()) * size
    cell += month_number(deliveries["delivered"].to_numpy()) - months[0]
    units = sum_by(cell, deliveries["quantity"].to_numpy() // 100, len(ENTITIES) * items * size)
    return units.reshape(len(ENTITIES), items, size)


def plan_stock(masters: Masters, issues: Ints) -> StockPlan:
    """Receipts so that stock never runs out; what the other entities take from the Finnish one counts as its issues."""
    generator, from_group = masters.draws.stream("stock counts"), masters.catalogue.from_group
    first_calendar_month = int(month_number(np.array([masters.window.first]))[0]) % 12
    units, items, months = issues.shape
    opening = np.zeros((units, items), dtype=np.int64)
    receipts = np.zeros_like(issues)
    differences = np.zeros_like(issues)
    found = np.where(generator.random(issues.shape) < 0.06, generator.integers(-3, 2, issues.shape), 0)
    for unit in [*range(FI01 + 1, units), FI01]:
        demand = issues[unit].copy()
        if unit == FI01:
            demand += _group_demand(receipts, from_group)
        cover = np.ceil(COVER * demand).astype(np.int64) + np.where(demand.sum(axis=1) > 0, 4, 0)[:, None]
        on_hand = cover[:, 0] + demand[:, 0] // 3
        opening[unit] = on_hand
        for month in range(months):
            following = cover[:, min(month + 1, months - 1)]
            receipts[unit, :, month] = np.maximum(demand[:, month] + following - on_hand, 0)
            on_hand = on_hand + receipts[unit, :, month] - demand[:, month]
            if (first_calendar_month + month) % 12 in COUNT_MONTHS:
                differences[unit, :, month] = np.where(on_hand > 8, found[unit, :, month], 0)
                on_hand = on_hand + differences[unit, :, month]
    return StockPlan(opening=opening, receipts=receipts, differences=differences)


def _group_demand(receipts: Ints, from_group: Flags) -> Ints:
    """What the other entities receive of the items that the Finnish entity supplies, by item and month."""
    return np.where(from_group[:, None], receipts[FI01 + 1 :].sum(axis=0), 0)


def value_stock(
    plan: StockPlan,
    opening_value: Ints,
    *,
    receipts: pl.DataFrame,
    deliveries: pl.DataFrame,
    returns: pl.DataFrame,
    window: Window,
) -> StockValues:
    """Values of all movements, month by month over all items at once.

    receipts: entity, item, day, units, value. deliveries: entity, item, delivered, quantity (hundredths).
    returns: entity, item, credited, delivery_line, units, of (units of that line): valued at what the line cost.
    """
    entities, items, months = plan.receipts.shape
    cells = entities * items
    first = month_number(np.array([window.first]))[0]
    issue_cell = deliveries["entity"].to_numpy() * items + deliveries["item"].to_numpy()
    issue_units = deliveries["quantity"].to_numpy() // 100
    issue_value = np.zeros(deliveries.height, dtype=np.int64)
    return_value = np.zeros(returns.height, dtype=np.int64)
    return_cell = returns["entity"].to_numpy() * items + returns["item"].to_numpy()
    receipt_cell = receipts["entity"].to_numpy() * items + receipts["item"].to_numpy()
    issues_of = _rows_by_month(month_number(deliveries["delivered"].to_numpy()) - first, months)
    returns_of = _rows_by_month(month_number(returns["credited"].to_numpy()) - first, months)
    receipts_of = _rows_by_month(month_number(receipts["day"].to_numpy()) - first, months)
    units, value = plan.opening.ravel().copy(), opening_value.ravel().copy()
    difference_value = np.zeros((cells, months), dtype=np.int64)
    closing_units, closing_value = np.zeros_like(difference_value), np.zeros_like(difference_value)
    difference_units = plan.differences.reshape(cells, months)
    for month in range(months):
        rows = receipts_of[month]
        units += sum_by(receipt_cell[rows], receipts["units"].to_numpy()[rows], cells)
        value += sum_by(receipt_cell[rows], receipts["value"].to_numpy()[rows], cells)
        rows = issues_of[month]
        at = issue_cell[rows]
        issue_value[rows] = half_up(issue_units[rows] * value[at], np.maximum(units[at], 1))
        units = units - sum_by(at, issue_units[rows], cells)
        value = value - sum_by(at, issue_value[rows], cells)
        if (units < 0).any():
            raise ValueError("the stock plan ran out of goods: more was delivered than was ever received")
        rows = returns_of[month]
        original = returns["delivery_line"].to_numpy()[rows]
        return_value[rows] = half_up(
            issue_value[original] * returns["units"].to_numpy()[rows], returns["of"].to_numpy()[rows]
        )
        units = units + sum_by(return_cell[rows], returns["units"].to_numpy()[rows], cells)
        value = value + sum_by(return_cell[rows], return_value[rows], cells)
        found = difference_units[:, month]
        difference_value[:, month] = np.where(found != 0, half_up(found * value, np.maximum(units, 1)), 0)
        units = units + found
        value = value + difference_value[:, month]
        closing_units[:, month], closing_value[:, month] = units, value
    shape = (entities, items, months)
    return StockValues(
        opening_value=opening_value,
        issue_value=issue_value,
        return_value=return_value,
        difference_value=difference_value.reshape(shape),
        closing_units=closing_units.reshape(shape),
        closing_value=closing_value.reshape(shape),
    )


def _rows_by_month(month: Ints, months: int) -> list[Ints]:
    order = np.argsort(month, kind="stable")
    edges = np.searchsorted(month[order], np.arange(months + 1))
    return [order[edges[at] : edges[at + 1]] for at in range(months)]
