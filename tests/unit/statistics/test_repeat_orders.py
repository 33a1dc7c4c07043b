"""BG/NBD, MBG/NBD and Pareto/NBD: published figures, parameters that are known, and what a unit may not change."""

from collections.abc import Callable

import numpy as np
import pytest
from simulated_customers import bg_nbd_customers, pareto_nbd_customers

from pipelines.statistics.customer_value import bg_nbd, pareto_nbd
from pipelines.statistics.customer_value.estimation import Fit, NotConverged
from pipelines.statistics.customer_value.histories import Histories, grouped, histories

Fitter = Callable[[Histories], Fit | NotConverged]

# Fader, Hardie & Lee (2005), on the CDNOW sample; the digits are those of a refit of the published data.
CDNOW_BG = Fit("bg_nbd", bg_nbd.NAMES, (0.2425945, 4.4136019, 0.7929199, 2.4258950), (0.0,) * 4, -9582.43, 2357)
CDNOW_PARETO = Fit("pareto_nbd", pareto_nbd.NAMES, (0.5533, 10.5776, 0.6062, 11.6679), (0.0,) * 4, -9594.98, 2357)


def one(x: float, last: float, watched: float) -> Histories:
    return histories(np.array([x]), np.array([last]), np.array([watched]))


def fitted(found: Fit | NotConverged) -> Fit:
    assert isinstance(found, Fit), found
    return found


def test_the_published_customer_orders_what_was_published() -> None:
    """x = 2, t_x = 30.43, T = 38.86: 1.226 orders in the next 39 weeks, still there with 0.7266."""
    customer = one(2, 30.43, 38.86)
    assert round(float(bg_nbd.expected_orders(CDNOW_BG, customer, 39)[0]), 3) == 1.226
    assert round(float(bg_nbd.probability_active(CDNOW_BG, customer)[0]), 4) == 0.7266


def test_a_new_customer_orders_what_was_published() -> None:
    """E[X(t)] at six ages, as published with the parameters."""
    published = {0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437}
    assert {t: round(bg_nbd.expected_orders_of_new(CDNOW_BG, t), 4) for t in published} == published


def test_a_new_customers_orders_are_those_of_the_integral() -> None:
    """E[X(t)] is the mean of (1 - exp(-rate leaves t)) / leaves over both laws, here by quadrature. Of 78 weeks it is
    1.8580; the 1.8576 that is printed elsewhere is not the integral at these parameters."""
    from scipy.integrate import quad
    from scipy.stats import beta

    r, alpha, a, b = CDNOW_BG.values
    for weeks, rounded in ((32, 1.0437), (78, 1.8580)):
        integral, _ = quad(
            lambda leaves, t=weeks: (1 - (alpha / (alpha + leaves * t)) ** r) / leaves * beta.pdf(leaves, a, b),
            0,
            1,
            points=[1e-6, 1e-3],
            epsabs=1e-9,
            limit=500,
        )
        assert bg_nbd.expected_orders_of_new(CDNOW_BG, weeks) == pytest.approx(integral, abs=1e-6)
        assert round(integral, 4) == rounded


