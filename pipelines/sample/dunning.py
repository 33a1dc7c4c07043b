"""Reminders of overdue invoices, what they change, and what customers promise on the telephone.

Belongs here: who is reminded when, who pays because of it, which day is promised. Does not: lateness by habit
(collecting.py), files (sales_files.py).
Three of four overdue invoices are reminded, by lot: those held back show what had happened without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample.arrays import Flags, Ints, next_weekday, sum_by
from pipelines.sample.masters import Masters

BEGIN_AFTER_DAYS = 365  # the company began to send reminders a year into the window
RUN_DAY = 1  # Tuesday
FROM_DAYS = (1, 15, 30, 60)  # days overdue from which each step is due, as seeds/reference/dunning_levels.csv has it
SENT = 0.75
SWAYED = (0.25, 0.40, 0.30, 0.15)  # of those reminded, by step: who pays within 13 days if they would not have anyway
CHANNELS = ("MAIL", "POST", "CALL")
MAIL, POST, CALL = range(3)
POSTED = 0.2  # of the first two steps; the others go by mail
LAST_CHANNELS = (CALL, POST)
PROMISED, KEPT = 0.45, 0.7  # of those reminded from the second step on: who promise, and who of them keep it
PROMISE_LEVEL = 2
NEVER = 1 << 20  # a day after every window


@dataclass(frozen=True, slots=True)
class Dunning:
    """reminders: invoice, instalment, level, day, channel, swayed, unmoved (day it would have been settled without).
    promises: invoice, instalment, made, promised, amount (cents of the invoice's currency)."""

    reminders: pl.DataFrame
    promises: pl.DataFrame


def remind(
    masters: Masters, parts: pl.DataFrame, *, issued: Ints, paid: Ints, never: Flags, outside: Flags, weekday: Ints
) -> tuple[Ints, Dunning]:
    """The days on which parts are settled once reminders were sent, and the reminders. Arrays run along the parts.

    never: parts that are not paid, whatever is sent. outside: parts of customers outside the group.
    """
    window = masters.window
    generator = masters.draws.stream("reminders")
    paid = np.where(never, NEVER, paid)
    due, instalment = parts["due"].to_numpy(), parts["instalment"].to_numpy()
    # What is reminded together: an instalment, or all parts of an invoice that has none.
    first = np.flatnonzero((instalment > 0) | (parts["part"].to_numpy() == 0))
    subject = np.zeros(parts.height, dtype=np.int64)
    subject[first] = 1
    subject = np.cumsum(subject) - 1
    begin = window.first + BEGIN_AFTER_DAYS
    sent: list[pl.DataFrame] = []
    for step, (days, swayed_share) in enumerate(zip(FROM_DAYS, SWAYED, strict=True)):
        run = next_weekday(due[first] + days, np.full(len(first), RUN_DAY))
        settled = np.maximum.reduceat(paid, first) if len(first) else paid
        open_then = (settled > run) & (run >= begin) & (run <= window.last) & outside[first] & (run > issued[first])
        reminded = open_then & (generator.random(len(first)) < SENT)
        swayed = reminded & (generator.random(len(first)) < swayed_share)
        posted = (generator.random(len(first)) < POSTED).astype(np.int64)
        channel = posted if step < len(FROM_DAYS) - 2 else np.full(len(first), LAST_CHANNELS[step - len(FROM_DAYS)])
        then = next_weekday(run + 2 + generator.integers(0, 6, len(first)), weekday[first])
        at = np.flatnonzero(reminded)
        sent.append(
            pl.DataFrame(
                {
                    "invoice": parts["invoice"].to_numpy()[first][at],
                    "instalment": instalment[first][at],
                    "subject": at,
                    "level": np.full(len(at), step + 1),
                    "day": run[at],
                    "channel": channel[at],
                    "swayed": swayed[at],
                    "unmoved": settled[at],
                }
            )
        )
        moves = swayed[subject] & ~never & (paid > then[subject])
        paid = np.where(moves, then[subject], paid)
    settled = np.maximum.reduceat(paid, first) if len(first) else paid
    reminders = pl.concat(sent).sort("day", "invoice", "instalment", "level")
    reminders = reminders.with_columns(settled=settled[reminders["subject"].to_numpy()])
    promises = _promises(masters, reminders)
    made = np.full(len(first), NEVER)
    made[promises["subject"].to_numpy()] = promises["made"].to_numpy()
    owed = sum_by(subject, np.where(paid > made[subject], parts["gross"].to_numpy(), 0), len(first))
    promises = promises.with_columns(amount=owed[promises["subject"].to_numpy()])
    return paid, Dunning(reminders.drop("subject"), promises.drop("subject"))


def _promises(masters: Masters, reminders: pl.DataFrame) -> pl.DataFrame:
    """The day after a later reminder somebody calls, and some customers name a day; the last one named counts."""
    generator = masters.draws.stream("promises")
    called = reminders.filter(pl.col("level") >= PROMISE_LEVEL)
    size = called.height
    made = next_weekday(called["day"].to_numpy() + 1, np.full(size, (RUN_DAY + 1) % 7))
    settled = called["settled"].to_numpy()
    promises = (generator.random(size) < PROMISED) & (settled > made) & (made <= masters.window.last)
    kept = (generator.random(size) < KEPT) & (settled <= made + 21)
    soon = made + generator.integers(3, 11, size)
    before = np.maximum(np.minimum(settled - 1, soon), made)
    promised = np.where(kept, settled + generator.integers(0, 3, size), before)
    named = called.select("invoice", "instalment", "subject").with_columns(made=made, promised=promised)
    return named.filter(pl.Series(promises)).unique("subject", keep="last", maintain_order=True)


def drop_settled(dunning: Dunning, invoices_done: Ints) -> Dunning:
    """Without what was asked for on or after the day a credit note settled the invoice (a day after every window where
    none did)."""

    def kept(frame: pl.DataFrame, day: str) -> pl.DataFrame:
        return frame.filter(pl.Series(frame[day].to_numpy() < invoices_done[frame["invoice"].to_numpy()]))

    return Dunning(kept(dunning.reminders, "day"), kept(dunning.promises, "made"))
