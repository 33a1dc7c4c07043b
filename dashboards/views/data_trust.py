"""Data trust: what was read, set aside, left unmatched and restated, which checks ran, where a number is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboards import cards, drill, layout, trust, trust_cards
from dashboards.cards import Figure
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
        "Lineage": _lineage,
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
    cards.figure_row(
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
            "read": st.column_config.DatetimeColumn("Last file read (UTC)", format="YYYY-MM-DD HH:mm"),
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
    cards.kpi_row(reading, ("match_rate", "bookings_match_rate"), key="matches")
    with layout.part("Review"):
        trust_cards.match_review(reading)
    _unmatched(reading)
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
                "decided_at": st.column_config.DatetimeColumn("When (UTC)", format="YYYY-MM-DD HH:mm"),
                "status": "State",
            },
            key="match_decisions",
            empty="Nobody has decided anything yet.",
        )


def _unmatched(reading: Reading) -> None:
    table = asked.unmatched(reading)
    with st.container(border=True, key="card_unmatched"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("## Customers that only one side knows", width="content")
            if table.num_rows:
                cards.downloads(
                    reading, "Unmatched customers", table, key="unmatched", as_of=layout.as_of_words(reading)
                )
        if table.num_rows == 0:
            st.info("Every customer of the ERP is matched to an account of the CRM, and back.", icon=":material/info:")
            return
        event: Any = st.dataframe(
            table,
            hide_index=True,
            alt="Unmatched customers",
            placeholder="—",
            on_select="rerun",
            selection_mode="single-row",
            key="unmatched_table",
            column_config={
                "side": "Side",
                "name": "Name",
                "region": "Region",
                "segment": "Segment",
                "net_rpt": cards.money_column(reading, "Revenue"),
                "won_rpt": cards.money_column(reading, "Deals won"),
                "source_system": "System",
                "source_entity": None,
                "source_id": "Its id there",
            },
        )
        cards.caption(layout.as_of_words(reading), reading, ("customers.fct_customer_matches",))
        if chosen := event.selection.rows:
            drill.source_of(reading, table.slice(chosen[0], 1).to_pylist()[0])


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
            "period_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
            "dimension": "By",
            "dimension_value": "Member",
            "old_value": st.column_config.NumberColumn("Published before", format=amount),
            "new_value": st.column_config.NumberColumn("Now", format=amount),
            "difference": st.column_config.NumberColumn("Difference", format=amount),
            "changed_at": st.column_config.DatetimeColumn("Changed (UTC)", format="YYYY-MM-DD HH:mm"),
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
                "period_on": st.column_config.DateColumn("Month", format="YYYY-MM"),
                "relation": "Table",
                "document_type": "Document",
                "document_id": "Number",
                "source_system": "System",
                "source_id": "Its id there",
                "change": "Change",
                "old_amount": st.column_config.NumberColumn("Before", format=amount),
                "new_amount": st.column_config.NumberColumn("Now", format=amount),
                "changed_at": st.column_config.DatetimeColumn("Changed (UTC)", format="YYYY-MM-DD HH:mm"),
            },
            key="restatement_causes",
            empty="No row of a closed month has changed since it was first published.",
        )


def _lineage(reading: Reading) -> None:
    offered = reading.metrics()
    with st.container(border=True, key="card_lineage"):
        st.markdown("## Where a number is from")
        metric = st.selectbox(
            "Number",
            offered,
            index=offered.index("net_revenue") if "net_revenue" in offered else 0,
            format_func=lambda name: reading.definition(name).label,
            key="lineage_of",
            bind="query-params",
            width=340,
        )
        if metric is None:
            return
        definition = reading.definition(metric)
        edges = asked.lineage(reading, metric)
        if edges.num_rows == 0:
            st.info("This version was published without its lineage; the next run adds it.", icon=":material/info:")
            return
        st.markdown(f"{definition.description} Owner: {definition.owner}.")
        st.mermaid_chart(asked.lineage_diagram(reading, metric), alt=f"Where {definition.label} is from")
        cards.caption(layout.as_of_words(reading), reading, trust.relations(reading, metric))
        with st.expander("Every step and its SQL", icon=":material/account_tree:"):
            st.dataframe(
                edges,
                hide_index=True,
                alt="Every step",
                column_config={
                    "model": "What is made",
                    "model_kind": "Kind",
                    "reads": "Of what",
                    "reads_kind": "Kind of it",
                },
            )
            cards.downloads(
                reading, f"Lineage of {definition.label}", edges, key="lineage", as_of=layout.as_of_words(reading)
            )
            st.code(definition.sql, language="sql", wrap_lines=True)


def _runs(reading: Reading) -> None:
    _card(
        reading,
        "Runs, the newest first",
        asked.runs(reading),
        {
            "started_at": st.column_config.DatetimeColumn("Started (UTC)", format="YYYY-MM-DD HH:mm:ss"),
            "status": "Ended",
            "as_of": st.column_config.DateColumn("As of"),
            "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
            "slowest": "Slowest step",
            "failed_checks": "Checks failed",
            "message": "Message",
            "version": "Version",
        },
        key="runs",
        empty="No run is recorded.",
    )
