"""What is landed once, landed again, and in which order it counts."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from drop_folder import DELIVERED, HEADER, NOW, DropFolder, deals
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.landing.cursors import SEEN, survey
from pipelines.landing.manifests import batches_hash
from pipelines.sources.errors import MappingError, SourceFolderError
from pipelines.sources.mapping_file import load_mapping

FILES = {
    f"deals_{day:02d}.csv": HEADER + f"{key},Won,{day}.00,2026-01-05,N{day},2026-01-{day:02d}T10:00:00Z\n"
    for day, key in ((1, "1"), (2, "2"), (3, "1"), (4, "3"), (5, "2"))
}


def is_new(drop: DropFolder) -> bool:
    (drop.root / "mapping.yaml").write_text(drop.mapping)
    mapping = load_mapping(drop.root / "mapping.yaml", default_entity="FI01")
    return survey(drop.folder, mapping, drop.landing / "crm").is_new


def test_the_same_file_twice_has_no_effect(tmp_path: Path) -> None:
    """A second run on the same folder must not double a company's sales."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals_01.csv", FILES["deals_01.csv"])
    assert is_new(drop)
    assert len(drop.land().landed) == 1
    before = batches_hash(drop.manifests())
    assert not is_new(drop)
    assert drop.land().known == ("deals_01.csv",)
    assert batches_hash(drop.manifests()) == before


def test_the_same_content_under_another_name_has_no_effect(tmp_path: Path) -> None:
    """`deals (1).csv` is what a browser makes of a second download."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals_01.csv", FILES["deals_01.csv"])
    drop.land()
    drop.write("deals_01 (1).csv", FILES["deals_01.csv"], at=NOW - timedelta(minutes=5))
    landing = drop.land()
    assert landing.is_nothing
    assert set(landing.known) == {"deals_01.csv", "deals_01 (1).csv"}
    assert not is_new(drop)


def test_two_copies_in_one_delivery_land_once(tmp_path: Path) -> None:
    """Both lie there before anything is known of either."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals_a.csv", FILES["deals_01.csv"])
    drop.write("deals_b.csv", FILES["deals_01.csv"])
    assert len(drop.land().landed) == 1


def test_a_file_written_over_with_new_content_is_a_new_batch(tmp_path: Path) -> None:
    """Most exports overwrite the file of yesterday; the original of yesterday must stay as it was."""
    drop = DropFolder(tmp_path, deals())
    path = drop.write("deals.csv", FILES["deals_01.csv"])
    drop.land()
    with path.open("r+b") as stream:  # in place: the same inode
        stream.write(FILES["deals_03.csv"].encode())
        stream.truncate()
    os.utime(path, (DELIVERED.timestamp() + 60, DELIVERED.timestamp() + 60))
    drop.land()
    first, second = drop.manifests()
    assert (first.folder / "original.csv").read_text() == FILES["deals_01.csv"]
    assert (second.folder / "original.csv").read_text() == FILES["deals_03.csv"]


def test_content_refused_for_its_name_lands_under_the_right_one(tmp_path: Path) -> None:
    """Renaming is how a person mends a wrong ending."""
    drop = DropFolder(tmp_path, deals())
    path = drop.write("deals.json", FILES["deals_01.csv"])
    assert len(drop.land().refused) == 1
    path.rename(drop.folder / "deals.csv")
    assert len(drop.land().landed) == 1
    assert [manifest.status for manifest in drop.manifests()] == ["loaded"]  # the refusal is void


def order_of(drop: DropFolder) -> list[tuple[str, str]]:
    return [(manifest.file_name, manifest.batch_id) for manifest in drop.manifests()]


def landed_in(orders: Iterable[tuple[str, ...]], root: Path) -> set[str]:
    """The hashes of all batches after each arrival order, every file landed by a run of its own."""
    ends = set()
    for number, names in enumerate(orders):
        drop = DropFolder(root / str(number), deals("delta"))
        for minute, name in enumerate(names):
            drop.write(name, FILES[name], at=DELIVERED + timedelta(minutes=minute))
            drop.land()
        assert [name for name, _ in order_of(drop)] == sorted(FILES)
        ends.add(batches_hash(drop.manifests()))
    return ends


def test_arrival_orders_of_five_files_end_equal(tmp_path: Path) -> None:
    """The mail with Monday's file may come after Tuesday's."""
    names = tuple(FILES)
    assert len(landed_in([names, names[::-1], names[2:] + names[:2], names[::2] + names[1::2]], tmp_path)) == 1


