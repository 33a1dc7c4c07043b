"""Which invoices customers dispute, and until when: a fault is found, the invoice waits, then it is paid or credited.

Belongs here: first and last days of disputes. Does not: payments (`collecting`), credit notes (`invoicing`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.arrays import Ints, business_day
from pipelines.sample.masters import Masters

DISPUTED, DISPUTED_BEFORE_CREDIT = 0.02, 0.15  # share of invoices; of those that are corrected by a credit note
FOUND_AFTER_DAYS, LASTS_DAYS, PAID_AFTER_DAYS = (2, 16), (21, 91), (2, 12)
NEVER = 2**31


def dispute(
    masters: Masters, invoices: pl.DataFrame, credit_notes: pl.DataFrame, *, part_of: Ints, paid: Ints
) -> tuple[pl.DataFrame, Ints]:
    """Disputes of outside customers up to the window's end (invoice, began, ended), and per invoice the day from which
    it is paid then; 0 where it was not disputed. part_of, paid: each part's invoice and when it would be paid.

    A dispute begins before anything was paid. It ends on the day of the credit note, if there comes one.
    """
    generator, size = masters.draws.stream("disputed invoices"), invoices.height
    issued = invoices["day"].to_numpy()
    credited = np.full(size, NEVER)
    credited[credit_notes["invoice"].to_numpy()] = credit_notes["day"].to_numpy()
    began = business_day(issued + generator.integers(*FOUND_AFTER_DAYS, size))
    by_credit = (credited < NEVER) & (credited > began)
    ended = np.where(by_credit, credited, business_day(began + generator.integers(*LASTS_DAYS, size)))
    first_paid = np.minimum.reduceat(paid, np.flatnonzero(np.diff(part_of, prepend=-1))) if size else issued
    chosen = generator.random(size) < np.where(by_credit, DISPUTED_BEFORE_CREDIT, DISPUTED)
    chosen &= (invoices["buyer"].to_numpy() < 0) & (began < first_paid) & (began <= masters.window.last)
    agreed = np.where(chosen, ended + generator.integers(*PAID_AFTER_DAYS, size), 0)
    disputes = pl.DataFrame({"invoice": np.arange(size), "began": began, "ended": ended}).filter(pl.Series(chosen))
    return disputes, agreed
