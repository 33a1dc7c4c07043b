"""What a run says about itself is complete, and quarantine shows what is still wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from landed import at, batch, customer, stored

from company.settings import Calendar, Company, Entity
from pipelines.canonical import load_canonical
from pipelines.landing.manifests import BatchManifest, ControlTotal
from pipelines.warehouse.raw import create_raw_tables, load_batches
from pipelines.warehouse.system_tables import (
    RunContext,
    create_system_tables,
    declared_columns,
    write_account_classes,
    write_batches,
    write_calendar,
    write_check_settings,
    write_context,
    write_quarantine,
)

ENTITIES = load_canonical()
COMPANY = Company(name="Acme", entities=(Entity(id="FI01", name="Acme Oy", currency="EUR", country="FI"),))


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    create_raw_tables(connection, ENTITIES.values())
    create_system_tables(connection)
    yield connection
    connection.close()


def loaded(build: duckdb.DuckDBPyConnection, manifests: Sequence[BatchManifest]) -> None:
    load_batches(build, manifests, entities=ENTITIES)
    write_batches(build, manifests)
    write_quarantine(build, manifests, entities=ENTITIES)


def outstanding(build: duckdb.DuckDBPyConnection) -> list[str]:
    return [key for (key,) in build.execute("select source_id from raw.quarantined_row order by 1").fetchall()]


def test_the_context_is_one_row_and_stays_one(build: duckdb.DuckDBPyConnection) -> None:
    for run_id in ("first", "second"):
        context = RunContext(run_id, date(2026, 6, 30), datetime(2026, 7, 1, 4, tzinfo=UTC), "EUR", "Acme")
        write_context(build, context, COMPANY)
    assert build.execute("select * from raw.run_context").fetchall() == [
        ("second", date(2026, 6, 30), datetime(2026, 7, 1, 4, tzinfo=UTC).replace(tzinfo=None), "EUR", "Acme")
    ]
    assert build.execute("select entity_id, currency, source_id from raw.legal_entity").fetchall() == [
        ("FI01", "EUR", "FI01")
    ]


def test_the_calendar_reaches_two_years_around_the_data(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = [customer("1", "Ann", created_on=date(2024, 5, 1))]
    loaded(build, [batch(tmp_path, "customer", rows, day=1)])
    write_calendar(build, ENTITIES.values(), company=COMPANY, as_of=date(2026, 6, 30))
    first, last, count = build.execute("select min(date_on), max(date_on), count(*) from raw.fiscal_date").fetchall()[0]
    assert first <= date(2022, 5, 1)
    assert last >= date(2028, 6, 30)
    assert count == (last - first).days + 1


def test_a_typing_error_in_a_year_does_not_make_a_calendar_of_centuries(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [customer("1", "Ann", created_on=date(2206, 5, 1))]
    loaded(build, [batch(tmp_path, "customer", rows, day=1)])
    write_calendar(build, ENTITIES.values(), company=COMPANY, as_of=date(2026, 6, 30))
    assert build.execute("select max(date_on) < date '2030-01-01' from raw.fiscal_date").fetchone() == (True,)


def test_the_calendar_is_the_companys(build: duckdb.DuckDBPyConnection) -> None:
    company = COMPANY.model_copy(update={"calendar": Calendar(kind="jalali")})
    write_calendar(build, ENTITIES.values(), company=company, as_of=date(2026, 6, 30))
    label = build.execute(
        "select fiscal_period_label from raw.fiscal_date where date_on = date '2026-03-21'"
    ).fetchone()
    assert label == ("FY1405-P01",)


def test_batches_and_their_control_totals_are_rows(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    total = ControlTotal(in_=Decimal("10.50"), loaded=Decimal("8.00"), quarantined=Decimal("2.50"), unparsed_rows=1)
    wrong = [{"source_id": "9", "reason": "unreadable_number"}]
    landed = batch(tmp_path, "customer", [customer("1", "A")], day=1, quarantined=wrong, totals={"credit_limit": total})
    loaded(build, [landed])
    assert build.execute(
        "select source_system, entity, kind, rows_in, rows_loaded, rows_quarantined, status from raw.batch"
    ).fetchall() == [("erp", "customer", "delta", 2, 1, 1, "loaded")]
    assert build.execute(
        "select column_name, total_in, total_loaded, total_quarantined, unparsed_rows from raw.batch_control_total"
    ).fetchall() == [("credit_limit", Decimal("10.50"), Decimal("8"), Decimal("2.50"), 1)]


class TestQuarantine:
    """A row waits in quarantine until a later batch puts it right, and no longer."""

    WRONG = ({"source_id": "9", "reason": "unreadable_date", "column_name": "created_on", "value": "31.02.2026"},)

    def test_a_row_that_could_not_be_read_waits(self, build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        loaded(build, [batch(tmp_path, "customer", [customer("1", "Ann")], day=1, quarantined=self.WRONG)])
        assert build.execute(
            "select source_system, entity, source_id, row_number, column_name, value, reason, loaded_at"
            " from raw.quarantined_row"
        ).fetchall() == [("erp", "customer", "9", 9, "created_on", "31.02.2026", "unreadable_date", stored(at(1, 8)))]

    def test_a_later_delta_with_the_key_puts_it_right(self, build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        landed = [
            batch(tmp_path, "customer", [customer("1", "Ann")], day=1, quarantined=self.WRONG),
            batch(tmp_path, "customer", [customer("9", "Nina")], day=2),
        ]
        loaded(build, landed)
        assert outstanding(build) == []

    def test_a_later_delta_without_the_key_does_not(self, build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        landed = [
            batch(tmp_path, "customer", [customer("1", "Ann")], day=1, quarantined=self.WRONG),
            batch(tmp_path, "customer", [customer("2", "Bo")], day=2),
        ]
        loaded(build, landed)
        assert outstanding(build) == ["9"]

    def test_an_earlier_good_version_does_not_hide_a_later_bad_one(
        self, build: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        """What is shown for customer 9 is older than what the source says now: a reader must be told."""
        landed = [
            batch(tmp_path, "customer", [customer("9", "Nina")], day=1),
            batch(tmp_path, "customer", [customer("1", "Ann")], day=2, quarantined=self.WRONG),
        ]
        loaded(build, landed)
        assert outstanding(build) == ["9"]

    def test_a_later_full_batch_ends_the_wait(self, build: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        landed = [
            batch(tmp_path, "customer", [customer("1", "Ann")], day=1, quarantined=self.WRONG, kind="full"),
            batch(tmp_path, "customer", [customer("1", "Ann")], day=2, kind="full"),
        ]
        loaded(build, landed)
        assert outstanding(build) == []

    def test_a_refused_file_is_shown_and_replaces_nothing(
        self, build: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        refused = ({"source_id": None, "reason": "refused_file"},)
        landed = [
            batch(tmp_path, "customer", [customer("1", "Ann")], day=1, quarantined=self.WRONG, kind="full"),
            batch(tmp_path, "customer", [], day=2, quarantined=refused, kind="full", status="refused"),
        ]
        loaded(build, landed)
        assert build.execute("select reason from raw.quarantined_row order by 1").fetchall() == [
            ("refused_file",),
            ("unreadable_date",),
        ]


def test_check_settings_are_rows(build: duckdb.DuckDBPyConnection) -> None:
    write_check_settings(build, {"receivables_tie_to_ledger": "warn"})
    assert build.execute("select * from raw.check_setting").fetchall() == [("receivables_tie_to_ledger", "warn")]


def test_account_classes_are_rows_and_replace_those_before(build: duckdb.DuckDBPyConnection) -> None:
    """A class that people took back must not go on classifying."""
    given = {"source_system": "erp", "account_code": "1500", "account_type": "receivable"}
    write_account_classes(build, [given, given | {"account_code": "1510"}])
    write_account_classes(build, [given])
    assert build.execute("select * from raw.account_class").fetchall() == [("erp", "1500", "receivable")]


def test_the_declared_system_tables_are_those_that_are_written() -> None:
    written = {"run_context", "fiscal_date", "batch", "batch_control_total", "quarantined_row"}
    from_elsewhere = {"metric_catalogue", "check_setting", "account_class", "period_lock", "locked_journal"}
    from_elsewhere |= {"match_decision", "party_membership_history"}
    from_elsewhere |= {"metric_history", "restatement_history", "pipeline_history", "projection_history"}
    from_elsewhere |= {"cash_scenario", "cash_minimum"}
    from_elsewhere |= {"restatement_cause_history", "told_version", "close_note", "first_promise"}
    from_elsewhere |= {"model_lineage"}
    assert set(declared_columns()) == written | from_elsewhere | {"check_result"}
