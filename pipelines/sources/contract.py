"""The generic contract: tables that are named like canonical entities and have their columns need no mapping file.

Belongs here: the mapping that such tables amount to. What the entities and columns are stands in
models/intermediate/_canonical.yml alone; docs/sources/contract.md is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelines.canonical import Column, Entity, load_canonical
from pipelines.sources.mapping import MappedColumn, MappedFiles, SourceMapping

#: What a column is called where the contract asks for something else than the column keeps.
_GIVEN_AS = {"email_hash": "email"}


def contract_mapping(
    *, ending: str, default_entity: str | None = None, canonical: Mapping[str, Entity] | None = None
) -> SourceMapping:
    """One full entry per entity, matching `<entity><ending>`: ".*" for files, "" for tables of a database.

    A column that may be empty may be absent. `default_entity` is the company's only legal entity, which fills an
    `entity_id` that is needed and absent or empty.
    """
    entities = (canonical if canonical is not None else load_canonical()).values()
    return SourceMapping(
        Path("docs/sources/contract.md"),
        tuple(
            MappedFiles(
                match=f"{entity.name}{ending}",
                entity=entity,
                kind="full",
                columns=tuple(_column(column, default_entity) for column in entity.columns),
            )
            for entity in entities
            if entity.name != "legal_entity"
        ),
    )


def given_as(column: Column) -> str:
    """The header under which the contract expects a canonical column."""
    return _GIVEN_AS.get(column.name, column.name)


def _column(target: Column, default_entity: str | None) -> MappedColumn:
    if target.name == "entity_id" and not target.nullable and default_entity is not None:
        # Another one than that is quarantined: what a second company sold must not become the first one's.
        known = {"": default_entity, default_entity: default_entity}
        return MappedColumn(target, headers=(target.name,), values=known, optional=True)
    return MappedColumn(target, headers=(given_as(target),), optional=target.nullable)
