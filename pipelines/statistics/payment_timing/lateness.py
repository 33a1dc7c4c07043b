"""The chance that a document is paid by a day, given that it was not paid so far.

Per day of lateness, the chance of payment among documents still unpaid (a discrete hazard): payments on that day over
documents at risk on it. A counterparty's own chances are shrunk to its segment's, those to everybody's, by adding
`OWN_PRIOR` and `SEGMENT_PRIOR` documents that behave as the larger group does. Where there are very many
counterparties, those that owe little are taken for their segment. Documents still open are at risk up to the day and
count as such: leaving them out would know only those that did get paid (survivorship).

Belongs here: fitting and reading these chances. Does not: blending with due dates, amounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.statistics.payment_timing.documents import Documents, Floats, Ints, Known

FIRST_DAY, LAST_DAY = -75, 240
"""Lateness outside is taken for the nearest of these; after the last day one chance holds for ever."""
OWN_PRIOR, SEGMENT_PRIOR = 2.0, 20.0
TAIL_FROM = 90
OWN_PARTIES = 5_000
"""So many counterparties, those that owe most, have chances of their own: a table of days for each has its price."""
_DAYS = LAST_DAY - FIRST_DAY + 1


@dataclass(frozen=True, slots=True)
class Lateness:
    """log_unpaid[row, day]: logarithm of the chance to be unpaid at the end of that day of lateness, from FIRST_DAY on.
    `row_of` gives the row of a document. tail: chance per day after LAST_DAY."""

    log_unpaid: Floats
    row_of: Ints
    tail: float

    def paid_by(self, document: Ints, lateness_now: Ints, lateness_then: Ints) -> Floats:
        """Chance of payment within (now, then], per document, given unpaid at the end of `now`."""
        row = self.row_of[document]
        before, after = self._log_unpaid(row, lateness_now), self._log_unpaid(row, lateness_then)
        return np.asarray(-np.expm1(np.minimum(after - before, 0.0)), dtype=np.float64)

    def _log_unpaid(self, row: Ints, lateness: Ints) -> Floats:
        place = np.clip(lateness - FIRST_DAY, -1, _DAYS - 1)
        beyond = np.maximum(lateness - LAST_DAY, 0)
        inside = np.where(place >= 0, self.log_unpaid[row, np.maximum(place, 0)], 0.0)
        return np.asarray(inside + beyond * np.log1p(-self.tail), dtype=np.float64)


def fit_lateness(documents: Documents, known: Known, *, of: Ints, own_parties: int = OWN_PARTIES) -> Lateness:
    """Chances for the parties of the documents `of`, from everything known at the origin."""
    event, censored = known.event_document, known.censored_document
    entered = np.concatenate([event, censored])
    first = documents.issued[entered] - known.effective_due[entered]
    last = np.concatenate([known.event_lateness, known.censored_lateness])
    # Whoever pays on one weekday has chances only on multiples of seven: another kind of segment.
    segment = documents.segment * 2 + known.is_regular
    segments = int(segment.max(initial=-1)) + 1
    paid_all, risk_all = _counts(np.zeros(len(entered), np.int64), first, last, len(event), 1)
    tail_from = TAIL_FROM - FIRST_DAY
    tail = float((paid_all[0, tail_from:].sum() + 1) / (risk_all[0, tail_from:].sum() + 365))
    everybody = (paid_all + tail) / (risk_all + 1)
    paid_seg, risk_seg = _counts(segment[entered], first, last, len(event), segments)
    of_segment = (paid_seg + SEGMENT_PRIOR * everybody) / (risk_seg + SEGMENT_PRIOR)

    # A party may have documents in several segments; its own history is one, so rows are of party and segment.
    parties_count = int(documents.party.max(initial=-1)) + 1
    own_party = documents.party[of]
    owed = np.bincount(own_party, documents.amount[of], minlength=parties_count)
    if np.count_nonzero(owed) > own_parties:
        # One more party, without any history: its chances are its segment's.
        small = owed < np.partition(owed, -own_parties)[-own_parties]
        own_party = np.where(small[own_party], parties_count, own_party)
    wanted, row = np.unique(own_party * segments + segment[of], return_inverse=True)
    row_of = np.full(len(documents), -1, dtype=np.int64)
    row_of[of] = row
    parties = wanted // segments
    place = np.full(parties_count + 1, -1, dtype=np.int64)
    distinct, party_row = np.unique(parties, return_inverse=True)
    place[distinct] = np.arange(len(distinct))
    own = place[documents.party[entered]]
    mine = own >= 0
    events_kept = int(mine[: len(event)].sum())
    paid_own, risk_own = _counts(own[mine], first[mine], last[mine], events_kept, len(distinct))
    prior = of_segment[wanted % segments] if len(wanted) else np.zeros((0, _DAYS))
    chance = (paid_own[party_row] + OWN_PRIOR * prior) / (risk_own[party_row] + OWN_PRIOR)
    log_unpaid = np.cumsum(np.log1p(-np.minimum(chance, 1 - 1e-9)), axis=1)
    return Lateness(log_unpaid, row_of, tail)


def _counts(row: Ints, first: Ints, last: Ints, events: int, rows: int) -> tuple[Floats, Floats]:
    """Payments and documents at risk per row and day of lateness. The first `events` entries end in a payment."""
    start = np.clip(first - FIRST_DAY, 0, _DAYS - 1)
    end = np.clip(last - FIRST_DAY, start, _DAYS - 1)
    size = rows * (_DAYS + 1)
    entered = np.bincount(row * (_DAYS + 1) + start, minlength=size)
    left = np.bincount(row * (_DAYS + 1) + end + 1, minlength=size)
    risk = np.cumsum((entered - left).reshape(rows, _DAYS + 1), axis=1)[:, :_DAYS]
    paid = np.bincount(row[:events] * (_DAYS + 1) + end[:events], minlength=size).reshape(rows, _DAYS + 1)[:, :_DAYS]
    return paid.astype(np.float64), risk.astype(np.float64)


def paid_by_days(
    documents: Documents, known: Known, lateness: Lateness, *, of: Ints, ends: Ints, later_days: Ints | None = None
) -> Floats:
    """Chance to be paid by the end of each day `ends` (rows: documents, columns: days), given unpaid at the origin, or
    when it will be issued after that. None for what is in dispute.

    later_days: per document, how many days later than its counterparty's habit it will be paid (a scenario).
    """
    shift = np.zeros(len(of), dtype=np.int64) if later_days is None else later_days
    now = np.maximum(known.origin, documents.issued[of]) - known.effective_due[of]
    then = ends[None, :] - known.effective_due[of][:, None] - shift[:, None]
    repeated = np.repeat(of, len(ends))
    chance = lateness.paid_by(repeated, np.repeat(now, len(ends)), np.maximum(then, now[:, None]).ravel())
    return np.where(known.is_disputed[of][:, None], 0.0, chance.reshape(len(of), len(ends)))
