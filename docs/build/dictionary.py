"""`python -m docs.build.dictionary` writes docs/data-dictionary.md from dbt's manifests: what is published, in words.

Everything it says stands beside the models and metrics themselves; here it is only put in order. The same project gives
the same bytes, so that a test can tell when the page is out of date.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from company.metric_plans import Measure, Plan
from company.roles import DOMAINS
from pipelines.warehouse.catalogue import compile_catalogue

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "data-dictionary.md"

INTRODUCTION = """\
# Data dictionary

What a published version holds: tables by schema, then metrics. Written by `make docs` from the models themselves; do
not edit it here. Money columns end in `_doc`, `_local` or `_rpt`: the document's currency, the legal entity's, the
company's reporting currency. `_ratio` is 0 to 1, `_on` a date, `_at` a moment in UTC. A column marked `*` is never
empty.
"""

GRAIN_TEST = "one_row_per"

GOOD = {"up": "more is better", "down": "less is better"}


@dataclass(frozen=True, slots=True)
class Manifests:
    """dbt's manifest and semantic manifest of one parse."""

    manifest: Mapping[str, Any]
    semantic: Mapping[str, Any]


def main() -> None:
    """Write the page."""
    PAGE.write_text(dictionary(parse_project()), encoding="utf-8")


def parse_project() -> Manifests:
    """Have dbt read the project into a folder that is gone afterwards. Opens no database."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - two seconds of imports

    with tempfile.TemporaryDirectory() as target:
        paths = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", target, "--log-path", target]
        quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-partial-parse"]
        result = dbtRunner().invoke([*quiet, "parse", *paths])
        if not result.success:
            raise RuntimeError(f"dbt cannot read the project: {result.exception}")
        return Manifests(
            json.loads((Path(target) / "manifest.json").read_bytes()),
            json.loads((Path(target) / "semantic_manifest.json").read_bytes()),
        )


def dictionary(manifests: Manifests) -> str:
    """The whole page as Markdown."""
    published = _published(manifests.manifest)
    parts = [INTRODUCTION, _contents(published), *_tables(published, manifests.manifest), *_metrics(manifests)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _published(manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Published models by schema, in the order of the flow; ephemeral steps are part of others and not listed."""
    found: dict[str, list[Mapping[str, Any]]] = {domain: [] for domain in DOMAINS}
    for node in manifest["nodes"].values():
        is_mart = node["resource_type"] == "model" and node["path"].startswith("marts")
        if is_mart and node["config"]["materialized"] != "ephemeral":
            found.setdefault(node["schema"], []).append(node)
    return {schema: sorted(nodes, key=lambda node: str(node["name"])) for schema, nodes in found.items() if nodes}


def _contents(published: Mapping[str, list[Mapping[str, Any]]]) -> str:
    lines = [
        f"- **{schema}**: " + ", ".join(f"[{node['name']}](#{schema}{node['name']})" for node in nodes)
        for schema, nodes in published.items()
    ]
    return "\n".join([*lines, "- **metrics**: [all](#metrics)"])


def _tables(published: Mapping[str, list[Mapping[str, Any]]], manifest: Mapping[str, Any]) -> Iterator[str]:
    claims = _claims(manifest)
    readers = _readers(manifest)
    for schema, nodes in published.items():
        yield f"## {schema}"
        for node in nodes:
            yield "\n".join(_table(node, claims.get(node["unique_id"], []), readers.get(node["unique_id"], [])))


def _table(node: Mapping[str, Any], claims: list[str], readers: list[str]) -> Iterator[str]:
    meta = node["config"].get("meta") or {}
    yield f"### {node['schema']}.{node['name']}"
    yield ""
    yield _line(node["description"])
    yield ""
    if meta.get("grain"):
        yield f"- One row per {', '.join(f'`{column}`' for column in meta['grain'])}"
    if meta.get("owner"):
        yield f"- Owner: {meta['owner']}"
    if readers:
        yield f"- Read by: {', '.join(readers)}"
    for claim in claims:
        yield f"- Proved on every run: {claim}"
    yield ""
    yield "| column | type | what it is |"
    yield "|---|---|---|"
    for column in node["columns"].values():
        required = any(constraint["type"] == "not_null" for constraint in column.get("constraints") or [])
        mark = " *" if required else ""
        yield f"| `{column['name']}`{mark} | {column.get('data_type') or ''} | {_cell(column['description'])} |"


def _claims(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of tests that say something, by the tables they are about. Tests of the grain are told by the grain."""
    found: dict[str, set[str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        kind = (node.get("test_metadata") or {}).get("name")
        # A name that dbt makes up starts with the test's kind and model; a claim is somebody's sentence.
        is_made_up = kind is not None and str(node["name"]).startswith(f"{kind}_")
        if is_made_up or kind == GRAIN_TEST:
            continue
        attached = node.get("attached_node")
        for model in [attached] if attached else node["depends_on"]["nodes"]:
            found.setdefault(str(model), set()).add(str(node["name"]).replace("_", " "))
    return {model: sorted(names) for model, names in found.items()}


def _readers(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for exposure in manifest["exposures"].values():
        for model in exposure["depends_on"]["nodes"]:
            found.setdefault(str(model), set()).add(str(exposure.get("label") or exposure["name"]))
    return {model: sorted(names) for model, names in found.items()}


def _metrics(manifests: Manifests) -> Iterator[str]:
    yield "## metrics"
    for row in compile_catalogue(manifests.semantic, manifests.manifest).to_pylist():
        plan = Plan.model_validate_json(row["plan"])
        lines = [
            f"### {row['metric']}",
            "",
            f"**{row['label']}.** {_line(row['description'])}",
            "",
            *_formula(plan),
            f"- Unit: {row['unit']}; {GOOD[row['good']]}",
            f"- Owner: {row['owner']}",
            f"- Beware: {_line(row['beware'])}",
        ]
        if row["dimensions"]:
            lines.append(f"- By: {', '.join(f'`{name}`' for name in row['dimensions'])}")
        yield "\n".join(lines)


def _formula(plan: Plan) -> Iterator[str]:
    names = list(plan.measures)
    if plan.kind == "simple":
        yield f"- Formula: {_measure(plan.measures[names[0]])}"
        return
    if plan.kind == "ratio":
        yield f"- Formula: `{names[0]}` / `{names[1]}`, empty where `{names[1]}` is zero, where"
    else:
        yield f"- Formula: `{plan.expression.strip()}`, where"
    for name in names:
        yield f"  - `{name}` = {_measure(plan.measures[name])}"


def _measure(measure: Measure) -> str:
    text = f"`{measure.aggregate}({_line(measure.expression)})` from `{measure.relation}` by `{measure.time}`"
    if measure.condition:
        text += f" where `{_line(measure.condition)}`"
    if measure.snapshot:
        text += f", on the {measure.snapshot} day of a period that has one"
    if measure.window:
        text += f", over the {measure.window.count} {measure.window.grain}s up to the end of a period"
    return text


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", str(text)).strip()


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


if __name__ == "__main__":
    main()
