"""How a file writes numbers and dates, told from all of its values or not at all.

Belongs here: deciding between decimal point and comma and between day and month first. A value is *telling* when only
one reading of it is possible (12,50 or 25/12/2026); one that is not (1,234 or 03/04/2026) is read as the telling ones
of its file are, and refused where none tells or where more than one telling value in a hundred disagrees.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from pipelines.sources.mapping import NUMBER_KINDS, MappedColumn, MappedFiles
from pipelines.sources.tables import Table, literal
from pipelines.sources.text_table import TYPED

#: Formats of which only one reading exists. Dots are day first everywhere they are used.
CERTAIN = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d/%b/%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
#: Formats that read the same text as different days.
RIVALS = (("%d/%m/%Y", "%m/%d/%Y"), ("%d/%m/%y", "%m/%d/%y"), ("%d-%m-%Y", "%m-%d-%Y"))
SAMPLE_ROWS = 20_000
_ISO_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_DAY_SHAPE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{8}|\d{1,2}[ /-][A-Za-z]{3,9}[ /-]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4}"
_DISAGREEING = 0.01
#: Signs that stand between groups of three digits besides the comma or point: space, no-break spaces, apostrophes.
GROUP_SIGNS = " \u00a0\u202f'\u2019"
#: A date, then a time of day and perhaps a zone.
TIMED = (
    r"^(.+?)[T ]\s*(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$"
)


@dataclass(frozen=True, slots=True)
class Notation:
    """What is known of one file. `decimal` None: not told. `dates`: per canonical column the formats to try in order.

    `doubtful_dates`: columns that hold dates of which no format can be told. `from_sample`: some of it is known from
    the first rows only, so that what cannot be read under it has to be judged on the whole file. `is_open`: the first
    rows left something to ask.
    """

    decimal: str | None = None
    dates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubtful_dates: frozenset[str] = frozenset()
    from_sample: bool = False
    is_open: bool = False


def telling_number(decimal: str) -> str:
    """A regular expression of the numbers that can only have this decimal sign."""
    point, comma = (r"\.", ",") if decimal == "." else (",", r"\.")
    group = f"[{GROUP_SIGNS}]"
    return (
        rf"^(\d*{point}(\d{{1,2}}|\d{{4,}})|0*{point}\d{{3}}|\d{{4,}}{point}\d{{3}}|\d{{1,3}}({group}\d{{3}})+{point}\d+"
        rf"|\d{{1,3}}({comma}\d{{2,3}})*{comma}\d{{3}}{point}\d+|\d{{1,3}}({comma}\d{{3}}){{2,}})$"
    )


AMBIGUOUS_NUMBER = r"^[1-9]\d{0,2}[.,]\d{3}$"


def detect(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    entry: MappedFiles,
    *,
    first_rows: int | None = None,
    told: Notation | None = None,
) -> Notation:
    """The notation of `table` for the columns of `entry`, from its first rows or from all of them.

    What the mapping says is taken as said and not looked for; nor is what `told` knows already.
    """
    numbers = {column.target.name: cell for column in entry.columns if (cell := _open_number(column, entry, table))}
    dates = {column.target.name: cell for column in entry.columns if (cell := _open_date(column, entry, table))}
    if told is not None and told.decimal is not None:
        numbers = {}
    if told is not None:
        dates = {name: cell for name, cell in dates.items() if name in told.doubtful_dates}
    decimal = entry.format.decimal or (told.decimal if told is not None else None)
    formats = dict(told.dates) if told is not None else {}
    if not numbers and not dates:
        return Notation(decimal, formats)
    measures = [measure for cell in numbers.values() for measure in (_tells(cell, "."), _tells(cell, ","))]
    # A column has few different days, so that every format is tried on few texts, however many rows there are.
    measures += [f"histogram({_day_text(cell)})" for cell in dates.values()]
    rows = f"({table.relation}" + (f" limit {first_rows})" if first_rows is not None else ")")
    found = connection.execute(f"select {', '.join(measures)} from {rows}").fetchall()[0]
    if numbers:
        counts = {sign: sum(found[place : 2 * len(numbers) : 2]) for place, sign in enumerate((".", ","))}
        decimal = _majority(counts)
    doubtful: set[str] = set()
    for name, days in zip(dates, found[2 * len(numbers) :], strict=True):
        formats[name], certain = _formats(connection, days or {})
        if not certain:
            doubtful.add(name)
    from_sample = first_rows is not None or told is not None
    is_open = first_rows is not None and bool(doubtful or (numbers and decimal is None))
    return Notation(decimal, formats, frozenset(doubtful), from_sample, is_open)


def contradicts(name: str, column: MappedColumn, notation: Notation, text: str) -> str | None:
    """SQL: whether a cell that could not be read tells of another notation than this. None: its kind cannot tell."""
    if is_number(column) and notation.decimal is not None:
        other = "," if notation.decimal == "." else "."
        return f"regexp_matches({_number_signs(text)}, {literal(telling_number(other))})"
    if name in notation.dates:
        others = {*CERTAIN, *(one for rivals in RIVALS for one in rivals)} - set(notation.dates[name])
        return " or ".join(reads(_day_text(text), one) for one in sorted(others))
    return None


def is_date(column: MappedColumn) -> bool:
    """Whether a mapped column is parsed as a date or a moment."""
    return column.target.kind in ("date", "at") and column.values is None and column.constant is None


def is_number(column: MappedColumn) -> bool:
    """Whether a mapped column is parsed as a number."""
    return column.target.kind in NUMBER_KINDS and column.values is None and column.constant is None


def reads(text: str, date_format: str) -> str:
    """SQL: whether a text is a day of this format. Years before 1900 are two-digit years read as four."""
    return f"coalesce(try_strptime({text}, {literal(date_format)}) >= timestamp '1900-01-01', false)"


def _open_number(column: MappedColumn, entry: MappedFiles, table: Table) -> str | None:
    is_open = is_number(column) and entry.format.decimal is None
    return _cell(column, table) if is_open else None


def _open_date(column: MappedColumn, entry: MappedFiles, table: Table) -> str | None:
    given = column.format or entry.format.dates or (column.target.kind == "at" and entry.format.timestamps)
    return _cell(column, table) if is_date(column) and not given else None


def _cell(column: MappedColumn, table: Table) -> str | None:
    """SQL: the column's cell where the file does not say itself that it is a number or a date."""
    position = table.position(column.headers[0])
    if position is None:
        return None
    cell = f"trim(c{position})"
    return f"case when not starts_with({cell}, {literal(TYPED)}) then {cell} end" if table.marked else cell


