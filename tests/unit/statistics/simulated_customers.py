"""Customers whose law is known, because these tests made them: the oracle of the models of customer value."""

import numpy as np

from pipelines.statistics.customer_value.histories import Histories, histories
from pipelines.statistics.customer_value.shrinkage import Intervals


def bg_nbd_customers(count: int, r: float, alpha: float, a: float, b: float, *, seed: int, late: int = 0) -> Histories:
    """Customers of BG/NBD, order by order; `late` = 1 lets them leave after the first order too (MBG/NBD)."""
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        rate, leaves = generator.gamma(r) / alpha, generator.beta(a, b)
        watched = generator.uniform(20, 60)
        orders, last, at = 0, 0.0, 0.0
        stays = not (late and generator.random() < leaves)
        while stays:
            at += generator.exponential(1 / rate)
            if at > watched:
                break
            orders, last = orders + 1, at
            stays = generator.random() >= leaves
        rows.append((orders, last, watched))
    return histories(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)))


def pareto_nbd_customers(count: int, r: float, alpha: float, s: float, beta: float, *, seed: int) -> Histories:
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        rate, leaves = generator.gamma(r) / alpha, generator.gamma(s) / beta
        watched = generator.uniform(20, 60)
        until = min(watched, generator.exponential(1 / leaves))
        moments = generator.uniform(0, until, generator.poisson(rate * until))
        rows.append((len(moments), moments.max(initial=0), watched))
    return histories(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)))


def regular_customers(count: int, k: float, a: float, b: float, leaving: float, *, seed: int) -> Intervals:
    """Customers with gamma intervals who are watched for 24 units from their first order."""
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        rate, at, steps = generator.gamma(a) / b, 0.0, []
        while generator.random() >= leaving:
            step = generator.gamma(k) / rate
            if at + step > 24:
                break
            at += step
            steps.append(step)
        rows.append((len(steps), at, float(np.log(steps).sum()), 24 - at))
    return Intervals(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)))
