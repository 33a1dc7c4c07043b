"""A report's schedule in words, and the moments at which it goes out next. Pure: settings and a moment in.

The moments are those at which Dagster starts the report, less the days that the report leaves out (`occasions`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cron_descriptor import ExpressionDescriptor, Options
from croniter import croniter

from company.mailing import Report
from company.settings import Settings
from dashboards.reports.occasions import is_due, occasion

_MOST_TICKS = 800
"""Two years of daily ticks: a report that is due at none of them has no next run."""
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class NextRun:
    """A moment in the report's time zone, and the period that it reports on."""

    at: datetime
    period: str


def schedule_words(report: Report) -> str:
    """When a report goes out, as people say it: "Mondays at 07:00", "On business day 5 of the month at 07:00"."""
    minute, hour, day_of_month, month, day_of_week = report.schedule.split()
    if not (minute.isdigit() and hour.isdigit() and month == "*"):
        return _described(report.schedule)
    at = f"at {int(hour):02d}:{int(minute):02d}"
    said = _described(report.schedule)
    if (day_of_month, day_of_week) == ("*", "*"):
        said = f"Every business day {at}" if report.business_days_only else f"Every day {at}"
        if report.business_day is not None:
            said = f"On business day {report.business_day} of the month {at}"
    elif day_of_month == "*" and day_of_week.isdigit() and int(day_of_week) < len(_DAYS):
        said = f"{_DAYS[int(day_of_week)]}s {at}"
    elif day_of_week == "*" and day_of_month.isdigit():
        said = f"On day {day_of_month} of the month {at}"
    return said


def next_runs(
    settings: Settings, report: Report, *, now: datetime, most: int = 3, sent: Collection[str] = ()
) -> tuple[NextRun, ...]:
    """The next moments at which the report goes out, each for a period of its own. `sent`: periods that are done."""
    zone = ZoneInfo(report.time_zone or settings.company.time_zone)
    done = set(sent)
    found: list[NextRun] = []
    for tick in islice(ticks(report.schedule, zone, after=now), _MOST_TICKS):
        due = occasion(settings, report, tick)
        if due.period in done or not is_due(settings, report, due.day):
            continue
        done.add(due.period)
        found.append(NextRun(tick, due.period))
        if len(found) == most:
            break
    return tuple(found)


def ticks(schedule: str, zone: ZoneInfo, *, after: datetime) -> Iterator[datetime]:
    """The moments of a schedule after a moment, in the zone, by its wall clock as Dagster reads it.

    A time that the clock jumps over comes at the end of the jump; one that it shows twice comes the second time.
    """
    start = after.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
    before: datetime | None = None
    for local in croniter(schedule, start, ret_type=datetime):
        tick = _in_zone(local, zone)
        if tick > after and (before is None or tick > before):
            before = tick
            yield tick


def _in_zone(local: datetime, zone: ZoneInfo) -> datetime:
    second = local.replace(tzinfo=zone, fold=1)
    if second.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local:
        return second
    # Not on this clock: the first moment after the jump.
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    after = moment.astimezone(zone).utcoffset()
    while (moment - timedelta(minutes=1)).astimezone(zone).utcoffset() == after:
        moment -= timedelta(minutes=1)
    return moment.astimezone(zone)


def _described(schedule: str) -> str:
    options = Options()
    options.use_24hour_time_format = True
    return str(ExpressionDescriptor(schedule.strip(), options).get_description())
