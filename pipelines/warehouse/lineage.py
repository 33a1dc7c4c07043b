"""Which model reads which: the edges of dbt's graph as rows, so that a version can say where a number is from.

Belongs here: reading dbt's manifest. Does not: writing the table, following it (`dashboards.trust`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def edges(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row per model and what it reads directly: model, model_kind, reads, reads_kind, in order of names.

    `manifest` is dbt's own file, read as JSON. Kinds: raw, seed, intermediate, mart.
    """
    nodes = {**manifest["nodes"], **manifest["sources"]}
    return sorted(_edges(nodes), key=lambda edge: (edge["model"], edge["reads"]))


def _edges(nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    for node in nodes.values():
        if node["resource_type"] != "model":
            continue
        for upstream in dict.fromkeys(node["depends_on"]["nodes"]):
            other = nodes[upstream]
            yield {
                "model": str(node["name"]),
                "model_kind": _kind(node),
                "reads": str(other["name"]),
                "reads_kind": _kind(other),
            }


def _kind(node: Mapping[str, Any]) -> str:
    match node["resource_type"]:
        case "source":
            return "raw"
        case "seed":
            return "seed"
        case _:
            return "mart" if "marts" in node["fqn"] else "intermediate"
