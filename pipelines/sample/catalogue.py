"""What the company sells: goods, services, subscriptions and licences, with list prices by currency and year.

Belongs here: items, standard costs, price lists. Does not: what a customer was charged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.sample.arrays import Draws, Ints, Window, dates, day_number, half_up, year_of
from pipelines.sample.company import BASE_RATES, CURRENCIES, PRD, SAL, SRV

GOODS, SERVICE, SUBSCRIPTION, LICENCE, FREIGHT = range(5)
LINE_TYPES = ("goods", "service", "subscription", "licence", "freight")
CATEGORIES = (
    "Sensors",
    "Controllers",
    "Cabling",
    "Enclosures",
    "Calibration tools",
    "Services",
    "Monitoring plans",
    "Licences",
    "Freight",
)
GOODS_NOUNS = ("Pressure sensor", "Flow controller", "Signal cable", "Field enclosure", "Calibration kit")
SERVICES = (
    ("Consulting hour, senior", 14500),
    ("Consulting hour", 11200),
    ("Commissioning, fixed price", 100),
    ("Onboarding package", 180_000),
)
CONSULTING_SENIOR, CONSULTING, COMMISSIONING, ONBOARDING = range(4)
PLANS = (("Monitoring Basic", 3900), ("Monitoring Plus", 6900), ("Monitoring Premium", 11900))
LICENCES = (("Site licence, yearly", 640_000), ("Gateway licence, yearly", 185_000))
PRICE_RISE = 1.035  # every January
GOODS_MARGIN = 0.42
PLAN_COST_SHARE, LICENCE_COST_SHARE = 0.22, 0.06
DEPARTMENT_OF_TYPE: Ints = np.array([SAL, SRV, PRD, PRD, SAL], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Items by index; prices in cents. `price[item, currency, year - first_year]` is the list price."""

    number: Ints
    name: list[str]
    kind: Ints
    category: Ints
    list_euro: Ints
    cost_euro: Ints
    popularity: np.ndarray
    from_group: np.ndarray  # goods that the Finnish entity buys for the whole group
    active: np.ndarray
    first_year: int
    price: Ints

    def of_kind(self, kind: int) -> Ints:
        return np.flatnonzero(self.kind == kind)

    def list_price(self, item: Ints, currency: Ints, day: Ints) -> Ints:
        return self.price[item, currency, np.maximum(year_of(day) - self.first_year, 0)]


def draw_catalogue(draws: Draws, window: Window, scale: float) -> Catalogue:
    generator = draws.stream("items")
    goods = max(20, round(60 * scale**0.75))
    category = np.arange(goods) % len(GOODS_NOUNS)
    centre = np.array([180.0, 620.0, 22.0, 95.0, 410.0])[category]
    euro = np.rint(centre * np.exp(generator.normal(0, 0.55, goods)) * 10).clip(30) * 10  # cents, in steps of ten
    cost = np.rint(euro * (1 - GOODS_MARGIN) * np.exp(generator.normal(0, 0.10, goods)))
    names = [f"{GOODS_NOUNS[c]} {chr(65 + i // 5 % 26)}{100 + i}" for i, c in enumerate(category.tolist())]
    kinds, categories = [GOODS] * goods, category.tolist()
    prices, costs = euro.astype(np.int64).tolist(), cost.astype(np.int64).tolist()
    for kind, group, share, rows in (
        (SERVICE, 5, None, SERVICES),
        (SUBSCRIPTION, 6, PLAN_COST_SHARE, PLANS),
        (LICENCE, 7, LICENCE_COST_SHARE, LICENCES),
        (FREIGHT, 8, None, (("Freight", 0),)),
    ):
        for name, price in rows:
            names.append(name)
            kinds.append(kind)
            categories.append(group)
            prices.append(price)
            costs.append(round(price * share) if share else 0)
    kind_array = np.array(kinds, dtype=np.int64)
    list_euro = np.array(prices, dtype=np.int64)
    first_year = int(year_of(np.array([window.first]))[0])
    years = int(year_of(np.array([window.last]))[0]) - first_year + 1
    rise = PRICE_RISE ** np.arange(years)
    mid = np.array(BASE_RATES)
    listed = np.rint(list_euro[:, None, None] / mid[None, :, None] * rise[None, None, :]).astype(np.int64)
    listed = np.where(listed >= 1000, half_up(listed, 10) * 10, listed)
    listed[kind_array == FREIGHT] = 0
    weights = np.zeros(len(names))
    weights[:goods] = generator.pareto(1.6, goods) + 0.25
    active = np.ones(len(names), dtype=np.bool_)
    active[:goods] = generator.random(goods) > 0.05
    numbers = np.concatenate([100_100 + 10 * np.arange(goods), 900_100 + 10 * np.arange(len(names) - goods)])
    return Catalogue(
        number=numbers.astype(np.int64),
        name=names,
        kind=kind_array,
        category=np.array(categories, dtype=np.int64),
        list_euro=list_euro,
        cost_euro=np.array(costs, dtype=np.int64),
        popularity=weights / weights.sum(),
        from_group=(kind_array == GOODS) & np.isin(np.array(categories), (0, 1)),
        active=active,
        first_year=first_year,
        price=listed,
    )


def price_list_rows(catalogue: Catalogue, window: Window) -> pl.DataFrame:
    """One row per item, price list and year. Prices change each January; the first hold from the window's start."""
    items, lists, years = catalogue.price.shape
    item, currency, year = (
        axis.ravel() for axis in np.meshgrid(np.arange(items), np.arange(lists), np.arange(years), indexing="ij")
    )
    starts = np.array(
        [window.first] + [day_number(date(catalogue.first_year + y, 1, 1)) for y in range(1, years)], dtype=np.int64
    )
    sold = catalogue.kind[item] != FREIGHT
    return pl.DataFrame(
        {
            "item": catalogue.number[item][sold],
            "price_list": np.array([f"LIST-{code}" for code in CURRENCIES])[currency][sold],
            "day": dates(starts[year][sold]),
            "price": catalogue.price[item, currency, year][sold],
            "currency": np.array(CURRENCIES)[currency][sold],
        }
    )
