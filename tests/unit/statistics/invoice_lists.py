"""Lists of invoices whose habits of paying are known, for tests of payment timing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.statistics.payment_timing.documents import NEVER, Documents, Settlements

Row = tuple[int, int, int, float, int | None]
"""Party, day issued, day due, amount, day paid (None: open)."""


def listed(
    rows: Sequence[Row],
    *,
    group: Sequence[int] | None = None,
    disputes: Mapping[int, tuple[int, int | None]] | None = None,
) -> tuple[Documents, Settlements]:
    """disputes: by place in the list, first day and the day that it ended (None: it lasts)."""
    party, issued, due, amount = (np.array([row[place] for row in rows]) for place in range(4))
    paid = [(place, row[4], row[3]) for place, row in enumerate(rows) if row[4] is not None]
    size = len(rows)
    disputed_from, disputed_until = np.full(size, NEVER), np.full(size, NEVER)
    for place, (began, ended) in (disputes or {}).items():
        disputed_from[place] = began
        disputed_until[place] = NEVER if ended is None else ended
    return (
        Documents(
            party=party.astype(np.int64),
            segment=np.zeros(size, dtype=np.int64),
            group=np.zeros(size, dtype=np.int64) if group is None else np.array(group, dtype=np.int64),
            issued=issued.astype(np.int64),
            due=due.astype(np.int64),
            amount=amount.astype(np.float64),
            disputed_from=disputed_from.astype(np.int64),
            disputed_until=disputed_until.astype(np.int64),
        ),
        Settlements(
            document=np.array([row[0] for row in paid], dtype=np.int64),
            day=np.array([row[1] for row in paid], dtype=np.int64),
            amount=np.array([row[2] for row in paid], dtype=np.float64),
            is_payment=np.ones(len(paid), dtype=np.bool_),
        ),
    )


def made_list(*, parties: int = 40, days: int = 1200, seed: int = 3) -> tuple[Documents, Settlements]:
    """Customers with a mean lateness of their own (gamma), terms of 30 days, an invoice every twelve days or so."""
    generator = np.random.default_rng(seed)
    mean = generator.gamma(2.0, 6.0, parties)
    rows: list[Row] = []
    for party in range(parties):
        issued = generator.integers(0, 12)
        while issued < days:
            due = issued + 30
            paid = due + int(generator.gamma(2.0, mean[party] / 2.0))
            rows.append((party, int(issued), int(due), float(np.exp(generator.normal(7, 1))), paid))
            issued += generator.integers(5, 20)
    return listed(rows, group=[row[0] % 2 for row in rows])
