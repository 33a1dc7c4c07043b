"""What marketing and sales management add to the CRM: touches of campaigns, deals that several sellers share, and the
plans that commission is paid by.

Belongs here: touches, shares of deals and commission plans, each from a random stream of its own. Does not: campaigns
and their spend (accounts.py), deals and leads (funnel.py, leads.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import CAMPAIGN_CHANNELS, Owners
from pipelines.sample.arrays import Ints, pick, repeat_rows
from pipelines.sample.funnel import Funnel
from pipelines.sample.leads import DAY, NEW, office_time
from pipelines.sample.masters import Masters

TOUCHES_OF_NEW, TOUCHES_OF_EXISTING, TOUCHES_OF_OTHERS = 1.6, 0.5, 0.35
DAYS_BEFORE_DEAL = 90
CHANNEL_SHARES = [0.24, 0.20, 0.18, 0.20, 0.18]
SHARED_DEALS = 0.06
SHARES = ((50, 50, 0), (60, 40, 0), (70, 30, 0), (50, 30, 20))
"""Percent of the deal's own owner, a second and a third seller."""
BOOKED, MARGIN, CASH = range(3)
# Plan, base, rate below quota, rate from quota on (both in thousandths), days after which unpaid is taken back.
PLANS = (
    ("New business", BOOKED, 20, 30, 30),
    ("Accounts", MARGIN, 60, 80, 30),
    ("Key accounts", CASH, 25, 35, 0),
)


def draw_touches(masters: Masters, funnel: Funnel, campaigns: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Touches: the answer of each lead to its campaign, and what else reached accounts while they decided."""
    window, generator = masters.window, masters.draws.stream("touches")
    deals, leads = funnel.deals, funnel.leads.filter(pl.col("campaign") >= 0)
    mean = np.where(deals["type"].to_numpy() == NEW, TOUCHES_OF_NEW, TOUCHES_OF_EXISTING)
    deal, _ = repeat_rows(generator.poisson(mean))
    created, closed = (deals[name].to_numpy()[deal] for name in ("created", "closed"))
    span = np.maximum(closed - created, 1) + DAYS_BEFORE_DEAL
    on_deals = created - DAYS_BEFORE_DEAL + (generator.random(len(deal)) * span).astype(np.int64)
    contact_account = contacts["account"].to_numpy()
    accounts = int(contact_account.max()) + 1
    other = np.flatnonzero(generator.random(accounts) < TOUCHES_OF_OTHERS)
    on_others = window.first + (generator.random(len(other)) * (window.last - window.first)).astype(np.int64)
    day = np.concatenate([on_deals, on_others])
    account = np.concatenate([deals["account"].to_numpy()[deal], other])
    channel = pick(generator, CHANNEL_SHARES, len(day))
    reached = pl.DataFrame(
        {
            "campaign": running_campaign(campaigns, channel, day),
            "account": account,
            "contact": np.searchsorted(contact_account, account),
            "lead": np.full(len(day), -1),
            "at": office_time(generator, day),
        }
    )
    answered = leads.select("campaign", "account", "lead", "at").with_columns(contact=pl.lit(-1, pl.Int64))
    touches = pl.concat([answered.select(reached.columns), reached]).filter(
        (pl.col("campaign") >= 0) & (pl.col("at") < (window.last + 1) * DAY)
    )
    touches = touches.with_columns(drawn=np.arange(touches.height)).sort("at", "drawn").drop("drawn")
    return touches.with_columns(touch=np.arange(touches.height))


def running_campaign(campaigns: pl.DataFrame, channel: Ints, day: Ints) -> Ints:
    """The campaign of a channel that ran on the day, or -1 before the first."""
    starts = campaigns["start"].to_numpy()[:: len(CAMPAIGN_CHANNELS)]
    quarter = np.searchsorted(starts, day, side="right") - 1
    return np.where(quarter >= 0, quarter * len(CAMPAIGN_CHANNELS) + channel, -1)


def draw_deal_splits(masters: Masters, owners: Owners, deals: pl.DataFrame) -> pl.DataFrame:
    """Shares in percent of the deals that sellers won, or hope to win, together; no other deal has a row."""
    generator = masters.draws.stream("deal splits")
    deal = np.flatnonzero(generator.random(deals.height) < SHARED_DEALS)
    first, sellers = len(c.REGIONS), len(owners.region) - len(c.REGIONS)
    own = deals["owner"].to_numpy()[deal]
    # So many places after the owner among the sellers: never the owner, and never one twice.
    step = generator.integers(1, max(sellers - 1, 2), len(deal))
    others = [first + (own - first + step + more) % sellers for more in range(2)]
    percent = np.array(SHARES)[generator.integers(0, len(SHARES), len(deal))]
    splits = pl.DataFrame(
        {
            "deal": np.repeat(deal, 3),
            "owner": np.stack([own, *others], axis=1).ravel(),
            "percent": percent.ravel(),
        }
    ).filter(pl.col("percent") > 0)
    return splits.with_columns(split=np.arange(splits.height))


def draw_commission_plans(masters: Masters, owners: Owners) -> pl.DataFrame:
    """Two tiers for each seller (not the managers): below the month's quota, and from it on."""
    sellers = np.arange(len(c.REGIONS), len(owners.region))
    owner, tier = (axis.ravel() for axis in np.meshgrid(sellers, np.arange(2), indexing="ij"))
    plan = owner % len(PLANS)
    rates = np.array([[low, high] for _, _, low, high, _ in PLANS])
    return pl.DataFrame(
        {
            "owner": owner,
            "plan": plan,
            "base": np.array([base for _, base, *_ in PLANS])[plan],
            "from_percent": 100 * tier,
            "rate": rates[plan, tier],
            "from_day": np.full(len(owner), masters.window.first),
            "claw_back_days": np.array([days for *_, days in PLANS])[plan],
        }
    )
