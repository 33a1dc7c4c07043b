"""When a report comes next, in words and in moments: the moments are Dagster's, less the days that are left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from test_once import CRONS, FIRST, LAST, ZONES
from test_once import ticks as dagster_ticks

from company.mailing import Report
from company.settings import BusinessDays, Company, Settings
from dashboards.reports.timetable import next_runs, schedule_words, ticks


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"schedule": "0 7 * * 1"}, "Mondays at 07:00"),
        ({"schedule": "30 7 * * 0"}, "Sundays at 07:30"),
        ({"schedule": "5 18 * * *"}, "Every day at 18:05"),
        ({"schedule": "30 7 * * *", "business_days_only": True}, "Every business day at 07:30"),
        ({"schedule": "0 7 * * *", "business_day": 5}, "On business day 5 of the month at 07:00"),
        ({"schedule": "0 7 15 * *"}, "On day 15 of the month at 07:00"),
        ({"schedule": "0 7 L * *"}, "At 07:00, on the last day of the month"),
        ({"schedule": "*/30 8-17 * * 1-5"}, "Every 30 minutes, between 08:00 and 17:59, Monday through Friday"),
    ],
)
def test_a_schedule_is_said_as_people_say_it(report: dict[str, object], words: str) -> None:
    """Five fields of cron are no answer to "when does it come?"."""
    assert schedule_words(Report(**report)) == words  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ZONES)
def test_the_moments_shown_are_those_at_which_it_is_sent(zone: str) -> None:
    """A page that says seven and a mail that comes at six, twice a year, cost the trust in both."""
    before = datetime.combine(FIRST, datetime.min.time(), ZoneInfo(zone)) - timedelta(seconds=1)
    for crons in CRONS.values():
        for cron in crons:
            shown = list(takewhile(lambda at: at.date() <= LAST, ticks(cron, ZoneInfo(zone), after=before)))
            assert [at.timestamp() for at in shown] == [at.timestamp() for at in dagster_ticks(cron, zone)], cron


def test_the_next_runs_keep_to_the_business_calendar_and_skip_what_is_done() -> None:
    """By hand: in May 2026 the 1st is a holiday and the 2nd a Saturday, so that the fifth business day is the 8th."""
    settings = Settings(
        company=Company(
            name="Acme", time_zone="Pacific/Kiritimati", business_days=BusinessDays(holidays=("2026-05-01",))
        )
    )
    pack = Report(schedule="0 7 * * *", business_day=5)
    now = datetime(2026, 4, 30, 12, tzinfo=UTC)
    done = next_runs(settings, pack, now=now, most=2, sent=("2026-03", "2026-04"))
    waiting = next_runs(settings, pack, now=now, most=2, sent=("2026-03",))
    assert [(run.at.date(), run.period) for run in waiting] == [
        (date(2026, 5, 8), "2026-04"),
        (date(2026, 5, 31), "2026-05"),
    ]
    assert [run.period for run in done] == ["2026-05", "2026-06"]
    daily = next_runs(settings, Report(schedule="30 7 * * *", business_days_only=True), now=now, most=3)
    assert [run.at.date() for run in daily] == [date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)]
    assert daily[0].at.astimezone(UTC) == datetime(2026, 5, 3, 17, 30, tzinfo=UTC), "half past seven on Kiritimati"


def test_a_report_that_is_never_due_has_no_next_run() -> None:
    """A search without an end would hang the page."""
    settings = Settings(company=Company(name="Acme"))
    never = Report(schedule="0 7 1 * *", business_day=25)
    assert next_runs(settings, never, now=datetime(2026, 5, 1, tzinfo=UTC)) == ()
