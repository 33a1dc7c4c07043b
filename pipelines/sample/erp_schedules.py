"""The ERP's people, bank accounts, schedules and rates as it exports them.

Belongs here: which column of which file says what. Does not: other masters (erp_masters.py), plans (plans.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import day_date, month_first_day, month_last_day, month_number
from pipelines.sample.columns import (
    DEPARTMENT_CODES,
    codes,
    cost_centres,
    currencies,
    days,
    entities,
    flags,
    integers,
    money,
    numbers,
    times,
)
from pipelines.sample.files import NORDIC, PLAIN, TABBED, Dialect
from pipelines.sample.people import NEVER
from pipelines.sample.rates import rate_rows
from pipelines.sample.sales_files import project_codes
from pipelines.sample.treasury import LOANS, TAX_TYPES
from pipelines.sample.world import World

ZIPPED = Dialect(delimiter="\t", zipped=True)


def schedule_tables(world: World) -> dict[str, tuple[pl.DataFrame, Dialect]]:
    """File name -> table and dialect."""
    return {
        "timesheets.tsv.gz": (_timesheets(world), ZIPPED),
        "employees.csv": (_employees(world), NORDIC),
        "payroll.csv": (_payroll(world), PLAIN),
        "bank_accounts.csv": (_banks(), PLAIN),
        "recurring_items.csv": (_recurring(world), PLAIN),
        "loan_schedule.csv": (_loans(world), PLAIN),
        "tax_schedule.csv": (_taxes(world), PLAIN),
        "fx_rates.tsv": (_rates(world), TABBED),
        "fiscal_periods.csv": (_periods(world), PLAIN),
    }


def _timesheets(world: World) -> pl.DataFrame:
    sheets, employees = world.timesheets, world.masters.employees
    priced = world.events.orders.filter(pl.col("project") >= 0).join(
        world.events.order_lines.select("order", "price"), on="order", maintain_order="left"
    )
    price = np.zeros(len(world.projects.customer), dtype=np.int64)
    price[priced["project"].to_numpy()] = priced["price"].to_numpy()
    hourly = ~world.projects.fixed_price[sheets.project]
    bill_rate = np.where(hourly, price[sheets.project], -1)
    return pl.DataFrame(
        {
            "Entry": np.arange(len(sheets.day)) + 1,
            "Personnel No": numbers(sheets.employee, employees.number),
            "WBS": project_codes(sheets.project),
            "Work Date": days(sheets.day),
            "Hours": money(sheets.hours),
            "Billable": flags(sheets.billable),
            "Bill Rate": money(np.maximum(bill_rate, 0)).set(pl.Series(bill_rate < 0), None),
            "Cost Rate": money(employees.cost_rate[sheets.employee]),
        }
    )


def _employees(world: World) -> pl.DataFrame:
    employees = world.masters.employees
    return pl.DataFrame(
        {
            "Personnel No": employees.number,
            "Company Code": entities(employees.entity),
            "Name": employees.name,
            "Department": codes(employees.department, DEPARTMENT_CODES),
            "Cost Centre": cost_centres(employees.entity, employees.department),
            "FTE %": employees.fte_permille // 10,
            "Entry": days(employees.hired),
            "Exit": days(np.where(employees.left == NEVER, -1, employees.left)),
        }
    )


def _payroll(world: World) -> pl.DataFrame:
    payroll, employees = world.payroll, world.masters.employees
    order = np.lexsort((payroll.employee, payroll.month))
    employee = payroll.employee[order]
    return pl.DataFrame(
        {
            "Personnel No": numbers(employee, employees.number),
            "Period": days(month_first_day(payroll.month[order])),
            "Company Code": entities(employees.entity[employee]),
            "Pay Date": days(payroll.paid[order]),
            "Gross": money(payroll.gross[order]),
            "Employer Contributions": money(payroll.employer[order]),
        }
    )


def _banks() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Bank Account": [bank.code for bank in c.BANKS],
            "Company Code": [c.ENTITIES[bank.entity].code for bank in c.BANKS],
            "Name": [bank.name for bank in c.BANKS],
            "Currency": [c.CURRENCIES[c.ENTITIES[bank.entity].currency] for bank in c.BANKS],
            "G/L Account": [bank.account for bank in c.BANKS],
        }
    )


def _recurring(world: World) -> pl.DataFrame:
    """Rent and pay still to come, at the last amounts known; taxes and loans have schedules of their own."""
    month = int(month_number(np.array([world.masters.window.last]))[0])
    rows: list[tuple[str, str, str, str, str, int, int, object]] = []
    pay = world.events.treasury.salaries
    rent = world.events.purchases.bill_lines.filter(pl.col("account") == c.RENT).join(
        world.events.purchases.bills.select("bill", "entity", "day"), on="bill", maintain_order="left"
    )
    for unit, entity in enumerate(c.ENTITIES):
        last_pay = pay.filter(pl.col("entity") == unit).filter(pl.col("month") == pl.col("month").max())
        net = int((last_pay["gross"] - last_pay["withheld"]).sum())
        last_rent = rent.filter(pl.col("entity") == unit).filter(pl.col("day") == pl.col("day").max())
        monthly_rent = int((last_rent["net"] + last_rent["tax"]).sum())
        pay_day = int(month_first_day(np.array([month + 1]))[0]) + 24
        rent_day = int(month_first_day(np.array([month + 1]))[0])
        currency = c.CURRENCIES[entity.currency]
        rows.append((f"R-{entity.code}-1", entity.code, "Salaries", "PAYROLL", currency, net, 1, day_date(pay_day)))
        rows.append(
            (
                f"R-{entity.code}-2",
                entity.code,
                "Rent of premises",
                "RENT",
                currency,
                monthly_rent,
                1,
                day_date(rent_day),
            )
        )
    return pl.DataFrame(
        {
            "Item": [row[0] for row in rows],
            "Company Code": [row[1] for row in rows],
            "Description": [row[2] for row in rows],
            "Cash Category": [row[3] for row in rows],
            "Direction": ["OUT"] * len(rows),
            "Amount": money(np.array([row[5] for row in rows], dtype=np.int64)),
            "Currency": [row[4] for row in rows],
            "Every (months)": [row[6] for row in rows],
            "Next Due": [row[7] for row in rows],
        }
    )


def _loans(world: World) -> pl.DataFrame:
    loans = world.events.treasury.loans
    by_loan = {loan: c.ENTITIES[entity].currency for loan, entity, _, _ in LOANS}
    return pl.DataFrame(
        {
            "Loan": loans["loan"],
            "Due Date": days(loans["due"]),
            "Company Code": entities(loans["entity"]),
            "Principal": money(loans["principal"]),
            "Interest": money(loans["interest"]),
            "Currency": currencies(np.array([by_loan[loan] for loan in loans["loan"].to_list()])),
        }
    )


def _taxes(world: World) -> pl.DataFrame:
    taxes = world.events.treasury.taxes
    return pl.DataFrame(
        {
            "Tax Item": taxes["number"],
            "Company Code": entities(taxes["entity"]),
            "Tax Type": codes(taxes["kind"], TAX_TYPES),
            "Period": days(month_first_day(integers(taxes["month"]))),
            "Due Date": days(taxes["due"]),
            "Amount LC": money(taxes["amount"]),
        }
    ).sort("Due Date", "Tax Item")


def _rates(world: World) -> pl.DataFrame:
    rows = rate_rows(world.masters.rates)
    return pl.DataFrame(
        {
            "From": rows["currency"],
            "To": pl.Series(["EUR"] * rows.height),
            "Valid From": rows["day"],
            "Rate Type": rows["rate_type"],
            "Rate": rows["rate"],
        }
    )


def _periods(world: World) -> pl.DataFrame:
    """A month is locked about a week after its end; the last one is open."""
    entity, month = (
        axis.ravel()
        for axis in np.meshgrid(np.arange(len(c.ENTITIES)), month_number(world.masters.window.months), indexing="ij")
    )
    end = month_last_day(month)
    closing = end + 5 + (entity + month) % 4
    locked = closing <= world.masters.window.last
    return pl.DataFrame(
        {
            "Company Code": entities(entity),
            "Period": days(month_first_day(month)),
            "Period End": days(end),
            "Status": codes(locked.astype(np.int64), ("OPEN", "LOCKED")),
            "Locked At": times(np.where(locked, closing * 86_400 + 15 * 3_600, -1)),
            "Locked By": codes(np.where(locked, entity, -1), ("a.koskela", "l.ekström", "d.marsh")),
        }
    )
