"""The benchmark tells what happened: whole measures, verdicts that follow the figures, documents cut whole."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import Bench
from benchmarks.measuring import ROOT, Stopwatch, Taken, TaskFailedError, measure
from benchmarks.one_percent import split
from benchmarks.pages import packed, unpacked
from benchmarks.results import TARGETS, Line, as_json, verdicts

MAPPING = """
files:
  - {match: journal_lines.csv, entity: journal_line, kind: delta, columns: {posted_on: Posting Date}}
  - match: invoices.csv
    entity: invoice
    kind: delta
    format: {delimiter: ";", dates: "%d.%m.%Y"}
    columns: {invoice_id: Invoice No, invoiced_on: {column: Posting Date}}
  - {match: invoice_lines.csv, entity: invoice_line, kind: delta, columns: {invoice_id: Invoice No}}
  - {match: customers.csv, entity: customer, kind: full, columns: {customer_id: No}}
"""


def days(number: int) -> date:
    return date(2026, 1, 1 + number)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Twenty days with one invoice of two lines and one journal of two lines each."""
    folder = tmp_path / "erp"
    folder.mkdir()
    journals = [f"{n},{days(n)},{amount}" for n in range(20) for amount in ("10.00", "-10.00")]
    invoices = [f'"9{n:03}";{days(n):%d.%m.%Y};"a; b"' for n in range(20)]
    lines = [f"9{n:03},{position}" for n in range(20) for position in (10, 20)]
    (folder / "journal_lines.csv").write_text("\n".join(["Journal,Posting Date,Amount", *journals, ""]))
    (folder / "invoices.csv").write_text("\n".join(["Invoice No;Posting Date;Text", *invoices, ""]))
    (folder / "invoice_lines.csv").write_text("\n".join(["Invoice No,Pos", *lines, ""]))
    (folder / "customers.csv").write_text("No\n1\n")
    (tmp_path / "erp.yaml").write_text(MAPPING)
    return folder


def rows(file: Path, delimiter: str = ",") -> list[list[str]]:
    with file.open(newline="") as opened:
        return list(csv.reader(opened, delimiter=delimiter))[1:]


def test_the_newest_documents_leave_whole_and_the_rest_stays(exports: Path, tmp_path: Path) -> None:
    """Half a journal in either part would stop the run at a tie-out, and the benchmark with it."""
    cut = split(exports, tmp_path / "erp.yaml", past=tmp_path / "past", new=tmp_path / "new", share=0.1)
    # 40 journal lines over 20 days: nine tenths of them are posted up to day 17 (36 lines).
    assert cut.cut_on == days(17)
    assert {row[1] for row in rows(tmp_path / "new" / "journal_lines.csv")} == {str(days(18)), str(days(19))}
    assert [row[0] for row in rows(tmp_path / "new" / "invoices.csv", ";")] == ["9018", "9019"]
    assert sorted({row[0] for row in rows(tmp_path / "new" / "invoice_lines.csv")}) == ["9018", "9019"]
    assert (cut.new_rows, cut.rows) == (4 + 2 + 4, 40 + 20 + 40)
    for name, delimiter in (("journal_lines.csv", ","), ("invoices.csv", ";"), ("invoice_lines.csv", ",")):
        parts = [*rows(tmp_path / "past" / name, delimiter), *rows(tmp_path / "new" / name, delimiter)]
        assert sorted(parts) == sorted(rows(exports / name, delimiter))
    assert (tmp_path / "past" / "customers.csv").read_text() == "No\n1\n"
    assert not (tmp_path / "new" / "customers.csv").exists()
    assert (tmp_path / "new" / "invoices.csv").stat().st_mtime > (tmp_path / "past" / "invoices.csv").stat().st_mtime


FROM_API = "land records of an API"


def line(step: str, cpu: float, raw: float | None = None, **facts: Any) -> Line:
    return Line(step, Taken(cpu, cpu, 1_000_000), Taken(raw, raw) if raw is not None else None, "", facts)


