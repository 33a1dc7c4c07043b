"""The company before anything happens: its calendar, rates, catalogue, customers, vendors and people.

Belongs here: what every later step reads and none changes. Does not: events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.sample.arrays import Draws, Window
from pipelines.sample.catalogue import Catalogue, draw_catalogue
from pipelines.sample.customers import Customers, draw_customers
from pipelines.sample.people import Employees, draw_employees
from pipelines.sample.rates import Rates, draw_rates
from pipelines.sample.vendors import Vendors, draw_vendors


@dataclass(frozen=True, slots=True)
class Masters:
    draws: Draws
    window: Window
    scale: float
    rates: Rates
    catalogue: Catalogue
    customers: Customers
    vendors: Vendors
    employees: Employees


def draw_masters(*, scale: float, seed: int, until: date) -> Masters:
    draws, window = Draws(seed), Window.ending(until)
    return Masters(
        draws=draws,
        window=window,
        scale=scale,
        rates=draw_rates(draws, window),
        catalogue=draw_catalogue(draws, window, scale),
        customers=draw_customers(draws, window, scale),
        vendors=draw_vendors(draws, scale),
        employees=draw_employees(draws, window, scale),
    )
