"""What every published table, page and report must declare. Read from dbt's manifest, so that YAML cannot forget it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from docs.build.dictionary import GRAIN_TEST, Manifests

ROOT = Path(__file__).resolve().parents[3]
UNITS = re.compile(r"_(doc|local|rpt)$")


def marts(manifests: Manifests) -> Iterator[Mapping[str, Any]]:
    for node in manifests.manifest["nodes"].values():
        is_mart = node["resource_type"] == "model" and node["path"].startswith("marts")
        if is_mart and node["config"]["materialized"] != "ephemeral":
            yield node


def test_every_page_is_an_exposure(manifests: Manifests) -> None:
    """Who changes a table must see which page shows it."""
    views = {f"{view.stem}_page" for view in (ROOT / "dashboards" / "views").glob("*.py") if view.stem != "__init__"}
    exposures = manifests.manifest["exposures"].values()
    assert {e["name"] for e in exposures if e["type"] == "dashboard"} == views


def test_every_report_of_the_sample_company_is_an_exposure(manifests: Manifests) -> None:
    """A mail is read where nobody can correct it any more."""
    reports = YAML(typ="safe").load((ROOT / "plumbline.yaml").read_text(encoding="utf-8"))["reports"]
    exposures = manifests.manifest["exposures"].values()
    assert {e["name"] for e in exposures if e["type"] != "dashboard"} == {f"{name}_report" for name in reports}


def test_every_exposure_has_an_owner_and_stands_on_published_tables(manifests: Manifests) -> None:
    """A page that reads an unpublished step breaks for everybody but its author."""
    published = {node["unique_id"] for node in marts(manifests)}
    faults = [
        exposure["name"]
        for exposure in manifests.manifest["exposures"].values()
        if not exposure["owner"].get("name") or not set(exposure["depends_on"]["nodes"]) <= published
    ]
    assert not faults


def test_every_published_table_has_a_contract_a_grain_an_owner_and_a_proof_of_its_grain(manifests: Manifests) -> None:
    """A table without a grain is added up twice."""
    proved = {
        node["attached_node"]
        for node in manifests.manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == GRAIN_TEST
    }
    faults = []
    for node in marts(manifests):
        meta = node["config"].get("meta") or {}
        kept = {
            "contract": node["config"]["contract"]["enforced"],
            "grain": bool(meta.get("grain")) and set(meta.get("grain", [])) <= set(node["columns"]),
            "owner": bool(meta.get("owner")),
            "description": str(node["description"]).strip().startswith("One row per"),
            "proof of the grain": node["unique_id"] in proved,
        }
        faults += [f"{node['name']}: {what}" for what, is_kept in kept.items() if not is_kept]
    assert not faults


def test_every_published_column_has_a_type_and_a_text(manifests: Manifests) -> None:
    """A column nobody explains is explained differently by everybody."""
    faults = [
        f"{node['name']}.{name}"
        for node in marts(manifests)
        for name, column in node["columns"].items()
        if not column.get("data_type") or not str(column["description"]).strip()
    ]
    assert not faults


def test_money_is_never_a_binary_float(manifests: Manifests) -> None:
    """A cent that is lost in a type cannot be found by a test of sums."""
    faults = [
        f"{node['name']}.{name}: {column['data_type']}"
        for node in marts(manifests)
        for name, column in node["columns"].items()
        if UNITS.search(name) and not str(column["data_type"]).lower().startswith("decimal")
    ]
    assert not faults


def test_the_checks_that_may_be_lowered_are_those_that_the_page_lists(manifests: Manifests) -> None:
    """Whoever lowers a check must find in one place what that means; whoever may not, why not."""
    page = (ROOT / "docs" / "marts" / "checks.md").read_text(encoding="utf-8")
    table = page[page.index("| may be lowered") : page.index("By hand")]
    listed = {name for row in table.splitlines()[2:] if row for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    tests = [node for node in manifests.manifest["nodes"].values() if node["resource_type"] == "test"]
    assert listed == {node["name"] for node in tests if "tie_out" in node["tags"]}
