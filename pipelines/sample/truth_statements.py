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
from pipelines.sample.truth import NOTHING, LeftOut, lines_of_journal
from pipelines.sample.world import World

UNPLACED = "unplaced_receipt"
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

    What nobody can place on the day is a kind of its own, `UNPLACED`.
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
        document=pl.Series(np.where(unplaced, len(DOCUMENTS), document)),
        month=pl.Series(month_number(moves["day"].to_numpy())),
        with_group=pl.Series(group.astype(np.int64)),
    ).filter(pl.Series(kept))
    keys = ("month", "entity", "document", "with_group")
    total = rows.group_by(*keys).agg(pl.col("amount").sum()).sort(*keys)
    return pl.DataFrame(
        {
            "period_on": days(month_first_day(total["month"].to_numpy())),
            "entity_id": entities(total["entity"]),
            "document": codes(total["document"], (*DOCUMENTS, UNPLACED)),
            "with_group": codes(total["with_group"], ("FALSE", "TRUE")),
            "amount_local": money(total["amount"]),
        }
    )
