"""Reading a mapping file: YAML in, frozen entries out, every fault in one go with its line and key.

Belongs here: what may be written in a mapping file and how a mistake is told. What an entry means afterwards is in
`mapping`; whether a file fits it is found out when the file is opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipelines.canonical import Entity, load_canonical, nearest
from pipelines.sources.column_entries import cell_text, check_date_format, check_keys, line_of, read_column
from pipelines.sources.errors import MappingError
from pipelines.sources.mapping import AsOf, FileFormat, FileType, Kind, MappedColumn, MappedFiles, SourceMapping
from pipelines.sources.systems import all_entities, standard_columns

_TOP_KEYS = ("files", "format")
_ENTRY_KEYS = ("match", "entity", "kind", "feed", "as_of", "format", "columns", "where", "ignore")
_FORMAT_KEYS = tuple(FileFormat.__dataclass_fields__)
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def load_mapping(
    path: Path, *, canonical: Mapping[str, Entity] | None = None, default_entity: str | None = None
) -> SourceMapping:
    """The mapping file at `path`, checked against the canonical columns, or those of a system's raw table.

    `default_entity` is the company's only legal entity: it fills an `entity_id` that is needed and left unmapped.
    Raises MappingError with one line per fault: file, line, key, what was found, what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MappingError(f"{path}: no such mapping file; `plumbline init DIR` drafts one from your files") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read: {error}") from None
    try:
        content = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise MappingError(f"{path}{where}: not YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise MappingError(f"{path}: not YAML: {error}") from None
    reader = _Reader(path, canonical if canonical is not None else all_entities(), default_entity)
    mapping = reader.read(content)
    if reader.faults:
        raise MappingError("\n".join(dict.fromkeys(reader.faults)))
    return mapping


class _Reader:
    """Walks one mapping file. Faults are gathered, so that one look at the file mends them all."""

    def __init__(self, path: Path, canonical: Mapping[str, Entity], default_entity: str | None) -> None:
        self.path = path
        self.canonical = canonical
        self.default_entity = default_entity
        self.faults: list[str] = []

    def fault(self, holder: Any, key: Any, place: str, message: str) -> None:
        line = line_of(holder, key)
        self.faults.append(f"{self.path}{f', line {line}' if line else ''}: {place}: {message}")

    def read(self, content: Any) -> SourceMapping:
        if not isinstance(content, CommentedMap) or not isinstance(content.get("files"), list):
            self.faults.append(f'{self.path}: found no list `files:`; every entry starts with `- match: "name*.csv"`')
            return SourceMapping(self.path, ())
        check_keys(content, _TOP_KEYS, "", fault=self.fault)
        shared = content.get("format")
        entries = [
            entry
            for index, item in enumerate(content["files"])
            if (entry := self._entry(content["files"], index, item, shared)) is not None
        ]
        if not content["files"]:
            self.fault(content, "files", "files", "is empty: no file would be read")
        self._one_full_entry_per_feed(entries)
        return SourceMapping(self.path, tuple(entries))

    def _one_full_entry_per_feed(self, entries: list[MappedFiles]) -> None:
        seen: dict[tuple[str, str], MappedFiles] = {}
        for entry in entries:
            other = seen.setdefault((entry.entity.name, entry.feed), entry)
            if other is not entry and "full" in (entry.kind, other.kind):
                self.faults.append(
                    f"{self.path}, line {entry.line}: match {entry.match}: feeds {entry.entity.name} like the entry on "
                    f"line {other.line}, and a full file deletes what is absent from it: give each its own `feed: name`"
                )

    def _entry(self, holder: Any, index: int, item: Any, shared: Any) -> MappedFiles | None:
        place = f"files[{index}]"
        if not isinstance(item, CommentedMap):
            self.fault(holder, index, place, "found no mapping; write match:, entity:, kind: and columns:")
            return None
        check_keys(item, _ENTRY_KEYS, place, fault=self.fault)
        faults_before = len(self.faults)
        match = item.get("match")
        if not isinstance(match, str) or not match.strip() or "/" in match or "\\" in match:
            self.fault(item, "match", f"{place}.match", f'found {match!r}; allowed: a file name such as "orders*.csv"')
        kind = item.get("kind")
        if kind not in get_args(Kind):
            self.fault(
                item,
                "kind",
                f"{place}.kind",
                f"found {kind!r}; allowed: full (a key absent from a newer file is deleted) or delta (it is kept)",
            )
        entity = self._entity(item, place)
        as_of = self._as_of(item, place)
        file_format = self._format(item, place, shared)
        where = self._where(item, place)
        ignore = item.get("ignore", [])
        if not isinstance(ignore, list) or not all(isinstance(header, str | int) for header in ignore):
            self.fault(item, "ignore", f"{place}.ignore", "allowed: a list of headers")
        feed = item.get("feed", "")
        if not isinstance(feed, str) or not re.fullmatch(r"[a-z0-9_]*", feed):
            self.fault(item, "feed", f"{place}.feed", f"found {feed!r}; allowed: small letters, digits and _")
        columns = self._columns(item, place, entity) if entity is not None else ()
        if entity is None or len(self.faults) > faults_before:
            return None
        return MappedFiles(
            match=str(match),
            entity=entity,
            kind=kind,
            columns=columns,
            feed=feed,
            as_of=as_of,
            format=file_format,
            where=where,
            ignore=tuple(str(header) for header in ignore),
            line=(item.lc.line or 0) + 1,
        )

    def _entity(self, item: CommentedMap, place: str) -> Entity | None:
        name = item.get("entity")
        if name == "legal_entity":
            self.fault(item, "entity", f"{place}.entity", "legal entities come from plumbline.yaml, company.entities")
            return None
        if name not in self.canonical:
            near = nearest(str(name), tuple(self.canonical))
            listed = ", ".join(name for name in self.canonical if name in load_canonical())
            hint = f"did you mean {near}?" if near else f"allowed: {listed}, or a table in models/staging"
            self.fault(item, "entity", f"{place}.entity", f"found {name!r}; {hint}")
            return None
        return self.canonical[str(name)]

    def _as_of(self, item: CommentedMap, place: str) -> AsOf | None:
        value = item.get("as_of")
        if value is None:
            return None
        where = f"{place}.as_of"
        if not isinstance(value, CommentedMap) or set(value) != {"pattern", "format"}:
            self.fault(item, "as_of", where, 'allowed: {pattern: "_(\\\\d{8})", format: "%Y%m%d"}')
            return None
        try:
            groups = re.compile(str(value["pattern"])).groups
        except re.error as error:
            self.fault(value, "pattern", f"{where}.pattern", f"is no regular expression: {error}")
            return None
        if groups != 1:
            self.fault(value, "pattern", f"{where}.pattern", f"has {groups} groups; allowed: exactly one, the date")
        check_date_format(value, "format", f"{where}.format", value["format"], fault=self.fault)
        return AsOf(str(value["pattern"]), str(value["format"]))

    def _format(self, item: CommentedMap, place: str, shared: Any) -> FileFormat:
        merged: dict[str, Any] = {}
        for holder, where in ((shared, "format"), (item.get("format"), f"{place}.format")):
            if holder is None:
                continue
            if not isinstance(holder, CommentedMap):
                self.fault(item, "format", where, f"allowed: a mapping of {', '.join(_FORMAT_KEYS)}")
                continue
            check_keys(holder, _FORMAT_KEYS, where, fault=self.fault)
            for key in holder:
                if key in _FORMAT_KEYS:
                    merged[key] = self._format_value(holder, key, f"{where}.{key}")
        if merged.get("decimal") is not None and merged.get("decimal") == merged.get("thousands"):
            self.faults.append(f"{self.path}: {place}.format: decimal and thousands are the same sign")
        return FileFormat(**merged)

    def _format_value(self, holder: CommentedMap, key: str, place: str) -> Any:
        value = holder[key]
        if key == "nulls":
            if not isinstance(value, list):
                self.fault(holder, key, place, 'allowed: a list of texts that mean empty, such as ["NULL", "n/a"]')
                return ()
            return tuple(cell_text(part) for part in value)
        if key == "header_row":
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                self.fault(holder, key, place, f"found {value!r}; allowed: the row of the headers, 1 or more")
                return 1
            return int(value)
        value = cell_text(value)
        allowed = {
            "type": get_args(FileType),
            "decimal": (".", ","),
            "thousands": (".", ",", " ", "'", ""),
        }.get(key)
        if allowed is not None and value not in allowed:
            self.fault(holder, key, place, f"found {value!r}; allowed: {', '.join(repr(choice) for choice in allowed)}")
        if key == "delimiter":
            value = _DELIMITERS.get(value, value)
        if key in ("delimiter", "quote") and len(value) != 1:
            self.fault(holder, key, place, f"found {value!r}; allowed: one character, or tab")
        if key in ("dates", "timestamps"):
            check_date_format(holder, key, place, value, fault=self.fault)
        if key == "time_zone":
            self._time_zone(holder, key, place, value)
        if key == "encoding":
            self._encoding(holder, key, place, value)
        return value

    def _time_zone(self, holder: CommentedMap, key: str, place: str, value: str) -> None:
        from zoneinfo import available_timezones  # noqa: PLC0415 - reads the whole zone list: only where one is named

        if value not in available_timezones():
            self.fault(holder, key, place, f"found {value!r}; allowed: a time zone such as Europe/Helsinki")

    def _encoding(self, holder: CommentedMap, key: str, place: str, value: str) -> None:
        try:
            "".encode(value)
        except LookupError:
            self.fault(holder, key, place, f"found {value!r}; allowed: an encoding such as utf-8 or cp1252")

    def _where(self, item: CommentedMap, place: str) -> dict[str, tuple[str, ...]]:
        value = item.get("where", {})
        if not isinstance(value, dict):
            self.fault(item, "where", f"{place}.where", "allowed: {Header: [value, value]}")
            return {}
        return {
            str(header): tuple(cell_text(choice) for choice in (choices if isinstance(choices, list) else [choices]))
            for header, choices in value.items()
        }

    def _columns(self, item: CommentedMap, place: str, entity: Entity) -> tuple[MappedColumn, ...]:
        # An export of a system has the headers of its API: the file names what differs.
        mapped = dict(standard_columns(entity.name))
        value = item.get("columns", CommentedMap() if mapped else None)
        where = f"{place}.columns"
        if not isinstance(value, CommentedMap):
            self.fault(item, "columns", where, "allowed: a mapping of canonical column to the file's header")
            return ()
        for name in value:
            if name not in entity.column_names:
                near = nearest(str(name), entity.column_names)
                hint = f"did you mean {near}?" if near else f"{entity.name} has: {', '.join(entity.column_names)}"
                self.fault(value, name, f"{where}.{name}", f"{entity.name} has no such column; {hint}")
                continue
            column = read_column(value, name, f"{where}.{name}", entity.column(name), fault=self.fault)
            if column is not None:
                mapped[name] = column
        for target in entity.columns:
            if target.name in mapped or target.nullable or target.name in value:
                continue
            if target.name == "entity_id" and self.default_entity is not None:
                mapped[target.name] = MappedColumn(target, constant=self.default_entity)
            else:
                self.fault(item, "columns", where, f"{entity.name}.{target.name} must be mapped: {target.description}")
        # The order of the contract, so that a part does not depend on the order of the mapping file.
        return tuple(mapped[name] for name in entity.column_names if name in mapped)
