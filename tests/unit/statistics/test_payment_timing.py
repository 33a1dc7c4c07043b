"""When open invoices will be paid: chances by hand, and nothing known that came later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from invoice_lists import listed, made_list

from pipelines.statistics.cash.rolling import backtest, rolling_origins
from pipelines.statistics.payment_timing import lateness as module
from pipelines.statistics.payment_timing.blending import blended, due_by, model_weights, overdue_weeks
from pipelines.statistics.payment_timing.documents import NEVER, Documents, Settlements, as_known
from pipelines.statistics.payment_timing.lateness import fit_lateness, paid_by_days

HISTORY = 10_000


def _chances(documents: Documents, settlements: Settlements, *, origin: int, of: int, ends: list[int]) -> list[float]:
    known = as_known(documents, settlements, origin=origin, history_days=HISTORY)
    one = np.array([of])
    lateness = fit_lateness(documents, known, of=one)
    return [float(x) for x in paid_by_days(documents, known, lateness, of=one, ends=np.array(ends))[0]]


def test_chances_are_payments_over_documents_at_risk_shrunk_to_the_segment() -> None:
    """A forecast that cannot be worked out by hand will not be believed when it matters."""
    # Ten invoices of one customer: five paid on the due date, five ten days later, days of all weeks. One more is open.
    rows = [(0, 70 * n, 70 * n + 30, 100.0, 70 * n + 30 + (10 if n % 2 else 0)) for n in range(10)]
    rows.append((0, 1000, 1030, 100.0, None))
    documents, settlements = listed(rows)
    by_due, by_ten = _chances(documents, settlements, origin=1001, of=10, ends=[1030, 1040])
    # At risk on the due day: ten; the open one was censored long before. 5 of 10, pulled to the segment's chance, which
    # is of the same ten and pulled to everybody's, where one document stands for no knowledge.
    tail = 1 / 365
    everybody = (5 + tail) / 11
    segment = (5 + 20 * everybody) / 30
    own = (5 + 2 * segment) / 12
    # Days without a payment have a small chance left over from the tail; ten days before it are no more than 0.1%.
    assert by_due == pytest.approx(own, abs=0.01)
    last_everybody = (5 + tail) / 6
    last_own = (5 + 2 * (5 + 20 * last_everybody) / 25) / 7
    assert by_ten == pytest.approx(1 - (1 - own) * (1 - last_own), abs=0.01)


def test_an_invoice_that_is_late_already_is_expected_by_who_is_as_late() -> None:
    """The chance of a customer's usual day is gone once it has passed."""
    rows = [(0, 70 * n, 70 * n + 30, 100.0, 70 * n + 30 + (20 if n % 2 else 0)) for n in range(20)]
    rows.append((0, 2000, 2030, 100.0, None))
    documents, settlements = listed(rows)
    week_of_due = _chances(documents, settlements, origin=2029, of=20, ends=[2036])[0]
    week_after = _chances(documents, settlements, origin=2031, of=20, ends=[2038])[0]
    week_of_twenty = _chances(documents, settlements, origin=2046, of=20, ends=[2053])[0]
    assert week_of_due == pytest.approx(0.5, abs=0.08)
    assert week_after < 0.1
    assert week_of_twenty > 0.8


def test_invoices_that_stay_open_lower_the_chance_of_the_next() -> None:
    """Learning from paid invoices alone expects everything to be paid, for they all were."""
    paid = [(0, 30 * n, 30 * n + 30, 100.0, 30 * n + 30) for n in range(10)]
    stuck = [(0, 30 * n, 30 * n + 30, 100.0, None) for n in range(10)]
    last = (0, 900, 930, 100.0, None)
    with_paid_only = _chances(*listed([*paid, last]), origin=901, of=10, ends=[960])[0]
    with_stuck = _chances(*listed([*paid, *stuck, last]), origin=901, of=20, ends=[960])[0]
    assert with_paid_only > 0.85
    assert with_stuck < 0.6


def test_a_customer_that_pays_on_one_weekday_is_due_on_it() -> None:
    """A weekly payment run moves a Friday's due date into the next week."""
    # Day 7 * k is a Thursday. Due on Fridays and Tuesdays alike, it pays on the Thursday after.
    rows = []
    for n in range(12):
        due = 70 * n + 35 + (1 if n % 2 else 5)
        rows.append((0, due - 30, due, 100.0, 70 * n + 35 + 7))
    rows.append((0, 1000, 1051, 100.0, None))  # 1051 is a Friday: 7 * 150 + 1
    documents, settlements = listed(rows)
    known = as_known(documents, settlements, origin=1049, history_days=HISTORY)
    assert known.is_regular.all()
    assert known.effective_due[-1] == 1057
    before, on_the_day = _chances(documents, settlements, origin=1049, of=12, ends=[1056, 1057])
    assert before < 0.1
    assert on_the_day > 0.85


