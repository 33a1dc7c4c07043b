"""The demo company of this repository, made and published in a folder of its own, for tests of every folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from company.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
SCALE = 0.05
"""Small enough to publish in half a minute, large enough for every kind of document to occur."""

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
INSTALL_LINE = "no Chromium: apt-get install -y --no-install-recommends chromium"


def make_sample_company(root: Path, *, scale: float = SCALE, seed: int = 7, mess: bool = False) -> Settings:
    """The demo company of this repository in a folder of its own, its exports written, nothing run."""
    from pipelines.sample.write import write_sample  # only tests that need the sample pay for it

    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "plumbline.yaml", root / "plumbline.yaml")
    shutil.copytree(ROOT / "mappings", root / "mappings")
    write_sample(root / "data" / "sample", scale=scale, seed=seed, mess=mess)
    return load_settings(root / "plumbline.yaml", {})


def publish(settings: Settings) -> None:
    """Run the pipeline once and insist that it publishes."""
    from pipelines.publish.run import RunRequest
    from pipelines.runner import run_once

    outcome = run_once(settings, RunRequest())
    assert outcome.record.status == "published", outcome.record.message or outcome.record.failures
