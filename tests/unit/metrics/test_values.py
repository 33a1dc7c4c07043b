"""What metrics answer. The numbers are added up by hand from the rows in metric_world.py."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_world import PLANS

from company.metric_plans import GRAINS, Plan, Question, render
from dashboards.metrics import Metrics

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
QUARTER = (date(2026, 1, 1), date(2026, 3, 31))


def rows(metrics: Metrics, name: str, **question: object) -> list[dict[str, object]]:
    return metrics.series(name, **question).to_pylist()  # type: ignore[arg-type]


def test_money_is_added_to_the_cent_and_stays_decimal(metrics: Metrics) -> None:
    """A float on a tile is a number that nobody can tie to the ledger."""
    value = metrics.value("revenue", *QUARTER)
    assert value == Decimal("130.20")  # 100.00 + 50.10 + 0.20 - 20.10 + 5.00 - 5.00
    assert isinstance(value, Decimal)


def test_a_month_shows_its_own_rows(metrics: Metrics) -> None:
    assert rows(metrics, "revenue") == [
        {"period_on": date(2026, 1, 1), "value": Decimal("150.10")},
        {"period_on": date(2026, 2, 1), "value": Decimal("-19.90")},
        {"period_on": date(2026, 3, 1), "value": Decimal("0.00")},
    ]


def test_slices_add_up_to_the_total_with_the_rows_that_belong_nowhere(metrics: Metrics) -> None:
    """A board that filters by region must be able to show what has none."""
    slices = rows(metrics, "revenue", by=["region"], grain="year")
    assert {(r["region"], r["value"]) for r in slices} == {
        ("north", Decimal("100.20")),
        ("south", Decimal("50.10")),
        (None, Decimal("-20.10")),
    }
    assert sum(Decimal(str(r["value"])) for r in slices) == metrics.value("revenue")


def test_a_ratio_is_taken_of_the_sums(metrics: Metrics) -> None:
    """The mean of the months' ratios would be (50/150.10 + 4.90/19.90) / 2 and mean nothing."""
    assert metrics.value("margin_ratio", date(2026, 1, 1), date(2026, 2, 28)) == Decimal("0.346390")  # 45.10 / 130.20
    quarter = rows(metrics, "margin_ratio", grain="quarter")
    assert [(r["margin"], r["revenue"]) for r in quarter] == [(Decimal("45.10"), Decimal("130.20"))]


def test_nothing_to_divide_by_is_no_value(metrics: Metrics) -> None:
    """March nets to zero revenue: a ratio of 0 or of infinity would both be lies."""
    assert metrics.value("margin_ratio", date(2026, 3, 1), date(2026, 3, 31)) is None
    assert rows(metrics, "margin_ratio")[-1]["value"] is None


def test_a_period_without_rows_has_no_value(metrics: Metrics) -> None:
    assert metrics.value("revenue", date(2025, 1, 1), date(2025, 12, 31)) is None


def test_a_standing_amount_shows_the_last_recorded_day_of_the_period(metrics: Metrics) -> None:
    """Pipelines of two days added together would double the company."""
    assert [r["value"] for r in rows(metrics, "open_pipeline")] == [Decimal("11.00"), Decimal("13.00")]
    assert [r["value"] for r in rows(metrics, "open_pipeline", grain="quarter")] == [Decimal("13.00")]
    assert metrics.value("open_pipeline", *JANUARY) == Decimal("11.00")
    assert metrics.value("open_pipeline", date(2026, 1, 1), date(2026, 1, 30)) == Decimal("17.00")


def test_a_member_without_rows_on_the_last_day_stands_at_nothing(metrics: Metrics) -> None:
    """Deal y of the south left on the 30th; showing its old 7.00 for January would keep it alive."""
    assert metrics.value("open_pipeline", *JANUARY, where={"region": ["south"]}) is None


def test_a_window_counts_the_days_up_to_the_end_of_the_period(metrics: Metrics) -> None:
    """90 days to 31 March begin on 1 January: 31 + 28 + 31."""
    march_end = metrics.value("billed_in_90_days", last=date(2026, 3, 31))
    assert march_end == Decimal("111.00")
    assert [(r["period_on"], r["value"]) for r in rows(metrics, "billed_in_90_days")] == [
        (date(2026, 1, 1), Decimal("11.00")),
        (date(2026, 2, 1), Decimal("11.00")),
        (date(2026, 3, 1), Decimal("111.00")),
        (date(2026, 4, 1), Decimal("1110.00")),  # up to 1 April, the last day known; from 2 January on
    ]


