"""The sample company's CRM read from a HubSpot account gives the canonical rows that its files give.

HubSpot numbers records itself: rows are compared through the numbers that stand for the sample's ids.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from fakes.hubspot_sample import ENTITIES, Numbered
from unit.sources import parity
from unit.sources.parity import Row
from unit.sources.through import crm_rows, hubspot_account

from company.settings import Settings
from pipelines.canonical import load_canonical
from pipelines.landing.manifests import read_manifests
from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

#: What HubSpot does not know of an owner.
UNKNOWN = {"owner": {"manager_id", "region"}}


def canonical_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    """Rows with ids as the source has them."""
    return parity.canonical_rows(connection, entity, bare=parity.without("crm"))


def expected(entity: str, row: Row, account: Numbered) -> Row:
    """A row of the files as HubSpot has to give it."""
    ids = {column.name for column in load_canonical()[entity].columns if column.kind == "id"}
    numbered = {name: str(account.number(value)) if name in ids and value else value for name, value in row.items()}
    if entity == "deal_stage_history":
        numbered["deal_stage_history_id"] = f"{numbered['deal_id']}|{row['changed_at']}"
    if entity == "contact" and row["merged_into_id"]:
        # HubSpot keeps nothing of a contact that was merged but its id.
        return {name: numbered[name] if name in ("contact_id", "merged_into_id") else None for name in row}
    return numbered


def told(entity: str, rows: list[Row]) -> list[Row]:
    """The rows that HubSpot can tell of: a row of history in which nothing is new is none there."""
    if entity != "deal_stage_history":
        return rows
    kept: list[Row] = []
    said: dict[str, tuple[Any, ...]] = {}
    for row in sorted(rows, key=lambda row: str(row["changed_at"])):
        values = (row["stage"], row["amount_doc"], row["probability_ratio"], row["expected_close_on"])
        if said.get(row["deal_id"]) != values:
            kept.append(row)
        said[row["deal_id"]] = values
    assert 0.98 * len(rows) < len(kept) < len(rows)
    return kept


def comparable(entity: str, row: Row) -> str:
    return str({name: value for name, value in row.items() if name not in UNKNOWN.get(entity, set())})


def test_the_sample_crm_through_the_api_is_the_same_rows_as_through_files(
    build: duckdb.DuckDBPyConnection, sample_company: Settings, tmp_path: Path
) -> None:
    """A company that replaces its weekly export by the API must see no number move."""
    before = {entity: canonical_rows(build, entity) for entity in ENTITIES}
    account, filled = hubspot_account(crm_rows(sample_company, build, ENTITIES), tmp_path)
    landing = account.land()
    assert landing.refused == ()
    assert sum(batch.rows.quarantined for batch in landing.landed) == 0
    account.fake.pass_time(minutes=1)
    assert account.land().is_nothing, "what was read is not read again"
    create_raw_tables(build, all_entities().values())
    by_files = [one for one in read_manifests(sample_company.folders.landing) if one.source != "crm"]
    load_batches(build, [*by_files, *read_manifests(account.landing)], entities=all_entities())
    assert parity.ids_without_source(build, "hubspot") == []
    for entity, rows in before.items():
        assert len(rows) > 0
        wanted = {comparable(entity, expected(entity, row, filled)) for row in told(entity, rows)}
        after = [comparable(entity, row) for row in canonical_rows(build, entity)]
        assert len(set(after)) == len(after)
        assert (sorted(wanted - set(after))[:3], sorted(set(after) - wanted)[:3]) == ([], []), entity
