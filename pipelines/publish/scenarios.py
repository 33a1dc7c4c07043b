"""Cash scenarios that people keep: YAML files of edits to what is expected, checked against what is published.

Kept in history/scenarios/<name>.yaml, as they were written; every run reads them, and a change of one is a reason to
run. What edits do to flows is in `pipelines.statistics.cash.scenarios`; what they did, in the marts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from company.folders import DataFolder
from company.versions import READING, current_version, write_bytes
from pipelines.publish.errors import ScenarioError, VersionFileError
from pipelines.publish.scenario_text import EditText, ScenarioText, read_scenario, told
from pipelines.warehouse.system_tables import replace_rows

BASE = "base"
LAYERS = (
    "receivables",
    "payables",
    "delivered",
    "ordered",
    "pipeline",
    "purchase_orders",
    "baseline_receipts",
    "baseline_payments",
    "recurring",
    "payroll",
    "tax",
    "debt",
    "capex",
)
REVENUE = "revenue"


def scenarios_folder(folders: DataFolder) -> Path:
    """Where scenarios are kept."""
    return folders.history / "scenarios"


def scenarios_hash(folders: DataFolder) -> str:
    """What scenarios add to a run's inputs; empty while there are none, so that older versions keep their own."""
    paths = sorted(scenarios_folder(folders).glob("*.yaml"))
    if not paths:
        return ""
    return hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)).hexdigest()


def kept_scenarios(folders: DataFolder) -> dict[str, ScenarioText]:
    """Every scenario that is kept, by name."""
    found = (read_scenario(path) for path in sorted(scenarios_folder(folders).glob("*.yaml")))
    return {scenario.name: scenario for scenario in found}


def keep_scenario(folders: DataFolder, path: Path) -> ScenarioText:
    """Check a scenario file against the published version and keep it. Call it with the writing lock held.

    Raises ScenarioError naming the edit whose customer, vendor, deal, document, layer, entity or scenario is unknown.
    """
    scenario = read_scenario(path)
    if scenario.name == BASE:
        raise ScenarioError(f"{path.name}: `{BASE}` is what the sources say; give the scenario another name")
    others = {name: text for name, text in kept_scenarios(folders).items() if name != scenario.name}
    _stacked(scenario, {**others, scenario.name: scenario}, ())
    version = current_version(folders)
    if version is None:
        raise ScenarioError("nothing is published yet; `plumbline run` first: a scenario is checked against what is")
    marts = folders.published / version / "marts.duckdb"
    if not marts.is_file():
        raise VersionFileError(f"{marts.name} of version {version} is missing; `plumbline run --full-refresh` makes it")
    with duckdb.connect(str(marts), read_only=True, config=READING) as connection:
        faults = [
            fault for place, edit in enumerate(scenario.edits) for fault in _unknown(edit, place, connection, scenario)
        ]
    if faults:
        raise ScenarioError("\n".join(f"{path.name}: {fault}" for fault in faults))
    scenarios_folder(folders).mkdir(parents=True, exist_ok=True)
    write_bytes(scenarios_folder(folders) / f"{scenario.name}.yaml", path.read_bytes())
    return scenario


def remove_scenario(folders: DataFolder, name: str) -> None:
    """Forget a scenario. Raises ScenarioError where it is unknown, or another one stacks it."""
    kept = kept_scenarios(folders)
    if name not in kept:
        raise ScenarioError(f"{name}: no such scenario; kept: {', '.join(kept) or 'none'}")
    users = [other.name for other in kept.values() if name in other.stack]
    if users:
        raise ScenarioError(f"{name}: stacked by {', '.join(users)}; remove those first")
    (scenarios_folder(folders) / f"{name}.yaml").unlink()


def load_scenarios(connection: duckdb.DuckDBPyConnection, folders: DataFolder) -> None:
    """Fill raw.cash_scenario with the edits of every scenario, those of stacked ones first."""
    kept = kept_scenarios(folders)
    rows = []
    for scenario in kept.values():
        edits = _stacked(scenario, kept, ())
        rows += [_row(scenario.name, place, edit) for place, edit in enumerate(edits, start=1)]
    replace_rows(connection, "cash_scenario", rows)


_COMPARED = """
select outlook.scenario, outlook.entity_id, cast(outlook.opening_balance_rpt as double) as opening_balance_rpt,
    cast(outlook.lowest_p50_balance_rpt as double) as lowest_balance_rpt,
    cast(outlook.lowest_p50_balance_rpt - base.lowest_p50_balance_rpt as double) as change_to_base_rpt,
    cast(outlook.lowest_p10_balance_rpt as double) as lowest_p10_balance_rpt, outlook.lowest_on,
    outlook.first_below_minimum_on, outlook.below_minimum_ratio, outlook.runway_months
from finance.fct_cash_outlook as outlook
inner join finance.fct_cash_outlook as base on outlook.entity_id = base.entity_id and base.scenario = 'base'
where list_contains($names, outlook.scenario)
order by outlook.entity_id <> 'all', outlook.entity_id, list_position($names, outlook.scenario)
"""


