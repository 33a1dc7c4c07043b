"""Payment timing of any list of invoices: what `plumbline payments` computes, as values. Prints nothing.

Belongs here: the order of the steps, scores of the backtest, words for input that gives no number. Does not: chances
(`pipelines.statistics`), reading files (`pipelines.invoices`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.invoices import Invoices
from pipelines.statistics.cash.calibration import Band, band_of, pinball, widened
from pipelines.statistics.cash.company_frames import EPOCH
from pipelines.statistics.cash.rolling import HORIZON, PATHS, Backtest, backtest, rolling_origins, time_documents
from pipelines.statistics.cash.simulation import simulate
from pipelines.statistics.payment_timing.blending import blended
from pipelines.statistics.payment_timing.documents import Flags, Floats
from pipelines.transactions import TransactionsError

BURN_IN, JUDGED = 26, 39
"""The first origins, at most half of them, only teach weights and bands; the others judge them."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a method did with open invoices over the judged origins. Ratios are sums over sums; None where nothing came.
    Coverage and pinball: of the method with bands alone."""

    method: str
    origins: int
    weekly_wape: float | None
    first_week_wape: float | None
    four_week_wape: float | None
    bias: float | None
    mase: float | None
    coverage: float | None = None
    uncorrected_coverage: float | None = None
    pinball: float | None = None


@dataclass(frozen=True, slots=True)
class ExpectedWeek:
    """Receipts expected in one week of what is open, with a band of 80%, and by due dates alone."""

    week_on: date
    week_end_on: date
    expected: float
    low: float
    high: float
    by_due_date: float


@dataclass(frozen=True, slots=True)
class PaymentTiming:
    """What was known on the evening of `as_of`. `later`: expected after the weeks shown."""

    as_of: date
    invoices: int
    customers: int
    open_invoices: int
    open_amount: float
    later: float
    weeks: tuple[ExpectedWeek, ...]
    scores: tuple[Score, ...]


def time_payments(given: Invoices, *, as_of: date | None, horizon: int = 6) -> PaymentTiming:
    """Backtest and expected receipts on the evening of `as_of`, else of the last day in the list. Scores are over the
    first `horizon` weeks and empty where the list is too short. Raises TransactionsError where nothing was invoiced."""
    documents, settlements = given.documents(), given.settlements()
    day = as_of or given.last_day()
    evening = (day - EPOCH).days
    if not (documents.issued <= evening).any():
        first = EPOCH + timedelta(days=int(documents.issued.min()))
        raise TransactionsError(f"--as-of {day}: nothing was invoiced by then; the first invoice is of {first}")
    origins = rolling_origins(documents, as_of=evening, count=BURN_IN + JUDGED + horizon)
    found = backtest(documents, settlements, as_of=evening, origins=origins, groups=1)
    weeks = evening + 7 * np.arange(1, HORIZON + 1)
    timed = time_documents(documents, settlements, origin=evening, ends=weeks, groups=1)
    open_amount = timed.known.open_amount[timed.of]
    shares = blended(timed.model, timed.due, found.next_weights)
    paths = simulate(
        timed.money(documents, shares),
        timed.dependence,
        groups=1,
        paths=10 * PATHS,
        generator=np.random.default_rng([7, evening]),
    ).astype(np.float64)
    expected = np.diff(open_amount @ shares, prepend=0.0)
    by_due = np.diff(open_amount @ timed.due, prepend=0.0)
    drawn = band_of(np.diff(paths[0], axis=1, prepend=0.0), axis=0)
    floor = np.full(HORIZON, 0.01 + 0.01 * float(expected.sum()))
    band = widened(drawn, found.next_reach[:, 0], found.next_reach[:, 1], floor=floor)
    return PaymentTiming(
        as_of=day,
        invoices=len(timed.known.seen),
        customers=int(np.unique(documents.party[timed.known.seen]).size),
        open_invoices=len(timed.of),
        open_amount=float(open_amount.sum()),
        later=float(open_amount.sum() - expected.sum()),
        weeks=tuple(
            ExpectedWeek(
                week_on=day + timedelta(days=7 * week + 1),
                week_end_on=day + timedelta(days=7 * week + 7),
                expected=float(expected[week]),
                low=float(max(band.low[week], 0.0)),
                high=float(band.high[week]),
                by_due_date=float(by_due[week]),
            )
            for week in range(HORIZON)
        ),
        scores=_scores(found, horizon) if len(origins) else (),
    )


def _scores(found: Backtest, horizon: int) -> tuple[Score, ...]:
    """Of origins whose first `horizon` weeks have all passed, after those that only teach."""
    passed = np.isfinite(found.actual[:, 0, :horizon]).all(axis=1)
    judged = np.flatnonzero(passed)
    judged = judged[max(len(judged) - JUDGED, min(BURN_IN, len(judged) // 2)) :]
    if not len(judged):
        return ()
    is_judged = np.zeros(len(found.origins), dtype=np.bool_)
    is_judged[judged] = True
    rows = [
        _score(method, projected, found, is_judged, horizon)
        for method, projected in (
            ("payment_history", found.blend),
            ("habits", found.model),
            ("due_date", found.due),
            ("seasonal_naive", found.naive),
        )
    ]
    actual = found.actual[is_judged][:, 0, :horizon]
    band, drawn = (_part(given, is_judged, horizon) for given in (found.band, found.drawn))
    losses = [pinball(actual, side, level) for side, level in ((band.low, 0.1), (band.middle, 0.5), (band.high, 0.9))]
    first = {
        **asdict(rows[0]),
        "coverage": float(_inside(actual, band).mean()),
        "uncorrected_coverage": float(_inside(actual, drawn).mean()),
        "pinball": float(np.mean(losses)),
    }
    return (Score(**first), *rows[1:])


def _part(band: Band, rows: Flags, horizon: int) -> Band:
    return Band(*(side[rows][:, 0, :horizon] for side in (band.low, band.middle, band.high)))


def _inside(actual: Floats, band: Band) -> Flags:
    return np.asarray((actual >= band.low) & (actual <= band.high), dtype=np.bool_)


def _score(method: str, projected: Floats, found: Backtest, rows: Flags, horizon: int) -> Score:
    expected, actual, naive = (part[rows][:, 0, :horizon] for part in (projected, found.actual, found.naive))
    error = np.abs(expected - actual)
    month = min(4, horizon)
    return Score(
        method=method,
        origins=int(rows.sum()),
        weekly_wape=_ratio(error.sum(), actual.sum()),
        first_week_wape=_ratio(error[:, 0].sum(), actual[:, 0].sum()),
        four_week_wape=_ratio(
            np.abs(expected[:, :month].sum(axis=1) - actual[:, :month].sum(axis=1)).sum(), actual[:, :month].sum()
        ),
        bias=_ratio((expected - actual).sum(), actual.sum()),
        mase=_ratio(error.sum(), np.abs(naive - actual).sum()),
    )


def _ratio(numerator: float, denominator: float) -> float | None:
    return float(numerator / denominator) if denominator > 0 else None


def summary(found: PaymentTiming, given: Invoices, *, file: str) -> dict[str, object]:
    """Everything for a script: plain values, ready for JSON."""
    return {
        "file": file,
        "rows": given.rows,
        "amount": float(given.amount),
        "set_aside": [
            {"reason": part.reason, "rows": part.rows, "amount": float(part.amount or 0), "first_row": part.first_row}
            for part in given.set_aside
        ],
        "as_of": found.as_of.isoformat(),
        "invoices": found.invoices,
        "customers": found.customers,
        "open_invoices": found.open_invoices,
        "open_amount": found.open_amount,
        "expected_later": found.later,
        "weeks": [
            {**asdict(week), "week_on": week.week_on.isoformat(), "week_end_on": week.week_end_on.isoformat()}
            for week in found.weeks
        ],
        "backtest": [asdict(score) for score in found.scores],
    }
