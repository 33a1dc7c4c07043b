"""Close: what stands between a month and its lock, per legal entity, with amounts and the documents behind them."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pyarrow as pa
import streamlit as st

from dashboards import cards, layout
from dashboards.filters import months_before
from dashboards.queries.close_items import clearing_items, unmatched_bank_items
from dashboards.queries.codes import in_words
from dashboards.reading import Reading

_MOST = 1000
_LIST = st.column_config.LinkColumn("List", display_text="Open in SQL")
_MARKS = {"done": "✓ done", "open": "○ open", "failed": "✕ failed", "not_covered": "– not covered"}


def page(reading: Reading) -> None:
    """Draw the page for the last month of the chosen period."""
    month_on = reading.filters.now.last.replace(day=1)
    month = reading.display.month(month_on)
    layout.answer(headline(reading, month_on), reading)
    cards.kpi_row(reading, ("days_to_close",), key="close")
    as_of = layout.as_of_words(reading)
    board = checklist(reading, month_on)
    cards.rows_card(
        f"Checklist, {month}",
        board,
        reading=reading,
        key="checklist",
        as_of=f"{as_of}. The month is the last of the chosen period",
        empty="No entity has a fiscal period for this month.",
        columns={"name": "Task", "owner": "Owner", "due_on": st.column_config.DateColumn("Due")},
    )
    cards.rows_card(
        f"What is open, {month}",
        _open_tasks(reading, month_on),
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
        evidence(reading, month_on),
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
        notes(reading),
        reading=reading,
        key="notes",
        as_of=f"{as_of}. Months of the chosen period",
        empty="No note and no sign-off yet; the commands are plumbline period note and plumbline period sign.",
        columns={
            "kind": "Kind",
            "entity_id": "Entity",
            "period_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
            "subject": "On",
            "text": "Note",
            "noted_by": "By",
            "noted_at": st.column_config.DatetimeColumn("At, UTC", format="YYYY-MM-DD HH:mm"),
            "version": "Version looked at",
        },
    )
    cards.rows_card(
        "Locks and days to close",
        locks(reading),
        reading=reading,
        key="locks",
        as_of=f"{as_of}. The twelve months up to the chosen one; bands are quartiles of the published benchmark",
        empty="No period has begun.",
        columns={
            "entity_id": "Entity",
            "period_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
            "locked_at": st.column_config.DatetimeColumn("Locked, UTC", format="YYYY-MM-DD HH:mm"),
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
        exception_totals(reading),
        reading=reading,
        key="exception_totals",
        as_of=f"{as_of}. Months of the chosen period; the largest first",
        empty="No exception in these months: every total stands as it is.",
        columns={
            "kind": "Kind",
            "entity_id": "Entity",
            "month_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
            "items_count": "Items",
            "amount_local": _amount("Exceptions, local"),
            "total_with_local": _amount("Total with them"),
            "total_without_local": _amount("Total without"),
            "currency": "Currency",
        },
    )
    cards.rows_card(
        "Exceptions",
        exceptions(reading),
        reading=reading,
        key="exceptions",
        as_of=as_of,
        empty="No exception: nothing was posted after a lock, beyond its document, or to an unknown cost centre.",
        columns={
            "kind": "Kind",
            "message": "What is wrong",
            "entity_id": "Entity",
            "period_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
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
            "booked_on": st.column_config.DateColumn("Booked"),
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
            "posted_on": st.column_config.DateColumn("Posted"),
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


def headline(reading: Reading, month_on: date) -> str:
    """How far the month is, over all entities: tasks done of all, and the one that fails or is open most."""
    rows = reading.rows(
        "select name, count(*) filter (where status = 'done') as done,"
        " count(*) filter (where status = 'failed') as failed,"
        " count(*) filter (where status <> 'not_covered') as covered from finance.fct_close_board"
        " where period_on = $month and ($entities is null or list_contains($entities, entity_id))"
        " group by name order by failed desc, covered - done desc, name",
        month=month_on,
        entities=reading.entities,
    ).to_pylist()
    month = reading.display.month(month_on)
    done, covered = sum(row["done"] for row in rows), sum(row["covered"] for row in rows)
    if not covered:
        return f"Nothing can be said about the close of {month}: no source covers a task."
    if done == covered:
        return f"{month} is ready: all {covered} tasks are done."
    first = rows[0]
    state = "fails" if first["failed"] else "is open"
    return f"{done} of {covered} tasks of {month} are done; first to mend: “{first['name']}” {state}."


def checklist(reading: Reading, month_on: date) -> pa.Table:
    """One row per task, one column per entity with the task's state."""
    table = reading.rows(
        "select name, any_value(owner) as owner, min(due_on) as due_on, min(sort) as sort,"
        " map_from_entries(list((entity_id, status) order by entity_id)) as states from finance.fct_close_board"
        " where period_on = $month and ($entities is null or list_contains($entities, entity_id))"
        " group by name order by sort, name",
        month=month_on,
        entities=reading.entities,
    )
    rows = table.to_pylist()
    states = [dict(row["states"]) for row in rows]
    entities = sorted({entity for state in states for entity in state})
    columns = {
        entity: pa.array([_MARKS.get(state.get(entity, ""), state.get(entity)) for state in states], pa.string())
        for entity in entities
    }
    return pa.table({"name": table["name"], **columns, "owner": table["owner"], "due_on": table["due_on"]})


