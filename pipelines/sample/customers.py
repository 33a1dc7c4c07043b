"""Who buys: customers with a country, a currency, a segment, habits of paying, and the day they were won.

Belongs here: the customers of the ERP and the intercompany accounts. Does not: their accounts in the CRM, their orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import Draws, Flags, Floats, Ints, Window, pick
from pipelines.sample.company import (
    COUNTRIES,
    COUNTRY_CODES,
    CUSTOMER_COUNTRIES,
    ENTITIES,
    FI01,
    GB01,
    SE01,
    USD,
)
from pipelines.sample.names import company_names, domains, with_legal_form

CUSTOMERS_AT_SCALE_1 = 440
YEARS_BEFORE = 2  # customers won before the window still buy in it
BUYS_GOODS, BUYS_SUBSCRIPTIONS, BUYS_SERVICES = 0.66, 0.34, 0.20
CUSTOMER_GROWTH = 1.35  # new customers of the last year over those of the first

# Habits: share of customers, mean days late, shape of the gamma distribution around it (days before due are negative).
HABITS = {
    "prompt": (0.34, 1.0, 1.0),
    "slow": (0.38, 9.0, 2.0),
    "late": (0.22, 26.0, 2.5),
    "erratic": (0.06, 38.0, 0.8),
}
TERMS = {14: 0.25, 30: 0.50, 45: 0.15, 60: 0.10}
DISCOUNT_CUSTOMERS = 0.12  # 2 % within ten days
INTERCOMPANY_TRADE = ((FI01, SE01), (FI01, GB01), (GB01, FI01))  # seller, buyer


@dataclass(frozen=True, slots=True)
class Customers:
    """One row per customer index; the intercompany accounts come last, one per pair of seller and buyer."""

    number: Ints
    party: Ints
    entity: Ints
    country: Ints
    currency: Ints
    segment: Ints
    won: Ints
    goods: Flags
    subscriptions: Flags
    services: Flags
    order_value: Floats  # expected euro per order
    terms: Ints
    habit: Ints
    late_mean: Floats
    late_shape: Floats
    pay_weekday: Ints
    takes_discount: Flags
    buyer_entity: Ints  # -1: an outside customer
    plain_name: pl.Series
    name: pl.Series
    domain: pl.Series
    tax_id: pl.Series

    @property
    def size(self) -> int:
        return len(self.number)

    @property
    def outside(self) -> int:
        return self.size - len(INTERCOMPANY_TRADE)


def draw_customers(draws: Draws, window: Window, scale: float) -> Customers:
    generator = draws.stream("customers")
    outside = max(60, round(CUSTOMERS_AT_SCALE_1 * scale))
    entity = pick(generator, [unit.size for unit in ENTITIES], outside)
    country = np.zeros(outside, dtype=np.int64)
    for unit, shares in enumerate(CUSTOMER_COUNTRIES):
        at = entity == unit
        country[at] = pick(generator, shares, int(at.sum()))
    local = np.array([place.currency for place in COUNTRIES])[country]
    # Across the border most pay in their own currency; a few insist on dollars.
    currency = np.where(generator.random(outside) < 0.04, USD, local)
    first = window.first - YEARS_BEFORE * 365
    position = generator.random(outside)
    growth = CUSTOMER_GROWTH - 1
    # Inverse of a linearly growing rate of acquisition.
    position = (np.sqrt(1 + position * (2 * growth + growth**2)) - 1) / growth if growth else position
    won = np.sort(first + (position * (window.last - 20 - first)).astype(np.int64))
    goods = generator.random(outside) < BUYS_GOODS
    subscriptions = generator.random(outside) < BUYS_SUBSCRIPTIONS
    services = generator.random(outside) < BUYS_SERVICES
    goods |= ~(goods | subscriptions | services)
    order_value = draw_order_values(generator, outside)
    rank = np.argsort(np.argsort(order_value * np.exp(generator.normal(0, 0.5, outside)))) / outside
    segment = np.select([rank > 0.88, rank > 0.55], [0, 1], 2)
    habit = pick(generator, [share for share, _, _ in HABITS.values()], outside)
    means = np.array([mean for _, mean, _ in HABITS.values()])[habit]
    party = np.arange(outside)
    # A party in twenty has a second account with another entity of the group.
    second = (generator.random(outside) < 0.05) & (party > 0)
    earlier = (generator.random(outside) * party).astype(np.int64)
    second &= entity[earlier] != entity
    party = np.where(second, party[earlier], party)
    country = np.where(second, country[party], country)

    trades = len(INTERCOMPANY_TRADE)
    sellers = np.array([seller for seller, _ in INTERCOMPANY_TRADE])
    buyers = np.array([buyer for _, buyer in INTERCOMPANY_TRADE])
    home = np.array([COUNTRY_CODES.index(ENTITIES[buyer].country) for buyer in buyers])
    plain = company_names(party)
    group_names = pl.Series([ENTITIES[buyer].name for buyer in buyers])
    name = pl.concat([with_legal_form(plain, country), group_names.alias("name")])
    everyone = outside + trades

    def joined(values: np.ndarray, group: np.ndarray) -> np.ndarray:
        return np.concatenate([values, group])

    none, yes = np.zeros(trades, dtype=np.bool_), np.ones(trades, dtype=np.bool_)
    all_parties = joined(party, np.arange(outside, everyone))
    all_countries = joined(country, home)
    tax_digits = pl.Series((10_000_000 + (all_parties * 7919 + 1234567) % 89_999_999).astype(str))
    return Customers(
        number=np.arange(everyone) + 200_001,
        party=all_parties,
        entity=joined(entity, sellers),
        country=all_countries,
        currency=joined(currency, np.array([ENTITIES[seller].currency for seller in sellers])),
        segment=joined(segment, np.zeros(trades, dtype=np.int64)),
        won=joined(won, np.full(trades, first)),
        goods=joined(goods, none),
        subscriptions=joined(subscriptions, none),
        services=joined(services, none),
        order_value=joined(order_value, np.zeros(trades)),
        terms=joined(pick(generator, TERMS, outside), np.full(trades, 30)),
        habit=joined(habit, np.zeros(trades, dtype=np.int64)),
        late_mean=joined(means * np.exp(generator.normal(0, 0.25, outside)), np.full(trades, 0.5)),
        late_shape=joined(np.array([shape for _, _, shape in HABITS.values()])[habit], np.full(trades, 1.0)),
        pay_weekday=joined(generator.integers(0, 5, outside), np.full(trades, 3)),
        takes_discount=joined(generator.random(outside) < DISCOUNT_CUSTOMERS, ~yes),
        buyer_entity=joined(np.full(outside, -1), buyers),
        plain_name=pl.concat([plain, group_names.alias("name")]),
        name=name,
        domain=pl.concat([domains(plain, country), pl.Series(["aurelle.example"] * trades)]),
        tax_id=(pl.Series(np.array(COUNTRY_CODES)[all_countries]) + tax_digits).alias("tax_id"),
    )


# Spend per order: gamma with a shape common to all and a scale of each customer's own, itself inverse gamma.
SPEND_SHAPE, SPEND_MIX, SPEND_SCALE = 6.0, 3.6, 2600.0


def draw_order_values(generator: np.random.Generator, size: int) -> Floats:
    """Expected euro per order of each customer: shape times a scale of inverse-gamma distribution."""
    return SPEND_SHAPE * SPEND_SCALE / generator.gamma(SPEND_MIX, 1.0, size)
