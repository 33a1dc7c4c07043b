"""Sections on any metric: highlights, cards, trends, a metric by members of a dimension, margins, a person's text."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dashboards import answers, narrative
from dashboards.queries.margins import cause_bridge
from dashboards.reading import Reading
from dashboards.reports.content import (
    Cell,
    Column,
    Section,
    Table,
    amounts_chart,
    bridge_chart,
    cards,
    movers_table,
    table,
    trend_chart,
)
from dashboards.reports.sections.registry import Brief, kind

ADDS_UP = frozenset({"sum", "count"})


@kind("What we sold")
def highlights(brief: Brief) -> Section:
    """Revenue, margin and the low point of cash in a sentence; cards; revenue by month."""
    reading = brief.reading
    metrics = brief.metrics("net_revenue", "gross_margin", "gross_margin_ratio", "operating_margin")
    return Section(
        "highlights",
        brief.title(),
        narrative.together([answers.overview_headline(reading), _period(reading)], reading.display),
        cards=cards(reading, metrics),
        charts=(trend_chart(reading, metrics[0], key="revenue", title=reading.display.say("Net revenue by month")),),
    )


@kind("Key figures")
def kpis(brief: Brief) -> Section:
    """Cards of the given metrics with change and target, and the first one's movement in words."""
    reading = brief.reading
    shown = [metric for metric in brief.asked.metrics if reading.has(metric)]
    sentences = [answers.moved(reading, shown[0]), _period(reading)] if shown else []
    sentence = narrative.together(sentences, reading.display)
    return Section("kpis", brief.title(), sentence, cards=cards(reading, shown))


@kind("Trends")
def trends(brief: Brief) -> Section:
    """A chart by month for each of the given metrics, beside the prior year and the target."""
    reading, say = brief.reading, brief.reading.display.say
    shown = [metric for metric in brief.asked.metrics if reading.has(metric)]
    labels = {metric: say(reading.definition(metric).label) for metric in shown}
    return Section(
        "trends",
        brief.title(),
        narrative.together([answers.moved(reading, metric) for metric in shown], reading.display),
        charts=tuple(
            trend_chart(reading, metric, key=f"trend_{metric}", title=say("{metric} by month", metric=labels[metric]))
            for metric in shown
        ),
    )


@kind("Breakdown")
def breakdown(brief: Brief) -> Section:
    """A metric by the members of a dimension: now, before, change; the rows add up where the metric does."""
    reading = brief.reading
    metric, by = brief.metrics("net_revenue")[0], brief.asked.by or "region"
    label = reading.display.say(reading.definition(metric).label)
    shown = members_table(reading, metric, by, key=f"{metric}_{by}", most=brief.rows(10))
    return Section(
        f"breakdown_{metric}_{by}",
        brief.title(f"{reading.definition(metric).label} by {by.replace('__name', '').replace('_', ' ')}"),
        answers.moved(reading, metric, label=label),
        tables=(shown,),
    )


@kind("What we kept")
def margins(brief: Brief) -> Section:
    """How far the margin moved, in points and in money: by cause where that is known, by category, by customer."""
    reading, say = brief.reading, brief.reading.display.say
    movers = {part.name: part.amount for part in answers.movers(reading, "category")[:8]}
    title = say("Change in gross margin by item category")
    charts = [amounts_chart(reading, movers, key="movers", title=title, signed=True)]
    if causes := cause_bridge(reading):
        steps = tuple((say(cause), amount) for cause, amount in causes.steps)
        title = say("Gross margin by cause")
        ends = (say("Before"), say("Now"))
        charts.insert(0, bridge_chart(reading, replace(causes, steps=steps), key="causes", title=title, ends=ends))
    return Section(
        "margins",
        brief.title(),
        answers.margins_headline(reading),
        charts=tuple(charts),
        tables=(
            movers_table(
                reading,
                "customer__name",
                say("Customer"),
                key="customers",
                title=say("Customers that moved gross margin most"),
                most=brief.rows(8),
            ),
        ),
    )


@kind("Commentary")
def commentary(brief: Brief) -> Section:
    """A text that a person wrote in plumbline.yaml."""
    return Section("commentary", brief.title(), brief.asked.text or "", says_something=False)


def members_table(reading: Reading, metric: str, by: str, *, key: str, most: int) -> Table:
    """A metric by member, now and before, largest first, the rest in one row where amounts add up."""
    say, definition = reading.display.say, reading.definition(metric)
    now = answers.by_member(reading, by, metric=metric)
    before = answers.by_member(reading, by, metric=metric, before=True)
    adds_up = definition.plan.kind == "simple" and all(
        measure.aggregate in ADDS_UP for measure in definition.plan.measures.values()
    )
    known = [name for name in dict.fromkeys([*now, *before]) if now.get(name) or before.get(name)]
    names = sorted(known, key=lambda name: (-(now.get(name) or Decimal(0)), name))
    rows: list[tuple[Cell, ...]] = [_row(name, now.get(name), before.get(name)) for name in names[:most]]
    rest = names[most:]
    if rest and adds_up:
        others = reading.display.say_count("{count} other", "{count} others", len(rest))
        rows.append(
            _row(
                others,
                sum(((now.get(name) or Decimal(0)) for name in rest), Decimal(0)),
                sum(((before.get(name) or Decimal(0)) for name in rest), Decimal(0)),
            )
        )
    rows.append(_row(say("All"), reading.value(metric), reading.before(metric)))
    unit = definition.unit
    label = say(by.removesuffix("__name").replace("_", " ").capitalize())
    return table(
        reading,
        key=key,
        title=say("{metric} by {dimension}", metric=say(definition.label), dimension=label.lower()),
        columns=[
            Column(label),
            Column(say("Now"), unit),
            Column(say(reading.filters.comparison_words.capitalize()), unit),
            Column(say("Change"), unit),
        ],
        rows=rows,
        totals=[len(rows) - 1],
    )


def _row(name: str, now: Decimal | None, before: Decimal | None) -> tuple[Cell, ...]:
    return name, now, before, None if now is None or before is None else now - before


def _period(reading: Reading) -> str:
    span = answers.span_words(reading, reading.filters.now)
    return reading.display.say("Period: {span}.", span=span)
