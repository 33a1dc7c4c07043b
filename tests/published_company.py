"""A published version of four small tables: a whole file, and the file of a sales role that holds one of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from company.roles import resolve
from company.settings import Settings
from company.versions import CheckCounts, VersionManifest, write_bytes, write_json

VERSION = "20260630T000000-a1b2c3"

PLUMBLINE_YAML = """
company: {name: Northern Pumps, reporting_currency: EUR}
roles:
  executive: {pages: all, domains: all, export: true}
  sales_lead: {pages: [sales], domains: [sales], export: true}
  reader: {pages: [sales], domains: [sales]}
users:
  - {email: eve@example.com, roles: [executive]}
  - {email: sam@example.com, roles: [sales_lead]}
  - {email: rita@example.com, roles: [reader]}
query: {memory_mb: 256, seconds: 3, rows: 1000}
"""

SALES = """
create schema sales;
create table sales.fct_deals as
  select 'd' || i as deal_id, (i * 1.1)::decimal(18, 2) as amount_rpt, i % 2 = 0 as is_won from range(1, 101) r(i);
create view sales.won_deals as select * from sales.fct_deals where is_won;
create macro sales.deals_up_to(most) as table select * from sales.fct_deals where amount_rpt <= most;
"""

FINANCE = """
create schema finance;
create table finance.payroll as select 'Salary of the director' as what, 123456.78::decimal(18, 2) as amount_rpt;
create table finance.fct_invoice_lines as select 1 as invoice_line_id, 10.00::decimal(18, 2) as net_rpt;
"""


def publish(settings: Settings, version: str = VERSION) -> None:
    """Write the whole file, the sales file, the manifest and the pointer of one version."""
    folders = settings.folders
    sales = resolve(settings, "sam@example.com").profile_hash
    assert sales is not None
    build(folders.marts(version), SALES + FINANCE)
    build(folders.profile(version, sales), SALES)
    at = datetime(2026, 6, 30, tzinfo=UTC)
    manifest = VersionManifest(
        version=version,
        run_id="r1",
        created_at=at,
        as_of=date(2026, 6, 30),
        known_at=at,
        reporting_currency="EUR",
        code_hash="c",
        tool_version="0",
        previous=None,
        batches_hash="b",
        checks=CheckCounts(),
        sources=(),
        files={},
    )
    write_json(folders.version(version) / "manifest.json", manifest)
    write_bytes(folders.pointer, version.encode())


def build(path: Path, sql: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as marts (storage_version 'v1.4.0'); use marts; {sql}")
    path.chmod(0o600)
