"""Saved queries: versions, whose they are, and files that are spoiled (T13, T18, T26)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from company.folders import DataFolder
from dashboards.workbench import saved

AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
ANN, BO = "ann@example.com", "bo@example.com"


@pytest.fixture
def folders(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def save(folders: DataFolder, text: str = "select 1", **options: object) -> saved.SavedQuery:
    return saved.save(folders, **{"title": "Margin by region", "owner": ANN, "at": AT, "text": text, **options})  # type: ignore[arg-type]


def test_every_version_stays_and_the_newest_is_opened(folders: DataFolder) -> None:
    first = save(folders)
    second = save(folders, "select 2\n-- better", query_id=first.id)
    assert (first.number, second.number) == (1, 2)
    assert saved.load(folders, first.id, ANN).text == "select 2\n-- better"
    assert saved.load(folders, first.id, ANN, 1).text == "select 1"
    assert [version.number for version in saved.versions(folders, first.id, ANN)] == [2, 1]
    files = sorted(path.name for path in (folders.app / "queries" / first.id).iterdir())
    assert files == ["0001.sql", "0002.sql"]


def test_a_private_query_is_its_owners_alone(folders: DataFolder) -> None:
    """A colleague's draft answers as what does not exist, on every way to it."""
    query = save(folders)
    assert saved.visible(folders, BO) == ((), ())
    for touch in (
        lambda: saved.load(folders, query.id, BO),
        lambda: saved.versions(folders, query.id, BO),
        lambda: saved.delete(folders, query.id, BO, at=AT),
        lambda: save(folders, owner=BO, query_id=query.id),
    ):
        with pytest.raises(saved.SavedQueryError, match="There is no saved query"):
            touch()


def test_a_shared_query_is_read_by_all_and_changed_by_its_owner(folders: DataFolder) -> None:
    query = save(folders, shared=True)
    assert saved.load(folders, query.id, BO).text == "select 1"
    with pytest.raises(saved.SavedQueryError, match=r"belongs to ann@example\.com"):
        save(folders, "select 666", owner=BO, query_id=query.id)
    with pytest.raises(saved.SavedQueryError, match=r"belongs to ann@example\.com"):
        saved.delete(folders, query.id, BO, at=AT)


def test_what_was_private_stays_private_after_it_is_shared(folders: DataFolder) -> None:
    """The first draft named customers; only the shared version is for everybody."""
    query = save(folders, "select 'draft'")
    save(folders, "select 'final'", shared=True, query_id=query.id)
    assert [version.number for version in saved.versions(folders, query.id, BO)] == [2]
    with pytest.raises(saved.SavedQueryError, match="has no version 1"):
        saved.load(folders, query.id, BO, 1)


def test_a_deleted_query_is_off_every_list(folders: DataFolder) -> None:
    query = save(folders, shared=True)
    saved.delete(folders, query.id, ANN, at=AT)
    assert saved.visible(folders, ANN) == ((), ())
    with pytest.raises(saved.SavedQueryError):
        saved.load(folders, query.id, ANN)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..",
        ".",
        "",
        "/etc",
        "a/b",
        "A",
        "x\x00y",
        "x" * 200,
        "..%2f",
        "-x",
        "a\\b",
        "\\\\host\\share",
    ],
)
def test_no_name_leads_out_of_the_folder(folders: DataFolder, name: str) -> None:
    with pytest.raises(saved.SavedQueryError):
        saved.load(folders, name, ANN)


@pytest.mark.parametrize(
    "title", ["{{7*7}}", "<img src=x onerror=alert(1)>", "../../x", "a\nb: c", "Ä ö 漢字", '"}\n-- {"owner": "bo"}']
)
def test_a_title_is_text(folders: DataFolder, title: str) -> None:
    """It becomes neither a folder elsewhere, nor another line of the file, nor a template."""
    query = save(folders, title=title, shared=True)
    found = saved.load(folders, query.id, BO)
    assert found.owner == ANN
    assert found.title == " ".join(title.split())
    assert (folders.app / "queries" / query.id / "0001.sql").is_file()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"select 1", "first line"),
        (b"-- {}\nselect 1", "title"),
        (b'-- {"title": "x", "owner": "ann", "saved_at": "yesterday"}\nselect 1', "saved_at"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"", "first line"),
    ],
)
def test_a_spoiled_file_is_named_and_the_others_are_there(folders: DataFolder, content: bytes, says: str) -> None:
    """One broken file must not take everybody's queries away."""
    good = save(folders)
    spoiled = folders.app / "queries" / "spoiled-1"
    spoiled.mkdir()
    (spoiled / "0001.sql").write_bytes(content)
    queries, broken = saved.visible(folders, ANN)
    assert [query.id for query in queries] == [good.id]
    (line,) = broken
    assert line.startswith("app/queries/spoiled-1/0001.sql: ")
    assert says in line


def test_erasing_a_person_takes_their_queries_and_no_others(folders: DataFolder) -> None:
    save(folders)
    save(folders, owner=BO, shared=True)
    assert saved.erase(folders, ANN) == 1
    assert [query.owner for query in saved.visible(folders, ANN)[0]] == [BO]
