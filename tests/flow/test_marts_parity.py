"""The sample company through the fake of each system: every published table as by files alone, to the cent.

What a system cannot hold or says otherwise stands in `unit/sources/through.py`, column by column with its reason: files
are given the same there, so that all that follows from it must be the same, too. Here stands what is a run's own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from flow.marts_parity import Left, build_by_files, build_by_system, differences
from unit.sources import through
from unit.sources.through import Through

from company.settings import Settings
from company.versions import current_version

#: What any two runs differ in, and what tells of the batches that a source was read in.
A_RUNS_OWN = {
    "customers.fct_party_memberships": Left(
        "named by the version that told", columns=("membership_id", "since_version")
    ),
    "finance.fct_published_values": Left("told by a version at a moment", columns=("version", "told_from_at")),
    "finance.fct_close_checks": Left("adds up batches", where="check_name <> 'loads_are_complete'"),
    "operations.fct_control_totals": Left("one row per batch", where="false"),
    "operations.fct_source_loads": Left("one row per batch", where="false"),
}
Systems = Callable[[Settings, duckdb.DuckDBPyConnection, Path], Through]


@pytest.mark.parametrize(
    "system",
    [
        pytest.param(through.through_salesforce, marks=pytest.mark.deep),
        through.through_netsuite,
        pytest.param(through.through_hubspot, marks=pytest.mark.deep),
        pytest.param(through.through_odoo_crm, marks=pytest.mark.deep),
        pytest.param(through.through_odoo, marks=pytest.mark.deep),
        pytest.param(through.through_erpnext, marks=pytest.mark.deep),
        pytest.param(through.through_quickbooks, marks=pytest.mark.deep),
    ],
    ids=["salesforce", "netsuite", "hubspot", "odoo crm", "odoo", "erpnext", "quickbooks"],
)
def test_every_published_table_is_as_by_files_alone(sample_company: Settings, tmp_path: Path, system: Systems) -> None:
    """A company that replaces its exports by the API must see no figure move but those that the system cannot know."""
    version = current_version(sample_company.folders)
    assert version is not None
    (tmp_path / "fake").mkdir()
    with duckdb.connect(sample_company.folders.warehouse / version / "build.duckdb", read_only=True) as build:
        given = system(sample_company, build, tmp_path / "fake")
    by_system = build_by_system(sample_company, tmp_path / "system", given)
    by_files = build_by_files(sample_company, tmp_path / "files", given, system=by_system)
    assert differences(by_files / "marts.duckdb", by_system / "marts.duckdb", A_RUNS_OWN) == {}
