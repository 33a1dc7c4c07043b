"""What accountants write by hand: receipts nobody can place, mistakes put right, costs moved between departments.

Belongs here: these entries. Does not: their journals (treasury_postings.py), provisions and taxes (treasury.py).
Each stands for a list of the close that would be empty in a company that makes no mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import business_day, month_first_day, month_last_day, month_number
from pipelines.sample.masters import Masters

EVERY_MONTHS = 3
LATE_MONTHS = 2  # of the last months: receipts that the books took in more than a week after the bank
LATE_DAYS = 9
CLEARED_AFTER = (25, 70)


@dataclass(frozen=True, slots=True)
class HandEntries:
    """Amounts in cents of local currency. Days beyond the window are days that have not come: nothing is posted.

    receipts: entity, day (at the bank), booked, cleared, amount, number.
    corrections: entity, day, amount, number: put on trade receivables and taken back on the same day, since a subledger
        that differs from its account for a single day is refused.
    moves: entity, day, amount, number: travel of sales to services.
    """

    receipts: pl.DataFrame
    corrections: pl.DataFrame
    moves: pl.DataFrame


def draw_hand_entries(masters: Masters) -> HandEntries:
    """Whole months only: what is booked later than at the bank is booked in the same month."""
    window = masters.window
    generator = masters.draws.stream("by hand")
    months = month_number(window.months)
    months = months[month_last_day(months) <= window.last]
    # Counted back from the last whole month, so that every company has something that is open at its end.
    back = len(months) - 1 - np.arange(len(months))
    chosen = months[(back % EVERY_MONTHS == 0) | (back < LATE_MONTHS)]
    entity, month = (at.ravel() for at in np.meshgrid(np.arange(len(c.ENTITIES)), chosen, indexing="ij"))
    size = len(month)
    number = entity * 1_000_000 + month * 10
    day = business_day(month_first_day(month) + 4)
    late = month > chosen.max(initial=0) - LATE_MONTHS
    booked = np.where(late, business_day(day + LATE_DAYS), day)
    receipts = pl.DataFrame(
        {
            "entity": entity,
            "day": day,
            "booked": booked,
            "cleared": business_day(booked + generator.integers(*CLEARED_AFTER, size)),
            "amount": 100 * generator.integers(150, 4_000, size),
            "number": 6_420_000_000 + number,
        }
    )
    corrections = pl.DataFrame(
        {
            "entity": entity,
            "day": business_day(month_first_day(month) + 11),
            "amount": 100 * generator.integers(200, 5_000, size),
            "number": 6_430_000_000 + number,
        }
    ).filter(pl.Series(generator.random(size) < 0.4) | pl.Series(late))
    moves = pl.DataFrame(
        {
            "entity": entity,
            "day": month_last_day(month),
            "amount": 100 * generator.integers(100, 900, size),
            "number": 6_440_000_000 + number,
        }
    )
    return HandEntries(receipts=receipts, corrections=corrections, moves=moves)
