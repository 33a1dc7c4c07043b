"""Landing killed with SIGKILL at each named step: the next landing ends where an undisturbed one would."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.landing.manifests import batches_hash, read_manifests, verify_batch
from pipelines.landing.progress import STEPS
from pipelines.landing.source_landing import SourceLanding, land_folder
from pipelines.sources.mapping_file import load_mapping

ROOT = Path(__file__).resolve().parents[2]
MAPPING = """
files:
  - match: "customers*"
    entity: customer
    kind: delta
    columns: {customer_id: No, name: Name, credit_limit_local: Limit}
  - {match: "customers*", entity: vendor, kind: full, columns: {vendor_id: No, name: Name}}
"""
#: The second file has a row in quarantine and a row given twice, so that every step has something to write.
FILES = {
    "customers_1.csv": "No,Name,Limit\n1,A,10.00\n2,B,20.00\n",
    "customers_2.csv": "No,Name,Limit\n3,C,30.00\n4,D,ten\n5,E,1.00\n5,E,1.00\n",
}
#: Lands the folder and kills itself at the n-th time it passes a step.
KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.landing.source_landing import Surroundings, land_folder
from pipelines.sources.mapping_file import load_mapping

root, step, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
passed = 0

def checkpoint(name: str) -> None:
    global passed
    passed += name == step
    if name == step and passed == times:
        os.kill(os.getpid(), signal.SIGKILL)

mapping = load_mapping(root / "mapping.yaml")
land_folder("erp", root / "drop", mapping, root / "landing", around=Surroundings(checkpoint=checkpoint))
"""


def prepared(root: Path) -> Path:
    (root / "drop").mkdir(parents=True)
    (root / "mapping.yaml").write_text(MAPPING)
    for name, content in FILES.items():
        (root / "drop" / name).write_text(content)
        os.utime(root / "drop" / name, (1_780_000_000, 1_780_000_000))
    return root


def land(root: Path) -> SourceLanding:
    return land_folder("erp", root / "drop", load_mapping(root / "mapping.yaml"), root / "landing")


def content_of(root: Path) -> dict[str, str]:
    """Every landed file but the manifests, whose read_at tells when it was; and what those say apart from it."""
    found = {}
    for path in sorted((root / "landing").rglob("*")):
        if path.is_file() and path.name not in ("manifest.json", "_seen.json"):
            found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    for manifest in read_manifests(root / "landing"):
        verify_batch(manifest)
        found[manifest.batch_id + manifest.entity] = manifest.model_dump_json(exclude={"read_at"})
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = prepared(tmp_path_factory.mktemp("undisturbed"))
    assert len(land(root).landed) == 4
    return root


def killed_at(root: Path, step: str, times: int) -> int:
    command = [sys.executable, "-c", KILLED, str(root), step, str(times)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def assert_ends_as(undisturbed: Path, root: Path) -> None:
    land(root)
    assert content_of(root) == content_of(undisturbed)
    assert batches_hash(read_manifests(root / "landing")) == batches_hash(read_manifests(undisturbed / "landing"))
    assert not list((root / "landing").rglob(".open-*"))
    assert land(root).is_nothing


@pytest.mark.parametrize("step", STEPS)
def test_a_landing_killed_at_a_step_ends_where_an_undisturbed_one_does(
    tmp_path: Path, undisturbed: Path, step: str
) -> None:
    """A power cut at night must not lose a file, nor load it twice."""
    root = prepared(tmp_path)
    assert killed_at(root, step, 2) == -signal.SIGKILL
    assert_ends_as(undisturbed, root)


@pytest.mark.deep
@pytest.mark.parametrize("times", range(1, 5))
@pytest.mark.parametrize("step", STEPS)
def test_a_landing_killed_at_every_passing_of_a_step_ends_equal(
    tmp_path: Path, undisturbed: Path, step: str, times: int
) -> None:
    """Each step is passed once per file or once per file and entity."""
    root = prepared(tmp_path)
    if killed_at(root, step, times) == 0:
        assert times > 2  # passed once per file only
    assert_ends_as(undisturbed, root)


def test_a_landing_killed_twice_in_a_row_ends_equal(tmp_path: Path, undisturbed: Path) -> None:
    """Machines that crash once crash again."""
    root = prepared(tmp_path)
    for step in ("manifest_written", "part_written"):
        assert killed_at(root, step, 1) == -signal.SIGKILL
    assert_ends_as(undisturbed, root)


def test_an_open_batch_is_not_read_by_anybody(tmp_path: Path) -> None:
    """A batch counts from the moment it is renamed, and not before, whatever lies in its folder."""
    root = prepared(tmp_path)
    assert killed_at(root, "manifest_written", 1) == -signal.SIGKILL
    assert list((root / "landing").rglob(".open-*/manifest.json"))
    assert read_manifests(root / "landing") == ()
