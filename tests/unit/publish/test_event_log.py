"""Dagster's event log keeps its connections open, and is still Dagster's event log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from pipelines.event_log import OPEN_SHARDS, KeptOpenSqliteEventLogStorage

CONFIG = """
storage:
  custom: {{module: pipelines.event_log, class: KeptOpenSqliteStorage, config: {{base_dir: {base}}}}}
telemetry: {{enabled: false}}
compute_logs: {{module: dagster.core.storage.noop_compute_log_manager, class: NoOpComputeLogManager}}
"""


@dg.asset
def deals() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


def materialize(home: Path) -> list[dg.EventLogRecord]:
    (home / "dagster.yaml").write_text(CONFIG.format(base=home / "state"), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance.event_log_storage, KeptOpenSqliteEventLogStorage)
        for _ in range(OPEN_SHARDS + 2):
            assert dg.materialize([deals], instance=instance).success
        assert len(instance.event_log_storage._engines) <= OPEN_SHARDS
        return list(instance.fetch_materializations(dg.AssetKey("deals"), limit=50).records)


def test_the_files_are_those_that_dagster_itself_reads(tmp_path: Path) -> None:
    """`dagster dev` of another version, or without this class, must find the same history."""
    with ThreadPoolExecutor(1) as elsewhere:  # a browser of an earlier test may have its event loop in this thread
        written = elsewhere.submit(materialize, tmp_path).result()
    assert len(written) == OPEN_SHARDS + 2
    plain = SqliteEventLogStorage(str(tmp_path / "state" / "history" / "runs"))
    assert len(plain.get_all_run_ids()) == OPEN_SHARDS + 2
    logs = plain.get_logs_for_run(written[0].run_id)
    assert any(entry.is_dagster_event and entry.dagster_event.is_step_materialization for entry in logs)  # type: ignore[union-attr]
    plain.dispose()
