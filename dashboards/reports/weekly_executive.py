"""The weekly executive report: what we sold, what we kept, what cash comes next."""

from __future__ import annotations

from dashboards import answers
from dashboards.reading import Reading
from dashboards.reports.content import (
    Column,
    ReportContent,
    Section,
    amounts_chart,
    cards,
    data_notes,
    movers_table,
    outlook_chart,
    table,
    trend_chart,
)

NAME = "weekly_executive"
TITLE = "Weekly executive report"


def compose(reading: Reading) -> ReportContent:
    """The report of the week that the version's as-of day lies in."""
    as_of = reading.manifest.as_of
    year, week, _ = as_of.isocalendar()
    return ReportContent(
        name=NAME,
        title=TITLE,
        company=reading.settings.company.name,
        period_key=f"{year}-W{week:02d}",
        period=f"Week {week}, {year}",
        as_of=as_of,
        version=reading.published.version,
        currency=reading.display.currency,
        headline=answers.overview_headline(reading),
        sections=(_sold(reading), _kept(reading), _sales(reading), _cash(reading)),
        notes=data_notes(reading),
    )


def _sold(reading: Reading) -> Section:
    return Section(
        "sold",
        "What we sold",
        f"{answers.moved(reading, 'net_revenue')} Period: {answers.span_words(reading, reading.filters.now)}.",
        cards=cards(reading, ("net_revenue", "gross_margin", "gross_margin_ratio", "operating_margin")),
        charts=(trend_chart(reading, "net_revenue", key="revenue", title="Net revenue by month"),),
    )


def _kept(reading: Reading) -> Section:
    movers = {part.name: part.amount for part in answers.movers(reading, "category")[:8]}
    return Section(
        "kept",
        "What we kept",
        answers.margins_headline(reading),
        charts=(
            amounts_chart(reading, movers, key="movers", title="Change in gross margin by item category", signed=True),
        ),
        tables=(
            movers_table(
                reading, "customer__name", "Customer", key="customers", title="Customers that moved gross margin most"
            ),
        ),
    )


def _sales(reading: Reading) -> Section:
    stalled = answers.stalled_deals(reading, most=8)
    return Section(
        "sales",
        "What we won, and what is open",
        answers.sales_headline(reading),
        cards=cards(reading, ("bookings", "open_pipeline", "weighted_pipeline", "win_rate")),
        charts=(
            amounts_chart(reading, answers.pipeline_stages(reading), key="stages", title="Open pipeline by stage"),
        ),
        tables=(
            table(
                reading,
                key="stalled",
                title="Largest deals that stall",
                columns=[Column("Deal"), Column("Owner"), Column("Amount", "money"), Column("Days in stage", "count")],
                rows=[(row["deal"], row["owner"], row["amount"], row["days_in_stage"]) for row in stalled.to_pylist()],
            ),
        ),
    )


def _cash(reading: Reading) -> Section:
    overdue = answers.overdue_customers(reading, most=8)
    return Section(
        "cash",
        "What cash comes next",
        answers.cash_headline(reading),
        cards=cards(reading, ("cash_balance", "projected_minimum_cash", "receivables_open", "receivables_overdue")),
        charts=(outlook_chart(reading, key="outlook", title="Cash outlook, thirteen weeks"),),
        tables=(
            table(
                reading,
                key="overdue",
                title="Who owes most past due",
                columns=[Column("Customer"), Column("Overdue", "money"), Column("Oldest, days late", "count")],
                rows=[(row["customer"], row["overdue"], row["oldest_days"]) for row in overdue.to_pylist()],
            ),
        ),
    )
