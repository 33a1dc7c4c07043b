"""Due dates and lateness, weighed per horizon by how each did at earlier origins.

In the first week a due date can know more than habits do; later it never does. The weight of the model is the one, of
eleven from 0 to 1, with the smallest absolute error of money paid up to that horizon, over origins whose horizon had
passed; but 1 unless that error is clearly smaller, because the best of eleven is always a little better by luck.

Belongs here: due dates as a forecast, the weights, the blend. Does not: chances of lateness.
"""

from __future__ import annotations

import numpy as np

from pipelines.statistics.payment_timing.documents import (
    Documents,
    Flags,
    Floats,
    Ints,
    Known,
    Settlements,
    after_dispute,
)

SHORTEST_SPREAD, LONGEST_SPREAD = 2, 13
"""Overdue money is spread over so many weeks: how late the group's payments of the last year were, within these."""
WEIGHTS = np.linspace(0.0, 1.0, 11)
CLEARLY = 0.95
"""A weight below 1 must bring the error down to this share of the model's own."""
FEWEST_ORIGINS = 13
"""With fewer origins to judge by, the model stands alone."""


def overdue_weeks(documents: Documents, settlements: Settlements, *, origin: int, groups: int) -> Ints:
    """Per group, mean days late of the year before, by amount, in whole weeks: the rule of the method `due_date`.
    What was paid after a dispute was not late by habit."""
    past = (settlements.day <= origin) & (settlements.day > origin - 365) & settlements.is_payment
    past &= ~after_dispute(documents, settlements, origin=origin)
    document = settlements.document[past]
    late = np.maximum(settlements.day[past] - documents.due[document], 0)
    group, amount = documents.group[document], settlements.amount[past]
    paid = np.bincount(group, amount, minlength=groups)
    weighted = np.bincount(group, amount * late, minlength=groups)
    mean = np.divide(weighted, paid, out=np.zeros(groups), where=paid > 0)
    return np.clip(np.ceil(mean / 7), SHORTEST_SPREAD, LONGEST_SPREAD).astype(np.int64)


def due_by(documents: Documents, known: Known, *, of: Ints, ends: Ints, spread: Ints) -> Floats:
    """Share of each document expected by each day if due dates were kept (rows: documents, columns: days).

    Overdue ones come in equal parts at the end of each of the next `spread[group]` weeks, disputed ones not at all.
    """
    due = documents.due[of]
    on_time = (due[:, None] <= ends[None, :]).astype(np.float64)
    weeks = np.floor((ends[None, :] - known.origin) / 7)
    overdue = np.clip(weeks / spread[documents.group[of]][:, None], 0.0, 1.0)
    share = np.where((due > known.origin)[:, None], on_time, overdue)
    return np.where(known.is_disputed[of][:, None], 0.0, share)


def model_weights(model: Floats, due: Floats, actual: Floats, *, is_known: Flags) -> Floats:
    """Weight of the model per horizon, from money paid up to each horizon (origins x groups x horizons).

    is_known: which origins' horizons had passed (origins x horizons).
    """
    horizons = model.shape[2]
    weights = np.ones(horizons)
    for horizon in range(horizons):
        usable = is_known[:, horizon]
        if int(usable.sum()) < FEWEST_ORIGINS:
            continue
        by_model, by_due, paid = (values[usable][:, :, horizon] for values in (model, due, actual))
        mixed = WEIGHTS[:, None, None] * by_model + (1 - WEIGHTS)[:, None, None] * by_due
        errors = np.abs(mixed - paid).sum(axis=(1, 2))
        best = int(errors.argmin())
        if errors[best] < CLEARLY * errors[-1]:
            weights[horizon] = WEIGHTS[best]
    return weights


def blended(model: Floats, due: Floats, weights: Floats) -> Floats:
    """Shares paid by each horizon (documents x horizons), never falling."""
    mixed = weights[None, :] * model + (1 - weights)[None, :] * due
    return np.asarray(np.maximum.accumulate(mixed, axis=1), dtype=np.float64)
