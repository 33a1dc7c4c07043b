"""Paths of payments, bands and their correction, and what no document tells yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from invoice_lists import listed

from pipelines.statistics.cash.baseline import Billing, billing, payments_to_come, total_forecasts, weekly_forecasts
from pipelines.statistics.cash.calibration import Band, band_of, pinball, reach, rolling_reach, scores, widened
from pipelines.statistics.cash.rolling import estimate_dependence
from pipelines.statistics.cash.simulation import Dependence, OpenMoney, simulate
from pipelines.statistics.payment_timing.documents import as_known


def _money(size: int, parties: int, *, periods: int = 13, seed: int = 1) -> OpenMoney:
    generator = np.random.default_rng(seed)
    weeks = generator.gamma(2.0, 3.0, size)
    paid_by = 1 - np.exp(-np.arange(1, periods + 1)[None] / np.maximum(weeks, 0.3)[:, None])
    party = generator.integers(0, parties, size)
    return OpenMoney(party % 3, party, generator.lognormal(7.0, 1.2, size), paid_by)


def test_paths_are_right_on_average() -> None:
    """Dependence moves the tails of cash, never its expectation."""
    money = _money(800, 90)
    expected = np.stack(
        [(money.amount[money.group == g, None] * money.paid_by[money.group == g]).sum(axis=0) for g in range(3)]
    )
    for dependence in (Dependence(0.0, 0.0), Dependence(0.1, 0.3)):
        for single in (0, 100, 800):
            paths = simulate(
                money,
                dependence,
                groups=3,
                paths=6000,
                generator=np.random.default_rng(2),
                single_documents=single,
                single_parties=20,
            )
            assert np.allclose(paths.mean(axis=1), expected, rtol=0.02)


@pytest.mark.parametrize("dependence", [Dependence(0.0, 0.0), Dependence(0.05, 0.25)])
def test_grouped_documents_have_the_quantiles_of_documents_drawn_one_by_one(dependence: Dependence) -> None:
    """The short cut for a hundred thousand small invoices must not make the company look safer than it is."""
    money = _money(2000, 400)
    full, grouped = (
        simulate(
            money, dependence, groups=3, paths=20_000, generator=np.random.default_rng(seed), single_documents=single
        ).sum(axis=0)
        for seed, single in ((5, 2000), (6, 60))
    )
    # Of the whole company, at each week: tenth, middle and ninetieth hundredths within one in a hundred; and the width
    # of the band, which small documents alone make up where nothing moves together.
    exact, short = (np.quantile(paths, [0.1, 0.5, 0.9], axis=0) for paths in (full, grouped))
    assert np.max(np.abs(short / exact - 1)) < 0.01
    assert np.max(np.abs((short[2] - short[0]) / (exact[2] - exact[0]) - 1)) < 0.05


def test_documents_that_move_together_widen_the_band() -> None:
    """Independent draws let every delay be made good by another: bands that are much too narrow."""
    money = _money(500, 20)
    widths = []
    for dependence in (Dependence(0.0, 0.0), Dependence(0.2, 0.3)):
        paths = simulate(money, dependence, groups=3, paths=4000, generator=np.random.default_rng(3))
        low, high = np.quantile(paths.sum(axis=0)[:, 3], [0.1, 0.9])
        widths.append(high - low)
    assert widths[1] > 1.8 * widths[0]


def test_counterparties_that_pay_together_are_found_out() -> None:
    """Dependence is learned from payments, not set by taste."""
    generator = np.random.default_rng(4)
    together, apart = [], []
    for week in range(120):
        shared = int(generator.integers(0, 30))
        for party in range(6):
            due = 7 * week + 40
            together.append((party, due - 30, due, 100.0, due + shared))
            apart.append((party, due - 30, due, 100.0, due + int(generator.integers(0, 30))))
    found = []
    for rows in (together, apart):
        documents, settlements = listed(rows)
        known = as_known(documents, settlements, origin=5000, history_days=10_000)
        found.append(estimate_dependence(documents, known).common)
    assert found[0] > 0.4
    assert found[1] < 0.1


def test_nothing_open_gives_paths_of_nothing() -> None:
    """A company without open documents has no band, not an error."""
    empty = OpenMoney(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 4)))
    paths = simulate(empty, Dependence(0.1, 0.1), groups=2, paths=10, generator=np.random.default_rng(1))
    assert paths.shape == (2, 10, 4)
    assert not paths.any()


def test_a_band_that_missed_is_widened_to_where_eight_of_ten_lay() -> None:
    """The correction is counted from past misses, and by hand."""
    band = Band(np.full(100, 90.0), np.full(100, 100.0), np.full(100, 110.0))
    actual = np.linspace(50.5, 149.5, 100)  # evenly from 50 to 150: the band of 20 holds a fifth of it
    given = scores(actual, band, floor=np.full(100, 0.01))
    below, above = reach(given)
    # 10% of 101 steps from either end of -4.95 .. 4.95 in widths of a side.
    assert below == pytest.approx(4.0, abs=0.1)
    assert above == pytest.approx(4.0, abs=0.1)
    corrected = widened(band, below, above, floor=np.full(100, 0.01))
    assert 0.79 <= ((actual >= corrected.low) & (actual <= corrected.high)).mean() <= 0.82


def test_a_correction_knows_earlier_origins_only_and_waits_for_enough_of_them() -> None:
    """A band corrected by what it is judged on would always hold."""
    given = np.concatenate([np.full((30, 1, 1), 0.5), np.full((30, 1, 1), 3.0)])
    origins = np.arange(60)
    is_known = (origins[None, :, None] < origins[:, None, None]) & np.ones((1, 1, 1), dtype=np.bool_)
    found = rolling_reach(given, is_known=is_known, window=60)
    assert found[10, 0].tolist() == [1.0, 1.0]  # ten scores are too few
    assert found[30, 0, 1] == pytest.approx(0.5)  # what came from the thirtieth on is not known yet
    assert found[59, 0, 1] == pytest.approx(3.0)


def test_pinball_weighs_misses_by_the_quantile() -> None:
    """Being below the ninetieth hundredth costs nine times what being above it does."""
    assert pinball(np.array([110.0, 90.0]), np.array([100.0, 100.0]), 0.9).tolist() == pytest.approx([9.0, 1.0])
    assert band_of(np.arange(101.0)[:, None], axis=0).high.tolist() == pytest.approx([90.0])


def test_billing_is_paid_as_billing_was_paid_so_far() -> None:
    """What is invoiced next month is cash of the month after: the lag is counted, not assumed."""
    # 100 a week, half of it paid after 14 days and half after 28, on the days that billing is spread over.
    rows = []
    for week in range(60):
        day = 7 * week + 1
        rows += [(0, day, day + 14, 50.0, day + 14), (0, day, day + 14, 50.0, day + 28)]
    documents, settlements = listed(rows)
    given = billing(documents, settlements, origin=420, groups=1, weeks=60)
    assert given.weekly[0, -26:].tolist() == [100.0] * 26
    assert np.flatnonzero(given.paid_after[0]).tolist() == [14, 28]
    assert given.paid_after[0, [14, 28]].tolist() == pytest.approx([0.5, 0.5])
    even = replace(given, calendar=np.ones((1, 31)), weekdays=np.ones((1, 7)))
    ahead = payments_to_come(even, np.full((1, 6), 100.0), 6, parts=np.array([0]))
    assert ahead[0].tolist() == pytest.approx([0, 0, 50, 50, 100, 100])


def _firsts_of_months(first: str, end: str) -> list[int]:
    return [int(day) for day in np.arange(first, end, dtype="datetime64[M]").astype("datetime64[D]").astype(int)]


def test_what_is_not_billed_yet_is_expected_from_what_was_known() -> None:
    """Bills and payments after the origin, a hundred times as large, must change nothing."""
    rows = [(0, day, day + 14, 50.0, day + 14 + day % 9) for day in range(1, 500, 3)]
    documents, settlements = listed(rows)
    later, paid_later = documents.issued > 420, settlements.day > 420
    poisoned = replace(documents, amount=np.where(later, 100 * documents.amount, documents.amount))
    fooled = replace(
        settlements,
        day=np.where(paid_later, 421, settlements.day),
        amount=np.where(paid_later, 100 * settlements.amount, settlements.amount),
    )
    both = (
        billing(documents, settlements, origin=420, groups=1, weeks=60),
        billing(poisoned, fooled, origin=420, groups=1, weeks=60),
    )
    for name in ("weekly", "calendar", "paid_after", "weekdays"):
        assert np.array_equal(*(getattr(one, name) for one in both)), name


def test_who_bills_on_the_first_of_a_month_is_expected_to_do_so_again() -> None:
    """Rent spread evenly over the weeks is wrong in every week: too much in three, too little in one."""
    documents, settlements = listed([(0, day, day, 100.0, day) for day in _firsts_of_months("2024-01", "2026-01")])
    origin = (
        int(documents.issued.max()) + 30
    )  # the last day of 2025; 1 January is in the first week after, 1 February in the fifth
    given = billing(documents, settlements, origin=origin, groups=1, weeks=104)
    # Of the last 728 days: 23 documents in 700 days since the first of them. (23 x 700 / 23 + 12 x 1) / (23 + 12).
    assert given.calendar[0, 0] == pytest.approx(712 / 35)
    assert given.calendar[0, 1:].tolist() == pytest.approx([12 / 35] * 30)
    level = total_forecasts(given, np.array([True]), 8)
    assert level["seasonal_naive"].tolist() == pytest.approx([100 * 12 / 52] * 8, rel=0.2)
    ahead = payments_to_come(given, np.full((1, 8), 100 * 12 / 52), 8, parts=np.array([0]))[0]
    assert set(np.argsort(ahead)[-2:].tolist()) == {0, 4}
    assert ahead[[0, 4]].min() > 3 * np.delete(ahead, [0, 4]).max()
    assert ahead.sum() == pytest.approx(8 * 100 * 12 / 52, rel=0.15)


def test_who_pays_on_one_weekday_is_expected_to_pay_on_no_other() -> None:
    """A payment run that is spread over the week before it is money that the bank does not have."""
    # 10 a day, paid at the first day divisible by seven from ten days after.
    rows = [(0, day, day + 10, 10.0, day + 10 + -(day + 10) % 7) for day in range(1, 365)]
    documents, settlements = listed(rows)
    given = billing(documents, settlements, origin=364, groups=1, weeks=52)
    # What is of day 354 or earlier is paid by day 364, all on one weekday: (354 x 7 + 12 x 1) / (354 + 12).
    assert given.weekdays[0].tolist() == pytest.approx([(354 * 7 + 12) / 366, *[12 / 366] * 6])
    ahead = payments_to_come(replace(given, calendar=np.ones((1, 31))), np.full((1, 4), 70.0), 4, parts=np.array([0]))
    # The runs ahead are on days 371, 378 ..: the first pays nothing new, the second what is of day 365 to 368.
    assert ahead[0, 0] < 1
    assert ahead[0].tolist() == pytest.approx([0, 40, 70, 70], abs=3)


def test_billing_made_even_over_the_month_is_the_same_every_week() -> None:
    """A year before, the same week held other days of the month."""
    documents, settlements = listed([(0, day, day, 100.0, day) for day in _firsts_of_months("2023-01", "2026-01")])
    given = billing(documents, settlements, origin=int(documents.issued.max()) + 30, groups=1, weeks=156)
    evenly = total_forecasts(given, np.array([True]), 13)["seasonal_naive"]
    lumpy = weekly_forecasts(given.weekly[0], 13)["seasonal_naive"]
    assert lumpy.max() == pytest.approx(100.0)
    assert evenly.max() < 35
    assert evenly.min() > 12


def test_parts_share_the_total_as_they_did_in_the_last_half_year() -> None:
    """Entities must add up to the company, in every forecast."""
    weekly = np.array([[30.0] * 60, [10.0] * 60])
    given = Billing(0, weekly, np.ones((2, 31)), np.tile([1.0, 0.0], (2, 1)), np.ones((2, 7)))
    ahead = payments_to_come(given, np.array([[80.0, 80.0]]), 2, parts=np.array([0, 0]))
    assert ahead.ravel().tolist() == pytest.approx([60.0, 60.0, 20.0, 20.0])


def test_forecasts_of_a_series_are_what_each_method_is() -> None:
    """Seasonal naive repeats last year to the week; the median is no worse than its worst member anywhere."""
    season = 100 + 50 * np.sin(np.arange(156) * 2 * np.pi / 52)
    found = weekly_forecasts(season, 13)
    assert found["seasonal_naive"].tolist() == season[-52:-39].tolist()
    members = np.stack([found[name] for name in ("seasonal_naive", "exponential_smoothing", "theta")])
    assert np.allclose(found["median"], np.median(members, axis=0))
    assert all(np.isfinite(values).all() and (values >= 0).all() for values in found.values())


@pytest.mark.parametrize("series", [np.zeros(100), np.full(100, 7.0), np.array([0.0, 3.0, 5.0])])
def test_a_series_that_says_nothing_is_carried_at_its_mean(series: np.ndarray) -> None:
    """No history, one value for ever, three weeks: a mean, never a NaN or an error of a library."""
    mean = series[series.nonzero()[0][0] :].mean() if series.any() else 0.0
    assert weekly_forecasts(series, 4)["median"].tolist() == pytest.approx([mean] * 4)
