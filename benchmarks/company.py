"""The company that is measured: the sample's plumbline.yaml with its folders moved into the benchmark's own.

Also which of its files are written in a clean form, and the split of its documents into the past and the newest part.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.measuring import ROOT

_FORMS = ("encoding", "decimal", "thousands", "dates", "timestamps", "nulls")
"""Settings of a mapped file that say it is not written the plain way: UTF-8, decimal points, ISO dates."""


@dataclass(frozen=True, slots=True)
class MappedFile:
    """One entry of a mapping: the files it matches, how they are written, where a document's date stands."""

    match: str
    entity: str
    form: dict[str, Any]

    @property
    def is_clean(self) -> bool:
        return not any(key in self.form for key in _FORMS) and not self.match.endswith((".gz", ".xlsx"))

    @property
    def delimiter(self) -> str:
        given = self.form.get("delimiter", ",")
        return "\t" if given == "tab" else given


def mapped_files(mapping: Path) -> tuple[MappedFile, ...]:
    """The entries of a mapping file, each with the file's defaults under its own format."""
    content = YAML(typ="safe").load(mapping.read_text(encoding="utf-8"))
    shared = content.get("format") or {}
    return tuple(
        MappedFile(entry["match"], entry["entity"], {**shared, **(entry.get("format") or {})})
        for entry in content["files"]
    )


def set_up(folder: Path, drops: dict[str, Path]) -> Path:
    """Write a company into `folder` that reads its sources from `drops`; gives its plumbline.yaml."""
    yaml = YAML()
    content = yaml.load((ROOT / "plumbline.yaml").read_text(encoding="utf-8"))
    content["data"] = "./data"
    content.pop("mail", None)
    # Exports cut in the middle of a month: the bank took its charges, the ledger books them at the month's end.
    content["checks"] = {"cash_ties_to_bank": "warn"}
    sources = content["sources"]
    for name in list(sources):
        if name not in drops:
            del sources[name]
            continue
        mapping = folder / "mappings" / f"{name}.yaml"
        mapping.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / sources[name]["mapping"], mapping)
        sources[name]["folder"] = os.path.relpath(drops[name], folder)
        sources[name]["mapping"] = os.path.relpath(mapping, folder)
    file = folder / "plumbline.yaml"
    with file.open("w", encoding="utf-8") as to:
        yaml.dump(content, to)
    return file


def fill_drop(drop: Path, files: list[Path]) -> Path:
    """A drop folder that holds these files: linked, because copies of gigabytes would be measured as page cache."""
    drop.mkdir(parents=True, exist_ok=True)
    for file in files:
        (drop / file.name).unlink(missing_ok=True)
        os.link(file, drop / file.name)
    return drop


def mapping_of(source: str) -> Path:
    """The mapping file of one of the sample's sources."""
    content = YAML(typ="safe").load((ROOT / "plumbline.yaml").read_text(encoding="utf-8"))
    return ROOT / str(content["sources"][source]["mapping"])
