"""The mappings of the sample company fit its exports and the contract, with nothing left over on either side."""

from __future__ import annotations

import pytest
from sample_exports import Exports, MappedFile, canonical_entities, mapped_files

ENTITIES = canonical_entities()
FILES = mapped_files()
# What the company itself has no export of: its legal entities are settings, its ledger is no list of balances.
NOT_EXPORTED = {"legal_entity", "account_balance"}


def named(file: MappedFile) -> str:
    return file.entry["match"]


def test_every_canonical_entity_is_exported() -> None:
    assert {file.entity for file in FILES} == set(ENTITIES) - NOT_EXPORTED


@pytest.mark.parametrize("file", FILES, ids=named)
def test_required_columns_are_mapped(file: MappedFile) -> None:
    required = {name for name, about in ENTITIES[file.entity].columns.items() if not about["nullable"]}
    assert required <= set(file.entry["columns"])


@pytest.mark.parametrize("file", FILES, ids=named)
def test_only_columns_of_the_contract_are_mapped(file: MappedFile) -> None:
    assert set(file.entry["columns"]) <= set(ENTITIES[file.entity].columns)


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_header_is_mapped_or_ignored_on_purpose(file: MappedFile, clean: Exports) -> None:
    """A header that nobody decided about is how a column of money gets lost."""
    ignored = set(file.entry.get("ignore", []))
    row = next(clean.raw_rows(file))
    assert set(row) == file.headers | ignored
    assert not file.headers & ignored


def test_every_file_is_fed_to_one_entity(clean: Exports) -> None:
    matched = [path for file in FILES for path in clean.paths(file)]
    written = sorted(path for source in ("crm", "erp") for path in (clean.folder / source).iterdir())
    assert sorted(matched) == written


@pytest.mark.parametrize("entity", sorted(set(ENTITIES) - NOT_EXPORTED))
def test_rows_have_required_values_and_distinct_keys(entity: str, clean: Exports) -> None:
    rows = clean.rows(entity)
    assert rows
    for name, about in ENTITIES[entity].columns.items():
        if not about["nullable"]:
            assert all(row[name] for row in rows), name
    keys = [tuple(row[name] for name in ENTITIES[entity].key) for row in rows]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("entity", sorted(set(ENTITIES) - NOT_EXPORTED))
def test_references_lead_somewhere(entity: str, clean: Exports) -> None:
    """Between systems they need not; within one, an export is whole."""
    for name, about in ENTITIES[entity].columns.items():
        target = about.get("references")
        rows = [row for row in clean.rows(entity) if row.get(name)]
        if target and rows:
            (key,) = ENTITIES[target].key
            assert {row[name] for row in rows} <= {row[key] for row in clean.rows(target)}, name
