"""The levels of a bridge: where each step from one amount to another begins and ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate


def levels(
    steps: Sequence[tuple[str, Decimal]], *, start: tuple[str, Decimal], end: tuple[str, Decimal]
) -> list[Decimal]:
    """The level before the first step and after each. They must end at `end`, to the cent.

    Raises ValueError where they do not: a bridge that does not close is a wrong chart.
    """
    found = list(accumulate((amount for _, amount in steps), initial=start[1]))
    if found[-1] != end[1]:
        raise ValueError(f"the steps from {start[0]} to {end[0]} do not add up")
    return found
