"""A number once published is kept; a later change of a closed month is a row that says what, when and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from published_files import NOW, publish

from company.folders import DataFolder
from pipelines.publish.frozen import open_deals
from pipelines.publish.history import (
    OPEN_DEALS,
    MetricKey,
    Restatement,
    Values,
    changes,
    closed_before,
    history_path,
    load_history,
    read_values,
    write_history,
)
from pipelines.publish.versions import SeenVersion
from pipelines.warehouse.system_tables import create_system_tables

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture
def folders(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    create_system_tables(connection)
    yield connection
    connection.close()


def revenue(month: date, amount: str, entity: str = "all") -> tuple[MetricKey, Decimal]:
    dimension = "all" if entity == "all" else "entity_id"
    return MetricKey("net_revenue", dimension, entity, month), Decimal(amount).quantize(Decimal("0.000001"))


SEEN = SeenVersion("v1", None, date(2026, 6, 30))


def compared(old: Values, new: Values) -> list[tuple[date, Decimal | None, Decimal | None, Decimal]]:
    found = changes(old, new, seen=SEEN, new_version="v2", changed_at=NOW)
    return [(row.period_on, row.old_value, row.new_value, row.difference) for row in found]


def test_a_month_is_closed_when_the_next_one_has_begun() -> None:
    assert closed_before(date(2026, 6, 30)) == JUNE
    assert closed_before(JULY) == JULY


def test_a_changed_closed_month_is_a_restatement() -> None:
    """The version spoke for 30 June: May was closed, June was not."""
    old = dict([revenue(MAY, "100.00"), revenue(JUNE, "50.00")])
    new = dict([revenue(MAY, "90.00"), revenue(JUNE, "70.00")])
    assert compared(old, new) == [(MAY, Decimal("100"), Decimal("90"), Decimal("-10"))]


def test_the_same_numbers_are_no_restatement() -> None:
    values = dict([revenue(MAY, "100.00"), revenue(MAY, "40.00", "FI01")])
    assert compared(values, values) == []


def test_a_value_that_appears_or_vanishes_in_a_closed_month_is_one() -> None:
    old = dict([revenue(MAY, "100.00", "FI01"), revenue(MAY, "5.00", "NO01")])
    new = dict([revenue(MAY, "100.00", "FI01"), revenue(MAY, "7.00", "SE01")])
    assert compared(old, new) == [
        (MAY, Decimal(5), None, Decimal(-5)),
        (MAY, None, Decimal(7), Decimal(7)),
    ]


def test_a_metric_that_was_not_declared_before_restates_nothing() -> None:
    assert compared({}, dict([revenue(MAY, "100.00")])) == []


def test_values_survive_their_file_to_the_last_place(folders: DataFolder) -> None:
    values = dict([revenue(MAY, "123456789012345.67"), revenue(MAY, "-0.000001", "FI01")])
    path = history_path(folders, "v1")
    write_history(path, version="v1", known_at=NOW, values=values, new=())
    assert read_values(folders, "v1") == values


def test_a_lost_history_file_compares_with_nothing(folders: DataFolder) -> None:
    assert read_values(folders, "v1") == {}


def test_only_published_versions_count(folders: DataFolder, build: duckdb.DuckDBPyConnection) -> None:
    change = Restatement("net_revenue", "all", "all", MAY, Decimal(1), Decimal(2), Decimal(1), "v0", "v1", NOW)
    publish(folders, "v1")
    for version in ("v1", "v2"):
        path = history_path(folders, version)
        write_history(path, version=version, known_at=NOW, values=dict([revenue(MAY, "100.00")]), new=[change])
    load_history(build, folders, published=["v1"], lineage=["v1"])
    assert build.execute("select version, metric, period_on, value from raw.metric_history").fetchall() == [
        ("v1", "net_revenue", MAY, Decimal("100.000000"))
    ]
    assert build.execute("select old_version, new_version, difference from raw.restatement_history").fetchall() == [
        ("v0", "v1", Decimal("1.000000"))
    ]


def test_what_a_rolled_back_version_changed_is_not_counted(
    folders: DataFolder, build: duckdb.DuckDBPyConnection
) -> None:
    """100 became 90, was taken back, and became 90 again: readers lost ten, not twenty."""
    for version in ("v2", "v3"):
        change = Restatement(
            "net_revenue", "all", "all", MAY, Decimal(100), Decimal(90), Decimal(-10), "v1", version, NOW
        )
        path = history_path(folders, version)
        write_history(path, version=version, known_at=NOW, values=dict([revenue(MAY, "90.00")]), new=[change])
    load_history(build, folders, published=["v1", "v2", "v3"], lineage=["v3", "v1"])
    assert build.execute("select new_version, difference from raw.restatement_history").fetchall() == [
        ("v3", Decimal("-10.000000"))
    ]
    assert build.execute("select version from raw.metric_history order by 1").fetchall() == [("v2",), ("v3",)]


def test_the_open_deals_of_a_version_are_remembered(folders: DataFolder, build: duckdb.DuckDBPyConnection) -> None:
    """A deal that the CRM deletes is in no export any more; only what was published tells that it was forecast."""
    deals = pa.Table.from_pylist(
        [{"as_of": date(2026, 6, 30), "deal_id": "crm:d", "weighted_rpt": Decimal("12.50"), "stage": "Offer"}],
        schema=OPEN_DEALS,
    )
    write_history(history_path(folders, "v1"), version="v1", known_at=NOW, values={}, new=(), open_deals=deals)
    write_history(history_path(folders, "v2"), version="v2", known_at=NOW, values={}, new=(), open_deals=deals)
    load_history(build, folders, published=["v1"], lineage=["v1"])
    found = build.execute("select version, as_of, deal_id, stage, weighted_rpt from raw.pipeline_history").fetchall()
    assert found == [("v1", date(2026, 6, 30), "crm:d", "Offer", Decimal("12.50"))]


def test_the_pipeline_of_the_as_of_day_is_what_is_frozen() -> None:
    """The day before, and deals that are no longer there, are no forecast of this version."""
    types = {name: "date" if name.endswith("_on") else "varchar" for name in OPEN_DEALS.names[1:]}
    types |= {"amount_doc": "decimal(18, 2)", "amount_rpt": "decimal(18, 2)", "probability_ratio": "decimal(9, 6)"}
    types |= {"calibrated_weighted_rpt": "decimal(18, 2)"}
    given = ("deal_id", "weighted_rpt", "created_on")
    columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items() if name not in given)
    with duckdb.connect() as marts:
        assert open_deals(marts, as_of=date(2026, 6, 30)).num_rows == 0
        marts.execute("create schema sales")
        marts.execute(
            f"create table sales.fct_pipeline_daily as select date_on, deal_id, weighted_rpt, {columns} from (values"
            " (date '2026-06-29', 'd', 7.00), (date '2026-06-30', 'd', 8.00), (date '2026-06-30', 'gone', 9.00)"
            ") as days (date_on, deal_id, weighted_rpt)"
        )
        marts.execute("create table sales.fct_deals as select 'd' as deal_id, date '2026-06-01' as created_on")
        found = open_deals(marts, as_of=date(2026, 6, 30)).to_pylist()
    assert [(row["deal_id"], row["as_of"], row["weighted_rpt"], row["created_on"]) for row in found] == [
        ("d", date(2026, 6, 30), Decimal("8.00"), date(2026, 6, 1))
    ]


def test_a_file_of_a_version_before_deals_were_kept_is_read(
    folders: DataFolder, build: duckdb.DuckDBPyConnection
) -> None:
    """An upgrade must not lose what was frozen before it."""
    path = history_path(folders, "v1")
    write_history(path, version="v1", known_at=NOW, values=dict([revenue(MAY, "100.00")]), new=())
    old = pq.read_table(path).drop_columns(OPEN_DEALS.names)
    pq.write_table(old, path)
    load_history(build, folders, published=["v1"], lineage=["v1"])
    assert build.execute("select count(*) from raw.metric_history").fetchall() == [(1,)]
    assert build.execute("select count(*) from raw.pipeline_history").fetchall() == [(0,)]


def test_the_moment_of_a_change_is_utc(folders: DataFolder, build: duckdb.DuckDBPyConnection) -> None:
    at = datetime(2026, 7, 2, 3, 4, tzinfo=UTC)
    change = Restatement("net_revenue", "all", "all", MAY, None, Decimal(2), Decimal(2), "v0", "v1", at)
    write_history(history_path(folders, "v1"), version="v1", known_at=at, values={}, new=[change])
    load_history(build, folders, published=["v1"], lineage=["v1"])
    assert build.execute("select cast(changed_at as varchar) from raw.restatement_history").fetchall() == [
        ("2026-07-02 03:04:00",)
    ]
