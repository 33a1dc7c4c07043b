"""Alerts: what is unusual, when a state changes, who is told, and that nobody is told twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise

import pytest

from company.mailing import Alert, Alerting, Webhook
from company.settings import Settings
from dashboards.alerts.anomaly import oddness
from dashboards.alerts.state_store import AlertStates
from dashboards.alerts.states import AlertState, Verdict, after, is_quiet
from dashboards.reports.alerting import check, firing
from dashboards.reports.desk import Desk, Routes
from dashboards.reports.transport import Handover, Letter
from dashboards.reports.webhooks import WebhookError, Webhooks, checked_address

NOW = datetime(2026, 7, 6, 9, 15, tzinfo=UTC)
CEO, CONTROLLER, NORTH, WEST = (
    f"{name}@aurelle.example" for name in ("ceo", "controller", "sales.north", "sales.west")
)


class Recorder:
    """A transport that keeps what it was given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover:
        before_end()
        self.letters.append(letter)
        return Handover("sent", "scripted")


def with_alerts(settings: Settings, **alerts: Alert) -> Settings:
    return settings.model_copy(update={"alerts": alerts})


def look(settings: Settings, way: Recorder | Routes, at: datetime = NOW) -> dict[str, str]:
    states, _ = check(settings, desk=Desk(settings, lambda: at, way, lambda _seconds: None))
    return {f"{state.alert}/{state.member}": state.state for state in states}


class TestOddness:
    """Unlike its own past: worked by hand."""

    def test_a_seasonal_month_is_compared_with_the_same_month_a_year_before(self) -> None:
        # Two years of 100 in every month and 300 in December, then a third that grows by 10: 310 in December is usual.
        year = [100.0] * 11 + [300.0]
        past = [*year, *[value + 10 + place % 3 for place, value in enumerate(year)]]
        found = oddness([*past, *[value + 22.0 for value in year[:11]], 321.0])
        assert found is not None
        assert abs(found.deviations) < 4
        spike = oddness([*past, *[value + 22.0 for value in year[:11]], 900.0])
        assert spike is not None
        assert spike.deviations > 4

    def test_one_old_outlier_hides_no_new_one(self) -> None:
        quiet = [100.0, 101.0, 99.0, 100.0, 102.0, 98.0, 100.0, 5000.0, 99.0, 101.0]
        found = oddness([*quiet, 160.0])
        assert found is not None
        assert found.deviations > 4

    def test_a_short_history_is_not_judged(self) -> None:
        assert oddness([100.0, 101.0, 99.0, 500.0]) is None
        assert oddness([]) is None
        assert oddness([1.0] * 20 + [None]) is None  # type: ignore[list-item]

    def test_a_history_that_never_moves_has_a_scale_of_half_a_percent(self) -> None:
        found = oddness([100.0] * 10 + [102.0])
        assert found is not None
        assert found.deviations == pytest.approx(4.0)
        assert oddness([0.0] * 11) == oddness([0.0] * 11)


def run(verdicts: list[bool | str | None], *, firing_after: int = 1) -> list[str]:
    state: AlertState | None = None
    names = []
    for place, found in enumerate(verdicts):
        verdict = Verdict("all", None if isinstance(found, str) else found, "", is_error=found == "error")
        at = NOW + timedelta(hours=place)
        state = after(state, verdict, alert="a", firing_after=firing_after, now=at)
        names.append(state.state)
    return names


@pytest.mark.parametrize(
    ("verdicts", "firing_after", "states"),
    [
        ([False, True, True, False, False], 1, ["ok", "firing", "firing", "recovered", "ok"]),
        ([True, True, True, False], 3, ["pending", "pending", "firing", "recovered"]),
        ([True, False, True], 2, ["pending", "ok", "pending"]),
        ([None, True], 1, ["no_data", "firing"]),
        ([True, "error", True, False], 1, ["firing", "error", "firing", "recovered"]),
        ([True, None, False], 1, ["firing", "no_data", "recovered"]),
        (["error", False], 1, ["error", "ok"]),
    ],
)
def test_states_follow_each_other(verdicts: list[bool | str | None], firing_after: int, states: list[str]) -> None:
    """One look without data must neither end an episode nor begin a second one."""
    assert run(verdicts, firing_after=firing_after) == states


def test_quiet_hours_pass_midnight_and_follow_the_companys_clock() -> None:
    """22:00 in Helsinki is 19:00 UTC in summer."""
    hours, zone = "22:00-07:00", "Europe/Helsinki"
    moments = {hour: is_quiet(hours, datetime(2026, 7, 6, hour, tzinfo=UTC), zone) for hour in range(24)}
    assert [hour for hour, quiet in moments.items() if quiet] == [0, 1, 2, 3, 19, 20, 21, 22, 23]
    assert not is_quiet(None, NOW, zone)


