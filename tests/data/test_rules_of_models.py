"""The rules written beside the models as dbt unit tests, run in an empty checkout: no data, no source, no history."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_empty_checkout_builds_and_every_rule_of_the_models_holds(tmp_path: Path) -> None:
    """A new user's first `dbt build` must work, and a rule that broke must be named by its own words."""
    dbt = (sys.executable, "-W", "ignore", "-m", "dbt.cli.main", "build", "--profiles-dir", str(ROOT))
    done = subprocess.run(
        [*dbt, "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"), "--no-use-colors"],
        cwd=ROOT,
        env=os.environ
        | {
            "PLUMBLINE_BUILD_DATABASE": str(tmp_path / "build.duckdb"),
            "PLUMBLINE_MARTS_DATABASE": str(tmp_path / "marts.duckdb"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    failed = [(r["unique_id"], r["message"]) for r in results if r["status"] not in ("success", "pass", "no-op")]
    assert failed == [], done.stdout[-4000:]
    assert done.returncode == 0
    kinds = [result["unique_id"].split(".")[0] for result in results]
    assert kinds.count("unit_test") >= 22
    assert kinds.count("test") >= 90
