"""Readers see one whole version, the one that the pointer names; what never was published leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from published_files import NOW, publish, write_version

from company.errors import VersionError
from company.folders import DataFolder
from company.versions import current_version
from pipelines.publish.errors import VersionFileError
from pipelines.publish.versions import (
    kept_versions,
    lineage,
    move_pointer,
    prune,
    published_versions,
    reconcile,
    verify_files,
)


@pytest.fixture
def folders(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def test_nothing_is_current_before_the_first_publish(folders: DataFolder) -> None:
    assert current_version(folders) is None


def test_the_pointer_names_what_was_published_last(folders: DataFolder) -> None:
    publish(folders, "v1")
    publish(folders, "v2", previous="v1")
    assert current_version(folders) == "v2"
    assert published_versions(folders) == ("v1", "v2")


def test_a_rollback_moves_the_pointer_and_forgets_nothing(folders: DataFolder) -> None:
    publish(folders, "v1")
    publish(folders, "v2", previous="v1")
    move_pointer(folders, "v1", at=NOW, reason="rollback")
    assert current_version(folders) == "v1"
    assert published_versions(folders) == ("v1", "v2")


def test_the_lineage_leaves_out_what_was_rolled_back(folders: DataFolder) -> None:
    publish(folders, "v1")
    publish(folders, "v2", previous="v1")
    move_pointer(folders, "v1", at=NOW, reason="rollback")
    publish(folders, "v3", previous="v1")
    assert lineage(folders) == ("v3", "v1")
    prune(folders, keep=1)
    assert lineage(folders) == ("v3", "v1")


def test_a_rollback_to_a_version_that_is_gone_says_so(folders: DataFolder) -> None:
    publish(folders, "v1")
    with pytest.raises(VersionError, match=r"no published version 'v9'.*`plumbline versions`"):
        move_pointer(folders, "v9", at=NOW, reason="rollback")
    assert current_version(folders) == "v1"


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_the_pointer_never_names_a_damaged_file(folders: DataFolder, damage: str) -> None:
    """A disk that loses one bit must not put a wrong number on the board's table."""
    publish(folders, "v1")
    marts = write_version(folders, "v2", previous="v1") / "marts.duckdb"
    content = bytearray(marts.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        marts.write_bytes(content)
    elif damage == "cut":
        marts.write_bytes(content[: len(content) // 2])
    else:
        marts.unlink()
    with pytest.raises(VersionFileError, match=r"marts\.duckdb: (damaged|missing)"):
        move_pointer(folders, "v2", at=NOW, reason="published")
    assert current_version(folders) == "v1"


def test_a_version_whose_pointer_never_moved_is_removed_with_its_history(folders: DataFolder) -> None:
    """Killed between history and pointer: its numbers were told to nobody, so nothing may be compared with them."""
    publish(folders, "v1")
    write_version(folders, "v2", previous="v1")
    for name in ("v1", "v2"):
        (folders.history / f"{name}.parquet").write_bytes(b"history")
    (folders.published / ".open-v3").mkdir()
    for name in ("v1", "v2", "run", "dbt"):
        (folders.warehouse / name).mkdir(parents=True)
    reconcile(folders, at=NOW)
    assert sorted(path.name for path in folders.published.iterdir()) == ["current", "v1"]
    assert sorted(path.name for path in folders.history.glob("*.parquet")) == ["v1.parquet"]
    assert sorted(path.name for path in folders.warehouse.iterdir()) == ["dbt", "run", "v1"]


def test_a_pointer_that_moved_unremembered_is_remembered(folders: DataFolder) -> None:
    """Killed between pointer and memory: readers saw it, so it was published."""
    publish(folders, "v1")
    write_version(folders, "v2", previous="v1")
    folders.pointer.write_text("v2\n", encoding="ascii")
    reconcile(folders, at=NOW)
    assert published_versions(folders) == ("v1", "v2")
    assert folders.version("v2").is_dir()


def test_a_pointer_with_a_path_in_it_is_refused(folders: DataFolder) -> None:
    folders.published.mkdir(parents=True)
    folders.pointer.write_text("../../etc\n", encoding="ascii")
    with pytest.raises(VersionError, match="is no version name"):
        current_version(folders)


class TestRetention:
    """Old versions go, the current one never does."""

    def test_the_newest_stay(self, folders: DataFolder) -> None:
        for name in ("v1", "v2", "v3", "v4"):
            publish(folders, name)
        assert prune(folders, keep=2) == ("v2", "v1")
        assert [kept.manifest.version for kept in kept_versions(folders)] == ["v4", "v3"]

    def test_the_current_one_stays_however_old(self, folders: DataFolder) -> None:
        for name in ("v1", "v2", "v3"):
            publish(folders, name)
        move_pointer(folders, "v1", at=NOW, reason="rollback")
        assert prune(folders, keep=1) == ("v2",)
        assert [(k.manifest.version, k.is_current) for k in kept_versions(folders)] == [("v3", False), ("v1", True)]

    def test_what_was_published_is_known_after_it_is_gone(self, folders: DataFolder) -> None:
        for name in ("v1", "v2"):
            publish(folders, name)
        prune(folders, keep=1)
        reconcile(folders, at=NOW)
        assert published_versions(folders) == ("v1", "v2")


def test_files_are_proved_by_their_hash(folders: DataFolder) -> None:
    publish(folders, "v1")
    verify_files(folders, "v1")
