"""A mail goes out once: across kills at every step, several senders at once, and every trick of the clock."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from claimants import claim_all
from killed_sender import STEPS, later
from scripted_server import Script, running

from company.mailing import Mail, Report
from company.settings import BusinessDays, Company, Settings
from dashboards.reports.occasions import is_due, occasion
from dashboards.reports.store import Store

NOW = datetime(2026, 6, 29, 7, 0, tzinfo=UTC)
SENDER = Path(__file__).with_name("killed_sender.py")
POINTS = [f"{moment} {step}" for step in STEPS for moment in ("before", "after")]


def run_sender(folder: Path, mail: Mail, *, recipients: int, step: str, number: int, at: datetime) -> int:
    arguments = [str(folder), str(mail.port), str(recipients), step, str(number), at.isoformat()]
    return subprocess.run([sys.executable, str(SENDER), *arguments], check=False, timeout=300).returncode


def insist_on_once(folder: Path, script: Script, *, recipients: int, kills: int) -> None:
    received = Counter(recipient for recipient, _ in script.received)
    states = {mail.recipient: mail.state for mail in Store(folder / "app").deliveries("weekly")}
    assert max(received.values()) == 1, "a recipient got the mail twice"
    assert len(states) == recipients, "a recipient was lost"
    assert set(states.values()) <= {"sent", "unknown"}
    assert sum(state == "unknown" for state in states.values()) <= kills
    assert all(received[recipient] == 1 for recipient, state in states.items() if state == "sent")


def test_a_sender_killed_around_the_last_byte_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """A power cut at seven on Monday must cost nobody their report and send nobody two."""
    script = Script()
    points = ("before begin", "after begin", "after note_final_dot", "before finish")
    with running(script) as mail:
        at = NOW
        for place, point in enumerate(points):
            assert run_sender(tmp_path, mail, recipients=12, step=point, number=place + 1, at=at) == -9
            at = later(at)
        assert run_sender(tmp_path, mail, recipients=12, step="before plan", number=0, at=at) == 0
    insist_on_once(tmp_path, script, recipients=12, kills=len(points))


@pytest.mark.deep
@pytest.mark.parametrize("point", POINTS)
def test_five_hundred_mails_survive_a_kill_at_every_step(point: str, tmp_path: Path) -> None:
    """As above, at each step of the machine, halfway through five hundred recipients."""
    script = Script()
    with running(script) as mail:
        assert run_sender(tmp_path, mail, recipients=500, step=point, number=250, at=NOW) == -9
        assert run_sender(tmp_path, mail, recipients=500, step="before plan", number=0, at=later(NOW)) == 0
    insist_on_once(tmp_path, script, recipients=500, kills=1)


@pytest.mark.parametrize("rounds", [25, pytest.param(200, marks=pytest.mark.deep)])
def test_of_five_processes_one_wins_each_mail(rounds: int, tmp_path: Path) -> None:
    """Two schedulers at once send once; the loser finds it taken and goes on."""
    Store(tmp_path)
    with ProcessPoolExecutor(5, mp_context=get_context("spawn")) as pool:
        wins = list(pool.map(partial(claim_all, tmp_path, rounds, NOW), range(5)))
    assert sorted(number for won in wins for number in won) == list(range(rounds))


ZONES = [
    "Pacific/Honolulu", "America/St_Johns", "America/Sao_Paulo", "Europe/London", "Europe/Helsinki", "Asia/Tehran",
    "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati",
]  # fmt: skip
CRONS = {"day": ("0 7 * * *", "30 2 * * *", "59 23 * * *", "0 0 * * *"), "week": ("30 2 * * 0", "0 7 * * 1"),
         "month": ("0 0 1 * *", "30 2 29 * *")}  # fmt: skip
FIRST, LAST = date(2027, 12, 25), date(2028, 12, 31)
"""A year with a leap day, both changes of the clock and a year's end."""


def ticks(cron: str, zone: str) -> list[datetime]:
    """The moments at which Dagster would start the report, in the order in which it would."""
    from dagster._utils.schedules import cron_string_iterator  # what its daemon itself asks

    start = datetime.combine(FIRST, datetime.min.time(), ZoneInfo(zone))
    found = []
    for moment in cron_string_iterator(start.timestamp(), cron, zone):
        if moment.astimezone(ZoneInfo(zone)).date() > LAST:
            return found
        found.append(moment)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_each_period_comes_once_in_every_zone(zone: str) -> None:
    """A clock that is put back must not mail a day twice; one that is put forward must not skip one."""
    settings = Settings(company=Company(name="Acme", time_zone="UTC"))
    for every, crons in CRONS.items():
        for cron in crons:
            report = Report(schedule=cron, time_zone=zone)
            assert report.repeats == every
            periods = list(dict.fromkeys(occasion(settings, report, tick).period for tick in ticks(cron, zone)))
            assert periods == sorted(periods)
            if every == "day":
                days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
                assert periods == [day.isoformat() for day in days]
            elif every == "week":
                assert len(periods) in {53, 54}
            elif cron == "0 0 1 * *":
                assert periods == [f"2027-{12:02d}", *(f"2028-{month:02d}" for month in range(1, 12))]


def test_the_month_reported_is_the_newest_that_has_ended() -> None:
    """On the last day of February, leap or not, February is over."""
    settings = Settings(company=Company(name="Acme"))
    report = Report(schedule="0 7 1 * *")
    for day, period in ((date(2028, 2, 28), "2028-01"), (date(2028, 2, 29), "2028-02"), (date(2027, 2, 28), "2027-02"),
                        (date(2028, 3, 1), "2028-02"), (date(2028, 1, 1), "2027-12")):  # fmt: skip
        due = datetime.combine(day, datetime.min.time(), UTC)
        assert occasion(settings, report, due).period == period


def test_a_business_day_report_waits_for_it_and_makes_up_for_a_missed_one() -> None:
    """The books are closed on the fifth business day; a server that slept then sends on the sixth."""
    rule = BusinessDays(holidays=("2026-05-01",))
    settings = Settings(company=Company(name="Acme", business_days=rule))
    report = Report(schedule="0 7 * * *", business_day=5)
    due = [day for day in range(1, 32) if is_due(settings, report, date(2026, 5, day))]
    assert due[0] == 8, "1 May is a holiday, 2 and 3 a weekend: the fifth business day is the 8th"
    assert due == list(range(8, 32))
    workdays = Report(schedule="0 7 * * *", business_days_only=True)
    assert [day for day in range(1, 11) if is_due(settings, workdays, date(2026, 5, day))] == [4, 5, 6, 7, 8]
