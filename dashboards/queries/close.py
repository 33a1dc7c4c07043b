"""The close board: how far a month is, per legal entity, what is open, what was proved, and who locked what when.

Belongs here: queries of the Close page on the board. Does not: items without a match (`close_items`), cards.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pyarrow as pa

from dashboards.filters import months_before
from dashboards.queries.codes import in_words
from dashboards.reading import Reading

_MOST = 1000
_MARKS = {"done": "✓ done", "open": "○ open", "failed": "✕ failed", "not_covered": "– not covered"}


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
    display = reading.display
    month = display.month(month_on)
    done, covered = sum(row["done"] for row in rows), sum(row["covered"] for row in rows)
    if not covered:
        return display.say("Nothing can be said about the close of {month}: no source covers a task.", month=month)
    if done == covered:
        one, many = "{month} is ready: {count} task, and it is done.", "{month} is ready: all {count} tasks are done."
        return display.say_count(one, many, covered, month=month)
    first = rows[0]
    said = display.say_count(
        "{done} of {count} task of {month} is done",
        "{done} of {count} tasks of {month} are done",
        covered,
        done=display.locale.number(done),
        month=month,
    )
    if first["failed"]:
        return display.say("{sentence}; first to mend: “{name}” fails.", sentence=said, name=first["name"])
    return display.say("{sentence}; first to mend: “{name}” is open.", sentence=said, name=first["name"])


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


def open_tasks(reading: Reading, month_on: date) -> pa.Table:
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
