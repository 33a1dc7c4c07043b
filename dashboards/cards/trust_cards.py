"""Cards of Data trust that people act in: quarantined rows, the review of matches, customers of one side, lineage.

Belongs here: what a chosen row or number opens and which decision a button takes. Does not: queries, the page's order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import streamlit as st

from company.errors import MatchDecisionError
from company.match_decisions import Decision, take_decisions
from dashboards import cards, layout, trust
from dashboards.cards import columns, drill
from dashboards.queries import data_trust as asked
from dashboards.queries import match_review as queue
from dashboards.reading import Reading


def quarantine_browser(reading: Reading, reasons: pa.Table) -> None:
    """Rows in quarantine by kind of record and reason, each as it was read. `reasons` as `asked.quarantine_reasons`."""
    with st.container(border=True, key="card_quarantine"):
        st.markdown("## Rows in quarantine")
        with st.container(horizontal=True):
            kinds = sorted(set(reasons["entity"].to_pylist()))
            entity = st.selectbox("Kind of record", kinds, index=None, placeholder="All", key="quarantine_entity")
            whys = sorted({row["reason"] for row in reasons.to_pylist() if entity is None or row["entity"] == entity})
            reason = st.selectbox("Reason", whys, index=None, placeholder="All", key="quarantine_reason")
        found = asked.quarantined(reading, entity=entity, reason=reason)
        event: Any = st.dataframe(
            found,
            hide_index=True,
            alt="Rows in quarantine",
            placeholder="—",
            on_select="rerun",
            selection_mode="single-row",
            key="quarantine_table",
            column_config={
                "source_system": "Source",
                "file_name": "File",
                "row_number": "Row",
                "entity": "Kind of record",
                "column_name": "Column",
                "value": "Value as written",
                "reason": "Reason",
                "message": "What is wrong",
                "source_id": "Its id there",
                "record": None,
            },
        )
        cards.downloads(reading, "Rows in quarantine", found, key="quarantined_rows", as_of=layout.as_of_words(reading))
        if chosen := event.selection.rows:
            st.markdown("### The row as it was read")
            st.code(str(found["record"][chosen[0]].as_py()), language="json", wrap_lines=True)
        else:
            st.caption("Choose a row to see it as it was read.")


def match_review(reading: Reading) -> None:
    """The queue of pairs that wait for a person, and the two buttons that decide one."""
    table = queue.waiting(reading)
    taken = queue.fresh(reading)
    with st.container(border=True, key="card_match_review"):
        st.markdown("## One company or two? The most money at stake first")
        if taken:
            said = reading.display.say_count(
                "{count} decision waits for the next run; `plumbline matches undo` takes it back.",
                "{count} decisions wait for the next run; `plumbline matches undo` takes one back.",
                len(taken),
            )
            st.info(said, icon=":material/pending:")
        if table.num_rows == 0:
            st.info("No pair waits for a decision.", icon=":material/info:")
            return
        event: Any = st.dataframe(
            columns.shown_in_tenths(table, _REVIEW),
            hide_index=True,
            alt="Pairs that may be one company",
            placeholder="—",
            on_select="rerun",
            selection_mode="single-row",
            key=f"match_table_{len(taken)}",
            column_config={**_REVIEW, "at_stake_rpt": columns.money(reading, "At stake")},
        )
        cards.caption(layout.as_of_words(reading), reading, ("customers.fct_match_proposals",))
        if not event.selection.rows:
            st.caption("Choose a pair to decide it.")
            return
        row = table.slice(event.selection.rows[0], 1).to_pylist()[0]
        _decide(reading, row)


def _decide(reading: Reading, row: Mapping[str, Any]) -> None:
    account, customer = str(row["crm_account_id"]), str(row["customer_id"])
    st.markdown(
        f"**{layout.plain(str(row['account_name']))}** (CRM {layout.plain(account)}) and"
        f" **{layout.plain(str(row['customer_name']))}** (ERP {layout.plain(customer)})"
    )
    if not reading.may_export:
        st.caption("Your role reads only: somebody with the right to export decides.")
        return
    reason = st.text_input("Reason", key="match_reason", placeholder="needed to say that they are two")
    with st.container(horizontal=True):
        for label, action, icon in (
            ("One company", "accept", ":material/link:"),
            ("Two companies", "reject", ":material/link_off:"),
        ):
            if st.button(label, key=f"match_{action}", icon=icon):
                try:
                    take_decisions(
                        reading.folder,
                        [Decision(action, account, customer, reason=reason)],  # type: ignore[arg-type]  # of the two
                        by=reading.reader,
                        at=datetime.now(UTC),
                    )
                except MatchDecisionError as error:
                    st.error(layout.plain(str(error)), icon=":material/error:")
                else:
                    st.rerun()


_REVIEW: dict[str, Any] = {
    "queue_no": "No.",
    "account_name": "CRM",
    "customer_name": "ERP",
    "account_country": "Country, CRM",
    "customer_country": "Country, ERP",
    "band": "Likeness",
    "method": "Found by",
    "score_ratio": st.column_config.NumberColumn("Score", format="percent"),
    "second_key": "Second key",
    "at_stake_rpt": "At stake",
    "net_rpt": None,
    "won_rpt": None,
    "crm_account_id": None,
    "customer_id": None,
}


def unmatched(reading: Reading) -> None:
    """Customers that only one side knows; a chosen one shows where it came from."""
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
                "net_rpt": columns.money(reading, "Revenue"),
                "won_rpt": columns.money(reading, "Deals won"),
                "source_system": "System",
                "source_entity": None,
                "source_id": "Its id there",
            },
        )
        cards.caption(layout.as_of_words(reading), reading, ("customers.fct_customer_matches",))
        if chosen := event.selection.rows:
            drill.source_of(reading, table.slice(chosen[0], 1).to_pylist()[0])


def lineage(reading: Reading) -> None:
    """Where a chosen number is from, as a diagram, step by step and as SQL."""
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