LOW = Alert(kind="threshold", metric="net_revenue", period="12m", below=1e12, recipients=(CEO,))


def test_who_is_told_is_told_once_then_again_after_so_long_then_that_it_is_over(copied_company: Settings) -> None:
    """An alert that cries every quarter of an hour is switched off by the second day."""
    settings = with_alerts(copied_company, low=LOW.model_copy(update={"renotify_hours": 24.0}))
    way = Recorder()
    assert look(settings, way) == {"low/all": "firing"}
    look(settings, way, NOW + timedelta(hours=1))
    assert [letter.recipient for letter in way.letters] == [CEO]
    look(settings, way, NOW + timedelta(hours=25))
    assert len(way.letters) == 2
    over = with_alerts(copied_company, low=LOW.model_copy(update={"below": 0.0}))
    assert look(over, way, NOW + timedelta(hours=26)) == {"low/all": "recovered"}
    assert b"recovered" in way.letters[-1].data
    look(over, way, NOW + timedelta(hours=27))
    assert len(way.letters) == 3
    changes = [(row[3], row[4]) for row in reversed(AlertStates(settings.folders.app).log("low"))]
    assert changes == [("ok", "firing"), ("firing", "recovered"), ("recovered", "ok")]
    assert all(before[1] == later[0] for before, later in pairwise(changes))


def test_in_quiet_hours_nobody_is_told_until_they_end(copied_company: Settings) -> None:
    """The same finding at six in the morning is worth as much, and costs less sleep."""
    settings = with_alerts(copied_company, low=LOW.model_copy(update={"quiet_hours": "22:00-07:00"}))
    way = Recorder()
    look(settings, way, datetime(2026, 7, 6, 20, 15, tzinfo=UTC))
    assert way.letters == []
    look(settings, way, datetime(2026, 7, 7, 4, 15, tzinfo=UTC))
    assert len(way.letters) == 1


def test_a_digest_is_one_mail_a_day(copied_company: Settings) -> None:
    """Ten findings of no haste are one mail at eight."""
    quiet = LOW.model_copy(update={"digest": True})
    settings = with_alerts(copied_company, low=quiet, lower=quiet.model_copy(update={"title": "Even lower"}))
    way = Recorder()
    look(settings, way, datetime(2026, 7, 6, 3, 15, tzinfo=UTC))
    assert way.letters == []
    look(settings, way, datetime(2026, 7, 6, 5, 15, tzinfo=UTC))
    look(settings, way, datetime(2026, 7, 6, 6, 15, tzinfo=UTC))
    (letter,) = way.letters
    assert b"Low" in letter.data
    assert b"Even lower" in letter.data


def test_an_alert_that_cannot_be_judged_tells_its_owner_once(copied_company: Settings) -> None:
    """An alert that fails in silence is worse than none."""
    settings = with_alerts(
        copied_company, odd=Alert(kind="threshold", metric="no_such_metric", above=1.0, recipients=(CEO,))
    )
    way = Recorder()
    assert look(settings, way) == {"odd/all": "error"}
    look(settings, way, NOW + timedelta(hours=1))
    assert [letter.recipient for letter in way.letters] == [CONTROLLER], "the operator stands in for the owner"
    assert b"no_such_metric" in way.letters[0].data


def test_a_reader_is_told_from_their_own_numbers(copied_company: Settings) -> None:
    """A sales lead of the North must not read of Central's revenue, nor of a margin they may not see."""
    by_region = Alert(
        kind="threshold", metric="bookings", by="region", period="24m", above=0.0, recipients=(NORTH, CEO)
    )
    margin = Alert(kind="threshold", metric="gross_margin", period="12m", above=0.0, recipients=(NORTH,))
    way = Recorder()
    look(with_alerts(copied_company, regions=by_region, margin=margin), way)
    texts = {letter.recipient: letter.data.decode() for letter in way.letters}
    assert set(texts) == {NORTH, CEO}, "nothing of the margin went out"
    assert "of West" in texts[CEO]
    assert "of North" in texts[NORTH]
    assert "of West" not in texts[NORTH]


