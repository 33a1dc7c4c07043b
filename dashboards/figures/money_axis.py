"""Axis ticks in words of the reader's locale: Plotly's own formats know neither currencies nor locales."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal


def ticks(values: Sequence[Decimal | None], text: Callable[[Decimal], str], *, count: int = 5) -> dict[str, object]:
    """Round tick places that cover the values and zero, with their texts, as an axis of a Plotly layout.

    `text` writes one value. An empty or all-zero sequence gives the single tick 0.
    """
    known = [value for value in values if value is not None]
    low = min([Decimal(0), *known])
    high = max([Decimal(0), *known])
    if low == high:
        return {"tickvals": [0], "ticktext": [text(Decimal(0))]}
    step = _round_step((high - low) / count)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    places = [step * number for number in range(first, last + 1)]
    return {
        "tickvals": [float(place) for place in places],
        "ticktext": [text(place) for place in places],
        "range": [float(places[0]), float(places[-1]) + float(step) * 0.08],
    }


def _round_step(rough: Decimal) -> Decimal:
    """The next of 1, 2, 2.5, 5 times a power of ten that is not below `rough`."""
    power = Decimal(10) ** rough.adjusted()
    return next(power * factor for factor in map(Decimal, ("1", "2", "2.5", "5", "10")) if power * factor >= rough)
