"""BG/BB on the published table of donations, and NBD: orders without anybody leaving."""

import numpy as np
import pytest
from simulated_customers import bg_nbd_customers

from pipelines.statistics.customer_value import bg_bb, bg_nbd, nbd
from pipelines.statistics.customer_value.estimation import Fit, NotConverged
from pipelines.statistics.customer_value.histories import Histories, grouped, histories

# Fader, Hardie & Shang (2010), table 2: donors by number of gifts in six years and the year of the last.
GIFTS = [6, 5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 4, 3, 2, 1, 3, 2, 1, 2, 1, 1, 0]
LAST_YEAR = [6, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 2, 2, 1, 0]
DONORS = [
    1203,
    728,
    512,
    357,
    234,
    129,
    335,
    284,
    225,
    173,
    119,
    240,
    181,
    155,
    78,
    322,
    255,
    129,
    613,
    277,
    1091,
    3464,
]


def donations() -> Histories:
    columns = (np.array(column, dtype=float) for column in (GIFTS, LAST_YEAR, [6] * 22, DONORS))
    return Histories(*columns)


def test_the_published_donors_give_the_published_parameters() -> None:
    """alpha 1.204, beta .750, gamma .657, delta 2.783 of 11,104 donors; log likelihood -33,225.6."""
    assert donations().customers == 11104
    fit = bg_bb.fit_bg_bb(donations())
    assert isinstance(fit, Fit)
    assert [round(value, 3) for value in fit.values] == [1.204, 0.750, 0.657, 2.783]
    assert round(fit.log_likelihood, 1) == -33225.6


@pytest.mark.parametrize(
    ("objective", "point"),
    [
        (bg_bb._objective(donations()), (1.0, 0.5, 0.8, 2.0)),
        (nbd._objective(grouped(bg_nbd_customers(60, 0.6, 8, 0.8, 2.5, seed=1))), (0.5, 6.0)),
    ],
)
def test_gradients_are_those_of_the_likelihood(objective, point) -> None:  # type: ignore[no-untyped-def]
    """A wrong gradient ends the search where there is no maximum."""
    at = np.log(np.array(point))
    steps = np.eye(len(at)) * 1e-5
    differences = [(objective(at + step)[0] - objective(at - step)[0]) / 2e-5 for step in steps]
    assert objective(at)[1] == pytest.approx(differences, abs=1e-8)


def test_without_leaving_a_customer_base_that_leaves_is_overstated() -> None:
    """The worth of drop-out: on customers who do leave, NBD expects far more than BG/NBD; days are 7 times weeks."""
    given = bg_nbd_customers(1500, 0.8, 6, 0.9, 2.5, seed=5)
    forever, leaving = nbd.fit_nbd(given), bg_nbd.fit_bg_nbd(given)
    assert isinstance(forever, Fit)
    assert isinstance(leaving, Fit)
    assert nbd.expected_orders(forever, given, 39).sum() > 1.3 * bg_nbd.expected_orders(leaving, given, 39).sum()
    days = nbd.fit_nbd(Histories(given.frequency, given.recency * 7, given.age * 7, given.weight))
    assert isinstance(days, Fit)
    assert days.values == pytest.approx((forever["r"], forever["alpha"] * 7), rel=1e-6)
    assert days.log_likelihood == pytest.approx(forever.log_likelihood - given.frequency.sum() * np.log(7))


def test_single_orders_give_neither() -> None:
    """No rate to learn from."""
    zero = np.zeros(9)
    assert isinstance(nbd.fit_nbd(histories(zero, zero, zero + 6)), NotConverged)
    assert isinstance(bg_bb.fit_bg_bb(histories(zero, zero, zero + 6)), NotConverged)
