"""What is read from systems with an API of their own: models/staging/<system>/_<system>__raw.yml as frozen values.

Belongs here: objects, their fields, and the mapping file by which a company names its own fields for them. Does not:
how a system is asked (one module per system), nor what a field means (the staging models beside the file).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from pipelines.canonical import CANONICAL_PATH, DATA_TYPES, CanonicalError, Column, Entity, load_canonical, nearest
from pipelines.sources.column_entries import line_of, read_column
from pipelines.sources.errors import MappingError
from pipelines.sources.mapping import FileFormat, MappedColumn, MappedFiles

STAGING = CANONICAL_PATH.parent.parent / "staging"

#: Records are written by a machine: a decimal point, ISO days and moments, UTC where no zone is given.
RECORDS = FileFormat(type="jsonl", decimal=".", thousands="", dates="%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class SystemObject:
    """One object of a system: its raw table as an entity, and which field of the system feeds which column.

    `cursor` is the field that moves with every change of a record. `gone` is the column that marks a record which the
    system's own count and list of keys leave out. `reread_days`: how often everything is read again, because something
    of a record changes without moving its cursor.
    """

    name: str
    entity: Entity
    columns: tuple[MappedColumn, ...]
    cursor: str
    gone: str | None = None
    reread_days: int | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to ask for, each once."""
        return tuple(dict.fromkeys(header for column in self.columns for header in column.headers))

    @property
    def key_fields(self) -> tuple[str, ...]:
        """The fields that make a record's key, in the key's order."""
        by_column = {column.target.name: column.headers for column in self.columns}
        return tuple(header for name in self.entity.key for header in by_column[name])

    def entry(self, kind: str) -> MappedFiles:
        """The object's records as one entry of a mapping: what landing takes."""
        return MappedFiles(
            match=self.name,
            entity=self.entity,
            kind="full" if kind == "full" else "delta",
            columns=self.columns,
            format=RECORDS,
        )


@cache
def system_objects(system: str) -> tuple[SystemObject, ...]:
    """The objects of a system, in the order of its file. Raises CanonicalError naming the file and table at fault."""
    path = STAGING / system / f"_{system}__raw.yml"
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise CanonicalError(f"{path}: cannot be read: {error}") from error
    return tuple(_object(path, table) for source in document["sources"] for table in source["tables"])


@cache
def system_entities() -> Mapping[str, Entity]:
    """The raw tables of every system by name."""
    files = sorted(STAGING.glob("*/_*__raw.yml"))
    found = [one.entity for path in files for one in system_objects(path.parent.name)]
    return MappingProxyType({entity.name: entity for entity in found})


@cache
def standard_columns(entity: str) -> Mapping[str, MappedColumn]:
    """The columns of a system's raw table by name, each fed by the system's own field; none for a canonical entity."""
    files = sorted(STAGING.glob("*/_*__raw.yml"))
    found = [one for path in files for one in system_objects(path.parent.name) if one.entity.name == entity]
    return MappingProxyType({column.target.name: column for one in found for column in one.columns})


def all_entities() -> Mapping[str, Entity]:
    """Whatever can be landed, by name: the canonical entities and the raw tables of systems."""
    return MappingProxyType({**load_canonical(), **system_entities()})


def mapped_objects(
    system: str, mapping: Path | None, constants: Mapping[str, str] = MappingProxyType({})
) -> tuple[SystemObject, ...]:
    """The objects of a system with the columns that a company's mapping file names for itself.

    `constants`: what the settings say in place of a field that no record has. A column that the file names wins.

    The file holds `objects:`, then per object the columns as in any mapping file. Raises MappingError, one line per
    fault.
    """
    objects = tuple(_with_constants(one, constants) for one in system_objects(system))
    if mapping is None:
        return objects
    return _Overrides(mapping, {one.name: one for one in objects}).read()


def _with_constants(wanted: SystemObject, constants: Mapping[str, str]) -> SystemObject:
    columns = tuple(
        MappedColumn(column.target, constant=constants[column.headers[0]])
        if len(column.headers) == 1 and column.headers[0] in constants
        else column
        for column in wanted.columns
    )
    return replace(wanted, columns=columns)


class _Overrides:
    """Walks the mapping file of a system."""

    def __init__(self, path: Path, objects: Mapping[str, SystemObject]) -> None:
        self.path = path
        self.objects = objects
        self.faults: list[str] = []

    def fault(self, holder: Any, key: Any, place: str, message: str) -> None:
        line = line_of(holder, key)
        self.faults.append(f"{self.path}{f', line {line}' if line else ''}: {place}: {message}")

    def read(self) -> tuple[SystemObject, ...]:
        content = self._content()
        changed = dict(self.objects)
        for name in content:
            if name not in self.objects:
                near = nearest(str(name), tuple(self.objects))
                hint = f"did you mean {near}?" if near else f"allowed: {', '.join(self.objects)}"
                self.fault(content, name, f"objects.{name}", f"no such object; {hint}")
                continue
            changed[name] = self._object(content, name, changed[name])
        if self.faults:
            raise MappingError("\n".join(self.faults))
        return tuple(changed.values())

    def _content(self) -> CommentedMap:
        try:
            content = YAML(typ="rt").load(self.path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, YAMLError) as error:
            raise MappingError(f"{self.path}: cannot be read: {error}") from None
        objects = content.get("objects") if isinstance(content, CommentedMap) else None
        if not isinstance(objects, CommentedMap) or len(content) != 1:
            raise MappingError(f"{self.path}: allowed: `objects:` and below it the name of an object and its columns")
        return objects

    def _object(self, content: CommentedMap, name: str, before: SystemObject) -> SystemObject:
        given = content[name]
        if not isinstance(given, CommentedMap):
            self.fault(content, name, f"objects.{name}", "allowed: a mapping of column to field")
            return before
        columns = {column.target.name: column for column in before.columns}
        for column in given:
            place = f"objects.{name}.{column}"
            if column not in before.entity.column_names:
                near = nearest(str(column), before.entity.column_names)
                hint = f"did you mean {near}?" if near else f"allowed: {', '.join(before.entity.column_names)}"
                self.fault(given, column, place, f"no such column; {hint}")
                continue
            read = read_column(given, column, place, before.entity.column(column), fault=self.fault)
            if read is not None:
                columns[column] = read
        ordered = tuple(columns[name] for name in before.entity.column_names if name in columns)
        return replace(before, columns=ordered)


def _object(path: Path, table: Mapping[str, Any]) -> SystemObject:
    meta = table["config"]["meta"]
    columns: list[Column] = []
    mapped: list[MappedColumn] = []
    for given in table["columns"]:
        about = given["config"]["meta"]
        if given["data_type"] not in DATA_TYPES:
            raise CanonicalError(f"{path}: {table['name']}.{given['name']}: data_type {given['data_type']!r}")
        column = Column(
            name=given["name"],
            data_type=given["data_type"],
            kind=about["kind"],
            nullable=about["nullable"],
            unit=None,
            references=None,
            description="",
        )
        columns.append(column)
        if "field" in about:
            # Whether an instance has a field is asked of the system itself, which says more than the records do.
            mapped.append(MappedColumn(column, headers=(about["field"],), optional=column.nullable))
    entity = Entity(
        name=table["name"],
        side=meta["system"],
        key=tuple(meta["key"]),
        document=None,
        columns=tuple(columns),
        model="",
        description=table["description"],
    )
    return SystemObject(
        meta["object"],
        entity,
        tuple(mapped),
        meta["cursor"],
        gone=meta.get("gone"),
        reread_days=meta.get("reread_days"),
    )
