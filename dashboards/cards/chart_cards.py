"""Chart cards that know what they show: a metric's trend, its movers, a bridge, ageing, the cash outlook.

Belongs here: from answers to a figure, its rows and its words. Does not: frames and downloads (`cards`), queries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from company.metric_plans import UNIT_TYPES
from dashboards import answers, cards, cash_answers, layout, trust
from dashboards.figures import bars, paper_bars, paper_lines, trend
from dashboards.figures.outlook import cash_outlook
from dashboards.filters import Range
from dashboards.reading import Reading

MONEY = pa.decimal128(38, 2)


def trend_card(reading: Reading, metric: str, over: Range, *, title: str) -> None:
    """A metric by month with the prior year and the target."""
    definition = reading.definition(metric)
    shown = answers.trend(reading, metric, over)
    lines = [trend.Line(definition.label, shown.now), trend.Line("Prior year", shown.prior_year, "comparison")]
    if shown.has_target:
        lines.append(trend.Line("Target", shown.target, "target"))
    kind = UNIT_TYPES[definition.unit]
    scale = 6 if "6" in kind.split(",")[1] else 2
    table = pa.table(
        {
            "month": pa.array(shown.months, pa.date32()),
            **{line.name: pa.array(list(line.values), pa.decimal128(38, scale)) for line in lines},
        }
    )

    def text(value: Decimal | None) -> str:
        return reading.display.short(value, definition.unit)

    known = any(value is not None for value in shown.now)
    cards.chart(
        title,
        trend.line(
            shown.months,
            lines,
            text=text,
            day_text=reading.display.month,
            colours=layout.colours(),
            narrow=layout.is_narrow(),
        )
        if known
        else None,
        table,
        key=f"trend_{metric}",
        reading=reading,
        definition=definition,
        tables=trust.relations(reading, metric),
        paper=lambda: paper_lines.trend(
            shown.months,
            {line.name: line.values for line in lines},
            text=text,
            day_text=reading.display.month,
        ),
        alt=f"Line chart: {title}, with the prior year" + (" and the target" if shown.has_target else ""),
        as_of=layout.as_of_words(reading, over),
    )


def lines_card(
    reading: Reading,
    months: Sequence[date],
    lines: Sequence[trend.Line],
    *,
    title: str,
    key: str,
    tables: Sequence[str],
    unit: str = "money",
    metric: str | None = None,
    note: str = "",
    empty: str = "Nothing to show for this period and these filters.",
) -> None:
    """Several lines by month of one unit, each with its name."""
    kind = UNIT_TYPES[unit]  # type: ignore[index]  # a unit of the catalogue
    scale = 6 if "6" in kind.split(",")[1] else 2

    def text(value: Decimal | None) -> str:
        return reading.display.short(value, unit)  # type: ignore[arg-type]  # as above

    table = pa.table(
        {
            "month": pa.array(months, pa.date32()),
            **{line.name: pa.array(list(line.values), pa.decimal128(38, scale)) for line in lines},
        }
    )
    known = any(value is not None for line in lines for value in line.values)
    days = list(months)
    figure = _lines_figure(reading, days, lines, text)
    cards.chart(
        title,
        figure if known else None,
        table,
        key=key,
        reading=reading,
        definition=reading.definition(metric) if metric and reading.has(metric) else None,
        tables=tables,
        paper=lambda: paper_lines.trend(
            days,
            {line.name: line.values for line in lines},
            text=text,
            day_text=reading.display.month,
        ),
        alt=f"Line chart: {title}",
        as_of=f"{layout.as_of_words(reading)}{f'. {note}' if note else ''}",
        empty=empty,
    )


def _lines_figure(
    reading: Reading, days: Sequence[date], lines: Sequence[trend.Line], text: Callable[[Decimal | None], str]
) -> go.Figure:
    month, colours = reading.display.month, layout.colours()
    return trend.line(days, lines, text=text, day_text=month, colours=colours, narrow=layout.is_narrow())


def movers_card(reading: Reading, cut: str, *, title: str, most: int) -> None:
    """Which members moved gross margin against the comparison; the parts add up to the change in the heading."""
    parts = answers.movers(reading, cut)
    change = sum((part.amount for part in parts), Decimal(0))
    shown = parts[:most]
    text = cards.short_money(reading)
    figure = bars.ranked(
        [part.name for part in shown],
        [part.amount for part in shown],
        text=text,
        colours=layout.colours(),
        signed=True,
    )
    table = pa.table(
        {
            "member": [part.name for part in parts],
            "change": pa.array([part.amount for part in parts], MONEY),
        }
    )
    cards.chart(
        f"{title}: {reading.display.short(change, 'money')}",
        figure if parts else None,
        table,
        key="margin_movers",
        reading=reading,
        definition=reading.definition("gross_margin"),
        tables=trust.relations(reading, "gross_margin"),
        paper=lambda: paper_bars.ranked({part.name: part.amount for part in shown}, text=text, signed=True),
        picks=(cut, [part.name for part in shown]),
        alt=f"Bars: {title}",
        as_of=layout.as_of_words(reading, reading.filters.now),
    )


def bridge_card(
    reading: Reading, bridge: answers.Bridge, *, metric: str, title: str, ends: tuple[str, str], key: str
) -> None:
    """A waterfall whose steps add up."""
    figure = bars.bridge(
        bridge.steps,
        start=(ends[0], bridge.start),
        end=(ends[1], bridge.end),
        text=cards.short_money(reading),
        colours=layout.colours(),
        narrow=layout.is_narrow(),
    )
    rows = [(ends[0], bridge.start), *bridge.steps, (ends[1], bridge.end)]
    table = pa.table({"step": [name for name, _ in rows], "amount": pa.array([value for _, value in rows], MONEY)})
    cards.chart(
        title,
        figure if bridge.steps else None,
        table,
        key=key,
        reading=reading,
        definition=reading.definition(metric),
        tables=trust.relations(reading, metric),
        paper=lambda: paper_bars.bridge(
            bridge.steps, start=(ends[0], bridge.start), end=(ends[1], bridge.end), text=cards.short_money(reading)
        ),
        alt=f"Waterfall: {title}",
        as_of=layout.as_of_words(reading, reading.filters.now),
    )


def amounts_card(
    reading: Reading,
    amounts: Mapping[str, Decimal],
    *,
    metric: str | None,
    title: str,
    key: str,
    empty: str,
    tables: Sequence[str] = (),
    picks: tuple[str, Sequence[str]] | None = None,
    over: Range | None = None,
    unit: str = "money",
    signed: bool = False,
) -> None:
    """Amounts by member as ranked bars, in the order given."""
    names, values = list(amounts), list(amounts.values())

    def text(value: Decimal | None) -> str:
        return reading.display.short(value, unit)  # type: ignore[arg-type]  # a unit of the catalogue

    figure = bars.ranked(names, values, text=text, colours=layout.colours(), signed=signed)
    behind = tables or (trust.relations(reading, metric) if metric and reading.has(metric) else ())
    scale = 6 if unit == "ratio" else 2
    cards.chart(
        title,
        figure if names else None,
        pa.table({"member": pa.array(names, pa.string()), "amount": pa.array(values, pa.decimal128(38, scale))}),
        key=key,
        reading=reading,
        definition=reading.definition(metric) if metric and reading.has(metric) else None,
        tables=behind,
        paper=lambda: paper_bars.ranked(amounts, text=text, signed=signed),
        picks=picks,
        alt=f"Bars: {title}",
        as_of=layout.as_of_words(reading, over),
        empty=empty,
    )


def ageing_cards(reading: Reading) -> None:
    """What customers owe and what is owed to vendors, by age, side by side."""
    sides = (
        ("receivable", "Receivables by age", "receivables_open"),
        ("payable", "Payables by age", "payables_open"),
    )
    for column, (side, title, metric) in zip(st.columns(2, gap="medium"), sides, strict=True):
        with column, layout.part(title):
            amounts_card(
                reading,
                cash_answers.ageing(reading, side),
                metric=metric,
                title=title,
                key=f"{side}_ageing",
                empty="Nothing is open.",
            )


def outlook_card(reading: Reading) -> None:
    """The weeks ahead by layer, with the balance."""
    ahead = cash_answers.outlook(reading)
    text = cards.short_money(reading)
    shown = cash_answers.largest_layers(ahead.flows)
    figure = cash_outlook(
        ahead.weeks,
        shown,
        ahead.balance,
        text=text,
        day_text=reading.display.locale.short_day,
        colours=layout.colours(),
        narrow=layout.is_narrow(),
    )
    columns = {"week": pa.array(ahead.weeks, pa.date32())}
    columns |= {name: pa.array(flow, MONEY) for name, flow in ahead.flows.items()}
    columns |= {"balance": pa.array(ahead.balance, MONEY)}
    metric = "projected_minimum_cash"
    cards.chart(
        reading.display.say_count("Cash outlook, {count} week", "Cash outlook, {count} weeks", len(ahead.weeks)),
        figure if ahead.weeks else None,
        pa.table(columns),
        key="outlook",
        reading=reading,
        definition=reading.definition(metric) if reading.has(metric) else None,
        tables=("finance.fct_cash_projection",),
        paper=lambda: paper_lines.outlook(ahead.weeks, shown, ahead.balance, text=text, day_text=reading.display.day),
        alt="Receipts and payments by week with the cash balance",
        as_of=layout.as_of_words(reading),
        empty="No cash projection is published: no source gives a bank balance.",
    )