def test_the_lowest_cash_is_that_of_the_weeks_sums(metrics: Metrics) -> None:
    """One entity's low week is not the group's: 5.00 and 19.00 are the group's weeks, -5.00 is only DE's."""
    assert metrics.value("lowest_cash") == Decimal("5.00")
    assert metrics.value("lowest_cash", where={"entity_id": ["DE"]}) == Decimal("-5.00")


def test_a_metric_of_the_days_ahead_is_not_cut_at_the_as_of_day(metrics: Metrics) -> None:
    assert metrics.value("lowest_cash", *JANUARY) == Decimal("5.00")


def test_no_other_metric_reaches_past_the_as_of_day(metrics: Metrics) -> None:
    """A page that asks for the whole year must not show what the version does not speak for."""
    early = Metrics(metrics._connection, metrics.catalogue, as_of=date(2026, 1, 31))
    assert early.value("revenue", date(2026, 1, 1), date(2026, 12, 31)) == Decimal("150.10")
    assert early.value("open_pipeline", last=date(2026, 12, 31)) == Decimal("11.00")


def test_a_column_of_another_mart_groups_and_filters(metrics: Metrics) -> None:
    found = metrics.breakdown("revenue", ["customer__segment"]).to_pylist()
    assert {(r["customer__segment"], r["value"]) for r in found} == {
        ("large", Decimal("105.20")),
        ("small", Decimal("30.00")),
        ("group", Decimal("-5.00")),
    }
    assert metrics.value("revenue", where={"customer__segment": ["small"]}) == Decimal("30.00")


def test_a_condition_may_stand_on_a_column_of_another_mart(metrics: Metrics) -> None:
    assert metrics.value("outside_revenue") == Decimal("135.20")  # 130.20 without the group's -5.00
    assert metrics.value("outside_revenue", where={"region": ["north"]}) == Decimal("105.20")


def test_part_of_a_month_is_the_whole_month_where_only_months_are_known(metrics: Metrics) -> None:
    assert metrics.value("revenue", date(2026, 1, 15), date(2026, 1, 20)) == Decimal("150.10")


def test_the_catalogues_sql_gives_the_same_numbers_as_the_page(metrics: Metrics) -> None:
    """An analyst who runs the SQL of the catalogue must meet the number of the tile."""
    for name, definition in metrics.catalogue.items():
        by_hand = metrics._connection.sql(definition.sql).to_arrow_table().to_pylist()
        assert by_hand == metrics.series(name).to_pylist(), name


def test_a_plan_survives_its_way_through_the_catalogue() -> None:
    for _, plan in PLANS.values():
        assert Plan.model_validate_json(plan.model_dump_json(exclude_defaults=True)) == plan


@settings(deadline=None, max_examples=25)
@given(
    amounts=st.lists(st.integers(min_value=-(10**13), max_value=10**13), min_size=1, max_size=30),
    days=st.lists(st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 31)), min_size=30, max_size=30),
    grain=st.sampled_from(GRAINS),
)
def test_periods_of_any_grain_add_up_to_the_whole(amounts: list[int], days: list[date], grain: str) -> None:
    """Whatever the grain of a chart, its bars are the tile."""
    with duckdb.connect() as connection:
        connection.execute(
            "create schema finance; create table finance.bills (billed_on date, gross_rpt decimal(18, 2))"
        )
        cents = [Decimal(amount) / 100 for amount in amounts]
        connection.executemany("insert into finance.bills values (?, ?)", list(zip(days, cents, strict=False)))
        measure = PLANS["billed_in_90_days"][1].measures["billed_in_90_days"].model_copy(update={"window": None})
        plan = Plan(kind="simple", measures={"billed": measure}, expression="billed")
        query = render(plan, "money", Question(grain=grain))  # type: ignore[arg-type]
        assert sum(row[-1] for row in connection.execute(query.sql).fetchall()) == sum(cents)


@pytest.mark.parametrize("name", sorted(PLANS))
def test_a_definition_tells_what_can_be_asked(metrics: Metrics, name: str) -> None:
    definition = metrics.definition(name)
    for dimension in definition.dimensions:
        assert dimension in metrics.series(name, by=[dimension], grain=definition.grains[-1]).column_names
