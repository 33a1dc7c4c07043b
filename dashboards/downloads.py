"""The rows of a card as a file that says what it holds: CSV with a head of `#` lines, XLSX with a sheet "About".

Belongs here: what a page hands out. Does not: how a table becomes bytes (`exports`), whole reports
(`reports.workbook`). Pure: an Arrow table and words in, bytes out.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dashboards.exports import render

About = Sequence[tuple[str, str]]
"""Label and text, one line each: title, company, as of, period, comparison, filters, version, definition."""


def csv_file(table: pa.Table, about: About) -> bytes:
    """The rows as CSV. The first lines, each beginning with `#`, say what the rows are and how they were filtered."""
    head = "".join(f"# {line}\r\n" for line in _lines(about))
    return head.encode() + render(table, table.column_names, "csv")


def xlsx_file(table: pa.Table, about: About) -> bytes:
    """The rows as a workbook, what they are on its second sheet. Raises ValueError above the rows of a sheet."""
    return render(table, table.column_names, "xlsx", notes=_lines(about))


def _lines(about: About) -> list[str]:
    return [f"{label}: {' '.join(text.split())}" for label, text in about]