@pytest.mark.deep
def test_all_arrival_orders_of_five_files_end_equal(tmp_path: Path) -> None:
    """All hundred and twenty of them."""
    assert len(landed_in(itertools.permutations(FILES), tmp_path)) == 1


@given(order=st.permutations(list(FILES)), cuts=st.lists(st.booleans(), min_size=5, max_size=5))
@settings(max_examples=5, deadline=None)
def test_any_split_into_runs_ends_equal(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], cuts: list[bool]
) -> None:
    """How often a run looks must not matter either."""
    drop = DropFolder(tmp_path_factory.mktemp("split"), deals("delta"))
    for name, cut in zip(order, cuts, strict=True):
        drop.write(name, FILES[name])
        if cut:
            drop.land()
    drop.land()
    assert [name for name, _ in order_of(drop)] == sorted(FILES)


@pytest.mark.parametrize(
    ("extra", "content", "upper"),
    [
        ('as_of: {pattern: "_(\\\\d{8})", format: "%Y%m%d"}', FILES["deals_03.csv"], datetime(2026, 3, 31, tzinfo=UTC)),
        ("", FILES["deals_03.csv"], datetime(2026, 1, 3, 10, tzinfo=UTC)),
        ("", HEADER + "1,Won,1.00,2026-01-05,A,\n", DELIVERED),
    ],
    ids=["from the name", "from the newest change", "from the file"],
)
def test_the_moment_of_a_file(tmp_path: Path, extra: str, content: str, upper: datetime) -> None:
    """Which export is the newer one decides which rows are current."""
    drop = DropFolder(tmp_path, deals(extra=extra))
    drop.write("deals_20260331.csv", content)
    (manifest,) = drop.land().landed
    assert manifest.upper == upper
    assert manifest.lower is None


def test_a_delta_says_from_when_its_rows_are(tmp_path: Path) -> None:
    """A gap between two deltas can only be seen where both ends are known."""
    drop = DropFolder(tmp_path, deals("delta"))
    drop.write("deals.csv", FILES["deals_01.csv"] + FILES["deals_04.csv"].split("\n", 1)[1])
    (manifest,) = drop.land().landed
    assert (manifest.lower, manifest.upper) == (
        datetime(2026, 1, 1, 10, tzinfo=UTC),
        datetime(2026, 1, 4, 10, tzinfo=UTC),
    )


def test_a_name_without_its_promised_moment_is_refused(tmp_path: Path) -> None:
    """Ordered by its file time, it could stand before last week's."""
    drop = DropFolder(tmp_path, deals(extra='as_of: {pattern: "_(\\\\d{8})", format: "%Y%m%d"}'))
    drop.write("deals_20261301.csv", FILES["deals_01.csv"])
    (refused,) = drop.land().refused
    assert "as_of looks for" in refused.message


def test_a_changed_mapping_lands_what_is_known_anew_and_voids_the_old(tmp_path: Path) -> None:
    """Who mends a mapping expects the mended numbers, and expects the old ones to be gone."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", FILES["deals_01.csv"])
    (old,) = drop.land().landed
    drop.mapping = deals().replace("name: Name", "name: {join: [Id, Name], with: ' '}")
    assert is_new(drop)
    (new,) = drop.land().landed
    assert new.replaces == (f"deal/{old.batch_id}",)
    assert [manifest.batch_id for manifest in drop.manifests()] == [new.batch_id]
    assert drop.rows("deal", "name") == [("1 N1",)]
    assert not is_new(drop)


def test_a_changed_mapping_also_reads_originals_that_left_the_drop_folder(tmp_path: Path) -> None:
    """Drop folders are emptied; what was delivered is kept for exactly this."""
    drop = DropFolder(tmp_path, deals("delta"))
    path = drop.write("deals.csv", FILES["deals_01.csv"])
    (old,) = drop.land().landed
    path.unlink()
    assert not is_new(drop)
    drop.mapping = deals("delta").replace("name: Name", "name: Stage")
    assert is_new(drop)
    (new,) = drop.land().landed
    assert (new.file_name, new.upper) == ("deals.csv", old.upper)
    assert drop.rows("deal", "name") == [("Won",)]
    assert not is_new(drop)


def test_a_mapping_that_mends_a_refusal_voids_it(tmp_path: Path) -> None:
    """A refusal that stays on the page after it was dealt with teaches people not to look."""
    drop = DropFolder(tmp_path, deals().replace("amount_doc: Amount", "amount_doc: Total"))
    drop.write("deals.csv", FILES["deals_01.csv"])
    assert len(drop.land().refused) == 1
    drop.mapping = deals()
    assert len(drop.land().landed) == 1
    assert [manifest.status for manifest in drop.manifests()] == ["loaded"]


def test_losing_the_cache_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """Everything known is derivable from the batches."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", FILES["deals_01.csv"])
    drop.land()
    before = batches_hash(drop.manifests())
    (drop.landing / "crm" / SEEN).write_text("{half a file")
    assert is_new(drop)  # it has to look
    assert drop.land().is_nothing
    assert not is_new(drop)
    assert batches_hash(drop.manifests()) == before


