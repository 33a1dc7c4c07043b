"""A run lands, builds, checks and publishes, or leaves readers exactly where they were."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tiny_company import BELOW_ZERO, FIRST, MAY_CORRECTED, SETTINGS, contents, drop, make_company, published, run

from company.errors import SettingsError
from company.roles import resolve
from company.settings import Settings, load_settings
from company.versions import current_version, latest_run, latest_runs, read_manifest
from pipelines.publish.backup import restore_backup, write_backup
from pipelines.publish.renewal import renew_profiles
from pipelines.publish.run import RunHooks, RunRequest
from pipelines.publish.versions import kept_versions, move_pointer

RESTATEMENTS = Path(__file__).resolve().parents[2] / "docs" / "marts" / "restatements.md"
DEALS = "select deal_id, cast(amount_rpt as varchar) from sales.fct_deals order by 1"
FIRST_DEALS = [("crm:1", "100.00"), ("crm:2", "50.00"), ("crm:3", "70.00")]


@pytest.fixture(scope="module")
def run_once_company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A company that has published once. Never changed: tests take a copy."""
    settings = make_company(tmp_path_factory.mktemp("company") / "tiny")
    drop(settings, "deals_20260601.csv", FIRST)
    outcome = run(settings)
    assert outcome.record.status == "published", outcome.record.message
    return settings


@pytest.fixture
def company(run_once_company: Settings, tmp_path: Path) -> Settings:
    """A copy of a company that has published once."""
    shutil.copytree(run_once_company.root, tmp_path / "tiny", symlinks=True)
    return load_settings(tmp_path / "tiny" / "plumbline.yaml", {})


class TestFirstRun:
    """What is there after the first run."""

    def test_the_numbers_are_published(self, run_once_company: Settings) -> None:
        assert published(run_once_company, DEALS) == FIRST_DEALS

    def test_the_manifest_says_what_they_follow_from(self, run_once_company: Settings) -> None:
        version = current_version(run_once_company.folders)
        assert version is not None
        manifest = read_manifest(run_once_company.folders, version)
        assert (manifest.as_of, manifest.previous, manifest.reporting_currency) == (date(2026, 6, 30), None, "EUR")
        assert (manifest.checks.passed, manifest.checks.not_covered, manifest.checks.failed) == (1, 1, 0)
        assert [(source.name, source.stale) for source in manifest.sources] == [("crm", False)]
        profile = resolve(run_once_company, "north@tiny.example").profile_hash
        assert set(manifest.files) == {"marts.duckdb", f"profiles/{profile}.duckdb"}

    def test_check_results_are_published_with_the_numbers(self, run_once_company: Settings) -> None:
        rows = published(
            run_once_company, "select check_name, model, status from operations.fct_check_results order by 1"
        )
        assert rows == [("cash_ties", "fct_close_checks", "not_covered"), ("deals_tie", "fct_deals", "passed")]

    def test_the_whole_file_is_for_its_owner_alone(self, run_once_company: Settings) -> None:
        version = current_version(run_once_company.folders) or ""
        assert run_once_company.folders.marts(version).stat().st_mode & 0o777 == 0o600

    def test_a_profile_holds_what_its_person_may_see(self, run_once_company: Settings) -> None:
        profile = resolve(run_once_company, "north@tiny.example").profile_hash
        rows = published(
            run_once_company,
            "select * exclude (closed_on, source_system, source_id) from sales.fct_deals order by 1",
            profile=profile,
        )
        assert rows == [
            ("crm:1", "north", None, Decimal("100.00"), True),
            ("crm:3", "north", None, Decimal("70.00"), False),
        ]

    def test_nothing_of_the_run_is_left_behind(self, run_once_company: Settings) -> None:
        folders = run_once_company.folders
        assert not folders.run_copies.exists()
        assert sorted(path.name for path in folders.warehouse.iterdir()) == sorted(
            ["dbt", current_version(folders) or ""]
        )

    def test_closed_months_are_frozen(self, run_once_company: Settings) -> None:
        """The day is 30 June: May is closed and its 100.00 is kept; June is open."""
        import pyarrow.parquet as pq

        [path] = run_once_company.folders.history.glob("*.parquet")
        rows = pq.read_table(path).to_pylist()
        assert [(row["metric"], row["dimension"], row["period_on"], row["value"]) for row in rows] == [
            ("bookings", "all", date(2026, 5, 1), Decimal("100.000000")),
            ("bookings", "entity_id", date(2026, 5, 1), Decimal("100.000000")),
        ]

    def test_its_record_has_every_step(self, run_once_company: Settings) -> None:
        record = latest_run(run_once_company.folders)
        assert record is not None
        assert [step.name for step in record.steps] == [
            "parse models",
            "land crm",
            "copy databases",
            "load raw",
            "build models",
            "check",
            "finish marts",
            "publish",
        ]
        assert record.finished_at is not None

    def test_dagster_remembers_it(self, run_once_company: Settings) -> None:
        """`dagster dev` must show the runs that the command line made."""
        import dagster as dg

        from pipelines.runner import dagster_instance

        with dagster_instance(run_once_company.folders) as instance:
            [dagster_run] = instance.get_runs()
            assert dagster_run.status == dg.DagsterRunStatus.SUCCESS
            event = instance.get_latest_materialization_event(dg.AssetKey("published"))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["version"].value == current_version(run_once_company.folders)


