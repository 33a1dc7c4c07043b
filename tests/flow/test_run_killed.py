"""Killed at any named step, the next run ends where an undisturbed one would, and readers never notice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tiny_company import FIRST, MAY_CORRECTED, PROJECT, contents, drop, make_company, run

from company.settings import Settings, load_settings
from company.versions import current_version, latest_runs
from pipelines.publish.run import CHECKPOINTS
from pipelines.publish.versions import published_versions

QUICK = ("built", "history_written")
"""Killed in the normal suite: in the middle of the databases, and between the files of a version and its pointer."""

RUN = """
import os, signal, sys
from pathlib import Path
from company.settings import load_settings
from pipelines.publish.errors import LockedError
from pipelines.publish.run import RunHooks, RunRequest
from pipelines.runner import run_once

def checkpoint(name):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

settings = load_settings(Path(sys.argv[1]), {})
try:
    outcome = run_once(settings, RunRequest(), hooks=RunHooks(checkpoint=checkpoint), project=Path(sys.argv[2]))
    print(outcome.record.status)
except LockedError as error:
    print(f"refused: {error}")
"""


def start(settings: Settings, *, kill_at: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(settings.file), str(PROJECT), kill_at]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A company that has published once and has a correction waiting. Tests take a copy."""
    settings = make_company(tmp_path_factory.mktemp("killed") / "tiny")
    drop(settings, "deals_20260601.csv", FIRST)
    assert run(settings).record.status == "published"
    drop(settings, "deals_20260620.csv", MAY_CORRECTED)
    return settings


@pytest.fixture(scope="module")
def undisturbed(published_once: Settings, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What an undisturbed run publishes from the same input."""
    settings = copy(published_once, tmp_path_factory.mktemp("undisturbed"))
    assert run(settings).record.status == "published"
    return contents(settings)


def copy(settings: Settings, target: Path) -> Settings:
    shutil.copytree(settings.root, target / "tiny", symlinks=True)
    return load_settings(target / "tiny" / "plumbline.yaml", {})


@pytest.mark.parametrize(
    "step", [step if step in QUICK else pytest.param(step, marks=pytest.mark.deep) for step in CHECKPOINTS]
)
def test_a_killed_run_is_made_good_by_the_next(
    published_once: Settings, undisturbed: Mapping[str, str], tmp_path: Path, step: str
) -> None:
    """A power cut at three in the morning must cost an hour, not a number."""
    settings = copy(published_once, tmp_path)
    before = contents(settings)
    killed = start(settings, kill_at=step)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL, f"the run was not killed at {step}"
    # Readers see one whole version: the old one until the pointer has moved, the new one from then on.
    assert contents(settings) == (undisturbed if step == "pointer_moved" else before)

    after = run(settings)
    assert after.record.status == ("nothing_to_do" if step == "pointer_moved" else "published"), after.record.message
    assert contents(settings) == undisturbed

    folders = settings.folders
    versions = published_versions(folders)
    assert len(versions) == 2
    assert sorted(path.name for path in folders.published.iterdir()) == sorted([*versions, "current"])
    assert sorted(path.stem for path in folders.history.glob("*.parquet")) == sorted(versions)
    assert {path.name for path in folders.warehouse.iterdir()} == {"dbt", current_version(folders)}
    assert not list(folders.landing.rglob(".open-*"))
    killed_record = latest_runs(folders, 2)[1]
    assert (killed_record.status, "killed" in killed_record.message) == ("failed", True)


def test_of_five_starts_at_once_one_publishes_and_none_breaks(published_once: Settings, tmp_path: Path) -> None:
    """Cron, a sensor and an impatient person at the same moment: one run, four clear answers."""
    settings = copy(published_once, tmp_path)
    started = [start(settings) for _ in range(5)]
    answers = []
    for process in started:
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        answers.append(output.strip())
    assert answers.count("published") == 1
    for answer in answers:
        assert answer in {"published", "nothing_to_do"} or answer.startswith("refused: "), answer
    assert len(published_versions(settings.folders)) == 2


def test_a_run_that_is_refused_names_the_process_that_writes(published_once: Settings, tmp_path: Path) -> None:
    settings = copy(published_once, tmp_path)
    first = start(settings)
    while not settings.folders.lock.with_suffix(".holder").exists():
        assert first.poll() is None
    second = start(settings)
    output, _ = second.communicate()
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert output.startswith(f"refused: {settings.folders.root} is being written by process {first.pid} (plumbline run")
