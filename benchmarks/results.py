"""What was measured, beside what was to be reached: lines, targets and verdicts, as a table and as JSON.

Targets are written here and nowhere else. A figure that misses its target says so; why belongs in a note by people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from rich.table import Table

from benchmarks.measuring import Taken

GIGABYTE = 1_000_000_000
LARGE = 100
"""The scale from which ratios are promised: below it fixed seconds outweigh the work."""

Verdict = Literal["met", "missed", ""]


@dataclass(frozen=True, slots=True)
class Line:
    """One step: what it took, what raw DuckDB took for the same work, and facts that targets need."""

    step: str
    taken: Taken
    floor: Taken | None = None
    floor_does: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """CPU seconds over raw DuckDB's; None where it has no like or took too little to compare."""
        if self.floor is None or self.floor.cpu_seconds <= 0:
            return None
        return self.taken.cpu_seconds / self.floor.cpu_seconds


@dataclass(frozen=True, slots=True)
class Target:
    """What a step is to reach, from which scale to which; `text` as the table shows it."""

    step: str
    text: str
    holds: Callable[[Line, Lines], bool]
    least_scale: float = 0
    most_scale: float = float("inf")


Lines = dict[str, Line]


def _ratio_at_most(most: float) -> Callable[[Line, Lines], bool]:
    return lambda line, _all: line.ratio is not None and line.ratio <= most


def _models(line: Line, _all: Lines) -> bool:
    floor = line.floor.cpu_seconds if line.floor else 0.0
    return line.taken.cpu_seconds <= 1.5 * floor + 0.13 * int(line.facts["models"])


def _small_run(line: Line, _all: Lines) -> bool:
    return line.taken.cpu_seconds <= 10 + 0.13 * int(line.facts["models"]) + 0.03 * int(line.facts["tests"])


def _fifth_of_full(line: Line, lines: Lines) -> bool:
    return line.taken.cpu_seconds < lines["full run"].taken.cpu_seconds / 5


def _fits(line: Line, _all: Lines) -> bool:
    return line.taken.cpu_seconds < 20 and line.taken.peak_bytes < 2 * GIGABYTE


def _flat_memory(line: Line, _all: Lines) -> bool:
    return int(line.facts["peak_of_three_times"]) <= 1.2 * int(line.facts["peak"])


def _within(seconds: float) -> Callable[[Line, Lines], bool]:
    return lambda line, _all: line.taken.seconds <= seconds


def _stopped(line: Line, _all: Lines) -> bool:
    return line.taken.seconds <= float(line.facts["limit_seconds"]) + 1


TARGETS = (
    Target(
        "generate",
        "under 180 s and 6 GB",
        lambda line, _all: line.taken.seconds < 180 and line.taken.peak_bytes < 6 * GIGABYTE,
        LARGE,
    ),
    Target("land, clean formats", "ratio at most 2.0", _ratio_at_most(2.0), LARGE),
    Target("land, dirty formats", "ratio at most 3.5", _ratio_at_most(3.5), LARGE),
    Target("build models", "1.5 x raw SQL + 0.13 s a model", _models, LARGE),
    Target("finance marts", "ratio at most 1.5", _ratio_at_most(1.5), LARGE),
    Target("full run", "10 CPU s + 0.13 a model + 0.03 a test", _small_run, 0, 1),
    Target("full run", "under 6 GB", lambda line, _all: line.taken.peak_bytes < 6 * GIGABYTE, LARGE),
    Target("nothing new", "under 8 CPU s", lambda line, _all: line.taken.cpu_seconds < 8),
    Target("1% new", "under a fifth of a full run", _fifth_of_full, LARGE),
    *(
        Target(f"fit {model}", "a million customers under 20 CPU s and 2 GB", _fits)
        for model in ("bg_nbd", "gamma_gamma", "pareto_nbd")
    ),
    Target("land records of an API", "ratio at most 3.0", _ratio_at_most(3.0)),
    Target("land records of an API", "three times as many in the same memory", _flat_memory),
    Target("browser, cold process", "within 8 s", _within(8), LARGE),
    Target("browser, cold process", "under 2 MB", lambda line, _all: line.facts["compressed_bytes"] < 2_000_000),
    Target("browser, first card", "within 1 s", _within(1), LARGE),
    Target("browser, page", "within 2 s", _within(2), LARGE),
    Target("browser, filter", "within 0.5 s", _within(0.5), LARGE),
    Target("browser, filter", "p95 within 0.9 s", lambda line, _all: line.facts["p95"] <= 0.9, LARGE),
    Target("browser, drill", "within 0.7 s", _within(0.7), LARGE),
    Target("20 viewers", "p95 within 1.5 s", lambda line, _all: line.facts["p95"] <= 1.5, LARGE),
    Target("export 100,000 rows, CSV", "within 3 s", _within(3), LARGE),
    Target("export 100,000 rows, XLSX", "within 10 s", _within(10), LARGE),
    Target("analyst's query of a mart", "within 1 s", _within(1), LARGE),
    Target("query that never ends", "within its limit + 1 s", _stopped),
    Target("publish switch", "within 0.1 s", _within(0.1)),
    Target("publish switch", "no failed read", lambda line, _all: line.facts["failed_reads"] == 0),
    Target("simulate cash", "under 10 CPU s", lambda line, _all: line.taken.cpu_seconds < 10),
    Target("simulate cash", "quantile error under 1%", lambda line, _all: line.facts["quantile_error"] < 0.01),
)


