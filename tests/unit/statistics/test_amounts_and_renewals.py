"""Gamma-gamma, shifted beta-geometric, shrinkage: published tables, known parameters, data that settle nothing."""

import numpy as np
import pytest
from simulated_customers import regular_customers

from pipelines.statistics.customer_value import gamma_gamma, shrinkage
from pipelines.statistics.customer_value import shifted_beta_geometric as sbg
from pipelines.statistics.customer_value.estimation import Fit, NotConverged

# Fader & Hardie (2007): survivors in per cent of a cohort, after 0 to 12 renewals.
HIGH_END = np.array([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4])
REGULAR = np.array([100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3])


def fitted(found: Fit | NotConverged) -> Fit:
    assert isinstance(found, Fit), found
    return found


def spenders(count: int, p: float, q: float, v: float, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    orders = generator.integers(1, 9, count).astype(float)
    own = generator.gamma(q, size=count) / v
    return orders, generator.gamma(p * orders) / (own * orders)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "year_12", "rival"),
    [(HIGH_END, 0.668, 3.806, 0.378, 0.295), (REGULAR, 0.704, 1.182, 0.170, 0.087)],
)
def test_seven_years_of_survivors_foretell_the_twelfth(
    survivors: np.ndarray, alpha: float, beta: float, year_12: float, rival: float
) -> None:
    """The published parameters, and a constant churn that takes half of the old customers away."""
    fit = fitted(sbg.fit_survivors(survivors[:8] * 10))
    assert [round(value, 3) for value in fit.values] == [alpha, beta]
    assert round(float(sbg.survival(fit, np.array([12.0]))[0]), 3) == year_12
    assert round(sbg.constant_churn_survival(survivors[:8], 12), 3) == rival


def test_the_longer_a_customer_has_stayed_the_likelier_the_next_renewal() -> None:
    """S(t) by hand: alpha = beta = 1 gives S(t) = 1 / (t + 1), so after 3 renewals the next holds with 4/5."""
    fit = Fit("sbg", sbg.NAMES, (1.0, 1.0), (0.1, 0.1), 0.0, 1)
    assert sbg.survival(fit, np.array([0.0, 1, 3])) == pytest.approx([1, 1 / 2, 1 / 4])
    assert sbg.survival_from(fit, np.array([0.0, 3]), np.array([1.0, 1])) == pytest.approx([1 / 2, 4 / 5])
    draws = sbg.draw_renewals(fit, np.array([3.0]), draws=100_000, generator=np.random.default_rng(1))
    assert float((draws >= 1).mean()) == pytest.approx(4 / 5, abs=0.006)


@pytest.mark.parametrize(
    ("lost", "kept", "reason"),
    [
        (np.zeros(2), np.array([0.0, 5]), "nobody has left: there is no churn to learn from"),
        (np.array([3.0, 1]), np.array([2.0, 0]), "nobody has stayed: there is no renewal to learn from"),
        (np.zeros(2), np.array([4.0, 0]), "no contract has come up for renewal"),
    ],
)
def test_contracts_that_tell_nothing_give_no_rate(lost: np.ndarray, kept: np.ndarray, reason: str) -> None:
    """Nought churn in a young book is not eternal life."""
    found = sbg.fit_shifted_beta_geometric(np.array([1.0, 2]), lost, np.array([0.0, 2]), kept)
    assert isinstance(found, NotConverged)
    assert found.reason == reason


def test_one_rate_of_churn_for_all_is_found_not_to_be_two_parameters() -> None:
    """Halving at each renewal exactly: alpha and beta may be as large as one likes."""
    found = sbg.fit_survivors(np.array([1024.0, 512, 256, 128, 64]))
    assert isinstance(found, NotConverged)


def test_known_amounts_are_found() -> None:
    """p, q, v of 5,000 made customers, and their mean order v * p / (q - 1) = 30."""
    orders, means = spenders(5000, 6, 4, 15, seed=2)
    fit = fitted(gamma_gamma.fit_gamma_gamma(orders, means))
    assert (np.abs(np.log(fit.values) - np.log((6, 4, 15))) / fit.log_errors).max() < 3
    assert gamma_gamma.mean_of_all(fit) == pytest.approx(30, rel=0.05)


def test_cents_scale_the_money_parameter_and_row_order_is_irrelevant() -> None:
    """v is the only amount among the parameters."""
    orders, means = spenders(400, 6, 4, 15, seed=3)
    euros = fitted(gamma_gamma.fit_gamma_gamma(orders, means))
    cents = fitted(gamma_gamma.fit_gamma_gamma(orders, means * 100))
    assert cents.values == pytest.approx((euros["p"], euros["q"], euros["v"] * 100), rel=1e-6)
    assert gamma_gamma.fit_gamma_gamma(orders[::-1], means[::-1]) == euros


def test_an_amount_is_shrunk_as_published() -> None:
    """With the published p 6.25, q 3.74, v 15.44: two orders of 22.35 give 24.66; none gives the mean."""
    fit = Fit("gamma_gamma", gamma_gamma.NAMES, (6.249, 3.745, 15.448), (0.0,) * 3, 0.0, 946)
    amounts = gamma_gamma.expected_amount(fit, np.array([2.0, 1.0, 0.0]), np.array([22.35, 11.77, 0.0]))
    assert [round(float(a), 2) for a in amounts] == [24.66, 18.91, 35.17]


