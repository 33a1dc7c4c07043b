"""Data trust: what was read, set aside, left unmatched and restated, which checks ran, where a number is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboards import cards, layout
from dashboards.cards import columns, kpi_cards, trust_cards
from dashboards.cards.kpi_cards import Figure
from dashboards.queries import data_trust as asked
from dashboards.queries import match_review
from dashboards.reading import Reading


def page(reading: Reading) -> None:
    """Draw the page."""
    layout.answer(asked.headline(reading), reading)
    _counts(reading)
    parts: Mapping[str, Callable[[Reading], None]] = {
        "Sources": _sources,
        "Quarantine": _quarantine,
        "Matches": _matches,
        "Checks": _checks,
        "Restatements": _restatements,
        "Lineage": trust_cards.lineage,
        "Runs": _runs,
    }
    shown = st.segmented_control(
        "Show",
        list(parts),
        default="Sources",
        required=True,
        key="trust",
        bind="query-params",
        label_visibility="collapsed",
    )
    name = shown or "Sources"
    with layout.part(name):
        parts[name](reading)


def _counts(reading: Reading) -> None:
    number = reading.display.locale.number
    quarantined, held = asked.set_aside(reading)
    manifest = reading.manifest
    open_checks = manifest.checks.warned + manifest.checks.failed
    kpi_cards.figure_row(
        reading,
        (
            Figure(
                "Checks passed",
                number(manifest.checks.passed),
                f"{open_checks} warned" if open_checks else "none warned",
                open_checks == 0,
            ),
            Figure("Rows loaded", number(asked.rows_loaded(reading))),
            Figure(
                "Rows in quarantine",
                number(quarantined),
                "could not be read" if quarantined else "none",
                quarantined == 0,
            ),
            Figure("Rows left out of totals", number(held), "lack a rate or a class" if held else "none", held == 0),
        ),
        key="trust_counts",
    )


def _card(
    reading: Reading, title: str, table: Any, columns: Mapping[str, Any], *, key: str, empty: str, note: str = ""
) -> None:
    as_of = f"{layout.as_of_words(reading)}{f'. {note}' if note else ''}"
    cards.rows_card(title, table, reading=reading, key=key, as_of=as_of, columns=columns, empty=empty)


def _sources(reading: Reading) -> None:
    amount = "%,.2f"
    _card(
        reading,
        "Sources: rows read = loaded + quarantined + superseded",
        asked.sources(reading),
        {
            "source": "Source",
            "read": columns.moment(reading, "Last file read (UTC)"),
            "promised_hours": st.column_config.NumberColumn("Promised every, hours", format="%.0f"),
            "files": "Files",
            "rows_read": st.column_config.NumberColumn("Rows read", format="localized"),
            "rows_loaded": st.column_config.NumberColumn("Rows loaded", format="localized"),
            "rows_quarantined": st.column_config.NumberColumn("Rows quarantined", format="localized"),
            "rows_superseded": st.column_config.NumberColumn("Rows superseded", format="localized"),
            "files_refused": "Files refused",
        },
        key="sources",
        empty="No source is configured.",
    )
    with layout.part("Control totals"):
        _card(
            reading,
            "Money read = loaded + quarantined + superseded",
            asked.control_totals(reading),
            {
                "source_system": "Source",
                "entity": "Kind of record",
                "column_name": "Column",
                "total_in": st.column_config.NumberColumn("Read", format=amount),
                "total_loaded": st.column_config.NumberColumn("Loaded", format=amount),
                "total_quarantined": st.column_config.NumberColumn("Quarantined", format=amount),
                "total_superseded": st.column_config.NumberColumn("Superseded", format=amount),
                "difference": st.column_config.NumberColumn("Lost", format=amount),
                "unparsed_rows": "Rows without a readable amount",
            },
            key="control_totals",
            empty="No file with amounts was read.",
            note="All currencies added up as written: a control total, no amount of money",
        )
    _card(
        reading,
        "Loaded but left out of totals",
        asked.held(reading),
        {
            "entity": "Kind of record",
            "reason": "Reason",
            "currency": "Currency",
            "rows": "Rows",
            "amount_doc": st.column_config.NumberColumn("Amount, in that currency", format=amount),
            "example": "Example",
        },
        key="held",
        empty="Every loaded row counts.",
    )

    with layout.part("Doubtful rows"):
        _card(
            reading,
            "Loaded rows that contradict themselves",
            asked.doubtful(reading),
            {
                "entity": "Kind of record",
                "reason": "Reason",
                "rows": "Rows",
                "source_system": "Source",
                "example": "Example, and what was made of it",
            },
            key="doubtful",
            empty="No row contradicts itself.",
        )


def _quarantine(reading: Reading) -> None:
    reasons = asked.quarantine_reasons(reading)
    _card(
        reading,
        "Why rows are in quarantine",
        reasons,
        {
            "source_system": "Source",
            "entity": "Kind of record",
            "reason": "Reason",
            "rows": "Rows",
            "file_name": "First file",
            "example": "Example",
        },
        key="quarantine_reasons",
        empty="Every row that was read is loaded.",
        note="Mend the file and drop it again: the rows replace themselves by their key",
    )
    if reasons.num_rows:
        trust_cards.quarantine_browser(reading, reasons)


def _matches(reading: Reading) -> None:
    kpi_cards.kpi_row(reading, ("match_rate", "bookings_match_rate"), key="matches")
    with layout.part("Review"):
        trust_cards.match_review(reading)
    trust_cards.unmatched(reading)
    with layout.part("Decisions"):
        _card(
            reading,
            "Decisions that this version knows",
            match_review.decided(reading),
            {
                "decision_no": "No.",
                "action": "Decision",
                "record_name": "Record",
                "other_record_name": "Other record",
                "reason": "Reason",
                "decided_by": "By",
                "decided_at": columns.moment(reading, "When (UTC)"),
                "status": "State",
            },
            key="match_decisions",
            empty="Nobody has decided anything yet.",
        )


def _checks(reading: Reading) -> None:
    with layout.part("Tie-outs"):
        _card(
            reading,
            "Tie-outs, per entity and month",
            asked.tie_outs(reading),
            {
                "check_name": "Tie-out",
                "tied": "Tied",
                "differences": "Differences",
                "not_covered": "Not covered",
                "explained": "Of the tied: by naming what is set aside",
            },
            key="tie_outs",
            empty="Nothing to tie out.",
        )
    _card(
        reading,
        "Every check of this version",
        asked.checks(reading),
        {
            "check_name": "Check",
            "model": "Of",
            "severity": "If it fails",
            "status": "State",
            "failures": "Rows that fail",
            "message": "Message",
        },
        key="checks",
        empty="No check has run.",
    )


def _restatements(reading: Reading) -> None:
    amount = "%,.2f"
    _card(
        reading,
        "Closed months that changed",
        asked.restatements(reading),
        {
            "metric": "Metric",
            "period_on": columns.month("Month"),
            "dimension": "By",
            "dimension_value": "Member",
            "old_value": st.column_config.NumberColumn("Published before", format=amount),
            "new_value": st.column_config.NumberColumn("Now", format=amount),
            "difference": st.column_config.NumberColumn("Difference", format=amount),
            "changed_at": columns.moment(reading, "Changed (UTC)"),
        },
        key="restatements",
        empty="No figure of a closed month has changed since it was first published.",
    )

    with layout.part("Causes"):
        _card(
            reading,
            "The rows that changed them",
            asked.restatement_causes(reading),
            {
                "period_on": columns.month("Month"),
                "relation": "Table",
                "document_type": "Document",
                "document_id": "Number",
                "source_system": "System",
                "source_id": "Its id there",
                "change": "Change",
                "old_amount": st.column_config.NumberColumn("Before", format=amount),
                "new_amount": st.column_config.NumberColumn("Now", format=amount),
                "changed_at": columns.moment(reading, "Changed (UTC)"),
            },
            key="restatement_causes",
            empty="No row of a closed month has changed since it was first published.",
        )


def _runs(reading: Reading) -> None:
    _card(
        reading,
        "Runs, the newest first",
        asked.runs(reading),
        {
            "started_at": columns.moment(reading, "Started (UTC)"),
            "status": "Ended",
            "as_of": columns.day(reading, "As of"),
            "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
            "slowest": "Slowest step",
            "failed_checks": "Checks failed",
            "message": "Message",
            "version": "Version",
        },
        key="runs",
        empty="No run is recorded.",
    )
