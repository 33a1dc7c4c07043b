"""A small sample company, from its exports to its marts, built once for the deep tests of this folder."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
UNTIL = date(2026, 6, 30)


@dataclass(frozen=True, slots=True)
class BuiltSample:
    """A small sample company, built. `truth` is what its generator knows to be true."""

    marts: Path
    build: Path
    truth: Path
    semantic_manifest: dict[str, Any]
    manifest: dict[str, Any]


def build_sample(company: Path) -> BuiltSample:
    """Write, land and build in an empty folder. Checks are not run: the tests look at the marts themselves."""
    from company.settings import load_settings
    from pipelines.publish.run import RunRequest, open_run
    from pipelines.sample.write import write_sample

    shutil.copyfile(ROOT / "plumbline.yaml", company / "plumbline.yaml")
    shutil.copytree(ROOT / "mappings", company / "mappings")
    write_sample(company / "data" / "sample", scale=0.2, until=UNTIL)
    settings = load_settings(company / "plumbline.yaml", environ={})
    with open_run(settings, RunRequest(as_of=UNTIL)) as run:
        for source in settings.sources:
            run.land(source)
        run.load_raw()
        run.build()
        semantic_manifest, manifest = run.dbt.read_manifests()
        for path in (run.copies.marts, run.copies.build):
            shutil.copyfile(path, company / path.name)
    return BuiltSample(
        marts=company / "marts.duckdb",
        build=company / "build.duckdb",
        truth=company / "data" / "sample" / "truth",
        semantic_manifest=semantic_manifest,
        manifest=manifest,
    )