class TestSecondRun:
    """The same input has no second effect; new input has exactly its own."""

    def test_nothing_new_changes_nothing_and_calls_no_dbt(self, company: Settings) -> None:
        before = current_version(company.folders)
        outcome = run(company)
        assert (outcome.record.status, outcome.record.steps) == ("nothing_to_do", ())
        assert current_version(company.folders) == before

    def test_the_same_content_under_another_name_changes_nothing(self, company: Settings) -> None:
        before = current_version(company.folders)
        drop(company, "deals_20260601_again.csv", FIRST)
        outcome = run(company)
        assert outcome.record.status == "nothing_to_do"
        assert "build models" not in [step.name for step in outcome.record.steps]
        assert current_version(company.folders) == before

    def test_a_correction_is_published_and_logged_as_a_restatement(self, company: Settings) -> None:
        """May was published as 100.00 and is now 90.00: the board must find the ten."""
        before = current_version(company.folders)
        drop(company, "deals_20260620.csv", MAY_CORRECTED)
        assert run(company).record.status == "published"
        assert published(company, DEALS)[0] == ("crm:1", "90.00")
        rows = published(
            company,
            "select metric, dimension, period_on, old_value, new_value, difference, old_version"
            " from finance.fct_restatements where dimension = 'all'",
        )
        assert rows == [("bookings", "all", date(2026, 5, 1), Decimal("100"), Decimal("90"), Decimal("-10"), before)]
        caused = published(
            company,
            "select period_on, relation, source_system, source_id, change, old_amount, new_amount, rows_count"
            " from finance.fct_restatement_causes",
        )
        row = ("crm", "1", "changed", Decimal(100), Decimal(90), 1)
        assert caused == [(date(2026, 5, 1), "sales.fct_deals", *row)]
        # The next version still knows of it, and adds nothing of its own.
        drop(company, "deals_20260621.csv", [("5", "Eps", "north", "open", "1.00", "2026-06-21", "")])
        assert run(company).record.status == "published"
        assert published(company, "select count(*) from finance.fct_restatements where dimension = 'all'") == [(1,)]
        assert published(company, "select count(*) from finance.fct_restatement_causes") == [(1,)]

    def test_what_the_board_was_told_on_a_day_is_kept_with_what_changed_since(self, company: Settings) -> None:
        """The minutes say 100.00, the page says 90.00: one query must say since when, and because of which rows."""
        told_at, before = datetime.now(UTC), current_version(company.folders)
        drop(company, "deals_20260620.csv", MAY_CORRECTED)
        run(company)
        (query,) = re.findall(r"-- What the board.*?```", RESTATEMENTS.read_text(encoding="utf-8"), re.DOTALL)
        query = query.removesuffix("```").replace("2026-03-01", f"{told_at:%Y-%m-%d %H:%M:%S.%f}")
        rows = published(company, query)
        after = current_version(company.folders)
        cause = ("sales.fct_deals", None, "1", "changed", Decimal(100), Decimal(90))
        assert [row for row in rows if row[1] == "all"] == [
            (*("bookings", "all", "all", date(2026, 5, 1), Decimal(100), before, Decimal(90), after, after), *cause)
        ]
        # Told once more without a change: still one stretch of time for each of the two values.
        drop(company, "deals_20260621.csv", [("5", "Eps", "north", "open", "1.00", "2026-06-21", "")])
        run(company)
        stretches = published(
            company,
            "select value, told_until_at is null, version from finance.fct_published_values"
            " where dimension = 'all' and period_on = '2026-05-01' order by told_from_at",
        )
        assert stretches == [(Decimal(100), False, before), (Decimal(90), True, after)]

    def test_another_day_is_another_version(self, company: Settings) -> None:
        outcome = run(company, RunRequest(as_of=date(2026, 4, 30)))
        assert outcome.record.status == "published"
        assert [key for key, _ in published(company, DEALS)] == ["crm:1", "crm:2"]

    def test_a_full_refresh_gives_the_same_numbers(self, company: Settings) -> None:
        before = contents(company)
        assert run(company, RunRequest(full_refresh=True)).record.status == "published"
        assert contents(company) == before

    def test_a_lost_warehouse_is_built_again_from_landing(self, company: Settings) -> None:
        shutil.rmtree(company.folders.warehouse)
        drop(company, "deals_20260620.csv", MAY_CORRECTED)
        assert run(company).record.status == "published"
        assert [amount for _, amount in published(company, DEALS)] == ["90.00", "50.00", "70.00"]

    def test_changed_settings_are_new_input(self, company: Settings) -> None:
        text = company.file.read_text(encoding="utf-8").replace(
            "as_of: 2026-06-30", "as_of: 2026-06-30, reporting_currency: SEK"
        )
        company.file.write_text(text, encoding="utf-8")
        changed = load_settings(company.file, {})
        assert run(changed).record.status == "published"
        assert kept_versions(changed.folders)[0].manifest.reporting_currency == "SEK"


