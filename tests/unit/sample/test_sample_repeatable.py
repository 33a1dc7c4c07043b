"""The same seed writes the same bytes; another seed another company."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.sample.write import write_sample

SCALE = 0.05


def bytes_of(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_sample(tmp_path / name, scale=SCALE, seed=3)
    first = bytes_of(tmp_path / "first")
    assert len(first) > 60
    assert first == bytes_of(tmp_path / "second")


def test_files_carry_the_time_of_the_last_day(tmp_path: Path) -> None:
    write_sample(tmp_path, scale=SCALE, until=date(2025, 3, 14))
    times = {path.stat().st_mtime for path in tmp_path.rglob("*") if path.is_file()}
    assert times == {datetime(2025, 3, 14, 22, tzinfo=UTC).timestamp()}


def test_another_seed_makes_another_company(tmp_path: Path) -> None:
    write_sample(tmp_path / "three", scale=SCALE, seed=3)
    write_sample(tmp_path / "four", scale=SCALE, seed=4)
    three, four = bytes_of(tmp_path / "three"), bytes_of(tmp_path / "four")
    constant = {name for name in three if three[name] == four[name]}
    assert {name for name in constant if name.endswith("journal_lines.csv")} == set()
    assert "erp/chart_of_accounts.csv" in constant


@pytest.mark.parametrize(
    ("until", "first"),
    [(date(2026, 6, 30), "2023-07-01"), (date(2026, 3, 15), "2023-04-01"), (date(2025, 12, 31), "2023-01-01")],
)
def test_the_window_is_thirty_six_months_to_the_last_day(until: date, first: str, tmp_path: Path) -> None:
    write_sample(tmp_path, scale=0.02, until=until)
    months = (tmp_path / "truth" / "ledger_months.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(months) == 3 * 36
    assert months[0].startswith(f"{first},")
    assert {line.split(",")[1] for line in months if line.split(",")[0][:7] == until.isoformat()[:7]} == {
        until.isoformat()
    }


def test_a_scale_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scale is 0; allowed: a number above 0"):
        write_sample(tmp_path, scale=0)
