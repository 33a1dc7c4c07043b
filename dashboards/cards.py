"""The cards that pages are laid out with: KPI cards, chart cards with table and download, lists people act on.

Belongs here: Streamlit elements that several pages share. Does not: queries, figures, a page's own order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from company.metric_plans import UNIT_TYPES
from dashboards import answers, layout, narrative
from dashboards.exports import render
from dashboards.figures import bars, trend
from dashboards.figures.outlook import cash_outlook
from dashboards.filters import Range, months_before
from dashboards.metrics import Definition
from dashboards.reading import Reading


def kpi_row(reading: Reading, metrics: Sequence[str], *, key: str) -> None:
    """A row of KPI cards. A metric that this version or this reader's file lacks has no card."""
    shown = [metric for metric in metrics if reading.has(metric)]
    with st.grid(min(max(len(shown), 2), 4), min_column_width=180, gap="medium", row_height=212, key=key):
        for metric in shown:
            with st.container(border=True, height="stretch", key=f"card_{key}_{metric}"):
                _card(reading, metric)


def _card(reading: Reading, metric: str) -> None:
    definition = reading.definition(metric)
    now, before = reading.value(metric), reading.before(metric)
    change = reading.display.change(now, before, definition.unit)
    is_flat = (change or "").startswith("±")
    months = Range(months_before(reading.filters.now.last, 12), reading.filters.now.last)
    past = {} if reading.looks_ahead(metric) else reading.by_month(metric, months)
    line = [float(value) for value in past.values() if value is not None]
    st.metric(
        definition.label,
        reading.display.short(now, definition.unit),
        change.replace("\N{MINUS SIGN}", "-") if change else None,
        delta_color="off" if is_flat else "inverse" if definition.good == "down" else "normal",
        delta_arrow="off" if is_flat else "auto",
        delta_description=reading.filters.comparison_words if change else None,
        chart_data=line if len(line) > 1 else None,
        chart_type="line",
        help=definition_text(definition),
        height="stretch",
    )
    notes = []
    if words := narrative.of_target(now, reading.target(metric), definition.unit, reading.display):
        notes.append(words)
    if ignored := reading.ignored_filters(metric):
        notes.append("not filtered by " + ", ".join(ignored))
    if notes:
        st.caption(" · ".join(notes))


def definition_text(definition: Definition) -> str:
    """A metric's words for a reader: what it is, what it is not, who answers for it."""
    return f"{definition.description}\n\n**Beware** {definition.beware}\n\nOwner: {definition.owner}"


def chart(
    title: str,
    figure: go.Figure | None,
    table: pa.Table,
    *,
    key: str,
    alt: str,
    as_of: str,
    definition: Definition | None = None,
    empty: str = "Nothing to show for this period and these filters.",
) -> None:
    """A bordered card: heading, definition, figure, and its rows as a table and CSV one click away."""
    with st.container(border=True, height="stretch", key=f"card_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(
                f"## {layout.plain(title)}", width="content", help=definition_text(definition) if definition else None
            )
            with st.popover("Table", icon=":material/table_rows:", type="tertiary"):
                st.dataframe(table, hide_index=True, alt=f"Rows of: {title}")
                _csv_button(table, key)
        if figure is None or table.num_rows == 0:
            st.info(empty, icon=":material/info:")
        else:
            st.plotly_chart(figure, theme=None, config=layout.PLOTLY_CONFIG, key=f"chart_{key}", alt=alt)
        st.caption(as_of)


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
    figure = trend.line(
        shown.months,
        lines,
        text=lambda value: reading.display.short(value, definition.unit),
        day_text=reading.display.month,
        colours=layout.colours(),
    )
    known = any(value is not None for value in shown.now)
    chart(
        title,
        figure if known else None,
        table,
        key=f"trend_{metric}",
        definition=definition,
        alt=f"Line chart: {title}, with the prior year" + (" and the target" if shown.has_target else ""),
        as_of=layout.as_of_words(reading, over),
    )


def movers_card(reading: Reading, cut: str, *, title: str, most: int) -> None:
    """Which members moved gross margin against the comparison; the parts add up to the change in the heading."""
    parts = answers.movers(reading, cut)
    change = sum((part.amount for part in parts), Decimal(0))
    figure = bars.ranked(
        [part.name for part in parts[:most]],
        [part.amount for part in parts[:most]],
        text=short_money(reading),
        colours=layout.colours(),
        signed=True,
    )
    table = pa.table(
        {
            "member": [part.name for part in parts],
            "change": pa.array([part.amount for part in parts], pa.decimal128(38, 2)),
        }
    )
    chart(
        f"{title}: {reading.display.short(change, 'money')}",
        figure if parts else None,
        table,
        key="margin_movers",
        definition=reading.definition("gross_margin"),
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
        text=short_money(reading),
        colours=layout.colours(),
    )
    rows = [(ends[0], bridge.start), *bridge.steps, (ends[1], bridge.end)]
    table = pa.table(
        {"step": [name for name, _ in rows], "amount": pa.array([value for _, value in rows], pa.decimal128(38, 2))}
    )
    chart(
        title,
        figure if bridge.steps else None,
        table,
        key=key,
        definition=reading.definition(metric),
        alt=f"Waterfall: {title}",
        as_of=layout.as_of_words(reading, reading.filters.now),
    )


