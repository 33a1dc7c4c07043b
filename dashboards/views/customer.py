"""Customer 360: one customer on one page, for the call and for the ticket. The page's PDF is the brief."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards import cards, layout, sheet
from dashboards.cards import columns, drill, kpi_cards
from dashboards.cards.kpi_cards import Figure
from dashboards.figures.time_line import time_line
from dashboards.method_words import VALUE_METHODS
from dashboards.metrics import UnavailableMetricError
from dashboards.queries import customer_brief as brief
from dashboards.reading import Reading

_ON_PAPER = 14
"""Events of the time line on the printed brief, which is one page."""


def page(reading: Reading) -> None:
    """Draw the page of the chosen customer, or the search alone."""
    known = {party.party_id: party for party in brief.parties(reading)}
    wanted = st.query_params.get("customer")
    chosen = st.selectbox(
        "Customer",
        list(known),
        index=list(known).index(wanted) if wanted in known else None,
        placeholder="Search by name, ERP or CRM id, domain",
        format_func=lambda party: _words(known[party]) if party in known else party,
        key="customer_search",
    )
    if wanted is not None and wanted not in known:
        st.warning("The link names a customer that is not in your numbers.", icon=":material/search_off:")
    # The URL carries the id and not the name that is shown: a customer that is renamed keeps its links.
    if chosen is None:
        st.query_params.pop("customer", None)
    else:
        st.query_params["customer"] = chosen
    if chosen is None or chosen not in known:
        layout.answer("Which customer? Search by name, by its id in the ERP or the CRM, or by its domain.", reading)
        said = reading.display.say_count("{count} customer is known.", "{count} customers are known.", len(known))
        st.caption(f"{said} {layout.as_of_words(reading)}")
        return
    _customer(reading, known[chosen])


def _words(party: brief.Party) -> str:
    others = " ".join(dict.fromkeys(word for word in party.found_by.split() if word not in party.name.split()))
    return f"{party.name} · {others}" if others else party.name


def _customer(reading: Reading, party: brief.Party) -> None:
    traded, due = brief.trade(reading, party.party_id), brief.overdue(reading, party.party_id)
    deals = _deals(reading, party.party_id)
    layout.answer(brief.headline(reading, party.name, traded, due, deals), reading)
    _known(reading, brief.profile(reading, party.party_id))
    kpi_cards.figure_row(reading, figures(reading, party.party_id, traded, due), key="customer_figures", height=140)
    if deals is not None:
        cards.rows_card(
            "Open deals and what was promised next",
            deals,
            reading=reading,
            tables=("sales.fct_deals",),
            key="customer_deals",
            as_of=layout.as_of_words(reading),
            empty="No deal is open.",
            columns={
                "deal": "Deal",
                "owner": "Owner",
                "stage": "Stage",
                "amount_rpt": columns.money(reading, "Amount"),
                "expected_close_on": columns.day(reading, "Expected close"),
                "is_past_due": "Past its date",
                "next_step": "Next step",
            },
        )
    with layout.part("Credit"):
        cards.rows_card(
            "Exposure against the credit limit",
            brief.exposure(reading, party.party_id),
            reading=reading,
            tables=("finance.fct_credit_exposure",),
            key="customer_exposure",
            as_of=f"{layout.as_of_words(reading)}, in each entity's currency",
            empty="No ERP customer is matched to this party, so there is no limit.",
            columns={
                "entity_id": "Entity",
                "currency": "Currency",
                "exposure_local": st.column_config.NumberColumn("Exposure", format="%,.0f"),
                "credit_limit_local": st.column_config.NumberColumn("Limit", format="%,.0f"),
                "headroom_local": st.column_config.NumberColumn("Room", format="%,.0f"),
                "overdue_local": st.column_config.NumberColumn("Past due", format="%,.0f"),
                "oldest_days_overdue": "Oldest, days",
                "is_over_limit": "Over the limit",
            },
        )
    with layout.part("Time line"):
        _time_line(reading, brief.time_line(reading, party.party_id))


def figures(reading: Reading, party_id: str, traded: Mapping[str, Any], due: Mapping[str, Any]) -> tuple[Figure, ...]:
    """The cards of one customer; a value that the reader's file does not hold has none."""
    display, found = reading.display, []
    if traded:
        change = display.change(traded["net_rpt"], traded["net_before_rpt"], "money")
        note = f"{change} vs {'prior period' if reading.filters.comparison == 'period' else 'prior year'}"
        is_good = None if change is None else not change.startswith("\N{MINUS SIGN}")
        found.append(Figure("Net revenue", display.short(traded["net_rpt"], "money"), note if change else "", is_good))
        ratio = None if traded["margin_ratio"] is None else Decimal(str(traded["margin_ratio"]))
        found.append(
            Figure(
                "Gross margin",
                display.short(traded["margin_rpt"], "money"),
                f"{display.short(ratio, 'ratio')} of revenue" if ratio is not None else "",
            )
        )
    if worth := brief.worth(reading, party_id):
        low, high = worth["low_rpt"], worth["high_rpt"]
        band = f"{display.short(low, 'money')} to {display.short(high, 'money')}" if low is not None is not high else ""
        found.append(
            Figure(
                display.say_count("Value, next {count} month", "Value, next {count} months", worth["months"]),
                display.short(worth["expected_rpt"], "money"),
                band,
                help=_how_valued(reading, worth),
            )
        )
        if worth["active_ratio"] is not None:
            found.append(
                Figure(
                    "P(active)",
                    display.short(worth["active_ratio"], "ratio"),
                    help="The chance that the customer still buys, by the time since the last order.",
                )
            )
    if due:
        late = due["overdue_rpt"]
        found.append(
            Figure(
                "Past due",
                display.short(late, "money"),
                f"of {display.short(due['open_rpt'], 'money')} open",
                late <= 0,
            )
        )
    return tuple(found)


