"""The canonical columns: read models/intermediate/_canonical.yml into frozen values.

Belongs here: what that file says about entities and columns, and finding an entity by name.
Does not: how a source's own columns become canonical ones (sources/mapping.py), nor any SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

CANONICAL_PATH = Path(__file__).resolve().parent.parent / "models" / "intermediate" / "_canonical.yml"

#: The data types a canonical column may have: everything downstream relies on this list being short.
DATA_TYPES = (
    "varchar",
    "boolean",
    "integer",
    "date",
    "timestamp",
    "decimal(9, 6)",
    "decimal(18, 2)",
    "decimal(18, 4)",
    "decimal(18, 6)",
    "decimal(18, 10)",
)

#: Columns of lineage that every raw table carries besides its canonical ones.
LINEAGE_COLUMNS = ("source_system", "source_id", "batch_id", "batch_row", "loaded_at")


class CanonicalError(Exception):
    """_canonical.yml cannot be used; nothing was read from any source."""


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column. `kind` says how it is read (money, date, id, ...), `unit` what it is measured in."""

    name: str
    data_type: str
    kind: str
    nullable: bool
    unit: str | None
    references: str | None
    description: str

    @property
    def scale(self) -> int | None:
        """Decimal places of a DECIMAL column; None for every other type."""
        if not self.data_type.startswith("decimal"):
            return None
        return int(self.data_type.rstrip(")").split(",")[1])


@dataclass(frozen=True, slots=True)
class Entity:
    """One canonical entity: a row per `key`; `document` names the column whose rows stand or fall together."""

    name: str
    side: str
    key: tuple[str, ...]
    document: str | None
    columns: tuple[Column, ...]
    model: str
    description: str

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when the entity has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the order of the file."""
        return tuple(column.name for column in self.columns)


def load_canonical(path: Path = CANONICAL_PATH) -> Mapping[str, Entity]:
    """Every canonical entity by name, in the order of the file.

    Raises CanonicalError naming the file, the model and the column at fault.
    """
    return _load(path.resolve())


def nearest(name: str, choices: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str | None:
    """The choice that `name` was most likely meant to be, for error messages; None when nothing is close."""
    lowered = {choice.lower(): choice for choice in choices}
    found = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


@lru_cache(maxsize=8)
def _load(path: Path) -> Mapping[str, Entity]:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CanonicalError(f"{path}: cannot be read: {error.strerror}") from error
    except YAMLError as error:
        raise CanonicalError(f"{path}: is not valid YAML: {error}") from error
    entities: dict[str, Entity] = {}
    for model in document["models"]:
        entity = _entity(path, model)
        if entity.name in entities:
            raise CanonicalError(f"{path}: models.{entity.model}: entity {entity.name} is declared twice")
        entities[entity.name] = entity
    for entity in entities.values():
        for column in entity.columns:
            if column.references is not None and column.references not in entities:
                raise CanonicalError(
                    f"{path}: models.{entity.model}.{column.name}: references {column.references}, which is no entity"
                )
    return MappingProxyType(entities)


def _entity(path: Path, model: Mapping[str, Any]) -> Entity:
    where = f"{path}: models.{model['name']}"
    meta = model["config"]["meta"]
    # What a canonical view derives stands behind what a source fills: no mapping and no raw table knows of it.
    filled = (column for column in model["columns"] if not column["config"]["meta"].get("derived", False))
    columns = tuple(_column(where, column) for column in filled)
    names = [column.name for column in columns]
    wanted = [*meta["key"], *([meta["document"]] if "document" in meta else [])]
    for name in wanted:
        if name not in names:
            raise CanonicalError(f"{where}: config.meta names {name}, which is not one of its columns")
    return Entity(
        name=meta["entity"],
        side=meta["side"],
        key=tuple(meta["key"]),
        document=meta.get("document"),
        columns=columns,
        model=model["name"],
        description=model["description"],
    )


def _column(where: str, column: Mapping[str, Any]) -> Column:
    meta = column["config"]["meta"]
    if column["data_type"] not in DATA_TYPES:
        raise CanonicalError(
            f"{where}.{column['name']}: data_type {column['data_type']!r}; allowed: {', '.join(DATA_TYPES)}"
        )
    return Column(
        name=column["name"],
        data_type=column["data_type"],
        kind=meta["kind"],
        nullable=meta["nullable"],
        unit=meta.get("unit"),
        references=meta.get("references"),
        description=column["description"],
    )