def test_nothing_that_came_later_changes_what_an_origin_expected() -> None:
    """A backtest that knows the future promises an accuracy that no customer will keep."""
    documents, settlements = made_list()
    as_of = 1100
    origins = rolling_origins(documents, as_of=as_of, count=40)[:30]
    last = int(origins[-1])
    found = backtest(documents, settlements, as_of=as_of, origins=origins, groups=2)
    # Poison: everything issued after the last origin is dropped, everything paid after it is paid at once, tenfold.
    later = settlements.day > last
    poisoned = Settlements(
        settlements.document,
        np.where(later, last + 1, settlements.day),
        np.where(later, 10 * settlements.amount, settlements.amount),
        settlements.is_payment,
    )
    amount = np.where(documents.issued > last, 1e9, documents.amount)
    due = np.where(documents.issued > last, 0, documents.due)
    disputed = np.where(np.arange(len(documents)) % 3 == 0, last + 1, NEVER)
    worse = replace(documents, due=due, amount=amount, disputed_from=disputed)
    again = backtest(worse, poisoned, as_of=as_of, origins=origins, groups=2)
    for name in ("due", "model", "blend", "naive", "weights"):
        assert np.allclose(getattr(found, name), getattr(again, name)), name
    for name in ("drawn", "band", "total_drawn", "total_band"):
        for side in ("low", "middle", "high"):
            assert np.allclose(getattr(getattr(found, name), side), getattr(getattr(again, name), side)), name
    assert not np.allclose(np.nan_to_num(found.actual), np.nan_to_num(again.actual))


def test_habits_beat_due_dates_and_bands_hold_what_they_promise() -> None:
    """On invoices whose lateness is a habit, learning it must pay; and eight of ten weeks must lie in the band."""
    documents, settlements = made_list()
    as_of = 1150
    found = backtest(
        documents, settlements, as_of=as_of, origins=rolling_origins(documents, as_of=as_of, count=70), groups=2
    )
    judged = slice(13, 66)  # 53 origins whose first four weeks have passed
    actual = found.actual[judged, :, :4]
    errors = {name: np.abs(getattr(found, name)[judged, :, :4] - actual).sum() for name in ("blend", "due")}
    assert errors["blend"] < 0.7 * errors["due"]
    inside = (actual >= found.band.low[judged, :, :4]) & (actual <= found.band.high[judged, :, :4])
    assert 0.75 <= inside.mean() <= 0.85


def test_overdue_money_is_spread_by_due_dates_over_the_weeks_it_was_late() -> None:
    """The rival must be the rule that the product had, not a straw man."""
    documents, settlements = listed([(0, 0, 30, 300.0, 48), (0, 100, 130, 90.0, None), (0, 130, 160, 60.0, None)])
    known = as_known(documents, settlements, origin=140, history_days=HISTORY)
    spread = overdue_weeks(documents, settlements, origin=140, groups=1)
    assert spread.tolist() == [3]  # 18 days late, in whole weeks
    shares = due_by(documents, known, of=np.array([1, 2]), ends=np.array([147, 154, 161]), spread=spread)
    assert np.allclose(shares, [[1 / 3, 2 / 3, 1.0], [0.0, 0.0, 1.0]])


def test_due_dates_take_over_where_they_were_clearly_better() -> None:
    """In the first week a due date can know more than habits; the blend must find out by itself."""
    generator = np.random.default_rng(1)
    actual = generator.gamma(5.0, 10.0, (30, 1, 2))
    model, due = actual.copy(), actual.copy()
    model[:, :, 0] *= 1.5  # habits are wrong in the first week
    due[:, :, 1] *= 1.5  # due dates in the second
    weights = model_weights(model, due, actual, is_known=np.ones((30, 2), dtype=np.bool_))
    assert weights.tolist() == [0.0, 1.0]
    few = model_weights(model[:5], due[:5], actual[:5], is_known=np.ones((5, 2), dtype=np.bool_))
    assert few.tolist() == [1.0, 1.0]
    shares = blended(np.array([[0.5, 0.6]]), np.array([[1.0, 1.0]]), np.array([0.0, 1.0]))
    assert shares.tolist() == [[1.0, 1.0]]  # paid by the first week is paid by the second


def test_counterparties_beyond_the_largest_are_taken_for_their_segment() -> None:
    """A hundred thousand customers must not need a hundred thousand tables, and the largest must keep their own."""
    late = [(0, 30 * n, 30 * n + 30, 1000.0, 30 * n + 50) for n in range(20)]
    prompt = [(1, 30 * n, 30 * n + 30, 10.0, 30 * n + 30) for n in range(20)]
    documents, settlements = listed([*late, *prompt, (0, 650, 680, 1000.0, None), (1, 650, 680, 10.0, None)])
    known = as_known(documents, settlements, origin=660, history_days=HISTORY)
    of = np.array([40, 41])
    whole, capped = (
        paid_by_days(
            documents, known, fit_lateness(documents, known, of=of, own_parties=most), of=of, ends=np.array([685])
        )
        for most in (10, 1)
    )
    assert capped[0, 0] == pytest.approx(whole[0, 0])
    assert whole[1, 0] > 0.85
    assert 0.3 < capped[1, 0] < 0.7


def test_chances_hold_beyond_the_days_that_are_counted() -> None:
    """An invoice a year late must neither crash the projection nor be certain."""
    documents, settlements = listed([(0, 0, 30, 100.0, 40), (0, 10, 40, 100.0, None)])
    chance = _chances(
        documents, settlements, origin=40 + module.LAST_DAY + 200, of=1, ends=[40 + module.LAST_DAY + 230]
    )
    assert 0 < chance[0] < 0.5
