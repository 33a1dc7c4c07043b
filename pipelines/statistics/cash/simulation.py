"""Paths of money paid: every document draws when it is paid, and documents of one counterparty and of one time do not
draw independently.

A document is paid by period h where its score is at most Phi^-1(chance to be paid by h). The score is
sqrt(common) Z + sqrt(own) Z_party + the rest of its own, all standard normal: a one-factor copula in two levels. The
largest documents draw singly. Of the others, all that a counterparty owes moves as its conditional expectation given
the two factors, read from a table of factor values; what they scatter about it is drawn at once, from its exact
covariance over the periods. Counterparties beyond the largest share the common factor only, and the scatter of their
own factor is in that covariance.

Belongs here: draws. Does not: chances, calibration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pipelines.statistics.payment_timing.documents import Floats, Ints

Halves = NDArray[np.float32]
"""Paths are in single precision: half the memory, and far finer than what they are drawn from."""
SINGLE_DOCUMENTS, SINGLE_PARTIES = 600, 1500
"""So many of the largest draw by themselves; the rest is grouped."""
_NODES = np.linspace(-4.5, 4.5, 37)
_STEP = float(_NODES[1] - _NODES[0])
_MASS = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Dependence:
    """Share of a score's variance that is common to all documents of a group, and to those of one counterparty."""

    common: float
    own: float

    @property
    def rest(self) -> float:
        return 1.0 - self.common - self.own


@dataclass(frozen=True, slots=True)
class OpenMoney:
    """Documents to simulate: place of the group, of the counterparty, the amount, and chance to be paid by the end of
    each period (documents x periods, never falling)."""

    group: Ints
    party: Ints
    amount: Floats
    paid_by: Floats


def simulate(
    money: OpenMoney,
    dependence: Dependence,
    *,
    groups: int,
    paths: int,
    generator: np.random.Generator,
    single_documents: int = SINGLE_DOCUMENTS,
    single_parties: int = SINGLE_PARTIES,
) -> Halves:
    """Money paid up to the end of each period: groups x paths x periods."""
    periods = money.paid_by.shape[1]
    paid = np.zeros((groups, paths, periods), dtype=np.float32)
    thresholds = ndtri(np.clip(money.paid_by, 0.0, 1.0)).astype(np.float32)
    common = generator.standard_normal((groups, paths), dtype=np.float32)
    order = np.argsort(-money.amount, kind="stable")
    singles, small = order[:single_documents], order[single_documents:]
    drawn = _party_factors(money, singles=singles, small=small, most=single_parties, paths=paths, generator=generator)
    for document in singles:
        group = int(money.group[document])
        score = np.float32(np.sqrt(dependence.common)) * common[group]
        score += np.float32(np.sqrt(dependence.own)) * drawn[int(money.party[document])]
        score += np.float32(np.sqrt(dependence.rest)) * generator.standard_normal(paths, dtype=np.float32)
        paid[group] += np.float32(money.amount[document]) * (score[:, None] <= thresholds[document][None, :])
    if len(small):
        _add_grouped(
            paid,
            money,
            small,
            thresholds=thresholds,
            dependence=dependence,
            common=common,
            drawn=drawn,
            generator=generator,
        )
    return paid


def _party_factors(
    money: OpenMoney, *, singles: Ints, small: Ints, most: int, paths: int, generator: np.random.Generator
) -> dict[int, Halves]:
    """A factor for each counterparty of a single document, and for those that owe most in small ones."""
    named = {int(party) for party in money.party[singles]}
    parties, row = np.unique(money.party[small], return_inverse=True)
    owed = np.bincount(row, money.amount[small], minlength=len(parties))
    named |= {int(party) for party in parties[np.argsort(-owed, kind="stable")][:most]}
    return {party: generator.standard_normal(paths, dtype=np.float32) for party in sorted(named)}


