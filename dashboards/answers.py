"""What pages and reports both say: headline sentences, drivers, the margin bridge, stages of deals.

Belongs here: what a page and a mail must not disagree on. Does not: widgets, figures, the order of a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from company.metric_plans import UNIT_TYPES
from dashboards import cash_answers, narrative
from dashboards.filters import Range, months_before
from dashboards.narrative import Driver
from dashboards.reading import Reading

STEPS = ("List value", "Discounts", "Cost of sales", "Cost unknown")


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric by month beside the year before and the target; None where nothing is known."""

    months: tuple[date, ...]
    now: tuple[Decimal | None, ...]
    prior_year: tuple[Decimal | None, ...]
    target: tuple[Decimal | None, ...]

    @property
    def has_target(self) -> bool:
        return any(value is not None for value in self.target)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Steps that lead from one amount to another, to the cent."""

    start: Decimal
    steps: tuple[tuple[str, Decimal], ...]
    end: Decimal


def by_member(
    reading: Reading, dimension: str, *, metric: str = "gross_margin", before: bool = False
) -> dict[str, Decimal | None]:
    """A metric by the members of one dimension, in the chosen period or the one it is compared with."""
    table = reading.breakdown(metric, [dimension], reading.filters.before if before else reading.filters.now)
    names = ["(none)" if name is None else str(name) for name in table[dimension].to_pylist()]
    return dict(zip(names, table["value"].to_pylist(), strict=True))


def movers(reading: Reading, dimension: str, *, metric: str = "gross_margin") -> list[Driver]:
    """What each member changed a metric by, against the comparison, largest first; the parts add up to the change."""
    return narrative.drivers(
        by_member(reading, dimension, metric=metric), by_member(reading, dimension, metric=metric, before=True)
    )


def moved(reading: Reading, metric: str, *, label: str | None = None) -> str:
    """One metric's movement in a sentence."""
    definition = reading.definition(metric)
    return narrative.movement(
        label or reading.display.say(definition.label),
        reading.value(metric),
        reading.before(metric),
        definition.unit,
        reading.display,
    )


def overview_headline(reading: Reading) -> str:
    """Revenue, margin and the low point of cash; bookings where the reader's file holds no revenue."""
    parts = []
    if reading.has("net_revenue"):
        margin = reading.display.say_as("ratio", "Gross margin")
        parts += [moved(reading, "net_revenue"), moved(reading, "gross_margin_ratio", label=margin)]
    elif reading.has("bookings"):
        parts.append(moved(reading, "bookings"))
    ahead = (
        cash_answers.outlook(reading)
        if reading.holds("finance.fct_cash_projection")
        else cash_answers.Outlook((), {}, ())
    )
    if ahead.balance:
        low = reading.display.short(min(ahead.balance), "money")
        parts.append(
            reading.display.say_count(
                "Cash stands at {low} within the next {count} week.",
                "Cash stands at {low} in the lowest of the next {count} weeks.",
                len(ahead.weeks),
                low=low,
            )
        )
    return narrative.together(parts, reading.display)


def margins_headline(reading: Reading) -> str:
    """How far the margin moved, in points and in money, and which item types explain it."""
    why = narrative.explained(movers(reading, "item_type"), "money", reading.display)
    display = reading.display
    ratio = moved(reading, "gross_margin_ratio", label=display.say_as("ratio", "Gross margin"))
    money = moved(reading, "gross_margin", label=display.say("In money it"))
    return narrative.together([ratio, narrative.because(money, why, display)], display)


def sales_headline(reading: Reading) -> str:
    """Bookings against the comparison, explained by region, and the win rate."""
    why = narrative.explained(movers(reading, "region", metric="bookings"), "money", reading.display)
    booked = narrative.because(moved(reading, "bookings"), why, reading.display)
    won = moved(reading, "win_rate", label=reading.display.say("The win rate"))
    return narrative.together([booked, won], reading.display)