def test_amounts_that_do_not_vary_or_have_no_mean_give_no_number() -> None:
    """Zero variance is a price list, not a distribution."""
    ones = np.ones(20)
    equal = gamma_gamma.fit_gamma_gamma(ones * 2, ones * 9.99)
    assert isinstance(equal, NotConverged)
    assert "nothing varies" in equal.reason
    orders, means = spenders(3000, 3, 0.6, 15, seed=4)
    wild = gamma_gamma.fit_gamma_gamma(orders, means)
    assert isinstance(wild, NotConverged)
    assert "have no mean" in wild.reason
    with pytest.raises(ValueError, match="above zero"):
        gamma_gamma.fit_gamma_gamma(ones, ones * 0)


def test_the_gradient_of_amounts_intervals_and_renewals_is_that_of_their_likelihood() -> None:
    """A wrong gradient ends the search where there is no maximum."""
    orders, means = spenders(50, 6, 4, 15, seed=5)
    counts = np.array([10.0, 5, 2])
    for function, point in (
        (gamma_gamma._objective(orders, means), (5.0, 3.0, 20.0)),
        (shrinkage._objective(regular_customers(50, 3, 4, 6, 0.05, seed=5)), (2.0, 3.0, 5.0, 0.1)),
        (sbg._objective(np.array([1.0, 2, 3]), counts, np.array([1.0, 2, 3]), counts, 34), (0.7, 2.0)),
    ):
        at = np.log(np.array(point))
        steps = np.eye(len(at)) * 1e-5
        differences = [(function(at + step)[0] - function(at - step)[0]) / 2e-5 for step in steps]
        assert function(at)[1] == pytest.approx(differences, abs=1e-7)


def test_regular_customers_are_known_again() -> None:
    """k, a, b and the odds of leaving (0.05 / 0.95) of 2,000 made customers."""
    fit = fitted(shrinkage.fit_intervals(regular_customers(2000, 3, 4, 6, 0.05, seed=6)))
    truth = (3, 4, 6, 0.05 / 0.95)
    assert (np.abs(np.log(fit.values) - np.log(truth)) / fit.log_errors).max() < 3


def test_few_regular_customers_are_enough_for_a_rate_and_the_silent_are_doubted() -> None:
    """Twelve customers with an order a month: the one who has been silent for a year is no longer there."""
    given = regular_customers(12, 9, 30, 3.3, 0.02, seed=8)
    fit = fitted(shrinkage.fit_intervals(given))
    assert fit["k"] > 3
    by_silence = np.argsort(given.silence)
    active = shrinkage.probability_active(fit, given)
    assert active[by_silence[0]] > 0.9
    silent = shrinkage.Intervals(np.array([12.0]), np.array([12.0]), np.array([0.0]), np.array([12.0]))
    assert float(shrinkage.probability_active(fit, silent)[0]) < 0.05


def test_draws_of_regular_orders_have_about_the_expected_mean() -> None:
    """The formula takes orders ahead for Poisson, the draws for regular: within three per cent of each other."""
    given = regular_customers(300, 3, 4, 6, 0.05, seed=9)
    fit = fitted(shrinkage.fit_intervals(given))
    draws = shrinkage.draw_orders(fit, given, 12.0, draws=500, generator=np.random.default_rng(2))
    assert float(draws.mean()) == pytest.approx(float(shrinkage.expected_orders(fit, given, 12.0).mean()), rel=0.03)


def test_equal_intervals_give_no_rate_law() -> None:
    """Orders like clockwork have no distribution to be drawn from."""
    ones = np.ones(5)
    found = shrinkage.fit_intervals(shrinkage.Intervals(ones * 4, ones * 4, ones * 0, ones * 0.5))
    assert isinstance(found, NotConverged)
    assert "equal" in found.reason


def test_a_customers_amount_moves_to_the_segments_the_fewer_its_orders() -> None:
    """By hand: segment mean 100, variance between 50, within 200: one order weighs 50/250, four weigh 200/400."""
    amounts = shrinkage.Amounts(mean=100, between=50, within=200)
    shrunk = shrinkage.expected_amount(amounts, np.array([0.0, 1, 4]), np.array([0.0, 150, 150]))
    assert shrunk == pytest.approx([100, 110, 125])


def test_variances_of_amounts_are_those_of_the_analysis_of_variance() -> None:
    """Two customers with two orders each, (8, 12) and (28, 32): within 8, and own means 10 and 30 differ by
    400 / 2 = 200 + 200, less 8, over the 2 orders of each: 196."""
    amounts = shrinkage.fit_amounts(np.array([2.0, 2]), np.array([10.0, 30]), np.array([8.0, 8]))
    assert isinstance(amounts, shrinkage.Amounts)
    assert (amounts.mean, amounts.within, amounts.between) == pytest.approx((20, 8, 196))


def test_equal_amounts_are_the_segments_amount() -> None:
    """Zero variance, which gamma-gamma must refuse, is what shrinkage is surest of."""
    amounts = shrinkage.fit_amounts(np.array([2.0, 3]), np.array([10.0, 10]), np.zeros(2))
    assert amounts == shrinkage.Amounts(10.0, 0.0, 0.0)
    assert isinstance(shrinkage.fit_amounts(np.zeros(1), np.zeros(1), np.zeros(1)), NotConverged)


@pytest.mark.parametrize("log_odds", [-np.inf, -700.0, -1.0])
def test_a_silence_beyond_all_doubles_leaves_the_likelihood_finite(log_odds: float) -> None:
    """The search passes through parameters that no company has; a run must not stop because it looked there."""
    silent = shrinkage.Intervals(
        np.array([3.0, 4.0]), np.array([3.0, 4.2]), np.array([-0.1, -0.2]), np.array([6000.0, 1.0])
    )
    value, gradient = shrinkage._objective(silent)(np.array([6.0, 8.0, 8.0, log_odds]))
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))
