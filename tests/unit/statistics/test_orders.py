"""What counts as an order, and what the models are told of it: worked by hand on a handful of transactions."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipelines.statistics.customer_value.orders import came_after, order_days, orders_until
from pipelines.statistics.customer_value.regimes import FEW, OWN_PAST_RATE, REPEAT, best, judge, regime
from pipelines.statistics.customer_value.valuing import ORDER_MODELS, AmountModel, Horizon, fit_amounts, value_customers

START = date(2026, 1, 1)


def transactions(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """Customer, day of the year from 0, amount."""
    return pl.DataFrame(
        [(customer, START + timedelta(days=day), amount) for customer, day, amount in rows],
        schema={"customer": pl.String, "day": pl.Date, "amount": pl.Float64},
        orient="row",
    )


def buyers(count: int, *, seed: int) -> pl.DataFrame:
    """Customers with a rate, a mean amount and a moment of leaving of their own, over two years."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        first, rate, stays = generator.uniform(0, 300), generator.gamma(1.5) / 30, generator.exponential(1)
        stays = stays * 250 / generator.gamma(1.2)
        later = first + generator.uniform(0, stays, generator.poisson(rate * stays))
        mean = 200 / generator.gamma(5) * 4
        rows += [
            (f"c{number:04d}", int(day), round(float(mean * generator.gamma(4) / 4), 2))
            for day in [first, *later]
            if day < 730
        ]
    return transactions(*rows)


def test_a_day_is_one_order_and_a_return_is_none() -> None:
    """a: 10 on day 0, 5 + 3 on day 14, -2 on day 20 and a free order on day 28. b gave everything back; c only returns.

    a ordered again twice, last after 28 of 42 days (4 of 6 weeks); its repeat orders brought (8 - 2 + 0) / 2 = 3.
    """
    days = order_days(
        transactions(
            ("a", 0, 10), ("a", 14, 5), ("a", 14, 3), ("a", 20, -2), ("a", 28, 0), ("b", 3, 7), ("b", 3, -7),
            ("c", 5, -4)
        )
    )  # fmt: skip
    orders = orders_until(days, START + timedelta(days=42), unit_days=7)
    assert orders.customers.to_list() == ["a"]
    history = orders.histories
    assert (history.frequency[0], history.recency[0], history.age[0]) == (2, 4, 6)
    assert orders.repeat_amount[0] == pytest.approx(3)
    assert orders.all_amount[0] == pytest.approx(16 / 3)
    assert orders.squares[0] == pytest.approx(56)  # 10, 8 and 0 about their mean of 6: 16 + 4 + 36
    assert orders.intervals.total_log[0] == pytest.approx(2 * np.log(2))  # both intervals took two weeks
    assert orders.intervals.silence[0] == 2


def test_what_comes_later_is_not_seen_before() -> None:
    """Poison the future: orders, returns and new customers after the day change nothing that is known on it."""
    past = transactions(("a", 0, 10), ("a", 7, 10), ("b", 3, 5))
    future = transactions(("a", 30, 1e9), ("a", 31, -1e9), ("d", 30, 5), ("b", 22, 5))
    until = START + timedelta(days=21)
    known = orders_until(order_days(past), until, unit_days=7)
    poisoned = orders_until(order_days(pl.concat([past, future])), until, unit_days=7)
    assert poisoned.customers.to_list() == known.customers.to_list() == ["a", "b"]
    assert poisoned.repeat_amount.tolist() == known.repeat_amount.tolist()
    assert poisoned.histories.age.tolist() == known.histories.age.tolist()


def test_what_came_is_counted_for_the_customers_that_were_known() -> None:
    """a ordered once more for 4 and gave back 1; d is new and nobody's forecast."""
    days = order_days(transactions(("a", 0, 10), ("b", 1, 2), ("a", 30, 4), ("a", 35, -1), ("d", 31, 9), ("a", 60, 8)))
    orders = orders_until(days, START + timedelta(days=21), unit_days=7)
    counts, amounts = came_after(days, orders, after=START + timedelta(days=21), until=START + timedelta(days=40))
    assert (counts.tolist(), amounts.tolist()) == ([1, 0], [3, 0])


def test_regularity_tells_the_clock_from_chance() -> None:
    """k of the intervals of 2,000 customers whose rates differ widely: 1 by chance, 4 where orders have four stages."""
    generator = np.random.default_rng(4)
    for k in (1, 4):
        rows = []
        for number in range(2000):
            steps = generator.gamma(k, size=3) * 400 / k * generator.uniform(0.3, 1)
            rows += [(f"c{number}", int(at), 1.0) for at in np.concatenate(([0], np.cumsum(steps)))]
        orders = orders_until(order_days(transactions(*rows)), date(2060, 1, 1), unit_days=1)
        assert orders.regularity == pytest.approx(k, rel=0.12)


