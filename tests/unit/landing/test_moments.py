"""Days and moments as exports write them, against Python's datetime and zoneinfo."""

# ruff: noqa: DTZ001 - the columns hold UTC without a zone

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from cells import DAY, FLAG, MOMENT, column, read, read_strictly, read_strictly_each
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.mapping import FileFormat, MappedColumn

HELSINKI = FileFormat(time_zone="Europe/Helsinki")
D = date(2026, 6, 7)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2026-06-07"], [D]),
        (["2026-6-7"], [D]),
        (["20260607"], [D]),
        (["7.6.2026", "07.06.26"], [D, D]),
        (["7 Jun 2026", "07-JUN-26", "Jun 7, 2026", "June 7, 2026", "7/Jun/2026"], [D] * 5),
        (["2026-06-07", "7 Jun 2026", "20260607"], [D, D, D]),  # each has one reading
        (["07/06/2026", "25/12/2026"], [D, date(2026, 12, 25)]),  # the 25th tells: day first
        (["06/07/2026", "12/25/2026"], [D, date(2026, 12, 25)]),  # the 25th tells: month first
        (["07/06/26", "25/12/26"], [D, date(2026, 12, 25)]),
        (["03/04/2026", "05/06/2026"], [None, None]),  # nothing tells
        (["03/04/26"], [None]),
        (["26-04-03"], [None]),  # any of three orders
        (["31/02/2026", "25/12/2026"], [None, date(2026, 12, 25)]),
        (["2026-02-30", "2024-02-29"], [None, date(2024, 2, 29)]),
        (["infinity", "epoch", "today"], [None, None, None]),
        (["0026-06-07", "1899-12-31", "1900-01-01"], [None, None, date(1900, 1, 1)]),
        (["9999-12-31"], [date(9999, 12, 31)]),
        (["45383"], [None]),  # a spreadsheet's serial number is no date in a text file
        (["2026-06-07 00:00:00", "2026-06-07T23:30:00"], [D, D]),
        (["2026-06-07T23:30:00Z"], [D]),
        ([""], [None]),
    ],
)
def test_days_are_read_in_one_way_or_not_at_all(texts: list[str | None], expected: list[date | None]) -> None:
    """A payment of 3 April booked on 4 March is in the wrong quarter, and no total shows it."""
    assert read(DAY, texts) == expected


def test_a_moment_with_a_zone_is_the_day_it_was_at_the_source() -> None:
    """23:30 in London is the next day in Helsinki; the source's own calendar counts."""
    assert read(DAY, ["2026-06-07T23:30:00Z", "2026-06-07T01:30:00+05:30"], HELSINKI) == [
        date(2026, 6, 8),
        date(2026, 6, 6),
    ]


def test_the_format_of_the_mapping_is_the_only_one_taken() -> None:
    """Who writes the format down must not be second-guessed."""
    month_first = FileFormat(dates="%m/%d/%y")
    assert read(DAY, ["03/04/26", "12/25/26", "25/12/26", "2026-03-04"], month_first) == [
        date(2026, 3, 4),
        date(2026, 12, 25),
        None,
        None,
    ]
    own = column("date", "date", format="%d.%m.%Y")
    assert read(own, ["03.04.2026"], month_first) == [date(2026, 4, 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-07T10:00:00Z", datetime(2026, 6, 7, 10)),
        ("2026-06-07 10:00", datetime(2026, 6, 7, 10)),
        ("2026-06-07T10:00:00+02:00", datetime(2026, 6, 7, 8)),
        ("2026-06-07T10:00:00.123+0000", datetime(2026, 6, 7, 10, 0, 0, 123000)),
        ("2026-06-07T10:00:00-0330", datetime(2026, 6, 7, 13, 30)),
        ("2026-06-07T10:00:00+05", datetime(2026, 6, 7, 5)),
        ("2026-06-07 10:00 UTC", datetime(2026, 6, 7, 10)),
        ("25/12/2026 09:05 PM", datetime(2026, 12, 25, 21, 5)),
        ("25/12/2026 12:05 am", datetime(2026, 12, 25, 0, 5)),
        ("2026-06-07", datetime(2026, 6, 7)),
        ("2026-06-07 10:00:00,5", datetime(2026, 6, 7, 10, 0, 0, 500000)),
        ("2026-06-07 24:00:00", None),
        ("2026-06-07 23:59:60", None),
        ("2026-06-07 25:00", None),
        ("2026-06-07 13:00 PM", None),
        ("yesterday", None),
    ],
)
def test_moments_end_in_utc(text: str, expected: datetime | None) -> None:
    """Two systems in two zones must agree on which came first."""
    assert read(MOMENT, [text]) == [expected]


def test_a_moment_without_a_zone_is_in_the_zone_of_the_source() -> None:
    """Helsinki is three hours ahead in summer and two in winter."""
    assert read(MOMENT, ["2026-06-07 10:00:00", "2026-01-07 10:00:00"], HELSINKI) == [
        datetime(2026, 6, 7, 7),
        datetime(2026, 1, 7, 8),
    ]


