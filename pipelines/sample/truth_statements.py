"""What the sample company's statements are summed from: its postings by account and its cash by purpose.

Belongs here: sums of the event log in the grain that statements, departments and pairs of entities need.
Does not: statements, translation, elimination; a test makes those from these sums with decimals of its own.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.arrays import month_first_day, month_number
from pipelines.sample.columns import DEPARTMENT_CODES, codes, days, entities, money
from pipelines.sample.ledger import cash_movements
from pipelines.sample.postings import DOCUMENTS
from pipelines.sample.purchasing import ASSET_BILL
from pipelines.sample.truth import NOTHING, LeftOut, lines_of_journal
from pipelines.sample.world import World

KINDS = (*DOCUMENTS, "asset_payment", "unplaced_receipt")
KEYS = ("entity", "month", "account", "department", "partner", "document")


def ledger_accounts(world: World, posted: pl.DataFrame, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """One row per month, entity, account, department, partner and kind of document: what was posted, debit positive."""
    total = kept(world, posted, left_out)
    return pl.DataFrame(
        {
            "period_on": days(month_first_day(total["month"].to_numpy())),
            "entity_id": entities(total["entity"]),
            "account": total["account"],
            "department": codes(total["department"], DEPARTMENT_CODES),
            "trading_partner": entities(total["partner"]),
            "document": codes(total["document"], DOCUMENTS),
            "amount_local": money(total["amount"]),
        }
    )


def kept(world: World, posted: pl.DataFrame, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """The sums by `KEYS` of the journals that are not left out, in cents; posted: the sums of all."""
    parts = [posted.select(*KEYS, "amount")]
    for document, number in sorted(left_out.journals):
        lines = lines_of_journal(world, document, number)
        parts.append(
            lines.with_columns(month=month_number(lines["day"].to_numpy()), amount=-pl.col("amount")).select(
                *KEYS, "amount"
            )
        )
    return pl.concat(parts).group_by(*KEYS).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).sort(*KEYS)


def cash_flows(world: World, left_out: LeftOut = NOTHING) -> pl.DataFrame:
    """One row per month, entity, kind of document and whether with the group: what came into the bank accounts.

    What payments of bills paid for machines is a kind of its own, `asset_payment`, and so is what nobody can place on
    the day, `unplaced_receipt`.
    """
    moves = cash_movements(world.events)
    number, document = moves["number"].to_numpy(), moves["document"].to_numpy()
    withheld = {(DOCUMENTS.index(kind), at) for kind, at in left_out.journals}
    kept = np.array([pair not in withheld for pair in zip(document.tolist(), number.tolist(), strict=True)])
    group = np.zeros(moves.height, dtype=np.bool_)
    for frame, kind, party in (
        (world.events.collections.payments, "payment", "buyer"),
        (world.events.disbursements.payments, "bill_payment", "partner"),
    ):
        between = frame.filter(pl.col(party) >= 0)["number"].to_numpy()
        group |= (document == DOCUMENTS.index(kind)) & np.isin(number, between)
    unplaced = (document == DOCUMENTS.index("bank")) & np.isin(
        number, world.events.by_hand.receipts["number"].to_numpy()
    )
    rows = moves.with_columns(
        document=pl.Series(np.where(unplaced, KINDS.index("unplaced_receipt"), document)),
        month=pl.Series(month_number(moves["day"].to_numpy())),
        with_group=pl.Series(group.astype(np.int64)),
    ).filter(pl.Series(kept))
    keys = ("month", "entity", "document", "with_group")
    rows = pl.concat([rows.select(*keys, "amount"), *_asset_payments(world, left_out)])
    total = rows.group_by(*keys).agg(pl.col("amount").sum()).sort(*keys)
    return pl.DataFrame(
        {
            "period_on": days(month_first_day(total["month"].to_numpy())),
            "entity_id": entities(total["entity"]),
            "document": codes(total["document"], KINDS),
            "with_group": codes(total["with_group"], ("FALSE", "TRUE")),
            "amount_local": money(total["amount"]),
        }
    )


def _asset_payments(world: World, left_out: LeftOut) -> list[pl.DataFrame]:
    """What machines took of payments, as rows of cash_flows: out of `bill_payment`, into a kind of its own.

    A bill or payment whose journal is left out tells nobody what was bought.
    """
    journals = left_out.journals
    withheld = {kind: [at for name, at in journals if name == kind] for kind in ("bill", "bill_payment")}
    bills = world.events.purchases.bills.filter(
        (pl.col("kind") == ASSET_BILL)
        & ~pl.col("number").is_in(withheld["bill"])
        & ~pl.col("bill").is_in(list(left_out.bills))
    )
    payments = world.events.disbursements.payments.filter(~pl.col("number").is_in(withheld["bill_payment"]))
    paid = (
        world.events.disbursements.applications.select("bill", "payment", "day")
        .join(bills.select("bill", "entity", "net_local"), on="bill", how="inner")
        .join(payments.select("payment"), on="payment", how="inner")
    )
    paid = paid.with_columns(month=pl.Series(month_number(paid["day"].to_numpy())))
    return [
        paid.select(
            "month",
            "entity",
            pl.lit(document, pl.Int64).alias("document"),
            pl.lit(0, pl.Int64).alias("with_group"),
            amount=sign * pl.col("net_local"),
        )
        for document, sign in ((DOCUMENTS.index("bill_payment"), 1), (KINDS.index("asset_payment"), -1))
    ]
