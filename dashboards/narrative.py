"""Sentences computed from numbers, the same on page, in mail and on paper. Pure: numbers and names in, text out.

A sentence says only what its numbers say: the movement, and the members that explain it, whose amounts add up to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from company.locale import Locale
from company.metric_plans import Unit
from company.versions import CheckCounts
from dashboards.format import Display


@dataclass(frozen=True, slots=True)
class Driver:
    """One member's part of a movement."""

    name: str
    amount: Decimal


def drivers(now: Mapping[str, Decimal | None], before: Mapping[str, Decimal | None]) -> list[Driver]:
    """Each member's change, largest first. A member of one side only counts in full, so the parts add up exactly."""
    parts = [
        Driver(name, (now.get(name) or Decimal(0)) - (before.get(name) or Decimal(0)))
        for name in dict.fromkeys([*now, *before])
    ]
    return sorted((part for part in parts if part.amount != 0), key=lambda part: (-abs(part.amount), part.name))


def movement(label: str, now: Decimal | None, before: Decimal | None, unit: Unit, display: Display) -> str:
    """One metric's movement: 'Net revenue rose 8.1% to €41.2M.'"""
    if now is None:
        return display.say("{label} is not known for this period.", label=label)
    text = display.short(now, unit)
    change = display.change(now, before, unit)
    if change is None or before is None:
        return display.say("{label} was {value}.", label=label, value=text)
    if now == before:
        return display.say("{label} was unchanged at {value}.", label=label, value=text)
    sentence = "{label} rose {change} to {value}." if now > before else "{label} fell {change} to {value}."
    return display.say(sentence, label=label, change=change.lstrip("\N{LEFT-TO-RIGHT MARK}+-−±"), value=text)


def explained(parts: Sequence[Driver], unit: Unit, display: Display, *, most: int = 3) -> str:
    """The largest parts of a movement and the rest: 'Services +€0.6M, goods +€0.2M, 4 others −€0.1M'."""
    if not parts:
        return ""
    shown = [f"{display.name(part.name)} {_signed(part.amount, unit, display)}" for part in parts[:most]]
    rest = parts[most:]
    if rest:
        others = display.say_count("{count} other", "{count} others", len(rest))
        shown.append(f"{others} {_signed(sum((part.amount for part in rest), Decimal(0)), unit, display)}")
    return listed(shown, display)


def of_target(now: Decimal | None, target: Decimal | None, unit: Unit, display: Display) -> str:
    """How much of a target is reached: '93% of target €1.2M'. Empty where there is no value or no target but zero."""
    if now is None or not target:
        return ""
    part = display.locale.percent(now / target, decimals=0)
    return display.say("{part} of target {target}", part=part, target=display.short(target, unit))


def compared(change: str, comparison: str, display: Display) -> str:
    """A change with what it is against: '+8.1% vs prior year'."""
    return display.say("{change} {comparison}", change=change, comparison=display.say(comparison))


def status(now: Decimal | None, target: Decimal | None, good: str) -> Literal["good", "near", "off"]:
    """How a value stands to its target, by the metric's declared direction: reached, missed by up to a tenth, missed.

    `good` is up or down. A value or target that is not known counts as missed.
    """
    if now is None or target is None:
        return "off"
    gap = now - target if good == "up" else target - now
    if gap >= 0:
        return "good"
    return "near" if -gap <= abs(target) / 10 else "off"


def checked(checks: CheckCounts, display: Display | None = None) -> str:
    """What the checks of a version came to: '162 of 164 checks passed, 2 warned, 7 are not covered by any source'."""
    written = display or _ENGLISH
    say, number = written.say, written.locale.number
    total = checks.passed + checks.warned
    passed = number(checks.passed)
    parts = [
        written.say_count("{passed} of {count} check passed", "{passed} of {count} checks passed", total, passed=passed)
    ]
    if checks.warned:
        parts.append(say("{count} warned", count=number(checks.warned)))
    if checks.not_covered:
        one, many = "{count} is not covered by any source", "{count} are not covered by any source"
        parts.append(written.say_count(one, many, checks.not_covered))
    return listed(parts, display)


def stated(checks: CheckCounts, display: Display) -> str:
    """`checked` as a sentence of its own."""
    return display.say("{sentence}.", sentence=checked(checks, display))


def listed(parts: Sequence[str], display: Display | None) -> str:
    """Parts side by side, with the comma of the reader's language."""
    return (_COMMAS.get(display.locale.language, ", ") if display else ", ").join(parts)


def together(sentences: Sequence[str], display: Display) -> str:
    """Sentences in a row: with a space, and without one where the full stop takes its own room."""
    return ("" if display.locale.language in _FULL_WIDTH else " ").join(part for part in sentences if part)


def headed(title: str, text: str, display: Display) -> str:
    """A heading and what it is about in one line."""
    return display.say("{title}: {text}", title=title, text=text)


def because(sentence: str, why: str, display: Display) -> str:
    """A sentence and what explains it: 'Net revenue rose 8.1% to €41.2M: services +€0.6M.'"""
    return display.say("{sentence}: {why}.", sentence=sentence.rstrip(".。"), why=why) if why else sentence


_COMMAS = {"zh": "，", "fa": "، "}
_FULL_WIDTH = {"zh"}
_ENGLISH = Display(Locale("en"), "")


def _signed(amount: Decimal, unit: Unit, display: Display) -> str:
    return f"{display.sign(amount)}{display.short(abs(amount), unit)}"
