"""What a report says, as values: cards, charts, tables, sentences. Mail, text, PDF and workbook are written from it.

Belongs here: the blocks and how they are filled from a Reading. Does not: markup, files, mail servers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from company.metric_plans import Unit
from dashboards import answers, cash_answers, narrative
from dashboards.figures import paper, paper_bars, paper_lines
from dashboards.filters import Range, months_before
from dashboards.format import Display
from dashboards.metrics import UnavailableMetricError
from dashboards.reading import Reading

Cell = str | Decimal | int | date | None
CellUnit = Unit | Literal["amount"]
"""How a cell is written; `amount` is money whose currency another column or the heading says."""


@dataclass(frozen=True, slots=True)
class Card:
    """One metric: its value as a number and as text, and its change against the comparison."""

    metric: str
    label: str
    unit: Unit
    value: Decimal | None
    text: str
    change: str
    is_good: bool | None
    target: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as Vega-Lite, with the words for those who do not see it."""

    key: str
    title: str
    alt: str
    spec: paper.Spec


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and the kind of its cells."""

    label: str
    unit: CellUnit | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with typed cells; `texts` are the same cells as a reader sees them."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    totals: frozenset[int] = frozenset()
    """Places of the rows that are totals."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its sentence and blocks."""

    key: str
    title: str
    sentence: str
    cards: tuple[Card, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    says_something: bool = True
    """False where a section of exceptions found none."""
    starts_page: bool = False


@dataclass(frozen=True, slots=True)
class ReportContent:
    """A whole report of one version and period."""

    name: str
    title: str
    company: str
    period_key: str
    """The logical period (a day, an ISO week, a month): one mail per report, period and recipient."""
    period: str
    as_of: date
    version: str
    currency: str
    headline: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    """What to know about the data: checks, quarantine, held rows, stale sources."""

    @property
    def says_something(self) -> bool:
        """Whether any section has something to say."""
        return any(section.says_something for section in self.sections)


def card(reading: Reading, metric: str) -> Card:
    """One metric's card, with the same texts as on the pages."""
    definition = reading.definition(metric)
    now, before = reading.value(metric), reading.before(metric)
    change = reading.display.change(now, before, definition.unit)
    is_good = None
    if now is not None and before is not None and now != before and change and not change.startswith("±"):
        is_good = (now > before) == (definition.good == "up")
    return Card(
        metric,
        reading.display.say(definition.label),
        definition.unit,
        now,
        reading.display.short(now, definition.unit),
        narrative.compared(change, reading.filters.comparison_words, reading.display) if change else "",
        is_good,
        narrative.of_target(now, reading.target(metric), definition.unit, reading.display),
    )


def cards(reading: Reading, metrics: Sequence[str]) -> tuple[Card, ...]:
    """Cards of the metrics that this version holds."""
    return tuple(card(reading, metric) for metric in metrics if reading.has(metric))


def table(
    reading: Reading,
    *,
    key: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    totals: Sequence[int] = (),
) -> Table:
    """A table with its texts in the reader's locale."""
    return Table(
        key,
        title,
        tuple(columns),
        tuple(tuple(row) for row in rows),
        tuple(tuple(_text(reading, cell, column) for cell, column in zip(row, columns, strict=True)) for row in rows),
        frozenset(totals),
    )


def trend_chart(reading: Reading, metric: str, *, key: str, title: str) -> Chart:
    """Thirteen months of a metric beside the prior year and the target."""
    definition = reading.definition(metric)
    last = reading.filters.now.last
    shown = answers.trend(reading, metric, Range(months_before(last, 12), last))
    say = reading.display.say
    lines: dict[str, Sequence[Decimal | None]] = {say(definition.label): shown.now, say("Prior year"): shown.prior_year}
    if shown.has_target:
        lines[say("Target")] = shown.target
    text = _writer(reading, definition.unit)
    known = [(month, value) for month, value in zip(shown.months, shown.now, strict=True) if value is not None]
    alt = narrative.headed(title, say("no data"), reading.display)
    if known:
        (first, start), (end, finish) = known[0], known[-1]
        alt = say(
            "{title}: {start} in {first}, {finish} in {end}",
            title=title, start=text(start), first=reading.display.month(first),
            finish=text(finish), end=reading.display.month(end),
        )  # fmt: skip
    return Chart(
        key,
        title,
        alt,
        paper_lines.trend(
            shown.months, lines, text=_drawn(reading, text), day_text=_drawn(reading, reading.display.month)
        ),
    )


def amounts_chart(
    reading: Reading, amounts: Mapping[str, Decimal], *, key: str, title: str, signed: bool = False
) -> Chart:
    """Amounts by member as ranked bars."""
    text, say = _writer(reading, "money"), reading.display.say
    parts = narrative.listed([f"{name} {text(value)}" for name, value in amounts.items()], reading.display)
    alt = narrative.headed(title, parts or say("nothing to show"), reading.display)
    return Chart(key, title, alt, paper_bars.ranked(amounts, text=_drawn(reading, text), signed=signed))


def bridge_chart(reading: Reading, bridge: answers.Bridge, *, key: str, title: str, ends: tuple[str, str]) -> Chart:
    """The steps from one amount to another, which add up to the cent; the words are in the reader's language."""
    text = _writer(reading, "money")
    rows = [(ends[0], bridge.start), *bridge.steps, (ends[1], bridge.end)]
    parts = narrative.listed([f"{name} {text(amount)}" for name, amount in rows], reading.display)
    alt = narrative.headed(title, parts, reading.display)
    return Chart(
        key, title, alt, paper_bars.bridge(bridge.steps, start=rows[0], end=rows[-1], text=_drawn(reading, text))
    )


def outlook_chart(reading: Reading, *, key: str, title: str) -> Chart:
    """The weeks of cash ahead."""
    ahead = cash_answers.outlook(reading)
    text, say = _writer(reading, "money"), reading.display.say
    flows = {say(layer): amounts for layer, amounts in cash_answers.largest_layers(ahead.flows).items()}
    spec = paper_lines.outlook(
        ahead.weeks,
        flows,
        ahead.balance,
        text=_drawn(reading, text),
        day_text=_drawn(reading, reading.display.day),
        balance_text=say("Balance"),
    )
    alt = narrative.headed(title, say("nothing to show"), reading.display)
    if ahead.weeks:
        first, last = reading.display.day(ahead.weeks[0]), reading.display.day(ahead.weeks[-1])
        alt = say(
            "{title}: {start} after the week of {first}, {finish} after that of {last}",
            title=title, start=text(ahead.balance[0]), first=first, finish=text(ahead.balance[-1]), last=last,
        )  # fmt: skip
    return Chart(key, title, alt, spec)


def data_notes(reading: Reading) -> tuple[str, ...]:
    """What a reader should know of the data behind the numbers, as far as their access holds it."""
    manifest, say = reading.manifest, reading.display.say
    notes = [narrative.stated(manifest.checks, reading.display)]
    notes += [say("Warning: {text}", text=warning.message or warning.name) for warning in manifest.checks.warnings]
    if count := count_rows(reading, "operations.fct_quarantined_rows"):
        notes.append(quarantined_words(count, reading.display))
    if count := count_rows(reading, "operations.fct_held_rows"):
        notes.append(held_words(count, reading.display))
    stale = [source.name for source in manifest.sources if source.stale]
    if stale:
        notes.append(say("Older than promised: {names}.", names=narrative.listed(stale, reading.display)))
    return tuple(notes)


def quarantined_words(count: int, display: Display) -> str:
    """How many rows could not be read, and what that means."""
    return display.say_count(
        "{count} row is in quarantine: it could not be read and is in no number.",
        "{count} rows are in quarantine: they could not be read and are in no number.",
        count,
    )


def held_words(count: int, display: Display) -> str:
    """How many rows were read and count in no total, and why."""
    return display.say_count(
        "{count} row is held: it lacks a rate or a class and is in no number in money.",
        "{count} rows are held: they lack a rate or a class and are in no number in money.",
        count,
    )


def count_rows(reading: Reading, relation: str) -> int:
    """Rows of a published table; none where the reader's file does not hold it."""
    try:
        return int(reading.rows(f"select count(*) as rows from {relation}")["rows"][0].as_py())
    except UnavailableMetricError:
        return 0


def movers_table(reading: Reading, dimension: str, label: str, *, key: str, title: str, most: int = 8) -> Table:
    """Who moved gross margin most, and the rest, so that the rows add up to the change."""
    parts, say = answers.movers(reading, dimension), reading.display.say
    rows: list[tuple[Cell, ...]] = [(part.name, part.amount) for part in parts[:most]]
    rest = parts[most:]
    if rest:
        others = reading.display.say_count("{count} other", "{count} others", len(rest))
        rows.append((others, sum((part.amount for part in rest), Decimal(0))))
    rows.append((say("All"), sum((part.amount for part in parts), Decimal(0))))
    columns = [Column(label), Column(say("Change"), "money")]
    return table(reading, key=key, title=title, columns=columns, rows=rows, totals=[len(rows) - 1])


def _writer(reading: Reading, unit: Unit) -> Any:
    return lambda value: reading.display.short(value, unit)


def _drawn(reading: Reading, write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: reading.display.drawn(write(value))


def _text(reading: Reading, cell: Cell, column: Column) -> str:
    if cell is None:
        return reading.display.value(None, "money")
    if isinstance(cell, date):
        return reading.display.day(cell)
    if isinstance(cell, Decimal | int):
        if column.unit == "amount":
            return reading.display.locale.number(Decimal(cell), decimals=2)
        if column.unit is not None:
            return reading.display.value(Decimal(cell), column.unit)
    return reading.display.name(str(cell))
