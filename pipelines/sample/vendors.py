"""Who the company buys from: suppliers of goods, of everything else, and the group's own entities.

Belongs here: vendors and the table of running costs. Does not: what was bought when (purchasing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import Draws, Flags, Ints, pick
from pipelines.sample.names import NAME_COUNT, company_names, with_legal_form

SUPPLIERS_AT_SCALE_1 = 16
SUPPLIER_COUNTRIES = {0: 0.22, 1: 0.18, 2: 0.12, 6: 0.12, 7: 0.20, 11: 0.12, 3: 0.04}


@dataclass(frozen=True, slots=True)
class RunningCost:
    """A kind of spend: euro a month for an entity of a third of the group, in how many bills, by which departments."""

    category: str
    account: int
    departments: tuple[int, ...]
    euro: int
    bills: float
    dollars: bool = False


RUNNING_COSTS = (
    RunningCost("rent", c.RENT, (c.ADM,), 9_500, 1),
    RunningCost("hosting", c.HOSTING, (c.PRD,), 4_200, 2, dollars=True),
    RunningCost("software", c.HOSTING, (c.ADM, c.PRD), 2_200, 3),
    RunningCost("carrier", c.CARRIAGE, (c.OPS,), 6_200, 7),
    RunningCost("travel", c.TRAVEL, (c.SAL, c.SRV), 3_400, 7),
    RunningCost("agency", c.EVENTS, (c.MKT,), 4_000, 2),
    RunningCost("professional", c.PROFESSIONAL, (c.ADM,), 3_000, 2),
    RunningCost("office", c.OFFICE, (c.ADM, c.OPS, c.SAL, c.SRV), 1_600, 6),
)
CATEGORIES = tuple(cost.category for cost in RUNNING_COSTS)
RENT_CATEGORY = CATEGORIES.index("rent")
ADVERTISER, INSURER, MACHINES, SUPPLIER, GROUP = range(len(CATEGORIES), len(CATEGORIES) + 5)
CATEGORY_NAMES = (*CATEGORIES, "advertising", "insurance", "machinery", "goods", "intercompany")


@dataclass(frozen=True, slots=True)
class Vendors:
    """One row per vendor; `home` is the entity that uses it (-1: any), group entities come last."""

    number: Ints
    name: pl.Series
    category: Ints
    country: Ints
    currency: Ints
    home: Ints
    terms: Ints
    discount: Flags  # offers two per cent for payment within ten days
    group_entity: Ints  # -1: an outside vendor
    unclassed: Flags  # whose category nobody entered

    def of_category(self, category: int, entity: int) -> Ints:
        return np.flatnonzero((self.category == category) & ((self.home == entity) | (self.home < 0)))


def draw_vendors(draws: Draws, scale: float) -> Vendors:
    generator = draws.stream("vendors")
    rows: list[tuple[int, int, int, int]] = []  # category, country, currency, home
    for unit, entity in enumerate(c.ENTITIES):
        home = c.COUNTRY_CODES.index(entity.country)
        for category, cost in enumerate(RUNNING_COSTS):
            count = max(1, round(cost.bills * 0.6 * scale**0.85))
            abroad = (c.COUNTRY_CODES.index("US"), c.USD)
            rows += [(category, *(abroad if cost.dollars else (home, entity.currency)), unit)] * count
        rows += [(INSURER, home, entity.currency, unit), (MACHINES, c.COUNTRY_CODES.index("DE"), c.EUR, unit)]
    rows += [(ADVERTISER, c.COUNTRY_CODES.index("IE"), c.EUR, c.FI01)] * 3
    for place in pick(generator, SUPPLIER_COUNTRIES, max(10, round(SUPPLIERS_AT_SCALE_1 * scale**0.8))).tolist():
        rows.append((SUPPLIER, place, c.COUNTRIES[place].currency, -1))
    outside = len(rows)
    sellers = (c.FI01, c.GB01)
    for seller in sellers:
        entity = c.ENTITIES[seller]
        rows.append((GROUP, c.COUNTRY_CODES.index(entity.country), entity.currency, -1))
    table = np.array(rows, dtype=np.int64)
    size = len(rows)
    plain = company_names(NAME_COUNT - 1 - np.arange(outside))  # from the end: customers count from the start
    name = pl.concat(
        [with_legal_form(plain, table[:outside, 1]), pl.Series("name", [c.ENTITIES[s].name for s in sellers])]
    )
    return Vendors(
        number=np.arange(size) + 700_001,
        name=name,
        category=table[:, 0],
        country=table[:, 1],
        currency=table[:, 2],
        home=table[:, 3],
        terms=np.where(np.arange(size) < outside, pick(generator, {14: 0.2, 30: 0.6, 60: 0.2}, size), 30),
        discount=(generator.random(size) < 0.15) & (np.arange(size) < outside),
        group_entity=np.concatenate([np.full(outside, -1), np.array(sellers)]),
        unclassed=(table[:, 0] == CATEGORIES.index("office")) & (np.arange(size) % 2 == 0),
    )
