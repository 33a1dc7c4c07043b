"""Taxes, loans, opening balances, depreciation and the bank: money that no customer or vendor moves.

Belongs here: the events behind these journals. Does not: the journals themselves (treasury_postings.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import (
    Flags,
    Ints,
    Window,
    business_day,
    half_up,
    month_first_day,
    month_last_day,
    month_number,
    sum_by,
    weekday,
)
from pipelines.sample.masters import Masters
from pipelines.sample.people import Employees, Payroll
from pipelines.sample.purchasing import ASSET_BILL

VAT, PAYROLL_TAX, INCOME_TAX = range(3)
TAX_TYPES = ("vat", "payroll_tax", "income_tax")
INCOME_TAX_PERMILLE = 14  # of outside revenue, a quarter in arrears
DEPRECIATION_MONTHS = 84
ALLOWANCE_PERMILLE = 4  # of outside revenue, once a quarter
INTEREST_PERMILLE = 45
# Loan, entity, principal at the start in cents at scale 1, quarterly repayments in all, repaid before the start.
LOANS = (("LOAN-FI-1", c.FI01, 240_000_000, 24), ("LOAN-GB-1", c.GB01, 36_000_000, 20))
COLLECTIONS = c.BANKS[int(c.COLLECTION_BANK[c.FI01])]
EQUIPMENT_OPENING: Ints = np.array([168_000_000, 980_000_000, 52_000_000], dtype=np.int64)
SHARE_CAPITAL: Ints = np.array([100_000_000, 250_000_000, 25_000_000], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Treasury:
    """Frames named for what they hold; amounts in cents of local currency."""

    taxes: pl.DataFrame  # entity, kind, month, due, amount (to pay), output, input, paid (flag), number
    loans: pl.DataFrame  # loan, entity, due, principal, interest, number, paid
    depreciation: pl.DataFrame  # entity, day, amount, number
    provisions: pl.DataFrame  # entity, day, kind (0 allowance, 1 income tax, 2 insurance released), amount, number
    fees: pl.DataFrame  # entity, day, bank, amount, number
    sweeps: pl.DataFrame  # entity, day, amount, number: from the collections account to the operating one
    salaries: pl.DataFrame  # entity, month, day, department, gross, employer, withheld
    opening: pl.DataFrame  # entity, account, amount, day


def _entity_months(window: Window) -> tuple[Ints, Ints]:
    entity, month = np.meshgrid(np.arange(len(c.ENTITIES)), month_number(window.months), indexing="ij")
    return entity.ravel(), month.ravel()


def _by_month(window: Window, entity: Ints, day: Ints, amount: Ints) -> Ints:
    """Sums in the order of _entity_months."""
    first = month_number(np.array([window.first]))[0]
    months = len(window.months)
    return sum_by(entity * months + month_number(day) - first, amount, len(c.ENTITIES) * months)


def run_treasury(
    masters: Masters,
    payroll: Payroll,
    *,
    invoices: pl.DataFrame,
    credit_notes: pl.DataFrame,
    bills: pl.DataFrame,
    payments: pl.DataFrame,
    inventory_opening: Ints,
) -> Treasury:
    """Everything that follows from the calendar and from what was sold, bought and paid."""
    window, scale, employees = masters.window, masters.scale, masters.employees
    entity, month = _entity_months(window)

    def monthly(frame: pl.DataFrame, column: str) -> Ints:
        return _by_month(window, frame["entity"].to_numpy(), frame["day"].to_numpy(), frame[column].to_numpy())

    output = monthly(invoices, "tax_local") - monthly(credit_notes, "tax_local")
    input_tax = monthly(bills, "tax_local")
    outside = invoices.filter(pl.col("buyer") < 0)
    revenue = monthly(outside, "net_local") - monthly(credit_notes, "net_local")
    paid_entity = employees.entity[payroll.employee]
    withheld = _by_month(window, paid_entity, payroll.paid, payroll.withheld)
    employer = _by_month(window, paid_entity, payroll.paid, payroll.employer)

    quarter_end = month % 3 == 2
    quarter = _last_three_months(revenue)
    income = np.where(quarter_end, np.maximum(half_up(quarter * INCOME_TAX_PERMILLE, 1000), 0), 0)
    allowance = np.where(quarter_end, np.maximum(half_up(quarter * ALLOWANCE_PERMILLE, 1000), 0), 0)
    ends = month_last_day(month)
    complete = ends <= window.last
    twelfth = business_day(month_first_day(month + 2) + 11)
    next_twelfth = business_day(month_first_day(month + 1) + 11)
    taxes = pl.concat(
        [
            _taxes(
                VAT,
                entity,
                month,
                twelfth,
                amount=output - input_tax,
                output=output,
                deducted=input_tax,
                exists=complete,
            ),
            _taxes(
                PAYROLL_TAX,
                entity,
                month,
                next_twelfth,
                amount=withheld + employer,
                output=withheld,
                deducted=employer,
                exists=complete | (withheld > 0),
            ),
            _taxes(
                INCOME_TAX,
                entity,
                month,
                business_day(month_first_day(month + 1) + 24),
                amount=income,
                output=income,
                deducted=0 * income,
                exists=complete & (income > 0),
            ),
        ]
    )
    taxes = taxes.with_columns(paid=(pl.col("due") <= window.last).cast(pl.Int64))
    loans, loan_balance = _loans(window, scale)
    insured = bills.filter(pl.col("prepaid") != 0)
    released = _release(window, insured)
    entry = pl.concat(
        [
            _provision(0, entity, ends, allowance, complete & (allowance > 0)),
            _provision(1, entity, ends, income, complete & (income > 0)),
            _provision(2, entity, ends, released, complete & (released > 0)),
        ]
    )
    assets = bills.filter(pl.col("kind") == ASSET_BILL)
    bought = _by_month(window, assets["entity"].to_numpy(), assets["day"].to_numpy(), assets["net_local"].to_numpy())
    equipment = half_up(EQUIPMENT_OPENING * round(scale * 1000), 1000)
    cost = equipment[entity] + _running_sum(entity, bought)
    depreciation = half_up(cost, DEPRECIATION_MONTHS)
    fees = 4_500 + 35 * _by_month(
        window, outside["entity"].to_numpy(), outside["day"].to_numpy(), np.ones(outside.height, dtype=np.int64)
    )
    number = entity * 1_000_000 + month * 10
    last_working = ends - np.clip(weekday(ends) - 4, 0, 2)
    return Treasury(
        taxes=taxes,
        loans=loans,
        depreciation=pl.DataFrame(
            {"entity": entity, "day": ends, "amount": depreciation, "number": 6_300_000_000 + number}
        ).filter(pl.Series(complete)),
        provisions=entry,
        fees=pl.DataFrame(
            {
                "entity": entity,
                "day": last_working,
                "bank": c.OPERATING_BANK[entity],
                "amount": fees,
                "number": 6_400_000_000 + number,
            }
        ).filter(pl.Series(complete)),
        sweeps=_sweeps(window, payments),
        salaries=_salaries(employees, payroll),
        opening=_opening(window, scale, inventory_opening, equipment, loan_balance),
    )


def _last_three_months(monthly: Ints) -> Ints:
    """Sums of each month and the two before it, within the entity."""
    running = np.cumsum(monthly.reshape(len(c.ENTITIES), -1), axis=1)
    sums: Ints = running.copy()
    sums[:, 3:] -= running[:, :-3]
    return sums.ravel()


def _running_sum(entity: Ints, amount: Ints) -> Ints:
    total: Ints = np.cumsum(amount)
    before = np.searchsorted(entity, np.arange(len(c.ENTITIES)))
    running: Ints = total - np.concatenate([[0], total])[before][entity]
    return running


def _taxes(
    kind: int, entity: Ints, month: Ints, due: Ints, *, amount: Ints, output: Ints, deducted: Ints, exists: Flags
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "entity": entity,
            "kind": np.full(len(entity), kind),
            "month": month,
            "due": due,
            "amount": amount,
            "output": output,
            "input": deducted,
            "number": 6_200_000_000 + entity * 1_000_000 + month * 10 + kind,
        }
    ).filter(pl.Series(exists) & (pl.col("amount") != 0))


def _provision(kind: int, entity: Ints, day: Ints, amount: Ints, exists: Flags) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "entity": entity,
            "day": day,
            "kind": np.full(len(entity), kind),
            "amount": amount,
            "number": 6_500_000_000 + entity * 1_000_000 + month_number(day) * 10 + kind,
        }
    ).filter(pl.Series(exists))


def _release(window: Window, insured: pl.DataFrame) -> Ints:
    """A twelfth of each yearly insurance bill per month from the one it was billed in; the last takes the cents."""
    entity, month = _entity_months(window)
    released = np.zeros(len(entity), dtype=np.int64)
    for unit, day, amount in zip(insured["entity"], insured["day"], insured["prepaid"], strict=True):
        step = month - int(month_number(np.array([day]))[0])
        share = np.where(step == 11, amount - 11 * (amount // 12), amount // 12)
        released += np.where((entity == unit) & (step >= 0) & (step < 12), share, 0)
    return released


def _loans(window: Window, scale: float) -> tuple[pl.DataFrame, Ints]:
    """Quarterly repayments, past and to come, and the principal owed at the start by entity."""
    balance = np.zeros(len(c.ENTITIES), dtype=np.int64)
    rows: list[tuple[str, int, int, int, int, int]] = []
    first = int(month_number(np.array([window.first]))[0])
    for index, (loan, entity, principal, payments) in enumerate(LOANS):
        owed = round(principal * scale)
        balance[entity] += owed
        for step in range(payments):
            due = int(business_day(month_last_day(np.array([first + 2 + 3 * step])) - 2)[0])
            repaid = owed // (payments - step)
            interest = int(half_up(np.array([owed * INTEREST_PERMILLE]), 4000)[0])
            rows.append((loan, entity, due, repaid, interest, 6_600_000_000 + index * 1_000 + step))
            owed -= repaid
    frame = pl.DataFrame(rows, schema=["loan", "entity", "due", "principal", "interest", "number"], orient="row")
    return frame.with_columns(paid=(pl.col("due") <= window.last).cast(pl.Int64)), balance


def _sweeps(window: Window, payments: pl.DataFrame) -> pl.DataFrame:
    """On each month's last weekday, what came in on the collections account since the last time moves on."""
    ends = month_last_day(month_number(window.months))
    days = ends - np.clip(weekday(ends) - 4, 0, 2)
    days = days[days <= window.last]
    mine = payments.filter(pl.col("bank") == c.BANKS.index(COLLECTIONS)).sort("day")
    until = np.searchsorted(mine["day"].to_numpy(), days, side="right")
    total = np.concatenate([[0], np.cumsum(mine["amount_local"].to_numpy())])[until]
    return pl.DataFrame(
        {
            "entity": np.full(len(days), COLLECTIONS.entity),
            "day": days,
            "amount": np.diff(total, prepend=0),
            "number": 6_410_000_000 + np.arange(len(days)),
        }
    ).filter(pl.col("amount") > 0)


