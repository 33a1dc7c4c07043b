"""Finance: the statements of the group or of chosen entities, beside the comparison, down to the posting."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from dashboards import cards, layout, narrative, statements
from dashboards.reading import Reading
from dashboards.statements import Row

_POSTINGS = 1000
_METHODS = {"direct": "Direct", "indirect": "Indirect"}


def page(reading: Reading) -> None:
    """Draw the page."""
    result = statements.profit_and_loss(reading)
    layout.answer(headline(reading, result), reading)
    cards.kpi_row(reading, ("net_revenue", "gross_margin", "operating_margin", "cash_balance"), key="finance")
    whose = "the chosen entities" if reading.entities else "the group, eliminations taken out"
    profit, balance, cash = st.tabs(["Profit and loss", "Balance sheet", "Cash flow"])
    with profit:
        rates = "months at their average rates, where the cards take documents at their day's"
        _statement(reading, result, title="Profit and loss", whose=f"{whose}; {rates}", key="profit_and_loss")
        _drill(reading, [row.line for row in result if not row.is_total])
    with balance:
        rows = statements.balance_sheet(reading)
        _statement(reading, rows, title="Balance sheet", whose=whose, key="balance_sheet", at_end=True)
    with cash:
        method = st.segmented_control(
            "Method",
            list(_METHODS),
            default="direct",
            required=True,
            format_func=_METHODS.__getitem__,
            key="cash_method",
        )
        _statement(
            reading,
            statements.cash_flow(reading, method or "direct"),
            title="Cash flow",
            whose="the entities added up",
            key="cash_flow",
        )


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
    reading: Reading, rows: Sequence[Row], *, title: str, whose: str, key: str, at_end: bool = False
) -> None:
    now, before = reading.filters.now, reading.filters.before
    day = reading.display.day
    names = (
        (f"At {day(now.last)}", f"At {day(before.last)}")
        if at_end
        else (f"{day(now.first)} to {day(now.last)}", f"{day(before.first)} to {day(before.last)}")
    )
    money = pa.decimal128(38, 2)
    table = pa.table(
        {
            "Line": pa.array([row.line for row in rows], pa.string()),
            names[0]: pa.array([row.now for row in rows], money),
            names[1]: pa.array([row.before for row in rows], money),
            "Change": pa.array([row.change for row in rows], money),
        }
    )
    cards.statement_card(
        f"{title}, {reading.display.currency}",
        table,
        reading=reading,
        totals=[place for place, row in enumerate(rows) if row.is_total],
        key=key,
        as_of=f"{layout.as_of_words(reading)}, {whose}",
        empty="No ledger is loaded for this period: statements need journals or account balances.",
    )


def _drill(reading: Reading, lines: Sequence[str]) -> None:
    if not lines:
        return
    with st.container(border=True, key="card_drill"):
        st.markdown("## What a line is made of")
        line = st.selectbox("Line", lines, index=None, placeholder="Choose a line", key="drill_line")
        if line is None:
            st.caption("From the line to its accounts, from an account to its postings and their documents.")
            return
        accounts = statements.accounts_of(reading, line)
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
            postings = statements.postings_of(reading, account, most=_POSTINGS)
            cards.rows_card(
                f"Postings of {names[account]}",
                postings,
                reading=reading,
                key="postings",
                as_of=f"{layout.as_of_words(reading)}; the {reading.display.locale.number(_POSTINGS)} largest",
                empty="No posting in this period.",
                columns={
                    "posted_on": st.column_config.DateColumn("Posted"),
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
