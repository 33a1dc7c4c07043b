"""Tables named and shaped as the contract says need no mapping, whether they are files or in a database."""

from __future__ import annotations

from pathlib import Path

import duckdb
from postgresql_server import PostgresqlServer

from company.settings import Settings, load_settings
from docs.build.contract import PAGE, contract
from pipelines.landing import check_source, land_source, nothing_new
from pipelines.landing.manifests import read_manifests

FILES = "erp: {kind: files, folder: drop}"
ENTITY = ", entities: [{id: FI01, name: Acme Oy, currency: EUR, country: FI}]"
DATABASE = 'erp: {kind: postgresql, connection: "${ERP_ADDRESS}", schema_name: contract}'


def company(root: Path, source: str, environ: dict[str, str] | None = None, *, entities: str = "") -> Settings:
    named = f"company: {{name: Acme, reporting_currency: EUR{entities}}}\n"
    (root / "plumbline.yaml").write_text(f"{named}sources:\n  {source}\n", encoding="utf-8")
    return load_settings(root / "plumbline.yaml", environ or {})


def vendors(settings: Settings) -> list[tuple[str, str]]:
    batches = [batch for batch in read_manifests(settings.folders.landing, "erp") if batch.entity == "vendor"]
    found = duckdb.sql(f"select vendor_id, name from read_parquet('{batches[-1].part_paths[0]}') order by 1").fetchall()
    return [(str(vendor_id), str(name)) for vendor_id, name in found]


def test_a_folder_without_a_mapping_is_read_by_the_contract(tmp_path: Path) -> None:
    """An ERP that can write the documented files is connected without a line of YAML."""
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "vendor.csv").write_text("vendor_id,name\n1,A\n2,B\n", encoding="utf-8")
    settings = company(tmp_path, FILES)
    land_source("erp", settings)
    assert vendors(settings) == [("1", "A"), ("2", "B")]
    assert nothing_new(settings)


def test_a_column_that_may_not_be_missing_refuses_the_file_by_name(tmp_path: Path) -> None:
    """A contract that is not kept must be told where."""
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "vendor.csv").write_text("vendor_id,nam\n1,A\n", encoding="utf-8")
    (refused,) = land_source("erp", company(tmp_path, FILES)).refused
    assert "no column 'name', which vendor.name is read from; nearest header: 'nam'" in refused.message


def test_a_row_of_another_legal_entity_is_not_counted_as_the_only_one(tmp_path: Path) -> None:
    """An ERP that keeps two companies, of which one is told of: the other's orders are not the first one's."""
    (tmp_path / "drop").mkdir()
    text = "order_id,entity_id,customer_id,ordered_on,status,currency\n"
    for order, entity in (("1", "FI01"), ("2", "SE01"), ("3", "")):
        text += f"{order},{entity},c,2026-01-05,open,EUR\n"
    (tmp_path / "drop" / "order.csv").write_text(text, encoding="utf-8")
    (tmp_path / "drop" / "order_line.csv").write_text(
        "order_line_id,order_id,quantity,unit_price_doc\n1,1,1,5\n", encoding="utf-8"
    )
    settings = company(tmp_path, FILES, entities=ENTITY)
    land_source("erp", settings)
    (batch,) = [batch for batch in read_manifests(settings.folders.landing, "erp") if batch.entity == "order"]
    kept = duckdb.sql(f"select order_id, entity_id from read_parquet('{batch.part_paths[0]}') order by 1").fetchall()
    assert kept == [("1", "FI01"), ("3", "FI01")]
    assert duckdb.sql(
        f"select source_id, column_name, value, reason from read_parquet('{batch.quarantine_path}')"
    ).fetchall() == [("2", "entity_id", "SE01", "unknown_value")]


def test_tables_without_an_entity_are_of_the_only_one(tmp_path: Path) -> None:
    """One company needs no column that says the same in every row."""
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "order.csv").write_text(
        "order_id,customer_id,ordered_on,status,currency\n1,c,2026-01-05,open,EUR\n", encoding="utf-8"
    )
    settings = company(tmp_path, FILES, entities=ENTITY)
    assert land_source("erp", settings).refused == ()
    (batch,) = [batch for batch in read_manifests(settings.folders.landing, "erp") if batch.entity == "order"]
    assert duckdb.sql(f"select entity_id from read_parquet('{batch.part_paths[0]}')").fetchall() == [("FI01",)]


def test_a_database_named_in_plumbline_yaml_is_landed_and_checked(
    postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    """From the setting to the batch, with the address taken from the environment."""
    postgresql_server.execute("create database contract_test")
    postgresql_server.execute(
        "create schema contract",
        "create table contract.vendor (vendor_id int, name text, stray text)",
        "insert into contract.vendor values (2, 'B', 'x'), (1, 'A', 'y')",
        database="contract_test",
    )
    settings = company(tmp_path, DATABASE, {"ERP_ADDRESS": postgresql_server.address("contract_test")})
    (checked,) = check_source(settings, "erp").files
    assert (checked.file_name, checked.rows, [column.header for column in checked.unmapped]) == ("vendor", 2, ["stray"])
    assert not nothing_new(settings)
    land_source("erp", settings)
    assert vendors(settings) == [("1", "A"), ("2", "B")]
    assert land_source("erp", settings).is_nothing


def test_an_address_is_not_shown(tmp_path: Path) -> None:
    """Settings are printed in errors; an address holds a password."""
    settings = company(tmp_path, DATABASE, {"ERP_ADDRESS": "postgresql://reader:hidden-word@db/erp"})
    assert "hidden-word" not in repr(settings)
    assert "hidden-word" not in settings.model_dump_json()


def test_the_page_in_the_repository_is_what_the_columns_say() -> None:
    """Documentation that lies is worse than none. Out of date? Run `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == contract(), "run `make docs`"
