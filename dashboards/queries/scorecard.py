"""Where the tension is now: acquisition, delivery, cash, control, each from a few metrics, and the worst one named.

Belongs here: how far each metric is off, and which area that makes the tense one. Does not: widgets.

A metric is off by its shortfall against its target where it has one, else by its change for the worse against the
comparison, both as a share of what it is held against: 0 where it is good, 1 at most. An amount that must not be below
zero, such as cash, is off by 1 when it is. An area is as tense as the mean of its metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dashboards.filters import Range, months_before
from dashboards.reading import Reading

ZERO, ONE = Decimal(0), Decimal(1)

AREAS: Mapping[str, tuple[str, ...]] = {
    "Acquisition": ("bookings", "win_rate", "weighted_pipeline", "customer_acquisition_cost"),
    "Delivery": ("net_revenue", "gross_margin_ratio", "net_revenue_retention", "inventory_turns"),
    "Cash": ("cash_balance", "projected_minimum_cash", "receivables_overdue", "days_sales_outstanding"),
    "Control": ("budget_variance", "match_rate", "days_to_close"),
}
_NEVER_BELOW_ZERO = frozenset({"cash_balance", "projected_minimum_cash"})
_WATCH, _ATTENTION = Decimal("0.05"), Decimal("0.15")

Level = Literal["calm", "watch", "attention"]


@dataclass(frozen=True, slots=True)
class Scored:
    """One metric of an area: its value, what it is held against, how far it is off, and its last twelve months."""

    metric: str
    now: Decimal | None
    other: Decimal | None
    target: Decimal | None
    off: Decimal
    trend: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """One part of the scorecard. `worst` is the metric that is most off, None where none is."""

    name: str
    metrics: tuple[Scored, ...]

    @property
    def tension(self) -> Decimal:
        known = [scored.off for scored in self.metrics if scored.now is not None]
        return sum(known, ZERO) / len(known) if known else ZERO

    @property
    def level(self) -> Level:
        if self.tension >= _ATTENTION:
            return "attention"
        return "watch" if self.tension >= _WATCH else "calm"

    @property
    def worst(self) -> Scored | None:
        worst = max(self.metrics, key=lambda scored: scored.off, default=None)
        return worst if worst is not None and worst.off > 0 else None


def scorecard(reading: Reading) -> tuple[Area, ...]:
    """The four areas, with the metrics that this reader's file holds; an area without any is left out."""
    areas = (
        Area(name, tuple(_scored(reading, metric) for metric in metrics if reading.has(metric)))
        for name, metrics in AREAS.items()
    )
    return tuple(area for area in areas if area.metrics)


def tense(areas: Sequence[Area]) -> Area | None:
    """The area that most needs attention; None where nothing is off."""
    worst = max(areas, key=lambda area: area.tension, default=None)
    return worst if worst is not None and worst.tension > 0 else None


def reason(reading: Reading, scored: Scored) -> str:
    """Why a metric is off, in words: 'Overdue receivables €79.6K, +51.0% vs prior year'."""
    definition, display = reading.definition(scored.metric), reading.display
    text = f"{definition.label} {display.short(scored.now, definition.unit)}"
    if scored.metric in _NEVER_BELOW_ZERO and scored.now is not None and scored.now < 0:
        return f"{text}, below zero"
    if scored.target:
        return f"{text}, {share_of_target(reading, scored)} of its target"
    change = display.change(scored.now, scored.other, definition.unit)
    words = "prior period" if reading.filters.comparison == "period" else "prior year"
    return f"{text}, {change} vs {words}" if change else text


def share_of_target(reading: Reading, scored: Scored) -> str:
    """How much of its target a metric has reached, as a percentage; empty where it has none."""
    if not scored.target:
        return ""
    return reading.display.locale.percent((scored.now or ZERO) / scored.target, decimals=0)


def off(now: Decimal | None, held_against: Decimal | None, good: str) -> Decimal:
    """How far a value is on the bad side of what it is held against, as a share of it, from 0 to 1."""
    if now is None or not held_against:
        return ZERO
    gap = held_against - now if good == "up" else now - held_against
    return min(ONE, max(ZERO, gap / abs(held_against)))


def _scored(reading: Reading, metric: str) -> Scored:
    definition = reading.definition(metric)
    now, other, target = reading.value(metric), reading.before(metric), reading.target(metric)
    if metric in _NEVER_BELOW_ZERO and now is not None and now < 0:
        far = ONE
    elif metric == "budget_variance":
        # It is a distance from plan already: held against the plan of revenue, not against last year's distance.
        plan = reading.budget("net_revenue")
        far = off(plan + now, plan, "up") if plan and now is not None else ZERO
    else:
        far = off(now, target if target is not None else other, definition.good)
    months = Range(months_before(reading.filters.now.last, 11), reading.filters.now.last)
    past = {} if reading.looks_ahead(metric) else reading.by_month(metric, months)
    trend = tuple(value for value in past.values() if value is not None)
    return Scored(metric, now, other, target, far, trend)
