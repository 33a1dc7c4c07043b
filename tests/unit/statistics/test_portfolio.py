"""A company's customers as dbt's models see them: contracts by hand, fallbacks, and what no origin may know."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipelines.statistics.customer_value.contracts import (
    constant_churn,
    contracts_until,
    expected_months,
    renewals_ahead,
)
from pipelines.statistics.customer_value.portfolio import (
    Portfolio,
    estimates,
    holdouts,
    no_estimates,
    rolling_origins,
)
from pipelines.statistics.customer_value.valuing import Horizon

AS_OF = date(2026, 6, 30)
NO_LINES = pl.DataFrame(
    schema={"customer": pl.String, "item": pl.String, "started_on": pl.Date, "ended_on": pl.Date, "monthly": pl.Float64}
)
NO_ORDERS = pl.DataFrame(
    schema={"customer": pl.String, "segment": pl.String, "cohort": pl.Date, "day": pl.Date, "amount": pl.Float64}
)


def lines(*rows: tuple[str, str, date, date | None, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=NO_LINES.schema, orient="row")


def shop(segment: str, count: int, *, seed: int) -> pl.DataFrame:
    """Orders of customers who differ in rate, in margin and in how long they stay; three years to the as-of date."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        first, rate = generator.uniform(0, 900), generator.gamma(1.5) / 45
        stays = generator.exponential(1) * 300 / generator.gamma(1.5)
        mean = 400 / generator.gamma(5)
        for at in [first, *(first + generator.uniform(0, stays, generator.poisson(rate * stays)))]:
            day = date(2023, 7, 1) + timedelta(days=int(at))
            if day <= AS_OF:
                rows.append((f"{segment}{number:04d}", segment, date(2023, 7, 1), day, mean * generator.gamma(4) / 4))
    return pl.DataFrame(rows, schema=NO_ORDERS.schema, orient="row")


def contract_book(count: int, *, seed: int) -> pl.DataFrame:
    """Yearly lines that are renewed with each customer's own probability."""
    generator = np.random.default_rng(seed)
    rows: list[tuple[str, str, date, date | None, float]] = []
    for number in range(count):
        year, month, leaves = (
            int(generator.integers(2019, 2026)),
            int(generator.integers(1, 13)),
            generator.beta(0.7, 1.8),
        )
        while date(year, month, 1) <= AS_OF:
            ends = date(year + 1, month, 1) - timedelta(days=1)
            rows.append((f"k{number:04d}", "i", date(year, month, 1), ends if ends < AS_OF else None, 100.0))
            if ends >= AS_OF or generator.random() < leaves:
                break
            year += 1
    return lines(*rows)


def test_lines_that_follow_each_other_are_one_contract() -> None:
    """a renewed twice, the second time after a gap of 20 days; b left; c came back after half a year: two contracts."""
    given = contracts_until(
        lines(
            ("a", "i", date(2024, 1, 1), date(2024, 12, 31), 10),
            ("a", "i", date(2025, 1, 20), date(2025, 12, 31), 11),
            ("a", "i", date(2026, 1, 1), None, 12),
            ("b", "i", date(2024, 1, 1), date(2024, 12, 31), 20),
            ("c", "i", date(2024, 1, 1), date(2024, 6, 30), 30),
            ("c", "i", date(2025, 1, 1), None, 31),
            ("d", "i", date(2026, 8, 1), None, 40),
        ),
        AS_OF,
    )
    assert given.customers.to_list() == ["a", "b", "c", "c"]
    assert given.passed.tolist() == [2, 0, 0, 0]
    assert given.is_running.tolist() == [True, False, False, True]
    assert given.months_into_term.tolist()[0] == 5
    assert given.monthly.tolist() == [12, 20, 30, 31]
    assert constant_churn(given) == pytest.approx(2 / 4)  # two left; two renewals were passed


def test_a_line_that_has_just_ended_is_given_a_month() -> None:
    """The renewal may be on its way: neither lost at once, nor running for ever."""
    ended = lines(("a", "i", date(2025, 6, 1), date(2026, 5, 31), 10))
    assert contracts_until(ended, date(2026, 6, 30)).is_running.tolist() == [True]
    assert contracts_until(ended, date(2026, 7, 1)).is_running.tolist() == [False]


def test_months_are_paid_until_the_renewal_and_with_its_chance_after_it() -> None:
    """By hand: five months into the term, so the renewal is after seven more; at churn 0.2, 12 months ahead bring
    6 + 6 x 0.8 = 10.8 months' payments."""
    given = contracts_until(lines(("a", "i", date(2026, 1, 1), None, 10)), AS_OF)
    assert [renewals_ahead(given, month).item() for month in (6, 7, 18, 19)] == [0, 1, 1, 2]
    plain, discounted = expected_months(given, 0.2, Horizon(12, 1, 0.1))
    assert plain.item() == pytest.approx(10.8)
    by_hand = sum((1.0 if month <= 6 else 0.8) * 1.1 ** (-month / 12) for month in range(1, 13))
    assert discounted.item() == pytest.approx(by_hand)


