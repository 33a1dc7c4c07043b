"""What changed since a reader last looked: per reader and page, against the last other version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboards import looks

MONDAY = datetime(2026, 6, 29, 7, 0, tzinfo=UTC)


def look(
    folder: Path, version: str, *, hours: int, reader: str = "a@x.example", page: str = "cash"
) -> looks.Look | None:
    return looks.note(folder, reader=reader, page=page, version=version, now=MONDAY + timedelta(hours=hours))


def test_the_first_look_has_nothing_to_compare_with(tmp_path: Path) -> None:
    assert look(tmp_path, "v1", hours=0) is None


def test_a_new_version_is_compared_with_the_one_seen_before_it(tmp_path: Path) -> None:
    """Reading the page twice in a morning must not hide what is new since Friday."""
    look(tmp_path, "v1", hours=0)
    seen = look(tmp_path, "v2", hours=24)
    assert seen == looks.Look("v1", MONDAY)
    assert look(tmp_path, "v2", hours=25) == seen
    assert look(tmp_path, "v3", hours=48) == looks.Look("v2", MONDAY + timedelta(hours=25))


def test_readers_and_pages_are_apart(tmp_path: Path) -> None:
    look(tmp_path, "v1", hours=0)
    assert look(tmp_path, "v2", hours=1, reader="b@x.example") is None
    assert look(tmp_path, "v2", hours=1, page="sales") is None
