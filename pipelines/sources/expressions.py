"""A mapped column as SQL: the trimmed text of its cell, its value read with tolerance, its value read strictly.

Belongs here: texts, flags, value maps, and which reading a kind of column gets; numbers and moments have modules of
their own. The strict reading accepts a part of what the tolerant one does, with the same values, and raises an error
at the first cell it does not; a property test holds them together. docs/mapping-files.md tells users these rules.
"""

from __future__ import annotations

from pipelines.sources import moments, numbers
from pipelines.sources.mapping import MappedColumn, MappedFiles
from pipelines.sources.notation import Notation, is_date, is_number
from pipelines.sources.reading import Reading, unmarked
from pipelines.sources.tables import Table, literal

#: What is cut from both ends of a cell: the spaces of all widths that DuckDB's trim() knows, and those it does not.
_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
BLANKS = _SPACES + "\t\r\n\u200b\ufeff"
#: The first character after plain ASCII: a cell below it starts with a visible or blank ASCII character.
_DELETE = "\x7f"
_YES, _NO = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"


def readings(entry: MappedFiles, table: Table, notation: Notation) -> tuple[Reading, ...]:
    """How every mapped column of `entry` is read from `table`. An optional column that is missing reads as empty."""
    made = []
    for column in entry.columns:
        formats = notation.dates.get(column.target.name, ())
        timed = None
        given = column.format or entry.format.dates
        if column.target.kind == "at" and column.format is None and entry.format.timestamps:
            given = entry.format.timestamps
        if given and is_date(column):
            has_time = "%H" in given or "%I" in given
            formats, timed = ((), given) if has_time else ((given,), None)
        made.append(
            Reading(
                column=column,
                text=_text(column, table, entry.format.nulls),
                decimal=notation.decimal,
                thousands=entry.format.thousands,
                formats=formats,
                timed_format=timed,
                time_zone=entry.format.time_zone,
                marked=table.marked,
            )
        )
    return tuple(made)


def condition(entry: MappedFiles, table: Table) -> str:
    """SQL: whether a row feeds the entity, by the entry's `where`."""
    terms = []
    for header, choices in entry.where.items():
        cell = unmarked(_trimmed(f"c{table.position(header)}", table), marked=table.marked)
        terms.append(f"coalesce({cell}, '') in ({', '.join(literal(choice) for choice in choices)})")
    return " and ".join(terms) or "true"


def parts(reading: Reading, text: str) -> str | None:
    """SQL: what is worked out once per cell before its value is: the digits of a number, the pieces of a moment."""
    if is_number(reading.column):
        return numbers.digits(reading, text)
    if is_date(reading.column):
        return moments.pieces(reading, text)
    return None


def tolerant(reading: Reading, text: str, *, part: str) -> str:
    """SQL: the value of the cell with this `text` and `part`, null where it is empty or cannot be read."""
    column = reading.column
    if column.constant is not None:
        value = f"cast({literal(column.constant)} as {column.target.data_type})"
    elif column.values is not None:
        value = _mapped(column, unmarked(text, marked=reading.marked))
    elif is_number(column):
        value = numbers.value(reading, text, part)
    elif is_date(column):
        value = moments.value(reading, text, part)
    elif column.target.kind == "flag":
        plain = f"lower({unmarked(text, marked=reading.marked)})"
        value = f"case when {plain} in {_YES} then true when {plain} in {_NO} then false end"
    else:
        value = _kept_text(column, unmarked(text, marked=reading.marked))
    return value


def strict(reading: Reading, text: str) -> str:
    """SQL: the same value for a cell beyond doubt; an error for any other, also for an empty one that may not be."""
    column = reading.column
    if column.constant is not None:
        return tolerant(reading, text, part=text)
    plain = unmarked(text, marked=reading.marked)
    doubt = f"error('doubtful {column.target.name}')"
    if column.values is not None and "" in column.values:
        guard, value = _strict_map(column, plain)
        return f"case when {guard} then {value} else {doubt} end"
    if column.values is not None:
        guard, value = _strict_map(column, plain)
    elif is_number(column):
        guard, value = numbers.strict(reading, plain)
        if (quick := numbers.plainly(reading, plain)) is not None:
            slow = f"case when {guard} then {value} else {doubt} end"
            read = f"coalesce({quick}, {slow})"
            return f"case when {text} is not null then {read} end" if column.target.nullable else read
    elif is_date(column):
        guard, value = moments.strict(reading, plain)
    elif column.target.kind == "flag":
        guard, value = f"lower({plain}) in ('true', 'false', 't', 'f')", f"lower({plain}) in ('true', 't')"
    else:
        kept = _kept_text(column, plain)
        return kept if column.target.nullable else f"coalesce({kept}, {doubt})"
    empty = f"when {text} is null then null " if column.target.nullable else ""
    return f"case {empty}when {guard} then {value} else {doubt} end"


def _text(column: MappedColumn, table: Table, nulls: tuple[str, ...]) -> str:
    cells = []
    for header in column.headers:
        position = table.position(header)
        cell = "cast(null as varchar)" if position is None else _cell(f"c{position}", table)
        if len(column.headers) > 1:
            cell = unmarked(cell, marked=table.marked)
        if nulls:
            cell = f"case when {cell} not in ({', '.join(literal(null) for null in nulls)}) then {cell} end"
        cells.append(cell)
    if not cells:
        return "cast(null as varchar)"
    text = f" || {literal(column.separator or '')} || ".join(cells)
    # A value map may say what an empty cell means.
    return f"coalesce({text}, '')" if column.values is not None and "" in column.values else text


def _cell(cell: str, table: Table) -> str:
    # DuckDB reads an empty cell of delimited text as null, quoted or not.
    return cell if table.is_trimmed else f"nullif({_trimmed(cell, table)}, '')"


def _trimmed(cell: str, table: Table) -> str:
    if table.is_trimmed:
        return cell
    if table.only_spaces:
        return f"trim({cell})"
    # Cutting a set of characters costs ten times as much as looking at the two that matter.
    plain = f"{cell} >= '!' and {cell} < {literal(_DELETE)} and {cell}[-1] between '!' and '~'"
    return f"case when {plain} then {cell} else trim({cell}, {literal(BLANKS)}) end"


def _strict_map(column: MappedColumn, text: str) -> tuple[str, str]:
    values = column.values or {}
    known = ", ".join(literal(value) for value in values if value != "*")
    guard = f"{text} is not null" if "*" in values else f"{text} in ({known})"
    return guard, _mapped(column, text)


def _mapped(column: MappedColumn, text: str) -> str:
    values = column.values or {}
    branches = [
        f"when {text} = {literal(found)} then " + ("null" if wanted is None else literal(wanted))
        for found, wanted in values.items()
        if found != "*"
    ]
    if "*" in values:
        other = values["*"]
        branches.append(f"when {text} is not null then " + ("null" if other is None else literal(other)))
    return f"cast(case {' '.join(branches)} end as {column.target.data_type})"


def _kept_text(column: MappedColumn, text: str) -> str:
    # The address itself must not reach a part: a hash is all that matching needs.
    return f"sha256(lower({text}))" if column.target.name == "email_hash" else text
