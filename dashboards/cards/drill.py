"""From a number to its rows, and from a row to the document in the source it came from.

Belongs here: the card that every page ends in and what a chosen row shows. Does not: queries (`rows_behind`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import cards, layout
from dashboards.cards import columns
from dashboards.reading import Reading
from dashboards.rows_behind import MOST, files_of, has_rows, rows_behind

HEADINGS = {
    "invoiced_on": "Invoiced",
    "billed_on": "Billed",
    "due_on": "Due",
    "created_on": "Created",
    "closed_on": "Closed",
    "expected_close_on": "Expected close",
    "document_id": "Document",
    "document_type": "Kind",
    "days_overdue": "Days past due",
    "source_system": "System",
    "source_entity": "Kind of record",
    "source_id": "Its id there",
    "party_name": "Customer",
    "owner_name": "Owner",
    "deal_name": "Deal",
    "won_p80_days": "Usual, days",
    "push_count": "Times put off",
    "waiting_business_minutes": "Waiting, business minutes",
    "open_deals_count": "Open deals",
    "is_past_due": "Past its date",
    "probability_active_ratio": "P(active)",
    "net_of_year_rpt": "Revenue of the year",
    "margin_of_year_rpt": "Margin of the year",
    "net_of_half_rpt": "Revenue, half a year",
    "net_of_half_before_rpt": "The half year before",
    "peers_ratio": "Peers that buy it",
    "margin_per_buyer_rpt": "Margin a buyer",
    "source_conversion_ratio": "Source converts",
}


def rows_card(reading: Reading, metrics: Sequence[str]) -> None:
    """The rows behind one of the page's numbers, and where a chosen row came from."""
    offered = [metric for metric in metrics if has_rows(reading, metric)]
    if not offered:
        return
    with st.container(border=True, key="card_rows_behind"):
        st.markdown("## Rows behind a number")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            metric = st.selectbox(
                "Number",
                offered,
                index=None,
                placeholder="Choose a number",
                format_func=lambda name: reading.definition(name).label,
                key="rows_of",
                bind="query-params",
                width=320,
            )
            picked = st.session_state.get(cards.PICKED)
            if picked and picked[0] in reading.definition(offered[0]).dimensions:
                st.button(
                    f"Only {layout.plain(picked[1])}",
                    icon=":material/close:",
                    key="drop_picked",
                    on_click=lambda: st.session_state.pop(cards.PICKED, None),
                )
        if metric is None:
            st.caption("From a number to its documents, and from a document to the system, file and id it came from.")
            return
        narrowed_to = picked if picked and picked[0] in reading.definition(metric).dimensions else None
        found = rows_behind(reading, metric, narrowed_to)
        if found.table.num_rows == 0:
            st.info("No document stands behind this number for this period and these filters.", icon=":material/info:")
            return
        title = f"Rows behind {reading.definition(metric).label}"
        event: Any = st.dataframe(
            found.table,
            hide_index=True,
            column_config=dict(column_settings(reading, found.table.column_names)),
            alt=title,
            on_select="rerun",
            selection_mode="single-row",
            placeholder="—",
            key=f"rows_table_{metric}",
        )
        display = reading.display
        shown = (
            display.say_count("{count} row", "{count} rows", found.count)
            if found.count <= MOST
            else display.say_count(
                "The {most} largest of {count} row",
                "The {most} largest of {count} rows",
                found.count,
                most=display.locale.number(MOST),
            )
        )
        as_of = layout.as_of_words(reading, reading.filters.now)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.caption(f"{shown}. {as_of}. Choose a row to see where it came from.", width="content")
            cards.downloads(
                reading,
                title,
                found.table,
                key=f"rows_{metric}",
                as_of=as_of,
                definition=reading.definition(metric),
            )
        if chosen := event.selection.rows:
            source_of(reading, found.table.slice(chosen[0], 1).to_pylist()[0])


def source_of(reading: Reading, row: Mapping[str, Any]) -> None:
    """Where one row came from: system, kind of record, its id there, and the files or pages that delivered it.

    `row` has source_system, source_entity and source_id.
    """
    system, entity, source_id = row["source_system"], row["source_entity"], row["source_id"]
    kind = str(entity).replace("_", " ")
    with st.container(border=True, key="card_source"):
        st.markdown("### Where this row came from")
        st.markdown(f"System **{layout.plain(system)}**, {layout.plain(kind)} **{layout.plain(str(source_id))}**")
        with layout.part("Files"):
            files = files_of(reading, system=system, entity=entity).to_pylist()
            zone = reading.settings.company.time_zone
            for file in files:
                read = reading.display.locale.moment(file["read_at"], zone)
                st.markdown(f"- `{str(file['file_name']).replace('`', '')}`, read {read}")
            if not files:
                st.caption("No file of this kind of record is listed: the source delivered it under another kind.")


def column_settings(reading: Reading, names: Sequence[str], *, cents: bool = True) -> dict[str, Any]:
    """Headings and formats of rows by the suffix of their names; without `cents` where people decide, not add up."""
    settings: dict[str, Any] = {}
    for name in names:
        label = HEADINGS.get(name) or _words(name)
        if name.endswith("_on"):
            settings[name] = columns.day(reading, label)
        elif name.endswith("_at"):
            settings[name] = columns.moment(reading, label)
        elif name.endswith("_ratio"):
            settings[name] = st.column_config.NumberColumn(label, format="percent")
        elif name.endswith("_days"):
            settings[name] = st.column_config.NumberColumn(label, format="%.0f")
        elif name.endswith("_rpt") and not cents:
            settings[name] = columns.money(reading, label)
        elif name.endswith(("_rpt", "_doc", "_local")):
            kind = {"rpt": "", "doc": ", document currency", "local": ", local"}[name.rsplit("_", 1)[1]]
            settings[name] = st.column_config.NumberColumn(f"{label}{kind}", format="%,.2f")
        else:
            settings[name] = label
    return settings


def _words(name: str) -> str:
    for suffix in ("_rpt", "_doc", "_local", "_on", "_at", "_ratio", "_count", "_name"):
        name = name.removesuffix(suffix)
    return name.removeprefix("is_").replace("_", " ").capitalize()
