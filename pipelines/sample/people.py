"""Who works there: employees and their pay by month.

Belongs here: people and payroll lines. Does not: hours on projects (projects.py), the journals of pay (postings.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import (
    Draws,
    Ints,
    Window,
    half_up,
    month_first_day,
    month_last_day,
    month_number,
    pick,
    weekday,
)
from pipelines.sample.company import ADM, BASE_RATES, ENTITIES, ENTITY_CURRENCY, MKT, OPS, PRD, SAL, SRV
from pipelines.sample.names import person_names

EMPLOYEES_AT_SCALE_1 = 84
DEPARTMENT_SHARES = {SAL: 0.22, MKT: 0.08, SRV: 0.20, OPS: 0.22, PRD: 0.17, ADM: 0.11}
MONTHLY_PAY_EURO = {SAL: 4600, MKT: 4200, SRV: 4500, OPS: 3300, PRD: 4900, ADM: 4300}
EMPLOYER_PERMILLE: Ints = np.array([206, 314, 138], dtype=np.int64)
WITHHELD_PERMILLE: Ints = np.array([235, 300, 215], dtype=np.int64)
PAY_RISE_PERMILLE = 28  # each January
HOURS_PER_MONTH = 150
NEVER = 2**40


@dataclass(frozen=True, slots=True)
class Employees:
    number: Ints
    name: pl.Series
    entity: Ints
    department: Ints
    hired: Ints
    left: Ints  # NEVER: still there
    fte_permille: Ints
    pay: Ints  # cents a month of local currency at the start of the window, full time
    cost_rate: Ints  # cents of local currency an hour


@dataclass(frozen=True, slots=True)
class Payroll:
    """One row per employee and month paid."""

    employee: Ints
    month: Ints
    paid: Ints
    gross: Ints
    employer: Ints
    withheld: Ints


def draw_employees(draws: Draws, window: Window, scale: float) -> Employees:
    generator = draws.stream("employees")
    # Every department of every entity has one, then by shares.
    pairs = [(unit, department) for unit in range(len(ENTITIES)) for department in DEPARTMENT_SHARES]
    extra = max(12, round(EMPLOYEES_AT_SCALE_1 * scale)) - len(pairs)
    entity = np.concatenate([[unit for unit, _ in pairs], pick(generator, [e.size for e in ENTITIES], max(extra, 0))])
    department = np.concatenate([[d for _, d in pairs], pick(generator, DEPARTMENT_SHARES, max(extra, 0))])
    size = len(entity)
    before = generator.random(size) < 0.70
    before[: len(pairs)] = True
    span = window.last - window.first
    hired = np.where(before, window.first - 400, window.first + (generator.random(size) * span * 0.95).astype(np.int64))
    hired = month_first_day(month_number(hired))
    leaves = generator.random(size) < 0.16
    leaves[: len(pairs)] = False
    left = np.where(leaves, month_last_day(month_number(hired + 120 + generator.integers(0, span + 400, size))), NEVER)
    left = np.where(left > window.last, NEVER, np.maximum(left, window.first + 30))
    euro = np.array([MONTHLY_PAY_EURO[d] for d in range(len(MONTHLY_PAY_EURO))])[department]
    local_rate = np.array(BASE_RATES)[ENTITY_CURRENCY[entity]]
    pay = np.rint(euro * generator.lognormal(0, 0.18, size) / local_rate / 10).astype(np.int64) * 1000
    order = np.lexsort((np.arange(size), hired))
    entity, department, hired, left, pay = entity[order], department[order], hired[order], left[order], pay[order]
    hourly = half_up(pay * (1000 + EMPLOYER_PERMILLE[entity]), 1000 * HOURS_PER_MONTH)
    return Employees(
        number=np.arange(size) + 5001,
        name=person_names(generator, size),
        entity=entity,
        department=department,
        hired=hired,
        left=left,
        fte_permille=pick(generator, {1000: 0.88, 800: 0.08, 500: 0.04}, size),
        pay=pay,
        cost_rate=hourly,
    )


def run_payroll(window: Window, employees: Employees) -> Payroll:
    """Paid on the 25th, or the Friday before; nobody is paid after the window's end."""
    months = month_number(window.months)
    employee, month = (axis.ravel() for axis in np.meshgrid(np.arange(len(employees.number)), months, indexing="ij"))
    paid = month_first_day(month) + 24
    paid = paid - np.clip(weekday(paid) - 4, 0, 2)
    there = (employees.hired[employee] <= month_first_day(month)) & (
        employees.left[employee] >= month_first_day(month) + 20
    )
    there &= paid <= window.last
    employee, month, paid = employee[there], month[there], paid[there]
    rises = month // 12 - month_number(np.array([window.first]))[0] // 12
    gross = half_up(employees.pay[employee] * employees.fte_permille[employee], 1000)
    gross = half_up(gross * (1000 + PAY_RISE_PERMILLE * rises), 1000)
    entity = employees.entity[employee]
    return Payroll(
        employee=employee,
        month=month,
        paid=paid,
        gross=gross,
        employer=half_up(gross * EMPLOYER_PERMILLE[entity], 1000),
        withheld=half_up(gross * WITHHELD_PERMILLE[entity], 1000),
    )
