"""Reading exports in plain Python: text in, canonical columns as text out, money as Decimal.

A second, slow way that shares nothing with the project's own readers, so that tests can compare.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import openpyxl
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]
CANONICAL = ROOT / "models" / "intermediate" / "_canonical.yml"
Row = dict[str, str]


@dataclass(frozen=True)
class CanonicalEntity:
    """One entity of the contract: its key, and its columns by name (only those that a source fills)."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Mapping[str, Any]]


@lru_cache
def canonical_entities() -> dict[str, CanonicalEntity]:
    content = YAML(typ="safe").load(CANONICAL.read_text(encoding="utf-8"))
    found = {}
    for model in content["models"]:
        meta = model["config"]["meta"]
        columns = {column["name"]: column["config"]["meta"] for column in model["columns"]}
        filled = {name: about for name, about in columns.items() if not about.get("derived")}
        found[meta["entity"]] = CanonicalEntity(meta["entity"], tuple(meta["key"]), filled)
    return found


@dataclass(frozen=True)
class MappedFile:
    """One entry of a mapping file, as written."""

    source: str
    entry: Mapping[str, Any]

    @property
    def entity(self) -> str:
        return str(self.entry["entity"])

    @property
    def headers(self) -> set[str]:
        """Every header that a column is read from."""
        found: set[str] = set()
        for given in self.entry["columns"].values():
            if not isinstance(given, dict):
                found.add(str(given))
            elif "join" in given:
                found |= {str(header) for header in given["join"]}
            elif "column" in given:
                found.add(str(given["column"]))
        return found


@lru_cache
def mapped_files() -> tuple[MappedFile, ...]:
    found = []
    for source in ("crm", "erp"):
        path = ROOT / "mappings" / f"sample_{source}.yaml"
        for entry in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["files"]:
            found.append(MappedFile(source, entry))
    return tuple(found)


@dataclass(frozen=True)
class Exports:
    """A written sample: files by source, rows by entity."""

    folder: Path

    def paths(self, file: MappedFile) -> list[Path]:
        return sorted((self.folder / file.source).glob(file.entry["match"]))

    def raw_rows(self, file: MappedFile) -> Iterator[Row]:
        """Rows as the file has them, by header."""
        for path in self.paths(file):
            yield from _read(path, file.entry.get("format", {}))

    def rows(self, entity: str) -> list[Row]:
        """Rows of an entity by canonical column; dates in ISO form, decimals with a point."""
        return self._by_entity.setdefault(entity, self._rows(entity))

    @cached_property
    def _by_entity(self) -> dict[str, list[Row]]:
        return {}

    def _rows(self, entity: str) -> list[Row]:
        contract = canonical_entities()[entity].columns
        found: list[Row] = []
        for file in (file for file in mapped_files() if file.entity == entity):
            form = file.entry.get("format", {})
            ways = {name: _reader(given, form, contract[name]) for name, given in file.entry["columns"].items()}
            found += [{name: read(row) for name, read in ways.items()} for row in self.raw_rows(file)]
        return found

    def truth(self, name: str) -> list[Row]:
        with (self.folder / "truth" / name).open(encoding="utf-8", newline="") as source:
            return list(csv.DictReader(source))


def amount(text: str) -> Decimal:
    """Money of a cell; nothing where it is empty."""
    return Decimal(text or 0)


def _read(path: Path, form: Mapping[str, Any]) -> Iterator[Row]:
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True)
        rows = book[form["sheet"]].iter_rows(values_only=True)
        headers = [str(cell) for cell in next(rows)]
        for cells in rows:
            yield {header: _cell(cell) for header, cell in zip(headers, cells, strict=True)}
        book.close()
        return
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    encoding = form.get("encoding", "utf-8-sig")
    delimiter = {"tab": "\t"}.get(form.get("delimiter", ","), form.get("delimiter", ","))
    yield from csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value)


def _reader(given: Any, form: Mapping[str, Any], about: Mapping[str, Any]) -> Callable[[Row], str]:
    """How one canonical column is read from a row of the file."""
    if not isinstance(given, dict):
        given = {"column": given}
    if "constant" in given:
        return lambda _row: str(given["constant"])
    if "join" in given:
        headers, sign = [str(header) for header in given["join"]], given.get("with", "-")
        return lambda row: sign.join(row[header] for header in headers) if all(row[h] for h in headers) else ""
    header = str(given["column"])
    convert = _converter(given, form, about)
    if convert is None:
        return lambda row: row[header].strip()
    return lambda row: convert(row[header].strip()) if row[header].strip() else ""


def _converter(
    given: Mapping[str, Any], form: Mapping[str, Any], about: Mapping[str, Any]
) -> Callable[[str], str] | None:
    kind = about["kind"]
    if "values" in given:
        wanted = {
            str(found): str(to).lower() if isinstance(to, bool) else str(to) for found, to in given["values"].items()
        }
        return lambda text: wanted[text] if text in wanted else wanted["*"]
    if kind == "date" and "dates" in form:
        return lambda text: datetime.strptime(text, form["dates"]).date().isoformat()  # noqa: DTZ007 - a day has no zone
    if kind == "at" and "timestamps" in form:
        return lambda text: datetime.strptime(text, form["timestamps"]).isoformat()  # noqa: DTZ007 - read as UTC
    if "scale" in given:
        return lambda text: str(Decimal(text.replace(",", ".")) * Decimal(str(given["scale"])))
    if kind in NUMBERS and form.get("decimal") == ",":
        return lambda text: text.replace(",", ".")
    return None


NUMBERS = ("money", "price", "quantity", "rate", "ratio", "hours", "count", "days", "number")


def month_of(day: str) -> str:
    return f"{day[:7]}-01"


def day_of(text: str) -> date:
    return date.fromisoformat(text[:10])
