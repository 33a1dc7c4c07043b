"""The command line: exit codes that a script can trust, and a mistake that ends in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tiny_company import SETTINGS, make_company

from company.errors import SettingsError, VersionError
from company.settings import load_settings
from company.versions import RunRecord, write_json
from pipelines.commands.arguments import conditions, day
from pipelines.commands.failures import exit_code
from pipelines.company_folder import make_company_folder
from pipelines.publish.errors import LockedError
from pipelines.sources.errors import MappingError, SourceFolderError

RUN_FAILED = RunRecord(
    run_id="r1",
    started_at=datetime(2026, 6, 30, 5, tzinfo=UTC),
    status="failed",
    as_of=date(2026, 6, 30),
    message="a check failed",
)


def plumbline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_wrong_setting_ends_with_2_and_one_line_per_fault(tmp_path: Path) -> None:
    make_company(tmp_path / "tiny")
    (tmp_path / "tiny" / "plumbline.yaml").write_text(SETTINGS.replace("kind: files", "kind: sap") + "colour: red\n")
    done = plumbline(tmp_path / "tiny", "run")
    assert done.returncode == 2
    first = done.stderr.splitlines()[0]
    assert first.startswith("error: plumbline.yaml: sources.crm.kind: found 'sap'; allowed: files, postgresql, ")
    assert done.stderr.splitlines()[1].startswith("error: plumbline.yaml: colour: unknown setting")
    assert "Traceback" not in done.stderr


def test_no_company_here_says_what_to_do(tmp_path: Path) -> None:
    done = plumbline(tmp_path, "status")
    assert done.returncode == 2
    assert "run `plumbline init DIR`" in done.stderr


def test_questions_before_the_first_publish_say_so(tmp_path: Path) -> None:
    make_company(tmp_path / "tiny")
    assert plumbline(tmp_path / "tiny", "status").stdout.startswith("nothing is published yet; run `plumbline run`")
    done = plumbline(tmp_path / "tiny", "metric", "bookings")
    assert (done.returncode, done.stderr) == (1, "error: nothing is published yet; run `plumbline run`\n")


def test_status_is_json_for_a_script(tmp_path: Path) -> None:
    settings = make_company(tmp_path / "tiny")
    write_json(settings.folders.runs / "r1.json", RUN_FAILED)
    content = json.loads(plumbline(tmp_path / "tiny", "status", "--json").stdout)
    assert (content["current"], content["runs"][0]["status"]) == (None, "failed")


def test_help_is_instant() -> None:
    """Nobody waits for three engines to read a list of commands."""
    code = "import sys, pipelines.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"dagster", "dbt", "duckdb", "polars", "streamlit"} & set(done.stdout.split())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), 2),
        (MappingError("x"), 2),
        (SourceFolderError("x"), 1),
        (LockedError("x"), 1),
        (VersionError("x"), 1),
        (KeyError("a fault of ours"), None),
    ],
)
def test_exit_codes_tell_configuration_from_failure(error: Exception, code: int | None) -> None:
    assert exit_code(error) == code


def test_a_wrong_date_is_a_wrong_argument() -> None:
    with pytest.raises(SettingsError, match=r"^--as-of: found '30.6.2026'; allowed: a date such as 2026-06-30$"):
        day("30.6.2026", "--as-of")


def test_conditions_are_name_and_value() -> None:
    assert conditions(["region=north", "region=south", "owner="]) == {"region": ["north", "south"], "owner": [None]}
    with pytest.raises(SettingsError, match="--where: found 'region'; allowed: DIM=VALUE"):
        conditions(["region"])


class TestInit:
    """A new company starts from its own files."""

    def test_it_loads_and_has_a_source_per_folder(self, tmp_path: Path) -> None:
        exports = tmp_path / "ERP exports"
        exports.mkdir()
        (exports / "customers.csv").write_text("CustomerID,CompanyName,Country\n1,Ann,FI\n", encoding="utf-8")
        written = make_company_folder(tmp_path / "new", [exports], name='A "B" C', currency="SEK", time_zone="UTC")
        assert [path.name for path in written] == ["plumbline.yaml", "erp_exports.yaml"]
        settings = load_settings(tmp_path / "new" / "plumbline.yaml", {})
        assert (settings.company.name, settings.company.reporting_currency) == ('A "B" C', "SEK")
        assert settings.sources["erp_exports"].folder == exports
        assert "customer_id: CustomerID" in written[1].read_text(encoding="utf-8")

    def test_it_never_overwrites_a_company(self, tmp_path: Path) -> None:
        make_company(tmp_path / "tiny")
        with pytest.raises(SettingsError, match="exists; choose another folder"):
            make_company_folder(tmp_path / "tiny", [], name="X", currency="EUR", time_zone="UTC")

    def test_a_wrong_argument_writes_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="found 'EURO'"):
            make_company_folder(tmp_path / "new", [], name="X", currency="EURO", time_zone="UTC")
        assert not (tmp_path / "new").exists()