def _salaries(employees: Employees, payroll: Payroll) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "entity": employees.entity[payroll.employee],
            "month": payroll.month,
            "day": payroll.paid,
            "department": employees.department[payroll.employee],
            "gross": payroll.gross,
            "employer": payroll.employer,
            "withheld": payroll.withheld,
        }
    )
    totals = frame.group_by("entity", "month", "day", "department").agg(pl.col("gross", "employer", "withheld").sum())
    return totals.sort("entity", "month", "department")


def _opening(window: Window, scale: float, inventory: Ints, equipment: Ints, loans: Ints) -> pl.DataFrame:
    """The balance sheet the window starts with; earnings kept from earlier years make it balance."""
    rows: list[tuple[int, int, int]] = []
    for entity in range(len(c.ENTITIES)):
        lines = [(bank.account, round(bank.opening * scale)) for bank in c.BANKS if bank.entity == entity]
        lines += [
            (c.INVENTORY, int(inventory[entity])),
            (c.EQUIPMENT, int(equipment[entity])),
            (c.ACCUMULATED_DEPRECIATION, -int(equipment[entity]) * 2 // 5),
            (c.LOANS, -int(loans[entity])),
            (c.SHARE_CAPITAL, -round(int(SHARE_CAPITAL[entity]) * scale)),
        ]
        lines.append((c.RETAINED_EARNINGS, -sum(amount for _, amount in lines)))
        rows += [(entity, account, amount) for account, amount in lines if amount]
    frame = pl.DataFrame(rows, schema=["entity", "account", "amount"], orient="row")
    return frame.with_columns(day=pl.lit(window.first, pl.Int64))