def test_a_reader_hears_that_it_is_over_if_they_heard_that_it_fires(copied_company: Settings) -> None:
    """Who was called out of bed is called off; who never saw it must not learn of it by its end."""
    rule = Alert(kind="threshold", metric="bookings", by="region", period="24m", above=0.0, recipients=(NORTH, WEST))
    margin = Alert(kind="threshold", metric="gross_margin", period="12m", above=0.0, recipients=(NORTH,))
    way = Recorder()
    look(with_alerts(copied_company, regions=rule, margin=margin), way)
    begun = len(way.letters)
    over = {"above": 1e15}
    calm = with_alerts(copied_company, regions=rule.model_copy(update=over), margin=margin.model_copy(update=over))
    look(calm, way, NOW + timedelta(hours=1))
    texts = {letter.recipient: letter.data.decode() for letter in way.letters[begun:]}
    assert set(texts) == {NORTH, WEST}, "and nothing of the margin"
    assert "Subject: Recovered: Regions" in texts[NORTH]
    assert texts[NORTH].count("recovered: ") == 1
    assert "of North" in texts[NORTH]
    assert "of West" in texts[WEST]
    look(calm, way, NOW + timedelta(hours=2))
    assert len(way.letters) == begun + 2
    assert AlertStates(calm.folders.app).heard("regions", NORTH) == frozenset()


def test_the_subject_counts_what_the_reader_may_see(copied_company: Settings) -> None:
    rule = Alert(kind="threshold", metric="bookings", by="region", period="24m", above=0.0, recipients=(NORTH, CEO))
    way = Recorder()
    look(with_alerts(copied_company, regions=rule), way)
    texts = {letter.recipient: letter.data.decode() for letter in way.letters}
    assert "Subject: Alert: Regions: " in texts[NORTH]
    assert "Subject: Alert: Regions (4)" in texts[CEO]


@pytest.mark.parametrize(
    "alert",
    [
        Alert(kind="change", metric="net_revenue", period="12m", above=-0.99),
        Alert(kind="pace", metric="net_revenue", period="12m", below=99.0),
        Alert(kind="forecast", below=1e12),
        Alert(kind="anomaly", metric="net_revenue", by="region", deviations=0.01),
        Alert(kind="data", condition="stale", above=-1.0),
        Alert(kind="data", condition="failed_checks", above=-1.0),
        Alert(kind="data", condition="quarantined_rows", above=-1.0),
        Alert(kind="data", condition="held_rows", above=-1.0),
        Alert(kind="data", condition="unmatched_revenue", above=-1.0),
    ],
    ids=lambda alert: f"{alert.kind} {alert.condition or ''}".strip(),
)
def test_every_kind_of_rule_finds_what_is_there(alert: Alert, copied_company: Settings) -> None:
    """A rule that cannot fire watches over nothing."""
    states = look(with_alerts(copied_company, rule=alert), Recorder())
    assert "firing" in states.values()
    assert "error" not in states.values()
    assert firing(with_alerts(copied_company, rule=alert))


class TestWebhooks:
    """Posted once, only where plumbline.yaml allows (T19)."""

    def test_slack_and_generic_bodies_arrive_once(self, copied_company: Settings) -> None:
        bodies: list[tuple[str, object]] = []

        class Sink(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.append((self.path, json.loads(data)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Sink) as sink:
            thread = threading.Thread(target=sink.serve_forever)
            thread.start()
            try:
                url = f"http://127.0.0.1:{sink.server_port}/hook?key=canary"
                hooks = {"chat": Webhook(url=url, form="slack"), "tool": Webhook(url=url)}
                rule = LOW.model_copy(update={"webhooks": ("chat", "tool"), "title": "Low <revenue> & more"})
                settings = with_alerts(copied_company, low=rule).model_copy(
                    update={"webhooks": hooks, "alerting": Alerting(allowed_webhook_hosts=("127.0.0.1",))}
                )
                way = Routes(Recorder(), Webhooks(hooks, ("127.0.0.1",), timeout=5))
                look(settings, way)
                look(settings, way, NOW + timedelta(hours=1))
            finally:
                sink.shutdown()
                thread.join()
        assert [path for path, _ in bodies] == ["/hook?key=canary"] * 2
        slack, generic = bodies[0][1], bodies[1][1]
        assert isinstance(slack, dict)
        assert isinstance(generic, dict)
        assert slack["text"].startswith("*Low &lt;revenue&gt; &amp; more*\nfiring: Net revenue is ")
        assert (generic["alert"], generic["states"][0]["state"]) == ("low", "firing")

    @pytest.mark.parametrize(
        ("scheme", "host", "why"),
        [
            ("https", "evil.example", "allowed_webhook_hosts"),
            ("https", "hooks.example.com.evil.example", "allowed_webhook_hosts"),
            ("http", "hooks.example.com", "https://"),
            ("file", "hooks.example.com", "https://"),
            ("https", "localhost", "this network"),
            ("https", "2130706433", "allowed_webhook_hosts"),
            ("http", "169.254.169.254", "allowed_webhook_hosts"),
        ],
    )
    def test_it_is_not_posted_to_where_it_does_not_belong(self, scheme: str, host: str, why: str) -> None:
        with pytest.raises(WebhookError, match=why):
            checked_address(scheme, host, 443, ("hooks.example.com", "localhost"))