def compared_scenarios(folders: DataFolder, names: list[str]) -> list[dict[str, Any]]:
    """Rows of finance.fct_cash_outlook of base and the named scenarios, `all` first, with the change to base.

    Raises ScenarioError where nothing is published or the version does not have a scenario.
    """
    version = current_version(folders)
    if version is None:
        raise ScenarioError("nothing is published yet; `plumbline run` first")
    wanted = [BASE, *(name for name in names if name != BASE)]
    marts = folders.published / version / "marts.duckdb"
    with duckdb.connect(str(marts), read_only=True, config=READING) as connection:
        have = [row[0] for row in connection.sql("select distinct scenario from finance.fct_cash_outlook").fetchall()]
        missing = [name for name in wanted if name not in have]
        if missing:
            raise ScenarioError(
                f"{', '.join(missing)}: not in the published version, which has {', '.join(sorted(have))};"
                " `plumbline scenario add` keeps one, `plumbline run` projects it"
            )
        rows: list[dict[str, Any]] = connection.sql(_COMPARED, params={"names": wanted}).to_arrow_table().to_pylist()
    return rows


def _stacked(scenario: ScenarioText, kept: Mapping[str, ScenarioText], above: tuple[str, ...]) -> list[EditText]:
    """The edits of a scenario after those it stacks. Raises ScenarioError for an unknown one, or a circle."""
    if scenario.name in above:
        raise ScenarioError(f"{' > '.join((*above, scenario.name))}: scenarios stack each other in a circle")
    edits: list[EditText] = []
    for name in scenario.stack:
        if name not in kept:
            known = ", ".join(other for other in kept if other != scenario.name) or "none"
            raise ScenarioError(f"{scenario.name}: stack: no scenario {name!r} is kept; kept: {known}")
        edits += _stacked(kept[name], kept, (*above, scenario.name))
    return [*edits, *scenario.edits]


def _row(scenario: str, place: int, edit: EditText) -> dict[str, Any]:
    part = getattr(edit, edit.kind).model_dump()
    return {
        "scenario": scenario,
        "edit_no": place,
        "kind": edit.kind,
        "customer_id": part.get("customer"),
        "vendor_id": part.get("vendor"),
        "deal_id": part.get("deal"),
        "document_id": part.get("document"),
        "layer": part.get("layer"),
        "entity_id": part.get("entity"),
        "name": part.get("name"),
        "days": part.get("days"),
        "ratio": part.get("by"),
        "amount_doc": part.get("amount"),
        "currency": None,
        "from_on": part.get("from_on"),
        "until_on": part.get("until_on"),
        "every_months": part.get("every_months"),
        "description": told(edit),
    }


_KNOWN = {
    "customer": ("select customer_id, name from common.dim_customers", "customer"),
    "vendor": ("select vendor_id, name from common.dim_vendors", "vendor"),
    "deal": ("select deal_id, name from sales.fct_deals where is_open", "open deal"),
    "document": (
        "select document_id, document_id from finance.fct_cash_projection_items where method = 'payment_history'",
        "expected document",
    ),
    "entity": ("select entity_id, name from common.dim_entities", "legal entity"),
}


def _unknown(edit: EditText, place: int, connection: duckdb.DuckDBPyConnection, scenario: ScenarioText) -> list[str]:
    """What an edit names and the published version does not know, one line each with what is near."""
    part = getattr(edit, edit.kind)
    where = f"edits.{place}.{edit.kind}"
    faults = []
    for field, (query, what) in _KNOWN.items():
        wanted = getattr(part, field, None)
        if wanted is None:
            continue
        known = dict(connection.sql(query).fetchall())
        if wanted not in known:
            by_name = [key for key, name in known.items() if name == wanted]
            near = by_name or get_close_matches(wanted, [str(key) for key in known], n=3, cutoff=0.6)
            hint = f"; did you mean {', '.join(near)}?" if near else f"; {len(known):,} are known"
            faults.append(f"{where}.{field}: no {what} {wanted!r}{hint}")
    layer = getattr(part, "layer", None)
    allowed = (*LAYERS, REVENUE) if edit.kind == "scale" else LAYERS
    if layer is not None and layer not in allowed:
        faults.append(f"{where}.layer: found {layer!r}; allowed: {', '.join(allowed)}")
    name = getattr(part, "name", None)
    if edit.kind == "delay" and name is not None:
        added = [other.add.name for other in scenario.edits[:place] if other.add is not None and other.add.name]
        if name not in added and not scenario.stack:
            faults.append(f"{where}.name: no earlier edit adds {name!r}; added: {', '.join(added) or 'nothing'}")
    return faults