def _tells(cell: str, decimal: str) -> str:
    point = r"\." if decimal == "." else ","
    pattern = rf"-?\d+{point}(\d{{1,2}}|\d{{4,}})"
    plain = f"regexp_full_match({cell}, {literal(pattern)})"
    # Whole numbers, most of many columns, tell nothing and are not looked at twice.
    whole = f"regexp_full_match({cell}, '-?[0-9]+')"
    other = f"regexp_matches({_number_signs(cell)}, {literal(telling_number(decimal))})"
    return f"count(*) filter (where case when {plain} then true when {whole} then false else {other} end)"


def _number_signs(text: str) -> str:
    return f"trim(regexp_replace({text}, {literal(f'[^0-9.,{GROUP_SIGNS}]')}, '', 'g'))"


def _day_text(cell: str) -> str:
    timed = f"nullif(regexp_extract({cell}, {literal(TIMED)}, 1), '')"
    day = f"case when length({cell}) > 10 then coalesce({timed}, {cell}) else {cell} end"
    return f"case when regexp_full_match({day}, {literal(_DAY_SHAPE)}) then {day} end"


def _formats(connection: duckdb.DuckDBPyConnection, days: Mapping[str, int]) -> tuple[tuple[str, ...], bool]:
    """The formats of a column with these days and their counts, and whether they are beyond doubt."""
    if all(_ISO_DAY.fullmatch(day) for day in days):
        # No other format has this shape. Without any value it stands for the column: typed cells are written in it.
        return ("%Y-%m-%d",), True
    measures = [reads("day", one) for one in CERTAIN]
    for rivals in RIVALS:
        for one in rivals:
            others = " or ".join(reads("day", other) for other in rivals if other != one)
            measures += [reads("day", one), f"{reads('day', one)} and not ({others})"]
    sums = ", ".join(f"coalesce(sum(times) filter (where {measure}), 0)" for measure in measures)
    counts = connection.execute(
        f"select {sums} from (select unnest($days) as day, unnest($times) as times)",
        {"days": list(days), "times": list(days.values())},
    ).fetchall()[0]
    found = [one for one, count in zip(CERTAIN, counts, strict=False) if count]
    certain, place = True, len(CERTAIN)
    for rivals in RIVALS:
        told = counts[place : place + 2 * len(rivals)]
        place += 2 * len(rivals)
        if any(told):
            winner = _majority(dict(zip(rivals, told[1::2], strict=True)))
            certain = certain and winner is not None
            found += [winner] if winner is not None else []
    return tuple(found), certain


def _majority(told: Mapping[str, int]) -> str | None:
    total = sum(told.values())
    best = max(told, key=lambda choice: told[choice])
    if total == 0 or total - told[best] > _DISAGREEING * total:
        return None
    return best