def test_a_deleted_batch_is_landed_again(tmp_path: Path) -> None:
    """The folders are the truth, not the cache."""
    drop = DropFolder(tmp_path, deals())
    drop.write("deals.csv", FILES["deals_01.csv"])
    (manifest,) = drop.land().landed
    shutil.rmtree(manifest.folder)
    assert is_new(drop)
    assert len(drop.land().landed) == 1


class Writer:
    """A clock and a sleep; while landing waits, the file may grow."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        self.path, self.writes, self.slept = path, writes, 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        if self.writes:
            with self.path.open("ab") as stream:
                stream.write(b"2,Won,1.00,2026-01-05,B,\n")


def test_a_file_that_is_still_being_written_is_left_for_the_next_run(tmp_path: Path) -> None:
    """Half an export read as a whole one deletes the other half."""
    drop = DropFolder(tmp_path, deals())
    path = drop.write("deals.csv", FILES["deals_01.csv"], at=NOW)
    drop.write("deals_old.csv", FILES["deals_04.csv"])
    writer = Writer(path, writes=True)
    drop.around = replace(drop.around, sleep=writer.sleep)
    landing = drop.land()
    assert landing.unsettled == ("deals.csv",)
    assert [manifest.file_name for manifest in landing.landed] == ["deals_old.csv"]
    assert writer.slept == drop.around.settled_seconds
    assert is_new(drop)


def test_a_file_that_was_just_written_is_waited_for_once(tmp_path: Path) -> None:
    """A demo that writes its files and reads them at once must not find nothing."""
    drop = DropFolder(tmp_path, deals())
    path = drop.write("deals.csv", FILES["deals_01.csv"], at=NOW)
    writer = Writer(path, writes=False)
    drop.around = replace(drop.around, sleep=writer.sleep)
    assert len(drop.land().landed) == 1
    assert writer.slept > 0


def test_a_missing_folder_is_told_and_a_missing_file_is_named(tmp_path: Path) -> None:
    """An unmounted share must not look like a day without sales."""
    drop = DropFolder(tmp_path, deals())
    assert drop.land().missing == ("deals*",)
    drop.folder.rmdir()
    with pytest.raises(SourceFolderError, match="drop: cannot be listed: No such file or directory"):
        drop.land()


def test_files_no_entry_matches_are_named(tmp_path: Path) -> None:
    """A misnamed delivery is noticed by name, not by its absence in the numbers."""
    drop = DropFolder(tmp_path, deals())
    drop.write("dales.csv", FILES["deals_01.csv"])
    assert drop.land().unmatched == ("dales.csv",)


def test_two_full_entries_for_one_entity_need_a_feed_each(tmp_path: Path) -> None:
    """Otherwise the file of one country would delete the customers of the other."""
    body = "kind: full, columns: {department_code: Code, name: Name}"
    mapping = (
        f"files:\n  - {{match: 'fi*', entity: department, {body}}}\n  - {{match: 'de*', entity: department, {body}}}\n"
    )
    drop = DropFolder(tmp_path, mapping)
    with pytest.raises(MappingError, match="give each its own `feed: name`"):
        drop.land()
    drop.mapping = mapping.replace("match: 'fi*',", "match: 'fi*', feed: fi,").replace("'de*',", "'de*', feed: de,")
    drop.write("fi.csv", "Code,Name\n1,A\n")
    drop.write("de.csv", "Code,Name\n2,B\n")
    assert sorted(manifest.feed for manifest in drop.land().landed) == ["de", "fi"]