@pytest.mark.parametrize(
    ("lines", "scale", "step", "expected"),
    [
        ([line("land, clean formats", 2.0, 1.0)], 100, "land, clean formats", ["met"]),
        ([line("land, clean formats", 2.01, 1.0)], 100, "land, clean formats", ["missed"]),
        ([line("land, clean formats", 9.0, 1.0)], 1, "land, clean formats", [""]),
        ([line("build models", 16.3, 10.0, models=10)], 100, "build models", ["met"]),  # 15 + 1.3
        ([line("build models", 16.4, 10.0, models=10)], 100, "build models", ["missed"]),
        ([line("finance marts", 15.0, 10.0)], 100, "finance marts", ["met"]),
        ([line("finance marts", 15.1, 10.0)], 100, "finance marts", ["missed"]),
        ([line("full run", 14.3, models=10, tests=100)], 1, "full run", ["met", ""]),  # 10 + 1.3 + 3
        ([line("full run", 14.4, models=10, tests=100)], 1, "full run", ["missed", ""]),
        ([line("full run", 100.0), line("1% new", 19.9)], 100, "1% new", ["met"]),
        ([line("full run", 100.0), line("1% new", 20.0)], 100, "1% new", ["missed"]),
        ([line("nothing new", 7.9)], 0.1, "nothing new", ["met"]),
        ([line("nothing new", 8.0)], 0.1, "nothing new", ["missed"]),
        ([line("fit bg_nbd", 19.9)], 1, "fit bg_nbd", ["met"]),
        ([line("fit bg_nbd", 20.0)], 1, "fit bg_nbd", ["missed"]),
        ([line("browser, filter", 0.5, p95=0.9)], 100, "browser, filter", ["met", "met"]),
        ([line("browser, filter", 0.51, p95=0.91)], 100, "browser, filter", ["missed", "missed"]),
        ([line("query that never ends", 31.0, limit_seconds=30)], 100, "query that never ends", ["met"]),
        ([line("query that never ends", 31.1, limit_seconds=30)], 100, "query that never ends", ["missed"]),
        ([line(FROM_API, 3.0, 1.0, peak=100, peak_of_three_times=120)], 1, FROM_API, ["met", "met"]),
        ([line(FROM_API, 3.1, 1.0, peak=100, peak_of_three_times=121)], 1, FROM_API, ["missed", "missed"]),
    ],
)
def test_a_verdict_is_given_at_the_scale_it_was_promised_for(
    lines: list[Line], scale: float, step: str, expected: list[str]
) -> None:
    """A bench that calls a missed figure met is worse than no bench."""
    assert [verdict for _, verdict in verdicts(lines, TARGETS, scale)[step]] == expected


def test_a_step_without_its_like_has_no_ratio() -> None:
    """A ratio to nothing would be read as a good one."""
    (told,) = as_json([line("nothing new", 1.0)], {}, {})["steps"]
    assert (told["raw"], told["ratio"]) == (None, None)


def test_a_stopwatch_counts_children_and_leaves_out_what_is_between() -> None:
    """A step that works in a child process must not look free, and set-up must not be counted as work."""
    burn = [sys.executable, "-c", "import time\nwhile time.process_time() < 0.4: pass"]
    watch = Stopwatch()
    for _ in range(2):
        with watch.running():
            subprocess.run(burn, check=True)
        subprocess.run(burn, check=True)
    assert 0.8 <= watch.cpu_seconds < 1.6
    assert watch.seconds >= 0.8


def test_a_task_is_measured_in_a_process_of_its_own(exports: Path, tmp_path: Path) -> None:
    """The peak of one step must not be the peak of the step before it."""
    outcome = measure("floor:rewrite_files", folder=str(exports), target=str(tmp_path / "again"))
    assert outcome.facts["rows"] == 40 + 20 + 40 + 1
    assert 0 < outcome.work.cpu_seconds < outcome.process.cpu_seconds
    assert 20_000_000 < outcome.process.peak_bytes < 1_000_000_000
    assert rows(tmp_path / "again" / "invoice_lines.csv") == rows(exports / "invoice_lines.csv")


def test_a_failing_task_says_why() -> None:
    """The figures so far are shown with the reason that there are no more."""
    with pytest.raises(TaskFailedError, match=r"No module named .benchmarks\.nothing."):
        measure("nothing:at_all")


def test_bound_values_survive_the_way_to_another_process() -> None:
    """The queries of a page are asked again with the very same values."""
    value = {"a": Decimal("1.10"), "b": [date(2026, 1, 2), None], "c": {"d": datetime(2026, 1, 2, 3)}, "e": "x"}  # noqa: DTZ001
    assert unpacked(packed(value)) == value


HELPED = """
import subprocess, sys
from benchmarks.measuring import ROOT, Stopwatch, peak_bytes
large = "x = bytearray(400_000_000); x[::4096] = b'x' * len(x[::4096])"
helper, watch = subprocess.Popen([sys.executable, "-c", large]), Stopwatch()
with watch.running():
    pass
helper.wait()
print(watch.peak_bytes, peak_bytes())
"""


def test_the_peak_of_a_task_is_not_that_of_what_helps_it() -> None:
    """What stands in for a system holds all its records: they are not the landing's."""
    told = subprocess.run([sys.executable, "-c", HELPED], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    task, with_helper = (int(figure) for figure in told.split())
    assert task < 200_000_000
    assert with_helper > 400_000_000


def test_the_peak_of_a_task_is_not_that_of_who_started_it(exports: Path, tmp_path: Path) -> None:
    """A child begins as a copy of its parent: the kernel's own figure would be the size of the test runner."""
    ballast = bytearray(600_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    outcome = measure("floor:rewrite_files", folder=str(exports), target=str(tmp_path / "again"))
    assert outcome.process.peak_bytes < len(ballast)


@pytest.mark.deep
def test_the_company_that_is_measured_publishes_takes_in_what_is_new_and_rebuilds_its_marts(tmp_path: Path) -> None:
    """A company whose exports are cut at a day must still tie, or the benchmark stops before its first figure."""
    bench = Bench(tmp_path, scale=0.05, seed=7)
    bench.generate()
    settings = bench.full_run()
    bench.finance_marts(settings)
    bench.nothing_new(settings)
    bench.read_in_a_browser(settings)
    bench.read_together(settings)
    bench.one_percent_new(settings)
    bench.switch_versions(settings)
    assert {"full run", "finance marts", "nothing new"} <= {line.step for line in bench.lines}
