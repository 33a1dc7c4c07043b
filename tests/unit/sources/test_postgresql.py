"""A PostgreSQL database lands whole, of one moment, to the last digit; checked against a real server."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from postgresql_server import PostgresqlServer
from unit.sources.database import Database

from company.settings import Settings
from pipelines.canonical import load_canonical
from pipelines.landing.database_landing import check_database
from pipelines.landing.manifests import read_manifests
from pipelines.sources.contract import contract_mapping
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.postgresql import open_snapshot

INVOICES = """
files:
  - match: "Ledger Invoices"
    entity: invoice
    kind: full
    columns:
      invoice_id: number
      customer_id: customer
      entity_id: {constant: FI01}
      invoiced_on: day
      currency: {constant: EUR}
      net_doc: Net Amount
      updated_at: {column: changed, optional: true}
"""
PASSWORD = "hidden-word"  # noqa: S105 - of a role of the tests' own server
READER = (
    f"do $$ begin create role reader login password '{PASSWORD}'; exception when duplicate_object then null; end $$"
)


class StoppedError(Exception):
    """What a killed process is to a test."""


@pytest.fixture
def database(postgresql_server: PostgresqlServer, tmp_path: Path) -> Database:
    """An empty database of its own for each test."""
    return Database(postgresql_server, f"test_{abs(hash(str(tmp_path)))}", tmp_path)


def make_invoices(database: Database, *rows: str) -> None:
    database.mapped_by(INVOICES)
    database.execute(
        'create table "Ledger Invoices"'
        ' (number text, customer text, day date, "Net Amount" numeric, changed timestamptz)'
    )
    for row in rows:
        database.execute(f'insert into "Ledger Invoices" values ({row})')


def test_the_sample_company_through_a_database_is_the_same_rows_as_through_files(
    database: Database, sample_company: Settings
) -> None:
    """An ERP without a connector must give the same numbers whether it is exported or read."""
    entities = load_canonical()
    database.mapping = contract_mapping(ending="")  # three legal entities: each row says its own
    filed = [m for m in read_manifests(sample_company.folders.landing, "erp") if m.part_paths]
    wanted: dict[str, list[str]] = {}
    for manifest in filed:
        wanted.setdefault(manifest.entity, []).extend(str(path) for path in manifest.part_paths)
    one_full_batch = {name: paths for name, paths in wanted.items() if len(paths) == 1}
    assert len(one_full_batch) > 10
    for name, paths in one_full_batch.items():
        listed = ", ".join(f'"{column}"' for column in entities[name].column_names)
        database.create(entities[name], duckdb.sql(f"select {listed} from read_parquet({paths})").to_arrow_table())
    landing = database.land()
    assert landing.refused == ()
    for name, paths in one_full_batch.items():
        listed = ", ".join(f'"{column}"' for column in entities[name].column_names)
        (batch,) = database.batches(name)
        through_files = f"select {listed} from read_parquet({paths})"
        through_database = f"select {listed} from read_parquet('{batch.part_paths[0]}')"
        for one, other in ((through_files, through_database), (through_database, through_files)):
            assert duckdb.sql(f"select * from ({one} except all {other}) limit 3").fetchall() == [], name


def test_every_digit_of_a_numeric_arrives(database: Database) -> None:
    """Fifteen digits are what a binary float keeps: an amount in rupiah has more."""
    make_invoices(database, "'1', 'a', '2026-06-30', 1234567890123456.78, null", "'2', 'a', '2026-06-30', 0.1, null")
    database.land()
    assert database.rows("invoice", ["invoice_id", "net_doc"]) == [
        ("1", Decimal("1234567890123456.78")),
        ("2", Decimal("0.10")),
    ]
    (batch,) = database.batches("invoice")
    assert batch.control_totals["net_doc"].loaded == Decimal("1234567890123456.88")


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_quarantined(database: Database, odd: str) -> None:
    """NaN in one invoice must not become nothing, zero, or the sum of all invoices."""
    make_invoices(database, f"'1', 'a', '2026-06-30', '{odd}', null", "'2', 'a', '2026-06-30', 5, null")
    database.land()
    assert database.rows("invoice", ["invoice_id", "net_doc"]) == [("2", Decimal("5.00"))]
    assert database.quarantined("invoice") == [("1", "net_doc", odd, "unreadable_number")]


def test_a_numeric_with_more_decimals_than_money_has_is_quarantined(database: Database) -> None:
    """Rounded on the way in, a document would no longer tie to its journal, and nobody could say why."""
    make_invoices(database, "'1', 'a', '2026-06-30', 1.239, null", "'2', 'a', '2026-06-30', 1.2300, null")
    database.land()
    assert database.rows("invoice", ["invoice_id", "net_doc"]) == [("2", Decimal("1.23"))]
    assert [row[3] for row in database.quarantined("invoice")] == ["unreadable_number"]


def test_a_day_without_end_is_quarantined(database: Database) -> None:
    """An invoice dated infinity would otherwise age for ever."""
    make_invoices(database, "'1', 'a', 'infinity', 5, null", "'2', 'a', '2026-06-30', 5, null")
    database.land()
    assert database.rows("invoice", ["invoice_id"]) == [("2",)]
    assert [row[1] for row in database.quarantined("invoice")] == ["invoiced_on"]


def test_moments_are_utc_whatever_the_server_is_set_to(database: Database) -> None:
    """The tests' server keeps New York time and German dates: neither may reach a number."""
    make_invoices(database, "'1', 'a', '2026-03-29', 5, '2026-03-29 02:30:00+02'")
    database.land()
    ((day, changed),) = database.rows("invoice", ["invoiced_on", "updated_at"])
    assert (day.isoformat(), changed.isoformat()) == ("2026-03-29", "2026-03-29T00:30:00")


