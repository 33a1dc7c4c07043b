"""The ERP's exports as they stood some days ago, and the documents that came since: about one row in a hundred.

Documents are cut at a day, headers and lines together, so that both parts balance and tie to the ledger. Masters and
plans stay whole in the first part: nobody exports them again because an invoice was posted.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
from ruamel.yaml import YAML

DATED_BY = {
    "journal_line": "posted_on",
    "invoice": "invoiced_on",
    "credit_note": "credited_on",
    "payment": "paid_on",
    "payment_application": "applied_on",
    "bill": "billed_on",
    "bill_payment": "paid_on",
    "bill_payment_application": "applied_on",
    "bank_line": "booked_on",
    "inventory_move": "moved_on",
    "timesheet": "worked_on",
    "payroll_line": "paid_on",
}
"""Canonical column that says when a document happened."""

LINES_OF = {
    "invoice_line": ("invoice", "invoice_id"),
    "instalment": ("invoice", "invoice_id"),
    "credit_note_line": ("credit_note", "credit_note_id"),
    "bill_line": ("bill", "bill_id"),
}
"""Lines go with their document."""


@dataclass(frozen=True, slots=True)
class Split:
    """Where the cut lies and how many rows came after it, of how many."""

    cut_on: date
    new_rows: int
    rows: int


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    entity: str
    delimiter: str
    dates: str
    headers: dict[str, str]

    @property
    def table(self) -> str:
        quote = chr(34)
        return (
            f"read_csv('{self.path}', all_varchar = true, header = true, delim = '{self.delimiter}', "
            f"quote = '{quote}', auto_detect = false, columns = {{{self._columns()}}})"
        )

    def _columns(self) -> str:
        opened = duckdb.connect().execute(
            f"select Columns from sniff_csv('{self.path}', delim = '{self.delimiter}', header = true)"
        )
        return ", ".join(f"'{column['name']}': 'VARCHAR'" for column in opened.fetchall()[0][0])


def split(exports: Path, mapping: Path, *, past: Path, new: Path, share: float = 0.01) -> Split:
    """Write `past` (what was there before the cut) and `new` (files of the same names with the rest)."""
    files = {file.entity: file for file in _files(exports, mapping)}
    new.mkdir(parents=True, exist_ok=True)
    past.mkdir(parents=True, exist_ok=True)
    work = new.with_name(f"{new.name}.duckdb")  # on disk: the largest file need not fit into memory
    connection = duckdb.connect(work)
    journal = files["journal_line"]
    cut = connection.execute(
        f"select quantile_disc(day, {1 - share}) from (select {_day(journal)} as day from {journal.table})"
    ).fetchall()[0][0]
    new_rows = rows = 0
    for path in sorted(exports.iterdir()):
        mapped = next((file for file in files.values() if file.path == path), None)
        is_new = _is_new(mapped, files, cut) if mapped is not None else None
        if mapped is None or is_new is None:
            os.link(path, past / path.name)
            continue
        connection.execute(f"create or replace table t as select *, ({is_new}) as is_new from {mapped.table} as part")
        counted = connection.execute("select count(*), count(*) filter (where is_new) from t").fetchall()[0]
        rows += counted[0]
        new_rows += counted[1]
        form = f"header, delim '{mapped.delimiter}'" + (", compression gzip" if path.suffix == ".gz" else "")
        for folder, condition, day in ((past, "not is_new", cut), (new, "is_new", cut + timedelta(days=15))):
            if folder == new and not counted[1]:
                continue  # a header without rows is a broken export, not an empty one
            target = folder / path.name
            connection.execute(f"copy (select * exclude is_new from t where {condition}) to '{target}' ({form})")
            moment = datetime.combine(day, time(22), tzinfo=UTC).timestamp()
            os.utime(target, (moment, moment))
    connection.close()
    work.unlink()
    return Split(cut, new_rows, rows)


def _files(exports: Path, mapping: Path) -> list[_File]:
    content = YAML(typ="safe").load(mapping.read_text(encoding="utf-8"))
    found = []
    for entry in content["files"]:
        entity = entry["entity"]
        if entity not in DATED_BY and entity not in LINES_OF:
            continue
        form: dict[str, Any] = {**(content.get("format") or {}), **(entry.get("format") or {})}
        given = form.get("delimiter", ",")
        headers = {
            column: value if isinstance(value, str) else value.get("column", "")
            for column, value in entry["columns"].items()
        }
        path = exports / entry["match"]
        if path.is_file():
            delimiter = "\t" if given == "tab" else given
            found.append(_File(path, entity, delimiter, form.get("dates", "%Y-%m-%d"), headers))
    return found


def _day(file: _File) -> str:
    return f"cast(strptime(\"{file.headers[DATED_BY[file.entity]]}\", '{file.dates}') as date)"


def _is_new(file: _File, files: dict[str, _File], cut: date) -> str | None:
    if file.entity in DATED_BY:
        return f"{_day(file)} > date '{cut}'"
    document, key = LINES_OF[file.entity]
    if document not in files:
        return None
    head = files[document]
    return (
        f'part."{file.headers[key]}" in '
        f"(select \"{head.headers[key]}\" from {head.table} where {_day(head)} > date '{cut}')"
    )