def test_a_written_out_timestamp_format_with_a_z_is_utc() -> None:
    """The Z in a format says UTC whatever zone the other columns are in."""
    given_z = FileFormat(timestamps="%Y-%m-%dT%H:%M:%SZ", time_zone="Europe/Helsinki")
    assert read(MOMENT, ["2026-06-07T10:00:00Z"], given_z) == [datetime(2026, 6, 7, 10)]
    offset = FileFormat(timestamps="%d/%m/%Y %H:%M:%S %z")
    assert read(MOMENT, ["07/06/2026 10:00:00 +0200"], offset) == [datetime(2026, 6, 7, 8)]


@pytest.mark.parametrize(
    ("text", "expected"), [("TRUE", True), ("no", False), ("Y", True), ("0", False), ("maybe", None)]
)
def test_flags(text: str, expected: bool | None) -> None:
    """A deal is won or it is not."""
    assert read(FLAG, [text]) == [expected]


DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2060, 12, 31))
WRITTEN = {
    "%Y-%m-%d": "{:%Y-%m-%d}",
    "%d.%m.%Y": "{:%d.%m.%Y}",
    "%Y/%m/%d": "{:%Y/%m/%d}",
    "%Y%m%d": "{:%Y%m%d}",
    "%d %b %Y": "{:%d %b %Y}",
    "%b %d, %Y": "{:%b %d, %Y}",
}


@pytest.mark.parametrize("written", WRITTEN)
@given(days=st.lists(DAYS, min_size=1, max_size=40))
@settings(max_examples=10, deadline=None)
def test_a_day_written_in_a_certain_way_is_that_day(written: str, days: list[date]) -> None:
    """Whatever the export's habit, the day is the same."""
    assert read(DAY, [WRITTEN[written].format(day) for day in days]) == days


@pytest.mark.parametrize("order", ["%d/%m/%Y", "%m/%d/%Y"])
@given(days=st.lists(DAYS, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_an_order_of_day_and_month_is_never_guessed(order: str, days: list[date]) -> None:
    """Either every day is right, or none is read."""
    found = read(DAY, [day.strftime(order) for day in days])
    assert found == (days if any(day.day > 12 for day in days) else [None] * len(days))


ZONES = st.integers(min_value=-12 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2060, 1, 1), timezones=ZONES)


@given(st.lists(MOMENTS, min_size=1, max_size=40))
@settings(max_examples=20, deadline=None)
def test_a_moment_with_an_offset_is_the_same_moment_in_utc(moments: list[datetime]) -> None:
    """An offset of 5:30 is neither 5 nor 6 hours."""
    expected = [moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]
    assert read(MOMENT, [moment.isoformat() for moment in moments]) == expected


def _is_plain(moment: datetime) -> bool:
    there = moment.replace(tzinfo=ZoneInfo("Europe/Helsinki"))
    # Hours that a change of clocks skips or repeats have no single answer.
    back = there.astimezone(UTC).astimezone(ZoneInfo("Europe/Helsinki")).replace(tzinfo=None) == moment
    return back and there.utcoffset() == there.replace(fold=1).utcoffset()


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)).filter(_is_plain), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)
def test_a_moment_of_the_source_is_what_its_zone_says(moments: list[datetime]) -> None:
    """An oracle with its own tables of summer time."""
    zone = ZoneInfo("Europe/Helsinki")
    expected = [moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for moment in moments]
    assert read(MOMENT, [moment.isoformat(sep=" ") for moment in moments], HELSINKI) == expected


LIKE_DATES = st.text(alphabet="0123456789-/. T:Z+", min_size=1, max_size=20).filter(str.strip)


@pytest.mark.parametrize("mapped", [DAY, MOMENT])
@pytest.mark.parametrize(
    "file_format", [FileFormat(), FileFormat(dates="%d/%m/%Y"), HELSINKI], ids=["none", "dmy", "zone"]
)
@given(texts=st.lists(LIKE_DATES | DAYS.map(str) | MOMENTS.map(datetime.isoformat), min_size=10, max_size=40))
@settings(max_examples=10, deadline=None)
def test_the_strict_reading_of_a_date_is_the_careful_one(
    mapped: MappedColumn, file_format: FileFormat, texts: list[str]
) -> None:
    """The fast way must never see another day than the careful one."""
    carefully = read(mapped, list(texts), file_format)
    for strictly, careful in zip(read_strictly_each(mapped, texts, file_format), carefully, strict=True):
        assert strictly is None or strictly == careful


def test_a_clean_column_of_days_takes_the_fast_way() -> None:
    """Otherwise every file would pay for the dirty ones."""
    assert read_strictly(DAY, ["2026-06-07", None]) == [D, None]
    assert read_strictly(MOMENT, ["2026-06-07T10:00:00Z", "2026-06-07 10:00:00"]) == [datetime(2026, 6, 7, 10)] * 2
    assert read_strictly(DAY, ["07.06.2026"], FileFormat(dates="%d.%m.%Y")) == [D]
    stamped = FileFormat(timestamps="%d.%m.%Y %H:%M")
    assert read_strictly(MOMENT, ["07.06.2026 10:00"], stamped) == [datetime(2026, 6, 7, 10)]
    assert read_strictly(DAY, ["07.06.2026", "x"], FileFormat(dates="%d.%m.%Y")) is None
