"""Maximum likelihood with its own doubts: several starts, then convergence and identifiability are checked.

Belongs here: the search, the checks, the two results of a fit. Does not: any likelihood; models bring theirs.
Every parameter of these models is positive, so the search runs over logarithms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats]]
"""From the logarithms of the parameters to the negative mean log likelihood and its gradient."""

FARTHEST = 16.0
"""A logarithm beyond this is a parameter on its way to zero or infinity; models measure in units of their own data."""
WIDEST_ERROR = 2.0
"""Largest standard error of a logarithm: a parameter that is known only within a factor of seven is not known."""
UNKNOWN_ERROR = 7.0
"""From here on, a factor of a thousand, the factor says nothing either."""
FLATTEST = 1e-6
"""Largest gradient of the mean log likelihood that counts as none."""
STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters at the maximum. Errors are those of the parameters' logarithms: 0.1 is about ten per cent."""

    model: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    log_errors: tuple[float, ...]
    log_likelihood: float
    customers: int

    def __getitem__(self, name: str) -> float:
        return self.values[self.names.index(name)]


@dataclass(frozen=True, slots=True)
class NotConverged:
    """A fit that ended without parameters, and why, in words for the reader of a page."""

    model: str
    reason: str
    customers: int


def maximise(
    model: str,
    names: tuple[str, ...],
    objective: Objective,
    starts: Sequence[Sequence[float]],
    *,
    customers: int,
    rehearsal: Objective | None = None,
) -> Fit | NotConverged:
    """The best of several searches, refined by Newton's steps, and refused where the data do not settle a parameter.

    `starts` are parameters, not logarithms. `rehearsal` is the same likelihood on a part of the data: where given, the
    starts compete on it, and only the winner is carried on to the whole.
    """
    bounds = [(-FARTHEST, FARTHEST)] * len(names)
    best: Floats | None = None
    lowest = np.inf
    for start in starts:
        found = minimize(
            rehearsal or objective,
            np.log(np.asarray(start, dtype=np.float64)),
            jac=True,
            method="TNC",
            bounds=bounds,
            options={"maxfun": 500, "ftol": 1e-11, "gtol": 1e-7},
        )
        if np.isfinite(found.fun) and found.fun < lowest:
            best, lowest = np.asarray(found.x, dtype=np.float64), float(found.fun)
    if best is None:
        return NotConverged(model, "the likelihood is not finite at any start", customers)
    point, value, gradient = _refine(objective, rehearsal or objective, best)
    curvature = _curvature(objective, point)
    return _judge(
        model,
        names,
        point=point,
        value=value,
        gradient=gradient,
        curvature=curvature,
        customers=customers,
    )


def _refine(objective: Objective, rehearsal: Objective, point: Floats) -> tuple[Floats, float, Floats]:
    """Newton's steps from `point` while they lower the objective. A part of the data tells the curvature well enough
    for a step, at a fraction of the cost; where to stop is told by the whole."""
    value, gradient = objective(point)
    curvature = _curvature(rehearsal, point)
    for _ in range(20):
        if float(np.max(np.abs(gradient))) < 1e-9 or not np.all(np.linalg.eigvalsh(curvature) > 0):
            break
        step = np.linalg.solve(curvature, gradient)
        size = float(np.max(np.abs(step)))
        trial = np.clip(point - step * min(1.0, 1.0 / size), -FARTHEST, FARTHEST)
        trial_value, trial_gradient = objective(trial)
        if not np.isfinite(trial_value) or trial_value > value + 1e-12:
            break
        moved = float(np.max(np.abs(trial - point)))
        point, value, gradient = trial, trial_value, trial_gradient
        if moved < 1e-8:
            break
        if moved > 0.1:
            curvature = _curvature(rehearsal, point)
    return point, value, gradient


def _curvature(objective: Objective, point: Floats) -> Floats:
    """Second derivatives from central differences of the analytic gradient."""
    count = len(point)
    rows = np.empty((count, count))
    for place in range(count):
        shift = np.zeros(count)
        shift[place] = STEP
        rows[place] = (objective(point + shift)[1] - objective(point - shift)[1]) / (2 * STEP)
    return (rows + rows.T) / 2


def _judge(
    model: str,
    names: tuple[str, ...],
    *,
    point: Floats,
    value: float,
    gradient: Floats,
    curvature: Floats,
    customers: int,
) -> Fit | NotConverged:
    with np.errstate(over="ignore"):
        told = dict(zip(names, np.exp(point), strict=True))
    runaway = [name for name, at in zip(names, point, strict=True) if abs(at) > FARTHEST - 1]
    if runaway:
        listed = ", ".join(f"{name} = {told[name]:.3g}" for name in runaway)
        return NotConverged(
            model, f"no maximum: the likelihood still rises where the search ends ({listed} and going)", customers
        )
    if not np.isfinite(value) or float(np.max(np.abs(gradient))) > FLATTEST:
        return NotConverged(model, "no maximum: the likelihood is not flat where the search ends", customers)
    if not np.all(np.linalg.eigvalsh(curvature) > 1e-12):
        return NotConverged(
            model, "not identified: other parameters explain the data as well (the likelihood is a ridge)", customers
        )
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)) / customers)
    vague = [
        f"{name} could be anything"
        if error > UNKNOWN_ERROR
        else f"{name} is known only within a factor of {np.exp(error):.2g}"
        for name, error in zip(names, errors, strict=True)
        if error > WIDEST_ERROR
    ]
    if vague:
        return NotConverged(model, f"not identified: {'; '.join(vague)}", customers)
    return Fit(
        model=model,
        names=names,
        values=tuple(float(v) for v in np.exp(point)),
        log_errors=tuple(float(e) for e in errors),
        log_likelihood=-value * customers,
        customers=customers,
    )
