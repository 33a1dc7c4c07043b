"""How the sample company is organised: what its accounts and cost centres are part of, before and after it changed.

Belongs here: both hierarchies, from when until when, and who is above whom in a month. Does not: the files that say so,
amounts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import Ints, Window, month_first_day, month_number
from pipelines.sample.columns import COST_CENTRES, DEPARTMENT_CODES

Parents = Mapping[str, str | None]

MONTHS_SINCE = 9
"""How many months of the window the new organisation has: enough to compare, with a year's end in it."""

ACCOUNT_GROUPS: tuple[tuple[str, str, str | None], ...] = (
    ("RESULT", "Result for the year", None),
    ("EBIT", "Operating result", "RESULT"),
    ("FINANCE", "Financial items and tax", "RESULT"),
    ("MARGIN", "Gross margin", "EBIT"),
    ("OVERHEAD", "Overheads", "EBIT"),
    ("SELLING", "Selling and marketing", "OVERHEAD"),
    ("PEOPLE", "People", "OVERHEAD"),
    ("PREMISES", "Premises and services", "OVERHEAD"),
)
"""Code, name and group above it; these never changed."""

_GROUP_OF_CLASS = {
    "REVENUE": "MARGIN",
    "REVENUE IC": "MARGIN",
    "COS": "MARGIN",
    "COS IC": "MARGIN",
    "SELLING": "SELLING",
    "MARKETING": "SELLING",
    "PAYROLL": "PEOPLE",
    "ABSORPTION": "PEOPLE",
    "OPEX": "PREMISES",
    "DEPRECIATION": "PREMISES",
    "FX": "FINANCE",
    "INTEREST": "FINANCE",
    "TAX EXP": "FINANCE",
}
# Travel became a cost of selling, carriage a cost of what is sold.
_MOVED_ACCOUNTS = {"8020": "SELLING", "5000": "MARGIN"}
# British marketing was always below sales; then Swedish marketing came below sales, British product below marketing.
_COST_CENTRES_BEFORE: Parents = {"GB-MKT": "GB-SAL", "GB-PRD": "GB-OPS"}
_COST_CENTRES_AFTER: Parents = {"GB-MKT": "GB-SAL", "SE-MKT": "SE-SAL", "GB-PRD": "GB-MKT"}


def reorganised_on(window: Window) -> int:
    """First day of the new organisation."""
    last = int(month_number(np.array([window.last]))[0])
    return int(month_first_day(np.array([last - MONTHS_SINCE + 1]))[0])


def result_accounts() -> tuple[str, ...]:
    """Accounts of the profit and loss statement."""
    return tuple(str(number) for number, _, kind, _ in c.CHART if kind in _GROUP_OF_CLASS)


def account_parents(*, after: bool) -> dict[str, str | None]:
    """The group above each account of the profit and loss statement, and above each group."""
    below: dict[str, str | None] = {
        str(number): _GROUP_OF_CLASS[kind] for number, _, kind, _ in c.CHART if kind in _GROUP_OF_CLASS
    }
    below |= {code: parent for code, _, parent in ACCOUNT_GROUPS}
    if after:
        below.update(_MOVED_ACCOUNTS)
    return below


def cost_centre_parents(*, after: bool) -> Parents:
    """The cost centre above each one that has any."""
    return _COST_CENTRES_AFTER if after else _COST_CENTRES_BEFORE


def versions(before: Parents, after: Parents, window: Window) -> list[tuple[str, str | None, int]]:
    """Code, parent and first day of validity: one row per code, and another for each that was moved."""
    rows = [(code, parent, window.first) for code, parent in before.items()]
    moved = [(code, after.get(code)) for code in before if after.get(code) != before[code]]
    return rows + [(code, parent, reorganised_on(window)) for code, parent in moved]


def cost_centre_versions(window: Window) -> list[tuple[str, str | None, int]]:
    before: dict[str, str | None] = {code: cost_centre_parents(after=False).get(code) for code in COST_CENTRES}
    return versions(before, cost_centre_parents(after=True), window)


def account_versions(window: Window) -> list[tuple[str, str | None, int]]:
    return versions(account_parents(after=False), account_parents(after=True), window)


def climb(code: str, parents: Parents) -> list[str]:
    """The code and everything above it."""
    found = [code]
    while (parent := parents.get(found[-1])) is not None:
        found.append(parent)
    return found


def account_levels(months: Ints, window: Window) -> pl.DataFrame:
    """One row per month, account and group above it: month (since 1970), account, node."""
    rows = [
        (month, int(account), node)
        for month in months.tolist()
        for account in result_accounts()
        for node in climb(account, account_parents(after=_is_after(month, window)))[1:]
    ]
    return pl.DataFrame(rows, schema={"month": pl.Int64, "account": pl.Int64, "node": pl.String}, orient="row")


def cost_centre_levels(months: Ints, window: Window) -> pl.DataFrame:
    """One row per month, cost centre and node above it, itself included: month, cost_centre, node_type, node_code."""
    rows: list[tuple[int, str, str, str]] = []
    for month in months.tolist():
        parents = cost_centre_parents(after=_is_after(month, window))
        for place, code in enumerate(COST_CENTRES):
            found = climb(code, parents)
            rows += [(month, code, "cost_centre", node) for node in found]
            # The department is that of the highest cost centre: whom it reports to in the end.
            top = COST_CENTRES.index(found[-1]) if len(found) > 1 else place
            rows.append((month, code, "department", DEPARTMENT_CODES[top % len(DEPARTMENT_CODES)]))
    names = ("cost_centre", "node_type", "node_code")
    return pl.DataFrame(rows, schema={"month": pl.Int64} | dict.fromkeys(names, pl.String), orient="row")


def _is_after(month: int, window: Window) -> bool:
    return int(month_first_day(np.array([month]))[0]) >= reorganised_on(window)