def test_pareto_agrees_with_the_hypergeometric_form_of_its_authors() -> None:
    """The same likelihood by Gauss's function, as Fader & Hardie write it, on customers of every kind."""
    from scipy.special import hyp2f1

    r, alpha, s, beta = CDNOW_PARETO.values
    for x, last, watched in ((0, 0, 39), (1, 2, 30), (2, 30.43, 38.86), (20, 35, 38), (20, 10, 38)):
        power = r + s + x
        longer, shorter = max(alpha, beta), min(alpha, beta)
        top = s + 1 if alpha > beta else r + x
        terms = [
            hyp2f1(power, top, power + 1, (longer - shorter) / (longer + t)) / (longer + t) ** power
            for t in (last, watched)
        ]
        expected = s / power * (terms[0] - terms[1])
        log_gone, _ = pareto_nbd.log_left_since_last((r, alpha, s, beta), one(x, last, watched))
        assert float(np.exp(log_gone[0])) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("objective", "point"),
    [
        (lambda h: bg_nbd._objective(grouped(h), 0), (0.5, 6.0, 0.7, 2.0)),
        (lambda h: bg_nbd._objective(grouped(h), 1), (0.5, 6.0, 0.7, 2.0)),
        (lambda h: pareto_nbd._objective(grouped(h)), (0.5, 10.0, 0.7, 12.0)),
        (lambda h: pareto_nbd._objective(grouped(h)), (0.5, 12.0, 0.7, 10.0)),
    ],
)
def test_gradients_are_those_of_the_likelihood(objective: Callable[[Histories], Fitter], point: tuple[float]) -> None:
    """A wrong gradient ends the search where there is no maximum."""
    function = objective(bg_nbd_customers(60, 0.6, 8, 0.8, 2.5, seed=1))
    at = np.log(np.array(point))
    steps = np.eye(4) * 1e-5
    differences = [(function(at + step)[0] - function(at - step)[0]) / 2e-5 for step in steps]
    assert function(at)[1] == pytest.approx(differences, abs=1e-8)


@pytest.mark.parametrize(
    ("fit", "customers", "truth"),
    [
        (bg_nbd.fit_bg_nbd, bg_nbd_customers(6000, 0.8, 6, 0.9, 2.5, seed=5), (0.8, 6, 0.9, 2.5)),
        (bg_nbd.fit_mbg_nbd, bg_nbd_customers(6000, 0.8, 6, 0.9, 2.5, seed=6, late=1), (0.8, 6, 0.9, 2.5)),
        (pareto_nbd.fit_pareto_nbd, pareto_nbd_customers(6000, 0.9, 6, 0.8, 10, seed=7), (0.9, 6, 0.8, 10)),
    ],
)
def test_known_parameters_are_found(fit: Fitter, customers: Histories, truth: tuple[float, ...]) -> None:
    """Within three of the standard errors that the fit itself states, which are neither nothing nor everything."""
    found = fitted(fit(customers))
    distances = np.abs(np.log(found.values) - np.log(truth)) / np.array(found.log_errors)
    assert distances.max() < 3
    assert 0.005 < min(found.log_errors) <= max(found.log_errors) < 0.5


@pytest.mark.parametrize(
    ("fit", "times", "customers"),
    [
        (bg_nbd.fit_bg_nbd, (1,), bg_nbd_customers(800, 0.8, 6, 0.9, 2.5, seed=8)),
        (pareto_nbd.fit_pareto_nbd, (1, 3), pareto_nbd_customers(800, 0.9, 6, 0.8, 10, seed=9)),
    ],
)
def test_weeks_as_days_scale_the_times_and_nothing_else(
    fit: Fitter, times: tuple[int, ...], customers: Histories
) -> None:
    """alpha (and beta of Pareto/NBD) are times; no other parameter may know the unit."""
    weeks = fitted(fit(customers))
    days = fitted(fit(Histories(customers.frequency, customers.recency * 7, customers.age * 7, customers.weight)))
    expected = [value * 7 if place in times else value for place, value in enumerate(weeks.values)]
    assert days.values == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("fit", "customers"),
    [
        (bg_nbd.fit_bg_nbd, bg_nbd_customers(500, 0.8, 6, 0.9, 2.5, seed=10)),
        (bg_nbd.fit_mbg_nbd, bg_nbd_customers(500, 0.8, 6, 0.9, 2.5, seed=10, late=1)),
        (pareto_nbd.fit_pareto_nbd, pareto_nbd_customers(500, 0.9, 6, 0.8, 10, seed=10)),
    ],
)
def test_row_order_is_irrelevant_and_so_is_grouping(fit: Fitter, customers: Histories) -> None:
    """The same customers in another order, or counted, give the same parameters to the last bit."""
    order = np.random.default_rng(0).permutation(500)
    columns = (customers.frequency, customers.recency, customers.age, customers.weight)
    assert fitted(fit(customers)) == fit(Histories(*(column[order] for column in columns))) == fit(grouped(customers))


