"""The ERP's master data as it exports them: customers, vendors, items, contracts, accounts, organisation, projects.

Belongs here: which column of which file says what. Does not: people and schedules (erp_schedules.py), documents.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import BY_ERP_STORED_ID
from pipelines.sample.arrays import day_date, month_first_day, month_last_day
from pipelines.sample.catalogue import CATEGORIES, LINE_TYPES, price_list_rows
from pipelines.sample.columns import (
    DEPARTMENT_CODES,
    codes,
    crm_ids,
    currencies,
    days,
    entities,
    evening,
    flags,
    money,
    numbers,
)
from pipelines.sample.crm_files import SEGMENT_CODES
from pipelines.sample.files import NORDIC, NORDIC_UTF8, PLAIN, Dialect
from pipelines.sample.organisation import ACCOUNT_GROUPS, account_versions, cost_centre_versions
from pipelines.sample.sales_files import project_codes
from pipelines.sample.selling import line_net
from pipelines.sample.vendors import CATEGORY_NAMES
from pipelines.sample.world import World

PIPED = Dialect(delimiter="|")
DISTRICTS = tuple(region[0] for region in c.REGIONS)
PROJECT_TYPES = ("T&M", "FIXED")
#: About as much in each currency, in cents, by c.CURRENCIES.
CREDIT_UNIT = np.array([1_000_000, 11_000_000, 900_000, 1_100_000, 11_500_000, 7_500_000])


def master_tables(world: World) -> dict[str, tuple[pl.DataFrame, Dialect]]:
    return {
        "customers.csv": (_customers(world), NORDIC),
        "vendors.csv": (_vendors(world), NORDIC),
        "items.txt": (_items(world), PIPED),
        "price_lists.csv": (_prices(world), PLAIN),
        "contracts.csv": (_contracts(world), NORDIC_UTF8),
        "chart_of_accounts.csv": (_chart(), PLAIN),
        "departments.csv": (_departments(world), PLAIN),
        "cost_centres.csv": (_cost_centres(world), PLAIN),
        "account_groups.csv": (_account_groups(world), PLAIN),
        "projects.csv": (_projects(world), PLAIN),
    }


def _customers(world: World) -> pl.DataFrame:
    customers, crm = world.masters.customers, world.crm
    size, outside = customers.size, customers.outside
    index = np.arange(size)
    account_of = np.full(size, -1)
    members = np.flatnonzero((crm.accounts.party >= 0) & ~crm.accounts.duplicate)
    account_of[crm.accounts.party[members]] = members
    stored = np.where(
        (index < outside) & (np.append(crm.recognition, np.full(size - outside, -1)) == BY_ERP_STORED_ID),
        account_of[np.minimum(customers.party, size - 1)],
        -1,
    )
    first_of_party = np.where((index < outside) & (customers.party != index), customers.party, -1)
    return pl.DataFrame(
        {
            "Customer No": customers.number,
            "Company Code": entities(customers.entity),
            "Name 1": customers.name,
            "Group Head": numbers(first_of_party, customers.number),
            "VAT Reg No": customers.tax_id,
            "Homepage": customers.domain,
            "Country": codes(customers.country, c.COUNTRY_CODES),
            "Sales District": codes(np.array([place.region for place in c.COUNTRIES])[customers.country], DISTRICTS),
            "Customer Class": codes(customers.segment, SEGMENT_CODES),
            "Terms (days)": customers.terms,
            "Credit Limit": money(
                np.array([40, 12, 4])[customers.segment] * CREDIT_UNIT[c.ENTITY_CURRENCY[customers.entity]]
            ),
            "Currency": currencies(customers.currency),
            "CRM Id": crm_ids("001", stored),
            "Trading Partner": entities(customers.buyer_entity),
            "Created On": days(customers.won),
            "Changed At": evening(np.minimum(customers.won + 3, world.masters.window.last)),
        }
    )


def _vendors(world: World) -> pl.DataFrame:
    vendors = world.masters.vendors
    return pl.DataFrame(
        {
            "Vendor No": vendors.number,
            "Name 1": vendors.name,
            "VAT Reg No": pl.Series(np.array(c.COUNTRY_CODES)[vendors.country])
            + pl.Series((50_000_000 + 137 * vendors.number % 40_000_000).astype(str)),
            "Country": codes(vendors.country, c.COUNTRY_CODES),
            "Spend Category": codes(np.where(vendors.unclassed, -1, vendors.category), CATEGORY_NAMES),
            "Terms (days)": vendors.terms,
            "Currency": currencies(vendors.currency),
            "Trading Partner": entities(vendors.group_entity),
        }
    )


def _items(world: World) -> pl.DataFrame:
    catalogue = world.masters.catalogue
    units = np.array(["PC", "H", "SEAT", "YEAR", "EA"])[catalogue.kind]
    return pl.DataFrame(
        {
            "Material": catalogue.number,
            "Description": pl.Series(catalogue.name),
            "Material Type": codes(catalogue.kind, tuple(name.upper() for name in LINE_TYPES)),
            "Material Group": codes(catalogue.category, CATEGORIES),
            "Base UoM": pl.Series(units),
            "Standard Price EUR": money(catalogue.cost_euro),
            "List Price": money(catalogue.list_euro),
            "Currency": currencies(np.full(len(units), c.EUR)),
            "Blocked": flags(~catalogue.active),
        }
    )


def _prices(world: World) -> pl.DataFrame:
    rows = price_list_rows(world.masters.catalogue, world.masters.window)
    return pl.DataFrame(
        {
            "Material": rows["item"],
            "Price List": rows["price_list"],
            "Valid From": rows["day"],
            "Price": money(rows["price"]),
            "Currency": rows["currency"],
        }
    )


def _contracts(world: World) -> pl.DataFrame:
    """One row per contract term; a term that was renewed is ended, and so is one whose customer left."""
    contracts, catalogue, window = world.contracts, world.masters.catalogue, world.masters.window
    term_end = month_last_day(contracts.first_month + contracts.months - 1)
    known = np.flatnonzero((contracts.months == 12) | contracts.ends)
    over = term_end <= window.last
    currency = world.masters.customers.currency[contracts.customer]
    lines = world.events.order_lines
    order_of = np.full(len(contracts.customer), -1)
    orders = world.events.orders.filter(pl.col("contract") >= 0)
    order_of[orders["contract"].to_numpy()] = orders["order"].to_numpy()
    line = np.searchsorted(lines["order"].to_numpy(), order_of[known])
    amount = line_net(100 * contracts.seats[known], lines["price"].to_numpy()[line], lines["discount"].to_numpy()[line])
    return pl.DataFrame(
        {
            "Contract": pl.Series([f"K{number + 1:06d}" for number in contracts.contract[known].tolist()]),
            "Term": contracts.term[known] + 1,
            "Customer": numbers(contracts.customer[known], world.masters.customers.number),
            "Material": numbers(contracts.item[known], catalogue.number),
            "Start": days(month_first_day(contracts.first_month[known])),
            "End": days(np.where(over[known], term_end[known], -1)),
            "Interval (months)": contracts.interval[known],
            "Amount": money(amount),
            "Currency": currencies(currency[known]),
            "Status": codes(
                np.where(over[known], np.where(contracts.ends[known], 1, 2), 0), ("ACTIVE", "TERMINATED", "RENEWED")
            ),
        }
    ).sort("Contract", "Term")


def _chart() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "G/L Account": [number for number, _, _, _ in c.CHART],
            "Short Text": [name for _, name, _, _ in c.CHART],
            "Account Class": [kind for _, _, kind, _ in c.CHART],
            "Recon Type": [control or None for _, _, _, control in c.CHART],
            "Blocked": ["FALSE"] * len(c.CHART),
        }
    )


def _departments(world: World) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Department": list(DEPARTMENT_CODES),
            "Description": [name for _, name, _ in c.DEPARTMENTS],
            "Head": [head for _, _, head in c.DEPARTMENTS],
            "Valid From": [day_date(world.masters.window.first)] * len(c.DEPARTMENTS),
        }
    )


def _cost_centres(world: World) -> pl.DataFrame:
    """One row per cost centre and organisation it was part of."""
    centres = {
        c.cost_centre_code(unit, department): (f"{name}, {entity.name}", code, head)
        for unit, entity in enumerate(c.ENTITIES)
        for department, (code, name, head) in enumerate(c.DEPARTMENTS)
    }
    rows = cost_centre_versions(world.masters.window)
    return pl.DataFrame(
        {
            "Cost Centre": [code for code, _, _ in rows],
            "Description": [centres[code][0] for code, _, _ in rows],
            "Department": [centres[code][1] for code, _, _ in rows],
            "Responsible": [centres[code][2] for code, _, _ in rows],
            "Parent": pl.Series([parent for _, parent, _ in rows], dtype=pl.String),
            "Valid From": [day_date(day) for _, _, day in rows],
        }
    )


def _account_groups(world: World) -> pl.DataFrame:
    """One row per account or group of accounts and group it was part of."""
    names = {code: name for code, name, _ in ACCOUNT_GROUPS}
    rows = account_versions(world.masters.window)
    return pl.DataFrame(
        {
            "Node": [code for code, _, _ in rows],
            "Description": pl.Series([names.get(code) for code, _, _ in rows], dtype=pl.String),
            "Part Of": pl.Series([parent for _, parent, _ in rows], dtype=pl.String),
            "Valid From": [day_date(day) for _, _, day in rows],
        }
    )


def _projects(world: World) -> pl.DataFrame:
    projects, orders, lines = world.projects, world.events.orders, world.events.order_lines
    rows = (
        orders.filter(pl.col("project") >= 0)
        .join(lines.select("order", "quantity", "net"), on="order", maintain_order="left")
        .sort("project")
    )
    at = rows["project"].to_numpy()
    fixed = projects.fixed_price[at]
    names = world.masters.customers.plain_name.gather(projects.customer[at])
    budget = np.where(fixed, 0, rows["quantity"].to_numpy())
    return pl.DataFrame(
        {
            "WBS": project_codes(at),
            "Company Code": entities(projects.entity[at]),
            "Customer": numbers(projects.customer[at], world.masters.customers.number),
            "Description": names + pl.Series(np.where(fixed, " commissioning", " support")),
            "Type": codes(fixed.astype(np.int64), PROJECT_TYPES),
            "Contract Value": money(rows["net"]),
            "Currency": currencies(rows["currency"]),
            "Budget Hours": money(np.where(budget > 0, budget, 8 * 100 * ((projects.end - projects.start)[at] // 3))),
            "Start": days(projects.start[at]),
            "End": days(projects.end[at]),
            "Status": codes((projects.end[at] <= world.masters.window.last).astype(np.int64), ("OPEN", "CLOSED")),
        }
    )
