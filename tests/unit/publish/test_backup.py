"""A backup holds what cannot be made again, and puts it back whole."""

from __future__ import annotations

import io
import sqlite3
import tarfile
from pathlib import Path

import pytest
from published_files import NOW

from company.settings import Settings, load_settings
from pipelines.publish.backup import restore_backup, write_backup
from pipelines.publish.errors import BackupError

TEXT = "company: {name: Acme}\nsources:\n  erp: {kind: files, folder: drop, mapping: mappings/erp.yaml}\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = tmp_path / "company"
    for name, content in {
        "plumbline.yaml": TEXT,
        "mappings/erp.yaml": "files: []",
        "data/landing/erp/invoice/b1/manifest.json": "{}",
        "data/history/v1.parquet": "history",
        "data/history/published.jsonl": "",
        "data/secrets/erp": "token",
        "data/warehouse/v1/build.duckdb": "made again",
        "data/published/v1/marts.duckdb": "made again",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load_settings(root / "plumbline.yaml", {})


def restored(settings: Settings, archive: Path, into: Path) -> Settings:
    into.mkdir()
    (into / "plumbline.yaml").write_text(TEXT, encoding="utf-8")
    target = load_settings(into / "plumbline.yaml", {})
    restore_backup(archive, folders=target.folders, root=target.root)
    return target


def test_what_cannot_be_made_again_comes_back(settings: Settings, tmp_path: Path) -> None:
    summary = write_backup(settings, tmp_path / "backup.tar.gz", at=NOW)
    assert summary.files == 6
    target = restored(settings, tmp_path / "backup.tar.gz", tmp_path / "new")
    found = sorted(str(path.relative_to(target.root)) for path in target.root.rglob("*") if path.is_file())
    assert found == [
        "data/history/published.jsonl",
        "data/history/v1.parquet",
        "data/landing/erp/invoice/b1/manifest.json",
        "data/secrets/erp",
        "mappings/erp.yaml",
        "plumbline.yaml",
    ]


def test_only_its_owner_can_read_a_backup(settings: Settings, tmp_path: Path) -> None:
    """It holds every landed row and every token."""
    write_backup(settings, tmp_path / "backup.tar.gz", at=NOW)
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600


def test_a_database_in_use_is_backed_up_in_one_moment(settings: Settings, tmp_path: Path) -> None:
    """Mail states written since the last checkpoint lie in the WAL: without them a report would be sent twice."""
    settings.folders.app.mkdir(parents=True)
    writer = sqlite3.connect(settings.folders.app / "app.sqlite")
    writer.execute("pragma journal_mode = wal")
    writer.execute("create table mails (report text, state text)")
    writer.execute("insert into mails values ('weekly', 'sent')")
    writer.commit()
    write_backup(settings, tmp_path / "backup.tar.gz", at=NOW)
    target = restored(settings, tmp_path / "backup.tar.gz", tmp_path / "new")
    reader = sqlite3.connect(target.folders.app / "app.sqlite")
    assert reader.execute("select * from mails").fetchall() == [("weekly", "sent")]
    reader.close()
    writer.close()


def test_data_that_is_there_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    write_backup(settings, tmp_path / "backup.tar.gz", at=NOW)
    with pytest.raises(BackupError, match=r"landing is not empty; restore into a new data folder"):
        restore_backup(tmp_path / "backup.tar.gz", folders=settings.folders, root=settings.root)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08"])
def test_a_file_that_is_no_backup_is_refused(settings: Settings, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(BackupError, match=r"x\.tar\.gz: "):
        restored(settings, tmp_path / "x.tar.gz", tmp_path / "new")
    assert not (tmp_path / "new" / "data" / "landing").exists()


def test_an_archive_cannot_write_outside_of_the_data_folder(settings: Settings, tmp_path: Path) -> None:
    hostile = tmp_path / "x.tar.gz"
    with tarfile.open(hostile, "w:gz") as archive:
        about = b'{"format_version": 1, "tool_version": "0", "settings": "plumbline.yaml"}'
        for name in ("plumbline-backup.json", "../../escaped"):
            member = tarfile.TarInfo(name)
            member.size = len(about)
            archive.addfile(member, io.BytesIO(about))
    with pytest.raises(BackupError, match="cannot be read as a backup"):
        restored(settings, hostile, tmp_path / "new")
    assert not (tmp_path / "escaped").exists()
