"""The CRM as a whole: accounts and funnel, and the daily work on them: activities, support tickets, quotas.

Belongs here: what sales and support do all day. Does not: accounts (accounts.py) and deals (funnel.py) themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import Accounts, Owners, draw_accounts, draw_contacts, draw_owners
from pipelines.sample.arrays import Ints, business_day, month_number, pick, repeat_rows
from pipelines.sample.demand import SEASON
from pipelines.sample.funnel import Funnel, draw_funnel
from pipelines.sample.leads import DAY, office_time
from pipelines.sample.marketing import draw_commission_plans, draw_deal_splits, draw_touches
from pipelines.sample.masters import Masters

ACTIVITY_TYPES = ("Call", "Meeting", "Email", "Task")
PRIORITIES = ("Urgent", "High", "Normal", "Low")
PROMISED_HOURS: Ints = np.array([8, 24, 72, 120], dtype=np.int64)
TICKETS_PER_YEAR = 2.6
SALES_PER_OWNER_MONTH_EURO = 52_000


@dataclass(frozen=True, slots=True)
class Crm:
    owners: Owners
    accounts: Accounts
    recognition: Ints  # by outside customer
    contacts: pl.DataFrame
    campaigns: pl.DataFrame
    spend: pl.DataFrame
    funnel: Funnel
    activities: pl.DataFrame
    tickets: pl.DataFrame
    quotas: pl.DataFrame
    touches: pl.DataFrame
    commission_plans: pl.DataFrame
    deal_splits: pl.DataFrame


def draw_crm(
    masters: Masters,
    *,
    orders: pl.DataFrame,
    order_lines: pl.DataFrame,
    campaigns: pl.DataFrame,
    spend: pl.DataFrame,
) -> Crm:
    """The whole CRM, from what the ERP sold."""
    owners = draw_owners(masters)
    accounts, recognition = draw_accounts(masters, owners)
    funnel = draw_funnel(masters, accounts, owners, orders=orders, order_lines=order_lines, campaigns=campaigns)
    accounts = _older_than_their_deals(accounts, funnel.deals)
    contacts = draw_contacts(masters, accounts)
    return Crm(
        owners=owners,
        accounts=accounts,
        recognition=recognition,
        contacts=contacts,
        campaigns=campaigns,
        spend=spend,
        funnel=funnel,
        activities=_activities(masters, funnel),
        tickets=_tickets(masters, accounts),
        quotas=_quotas(masters, owners),
        touches=draw_touches(masters, funnel, campaigns, contacts),
        commission_plans=draw_commission_plans(masters, owners),
        deal_splits=draw_deal_splits(masters, owners, funnel.deals),
    )


def _older_than_their_deals(accounts: Accounts, deals: pl.DataFrame) -> Accounts:
    """No deal is older than its account."""
    created = accounts.created.copy()
    np.minimum.at(created, deals["account"].to_numpy(), deals["created"].to_numpy())
    return replace(accounts, created=created)


def _activities(masters: Masters, funnel: Funnel) -> pl.DataFrame:
    """Calls, meetings, mails and tasks on deals while they run, and the first touches of leads."""
    window, generator = masters.window, masters.draws.stream("activities")
    deals = funnel.deals
    row, _ = repeat_rows(generator.poisson(4.2, deals.height))
    created = deals["created"].to_numpy()[row]
    end = np.minimum(deals["closed"].to_numpy()[row], window.last)
    day = business_day(created + (generator.random(len(row)) * np.maximum(end - created, 1)).astype(np.int64))
    kind = pick(generator, [0.34, 0.18, 0.36, 0.12], len(row))
    minutes = np.select(
        [kind == 0, kind == 1], [generator.integers(2, 35, len(row)), 15 * generator.integers(2, 7, len(row))], -1
    )
    on_deals = pl.DataFrame(
        {
            "kind": kind,
            "owner": deals["owner"].to_numpy()[row],
            "account": deals["account"].to_numpy()[row],
            "deal": row,
            "lead": np.full(len(row), -1),
            "at": office_time(generator, day),
            "minutes": minutes,
            "inbound": (generator.random(len(row)) < 0.25).astype(np.int64),
        }
    )
    touched = funnel.leads.filter(pl.col("touch") >= 0)
    on_leads = pl.DataFrame(
        {
            "kind": pick(generator, [0.45, 0.0, 0.55, 0.0], touched.height),
            "owner": touched["owner"],
            "account": touched["account"],
            "deal": np.full(touched.height, -1),
            "lead": touched["lead"],
            "at": touched["touch"],
            "minutes": np.full(touched.height, -1),
            "inbound": np.zeros(touched.height, dtype=np.int64),
        }
    )
    rows = pl.concat([on_deals, on_leads]).filter(pl.col("at") < (window.last + 1) * DAY)
    rows = rows.with_columns(drawn=np.arange(rows.height)).sort("at", "drawn").drop("drawn")
    return rows.with_columns(activity=np.arange(rows.height))


def _tickets(masters: Masters, accounts: Accounts) -> pl.DataFrame:
    """Support tickets of customers from the day they were won; the last weeks' may still be open."""
    window, customers = masters.window, masters.customers
    generator = masters.draws.stream("tickets")
    buyers = np.flatnonzero((accounts.party >= 0) & ~accounts.duplicate)
    start = np.maximum(customers.won[accounts.party[buyers]], window.first)
    years = (window.last - start) / 365.25
    account, _ = repeat_rows(generator.poisson(TICKETS_PER_YEAR * years * generator.gamma(1.2, 1 / 1.2, len(buyers))))
    size = len(account)
    day = start[account] + (generator.random(size) * (window.last - start[account])).astype(np.int64)
    opened = office_time(generator, business_day(day))
    priority = pick(generator, [0.06, 0.2, 0.54, 0.2], size)
    hours = PROMISED_HOURS[priority]
    reply = opened + (generator.exponential(0.12, size) * hours * 3600).astype(np.int64) + 60
    solved = reply + (generator.gamma(1.4, 0.42, size) * hours * 3600).astype(np.int64)
    horizon = (window.last + 1) * DAY
    status = np.select([solved < horizon, reply < horizon], [0, 1], 2)  # Closed, Working, New
    frame = pl.DataFrame(
        {
            "account": buyers[account],
            "priority": priority,
            "status": status,
            "opened": opened,
            "reply": np.where(reply < horizon, reply, -1),
            "solved": np.where(solved < horizon, solved, -1),
            "promised": opened + hours * 3600,
            "minutes": np.where(solved < horizon, generator.integers(5, 260, size), -1),
        }
    ).filter(pl.col("opened") < horizon)
    frame = frame.with_columns(drawn=np.arange(frame.height)).sort("opened", "drawn").drop("drawn")
    return frame.with_columns(ticket=np.arange(frame.height))


def _quotas(masters: Masters, owners: Owners) -> pl.DataFrame:
    """A quota in euro for each seller (not the managers) and month, with the season in it."""
    window, scale, generator = masters.window, masters.scale, masters.draws.stream("quotas")
    sellers = np.arange(len(c.REGIONS), len(owners.region))
    owner, month = (axis.ravel() for axis in np.meshgrid(sellers, month_number(window.months), indexing="ij"))
    size_factor = max(scale, 0.2) ** 0.4  # there are fewer sellers per deal in a larger company
    strength = generator.lognormal(0, 0.15, len(owners.region))
    years = (month - month.min()) / 12
    euro = SALES_PER_OWNER_MONTH_EURO * size_factor * strength[owner] * SEASON[month % 12] * 1.12**years
    return pl.DataFrame({"owner": owner, "month": month, "cents": np.rint(euro / 500).astype(np.int64) * 50_000})
