"""A plain `dbt build` in an empty checkout: no data folder, no source, no history.

The rules written beside the models as dbt unit tests run in it, and the metrics declared there are compiled from it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from company.metric_plans import Plan
from pipelines.canonical import load_canonical
from pipelines.warehouse.catalogue import compile_catalogue

ROOT = Path(__file__).resolve().parents[2]

PUBLIC_METRICS = {
    "net_revenue", "gross_margin", "gross_margin_ratio", "contribution_margin", "operating_margin", "bookings",
    "open_pipeline", "weighted_pipeline", "win_rate", "sales_cycle_days", "customer_acquisition_cost",
    "customer_lifetime_value", "ltv_to_cac", "net_revenue_retention", "logo_churn", "receivables_open",
    "receivables_overdue", "days_sales_outstanding", "days_payable_outstanding", "cash_balance",
    "projected_minimum_cash", "budget_variance", "inventory_turns", "match_rate", "days_to_close",
}  # fmt: skip
"""Promised names: pages, targets, saved questions and mails rely on them."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target folder of the build."""
    folder = tmp_path_factory.mktemp("empty")
    dbt = (sys.executable, "-W", "ignore", "-m", "dbt.cli.main", "build", "--profiles-dir", str(ROOT))
    dbt = (*dbt, "--exclude-resource-type", "test")  # data tests have nothing to find where there is no data
    done = subprocess.run(
        [*dbt, "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"), "--no-use-colors"],
        cwd=ROOT,
        env=os.environ
        | {
            "PLUMBLINE_BUILD_DATABASE": str(folder / "build.duckdb"),
            "PLUMBLINE_MARTS_DATABASE": str(folder / "marts.duckdb"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "target" / "run_results.json").is_file(), done.stdout[-4000:]
    return folder / "target"


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@pytest.fixture(scope="module")
def catalogue(built: Path) -> pa.Table:
    return compile_catalogue(read(built / "semantic_manifest.json"), read(built / "manifest.json"))


def test_an_empty_checkout_builds_and_every_rule_of_the_models_holds(built: Path) -> None:
    """A new user's first `dbt build` must work, and a rule that broke must be named by its own words."""
    results = read(built / "run_results.json")["results"]
    assert [(r["unique_id"], r["message"]) for r in results if r["status"] not in ("success", "pass", "no-op")] == []
    kinds = [result["unique_id"].split(".")[0] for result in results]
    assert kinds.count("unit_test") >= 37
    assert kinds.count("model") >= 120


def test_the_contract_of_canonical_views_names_every_one_of_them() -> None:
    """One that it does not name is looked at before it is built: a first `dbt build` fails on it."""
    text = (ROOT / "tests" / "data" / "canonical_views_keep_their_contract.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'(int_\w+)'", text)) == {entity.model for entity in load_canonical().values()}


def test_every_promised_metric_is_declared(catalogue: pa.Table) -> None:
    assert set(catalogue.column("metric").to_pylist()) >= PUBLIC_METRICS


def test_every_metric_tells_a_reader_what_it_is_and_how_not_to_use_it(catalogue: pa.Table) -> None:
    """A figure without its definition starts a discussion instead of ending one."""
    for row in catalogue.to_pylist():
        assert not row["label"][0].islower(), row["metric"]
        assert row["description"].endswith("."), row["metric"]
        assert row["beware"].endswith("."), row["metric"]
        assert len(row["description"]) > 40, row["metric"]


def test_a_ratio_is_a_ratio_of_sums_wherever_its_plan_divides(catalogue: pa.Table) -> None:
    """An average of ratios would weigh a small customer like a large one; a sum of them means nothing."""
    for row in catalogue.to_pylist():
        if row["unit"] in ("ratio", "multiple"):
            plan = Plan.model_validate_json(row["plan"])
            assert plan.kind in ("ratio", "derived"), row["metric"]
            assert "nullif" in plan.expression, row["metric"]


def test_what_stands_at_a_moment_is_never_added_over_time(catalogue: pa.Table) -> None:
    standing = {"sales.fct_pipeline_daily", "finance.fct_receivable_ageing", "finance.fct_payable_ageing"}
    standing |= {"finance.balance_sheet", "customers.fct_retention_monthly"}
    for row in catalogue.to_pylist():
        for name, measure in Plan.model_validate_json(row["plan"]).measures.items():
            assert (measure.relation in standing) == (measure.snapshot == "last"), (row["metric"], name)
