"""What can be wrong with a cell, in one list per table: the test in SQL, the reason, the words.

Belongs here: the faults of single cells. Rows that cannot be split come from the reader; keys given twice are found in
`duplicates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.landing.selects import text_name, value_name
from pipelines.sources import numbers
from pipelines.sources.notation import Notation, is_date, is_number
from pipelines.sources.reading import Reading, unmarked
from pipelines.sources.tables import literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which one column can be at fault. `test` is SQL over the texts and values of a row."""

    column: str
    test: str
    reason: str
    message: str


def faults_of(read: Sequence[Reading], notation: Notation, *, limit: int | None) -> list[Fault]:
    """Every fault the mapped columns can have, in their order. `limit`: the longest text; None where none is set."""
    faults: list[Fault] = []
    for reading in read:
        if reading.column.constant is None:
            faults += _faults(reading, notation, limit)
            if not reading.column.target.nullable:
                test = f"{text_name(reading)} is null"
                faults.append(Fault(reading.name, test, "missing_value", "is empty and may not be"))
    return faults


def _faults(reading: Reading, notation: Notation, limit: int | None) -> list[Fault]:
    text, name = text_name(reading), reading.name
    unread = f"{text} is not null and {value_name(name)} is null"
    if reading.column.values is not None:
        if "*" in reading.column.values:
            return []
        known = ", ".join(literal(key) for key in reading.column.values)
        test = f"{unmarked(text, marked=reading.marked)} not in ({known})"
        return [Fault(name, test, "unknown_value", "is not among the mapping's values")]
    if is_number(reading.column):
        two_ways = numbers.ambiguous(reading, text)
        said = "is a number in two ways (1,234 and 1.234): set format.decimal in the mapping"
        return [
            Fault(name, f"{unread} and {two_ways}", reading.reason, said),
            Fault(name, f"{unread} and not {two_ways}", reading.reason, _number_message(reading)),
        ]
    if is_date(reading.column):
        return [Fault(name, unread, reading.reason, _date_message(reading, notation))]
    found = []
    if reading.column.target.kind == "flag":
        said = "is neither true nor false (also yes, no, y, n, t, f, 1, 0)"
        found.append(Fault(name, unread, reading.reason, said))
    elif limit is not None:
        found.append(Fault(name, f"strlen({text}) > {limit}", "value_too_long", f"is longer than {limit:,} bytes"))
    return found


def _number_message(reading: Reading) -> str:
    sign = {".": "a decimal point", ",": "a decimal comma"}.get(reading.decimal or "", "either decimal sign")
    return f"is no number that fits {reading.column.target.data_type} without rounding, read with {sign}"


def _date_message(reading: Reading, notation: Notation) -> str:
    if reading.name in notation.doubtful_dates:
        return "can be a date with the day or the month first: set format.dates in the mapping"
    formats = reading.timed_format or ", ".join(reading.formats)
    return f"is no {'day' if reading.column.target.kind == 'date' else 'moment'} written as {formats}"
