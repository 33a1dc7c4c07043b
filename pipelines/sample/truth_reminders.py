"""What reminders changed, from the generator's event log: what was paid after them and what would have been without.

Belongs here: figures of dunning. Does not: any model or mapping; nothing here knows how the product works.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.dunning import FROM_DAYS
from pipelines.sample.world import World

WITHIN_DAYS = 14


def reminders(world: World) -> pl.DataFrame:
    """One row per step of dunning; counts of invoices, or of instalments where an invoice has them."""
    sent = world.events.collections.dunning.reminders
    sent = sent.filter(pl.col("day") + WITHIN_DAYS <= world.masters.window.last)
    level, limit = sent["level"].to_numpy(), sent["day"].to_numpy() + WITHIN_DAYS
    steps = np.arange(len(FROM_DAYS)) + 1

    def counted(happened: np.ndarray) -> list[int]:
        return [int(np.count_nonzero(happened & (level == step))) for step in steps]

    return pl.DataFrame(
        {
            "dunning_level": steps,
            "reminded_count": counted(np.ones(sent.height, dtype=np.bool_)),
            "paid_within_14_days_count": counted(sent["settled"].to_numpy() <= limit),
            "would_have_paid_count": counted(sent["unmoved"].to_numpy() <= limit),
        }
    )
