"""How one mapped column of one table is to be read: the value that the SQL modules share.

Belongs here: the value and what only depends on it. The SQL itself is in expressions, numbers and moments.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.sources.mapping import MappedColumn
from pipelines.sources.notation import is_number
from pipelines.sources.tables import literal
from pipelines.sources.text_table import TYPED

_REASONS = {"date": "unreadable_date", "at": "unreadable_timestamp", "flag": "unreadable_flag"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One column of one table. `text` is SQL over the table's cells, null for an empty cell.

    `decimal` None: only numbers that have one reading are read. `formats` are days, tried in order; `timed_format` is a
    whole moment. `marked`: cells may start with TYPED.
    """

    column: MappedColumn
    text: str
    decimal: str | None
    thousands: str | None
    formats: tuple[str, ...]
    timed_format: str | None
    time_zone: str
    marked: bool

    @property
    def name(self) -> str:
        """The canonical column."""
        return self.column.target.name

    @property
    def reason(self) -> str:
        """Why a cell with text and no value is quarantined."""
        if self.column.values is not None:
            return "unknown_value"
        if is_number(self.column):
            return "unreadable_number"
        return _REASONS.get(self.column.target.kind, "value_too_long")


def unmarked(text: str, *, marked: bool) -> str:
    """SQL: the text without the mark of a typed cell."""
    return f"ltrim({text}, {literal(TYPED)})" if marked else text


def is_typed(text: str) -> str:
    """SQL: whether a text carries the mark of a typed cell."""
    return f"starts_with({text}, {literal(TYPED)})"


def fully(text: str, pattern: str) -> str:
    """SQL: whether the whole text matches a regular expression."""
    return f"regexp_full_match({text}, {literal(pattern)})"
