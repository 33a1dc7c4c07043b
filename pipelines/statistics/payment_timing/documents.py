"""Documents that fall due and what settled them, as arrays, and what was known of them on the evening of a day.

Belongs here: as-of arithmetic. Does not: chances, forecasts. Days are whole numbers since 1970-01-01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SMALLEST_AMOUNT = 0.005
"""Less than half a cent is nothing open."""
NEVER = 2**31
"""A day after every other: of what did not happen."""
REGULAR_SHARE, REGULAR_PAYMENTS = 0.8, 4
"""A counterparty with so many payments, so large a share of them on one weekday, pays on that weekday."""


@dataclass(frozen=True, slots=True)
class Documents:
    """One row per document that falls due once. `party`, `segment` and `group` are places in lists of the caller;
    group is what is forecast as one (an entity's receivables, say). Amounts are above zero. disputed_from,
    disputed_until: first day of a dispute and the day that it ended, NEVER where it did not."""

    party: Ints
    segment: Ints
    group: Ints
    issued: Ints
    due: Ints
    amount: Floats
    disputed_from: Ints
    disputed_until: Ints

    def __len__(self) -> int:
        return len(self.due)


@dataclass(frozen=True, slots=True)
class Settlements:
    """One row per document and day on which it was settled in part or whole; by a payment, or else by a credit."""

    document: Ints
    day: Ints
    amount: Floats
    is_payment: Flags


@dataclass(frozen=True, slots=True)
class Known:
    """What was known at `origin`. Rows of `seen` are documents issued by then; open amounts and habits are of then.

    effective_due: the due date, or for who pays on one weekday the first such day from the due date on.
    event_*: one row per payment made by then. censored_*: documents that left without one, or are still open. When a
    disputed document is paid says when it was agreed on, not what the habit is: it is censored on the day it was
    disputed. is_disputed: in dispute on that evening, so that nobody can say when it will be paid.
    """

    origin: int
    seen: Ints
    open_amount: Floats
    effective_due: Ints
    is_regular: Flags
    is_disputed: Flags
    event_document: Ints
    event_lateness: Ints
    censored_document: Ints
    censored_lateness: Ints


def as_known(documents: Documents, settlements: Settlements, *, origin: int, history_days: int) -> Known:
    """The state at the end of the day `origin`. Payments older than `history_days` count for balances, not habits."""
    size = len(documents)
    is_seen = documents.issued <= origin
    past = (settlements.day <= origin) & is_seen[settlements.document]
    settled = np.bincount(settlements.document[past], settlements.amount[past], minlength=size)
    open_amount = np.where(is_seen, documents.amount - settled, 0.0)
    open_amount = np.where(open_amount > SMALLEST_AMOUNT, open_amount, 0.0)

    recent = past & (settlements.day > origin - history_days)
    was_disputed = is_seen & (documents.disputed_from <= origin)
    paid = recent & settlements.is_payment & ~after_dispute(documents, settlements, origin=origin)
    weekday, is_regular = _pay_weekday(documents, settlements, paid)
    own = weekday[documents.party]
    # Day 0 of 1970 was a Thursday: weekday 3.
    wait = np.where(own >= 0, (own - (documents.due + 3)) % 7, 0)
    effective_due = documents.due + wait

    is_open = open_amount > 0
    last_day = np.full(size, -(10**9))
    np.maximum.at(last_day, settlements.document[recent], settlements.day[recent])
    credited_last = is_seen & ~is_open & (last_day > -(10**9))
    last_is_payment = np.zeros(size, dtype=np.bool_)
    at_last = paid & (settlements.day == last_day[settlements.document])
    last_is_payment[settlements.document[at_last]] = True
    censored = np.flatnonzero(
        (is_open & (documents.issued > origin - history_days)) | (credited_last & ~last_is_payment)
    )
    ended = np.where(was_disputed, documents.disputed_from, np.where(is_open, origin, last_day))
    event_document = settlements.document[paid]
    return Known(
        origin=origin,
        seen=np.flatnonzero(is_seen),
        open_amount=open_amount,
        effective_due=effective_due,
        is_regular=is_regular[documents.party],
        is_disputed=was_disputed & (documents.disputed_until > origin),
        event_document=event_document,
        event_lateness=settlements.day[paid] - effective_due[event_document],
        censored_document=censored,
        censored_lateness=ended[censored] - effective_due[censored],
    )


def after_dispute(documents: Documents, settlements: Settlements, *, origin: int) -> Flags:
    """Which settlements came after a dispute that was known at the origin."""
    began = documents.disputed_from[settlements.document]
    return np.asarray((began <= origin) & (settlements.day >= began), dtype=np.bool_)


def _pay_weekday(documents: Documents, settlements: Settlements, paid: Flags) -> tuple[Ints, Flags]:
    """Per party the weekday (0 is Monday) that it pays on, or -1; and whether it has one."""
    parties = int(documents.party.max(initial=-1)) + 1
    party = documents.party[settlements.document[paid]]
    weekday = (settlements.day[paid] + 3) % 7
    counts = np.bincount(party * 7 + weekday, minlength=parties * 7).reshape(parties, 7)
    total = counts.sum(axis=1)
    modal = counts.argmax(axis=1)
    is_regular = (total >= REGULAR_PAYMENTS) & (counts.max(axis=1, initial=0) >= REGULAR_SHARE * total)
    return np.where(is_regular, modal, -1), is_regular