def _open_tasks(reading: Reading, month_on: date) -> pa.Table:
    table = reading.rows(
        "select entity_id, name, status, items_count, amount_local, currency, oldest_days, list_query"
        " from finance.fct_close_board where period_on = $month and status in ('open', 'failed')"
        " and ($entities is null or list_contains($entities, entity_id)) order by entity_id, sort",
        month=month_on,
        entities=reading.entities,
    )
    return _with_lists(table)


def evidence(reading: Reading, month_on: date) -> pa.Table:
    """One row per entity and task that proves a figure, with the figure and a link to the rows behind it."""
    table = reading.rows(
        "select entity_id, name, owner, status, figure_local, currency, list_query from finance.fct_close_board"
        " where period_on = $month and figure_local is not null"
        " and ($entities is null or list_contains($entities, entity_id)) order by entity_id, sort",
        month=month_on,
        entities=reading.entities,
    )
    return _with_lists(in_words(table, "status"))


def _with_lists(table: pa.Table) -> pa.Table:
    """The table with each row's query as a link that opens it on the SQL page."""
    queries = table["list_query"].to_pylist()
    links = [None if query is None else f"sql?sql={quote(query)}" for query in queries]
    return table.drop_columns(["list_query"]).append_column("list", pa.array(links, pa.string()))


def exceptions(reading: Reading) -> pa.Table:
    """What is wrong with loaded rows that count, the newest month first, the largest amount first."""
    table = reading.rows(
        "select kind, message, entity_id, period_on, document_type, document_id, document_key, amount_local, currency"
        " from finance.fct_close_exceptions where ($entities is null or list_contains($entities, entity_id))"
        f" order by period_on desc, abs(amount_local) desc nulls last limit {_MOST}",
        entities=reading.entities,
    )
    return in_words(table, "kind", "document_type")


def exception_totals(reading: Reading) -> pa.Table:
    """One row per kind, entity and month of the chosen period: the total with its exceptions and without them."""
    table = reading.rows(
        "select kind, entity_id, month_on, items_count, amount_local, total_with_local, total_without_local, currency"
        " from finance.fct_close_exception_totals where month_on between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id))"
        " order by abs(amount_local) desc, kind, entity_id, month_on",
        first=reading.filters.now.first.replace(day=1),
        last=reading.filters.now.last,
        entities=reading.entities,
    )
    return in_words(table, "kind")


def notes(reading: Reading) -> pa.Table:
    """Notes and sign-offs of the months of the chosen period, the newest first."""
    table = reading.rows(
        "select kind, entity_id, period_on, subject, text, noted_by, noted_at, version from finance.fct_close_notes"
        " where month_on between $first and $last and ($entities is null or list_contains($entities, entity_id))"
        " order by note_no desc",
        first=reading.filters.now.first.replace(day=1),
        last=reading.filters.now.last,
        entities=reading.entities,
    )
    return in_words(table, "kind")


def locks(reading: Reading) -> pa.Table:
    """The last twelve periods of each entity: when they were locked, by whom, and how long that took."""
    table = reading.rows(
        "select entity_id, period_on, locked_at, locked_by, lock_source, days_to_close, days_to_close_band, lock_note"
        " from finance.fct_fiscal_periods where period_on between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id)) order by period_on desc, entity_id",
        first=months_before(reading.filters.now.last, 11),
        last=reading.filters.now.last,
        entities=reading.entities,
    )
    return in_words(table, "days_to_close_band", "lock_source")
