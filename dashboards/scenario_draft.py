"""A cash scenario as set with sliders: what it does to expected weeks, and the YAML that keeps it.

Belongs here: the preview on weekly amounts and the text. Does not: bands and exact days, which the next run works out
once the scenario is kept (`plumbline scenario add`). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

REVENUE_LAYERS = frozenset({"ordered", "pipeline", "baseline_receipts"})
"""What is not invoiced yet: layer `revenue` of a scenario."""

_CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Draft:
    """The sliders. Weeks are whole; shares are changes (-0.2: a fifth less); a one-off below zero is cash out."""

    receipts_weeks: int = 0
    payments_weeks: int = 0
    revenue_share: Decimal = ZERO
    payroll_share: Decimal = ZERO
    one_off: Decimal = ZERO
    one_off_on: date | None = None
    entity: str = ""

    @property
    def is_empty(self) -> bool:
        return not any((self.receipts_weeks, self.payments_weeks, self.revenue_share, self.payroll_share, self.one_off))


def preview(
    weeks: Sequence[date], flows: Mapping[str, Sequence[Decimal]], draft: Draft
) -> dict[str, tuple[Decimal, ...]]:
    """The weekly amounts by layer under a draft. What is delayed beyond the last week leaves the picture."""
    changed: dict[str, tuple[Decimal, ...]] = {}
    for layer, amounts in flows.items():
        moved = list(amounts)
        if layer == "receivables":
            moved = _later(moved, draft.receipts_weeks)
        elif layer == "payables":
            moved = _later(moved, draft.payments_weeks)
        elif layer in REVENUE_LAYERS:
            moved = [(amount * (1 + draft.revenue_share)).quantize(_CENT) for amount in moved]
        elif layer == "payroll":
            moved = [(amount * (1 + draft.payroll_share)).quantize(_CENT) for amount in moved]
        changed[layer] = tuple(moved)
    if draft.one_off and draft.one_off_on is not None:
        place = max((number for number, week in enumerate(weeks) if week <= draft.one_off_on), default=0)
        changed["one_off"] = tuple(draft.one_off if number == place else ZERO for number in range(len(weeks)))
    return changed


def as_yaml(name: str, draft: Draft) -> str:
    """The scenario file that `plumbline scenario add` takes."""
    edits = []
    if draft.receipts_weeks:
        edits.append(f"  - delay: {{days: {draft.receipts_weeks * 7}, layer: receivables}}")
    if draft.payments_weeks:
        edits.append(f"  - delay: {{days: {draft.payments_weeks * 7}, layer: payables}}")
    if draft.revenue_share:
        edits.append(f"  - scale: {{layer: revenue, by: {draft.revenue_share}}}")
    if draft.payroll_share:
        edits.append(f"  - scale: {{layer: payroll, by: {draft.payroll_share}}}")
    if draft.one_off and draft.one_off_on is not None:
        edits.append(
            f"  - add: {{layer: capex, entity: {draft.entity}, amount: {draft.one_off.quantize(_CENT)},"
            f" from: {draft.one_off_on.isoformat()}, name: one_off}}"
        )
    listed = "edits:\n" + "\n".join(edits) if edits else "edits: []"
    return f"name: {name}\n{listed}\n"


def _later(amounts: list[Decimal], weeks: int) -> list[Decimal]:
    return [*[ZERO] * min(weeks, len(amounts)), *amounts[: max(0, len(amounts) - weeks)]]
