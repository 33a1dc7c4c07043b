"""Sections on deals: what was won, what is open, what stalls, and how each rep stands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from dashboards import answers
from dashboards.filters import month_end
from dashboards.queries import action_lists
from dashboards.reading import Reading
from dashboards.reports.content import Column, Section, Table, amounts_chart, cards, table
from dashboards.reports.sections.registry import Brief, kind


@kind("What we won, and what is open")
def pipeline(brief: Brief) -> Section:
    """What was won and what is open: cards, open pipeline by stage, the largest deals that stall."""
    reading, say = brief.reading, brief.reading.display.say
    return Section(
        "pipeline",
        brief.title(),
        answers.sales_headline(reading),
        cards=cards(reading, brief.metrics("bookings", "open_pipeline", "weighted_pipeline", "win_rate")),
        charts=(
            amounts_chart(reading, answers.pipeline_stages(reading), key="stages", title=say("Open pipeline by stage")),
        ),
        tables=(_stalled(reading, brief.rows(8)),),
    )


@kind("What should close next")
def closing_deals(brief: Brief) -> Section:
    """Open deals expected to close soon or past their date, largest first, with the next step."""
    reading, say = brief.reading, brief.reading.display.say
    as_of = reading.manifest.as_of
    until = max(month_end(as_of), as_of + timedelta(days=14))
    deals = _open_deals(reading, until=until, most=brief.rows(12))
    soon = [row for row in deals if not row["is_late"]]
    late = [row for row in deals if row["is_late"]]
    counted = _open_deals(reading, until=until, most=100_000)
    amount = sum((row["amount"] or Decimal(0) for row in counted if not row["is_late"]), Decimal(0))
    slipped = sum((row["amount"] or Decimal(0) for row in counted if row["is_late"]), Decimal(0))
    sentence = say(
        "Deals of {amount} are expected to close by {day}; deals of {slipped} are past their expected date.",
        amount=reading.display.short(amount, "money"),
        day=reading.display.day(until),
        slipped=reading.display.short(slipped, "money"),
    )
    columns = [Column(say("Deal")), Column(say("Owner")), Column(say("Amount"), "money"),
               Column(say("Expected")), Column(say("Next step"))]  # fmt: skip

    def rows(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [(row["deal"], row["owner"], row["amount"], row["expected"], row["next_step"]) for row in found]

    return Section(
        "closing",
        brief.title(),
        sentence,
        tables=(
            table(reading, key="closing_soon", title=say("Expected to close"), columns=columns, rows=rows(soon)),
            table(reading, key="closing_late", title=say("Past the expected date"), columns=columns, rows=rows(late)),
        ),
        says_something=bool(deals),
    )


@kind("Each rep")
def reps(brief: Brief) -> Section:
    """A row per rep: bookings against the comparison, open and weighted pipeline, win rate."""
    reading, say = brief.reading, brief.reading.display.say
    by = "owner__name"
    booked = answers.by_member(reading, by, metric="bookings")
    before = answers.by_member(reading, by, metric="bookings", before=True)
    opened = answers.by_member(reading, by, metric="open_pipeline")
    weighted = answers.by_member(reading, by, metric="weighted_pipeline")
    won = answers.by_member(reading, by, metric="win_rate")
    names = sorted({*booked, *opened}, key=lambda name: (-(booked.get(name) or Decimal(0)), name))
    rows: list[tuple[Any, ...]] = [
        (name, booked.get(name), before.get(name), opened.get(name), weighted.get(name), won.get(name))
        for name in names[: brief.rows(20)]
    ]
    whole = [reading.value(metric) for metric in ("bookings", "open_pipeline", "weighted_pipeline", "win_rate")]
    rows.append((say("All"), whole[0], reading.before("bookings"), *whole[1:]))
    best = next((name for name in names if booked.get(name)), None)
    sentence = ""
    if best is not None:
        sentence = say("{name} booked most: {amount}.", name=best, amount=reading.display.short(booked[best], "money"))
    return Section(
        "reps",
        brief.title(),
        sentence,
        tables=(
            table(
                reading,
                key="reps",
                title=say("Bookings and pipeline by rep"),
                columns=[
                    Column(say("Owner")),
                    Column(say("Bookings"), "money"),
                    Column(say("Prior"), "money"),
                    Column(reading.display.say_as("deals", "Open"), "money"),
                    Column(say("Weighted"), "money"),
                    Column(say("Win rate"), "ratio"),
                ],
                rows=rows,
                totals=[len(rows) - 1],
            ),
        ),
        says_something=bool(names),
    )


def _stalled(reading: Reading, most: int) -> Table:
    say = reading.display.say
    stalled = action_lists.rows(reading, "Stalled deals", most=most).to_pylist()
    return table(
        reading,
        key="stalled",
        title=say("Largest deals that stall"),
        columns=[
            Column(say("Deal")),
            Column(say("Owner")),
            Column(say("Amount"), "money"),
            Column(say("Days in stage"), "count"),
        ],
        rows=[(row["deal_name"], row["owner_name"], row["amount_rpt"], row["stage_days"]) for row in stalled],
    )


def _open_deals(reading: Reading, *, until: Any, most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reading.rows(
        """
        select deals.name as deal, owners.name as owner, deals.amount_rpt as amount,
            deals.expected_close_on as expected, deals.next_step, deals.expected_close_on < $as_of as is_late
        from sales.fct_deals as deals
        left join common.dim_owners as owners on deals.owner_id = owners.owner_id
        where deals.is_open and deals.expected_close_on <= $until
            and ($regions is null or list_contains($regions, deals.region))
            and ($owners is null or list_contains($owners, deals.owner_id))
        order by deals.amount_rpt desc nulls last, deals.deal_id
        limit $most
        """,
        as_of=reading.manifest.as_of,
        until=until,
        regions=reading.filters.where.get("region"),
        owners=reading.filters.where.get("owner_id"),
        most=most,
    ).to_pylist()
    return rows
