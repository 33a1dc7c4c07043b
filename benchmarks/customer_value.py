"""Fits of customer value as measured tasks, on customers made here; `lifetimes` on the same ones where it is installed.

`lifetimes` is no dependency: it is archived, and asks for libraries that nothing else here needs. Install it beside the
benchmark to see the comparison.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Stopwatch

Floats = NDArray[np.float64]


def has_lifetimes() -> bool:
    return find_spec("lifetimes") is not None


def made_customers(count: int) -> tuple[Floats, Floats, Floats]:
    """Repeat orders, day of the last, days watched: customers of BG/NBD, watched for a month to two years."""
    generator = np.random.default_rng(1)
    rate, leaves = generator.gamma(0.8, 1 / 40, count), generator.beta(0.8, 2.5, count)
    watched = generator.integers(30, 730, count).astype(float)
    orders, last, at = np.zeros(count), np.zeros(count), np.zeros(count)
    here = np.arange(count)
    while len(here):
        at[here] += generator.exponential(1 / rate[here])
        here = here[at[here] <= watched[here]]
        day = np.ceil(at[here])
        orders[here] += day > last[here]
        last[here] = day
        here = here[generator.random(len(here)) >= leaves[here]]
    return orders, np.minimum(last, watched), watched


def fit(watch: Stopwatch, model: str, customers: int) -> dict[str, Any]:
    """One model on so many customers; imports are not in the figure, because a run makes them once."""
    from pipelines.statistics.customer_value.bg_nbd import fit_bg_nbd
    from pipelines.statistics.customer_value.gamma_gamma import fit_gamma_gamma
    from pipelines.statistics.customer_value.histories import histories
    from pipelines.statistics.customer_value.pareto_nbd import fit_pareto_nbd

    orders, last, watched = made_customers(customers)
    if model == "gamma_gamma":
        generator = np.random.default_rng(2)
        x = orders[orders > 0]
        means = generator.gamma(6 * x) / (x * generator.gamma(4, 1 / 15, len(x)))
        with watch.running():
            found = fit_gamma_gamma(x, means)
    else:
        given = histories(orders, last, watched)
        with watch.running():
            found = (fit_bg_nbd if model == "bg_nbd" else fit_pareto_nbd)(given)
    return {"customers": customers, "result": str(found)}


def fit_lifetimes(watch: Stopwatch, customers: int) -> dict[str, Any]:
    """BG/NBD by `lifetimes` on the same customers."""
    import lifetimes  # type: ignore[import-not-found]  # optional, as said above

    orders, last, watched = made_customers(customers)
    with watch.running():
        found = lifetimes.BetaGeoFitter().fit(orders, last, watched)
    return {"customers": customers, "result": str(dict(found.params_))}
