"""Why customers buy: the purchase process of goods, the life of subscriptions and licences.

Belongs here: the random processes whose parameters truth/parameters.json states.
Does not: projects (projects.py), prices, documents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sample.arrays import (
    Flags,
    Floats,
    Ints,
    business_day,
    month_first_day,
    month_last_day,
    month_number,
    repeat_rows,
)
from pipelines.sample.catalogue import LICENCE, SUBSCRIPTION
from pipelines.sample.customers import SPEND_SHAPE
from pipelines.sample.masters import Masters

# Goods, BG/NBD: orders per week ~ gamma(r) / alpha while alive; after each order a customer leaves with p ~ beta(a, b).
ORDER_R, ORDER_ALPHA, LEAVE_A, LEAVE_B = 1.5, 6.0, 0.9, 14.0
# Subscriptions, shifted beta-geometric: at each renewal the customer leaves with theta ~ beta(a, b).
MONTHLY_A, MONTHLY_B = 0.9, 38.0
YEARLY_A, YEARLY_B = 0.8, 4.2
LICENCE_SHARE = 0.30
# Season lies on the size of orders and on new business, not on the timing of repeat orders, which stays a pure process.
SEASON: Floats = np.array([0.92, 0.94, 1.06, 1.01, 1.04, 1.08, 0.74, 0.90, 1.09, 1.10, 1.13, 0.99])
BACKLOG_DAYS = 14  # orders this old at the window's start are still to be delivered in it


@dataclass(frozen=True, slots=True)
class GoodsBuyers:
    """One row per goods customer: what drives their orders, and whether they have left by the window's end."""

    customer: Ints
    weekly: Floats
    leaving: Floats
    left: Flags


@dataclass(frozen=True, slots=True)
class GoodsDemand:
    """One row per goods order, by customer and day: those of the window, and earlier ones delivered in it."""

    customer: Ints
    day: Ints
    sequence: Ints  # 0 is the customer's first order ever
    value_euro: Ints  # cents wanted, before whole quantities
    buyers: GoodsBuyers


@dataclass(frozen=True, slots=True)
class Contracts:
    """One row per contract term: at most twelve months of a plan, or one year of a licence."""

    customer: Ints
    contract: Ints
    term: Ints  # 0 is the first of the contract
    item: Ints
    seats: Ints
    first_month: Ints
    months: Ints  # months of service billed in this term
    interval: Ints  # 1 or 12
    ends: Flags  # true where the customer left at the end of the term
    day: Ints  # order day


def order_season(day: Ints) -> Floats:
    return SEASON[month_number(day) % 12]


def draw_goods_demand(masters: Masters) -> GoodsDemand:
    """Every customer's orders from the day they were won; those before the window are left out at the end."""
    window, customers, generator = masters.window, masters.customers, masters.draws.stream("goods demand")
    everyone = customer = np.flatnonzero(customers.goods)
    weekly = generator.gamma(ORDER_R, 1 / ORDER_ALPHA, len(customer)).clip(1e-4)
    leaving = generator.beta(LEAVE_A, LEAVE_B, len(customer))
    rate_of, leaving_of, left = weekly, leaving, np.zeros(customers.size, dtype=np.bool_)
    at = customers.won[customer].astype(np.float64)
    rounds: list[tuple[Ints, Ints, Ints]] = []
    sequence = 0
    while len(customer):  # one round per order number, over all customers still alive
        rounds.append((customer, at.astype(np.int64), np.full(len(customer), sequence)))
        stays = generator.random(len(customer)) >= leaving
        left[customer[~stays]] = True
        at = at + 7 * generator.exponential(1 / weekly)
        stays &= at <= window.last
        customer, at, weekly, leaving = customer[stays], at[stays], weekly[stays], leaving[stays]
        sequence += 1
    buyers, days, numbers = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    order = np.lexsort((numbers, buyers))
    buyers, days, numbers = buyers[order], business_day(days[order]), numbers[order]
    inside = (days >= window.first - BACKLOG_DAYS) & (days <= window.last)
    buyers, days, numbers = buyers[inside], days[inside], numbers[inside]
    spend = generator.gamma(SPEND_SHAPE, 1.0, len(buyers)) / SPEND_SHAPE * customers.order_value[buyers]
    return GoodsDemand(
        customer=buyers,
        day=days,
        sequence=numbers,
        value_euro=np.rint(spend * order_season(days) * 100).astype(np.int64),
        buyers=GoodsBuyers(customer=everyone, weekly=rate_of, leaving=leaving_of, left=left[everyone]),
    )


def draw_contracts(masters: Masters) -> Contracts:
    """Contracts in terms of a year; a monthly plan may end inside a term, a licence only at its end."""
    window, customers, catalogue = masters.window, masters.customers, masters.catalogue
    generator = masters.draws.stream("contracts")
    owner = np.flatnonzero(customers.subscriptions)
    second = owner[generator.random(len(owner)) < 0.25]
    customer = np.concatenate([owner, second])
    delay = np.concatenate([generator.integers(5, 60, len(owner)), generator.integers(120, 500, len(second))])
    start = customers.won[customer] + delay
    yearly = generator.random(len(customer)) < LICENCE_SHARE
    plan = generator.choice(catalogue.of_kind(SUBSCRIPTION), len(customer), p=[0.5, 0.32, 0.18])
    licence = generator.choice(catalogue.of_kind(LICENCE), len(customer), p=[0.4, 0.6])
    theta = np.where(
        yearly,
        generator.beta(YEARLY_A, YEARLY_B, len(customer)),
        generator.beta(MONTHLY_A, MONTHLY_B, len(customer)),
    )
    life = np.minimum(generator.geometric(theta.clip(1e-4)), 400)  # in renewals: years or months
    life_months = np.where(yearly, life * 12, life)
    terms = -(-life_months // 12)
    contract, term = repeat_rows(terms)
    first_month = month_number(start)[contract] + 1 + 12 * term
    months = np.minimum(12, life_months[contract] - 12 * term)
    seats = np.where(yearly, 1, 4 + generator.geometric(0.045, len(customer)).clip(1, 140))[contract]
    seats = np.where(yearly[contract], seats, (seats * (1 + 0.09 * term * (contract % 3 > 0))).astype(np.int64))
    day = business_day(month_first_day(first_month) - 3)
    keep = (day <= window.last) & (month_last_day(first_month + months - 1) >= window.first)
    return Contracts(
        customer=customer[contract][keep],
        contract=contract[keep],
        term=term[keep],
        item=np.where(yearly, licence, plan)[contract][keep],
        seats=seats[keep],
        first_month=first_month[keep],
        months=months[keep],
        interval=np.where(yearly, 12, 1)[contract][keep],
        ends=(term == terms[contract] - 1)[keep],
        day=day[keep],
    )
