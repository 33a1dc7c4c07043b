"""Close: what stands between a month and its lock, per legal entity, with amounts and the documents behind them."""

from __future__ import annotations

import streamlit as st

from dashboards import cards, layout
from dashboards.cards import columns, kpi_cards
from dashboards.queries import close as board
from dashboards.queries.close_items import clearing_items, unmatched_bank_items
from dashboards.reading import Reading

_MOST = 1000
_LIST = st.column_config.LinkColumn("List", display_text="Open in SQL")


def page(reading: Reading) -> None:
    """Draw the page for the last month of the chosen period."""
    month_on = reading.filters.now.last.replace(day=1)
    month = reading.display.month(month_on)
    layout.answer(board.headline(reading, month_on), reading)
    kpi_cards.kpi_row(reading, ("days_to_close",), key="close")
    as_of = layout.as_of_words(reading)
    cards.rows_card(
        f"Checklist, {month}",
        board.checklist(reading, month_on),
        reading=reading,
        key="checklist",
        as_of=f"{as_of}. The month is the last of the chosen period",
        empty="No entity has a fiscal period for this month.",
        columns={"name": "Task", "owner": "Owner", "due_on": columns.day(reading, "Due")},
    )
    cards.rows_card(
        f"What is open, {month}",
        board.open_tasks(reading, month_on),
        reading=reading,
        key="open_tasks",
        as_of=as_of,
        empty="Every task of this month is done.",
        columns={
            "entity_id": "Entity",
            "name": "Task",
            "status": "State",
            "items_count": "Items",
            "amount_local": _amount("Amount, local"),
            "currency": "Currency",
            "oldest_days": "Oldest, days",
            "list": _LIST,
        },
    )
    cards.rows_card(
        f"What was proved, {month}",
        board.evidence(reading, month_on),
        reading=reading,
        tables=("finance.fct_close_board",),
        key="evidence",
        as_of=as_of,
        empty="No check has proved anything for this month.",
        columns={
            "entity_id": "Entity",
            "name": "Task",
            "owner": "Owner",
            "status": "State",
            "figure_local": _amount("Figure, local"),
            "currency": "Currency",
            "list": _LIST,
        },
    )
    _exceptions(reading, as_of)
    _items(reading, as_of)
    cards.rows_card(
        "Notes and sign-off",
        board.notes(reading),
        reading=reading,
        key="notes",
        as_of=f"{as_of}. Months of the chosen period",
        empty="No note and no sign-off yet; the commands are plumbline period note and plumbline period sign.",
        columns={
            "kind": "Kind",
            "entity_id": "Entity",
            "period_on": columns.month("Month"),
            "subject": "On",
            "text": "Note",
            "noted_by": "By",
            "noted_at": columns.moment(reading, "At, UTC"),
            "version": "Version looked at",
        },
    )
    cards.rows_card(
        "Locks and days to close",
        board.locks(reading),
        reading=reading,
        key="locks",
        as_of=f"{as_of}. The twelve months up to the chosen one; bands are quartiles of the published benchmark",
        empty="No period has begun.",
        columns={
            "entity_id": "Entity",
            "period_on": columns.month("Month"),
            "locked_at": columns.moment(reading, "Locked, UTC"),
            "locked_by": "By",
            "lock_source": "Locked in",
            "days_to_close": "Days to close",
            "days_to_close_band": "Against others",
            "lock_note": "Note",
        },
    )


def _exceptions(reading: Reading, as_of: str) -> None:
    """What was loaded although something is wrong with it: first the totals it is part of, then every item."""
    cards.rows_card(
        "Totals with and without their exceptions",
        board.exception_totals(reading),
        reading=reading,
        key="exception_totals",
        as_of=f"{as_of}. Months of the chosen period; the largest first",
        empty="No exception in these months: every total stands as it is.",
        columns={
            "kind": "Kind",
            "entity_id": "Entity",
            "month_on": columns.month("Month"),
            "items_count": "Items",
            "amount_local": _amount("Exceptions, local"),
            "total_with_local": _amount("Total with them"),
            "total_without_local": _amount("Total without"),
            "currency": "Currency",
        },
    )
    cards.rows_card(
        "Exceptions",
        board.exceptions(reading),
        reading=reading,
        key="exceptions",
        as_of=as_of,
        empty="No exception: nothing was posted after a lock, beyond its document, or to an unknown cost centre.",
        columns={
            "kind": "Kind",
            "message": "What is wrong",
            "entity_id": "Entity",
            "period_on": columns.month("Month"),
            "document_type": "Document",
            "document_id": "Number",
            "document_key": "Key",
            "amount_local": _amount("Amount, local"),
            "currency": "Currency",
        },
    )


def _items(reading: Reading, as_of: str) -> None:
    """What is cleared one by one: the bank, then clearing and suspense accounts."""
    cards.rows_card(
        "Bank lines and bookings without a match",
        unmatched_bank_items(reading),
        reading=reading,
        key="bank_items",
        as_of=f"{as_of}. Ages in days on that day; categories by the company's bank rules",
        empty="Every line of the bank has its booking, and every booking its line.",
        columns={
            "side": "On the side of",
            "entity_id": "Entity",
            "account_code": "Account",
            "booked_on": columns.day(reading, "Booked"),
            "open_days": "Age, days",
            "amount_doc": _amount("Amount"),
            "currency": "Currency",
            "amount_local": _amount("Amount, local"),
            "reason": "Why it is left",
            "category": "Looks like",
            "category_account_code": "To book on",
            "counterparty": "Counterparty",
            "reference": "Reference",
            "item_id": "Number",
        },
    )
    cards.rows_card(
        "Clearing and suspense accounts",
        clearing_items(reading),
        reading=reading,
        key="clearing_items",
        as_of=f"{as_of}. Ages in days on that day",
        empty="Nothing stands on a clearing or suspense account.",
        columns={
            "entity_id": "Entity",
            "account_code": "Account",
            "account_type": "Kind",
            "posted_on": columns.day(reading, "Posted"),
            "open_days": "Age, days",
            "amount_local": _amount("Amount, local"),
            "currency": "Currency",
            "document_type": "Document",
            "document_id": "Number",
            "description": "Text",
            "journal_id": "Journal",
        },
    )


def _amount(label: str) -> object:
    return st.column_config.NumberColumn(label, format="%,.2f")
