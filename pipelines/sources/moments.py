"""Days and moments as SQL: from the text of a cell to DATE, or TIMESTAMP in UTC.

Belongs here: the parts of a written moment and its zones. Which order day and month have is decided in `notation`.
A moment with a zone counts as that; one without is in the source's time zone. Years before 1900 are no years.
"""

from __future__ import annotations

from pipelines.sources.notation import TIMED
from pipelines.sources.reading import Reading, fully, is_typed, unmarked
from pipelines.sources.tables import literal

_EARLIEST = "timestamp '1900-01-01'"
_ISO = "%Y-%m-%d"
_ISO_DAY = r"(19|[2-9]\d)\d{2}-\d{2}-\d{2}"
_ISO_CLOCK = r"[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z?"
_UTC_OFFSET = r"(\+00:?00)?"


def pieces(reading: Reading, text: str) -> str:
    """SQL: a struct of day, clock, half (am or pm) and zone, all '' where the text has no time of day.

    Null for a text too short to have one: most columns of days are full of these.
    """
    bare = unmarked(text, marked=reading.marked)
    found = f"regexp_extract({bare}, {literal(TIMED)}, ['day', 'clock', 'half', 'zone'])"
    return f"case when strlen({bare}) > 10 then {found} end"


def value(reading: Reading, text: str, part: str) -> str:
    """SQL: the day or the moment in UTC; null where the text is neither."""
    is_day = reading.column.target.kind == "date"
    if reading.timed_format is not None:
        moment = _timed(reading, text, reading.timed_format)
        if reading.marked:
            moment = f"case when {is_typed(text)} then {_zoned(reading, text, part)} else {moment} end"
        return f"cast({_there(reading, moment)} as date)" if is_day else moment
    short = _day(reading, text, unmarked(text, marked=reading.marked))
    if not is_day:
        return f"case when {part} is null then {_to_utc(reading, short)} else {_zoned(reading, text, part)} end"
    there = _there(reading, _zoned(reading, text, part))
    long = f"case when {part}.zone <> '' then {there} else {_local(reading, text, part)} end"
    return f"cast(case when {part} is null then {short} else {long} end as date)"


def strict(reading: Reading, text: str) -> tuple[str, str]:
    """SQL: a guard that holds for one plain form only, and the value under it."""
    data_type = reading.column.target.data_type
    wanted = reading.timed_format or (reading.formats[0] if len(reading.formats) == 1 else None)
    if wanted is None:
        return "false", f"cast(null as {data_type})"
    if wanted == _ISO:
        if data_type == "date":
            # What is no day passes the guard; the cast then raises, which says doubtful just as well.
            return f"{text} like '____-__-__' and {text} >= '1900' and {text} < ':'", f"cast({text} as date)"
        # Systems write +0000 for Z; files do not, and are spared the look.
        bare = f"split_part({text}, '+00', 1)" if reading.marked else text
        naive = f"cast(rtrim({bare}, 'Z') as timestamp)"
        if reading.time_zone != "UTC":
            is_utc = f"ends_with({text}, 'Z')" + (f" or {bare} <> {text}" if reading.marked else "")
            naive = f"case when {is_utc} then {naive} else {_to_utc(reading, naive)} end"
        zone = _UTC_OFFSET if reading.marked else ""
        return fully(text, _ISO_DAY + _ISO_CLOCK + zone), naive
    if reading.timed_format is not None:
        moment = _timed(reading, text, wanted)
        return (
            f"{moment} is not null",
            moment if data_type == "timestamp" else f"cast({_there(reading, moment)} as date)",
        )
    day = _parsed(text, wanted)
    read = f"cast({day} as date)" if data_type == "date" else _to_utc(reading, day)
    return f"{day} is not null", read


def _to_utc(reading: Reading, local: str) -> str:
    if reading.time_zone == "UTC":
        return local
    return f"timezone('UTC', timezone({literal(reading.time_zone)}, {local}))"


def _there(reading: Reading, moment: str) -> str:
    if reading.time_zone == "UTC":
        return moment
    return f"timezone({literal(reading.time_zone)}, timezone('UTC', {moment}))"


def _timed(reading: Reading, text: str, written: str) -> str:
    read = _strptime(text, written)
    if "%z" in written.lower():
        read = f"timezone('UTC', {read})"
    elif not written.endswith("Z"):
        read = _to_utc(reading, read)
    return f"case when {read} >= {_EARLIEST} then {read} end"


def _day(reading: Reading, text: str, written: str) -> str:
    """SQL: the day that `written` is; a typed cell writes it the plain way whatever the formats."""
    days = [_parsed(written, one) for one in reading.formats]
    day = f"coalesce({', '.join(days)})" if days else "cast(null as timestamp)"
    return f"case when {is_typed(text)} then {_parsed(written, _ISO)} else {day} end" if reading.marked else day


def _parsed(text: str, written: str) -> str:
    """SQL: the moment a text is under one format, null under any other and before 1900 (two digits read as four)."""
    read = _strptime(text, written)
    return f"case when {read} >= {_EARLIEST} then {read} end"


def _strptime(text: str, written: str) -> str:
    # DuckDB takes the words infinity and epoch for moments under any format.
    is_word = (
        f"not ({text} >= '0' and {text} < ':') and lower({text}) in ('infinity', '-infinity', '+infinity', 'epoch')"
    )
    return f"case when {is_word} then null else try_strptime({text}, {literal(written)}) end"


def _zoned(reading: Reading, text: str, part: str) -> str:
    local = _local(reading, text, part)
    zone = f"{part}.zone"
    hours = f"try_cast(substr({zone}, 1, 3) as integer) * 60"
    minutes = f"case when length({zone}) > 3 then try_cast(right({zone}, 2) as integer) else 0 end"
    offset = f"{hours} + (case when starts_with({zone}, '-') then -1 else 1 end) * ({minutes})"
    return (
        f"case when {zone} = '' then {_to_utc(reading, local)} "
        f"when {zone} in ('Z', 'z', 'UTC', 'GMT') then {local} "
        f"else {local} - to_minutes({offset}) end"
    )


def _local(reading: Reading, text: str, part: str) -> str:
    """SQL: the moment as written, without its zone; midnight where only a day is written."""
    bare = unmarked(text, marked=reading.marked)
    day = _day(reading, text, f"coalesce(nullif({part}.day, ''), {bare})")
    clock = f"replace({part}.clock, ',', '.')"
    seconds = f"case when length({clock}) <= 5 then {clock} || ':00' else {clock} end"
    half = f"replace(lower({part}.half), '.', '')"
    twelve = f"cast(try_strptime(split_part({seconds}, '.', 1) || ' ' || {half}, '%I:%M:%S %p') as time)"
    full = f"case when try_cast(split_part({clock}, ':', 1) as integer) < 24 then try_cast({seconds} as time) end"
    time = f"case when {clock} = '' then time '00:00:00' when {half} <> '' then {twelve} else {full} end"
    return f"cast({day} as date) + ({time})"
