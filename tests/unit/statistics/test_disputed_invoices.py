"""An invoice in dispute is paid when it is agreed on: it is no habit, and until then nothing to count on."""

from __future__ import annotations

import numpy as np
import pytest
from invoice_lists import Row, listed

from pipelines.statistics.cash.rolling import backtest, time_documents
from pipelines.statistics.payment_timing.blending import overdue_weeks
from pipelines.statistics.payment_timing.documents import as_known

# Ten invoices paid on the due day. One more, due on day 530, was disputed on day 520 and paid on day 620. One is open.
PROMPT: list[Row] = [(0, 50 * n, 50 * n + 30, 100.0, 50 * n + 30) for n in range(10)]
QUARRELLED: Row = (0, 500, 530, 100.0, 620)
OPEN: Row = (0, 625, 655, 100.0, None)
ROWS = [*PROMPT, QUARRELLED, OPEN]
DISPUTE = {10: (520, 610)}


def _open_share(rows: list[Row], *, origin: int, end: int, disputes: dict[int, tuple[int, int | None]]) -> list[float]:
    """Chance of each open document to be paid by the day `end`, by habit."""
    timed = time_documents(*listed(rows, disputes=disputes), origin=origin, ends=np.array([end]), groups=1)
    return [float(share) for share in timed.model[:, 0]]


def test_what_was_disputed_does_not_make_its_customer_late() -> None:
    """One quarrel about a faulty delivery would move every payment of a prompt customer weeks into the future."""
    settled = _open_share(ROWS, origin=640, end=655, disputes=DISPUTE)
    never_sent = _open_share([*PROMPT, OPEN], origin=640, end=655, disputes={})
    taken_for_habit = _open_share(ROWS, origin=640, end=655, disputes={})
    assert settled == pytest.approx(never_sent, abs=0.001)
    assert taken_for_habit[0] < settled[0] - 0.05  # ten of eleven, not ten of ten


def test_nothing_is_expected_of_an_invoice_while_it_is_in_dispute() -> None:
    """Nobody can say when a quarrel ends; money counted on by then would not be there."""
    documents, settlements = listed(ROWS, disputes=DISPUTE)
    ends = 540 + 7 * np.arange(1, 14)
    timed = time_documents(documents, settlements, origin=540, ends=ends, groups=1)
    assert list(timed.of) == [10]
    assert timed.known.open_amount[10] == pytest.approx(100.0)
    assert not timed.model.any()
    assert not timed.due.any()


def test_a_dispute_is_known_from_its_first_day_to_its_last() -> None:
    """The day before nobody knew of it; once it is over the invoice is one that is that late."""
    documents, settlements = listed(ROWS, disputes=DISPUTE)
    states = {
        day: bool(as_known(documents, settlements, origin=day, history_days=1000).is_disputed[10])
        for day in (519, 520, 609, 610)
    }
    assert states == {519: False, 520: True, 609: True, 610: False}
    assert _open_share(ROWS, origin=519, end=530, disputes=DISPUTE)[0] > 0.7
    assert _open_share(ROWS, origin=610, end=617, disputes=DISPUTE)[0] > 0.0


def test_a_dispute_does_not_lengthen_the_weeks_over_which_overdue_money_is_spread() -> None:
    """Ten paid on the day and one 90 days late is 8.2 days on average: two weeks, not none."""
    later = [(0, 50 * n, 50 * n + 30, 100.0, 50 * n + 30) for n in range(6, 10)]
    rows: list[Row] = [*later, (0, 500, 530, 100.0, 620)]
    quarrel = listed(rows, disputes={4: (520, 610)})
    assert list(overdue_weeks(*quarrel, origin=640, groups=1)) == [2]
    assert list(overdue_weeks(*listed(rows), origin=640, groups=1)) == [3]  # 90 of 5 is 18 days


def test_the_backtest_counts_on_nothing_in_dispute_and_is_judged_by_what_came() -> None:
    """Leaving disputed invoices out of the backtest would flatter it: what came of them is an error like any other."""
    documents, settlements = listed(ROWS, disputes=DISPUTE)
    found = backtest(documents, settlements, as_of=720, origins=np.array([605]), groups=1)
    assert not found.blend[0].any()
    assert found.actual[0, 0].sum() == pytest.approx(100.0)
