"""The product's own steps as measured tasks: generate, land, run. What each counted is given back as facts.

A run is measured as a person starts it, from a cold process; its parts are taken from the run's own record.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stopwatch


def generate(watch: Stopwatch, target: str, scale: float, seed: int, mess: bool) -> dict[str, Any]:
    """Write the sample company's exports."""
    from pipelines.sample.write import write_sample

    with watch.running():
        summary = write_sample(Path(target), scale=scale, seed=seed, mess=mess)
    return {"journal_lines": summary.journal_lines, "rows": sum(summary.rows.values())}


def land(watch: Stopwatch, settings_file: str, source: str) -> dict[str, Any]:
    """Land one source's drop folder."""
    from company.settings import load_settings
    from pipelines.landing import land_source

    settings = load_settings(Path(settings_file), {})
    with watch.running():
        landing = land_source(source, settings)
    rows = [batch.rows for batch in landing.landed]
    return {
        "rows": sum(row.in_ for row in rows),
        "quarantined": sum(row.quarantined for row in rows),
        "batches": len(landing.landed),
        "refused": [batch.message for batch in landing.refused],
    }


def run(watch: Stopwatch, settings_file: str) -> dict[str, Any]:
    """One whole run: the command a person types, in this process."""
    from company.settings import load_settings
    from company.versions import latest_run
    from pipelines.cli import main

    os.environ["PLUMBLINE_CONFIG"] = settings_file
    sys.argv = ["plumbline", "run"]
    with watch.running(), suppress(SystemExit):
        main()
    record = latest_run(load_settings(Path(settings_file), {}).folders)
    if record is None or record.status == "failed":
        raise RuntimeError(f"the run failed: {record.message if record else 'it left no record'}")
    return {
        "status": record.status,
        "version": record.version,
        "steps": [step.model_dump() for step in record.steps],
    }


def build_marts(watch: Stopwatch, data: str, workplace: str, folder: str) -> dict[str, Any]:
    """The models of one folder built again with dbt, as a run does: contracts, hooks and bookkeeping included."""
    from benchmarks.compiled import run_models

    build = run_models(Path(data), Path(workplace), f"path:models/{folder}")
    with watch.running():
        models = build()
    return {"models": models}
