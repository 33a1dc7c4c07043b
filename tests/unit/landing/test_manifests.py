"""A batch is what was landed, or nothing is built from it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from drop_folder import DELIVERED, HEADER, NOW, DropFolder, deals

from pipelines.landing.errors import AlteredBatchError, ManifestError
from pipelines.landing.manifests import BatchManifest, read_manifests, verify_batch


@pytest.fixture
def landed(tmp_path: Path) -> tuple[DropFolder, BatchManifest]:
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", HEADER + "1,Won,10.00,2026-01-05,A,\n2,Won,x,2026-01-05,B,\n")
    drop.land()
    return drop, drop.manifests()[0]


def test_a_manifest_says_all_that_is_needed_to_trust_a_batch(landed: tuple[DropFolder, BatchManifest]) -> None:
    """Years later somebody asks where a number came from."""
    _, manifest = landed
    written = json.loads((manifest.folder / "manifest.json").read_text())
    assert written["rows"] == {"in": 2, "loaded": 1, "quarantined": 1, "superseded": 0, "left_out": 0}
    assert written["control_totals"]["amount_doc"] == {
        "in": "10.00", "loaded": "10.00", "quarantined": "0", "superseded": "0", "unparsed_rows": 1,
    }  # fmt: skip
    assert [part["name"] for part in written["parts"]] == ["part-0000.parquet"]
    assert written["original"]["name"] == "original.csv"
    assert written["original"]["sha256"] == written["file_sha256"]
    assert written["headers"] == HEADER.strip().split(",")
    assert (manifest.upper, manifest.read_at) == (DELIVERED, NOW)
    verify_batch(manifest)


@pytest.mark.parametrize("name", ["part-0000.parquet", "quarantine.parquet", "original.csv"])
def test_one_altered_byte_is_found_and_named(landed: tuple[DropFolder, BatchManifest], name: str) -> None:
    """Who can change a landed file can change the books."""
    drop, manifest = landed
    path = manifest.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    read_manifests(drop.landing)  # looks at sizes only
    with pytest.raises(AlteredBatchError, match=re.escape(name) + ": was altered after landing"):
        verify_batch(manifest)


def test_a_missing_or_shortened_file_is_found_at_once(landed: tuple[DropFolder, BatchManifest]) -> None:
    """A restore that forgot a folder must not look like a company without sales."""
    drop, manifest = landed
    part = manifest.folder / "part-0000.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(AlteredBatchError, match="bytes, landed with"):
        read_manifests(drop.landing)
    part.unlink()
    with pytest.raises(AlteredBatchError, match="is missing from a landed batch"):
        read_manifests(drop.landing)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda written: written.pop("upper"), "upper: Field required"),
        (lambda written: written.update(format_version=99), "written by a newer version"),
        (lambda written: written.update(surprise=1), "surprise: Extra inputs"),
    ],
    ids=["field gone", "newer format", "unknown field"],
)
def test_a_manifest_that_cannot_be_trusted_stops_everything(
    landed: tuple[DropFolder, BatchManifest], change: object, says: str
) -> None:
    """Half a manifest is no manifest."""
    drop, manifest = landed
    path = manifest.folder / "manifest.json"
    written = json.loads(path.read_text())
    change(written)  # type: ignore[operator]
    path.write_text(json.dumps(written))
    with pytest.raises(ManifestError, match=says):
        read_manifests(drop.landing)