class TestFailedRun:
    """A failed run changes nothing that a reader sees and says which check failed, with the offending rows."""

    @pytest.fixture
    def failed(self, company: Settings) -> Settings:
        drop(company, "deals_20260622.csv", BELOW_ZERO)
        outcome = run(company)
        assert outcome.record.status == "failed"
        return company

    def test_readers_keep_their_version(self, failed: Settings) -> None:
        assert published(failed, DEALS) == FIRST_DEALS
        assert len(list(failed.folders.published.iterdir())) == 2  # the version and the pointer
        assert len(list(failed.folders.history.glob("*.parquet"))) == 1

    def test_its_copies_are_gone(self, failed: Settings) -> None:
        assert not failed.folders.run_copies.exists()

    def test_the_record_names_the_check_with_its_rows(self, failed: Settings) -> None:
        record = latest_run(failed.folders)
        assert record is not None
        [failure] = record.failures
        assert (failure.check, failure.model) == ("deals_tie", "fct_deals")
        assert [dict(row) for row in failure.rows] == [{"deal_id": "crm:4", "amount_rpt": "-5.00"}]
        assert record.message.startswith("1 of 2 checks failed: deals_tie on fct_deals")

    def test_the_operator_is_told(self, failed: Settings) -> None:
        [mail] = list(failed.folders.outbox.rglob("*.eml"))
        text = mail.read_text(encoding="utf-8")
        assert "ops@tiny.example" in text
        assert "deals_tie" in text

    def test_a_second_try_fails_again_and_a_corrected_file_publishes(self, failed: Settings) -> None:
        assert run(failed).record.status == "failed"
        drop(failed, "deals_20260623.csv", [("4", "Delta", "south", "lost", "5.00", "2026-06-01", "2026-06-20")])
        assert run(failed).record.status == "published"
        assert published(failed, DEALS)[-1] == ("crm:4", "5.00")

    def test_a_check_that_is_set_to_warn_is_published_as_a_warning(self, failed: Settings) -> None:
        failed.file.write_text(SETTINGS + "checks: {deals_tie: warn}\n", encoding="utf-8")
        settings = load_settings(failed.file, {})
        assert run(settings).record.status == "published"
        [kept, _] = kept_versions(settings.folders)
        assert [warning.name for warning in kept.manifest.checks.warnings] == ["deals_tie"]
        assert published(
            settings, "select status from operations.fct_check_results where check_name = 'deals_tie'"
        ) == [("warned",)]


def test_a_check_that_does_not_exist_is_a_wrong_setting(company: Settings) -> None:
    company.file.write_text(SETTINGS + "checks: {deal_tie: warn}\n", encoding="utf-8")
    outcome = run(load_settings(company.file, {}))
    assert isinstance(outcome.error, SettingsError)
    assert str(outcome.error) == "plumbline.yaml: checks.deal_tie: no such check; did you mean deals_tie?"


def test_a_source_that_is_gone_is_named_and_the_others_are_published(company: Settings) -> None:
    """The ERP's share is down on Monday morning: the CRM's numbers still come, and the page says what is old."""
    text = SETTINGS.replace("roles:", "  erp: {kind: files, folder: nowhere, mapping: crm.yaml}\nroles:", 1)
    company.file.write_text(text, encoding="utf-8")
    settings = load_settings(company.file, {})
    drop(settings, "deals_20260620.csv", MAY_CORRECTED)
    record = run(settings).record
    assert (record.status, record.stale_sources) == ("published", ("erp",))
    assert "not read: erp: " in record.message
    assert published(settings, DEALS)[0] == ("crm:1", "90.00")


