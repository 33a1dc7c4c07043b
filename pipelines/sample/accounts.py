"""The CRM's side of the world: users, accounts as sales typed them, contacts, campaigns and their spend.

Belongs here: who is in the CRM and how each account can be recognised as an ERP customer. Does not: deals (funnel.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import (
    Flags,
    Ints,
    month_first_day,
    month_last_day,
    month_number,
    pick,
    repeat_rows,
)
from pipelines.sample.masters import Masters
from pipelines.sample.names import NAME_COUNT, TITLES, company_names, domains, person_names, sales_spelling, slugs

OWNERS_AT_SCALE_1 = 14
PROSPECTS_PER_CUSTOMER = 0.9
DUPLICATES = 0.025
TRADING_NAMES = 3_000  # counted down from the end of all names, below those of vendors
# How an account can be recognised: what the two systems have in common, strongest first.
BY_STORED_ID, BY_ERP_STORED_ID, BY_TAX_ID, BY_DOMAIN, BY_NAME, BY_NOTHING, NOT_IN_CRM = range(7)
RECOGNITION = ("id_in_crm", "id_in_erp", "tax_id", "domain", "name", "none", "not_in_crm")
RECOGNITION_SHARES = [0.40, 0.10, 0.18, 0.14, 0.09, 0.04, 0.05]
CAMPAIGN_CHANNELS = ("paid_search", "paid_social", "event", "webinar", "content")
CAMPAIGN_MONTHLY_EURO = (5_200, 3_100, 4_400, 1_300, 1_900)


@dataclass(frozen=True, slots=True)
class Owners:
    name: pl.Series
    region: Ints
    manager: Ints  # -1: none
    team: list[str]
    active: Flags


@dataclass(frozen=True, slots=True)
class Accounts:
    """One row per CRM account; `party` is -1 for a company that never bought."""

    party: Ints
    name: pl.Series
    plain_name: pl.Series
    domain: pl.Series  # "" where sales never typed one
    tax_id: pl.Series
    country: Ints
    segment: Ints
    industry: Ints
    owner: Ints
    parent: Ints
    customer: Ints  # the customer whose number the CRM stores, or -1
    created: Ints
    duplicate: Flags
    recognition: Ints  # by account: how it can be recognised

    @property
    def size(self) -> int:
        return len(self.party)


def draw_owners(masters: Masters) -> Owners:
    generator = masters.draws.stream("owners")
    regions = len(c.REGIONS)
    size = max(3 * regions, round(OWNERS_AT_SCALE_1 * masters.scale**0.6))
    region = np.arange(size) % regions
    manager = np.where(np.arange(size) < regions, 0, region)
    manager[0] = -1
    names = person_names(generator, size)
    # Two users of one name would make one e-mail address: number the later ones.
    count = names.to_frame("name").with_columns(nth=pl.int_range(pl.len()).over("name"))
    names = count.select(
        pl.when(pl.col("nth") > 0).then(pl.format("{} {}", "name", pl.col("nth") + 1)).otherwise("name").alias("name")
    )["name"]
    active = generator.random(size) > 0.08
    active[:regions] = True
    return Owners(
        name=names,
        region=region,
        manager=manager,
        team=[f"{c.REGIONS[r]} sales" for r in region.tolist()],
        active=active,
    )


def draw_accounts(masters: Masters, owners: Owners) -> tuple[Accounts, Ints]:
    """Accounts, and by customer how it can be recognised. One account serves every customer number of a party."""
    window, customers = masters.window, masters.customers
    generator = masters.draws.stream("accounts")
    outside = customers.outside
    parties = np.unique(customers.party[:outside])  # each party is also the index of its first customer
    known = pick(generator, RECOGNITION_SHARES, outside)
    recognition = known[customers.party[:outside]]
    base = parties[known[parties] != NOT_IN_CRM]
    twice = base[(generator.random(len(base)) < DUPLICATES) & (known[base] != BY_STORED_ID)]
    members = np.concatenate([base, twice])
    prospects = round(len(base) * PROSPECTS_PER_CUSTOMER)
    size = len(members) + prospects
    entity = pick(generator, [unit.size for unit in c.ENTITIES], prospects)
    prospect_country = np.zeros(prospects, dtype=np.int64)
    for unit, shares in enumerate(c.CUSTOMER_COUNTRIES):
        mine = entity == unit
        prospect_country[mine] = pick(generator, shares, int(mine.sum()))
    country = np.concatenate([customers.country[members], prospect_country])
    member_names = customers.plain_name.gather(members)
    prospect_names = company_names(outside + np.arange(prospects))
    nothing = known[members] == BY_NOTHING
    trading = company_names(NAME_COUNT - TRADING_NAMES - np.arange(len(members)))
    plain = pl.concat(
        [
            pl.Series("name", np.where(nothing, trading.to_numpy(), member_names.to_numpy()), dtype=pl.String),
            prospect_names,
        ]
    )
    style = pick(generator, [0.34, 0.22, 0.12, 0.10, 0.08, 0.08, 0.06], size)
    named = np.concatenate([known[members] == BY_NAME, np.zeros(prospects, dtype=np.bool_)])
    style = np.where(named & (style == 4), 2, style)  # a name that must carry the match alone has no typing error
    name = sales_spelling(plain, country, style, generator.integers(0, 1000, size))
    duplicate = np.arange(size) >= len(base)
    duplicate[len(members) :] = False
    has = np.concatenate([known[members], np.full(prospects, BY_DOMAIN)])
    chance = generator.random(size)
    show_domain = ((has == BY_DOMAIN) | ((has <= BY_TAX_ID) & (chance < 0.7))) & ~duplicate
    show_tax = ((has == BY_TAX_ID) | ((has <= BY_ERP_STORED_ID) & (chance > 0.5))) & ~duplicate
    show_tax[len(members) :] = False
    all_domains = pl.concat([customers.domain.gather(members), domains(prospect_names, prospect_country)])
    tax = pl.concat([customers.tax_id.gather(members), pl.Series("tax_id", [""] * prospects, dtype=pl.String)])
    spaced = tax.str.slice(0, 2) + " " + tax.str.slice(2, 4) + " " + tax.str.slice(6)
    tax = pl.Series(np.where(generator.random(size) < 0.35, spaced.to_numpy(), tax.to_numpy()), dtype=pl.String)
    stored = np.concatenate([np.where(known[members] == BY_STORED_ID, members, -1), np.full(prospects, -1)])
    region = np.array([place.region for place in c.COUNTRIES])[country]
    owner = _owner_of_region(generator, owners, region)
    first = window.first - 700
    created = np.concatenate(
        [customers.won[members] - generator.integers(20, 160, len(members)), np.zeros(prospects, dtype=np.int64)]
    )
    created[len(members) :] = first + (generator.random(prospects) ** 0.8 * (window.last - 15 - first)).astype(np.int64)
    parent = np.where(
        (chance > 0.965) & (np.arange(size) > 10), (generator.random(size) * np.arange(size)).astype(np.int64), -1
    )
    accounts = Accounts(
        party=np.concatenate([members, np.full(prospects, -1)]),
        name=name,
        plain_name=plain,
        domain=pl.Series(np.where(show_domain, all_domains.to_numpy(), ""), dtype=pl.String),
        tax_id=pl.Series(np.where(show_tax, tax.to_numpy(), ""), dtype=pl.String),
        country=country,
        segment=np.concatenate([customers.segment[members], pick(generator, [0.12, 0.33, 0.55], prospects)]),
        industry=generator.integers(0, len(c.INDUSTRIES), size),
        owner=owner,
        parent=parent,
        customer=stored,
        created=created,
        duplicate=duplicate,
        recognition=np.concatenate([known[members], np.full(prospects, NOT_IN_CRM)]),
    )
    return accounts, recognition


def _owner_of_region(generator: np.random.Generator, owners: Owners, region: Ints) -> Ints:
    owner = np.zeros(len(region), dtype=np.int64)
    for at in range(len(c.REGIONS)):
        pool = np.flatnonzero((owners.region == at) & owners.active)
        mine = region == at
        owner[mine] = pool[generator.integers(0, len(pool), int(mine.sum()))]
    return owner


def draw_contacts(masters: Masters, accounts: Accounts) -> pl.DataFrame:
    """One to four people per account; one in fifty was merged into the account's first."""
    generator = masters.draws.stream("contacts")
    account, position = repeat_rows(1 + generator.integers(0, 4, accounts.size))
    size = len(account)
    names = person_names(generator, size)
    host = slugs(accounts.plain_name).gather(account)
    first = np.flatnonzero(position == 0)[account]
    merged = (position > 0) & (generator.random(size) < 0.02)
    return pl.DataFrame(
        {
            "contact": np.arange(size),
            "account": account,
            "name": names,
            "email": slugs(names).str.replace_all("-", ".", literal=True)
            + pl.Series((position + 1).astype(str))
            + "@"
            + host
            + ".example",
            "title": np.array(TITLES)[generator.integers(0, len(TITLES), size)],
            "country": accounts.country[account],
            "merged": np.where(merged, first, -1),
            "created": np.minimum(accounts.created[account] + generator.integers(0, 200, size), masters.window.last),
        }
    )


