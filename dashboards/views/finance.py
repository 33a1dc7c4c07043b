"""Finance: the statements of the group or of chosen entities, beside the comparison, down to the posting."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from dashboards import cards, layout, ledger, narrative, statements
from dashboards.cards import columns, kpi_cards
from dashboards.ledger import CALENDARS, Column, Span
from dashboards.reading import Reading
from dashboards.statements import Row

_POSTINGS = 1000
_COLUMNS = {"compared": "Beside comparison", "each": "One by one"}
_METHODS = {"direct": "Direct", "indirect": "Indirect"}


def page(reading: Reading) -> None:
    """Draw the page."""
    news = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="statement_choice"):
        calendar = st.segmented_control(
            "Statements by", list(CALENDARS), default="months", required=True, format_func=CALENDARS.__getitem__,
            key="calendar", bind="query-params",
        )  # fmt: skip
        layout_chosen = st.segmented_control(
            "Columns", list(_COLUMNS), default="compared", required=True, format_func=_COLUMNS.__getitem__,
            key="columns", bind="query-params",
        )  # fmt: skip
    of = ledger.span(reading, calendar or "months")
    is_compared = layout_chosen != "each"
    shown = () if is_compared else of.periods
    result = statements.profit_and_loss(reading, of)
    with news:
        layout.answer(headline(reading, result), reading)
        kpi_cards.kpi_row(reading, ("net_revenue", "gross_margin", "operating_margin", "cash_balance"), key="finance")
    profit, balance, cash = st.tabs(["Profit and loss", "Balance sheet", "Cash flow"])
    with profit:
        rows = result if is_compared else statements.profit_and_loss(reading, of, shown)
        _statement(reading, rows, of, shown, title="Profit and loss", whose=_rates(reading, of), key="profit_and_loss")
        _drill(reading, [row.line for row in result if not row.is_total], of)
    with balance:
        rows = statements.balance_sheet(reading, of, shown)
        whose = _whose(reading, of)
        _statement(reading, rows, of, shown, title="Balance sheet", whose=whose, key="balance_sheet", at_end=True)
    with cash:
        method = st.segmented_control(
            "Method",
            list(_METHODS),
            default="direct",
            required=True,
            format_func=_METHODS.__getitem__,
            key="cash_method",
        )
        rows = statements.cash_flow(reading, method or "direct", of, shown)
        whose = "the chosen entities added up" if reading.entities else "the entities added up"
        _statement(reading, rows, of, shown, title="Cash flow", whose=whose, key="cash_flow")


def _whose(reading: Reading, of: Span) -> str:
    if reading.entities:
        return "the chosen entities"
    if of.is_group:
        return "the group, eliminations taken out"
    return "the entities added up before eliminations, which are made by calendar month"


def _rates(reading: Reading, of: Span) -> str:
    rates = "months at their average rates, where the cards take documents at their day's"
    if of.now.over != reading.filters.now:
        day = reading.display.day
        now = reading.filters.now
        rates += f"; the cards count {day(now.first)} to {day(now.last)}"
    return f"{_whose(reading, of)}; {rates}"


def headline(reading: Reading, rows: Sequence[Row]) -> str:
    """What is left and which lines moved it; the lines and the rest add up to the movement of the result."""
    totals = {row.line: row for row in rows if row.is_total}
    lines = [row for row in rows if not row.is_total]
    if not lines:
        return "No ledger is loaded for this period: statements need journals or account balances."
    result = totals["Result"]
    said = narrative.movement("The result", result.now, result.before, "money", reading.display)
    if reading.display.change(result.now, result.before, "money") is None and result.before:
        said = f"{said[:-1]}, after {reading.display.short(result.before, 'money')}."
    parts = narrative.drivers({row.line: row.now for row in lines}, {row.line: row.before for row in lines})
    because = narrative.explained(parts, "money", reading.display)
    return f"{said[:-1]}: {because}." if because else said


def _statement(
    reading: Reading,
    rows: Sequence[Row],
    of: Span,
    shown: Sequence[Column],
    *,
    title: str,
    whose: str,
    key: str,
    at_end: bool = False,
) -> None:
    """The rows as a table: the period, its comparison and the change, or a column for every one of `shown`."""
    day, money = reading.display.day, pa.decimal128(38, 2)
    short: dict[str, str] = {}
    if shown:
        names = [column.name for column in shown]
        amounts = {name: [row.amounts[place] for row in rows] for place, name in enumerate(names)}
        if not at_end and len(shown) > 1:
            amounts = {"Total": [sum(row.amounts, statements.ZERO) for row in rows], **amounts}
    else:
        names = [
            f"At {day(column.over.last)}" if at_end else f"{day(column.over.first)} to {day(column.over.last)}"
            for column in (of.now, of.before)
        ]
        short = dict(zip(names, (f"To {column.last_period}" for column in (of.now, of.before)), strict=True))
        amounts = {
            names[0]: [row.now for row in rows],
            names[1]: [row.before for row in rows],
            "Change": [row.change for row in rows],
        }
    table = pa.table(
        {
            "Line": pa.array([row.line for row in rows], pa.string()),
            **{name: pa.array(values, money) for name, values in amounts.items()},
        }
    )
    periods = f"{of.now.name} beside {of.before.name}; " if of.calendar == "fiscal" and not shown else ""
    cards.statement_card(
        f"{title}, {reading.display.currency}",
        table,
        reading=reading,
        totals=[place for place, row in enumerate(rows) if row.is_total],
        key=key,
        short={} if at_end else short,
        as_of=f"{layout.as_of_words(reading)}, {periods}{whose}",
        empty="No ledger is loaded for this period: statements need journals or account balances.",
    )


def _drill(reading: Reading, lines: Sequence[str], of: Span) -> None:
    if not lines:
        return
    with st.container(border=True, key="card_drill"):
        st.markdown("## What a line is made of")
        line = st.selectbox("Line", lines, index=None, placeholder="Choose a line", key="drill_line")
        if line is None:
            st.caption("From the line to its accounts, from an account to its postings and their documents.")
            return
        accounts = ledger.accounts_of(reading, line, of)
        st.dataframe(
            accounts.drop_columns(["account_id"]),
            hide_index=True,
            alt=f"Accounts of {line}",
            column_config={
                "account_code": "Account",
                "account": "Name",
                "amount_rpt": st.column_config.NumberColumn(f"Amount ({reading.display.currency})", format="%,.2f"),
                "lines": st.column_config.NumberColumn("Postings", format="localized"),
            },
        )
        names = {
            row["account_id"]: f"{row['account_code']} {row['account'] or ''}".strip()
            for row in accounts.to_pylist()
            if row["account_id"] is not None
        }
        if not names:
            st.caption("No account of an entity: the line comes from consolidation.")
            return
        account = st.selectbox(
            "Account",
            list(names),
            index=None,
            placeholder="Choose an account",
            format_func=lambda chosen: names.get(chosen, chosen),
            key="drill_account",
        )
        if account is not None and account in names:
            postings = ledger.postings_of(reading, account, of, most=_POSTINGS)
            cards.rows_card(
                f"Postings of {names[account]}",
                postings,
                reading=reading,
                key="postings",
                as_of=f"{layout.as_of_words(reading)}; the {reading.display.locale.number(_POSTINGS)} largest",
                empty="No posting in this period.",
                columns={
                    "posted_on": columns.day(reading, "Posted"),
                    "journal_id": "Journal",
                    "entity_id": "Entity",
                    "description": "Text",
                    "document_type": "Document",
                    "document_id": "Number",
                    "debit_rpt": st.column_config.NumberColumn("Debit", format="%,.2f"),
                    "credit_rpt": st.column_config.NumberColumn("Credit", format="%,.2f"),
                    "source_system": "System",
                    "source_id": "Its id there",
                },
            )
