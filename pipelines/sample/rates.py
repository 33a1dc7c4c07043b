"""Exchange rates: a seeded walk of daily spot rates to the euro, published on business days, carried over weekends.

Belongs here: what a unit of money is worth on a day. Does not: documents that use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import (
    RATE_ONE,
    Draws,
    Flags,
    Ints,
    Window,
    dates,
    decimals,
    half_up,
    month_first_day,
    month_last_day,
    month_number,
    weekday,
)
from pipelines.sample.company import BASE_RATES, CURRENCIES, ENTITY_CURRENCY

DAILY_VOLATILITY = 0.0028
DAYS_BEFORE = 800  # deals and orders that reach into the window were agreed on before it


@dataclass(frozen=True, slots=True)
class Rates:
    """Spot rates in euro with eight decimals: `euro[currency, day - first]`, every day filled."""

    first: int
    euro: Ints
    published: Flags  # by day: false at weekends, whose rate is the last one before

    def to_euro(self, currency: Ints, day: Ints) -> Ints:
        return self.euro[currency, np.asarray(day) - self.first]

    def to_local(self, currency: Ints, entity: Ints, day: Ints) -> Ints:
        """The rate the ERP books: from document to local currency; exactly one where they are the same."""
        local = ENTITY_CURRENCY[entity]
        crossed = half_up(self.to_euro(currency, day) * RATE_ONE, self.to_euro(local, day))
        return np.where(np.asarray(currency) == local, RATE_ONE, crossed)

    def entity_to_euro(self, entity: Ints, day: Ints) -> Ints:
        return self.to_euro(ENTITY_CURRENCY[entity], day)


def draw_rates(draws: Draws, window: Window) -> Rates:
    """A walk per currency; the euro is one."""
    first = window.first - DAYS_BEFORE
    days = np.arange(first, window.last + 1)
    open_days = weekday(days) < 5
    open_days[0] = True
    steps = draws.stream("rates").normal(0.0, DAILY_VOLATILITY, (len(CURRENCIES), len(days)))
    steps[:, ~open_days] = 0.0
    steps[:, 0] = 0.0
    walk = np.array(BASE_RATES)[:, None] * np.exp(np.cumsum(steps, axis=1))
    euro = np.rint(walk * RATE_ONE).astype(np.int64)
    euro[0] = RATE_ONE
    return Rates(first=first, euro=euro, published=open_days)


def rate_rows(rates: Rates) -> pl.DataFrame:
    """Published rates: spot by business day, average and closing by month, every currency to the euro."""
    days = np.arange(rates.first, rates.first + rates.euro.shape[1])
    spot_days = days[rates.published]
    months = np.unique(month_number(days))
    tables = []
    for currency in range(1, len(CURRENCIES)):
        spot = rates.euro[currency, spot_days - rates.first]
        closing_days = np.minimum(month_last_day(months), days[-1])
        closing = rates.euro[currency, closing_days - rates.first]
        in_month = [spot[month_number(spot_days) == month] for month in months]
        average = np.array([int(half_up(values.sum(), len(values))) for values in in_month], dtype=np.int64)
        for rate_type, on, values in (
            ("M", spot_days, spot),
            ("AVG", month_first_day(months), average),
            ("CLS", closing_days, closing),
        ):
            tables.append(
                pl.DataFrame(
                    {
                        "currency": pl.Series([CURRENCIES[currency]] * len(on), dtype=pl.String),
                        "day": dates(on),
                        "rate_type": pl.Series([rate_type] * len(on), dtype=pl.String),
                        "rate": decimals(values, 8),
                    }
                )
            )
    return pl.concat(tables)