def test_odd_types_partitions_views_and_quoted_names_are_read(database: Database) -> None:
    """A column of any type may be mapped to a text, and a partitioned table is one table."""
    database.execute(
        "create type mood as enum ('sad', 'content')",
        'create table item_rows (item_id uuid, name text, "select" mood, category jsonb, tags int[], net numeric,'
        " tax numeric generated always as (net * 2) stored, year int not null) partition by list (year)",
        "create table item_rows_1 partition of item_rows for values in (1)",
        "create table item_rows_2 partition of item_rows for values in (2)",
        'insert into item_rows (item_id, name, "select", category, tags, net, year) values'
        " ('00000000-0000-0000-0000-000000000001', 'A', 'sad', '{\"a\": 1}', '{1,2}', 1.5, 1),"
        " ('00000000-0000-0000-0000-000000000002', 'B', 'content', null, null, 2.5, 2)",
        "create view item as select item_id, name, 'stock' as item_type,"
        " \"select\"::text || coalesce(tags::text, '') as category from item_rows",
    )
    assert database.land().refused == ()
    assert database.rows("item", ["item_id", "name", "category"]) == [
        ("00000000-0000-0000-0000-000000000001", "A", "sad{1,2}"),
        ("00000000-0000-0000-0000-000000000002", "B", "content"),
    ]


def test_a_column_that_may_not_be_read_refuses_the_table_by_name(database: Database) -> None:
    """A right taken away must be told, not read as a column of nothing."""
    make_invoices(database, "'1', 'a', '2026-06-30', 5, null")
    database.execute(
        READER,
        'grant select (number, customer, day, changed) on "Ledger Invoices" to reader',
    )
    landing = database.land(user="reader", password=PASSWORD)
    (refused,) = landing.refused
    assert refused.reason == "changed_schema"
    assert "has no column 'Net Amount'" in refused.message


def test_a_wrong_password_is_told_without_the_password(database: Database) -> None:
    """Messages end in logs, mails and pages."""
    database.execute(READER)
    with pytest.raises(ConnectionFailedError) as raised:
        database.land(user="reader", password=f"not-{PASSWORD}")
    assert 'password authentication failed for user "reader"' in str(raised.value)
    assert PASSWORD not in repr(raised.value)
    assert raised.value.__cause__ is None


def test_two_tables_are_of_one_moment(database: Database) -> None:
    """Invoices of before and lines of after a posting would differ by exactly that posting."""
    database.execute(
        "create table a (n int)", "create table b (n int)", "insert into a values (1)", "insert into b values (1)"
    )
    with open_snapshot(database.server.address(database.name), "public") as snapshot:
        first, second = snapshot.relations()
        assert snapshot.read(first, first.columns, ["n"], database.root / "a").rows == 1
        database.execute("insert into a values (2)", "insert into b values (2)", "delete from b where n = 1")
        snapshot.read(second, second.columns, ["n"], database.root / "b")
    assert duckdb.sql(f"select n from read_parquet('{database.root / 'b'}')").fetchall() == [(1,)]


