"""How far the data behind a number can be trusted: when its own sources were read and how its own checks ended.

Belongs here: following lineage from published tables to raw entities. Does not: Streamlit, words for other pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from dashboards.published import open_cursor
from dashboards.reading import Reading

_NEEDED = ("common.model_lineage", "operations.fct_check_results", "operations.fct_source_loads")
_PASSED = "passed"
_UNJUDGED = frozenset({_PASSED, "not_covered"})


@dataclass(frozen=True, slots=True)
class Edge:
    """A model and one thing that it reads."""

    model: str
    model_kind: str
    reads: str
    reads_kind: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands behind some published tables. `read_at` (aware UTC) is the oldest of the sources' newest reads."""

    sources: tuple[str, ...]
    read_at: datetime | None
    passed: int
    not_passed: tuple[str, ...]


def standing(reading: Reading, tables: Iterable[str]) -> Standing | None:
    """The sources and checks of exactly these tables (`schema.table`) and of all that they are made of.

    None where the reader's file does not hold lineage, loads and checks.
    """
    if not reading.holds(*_NEEDED):
        return None
    return _standing(reading.published.path, tuple(sorted({table.rsplit(".", 1)[-1] for table in tables})))


def relations(reading: Reading, metric: str) -> tuple[str, ...]:
    """The published tables that a metric is computed from."""
    return tuple(sorted({measure.relation for measure in reading.definition(metric).plan.measures.values()}))


def upstream(reading: Reading, tables: Iterable[str]) -> tuple[Edge, ...]:
    """The edges that lead from these tables back to raw entities and seeds, in order of discovery."""
    if not reading.holds("common.model_lineage"):
        return ()
    return _upstream(reading.published.path, tuple(sorted({table.rsplit(".", 1)[-1] for table in tables})))


@lru_cache(maxsize=8)
def _edges(path: Path) -> dict[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = {}
    rows = open_cursor(path).execute(
        "select model, model_kind, reads, reads_kind from common.model_lineage order by model, reads"
    )
    for row in rows.fetchall():
        edge = Edge(*row)
        found.setdefault(edge.model, []).append(edge)
    return {model: tuple(edges) for model, edges in found.items()}


@lru_cache(maxsize=500)
def _upstream(path: Path, models: tuple[str, ...]) -> tuple[Edge, ...]:
    edges = _edges(path)
    seen, queue, found = set(models), list(models), []
    while queue:
        for edge in edges.get(queue.pop(0), ()):
            found.append(edge)
            if edge.reads not in seen:
                seen.add(edge.reads)
                queue.append(edge.reads)
    return tuple(found)


@lru_cache(maxsize=500)
def _standing(path: Path, models: tuple[str, ...]) -> Standing:
    edges = _upstream(path, models)
    entities = sorted({edge.reads for edge in edges if edge.reads_kind == "raw"})
    behind = sorted({*models, *(edge.reads for edge in edges if edge.reads_kind != "raw")})
    cursor = open_cursor(path)
    reads = cursor.execute(
        "select source_system, max(read_at) from operations.fct_source_loads where list_contains($entities, entity)"
        " and status = 'loaded' group by source_system order by source_system",
        {"entities": entities},
    ).fetchall()
    checks = cursor.execute(
        "select check_name, status from operations.fct_check_results where list_contains($models, model)"
        " order by check_name",
        {"models": behind},
    ).fetchall()
    moments = [moment for _, moment in reads if moment is not None]
    return Standing(
        tuple(str(name) for name, _ in reads),
        min(moments).replace(tzinfo=UTC) if moments else None,
        sum(1 for _, status in checks if status == _PASSED),
        tuple(str(name) for name, status in checks if status not in _UNJUDGED),
    )
