"""The search and its doubts, on likelihoods whose maximum is known by hand."""

import numpy as np
import pytest

from pipelines.statistics.customer_value.estimation import Fit, Floats, NotConverged, Objective, maximise


def bowl(curvature: float, at: float = 2.0) -> Objective:
    """A parabola in the logarithm with its lowest point at `at`."""

    def objective(point: Floats) -> tuple[float, Floats]:
        away = point - np.log(at)
        return float(0.5 * curvature * (away**2).sum()), curvature * away

    return objective


def test_the_maximum_is_found_and_its_error_is_that_of_the_curvature() -> None:
    """Curvature 4 and 25 customers: the error of the logarithm is 1 / sqrt(4 x 25) = 0.1."""
    fit = maximise("m", ("p",), bowl(4.0), [[0.1], [50.0]], customers=25)
    assert isinstance(fit, Fit)
    assert fit["p"] == pytest.approx(2)
    assert fit.log_errors == pytest.approx((0.1,))


def test_a_parameter_that_is_hardly_known_is_refused_in_words() -> None:
    """Curvature 0.01 and ten customers: an error of 3.16 is a factor of 24 either way, and no number to publish."""
    found = maximise("m", ("p",), bowl(0.01), [[1.5]], customers=10)
    assert found == NotConverged("m", "not identified: p is known only within a factor of 24", 10)


def test_a_likelihood_that_rises_for_ever_is_refused_with_the_parameter_that_runs_away() -> None:
    """No maximum, however flat the slope has become."""

    def slope(point: Floats) -> tuple[float, Floats]:
        return float(np.exp(-point).sum()), -np.exp(-point)

    found = maximise("m", ("p",), slope, [[1.0]], customers=10)
    assert isinstance(found, NotConverged)
    assert found.reason.startswith(("no maximum", "not identified"))


def test_a_ridge_is_not_a_point() -> None:
    """Only the product of two parameters is known: neither is."""

    def ridge(point: Floats) -> tuple[float, Floats]:
        away = point.sum() - 1.0
        return float(away**2), np.array([2 * away, 2 * away])

    found = maximise("m", ("p", "q"), ridge, [[1.0, 1.0]], customers=10)
    assert isinstance(found, NotConverged)
    assert found.reason.startswith("not identified")


def test_the_lowest_of_two_valleys_is_taken() -> None:
    """A start in the wrong valley must not decide."""

    def valleys(point: Floats) -> tuple[float, Floats]:
        x = float(point[0])
        return (x**2 - 1) ** 2 + 0.3 * x, np.array([4 * x * (x**2 - 1) + 0.3])

    fit = maximise("m", ("p",), valleys, [[np.e], [1 / np.e]], customers=100)
    assert isinstance(fit, Fit)
    assert fit["p"] < 1