def test_an_unchanged_table_makes_no_batch_in_whatever_order_it_lies(database: Database) -> None:
    """A run every hour must not publish the same numbers twenty-four times a day."""
    make_invoices(database, *(f"'{n}', 'a', '2026-06-30', {n}, null" for n in (3, 1, 2)))
    assert len(database.land().landed) == 1
    # An update that changes nothing moves the row to another place in the table.
    database.execute("update \"Ledger Invoices\" set number = number where number = '3'")
    again = database.land()
    assert again.is_nothing
    assert again.known == ("Ledger Invoices",)


def test_rows_that_come_back_are_landed_again(database: Database) -> None:
    """A customer deleted by mistake and restored: the table is what it was, and the warehouse must be too."""
    make_invoices(database, "'1', 'a', '2026-06-30', 5, null", "'2', 'a', '2026-06-30', 7, null")
    database.land()
    database.execute("delete from \"Ledger Invoices\" where number = '2'")
    database.land()
    assert database.rows("invoice", ["invoice_id"]) == [("1",)]
    database.execute("insert into \"Ledger Invoices\" values ('2', 'a', '2026-06-30', 7, null)")
    database.land()
    assert database.rows("invoice", ["invoice_id"]) == [("1",), ("2",)]


def test_a_table_emptied_after_it_had_rows_deletes_nothing(database: Database) -> None:
    """A nightly job that empties and refills a table in two transactions must not empty the warehouse in between."""
    make_invoices(database, "'1', 'a', '2026-06-30', 5, null")
    database.land()
    database.execute('delete from "Ledger Invoices"')
    (refused,) = database.land().refused
    assert "no rows" in refused.message
    assert database.rows("invoice", ["invoice_id"]) == [("1",)]


def test_what_the_server_counts_otherwise_is_not_landed(database: Database) -> None:
    """Rows lost between the server and the file must stop the landing, not become a smaller turnover."""
    database.mapped_by(INVOICES)
    database.execute(
        "create view \"Ledger Invoices\" as select '1' as number, 'a' as customer, date '2026-06-30' as day,"
        ' random()::numeric as "Net Amount", now() as changed'
    )
    with pytest.raises(SourceReadError, match="adds up to"):
        database.land()
    assert database.batches("invoice") == []


@pytest.mark.parametrize("step", ["table_read", "opened", "part_written", "manifest_written", "renamed"])
def test_a_landing_stopped_anywhere_is_made_good_by_the_next(database: Database, step: str) -> None:
    """A machine that is switched off in the night must not cost a document or count one twice."""
    make_invoices(database, "'1', 'a', '2026-06-30', 5, null")

    def stop(at: str) -> None:
        if at == step:
            raise StoppedError

    with pytest.raises(StoppedError):
        database.land(checkpoint=stop)
    database.land()
    assert len(database.batches("invoice")) == 1
    assert database.rows("invoice", ["invoice_id", "net_doc"]) == [("1", Decimal("5.00"))]


def test_a_check_names_columns_missing_unmapped_and_doubtful(database: Database) -> None:
    """What is wrong with a mapping must be seen before a run."""
    make_invoices(database, "'1', 'a', '2026-06-30', 'NaN', null")
    database.execute('alter table "Ledger Invoices" drop column customer, add column extra text')
    work = database.root / "work"
    work.mkdir()
    (checked,) = check_database(
        open_snapshot(database.server.address(database.name), "public"), database.mapping, work
    ).files
    assert [column.canonical for column in checked.missing] == ["customer_id"]
    assert [column.header for column in checked.unmapped] == ["extra"]


def test_a_connection_that_breaks_lands_nothing_of_that_time(database: Database) -> None:
    """Half of a snapshot is no snapshot."""
    make_invoices(database, "'1', 'a', '2026-06-30', 5, null")
    database.execute("create table vendor (vendor_id text, name text)", "insert into vendor values ('v', 'V')")

    def cut(step: str) -> None:
        if step == "table_read":
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                f" where datname = '{database.name}' and pid <> pg_backend_pid()"
            )

    database.mapped_by(INVOICES + VENDORS)
    with pytest.raises(SourceReadError):
        database.land(checkpoint=cut)
    assert read_manifests(database.landing, "erp") == ()
    database.land()
    assert len(read_manifests(database.landing, "erp")) == 2


VENDORS = """
  - match: vendor
    entity: vendor
    kind: full
    columns: {vendor_id: vendor_id, name: name}
"""
