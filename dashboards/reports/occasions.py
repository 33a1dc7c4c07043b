"""When a report is due and for which period: one occasion per period, whatever the clock does. Pure.

Periods are days, weeks and months of the report's own time zone; a company with a fixed as-of day lives on that day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from company.mailing import Every, Report
from company.setting_types import DAYS_OF_WEEK
from company.settings import BusinessDays, Settings
from dashboards.filters import month_end, months_before
from dashboards.format import Display

LATE_AFTER_HOURS: dict[Every, float] = {"day": 12, "week": 72, "month": 240}


@dataclass(frozen=True, slots=True)
class Occasion:
    """One period of a report: its key, the day it is due, the moment after which it is too late."""

    period: str
    day: date
    deadline: datetime


def occasion(settings: Settings, report: Report, due_at: datetime) -> Occasion:
    """The occasion of a due moment (aware): the period of its day in the report's time zone."""
    zone = ZoneInfo(report.time_zone or settings.company.time_zone)
    day = settings.company.as_of or due_at.astimezone(zone).date()
    hours = report.late_after_hours or LATE_AFTER_HOURS[report.repeats]
    return Occasion(period_of(report.repeats, day), day, due_at + timedelta(hours=hours))


def period_of(every: Every, day: date) -> str:
    """The key of the period that is reported on a day: the day, its ISO week, or the newest month that has ended."""
    if every == "day":
        return day.isoformat()
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    month_on = day.replace(day=1)
    return f"{month_on if month_end(month_on) == day else months_before(month_on, 1):%Y-%m}"


def last_month_of(period: str) -> date | None:
    """The first day of the month that a monthly period's key names; None for days and weeks."""
    return date.fromisoformat(f"{period}-01") if re.fullmatch(r"\d{4}-\d{2}", period) else None


def period_words(period: str, display: Display) -> str:
    """A period's key as people say it."""
    if (month_on := last_month_of(period)) is not None:
        return display.month(month_on)
    if "-W" in period:
        year, week = period.split("-W")
        return display.say("Week {week}, {year}", week=display.plain(int(week)), year=display.plain(int(year)))
    return display.day(date.fromisoformat(period))


def is_business_day(day: date, rule: BusinessDays) -> bool:
    """Whether the company works on a day."""
    return DAYS_OF_WEEK[day.weekday()] in rule.week and day not in rule.holidays


def is_due(settings: Settings, report: Report, day: date) -> bool:
    """Whether a tick of the schedule on this day sends: business days, and the month's business day, may hold it back.

    After the month's business day every later tick of the month is due too: one that was missed is made up for.
    """
    rule = settings.company.business_days
    if report.business_days_only and not is_business_day(day, rule):
        return False
    if report.business_day is None:
        return True
    so_far = (day.replace(day=number) for number in range(1, day.day + 1))
    return sum(is_business_day(each, rule) for each in so_far) >= report.business_day
