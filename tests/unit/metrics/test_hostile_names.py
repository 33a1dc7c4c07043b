"""Names and values that try to become SQL. Names are refused, values are only ever compared (T10, T11, T12)."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from metric_world import CATALOGUE, REVENUE
from pydantic import ValidationError

from company.metric_plans import Dimension, Measure, Plan
from dashboards.metrics import Catalogue, MetricError, Metrics, UnavailableMetricError, UnknownNameError

HOSTILE_VALUES = [
    "' OR 1=1 --",
    "'; DROP TABLE finance.margins; --",
    "north' UNION SELECT 1 --",
    "a*/ UNION SELECT 1 --@x.io",
    "\x00",
    "%",
    "_",
    "n%",
    "x" * 1_000_000,
    "2024-02-30",
    "NaN",
    "$first",
    "🚢\u202e",
]
HOSTILE_NAMES = [
    'x" , (select 1)--',
    "region; drop table finance.margins",
    "1;drop",
    "region)--",
    "Region",
    " region",
    "region\x00",
    "net_rpt",
    "",
    "x" * 100_000,
]


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
def test_a_hostile_value_matches_nothing(metrics: Metrics, value: str) -> None:
    """A filter that becomes SQL shows one region's numbers to another, or worse."""
    assert metrics.value("revenue", where={"region": [value]}) is None
    assert metrics.value("revenue", where={"region": [value, "south"]}) == Decimal("50.10")
    assert metrics.value("revenue") == Decimal("130.20")


def test_a_hostile_value_that_is_a_members_name_finds_that_member(published: Path, tmp_path: Path) -> None:
    """Customers may be called anything."""
    path = tmp_path / "marts.duckdb"
    path.write_bytes(published.read_bytes())
    with duckdb.connect(str(path)) as connection:
        for number, value in enumerate(HOSTILE_VALUES, start=1):
            connection.execute("insert into finance.margins values ('2026-01-01', 'a', ?, ?, 0)", [value, number])
        asked = Metrics(connection, CATALOGUE)
        for number, value in enumerate(HOSTILE_VALUES, start=1):
            assert asked.value("revenue", where={"region": [value]}) == Decimal(number)


def test_ten_thousand_members_are_one_question(metrics: Metrics) -> None:
    members = [f"region {number}" for number in range(10_000)]
    assert metrics.value("revenue", where={"region": [*members, "south"]}) == Decimal("50.10")


def test_no_member_at_all_is_nothing(metrics: Metrics) -> None:
    assert metrics.value("revenue", where={"region": []}) is None


def test_rows_without_a_member_can_be_asked_for(metrics: Metrics) -> None:
    assert metrics.value("revenue", where={"region": [None]}) == Decimal("-20.10")
    assert metrics.value("revenue", where={"region": [None, "south"]}) == Decimal("30.00")


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_name_that_the_catalogue_does_not_have_is_refused(metrics: Metrics, name: str) -> None:
    with pytest.raises(UnknownNameError, match="no dimension of revenue"):
        metrics.value("revenue", where={name: ["north"]})
    with pytest.raises(UnknownNameError, match="no dimension of revenue"):
        metrics.series("revenue", by=[name])
    with pytest.raises(UnknownNameError, match="no metric"):
        metrics.value(name)
    with pytest.raises(UnknownNameError, match="no grain of revenue"):
        metrics.series("revenue", grain=name)  # type: ignore[arg-type]


def test_a_refusal_names_the_nearest_and_what_exists(metrics: Metrics) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean revenue\?.*margin_ratio"):
        metrics.value("revenues")
    with pytest.raises(UnknownNameError, match=r"no grain of revenue is called 'day'.*Known: month, quarter, year"):
        metrics.series("revenue", grain="day")


def test_a_dimension_is_named_once(metrics: Metrics) -> None:
    with pytest.raises(UnknownNameError, match="twice"):
        metrics.series("revenue", by=["region", "region"])


def test_a_range_that_ends_before_it_begins_is_refused(metrics: Metrics) -> None:
    with pytest.raises(MetricError, match="begins on 2026-02-01 after its end on 2026-01-01"):
        metrics.value("revenue", date(2026, 2, 1), date(2026, 1, 1))


@pytest.mark.parametrize("name", ['x" , (select 1)--', "a b", "1x", "Net", "net-rpt", ""])
def test_a_plan_with_a_hostile_name_is_never_read(name: str) -> None:
    """A catalogue row is data: a damaged or forged one must not become SQL."""
    with pytest.raises(ValidationError):
        Dimension(column=name)
    with pytest.raises(ValidationError):
        Measure.model_validate(REVENUE.model_dump() | {"time": name})
    with pytest.raises(ValidationError):
        Measure.model_validate(REVENUE.model_dump() | {"relation": f"finance.{name}"})
    with pytest.raises(ValidationError):
        Plan(kind="simple", measures={name: REVENUE}, expression="1")


def test_a_measure_cannot_take_the_name_of_a_dimension() -> None:
    with pytest.raises(ValidationError, match="has the name of a dimension"):
        Plan(kind="simple", measures={"region": REVENUE}, expression="region")


def test_a_hidden_column_is_said_to_be_missing(metrics: Metrics) -> None:
    """A reader whose file lacks the cost column learns that, not the text of our SQL's failure alone."""
    hidden = REVENUE.model_copy(update={"expression": "cost_rpt"})
    plan = Plan(kind="simple", measures={"cost": hidden}, expression="cost")
    definition = CATALOGUE["revenue"]
    catalogue = Catalogue([type(definition)(**{**_fields(definition), "name": "cost", "plan": plan})])
    with pytest.raises(UnavailableMetricError, match="cost needs a table or column"):
        Metrics(metrics._connection, catalogue).value("cost")


def test_a_version_without_a_catalogue_says_so(metrics: Metrics) -> None:
    with pytest.raises(UnavailableMetricError, match=r"common\.metric_catalogue"):
        Catalogue.read(metrics._connection)


def test_a_plan_of_another_release_is_refused_with_the_metrics_name(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as connection:
        connection.execute(
            "create schema common; create table common.metric_catalogue as select 'revenue' as metric, '' as label,"
            " '' as description, 'money' as unit, 'up' as good, '' as owner, '' as beware, 'simple' as metric_type,"
            ' \'{"kind": "simple", "fashion": 2}\' as plan, \'\' as sql'
        )
        with pytest.raises(UnavailableMetricError, match="revenue: this release cannot read the plan"):
            Catalogue.read(connection)


def _fields(definition: object) -> dict[str, object]:
    return {name: getattr(definition, name) for name in definition.__slots__}  # type: ignore[attr-defined]
