"""Put bad rows into files that were written clean, without reading them into memory.

Belongs here: finding rows by a piece of their text, changing cells, counting rows. Does not: which rows (mess.py).
"""

from __future__ import annotations

import csv
import io
import mmap
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.sample.files import FileWriter
from pipelines.sample.mess import Change
from pipelines.sample.mess_kinds import BY_NAME

BLOCK = 1 << 24


@dataclass(frozen=True, slots=True)
class _Edit:
    """Bytes of the file from `start` to `end` become `text`; `rows` is by how many rows the file grows."""

    start: int
    end: int
    text: bytes
    rows: int
    change: Change
    row_offset: int  # row of the bad content, counted from the row at `start`


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What one change did: the file, and the row of the bad content as a spreadsheet counts it (headers are row 1)."""

    kind: str
    file: str
    row: int | None
    rows_added: int


def spoil(folder: Path, changes: Iterable[Change], writer: FileWriter) -> list[Spoiled]:
    """Apply the changes to the files below `folder`, each file written once more, aside, and put in its place."""
    by_file: dict[Path, list[Change]] = defaultdict(list)
    for change in changes:
        by_file[_find(folder, change.target)].append(change)
    done: list[Spoiled] = []
    for path in sorted(by_file):
        done += _spoil_file(path, path.relative_to(folder).as_posix(), by_file[path])
        writer.stamp(path)
    return done


def _find(folder: Path, name: str) -> Path:
    """The CRM's files carry a date behind their name."""
    place = folder / name
    if place.is_file():
        return place
    found = sorted(place.parent.glob(f"{place.name}_*"))
    if len(found) != 1:
        raise FileNotFoundError(f"{place}: expected one file of this name, found {len(found)}")
    return found[0]


def _spoil_file(path: Path, name: str, changes: list[Change]) -> list[Spoiled]:
    encoding = _encoding(path)
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = content.find(b"\n") + 1
        first_line = content[:end].decode(encoding)
        delimiter = max(",;\t|", key=first_line.count)
        headers = next(csv.reader(io.StringIO(first_line.lstrip("\ufeff")), delimiter=delimiter))
        edits: list[_Edit] = []
        for change in changes:
            edits += _edits(content, change, headers, delimiter, encoding)
        edits.sort(key=lambda edit: (edit.start, edit.end))
        aside = path.with_name(f".{path.name}.spoiled")
        done: list[Spoiled] = []
        position, row, grown = 0, 1, 0
        with aside.open("wb") as target:
            for edit in edits:
                row += _rows_between(content, position, edit.start)
                _copy(content, target, position, edit.start)
                target.write(edit.text)
                at = None if not edit.text else row + grown + edit.row_offset
                done.append(Spoiled(edit.change.kind, name, at, edit.rows))
                row += _rows_between(content, edit.start, edit.end)
                grown += edit.rows
                position = edit.end
            _copy(content, target, position, len(content))
    shutil.move(aside, path)
    return done


def _encoding(path: Path) -> str:
    with path.open("rb") as source:
        block = source.read(BLOCK)
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut in the middle of a letter at the block's end is no other encoding.
        return "utf-8" if error.start > len(block) - 4 else "cp1252"
    return "utf-8"


def _edits(content: mmap.mmap, change: Change, headers: list[str], delimiter: str, encoding: str) -> list[_Edit]:
    if change.append:
        given = dict(change.append)
        line = _line([given.get(header, "") for header in headers], delimiter, encoding)
        return [_Edit(len(content), len(content), line, 1, change, 0)]
    rows = _rows_with(content, change.anchor.encode(encoding))
    if not rows:
        raise ValueError(f"{change.kind}: no row of {change.target} holds {change.anchor.strip()!r}")
    if change.remove:
        return [_Edit(start, end, b"", -1, change, 0) for start, end in rows]
    start, end = rows[0]
    original = content[start:end]
    cells = next(csv.reader(io.StringIO(original.decode(encoding)), delimiter=delimiter))
    if change.extra_field:
        return [_Edit(start, end, _line([*cells, "surplus"], delimiter, encoding), 0, change, 0)]
    for header, text in change.cells:
        cells[headers.index(header)] = text
    altered = _line(cells, delimiter, encoding) if change.cells else original
    return [
        _Edit(start, end, original + altered if change.also else altered, int(change.also), change, int(change.also))
    ]


def _line(cells: list[str], delimiter: str, encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue().encode(encoding)


def _rows_with(content: mmap.mmap, anchor: bytes) -> list[tuple[int, int]]:
    """Start and end of every row that holds the anchor; one that begins with a line break begins its row."""
    rows: list[tuple[int, int]] = []
    at = content.find(anchor)
    while at >= 0:
        inside = at + 1 if anchor.startswith(b"\n") else at
        start = content.rfind(b"\n", 0, inside) + 1
        end = content.find(b"\n", inside) + 1
        rows.append((start, end))
        at = content.find(anchor, end - 1 if anchor.startswith(b"\n") else end)
    return rows


def _rows_between(content: mmap.mmap, start: int, end: int) -> int:
    return sum(content[at : min(at + BLOCK, end)].count(b"\n") for at in range(start, end, BLOCK))


def _copy(content: mmap.mmap, target: io.BufferedWriter, start: int, end: int) -> None:
    for at in range(start, end, BLOCK):
        target.write(content[at : min(at + BLOCK, end)])


def row_counts(rows: dict[str, int], changes: Iterable[Change], spoiled: list[Spoiled]) -> dict[str, dict[str, object]]:
    """Per file: rows in it, loaded, superseded, quarantined by reason. Rows held are loaded."""
    counts: dict[str, dict[str, object]] = {}
    by_kind = {change.kind: change for change in changes if not change.file}
    for name, clean in rows.items():
        mine = [item for item in spoiled if item.file == name]
        total = clean + sum(item.rows_added for item in mine)
        reasons: dict[str, int] = defaultdict(int)
        superseded = 0
        for item in mine:
            kind, change = BY_NAME[item.kind], by_kind[item.kind]
            if kind.effect == "superseded":
                superseded += 1
            elif kind.effect == "quarantined":
                reasons[kind.reason] += 2 if kind.reason == "duplicate_key" else 1
                if change.companions:
                    reasons["document_incomplete"] += change.companions
        out = sum(reasons.values())
        counts[name] = {
            "in": total,
            "loaded": total - out - superseded,
            "superseded": superseded,
            "quarantined": dict(sorted(reasons.items())),
        }
    return counts
