"""The simulation of open documents as a measured task, on documents made here: grouped, beside all drawn singly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.measuring import Stopwatch

PERIODS, GROUPS, ENTITIES_OF_PARTIES = 13, 3, 12
DEPENDENCE = (0.05, 0.25)
LEVELS = (0.1, 0.5, 0.9)


def _made(documents: int) -> Any:
    """Documents of lognormal amounts, a dozen to a counterparty, paid within weeks to months."""
    from pipelines.statistics.cash.simulation import OpenMoney

    generator = np.random.default_rng(1)
    party = generator.integers(0, max(documents // ENTITIES_OF_PARTIES, 1), documents)
    weeks = np.maximum(generator.gamma(2.0, 3.0, documents), 0.3)
    paid_by = 1 - np.exp(-np.arange(1, PERIODS + 1)[None] / weeks[:, None])
    return OpenMoney(party % GROUPS, party, generator.lognormal(7.0, 1.2, documents), paid_by)


def simulate_documents(watch: Stopwatch, documents: int, paths: int, single: bool) -> dict[str, Any]:
    """So many paths; with `single` every document draws by itself. Facts: quantiles of the total."""
    from pipelines.statistics.cash.simulation import Dependence, simulate

    money = _made(documents)
    options = {"single_documents": documents} if single else {}
    with watch.running():
        drawn = simulate(
            money, Dependence(*DEPENDENCE), groups=GROUPS, paths=paths, generator=np.random.default_rng(2), **options
        )
    quantiles = np.quantile(drawn.sum(axis=0), LEVELS, axis=0)
    return {"documents": documents, "paths": paths, "quantiles": quantiles.tolist()}


def quantile_error(facts: Mapping[str, Any], exact: Mapping[str, Any]) -> float:
    """The largest relative difference of two simulations' quantiles, over levels and periods."""
    return float(np.max(np.abs(np.array(facts["quantiles"]) / np.array(exact["quantiles"]) - 1)))
