"""The stages of selling, the leads before deals and the quotes within them.

Belongs here: leads, quotes, and the words both share with deals. Does not: deals themselves (funnel.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.accounts import Accounts, Owners
from pipelines.sample.arrays import Ints, half_up, pick, repeat_rows
from pipelines.sample.masters import Masters

STAGES = ("Qualification", "Discovery", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
STAGE_PERCENT: Ints = np.array([10, 25, 50, 75, 100, 0], dtype=np.int64)
PROPOSAL, NEGOTIATION, WON, LOST = 2, 3, 4, 5
NEW, EXPANSION, RENEWAL = range(3)
LEAD_SOURCES = ("Web", "Paid Search", "Paid Social", "Trade Show", "Webinar", "Partner Referral", "Phone Inquiry")
LEAD_SOURCE_SHARES = [0.30, 0.18, 0.10, 0.12, 0.08, 0.12, 0.10]
# The campaign channel a source belongs to, or none.
CAMPAIGN_OF_SOURCE: Ints = np.array([4, 0, 1, 2, 3, -1, -1], dtype=np.int64)
DAY = 86_400


def office_time(generator: np.random.Generator, day: Ints) -> Ints:
    """A second within office hours of the day."""
    return day * DAY + generator.integers(8 * 3600, 17 * 3600, len(day))


def campaign_of(campaigns: pl.DataFrame, source: Ints, day: Ints) -> Ints:
    """The campaign of the source's channel that ran on the day, if any."""
    channel = np.where(source >= 0, CAMPAIGN_OF_SOURCE[np.maximum(source, 0)], -1)
    per_quarter = int(campaigns["channel"].max()) + 1  # type: ignore[arg-type]
    starts = campaigns["start"].to_numpy()[::per_quarter]
    quarter = np.searchsorted(starts, day, side="right") - 1
    found = (channel >= 0) & (quarter >= 0)
    return np.where(found, quarter * per_quarter + channel, -1)


def draw_quotes(masters: Masters, deals: pl.DataFrame) -> pl.DataFrame:
    """One to three versions for each deal that reached a proposal; the last of a won deal was accepted."""
    window, generator = masters.window, masters.draws.stream("quotes")
    quoted = deals.filter(pl.col("reached") >= PROPOSAL)
    deal, version = repeat_rows(1 + generator.integers(0, 3, quoted.height) * (generator.random(quoted.height) < 0.4))
    count = np.bincount(deal, minlength=quoted.height)
    created, closed, stage = (quoted[name].to_numpy()[deal] for name in ("created", "closed", "stage"))
    end = np.minimum(closed, window.last)
    day = created + (end - created) * (2 + version) // (2 + count[deal])
    last = version == count[deal] - 1
    status = np.select([last & (stage == WON), last & (stage != LOST)], [0, 2], 1)  # accepted, sent, else rejected
    amount = half_up(quoted["amount"].to_numpy()[deal] * (100 + 4 * (count[deal] - 1 - version)), 100)
    return pl.DataFrame(
        {
            "quote": np.arange(len(deal)),
            "deal": quoted["deal"].to_numpy()[deal],
            "version": version + 1,
            "status": status,
            "day": np.minimum(day, window.last),
            "valid": day + 30,
            "amount": amount,
            "currency": quoted["currency"].to_numpy()[deal],
        }
    )


def draw_leads(
    masters: Masters, deals: pl.DataFrame, accounts: Accounts, owners: Owners, campaigns: pl.DataFrame
) -> pl.DataFrame:
    """Most new business began as a lead; two more leads for each of them came to nothing."""
    window = masters.window
    generator = masters.draws.stream("leads")
    begun = deals.filter((pl.col("type") == NEW) & pl.Series(generator.random(deals.height) < 0.7))
    begun = begun.filter(pl.col("created") > window.first - 60)
    wasted = 2 * begun.height
    first = window.first
    created = first + (generator.random(wasted) ** 0.85 * (window.last - first)).astype(np.int64)
    source = pick(generator, LEAD_SOURCE_SHARES, wasted)
    country = pick(generator, [0.3, 0.2, 0.18, 0.06, 0.05, 0.04, 0.03, 0.06, 0.02, 0.02, 0.02, 0.02], wasted)
    converted_created = begun["created"].to_numpy() - generator.integers(0, 20, begun.height)
    account = begun["account"].to_numpy()
    company = pl.concat(
        [accounts.plain_name.gather(account), accounts.plain_name.gather(generator.integers(0, accounts.size, wasted))]
    )
    day = np.concatenate([converted_created, created])
    at = office_time(generator, day)
    wait = (np.maximum(generator.lognormal(3.6, 1.3, len(at)), 1) * 60).astype(np.int64)
    touched = np.concatenate([np.ones(begun.height, np.bool_), generator.random(wasted) < 0.82])
    # Nothing is touched before it exists, nor after the window.
    touch = np.where(touched & (at + wait < (window.last + 1) * DAY), at + wait, -1)
    status = np.concatenate([np.zeros(begun.height, np.int64), 1 + pick(generator, [0.45, 0.35, 0.2], wasted)])
    sources = np.concatenate([begun["source"].to_numpy(), source])
    return (
        pl.DataFrame(
            {
                "company": company,
                "source": sources,
                "campaign": np.concatenate([begun["campaign"].to_numpy(), campaign_of(campaigns, source, created)]),
                "status": status,
                "owner": np.concatenate([begun["owner"].to_numpy(), generator.integers(0, len(owners.region), wasted)]),
                "country": np.concatenate([accounts.country[account], country]),
                "at": at,
                "touch": touch,
                "converted": np.concatenate([begun["created"].to_numpy(), np.full(wasted, -1)]),
                "account": np.concatenate([account, np.full(wasted, -1)]),
                "deal": np.concatenate([begun["deal"].to_numpy(), np.full(wasted, -1)]),
            }
        )
        .with_columns(drawn=np.arange(len(at)))
        .sort("at", "drawn")
        .drop("drawn")
        .with_columns(lead=np.arange(len(at)))
    )