def _how_valued(reading: Reading, worth: Mapping[str, Any]) -> str:
    names = [reading.display.say(VALUE_METHODS.get(code, code)) for code in worth["methods"]]
    said = f"Margin expected by the methods chosen for this customer: {', '.join(names)}."
    if worth["no_model_because"]:
        return f"{said} Valued without a model, because: {layout.plain(str(worth['no_model_because']))}."
    return said


def _known(reading: Reading, facts: Mapping[str, Any]) -> None:
    labels = {
        "segment": "Segment",
        "industry": "Industry",
        "region": "Region",
        "country": "Country",
        "owner": "Owner",
        "team": "Team",
        "customer_ids": "ERP",
        "account_ids": "CRM",
    }
    said = [f"{label} **{layout.plain(str(facts[name]))}**" for name, label in labels.items() if facts.get(name)]
    matched = facts.get("methods")
    how = f"matched by {str(matched).replace('_', ' ')}" if matched else "not matched across systems"
    said.append(layout.plain(how))
    st.markdown(" · ".join(said))
    shown = {label: [str(facts[name])] for name, label in labels.items() if facts.get(name)}
    if shown:
        reading.sheet.add(sheet.Rows("Who they are", pa.table(shown), {label: label for label in shown}))


def _deals(reading: Reading, party_id: str) -> pa.Table | None:
    try:
        return brief.open_deals(reading, party_id)
    except UnavailableMetricError:
        return None


def _time_line(reading: Reading, events: pa.Table) -> None:
    rows = events.to_pylist()
    lanes = {
        kind: [(row["on_day"], row["what"], row["amount_rpt"]) for row in rows if row["kind"] == kind]
        for kind in brief.KINDS
    }
    shown = {kind: found for kind, found in lanes.items() if found}
    with st.container(border=True, key="card_time_line"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("## Time line", width="content")
            if rows:
                cards.downloads(reading, "Time line", events, key="time_line", as_of=layout.as_of_words(reading))
        if not rows:
            st.info("Nothing has happened with this customer yet.", icon=":material/info:")
            return
        st.plotly_chart(
            time_line(shown, text=cards.short_money(reading), colours=layout.colours()),
            theme=None,
            config=layout.PLOTLY_CONFIG,
            key="chart_time_line",
            alt="Deals, orders, invoices, payments, tickets and activities over time",
        )
        settings = {
            "on_day": columns.day(reading, "Day"),
            "kind": "Kind",
            "what": "What",
            "amount_rpt": columns.money(reading, "Amount"),
            "source_system": "System",
            "source_entity": None,
            "source_id": "Its id there",
        }
        event: Any = st.dataframe(
            events,
            hide_index=True,
            column_config=settings,
            alt="Events, newest first",
            on_select="rerun",
            selection_mode="single-row",
            placeholder="—",
            key="time_line_rows",
        )
        cards.caption(f"{layout.as_of_words(reading)}. Choose a row to see where it came from", reading, ())
        if chosen := event.selection.rows:
            drill.source_of(reading, rows[chosen[0]])
    reading.sheet.add(
        sheet.Rows(
            f"The last {_ON_PAPER} events",
            events.slice(0, _ON_PAPER),
            {"on_day": "Day", "kind": "Kind", "what": "What", "amount_rpt": f"Amount ({reading.display.currency})"},
        )
    )
