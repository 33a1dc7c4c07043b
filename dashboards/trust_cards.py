"""Cards of Data trust that people act in: the browser of quarantined rows, and the review of matches.

Belongs here: what a chosen row opens and which decision a button takes. Does not: queries, the page's order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import streamlit as st

from company.errors import MatchDecisionError
from company.match_decisions import Decision, take_decisions
from dashboards import cards, layout
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
            count = "1 decision waits" if len(taken) == 1 else f"{len(taken)} decisions wait"
            st.info(f"{count} for the next run; `plumbline matches undo` takes one back.", icon=":material/pending:")
        if table.num_rows == 0:
            st.info("No pair waits for a decision.", icon=":material/info:")
            return
        event: Any = st.dataframe(
            cards.shown_in_tenths(table, _REVIEW),
            hide_index=True,
            alt="Pairs that may be one company",
            placeholder="—",
            on_select="rerun",
            selection_mode="single-row",
            key=f"match_table_{len(taken)}",
            column_config={**_REVIEW, "at_stake_rpt": cards.money_column(reading, "At stake")},
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