def _add_grouped(
    paid: Halves,
    money: OpenMoney,
    small: Ints,
    *,
    thresholds: Halves,
    dependence: Dependence,
    common: Halves,
    drawn: dict[int, Halves],
    generator: np.random.Generator,
) -> None:
    """Small documents: expectation given the factors, and their scatter about it."""
    groups, paths, periods = paid.shape
    # A unit is what one counterparty owes to one group.
    key = money.group[small] * (int(money.party.max()) + 1) + money.party[small]
    units, unit_of = np.unique(key, return_inverse=True)
    unit_group, unit_party = units // (int(money.party.max()) + 1), units % (int(money.party.max()) + 1)
    is_drawn = np.array([int(party) in drawn for party in unit_party])
    shared = dependence.common + dependence.own
    table, scatter = _given_factor(
        money,
        small,
        thresholds,
        unit_of=unit_of,
        unit_group=unit_group,
        groups=groups,
        factor=shared,
        rest=dependence.rest,
    )
    for unit in np.flatnonzero(is_drawn):
        group = int(unit_group[unit])
        factor = np.float32(np.sqrt(dependence.common)) * common[group]
        factor += np.float32(np.sqrt(dependence.own)) * drawn[int(unit_party[unit])]
        node = np.clip(
            np.rint((factor / np.float32(np.sqrt(shared) or 1.0) - np.float32(_NODES[0])) / np.float32(_STEP)),
            0,
            len(_NODES) - 1,
        ).astype(np.int64)
        paid[group] += table[unit][node]
    others = np.flatnonzero(~is_drawn)
    if len(others):
        # Their own factor is averaged out of the expectation and added to the scatter.
        pooled = np.zeros((groups, len(_NODES), periods), dtype=np.float64)
        weight = np.sqrt(dependence.common / shared) if shared > 0 else 0.0
        spread = np.sqrt(dependence.own / shared) if shared > 0 else 0.0
        moved = weight * _NODES[:, None] + spread * _NODES[None, :]
        near = np.clip(np.rint((moved - _NODES[0]) / _STEP), 0, len(_NODES) - 1).astype(np.int64)
        for unit in others:
            seen = table[unit].astype(np.float64)[near]
            mean = np.einsum("m,kmp->kp", _MASS, seen)
            pooled[unit_group[unit]] += mean
            about = seen[len(_NODES) // 2] - mean[len(_NODES) // 2]
            scatter[unit_group[unit]] += np.einsum("m,mp,mq->pq", _MASS, about, about)
        for group in range(groups):
            node = np.clip(np.rint((common[group] - _NODES[0]) / _STEP), 0, len(_NODES) - 1).astype(np.int64)
            paid[group] += pooled[group].astype(np.float32)[node]
    for group in range(groups):
        values, vectors = np.linalg.eigh(scatter[group])
        root = (vectors * np.sqrt(np.maximum(values, 0.0))).astype(np.float32)
        paid[group] += generator.standard_normal((paths, periods), dtype=np.float32) @ root.T


def _given_factor(
    money: OpenMoney,
    small: Ints,
    thresholds: Halves,
    *,
    unit_of: Ints,
    unit_group: Ints,
    groups: int,
    factor: float,
    rest: float,
) -> tuple[Halves, Floats]:
    """Expected money per unit, value of its factor and period; covariance of what scatters, per group, over periods."""
    periods = thresholds.shape[1]
    table = np.zeros((len(unit_group), len(_NODES), periods), dtype=np.float32)
    scatter = np.zeros((groups, periods, periods))
    own_rest = np.float32(np.sqrt(max(rest, 1e-6)))
    order = np.argsort(unit_of, kind="stable")
    for start in range(0, len(order), _CHUNK):
        part = order[start : start + _CHUNK]
        documents, unit = small[part], unit_of[part]
        amount = money.amount[documents].astype(np.float32)
        here, first = np.unique(unit, return_index=True)
        chance = np.empty((len(_NODES), len(part), periods), dtype=np.float32)
        for place, node in enumerate(_NODES):
            chance[place] = ndtr((thresholds[documents] - np.float32(np.sqrt(factor) * node)) / own_rest)
            table[here, place] += np.add.reduceat(amount[:, None] * chance[place], first, axis=0)
        for group in np.unique(unit_group[unit]):
            mine = unit_group[unit] == group
            mean, product = np.zeros(periods), np.zeros((periods, periods))
            for place, mass in enumerate(_MASS):
                weighed = amount[mine, None] * chance[place, mine]
                mean += mass * (amount[mine] @ weighed)
                product += mass * (weighed.T @ weighed)
            # Paid by the earlier of two periods is paid by both.
            scatter[group] += mean[np.minimum.outer(np.arange(periods), np.arange(periods))] - product
    return table, scatter
