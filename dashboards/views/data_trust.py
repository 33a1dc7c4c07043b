"""Data trust: what was read, what was set aside and why, which checks stand behind the numbers, what was restated."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import streamlit as st

from dashboards import cards, layout, narrative
from dashboards.reading import Reading

_MOST = 1000


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(headline(reading), reading)
    _counts(reading)
    as_of = layout.as_of_words(reading)
    cards.rows_card(
        "Sources",
        sources(reading),
        reading=reading,
        key="sources",
        as_of=as_of,
        empty="No source is configured.",
        columns={
            "source": "Source",
            "read": st.column_config.DatetimeColumn("Last file read (UTC)", format="YYYY-MM-DD HH:mm"),
            "promised_hours": st.column_config.NumberColumn("Promised every, hours", format="%.0f"),
            "files": "Files",
            "rows_loaded": st.column_config.NumberColumn("Rows loaded", format="localized"),
            "rows_quarantined": st.column_config.NumberColumn("Rows quarantined", format="localized"),
            "files_refused": "Files refused",
        },
    )
    left, right = st.columns(2, gap="medium")
    with left:
        cards.rows_card(
            "Why rows are in quarantine",
            reading.rows(
                "select entity, reason, count(*) as rows, min(file_name) as file_name, any_value(message) as example"
                " from operations.fct_quarantined_rows group by all order by rows desc, entity, reason"
            ),
            reading=reading,
            key="quarantine_reasons",
            as_of=as_of,
            empty="Every row that was read is loaded.",
            columns={
                "entity": "Entity",
                "reason": "Reason",
                "rows": "Rows",
                "file_name": "First file",
                "example": "Example",
            },
        )
    with right:
        cards.rows_card(
            "Loaded but left out of totals",
            reading.rows(
                "select entity, reason, currency, count(*) as rows, sum(amount_doc) as amount_doc,"
                " any_value(message) as example from operations.fct_held_rows group by all order by rows desc, entity"
            ),
            reading=reading,
            key="held",
            as_of=as_of,
            empty="Every loaded row counts.",
            columns={
                "entity": "Entity",
                "reason": "Reason",
                "currency": "Currency",
                "rows": "Rows",
                "amount_doc": st.column_config.NumberColumn("Amount, in that currency", format="%,.2f"),
                "example": "Example",
            },
        )
    cards.rows_card(
        "Rows in quarantine",
        reading.rows(
            "select source_system, file_name, row_number, entity, column_name, value, reason, message"
            " from operations.fct_quarantined_rows order by source_system, file_name, row_number"
            f" limit {_MOST}"
        ),
        reading=reading,
        key="quarantined_rows",
        as_of=f"{as_of}. Mend the file and drop it again: the rows replace themselves by their key.",
        empty="None.",
        columns={
            "source_system": "Source",
            "file_name": "File",
            "row_number": "Row",
            "entity": "Entity",
            "column_name": "Column",
            "value": "Value as written",
            "reason": "Reason",
            "message": "What is wrong",
        },
    )
    _tie_outs(reading, as_of)
    cards.rows_card(
        "Closed months that changed",
        reading.rows(
            "select metric, period_on, dimension, dimension_value, old_value, new_value, difference, changed_at"
            f" from finance.fct_restatements order by changed_at desc, period_on desc, metric limit {_MOST}"
        ),
        reading=reading,
        key="restatements",
        as_of=as_of,
        empty="No figure of a closed month has changed since it was first published.",
        columns={
            "metric": "Metric",
            "period_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
            "dimension": "By",
            "dimension_value": "Member",
            "old_value": st.column_config.NumberColumn("Published before", format="%,.2f"),
            "new_value": st.column_config.NumberColumn("Now", format="%,.2f"),
            "difference": st.column_config.NumberColumn("Difference", format="%,.2f"),
            "changed_at": st.column_config.DatetimeColumn("Changed (UTC)", format="YYYY-MM-DD HH:mm"),
        },
    )


def headline(reading: Reading) -> str:
    """The page's question, can these numbers be trusted, in one sentence."""
    rows = _one(reading, "select count(*) from operations.fct_quarantined_rows")
    held = _one(reading, "select count(*) from operations.fct_held_rows")
    said = narrative.checked(reading.manifest.checks)
    if not rows and not held:
        return f"{said}; every row that was read counts."
    return f"{said}; {rows:,} rows are in quarantine and {held:,} loaded rows are left out of totals."


def sources(reading: Reading) -> pa.Table:
    """One row per source: when it was last read, what it promised, and what became of its rows."""
    promised = {source.name: source for source in reading.manifest.sources}
    loads = reading.rows(
        "select source_system as source, count(*) filter (where status = 'loaded') as files,"
        " count(*) filter (where status = 'refused') as files_refused,"
        " cast(coalesce(sum(rows_loaded), 0) as bigint) as rows_loaded,"
        " cast(coalesce(sum(rows_quarantined), 0) as bigint) as rows_quarantined"
        " from operations.fct_source_loads group by source_system"
    )
    counted = {row["source"]: row for row in loads.to_pylist()}
    names = sorted(promised.keys() | counted.keys())
    empty = {"files": 0, "files_refused": 0, "rows_loaded": 0, "rows_quarantined": 0}

    def read(name: str) -> datetime | None:
        moment = promised[name].read_at if name in promised else None
        return moment.astimezone(UTC).replace(tzinfo=None) if moment else None

    return pa.table(
        {
            "source": pa.array(names, pa.string()),
            "read": pa.array([read(name) for name in names], pa.timestamp("s")),
            "promised_hours": pa.array(
                [float(promised[name].fresh_within_hours) if name in promised else None for name in names], pa.float64()
            ),
            **{
                column: pa.array([counted.get(name, empty)[column] for name in names], pa.int64())
                for column in ("files", "rows_loaded", "rows_quarantined", "files_refused")
            },
        }
    )


def _counts(reading: Reading) -> None:
    figures = (
        ("Checks passed", reading.manifest.checks.passed),
        ("Rows loaded", _one(reading, "select sum(rows_loaded) from operations.fct_source_loads")),
        ("Rows in quarantine", _one(reading, "select count(*) from operations.fct_quarantined_rows")),
        ("Rows left out of totals", _one(reading, "select count(*) from operations.fct_held_rows")),
    )
    with st.grid(4, min_column_width=180, gap="medium", key="trust_counts"):
        for label, value in figures:
            with st.container(border=True, height="stretch"):
                st.metric(label, reading.display.locale.number(value))


def _tie_outs(reading: Reading, as_of: str) -> None:
    table = reading.rows(
        "select check_name, count(*) filter (where status = 'tied') as tied,"
        " count(*) filter (where status = 'difference') as differences,"
        " count(*) filter (where status = 'not_covered') as not_covered,"
        " count(*) filter (where status = 'tied' and (quarantined_local <> 0 or held_local <> 0)) as explained"
        " from finance.fct_close_checks group by check_name order by check_name"
    )
    cards.rows_card(
        "Tie-outs, per entity and month",
        table,
        reading=reading,
        key="tie_outs",
        as_of=as_of,
        empty="Nothing to tie out.",
        columns={
            "check_name": "Tie-out",
            "tied": "Tied",
            "differences": "Differences",
            "not_covered": "Not covered",
            "explained": "Of the tied: by naming what is set aside",
        },
    )


def _one(reading: Reading, sql: str) -> int:
    return int(reading.rows(sql).column(0)[0].as_py() or 0)