def trend(reading: Reading, metric: str, over: Range) -> Trend:
    """A metric by month over a range, with the same months of the year before and the company's targets."""
    earlier = Range(months_before(over.first, 12), months_before(over.last, 12).replace(day=28))
    now, prior = reading.by_month(metric, over), reading.by_month(metric, earlier)
    months = months_of(over)
    targets = {} if reading.where(metric) else reading.targets(metric, over)
    return Trend(
        months,
        tuple(now.get(month) for month in months),
        tuple(prior.get(months_before(month, 12)) for month in months),
        tuple(targets.get(month) for month in months),
    )


def margin_bridge(reading: Reading) -> Bridge:
    """From the comparison's gross margin to this period's, in the steps that `fct_margins_monthly` knows."""
    before, now = _margin_parts(reading, reading.filters.before), _margin_parts(reading, reading.filters.now)
    steps = tuple((name, now[name] - before[name]) for name in STEPS if now[name] != before[name])
    return Bridge(sum(before.values(), Decimal(0)), steps, sum(now.values(), Decimal(0)))


def _margin_parts(reading: Reading, over: Range) -> dict[str, Decimal]:
    """What gross margin is made of: list value less discounts less cost, less revenue whose cost is unknown."""
    where = reading.where("gross_margin")
    conditions = "".join(f" and list_contains(${name}, {name})" for name in where)
    # Cents, as every figure beside them is shown; what is made of them adds up exactly.
    columns = {"net": "net_rpt", "discount": "discount_rpt", "margin": "margin_rpt", "known": "net_with_known_cost_rpt"}
    sums = ", ".join(
        f"cast(coalesce(sum({column}), 0) as {UNIT_TYPES['money']}) as {name}" for name, column in columns.items()
    )
    table = reading.rows(
        f"select {sums} from finance.fct_margins_monthly where month_on between $first and $last{conditions}",
        first=over.first,
        last=over.last,
        **where,
    )
    net, discount, margin, known = (table[name][0].as_py() for name in columns)
    return dict(zip(STEPS, (net + discount, -discount, margin - known, known - net), strict=True))


def pipeline_stages(reading: Reading) -> dict[str, Decimal]:
    """Open pipeline by stage, in the order of the stages' mean probability."""
    table = reading.breakdown("open_pipeline", ["stage"])
    amounts = {
        str(stage): value
        for stage, value in zip(table["stage"].to_pylist(), table["value"].to_pylist(), strict=True)
        if value
    }
    order = reading.rows(
        "select stage, avg(coalesce(probability_ratio, 0)) as likely from sales.fct_deals where is_open group by stage"
    )
    likely = dict(zip(order["stage"].to_pylist(), order["likely"].to_pylist(), strict=True))
    return {stage: amounts[stage] for stage in sorted(amounts, key=lambda name: (likely.get(name, 0), name))}


def pipeline_bridge(reading: Reading) -> Bridge:
    """From the open pipeline before the chosen period to its end, all deals; the steps close to zero."""
    names = {
        "created_rpt": "Created",
        "reopened_rpt": "Reopened",
        "amount_change_rpt": "Amount changed",
        "won_rpt": "Won",
        "lost_rpt": "Lost",
        "merged_rpt": "Merged",
        "deleted_rpt": "Deleted",
    }
    now = reading.filters.now
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in names)
    table = reading.rows(
        f"select coalesce(sum(opening_rpt) filter (where month_on = $first), 0) as opening, {sums},"
        " coalesce(sum(closing_rpt) filter (where month_on = $last_month), 0) as closing"
        " from sales.fct_pipeline_waterfall where month_on between $first and $last_month",
        first=now.first,
        last_month=now.last.replace(day=1),
    )
    amounts = {label: table[name][0].as_py() for name, label in names.items()}
    return Bridge(
        table["opening"][0].as_py(),
        tuple((label, amount) for label, amount in amounts.items() if amount != 0),
        table["closing"][0].as_py(),
    )


def months_of(over: Range) -> tuple[date, ...]:
    """First days of the months that a range covers, in order."""
    count = (over.last.year - over.first.year) * 12 + over.last.month - over.first.month
    return tuple(months_before(over.last, number) for number in range(count, -1, -1))


def span_words(reading: Reading, over: Range) -> str:
    """The days that a range covers, for captions."""
    first, last = reading.display.day(over.first), reading.display.day(over.last)
    return reading.display.say("{first} to {last}", first=first, last=last)