def draw_campaigns(masters: Masters) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Campaigns (one per channel and quarter), their spend by day, and the advertising bills: month, channel, cents."""
    window, scale, generator = masters.window, masters.scale, masters.draws.stream("campaigns")
    months = month_number(window.months)
    quarter, channel = (
        axis.ravel()
        for axis in np.meshgrid(np.arange(0, len(months), 3), np.arange(len(CAMPAIGN_CHANNELS)), indexing="ij")
    )
    start = month_first_day(months[quarter])
    end = month_last_day(np.minimum(months[quarter] + 2, months[-1] + 2))
    names = [
        f"{CAMPAIGN_CHANNELS[ch].replace('_', ' ').capitalize()} {1970 + int(m) // 12} Q{int(m) % 12 // 3 + 1}"
        for ch, m in zip(channel.tolist(), months[quarter].tolist(), strict=True)
    ]
    campaigns = pl.DataFrame(
        {"campaign": np.arange(len(names)), "name": names, "channel": channel, "start": start, "end": end}
    )
    row, offset = repeat_rows(np.minimum(end, window.last) - start + 1)
    day = start[row] + offset
    weekly = np.where(
        channel[row] < 2, 1.0, (offset % 7 == 0) * 7.0
    )  # what is not bought by click is booked by the week
    euro = (
        np.array(CAMPAIGN_MONTHLY_EURO)[channel[row]]
        / 30.4
        * weekly
        * scale
        * generator.lognormal(-0.02, 0.2, len(row))
    )
    growth = 1 + 0.35 * (day - window.first) / max(window.last - window.first, 1)
    cents = np.rint(euro * growth * 100).astype(np.int64)
    paid = channel[row] < 2
    clicks = np.where(paid, cents // generator.integers(90, 260, len(row)), -1)
    spend = pl.DataFrame(
        {
            "campaign": row,
            "day": day,
            "cents": cents,
            "clicks": clicks,
            "impressions": np.where(paid, clicks * generator.integers(25, 70, len(row)), -1),
            "channel": channel[row],
        }
    ).filter(pl.col("cents") > 0)
    spend = spend.filter(pl.col("day") <= window.last)
    advertising = spend.group_by(
        month=pl.col("day").map_batches(_months, return_dtype=pl.Int64), channel="channel"
    ).agg(pl.col("cents").sum())
    return campaigns, spend, advertising.sort("month", "channel")


def _months(days: pl.Series) -> pl.Series:
    return pl.Series(month_number(days.to_numpy()))