def test_few_customers_are_a_regime_of_their_own() -> None:
    """A hundred who ordered again is where the rule says repeat."""
    assert regime(orders_until(order_days(buyers(90, seed=1)), date(2028, 1, 1), unit_days=7)) == FEW
    assert regime(orders_until(order_days(buyers(400, seed=1)), date(2028, 1, 1), unit_days=7)) == REPEAT


@pytest.mark.parametrize(("name", "count"), [("bg_nbd", 600), ("pareto_nbd", 600), ("shrinkage", 60)])
def test_values_are_discounted_increments_within_their_band(name: str, count: int) -> None:
    """Undiscounted, value is orders times amount; discounted, by less than the whole horizon's rate; the
    band of four fifths holds what came for about as many customers, and more where nothing is the likeliest."""
    days = order_days(buyers(count, seed=2))
    orders = orders_until(days, date(2027, 6, 1), unit_days=7)
    model = ORDER_MODELS[name]
    fit = model.fit(orders)
    amounts = fit_amounts(orders, shrunk=name == "shrinkage")
    assert isinstance(amounts, AmountModel)
    plain = value_customers(model, fit, amounts, orders, Horizon(24, 365.25 / 84, 0))  # type: ignore[arg-type]
    assert plain.value == pytest.approx(plain.orders * plain.amount)
    discounted = value_customers(model, fit, amounts, orders, Horizon(24, 365.25 / 84, 0.1))  # type: ignore[arg-type]
    factor = discounted.value / plain.value
    assert 1.1**-2 < factor.min() <= factor.max() < 1.1 ** (-1 / 12)
    assert (discounted.low <= discounted.high).all()
    near = value_customers(model, fit, amounts, orders, Horizon(6, 365.25 / 84, 0))  # type: ignore[arg-type]
    _, came = came_after(days, orders, after=date(2027, 6, 1), until=date(2027, 12, 1))
    assert 0.7 < np.mean((near.low <= came + 1e-9) & (came - 1e-9 <= near.high)) < 0.98
    assert ((plain.active >= 0) & (plain.active <= 1)).all()
    again = value_customers(model, fit, amounts, orders, Horizon(24, 365.25 / 84, 0.1))  # type: ignore[arg-type]
    assert again.low.tolist() == discounted.low.tolist(), "the same data, the same band"


def test_one_month_ahead_is_discounted_by_one_month() -> None:
    """By hand: at 21% a year a month's orders count for 1.21^(-1/12)."""
    orders = orders_until(order_days(buyers(600, seed=2)), date(2027, 6, 1), unit_days=7)
    model = ORDER_MODELS["bg_nbd"]
    fit, amounts = model.fit(orders), fit_amounts(orders)
    assert isinstance(amounts, AmountModel)
    values = value_customers(model, fit, amounts, orders, Horizon(1, 365.25 / 84, 0.21))  # type: ignore[arg-type]
    assert values.value == pytest.approx(values.orders * values.amount * 1.21 ** (-1 / 12))


def test_amounts_of_zero_or_less_are_shrunk_by_variances_instead() -> None:
    """A loss on every order is no gamma variable; it must not be dropped, nor taken for a gain."""
    rows = pl.concat([buyers(200, seed=3), transactions(("loss", 0, 5), ("loss", 9, 1), ("loss", 20, -60))])
    orders = orders_until(order_days(rows), date(2028, 1, 1), unit_days=7)
    amounts = fit_amounts(orders)
    assert isinstance(amounts, AmountModel)
    assert amounts.name == "shrinkage"
    assert amounts.why_not is not None
    assert "1 of " in amounts.why_not
    assert "zero or less" in amounts.why_not


def test_the_rival_stands_beside_every_model_and_the_better_model_is_chosen() -> None:
    """The rival's forecast by hand; the choice is the smaller error over all holdouts."""
    days = order_days(buyers(600, seed=5))
    found = judge(
        days, ("bg_nbd", "pareto_nbd"), origin=date(2027, 3, 1), until=date(2027, 9, 1), unit_days=7, has_amounts=True
    )
    by_model = {holdout.model: holdout for holdout in found}
    assert list(by_model) == [OWN_PAST_RATE, "bg_nbd", "pareto_nbd"]
    orders = orders_until(days, date(2027, 3, 1), unit_days=7)
    age = orders.histories.age
    assert by_model[OWN_PAST_RATE].orders.expected == pytest.approx(
        float((orders.histories.frequency / age * (184 / 7)).sum())
    )
    assert abs(by_model["bg_nbd"].orders.total_error or 0) < abs(by_model[OWN_PAST_RATE].orders.total_error or 0)
    errors = {name: by_model[name].orders.mean_absolute_error for name in ("bg_nbd", "pareto_nbd")}
    assert best(("bg_nbd", "pareto_nbd"), found) == min(errors, key=errors.__getitem__)
    assert best(("bg_nbd", "pareto_nbd"), []) == "bg_nbd"
