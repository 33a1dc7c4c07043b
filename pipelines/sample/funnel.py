"""The sales funnel: deals won, lost and open, how they moved and slipped, their lines.

Belongs here: deals. Does not: accounts (accounts.py), leads and quotes (leads.py), activities and tickets (crm.py).
A won deal exists because an order exists: amount and close day come from it, so bookings can be traced to billing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.accounts import Accounts, Owners
from pipelines.sample.arrays import Ints, half_up, pick, repeat_rows, sum_by
from pipelines.sample.catalogue import GOODS, LICENCE, SUBSCRIPTION
from pipelines.sample.leads import (
    DAY,
    EXPANSION,
    LEAD_SOURCE_SHARES,
    LOST,
    NEGOTIATION,
    NEW,
    PROPOSAL,
    RENEWAL,
    STAGE_PERCENT,
    WON,
    campaign_of,
    draw_leads,
    draw_quotes,
)
from pipelines.sample.masters import Masters
from pipelines.sample.selling import FIXED_ORDER, GOODS_ORDER, LICENCE_ORDER, NO_ROW, PLAN_ORDER, TIME_ORDER

DEAL_TYPES = ("New Customer", "Existing Customer - Upgrade", "Existing Customer - Renewal")
CYCLE_DAYS = (72.0, 34.0, 40.0)  # medians by type
LOST_REASONS = ("Price", "Lost to Competitor", "No Budget", "No Decision", "Timing")
EXPANSION_ORDERS, LOST_PER_WON, DEAL_REF_KEPT = 0.08, 1.35, 0.90


@dataclass(frozen=True, slots=True)
class Funnel:
    deals: pl.DataFrame
    deal_lines: pl.DataFrame
    history: pl.DataFrame
    quotes: pl.DataFrame
    leads: pl.DataFrame
    deal_of_order: Ints  # by order row; -1 where the order does not name its deal


def draw_funnel(
    masters: Masters,
    accounts: Accounts,
    owners: Owners,
    *,
    orders: pl.DataFrame,
    order_lines: pl.DataFrame,
    campaigns: pl.DataFrame,
) -> Funnel:
    """Deals won from orders, and the others; then what hangs on all of them."""
    won = _won_deals(masters, accounts, orders, order_lines)
    other = _other_deals(masters, accounts, won)
    deals = pl.concat([won, other], how="diagonal").sort("created", "account", "amount")
    generator = masters.draws.stream("deals")
    size = deals.height
    deals = deals.with_columns(deal=np.arange(size))
    owner = accounts.owner[deals["account"].to_numpy()]
    swapped = generator.random(size) < 0.12
    owner = np.where(swapped, generator.integers(0, len(owners.region), size), owner)
    source = pick(generator, LEAD_SOURCE_SHARES, size)
    source = np.where(deals["type"].to_numpy() == NEW, source, -1)
    deals = deals.with_columns(
        owner=owner, source=source, campaign=campaign_of(campaigns, source, deals["created"].to_numpy())
    )
    history, deals = _history(masters, deals)
    deals = deals.with_columns(merged=_merged(generator, deals))
    deal_of_order = np.full(orders.height, NO_ROW)
    named = deals.filter((pl.col("order") >= 0) & pl.Series(generator.random(size) < DEAL_REF_KEPT))
    deal_of_order[named["order"].to_numpy()] = named["deal"].to_numpy()
    return Funnel(
        deals=deals,
        deal_lines=_deal_lines(masters, deals, order_lines),
        history=history,
        quotes=draw_quotes(masters, deals),
        leads=draw_leads(masters, deals, accounts, owners, campaigns),
        deal_of_order=deal_of_order,
    )


def _merged(generator: np.random.Generator, deals: pl.DataFrame) -> Ints:
    """The deal that a double entry was merged into: the one before it on the same account, or -1."""
    account = deals["account"].to_numpy()
    order = np.lexsort((np.arange(deals.height), account))
    before = np.full(deals.height, -1)
    same = account[order][1:] == account[order][:-1]
    before[order[1:][same]] = order[:-1][same]
    double = (generator.random(deals.height) < 0.015) & (deals["order"].to_numpy() < 0)
    return np.where(double, before, -1)


def _won_deals(masters: Masters, accounts: Accounts, orders: pl.DataFrame, order_lines: pl.DataFrame) -> pl.DataFrame:
    customers = masters.customers
    generator = masters.draws.stream("won deals")
    account_of_party = np.full(customers.size, -1)
    account_of_party[accounts.party[accounts.party >= 0][::-1]] = np.flatnonzero(accounts.party >= 0)[::-1]
    second = np.full(customers.size, -1)
    second[accounts.party[accounts.duplicate]] = np.flatnonzero(accounts.duplicate)
    kind, sequence = orders["kind"].to_numpy(), orders["sequence"].to_numpy()
    chance = generator.random(orders.height)
    goods = (kind == GOODS_ORDER) & ((sequence == 0) | (chance < EXPANSION_ORDERS))
    chosen = goods | np.isin(kind, (PLAN_ORDER, LICENCE_ORDER, TIME_ORDER, FIXED_ORDER))
    party = customers.party[orders["customer"].to_numpy()]
    chosen &= (account_of_party[party] >= 0) & (orders["cancelled"].to_numpy() == 0)
    row = np.flatnonzero(chosen)
    size = len(row)
    contract = np.isin(kind[row], (PLAN_ORDER, LICENCE_ORDER))
    early = orders["ordered"].to_numpy()[row] <= customers.won[orders["customer"].to_numpy()[row]] + 90
    deal_type = np.select(
        [contract & (sequence[row] > 0), early | ((kind[row] == GOODS_ORDER) & (sequence[row] == 0))],
        [RENEWAL, NEW],
        EXPANSION,
    )
    net = sum_by(order_lines["order"].to_numpy(), order_lines["net"].to_numpy(), orders.height)[row]
    differs = generator.random(size) < 0.2
    amount = np.where(differs, half_up(net * generator.integers(93, 108, size), 10_000) * 100, net)
    closed = orders["ordered"].to_numpy()[row] - generator.integers(0, 4, size)
    cycle = np.maximum(np.array(CYCLE_DAYS)[deal_type] * generator.lognormal(0, 0.5, size), 2).astype(np.int64)
    use_second = (second[party[row]] >= 0) & (generator.random(size) < 0.4)
    return pl.DataFrame(
        {
            "account": np.where(use_second, second[party[row]], account_of_party[party[row]]),
            "entity": orders["entity"].to_numpy()[row],
            "type": deal_type,
            "amount": amount,
            "currency": orders["currency"].to_numpy()[row],
            "created": closed - cycle,
            "closed": closed,
            "stage": np.full(size, WON),
            "reached": np.full(size, NEGOTIATION),
            "order": row,
        }
    )


def _other_deals(masters: Masters, accounts: Accounts, won: pl.DataFrame) -> pl.DataFrame:
    """Deals that were lost, and those still open at the window's end: begun like the others, but longer on the way."""
    window, customers = masters.window, masters.customers
    generator = masters.draws.stream("other deals")
    count = round(int((won["type"] != RENEWAL).sum()) * (LOST_PER_WON + 0.25))
    first = window.first - 120
    created = first + (generator.random(count) ** 0.85 * (window.last - first)).astype(np.int64)
    by_age = np.argsort(accounts.created, kind="stable")
    known = np.maximum(np.searchsorted(accounts.created[by_age], created), 1)
    account = by_age[(generator.random(count) * known).astype(np.int64)]
    cycle = np.maximum(85 * generator.lognormal(0, 0.6, count), 4).astype(np.int64)
    closed = created + cycle
    still = closed > window.last
    # An open deal is expected on the day it will close; one in eight should have been closed long ago.
    overdue = still & (generator.random(count) < 0.12)
    expected = np.where(overdue, window.last - generator.integers(3, 45, count), closed)
    expected = np.maximum(expected, created + 1)
    reached = pick(generator, [0.35, 0.3, 0.22, 0.13], count)
    progress = np.clip((window.last - created) * 4 // np.maximum(cycle, 1), 0, NEGOTIATION)
    reached = np.where(still, progress, reached)
    sold_by = np.array(
        [c.FI01, c.SE01, c.GB01, c.SE01, c.SE01, c.FI01, c.FI01, c.FI01, c.FI01, c.GB01, c.GB01, c.GB01]
    )[accounts.country[account]]
    currency = np.array([place.currency for place in c.COUNTRIES])[accounts.country[account]]
    amount = generator.lognormal(9.2, 0.9, count) / np.array(c.BASE_RATES)[currency]
    is_customer = accounts.party[account] >= 0
    before = np.where(is_customer, customers.won[np.maximum(accounts.party[account], 0)] < created, False)
    deal_type = np.where(before, EXPANSION, NEW)
    return pl.DataFrame(
        {
            "account": account,
            "entity": sold_by,
            "type": deal_type,
            "amount": np.rint(amount / 10).astype(np.int64) * 1000,
            "currency": currency,
            "created": created,
            "closed": expected,
            "stage": np.where(still, reached, LOST),
            "reached": reached,
            "order": np.full(count, NO_ROW),
            "reason": np.where(still, -1, generator.integers(0, len(LOST_REASONS), count)),
        }
    )


def _history(masters: Masters, deals: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of change: created, each stage, each push of the close day, the end. Gives deals their last change too."""
    window = masters.window
    generator = masters.draws.stream("deal history")
    size = deals.height
    created, closed, stage = (deals[name].to_numpy() for name in ("created", "closed", "stage"))
    reached = deals["reached"].to_numpy()
    done = stage >= WON
    finish = np.where(done, closed, np.minimum(np.maximum(closed, created + 1), window.last))
    length = np.maximum(finish - created, 0)
    pushes = np.minimum(generator.poisson(np.where(stage == LOST, 1.3, 0.8)), 4)
    pushes = np.where(length > 8, pushes, 0)
    step = generator.integers(9, 35, size)
    # Kinds of rows: 0 created, 1 next stage, 2 push, 3 end.
    advance, position = repeat_rows(reached)
    when_advance = created[advance] + length[advance] * (position + 1) // (reached[advance] + 2)
    push, nth = repeat_rows(pushes)
    when_push = created[push] + length[push] * (2 * nth + 2) // (2 * pushes[push] + 2)
    ended = np.flatnonzero(done)
    deal = np.concatenate([np.arange(size), advance, push, ended])
    kind = np.concatenate(
        [np.zeros(size, np.int64), np.ones(len(advance), np.int64), np.full(len(push), 2), np.full(len(ended), 3)]
    )
    day = np.concatenate([created, when_advance, when_push, closed[ended]])
    order = np.lexsort((kind, day, deal))
    deal, kind, day = deal[order], kind[order], day[order]
    starts = np.searchsorted(deal, np.arange(size))
    advanced = np.cumsum(kind == 1)
    pushed = np.cumsum(kind == 2)
    at_stage = advanced - advanced[starts][deal]
    push_count = pushed - pushed[starts][deal]
    row_stage = np.where(kind == 3, stage[deal], at_stage)
    expected = closed[deal] - (pushes[deal] - push_count) * step[deal]
    expected = np.maximum(expected, created[deal] + 3)
    expected = np.where(push_count == pushes[deal], closed[deal], expected)
    grew = generator.random(size) < 0.35
    start_percent = np.where(grew, generator.integers(70, 131, size), 100)
    amount = deals["amount"].to_numpy()[deal]
    amount = np.where(row_stage < PROPOSAL, half_up(amount * start_percent[deal], 10_000) * 100, amount)
    # An open deal that never reached a proposal still shows its first amount.
    young = ~done & (reached < PROPOSAL)
    final = np.where(
        young, half_up(deals["amount"].to_numpy() * start_percent, 10_000) * 100, deals["amount"].to_numpy()
    )
    position = np.arange(len(deal)) - starts[deal]
    at = day * DAY + 8 * 3600 + position * 900 + generator.integers(0, 900, len(deal))
    last = np.append(starts[1:], len(deal)) - 1
    history = pl.DataFrame(
        {
            "row": np.arange(len(deal)),
            "deal": deal,
            "at": at,
            "stage": row_stage,
            "amount": np.where(kind == 3, deals["amount"].to_numpy()[deal], amount),
            "percent": STAGE_PERCENT[row_stage],
            "expected": expected,
            "by": deals["owner"].to_numpy()[deal],
        }
    ).filter(pl.col("at") < (window.last + 1) * DAY)
    return history, deals.with_columns(updated=at[last], pushes=pushes, amount=final)


def _deal_lines(masters: Masters, deals: pl.DataFrame, order_lines: pl.DataFrame) -> pl.DataFrame:
    """A won deal has its order's lines; the others one line for the whole amount."""
    catalogue = masters.catalogue
    generator = masters.draws.stream("deal lines")
    sold = deals.filter(pl.col("order") >= 0).select("deal", "order")
    lines = order_lines.join(sold, on="order", how="inner").sort("deal", "position")
    discounted = half_up(lines["price"].to_numpy() * (1000 - lines["discount"].to_numpy()), 1000)
    kind = catalogue.kind[lines["item"].to_numpy()]
    won = lines.select("deal", "item", "quantity", "price").with_columns(
        net_price=discounted, term=np.select([kind == SUBSCRIPTION, kind == LICENCE], [12, 12], -1)
    )
    rest = deals.filter(pl.col("order") < 0)
    goods = catalogue.of_kind(GOODS)
    other = rest.select("deal").with_columns(
        item=goods[generator.integers(0, len(goods), rest.height)],
        quantity=pl.lit(100, pl.Int64),
        price=half_up(rest["amount"].to_numpy() * 108, 100),
        net_price=rest["amount"],
        term=pl.lit(-1, pl.Int64),
    )
    lines = (
        pl.concat([won, other.select(won.columns)])
        .with_columns(drawn=pl.int_range(pl.len()))
        .sort("deal", "drawn")
        .drop("drawn")
    )
    return lines.with_columns(line=np.arange(lines.height))