def amounts_card(
    reading: Reading, amounts: Mapping[str, Decimal], *, metric: str | None, title: str, key: str, empty: str
) -> None:
    """Amounts by member as ranked bars, in the order given."""
    names, values = list(amounts), list(amounts.values())
    figure = bars.ranked(names, values, text=short_money(reading), colours=layout.colours())
    chart(
        title,
        figure if names else None,
        pa.table({"member": pa.array(names, pa.string()), "amount": pa.array(values, pa.decimal128(38, 2))}),
        key=key,
        definition=reading.definition(metric) if metric and reading.has(metric) else None,
        alt=f"Bars: {title}",
        as_of=layout.as_of_words(reading),
        empty=empty,
    )


def ageing_cards(reading: Reading) -> None:
    """What customers owe and what is owed to vendors, by age, side by side."""
    sides = (("receivable", "Receivables by age", "receivables_open"), ("payable", "Payables by age", None))
    for column, (side, title, metric) in zip(st.columns(2, gap="medium"), sides, strict=True):
        with column:
            amounts_card(
                reading,
                answers.ageing(reading, side),
                metric=metric,
                title=title,
                key=f"{side}_ageing",
                empty="Nothing is open.",
            )


def outlook_card(reading: Reading) -> None:
    """The weeks ahead by layer, with the balance."""
    ahead = answers.outlook(reading)
    figure = cash_outlook(
        ahead.weeks,
        ahead.flows,
        ahead.balance,
        text=short_money(reading),
        day_text=reading.display.day,
        colours=layout.colours(),
    )
    money = pa.decimal128(38, 2)
    columns = {"week": pa.array(ahead.weeks, pa.date32())}
    columns |= {name: pa.array(flow, money) for name, flow in ahead.flows.items()}
    columns |= {"balance": pa.array(ahead.balance, money)}
    metric = "projected_minimum_cash"
    chart(
        f"Cash outlook, {len(ahead.weeks)} weeks",
        figure if ahead.weeks else None,
        pa.table(columns),
        key="outlook",
        definition=reading.definition(metric) if reading.has(metric) else None,
        alt="Receipts and payments by week with the cash balance",
        as_of=layout.as_of_words(reading),
        empty="No cash projection is published: no source gives a bank balance.",
    )


def rows_card(title: str, table: pa.Table, *, key: str, as_of: str, columns: dict[str, Any], empty: str) -> None:
    """A card that is a table: the list people act on."""
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {layout.plain(title)}", width="content")
            if table.num_rows:
                _csv_button(table, key)
        if table.num_rows == 0:
            st.info(empty, icon=":material/info:")
        else:
            st.dataframe(table, hide_index=True, column_config=columns, alt=title)
        st.caption(as_of)


def statement_card(title: str, table: pa.Table, *, totals: Sequence[int], key: str, as_of: str, empty: str) -> None:
    """A financial statement: a first column of lines, amounts beside it, the rows of `totals` set apart."""
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {layout.plain(title)}", width="content")
            if table.num_rows > len(totals):
                _csv_button(table, key)
        if table.num_rows == len(totals):
            st.info(empty, icon=":material/info:")
        else:
            colours = layout.colours()
            apart = f"background-color: {colours.accent_wash}; color: {colours.ink}; font-weight: 600"
            marked = set(totals)
            styled = table.to_pandas().style.apply(lambda row: [apart if row.name in marked else ""] * len(row), axis=1)
            amounts = {name: st.column_config.NumberColumn(format="%,.0f") for name in table.column_names[1:]}
            st.dataframe(styled, hide_index=True, column_config=amounts, height="content", alt=title)
        st.caption(as_of)


def _csv_button(table: pa.Table, key: str) -> None:
    """The rows as CSV, written when somebody asks for them."""
    st.download_button(
        "CSV",
        lambda: render(table, table.column_names, "csv"),
        f"{key}.csv",
        "text/csv",
        key=f"csv_{key}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def money_column(reading: Reading, label: str) -> Any:
    """Column settings for an amount in the reporting currency."""
    return st.column_config.NumberColumn(f"{label} ({reading.display.currency})", format="%,.0f")


def percent_column(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="percent")


def short_money(reading: Reading) -> Any:
    """Writes amounts of this reading for axes and labels."""
    return lambda value: reading.display.short(value, "money")