def page_targets(page: str) -> tuple[Target, ...]:
    """A page is to be there within 8 s in a cold process and within 2 s in a warm one."""
    return (
        Target(f"page {page}, first", "within 8 s", lambda line, _all: line.taken.seconds <= 8),
        Target(f"page {page}, second", "within 2 s", lambda line, _all: line.taken.seconds <= 2),
    )


def verdicts(lines: list[Line], targets: tuple[Target, ...], scale: float) -> dict[str, list[tuple[str, Verdict]]]:
    """For each step, its targets and whether they were met; no verdict at a scale that the target is not for."""
    by_step = {line.step: line for line in lines}
    found: dict[str, list[tuple[str, Verdict]]] = {}
    for target in targets:
        line = by_step.get(target.step)
        if line is None:
            continue
        judged = target.least_scale <= scale <= target.most_scale
        verdict: Verdict = ("met" if target.holds(line, by_step) else "missed") if judged else ""
        found.setdefault(target.step, []).append((target.text, verdict))
    return found


def as_table(lines: list[Line], found: dict[str, list[tuple[str, Verdict]]], title: str) -> Table:
    """For people: one row per step."""
    table = Table(title=title, title_justify="left")
    for name, right in (
        ("step", False),
        ("CPU s", True),
        ("wall s", True),
        ("peak MB", True),
        ("raw CPU s", True),
        ("ratio", True),
        ("target", False),
        ("", False),
    ):
        table.add_column(name, justify="right" if right else "left", no_wrap=right)
    for line in lines:
        told = found.get(line.step, [])
        table.add_row(
            line.step,
            f"{line.taken.cpu_seconds:.2f}" if line.taken.cpu_seconds else "",
            f"{line.taken.seconds:.2f}",
            f"{line.taken.peak_bytes / 1_000_000:.0f}" if line.taken.peak_bytes else "",
            f"{line.floor.cpu_seconds:.2f}" if line.floor else "",
            f"{line.ratio:.2f}" if line.ratio is not None else "",
            "\n".join(text for text, _ in told),
            "\n".join(_word(verdict) for _, verdict in told),
        )
    return table


def _word(verdict: Verdict) -> str:
    return {"met": "[green]met[/]", "missed": "[red]missed[/]", "": "other scale"}[verdict]


def as_json(lines: list[Line], found: dict[str, list[tuple[str, Verdict]]], about: dict[str, Any]) -> dict[str, Any]:
    """For scripts: everything the table says, and the facts behind it."""
    return {
        "about": about,
        "steps": [
            {
                "step": line.step,
                "cpu_seconds": round(line.taken.cpu_seconds, 3),
                "seconds": round(line.taken.seconds, 3),
                "peak_bytes": line.taken.peak_bytes or None,
                "raw": None
                if line.floor is None
                else {
                    "does": line.floor_does,
                    "cpu_seconds": round(line.floor.cpu_seconds, 3),
                    "seconds": round(line.floor.seconds, 3),
                },
                "ratio": None if line.ratio is None else round(line.ratio, 3),
                "targets": [{"text": text, "verdict": verdict or None} for text, verdict in found.get(line.step, [])],
                "facts": line.facts,
            }
            for line in lines
        ],
    }