def test_origins_follow_each_other_back_by_whole_months() -> None:
    """The last day of a month goes to the last day of a month."""
    assert rolling_origins(AS_OF, months=6, count=2) == [
        (date(2025, 12, 31), date(2026, 6, 30)),
        (date(2025, 6, 30), date(2025, 12, 31)),
    ]


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return Portfolio(pl.concat([shop("big", 500, seed=1), shop("few", 40, seed=2)]), contract_book(300, seed=3))


@pytest.fixture(scope="module")
def judged(portfolio: Portfolio) -> pl.DataFrame:
    return holdouts(portfolio, rolling_origins(AS_OF, months=6, count=2))


def test_each_segment_gets_the_models_of_its_regime_and_one_is_chosen(
    portfolio: Portfolio, judged: pl.DataFrame
) -> None:
    """500 customers: both NBD models, the better on the holdouts chosen; 40: shrinkage; contracts: sBG."""
    found = estimates(portfolio, judged, as_of=AS_OF, horizon=Horizon(24, 365.25 / 12, 0.1))
    parts = found.group_by("method").agg(
        pl.col("regime").first(), pl.col("is_chosen").all(), pl.col("is_fallback").any(), customers=pl.len()
    )
    told = {row[0]: row[1:] for row in parts.iter_rows()}
    assert {name: row[0] for name, row in told.items()} == {
        "bg_nbd": "repeat", "pareto_nbd": "repeat", "shrinkage": "few", "sbg": "contractual"
    }  # fmt: skip
    errors = {
        name: np.average(rows["orders_mean_absolute_error"], weights=rows["customers_count"])
        for name in ("bg_nbd", "pareto_nbd")
        if (rows := judged.filter((pl.col("method") == name) & (pl.col("segment") == "big"))).height == 2
    }
    better = min(errors, key=errors.__getitem__)
    assert {name for name, row in told.items() if row[1]} == {better, "shrinkage", "sbg"}
    assert found.filter(pl.col("is_chosen") & pl.col("is_fallback")).is_empty()
    figures = found.filter(pl.col("is_chosen")).select("expected_margin", "low_margin", "high_margin", "naive_margin")
    assert figures.null_count().sum_horizontal().item() == 0
    assert figures.select(pl.all().is_finite().all()).row(0) == (True,) * 4
    assert json.loads(found.filter(pl.col("method") == "sbg")["parameters"][0]).keys() == {"alpha", "beta"}


def test_every_model_stands_beside_its_rival_and_nothing_later_is_known(
    portfolio: Portfolio, judged: pl.DataFrame
) -> None:
    """Poison everything after the first origin's end: that origin's scores of expected figures do not move."""
    rivals = judged.filter("is_naive")["method"].unique().sort().to_list()
    assert rivals == ["constant_churn", "own_past_rate"]
    origin, until = rolling_origins(AS_OF, months=6, count=2)[1]
    poison = portfolio.orders.with_columns(
        amount=pl.when(pl.col("day") > origin).then(pl.col("amount") * 1000).otherwise(pl.col("amount"))
    )
    late = portfolio.lines.with_columns(
        ended_on=pl.when(pl.col("ended_on") > origin).then(pl.lit(until)).otherwise(pl.col("ended_on"))
    )
    poisoned = holdouts(Portfolio(poison, late), [(origin, until)])
    known = judged.filter(pl.col("origin_on") == origin)
    columns = ["stream", "segment", "method", "expected_orders", "expected_margin"]
    assert poisoned.select(columns).equals(known.select(columns))
    assert poisoned["actual_margin"].sum() > known["actual_margin"].sum()


def test_a_segment_that_tells_nothing_falls_back_to_its_cohort_and_says_so() -> None:
    """By hand: two customers of one cohort, one order each, 300 and 180 in the last twelve months: 480 / 2 / 12 = 20 a
    month each, for 24 months without discount."""
    orders = pl.DataFrame(
        [
            ("a", "S", date(2025, 1, 1), date(2025, 8, 1), 300.0),
            ("b", "S", date(2025, 1, 1), date(2026, 2, 1), 180.0),
        ],
        schema=NO_ORDERS.schema,
        orient="row",
    )
    found = estimates(Portfolio(orders, NO_LINES), no_judgement(), as_of=AS_OF, horizon=Horizon(24, 365.25 / 12, 0))
    assert found["method"].to_list() == ["shrinkage", "shrinkage"]
    assert found["is_fallback"].to_list() == [True, True]
    assert found["is_chosen"].to_list() == [True, True]
    assert found["fallback_reason"][0] == "fewer than three intervals between orders"
    assert found["expected_margin"].to_list() == pytest.approx([480, 480])
    assert found["low_margin"].null_count() == 2


def no_judgement() -> pl.DataFrame:
    return holdouts(Portfolio(NO_ORDERS, NO_LINES), [(date(2025, 12, 31), AS_OF)])


def test_a_company_without_orders_has_no_rows_and_all_columns() -> None:
    """The first build of an empty checkout."""
    found = estimates(Portfolio(NO_ORDERS, NO_LINES), no_judgement(), as_of=AS_OF, horizon=Horizon(24, 30.4375, 0.1))
    assert found.is_empty()
    assert found.schema == no_estimates().schema