def test_a_first_run_that_reads_nothing_publishes_nothing(tmp_path: Path) -> None:
    """A wrong password on the first day must not look like a company without sales."""
    settings = make_company(tmp_path / "tiny")
    settings.file.write_text(SETTINGS.replace("folder: drop", "folder: nowhere", 1), encoding="utf-8")
    settings = load_settings(settings.file, {})
    record = run(settings).record
    assert record.status == "failed"
    assert record.message.startswith("no source has been read yet, so there is nothing to publish; not read: crm: ")
    assert current_version(settings.folders) is None


def test_an_old_source_is_stale(company: Settings) -> None:
    """Promised within 24 hours; two days later only a change of the day makes a new version, and it says so."""
    later = datetime.now(UTC) + timedelta(days=2)
    record = run(company, RunRequest(as_of=date(2026, 7, 2)), RunHooks(clock=lambda: later)).record
    assert (record.status, record.stale_sources) == ("published", ("crm",))


def test_what_was_rolled_back_does_not_come_back_by_itself(company: Settings) -> None:
    first = current_version(company.folders) or ""
    drop(company, "deals_20260620.csv", MAY_CORRECTED)
    run(company)
    move_pointer(company.folders, first, at=datetime.now(UTC), reason="rollback")
    assert run(company).record.status == "nothing_to_do"
    assert published(company, DEALS) == FIRST_DEALS
    drop(company, "deals_20260621.csv", [("5", "Eps", "north", "open", "1.00", "2026-06-21", "")])
    assert run(company).record.status == "published"
    kept = kept_versions(company.folders)[0].manifest
    assert kept.previous == first
    # Readers last saw 100.00 for May: that is what the 90.00 restates.
    assert published(
        company, "select old_version, old_value from finance.fct_restatements where dimension = 'all'"
    ) == [(first, Decimal("100"))]


def test_only_the_newest_versions_stay(company: Settings) -> None:
    company.file.write_text(SETTINGS + "publish: {keep: 2}\n", encoding="utf-8")
    settings = load_settings(company.file, {})
    for day in (21, 22):
        drop(settings, f"deals_202606{day}.csv", [("5", "Eps", "north", "open", f"{day}.00", "2026-06-21", "")])
        assert run(settings).record.status == "published"
    assert len(kept_versions(settings.folders)) == 2


def test_a_restored_backup_publishes_the_same_numbers_and_remembers_restatements(
    company: Settings, tmp_path: Path
) -> None:
    drop(company, "deals_20260620.csv", MAY_CORRECTED)
    run(company)
    before = contents(company)
    write_backup(company, tmp_path / "backup.tar.gz", at=datetime.now(UTC))
    new = make_company(tmp_path / "new")
    restore_backup(tmp_path / "backup.tar.gz", folders=new.folders, root=new.root)
    assert run(new).record.status == "published"
    assert contents(new) == before


def test_a_new_persons_profile_waits_for_publish_profiles(company: Settings) -> None:
    text = SETTINGS.replace(
        "operator:", "  - {email: s@tiny.example, roles: [seller], attributes: {region: south}}\noperator:"
    )
    company.file.write_text(text, encoding="utf-8")
    settings = load_settings(company.file, {})
    assert run(settings).record.status == "nothing_to_do"
    manifest = renew_profiles(settings)
    assert len(manifest.profiles) == 2
    profile = resolve(settings, "s@tiny.example").profile_hash
    assert published(settings, "select deal_id from sales.fct_deals", profile=profile) == [("crm:2",)]


def test_a_person_who_left_leaves_no_file(company: Settings) -> None:
    text = SETTINGS.replace("  - {email: north@tiny.example, roles: [seller], attributes: {region: north}}\n", "")
    company.file.write_text(text, encoding="utf-8")
    settings = load_settings(company.file, {})
    assert renew_profiles(settings).profiles == {}
    version = current_version(settings.folders) or ""
    assert list((settings.folders.version(version) / "profiles").iterdir()) == []


def test_records_are_readable_by_a_script(company: Settings) -> None:
    run(company)
    [newest, oldest] = latest_runs(company.folders, 5)
    content = json.loads((company.folders.runs / f"{newest.run_id}.json").read_text(encoding="utf-8"))
    assert content["status"] == "nothing_to_do"
    assert oldest.status == "published"