@pytest.mark.parametrize(
    ("module", "fit", "customers"),
    [
        (bg_nbd, CDNOW_BG, one(3, 20, 30)),
        (bg_nbd, Fit("mbg_nbd", bg_nbd.NAMES, (0.525, 6.183, 0.891, 1.614), (0.0,) * 4, 0, 1), one(3, 20, 30)),
        (bg_nbd, CDNOW_BG, one(0, 0, 10)),
        (pareto_nbd, CDNOW_PARETO, one(3, 20, 30)),
    ],
)
def test_draws_have_the_expected_mean(module: object, fit: Fit, customers: Histories) -> None:
    """Intervals come from draws, figures from formulas: they must speak of the same orders."""
    draws = module.draw_orders(fit, customers, 39.0, draws=200_000, generator=np.random.default_rng(3))  # type: ignore[attr-defined]
    expected = float(module.expected_orders(fit, customers, 39.0)[0])  # type: ignore[attr-defined]
    error = float(draws.std()) / np.sqrt(200_000)
    assert abs(float(draws.mean()) - expected) < 4 * error


def test_leaving_at_a_rate_of_one_is_no_special_case() -> None:
    """a = 1 (and s = 1 of Pareto) divide by zero as published; the expectation passes through it smoothly."""
    customer = one(2, 30, 38)

    def orders(a: float) -> float:
        fit = Fit("bg_nbd", bg_nbd.NAMES, (0.3, 4, a, 2.5), (0.0,) * 4, 0, 1)
        return float(bg_nbd.expected_orders(fit, customer, 39)[0])

    assert orders(1.0) == pytest.approx((orders(0.999) + orders(1.001)) / 2, rel=1e-5)

    def pareto_orders(s: float) -> float:
        fit = Fit("pareto_nbd", pareto_nbd.NAMES, (0.3, 4, s, 2.5), (0.0,) * 4, 0, 1)
        return float(pareto_nbd.expected_orders(fit, customer, 39)[0])

    assert pareto_orders(1.0) == pytest.approx((pareto_orders(0.999) + pareto_orders(1.001)) / 2, rel=1e-5)


def test_a_customer_with_very_many_orders_has_a_finite_expectation() -> None:
    """The published form is infinity times nought from a few hundred orders on."""
    orders = float(bg_nbd.expected_orders(CDNOW_BG, one(3000, 38.8, 38.86), 39)[0])
    assert 500 < orders < 3100
    assert 1500 < float(pareto_nbd.expected_orders(CDNOW_PARETO, one(3000, 38.8, 38.86), 39)[0]) < 3100


@pytest.mark.parametrize("fit", [bg_nbd.fit_bg_nbd, pareto_nbd.fit_pareto_nbd])
def test_data_that_settle_nothing_give_no_number(fit: Fitter) -> None:
    """Equal customers have no heterogeneity, single orders no rate, the first day no time: each says so."""
    zero = np.zeros(50)
    equal = fit(histories(zero + 5, zero + 30, zero + 39))
    assert isinstance(equal, NotConverged)
    assert equal.reason.startswith(("no maximum", "not identified"))
    single = fit(histories(zero, zero, zero + 39))
    assert single == NotConverged(single.model, "nobody has ordered twice: there is no rate to learn from", 50)
    assert fit(histories(zero[:0], zero[:0], zero[:0])) == NotConverged(single.model, "no customer", 0)


@pytest.mark.parametrize(
    ("x", "last", "watched"), [(1, 5, 4), (-1, 0, 4), (0, 1, 4), (2, 0, 4), (float("nan"), 0, 4), (1, 1, float("inf"))]
)
def test_an_impossible_history_is_refused(x: float, last: float, watched: float) -> None:
    """A likelihood of nonsense is a number too; it must not be computed."""
    with pytest.raises(ValueError, match=r"histor|repeat"):
        one(x, last, watched)
