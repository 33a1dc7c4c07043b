"""Subscriptions, copies and what a viewer may know of the reports, on the published sample company (T27, T29)."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from test_sending import NOW, Recorder

from company.roles import Access, resolve
from company.settings import Settings
from dashboards.access import audit
from dashboards.reports import delivery, overview
from dashboards.reports.errors import ReportError
from dashboards.reports.opened import sent_mail
from dashboards.reports.recipients import recipients_of
from dashboards.reports.store import Store
from dashboards.reports.subscriptions import choose

CEO, CONTROLLER, NORTH, WEST = (
    f"{name}@aurelle.example" for name in ("ceo", "controller", "sales.north", "sales.west")
)
REP, HEAD = "riikka.jarvinen@aurelle.example", "head.of.sales@aurelle.example"
REPORT = "weekly_executive"


def chosen(settings: Settings, address: str, *, is_subscribed: bool) -> None:
    choose(settings.folders, REPORT, address, is_subscribed=is_subscribed, actor=address, now=NOW)


def sent(settings: Settings, transport: Recorder, now: datetime = NOW) -> dict[str, str]:
    results = delivery.send(settings, REPORT, now=lambda: now, transport=transport)  # type: ignore[arg-type]
    return {result.recipient: result.state for result in results}


def test_who_subscribed_gets_the_report_and_who_unsubscribed_does_not(copied_company: Settings) -> None:
    """A mail that one cannot end is marked as junk, and then it is missed when it matters."""
    chosen(copied_company, f" {WEST.upper()} ", is_subscribed=True)
    chosen(copied_company, CONTROLLER, is_subscribed=False)
    transport = Recorder()
    assert sent(copied_company, transport) == {CEO: "sent", NORTH: "sent", WEST: "sent"}
    chosen(copied_company, CONTROLLER, is_subscribed=True)
    chosen(copied_company, WEST, is_subscribed=False)
    people = recipients_of(copied_company, REPORT, copied_company.reports[REPORT])
    assert people == (CEO, CONTROLLER, NORTH), "the last choice counts"
    noted = [(event.actor, event.outcome) for event in audit.read(copied_company.folders, action="report")]
    assert noted == [(WEST, "unsubscribed"), (CONTROLLER, "subscribed"), (CONTROLLER, "unsubscribed"),
                     (f" {WEST.upper()} ", "subscribed")]  # fmt: skip


def test_a_mail_that_waits_is_not_sent_to_who_unsubscribed_meanwhile(copied_company: Settings) -> None:
    """A server that was down on Monday must not send on Tuesday what was left on Monday."""
    sent(copied_company, Recorder("retry"))
    chosen(copied_company, CEO, is_subscribed=False)
    transport = Recorder()
    results = delivery.resume(copied_company, now=lambda: NOW + timedelta(minutes=6), transport=transport)  # type: ignore[arg-type]
    states = {result.recipient: (result.state, result.detail) for result in results}
    assert states[CEO] == ("cancelled", "the recipient has unsubscribed")
    assert CEO not in [recipient for recipient, _ in transport.mails]


def test_a_subscription_gives_no_right(copied_company: Settings) -> None:
    """Whoever is taken out of plumbline.yaml stays in the table of subscriptions, and must get nothing."""
    chosen(copied_company, "rival@elsewhere.example", is_subscribed=True)
    transport = Recorder()
    assert sent(copied_company, transport)["rival@elsewhere.example"] == "cancelled"
    assert "rival@elsewhere.example" not in [recipient for recipient, _ in transport.mails]


def test_a_copy_goes_out_besides_the_mail_of_the_period(copied_company: Settings) -> None:
    """Who wants to read it on Sunday must still get it on Monday, and as often as they ask."""
    transport = Recorder()
    for minute in range(2):
        at = NOW + timedelta(minutes=minute)
        result = delivery.send_copy(copied_company, REPORT, to=CEO, now=lambda at=at: at, transport=transport)
        assert result.state == "sent"
    assert sent(copied_company, transport)[CEO] == "sent"
    texts = [
        message_from_bytes(data, policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for recipient, data in transport.mails
        if recipient == CEO
    ]
    assert len(texts) == 3
    assert len(set(texts)) == 1, "the same numbers"
    assert len({data.split(b"Message-ID: ")[1].split()[0] for _, data in transport.mails}) == len(transport.mails)


def test_a_copy_that_waits_is_written_again_as_a_report(copied_company: Settings) -> None:
    """A copy goes through the same states, a server that is down included."""
    waiting, working = Recorder("retry"), Recorder()
    delivery.send_copy(copied_company, REPORT, to=NORTH, now=lambda: NOW, transport=waiting)
    later = NOW + timedelta(minutes=6)
    (result,) = delivery.resume(copied_company, now=lambda: later, transport=working)  # type: ignore[arg-type]
    assert (result.state, working.mails) == ("sent", waiting.mails)
    stranger = delivery.send_copy(copied_company, REPORT, to="x@y.example", now=lambda: NOW, transport=working)
    assert stranger.state == "cancelled"


def test_only_what_waits_for_a_person_is_sent_again(copied_company: Settings) -> None:
    """A button pressed twice must not send twice."""
    sent(copied_company, Recorder("unknown"))
    again = {"period": "2026-W27", "recipient": CEO, "now": lambda: NOW, "transport": Recorder()}
    assert delivery.resend(copied_company, REPORT, **again).state == "sent"
    with pytest.raises(ReportError, match="is sent; only unknown"):
        delivery.resend(copied_company, REPORT, **again)


def seen_by(settings: Settings, email: str) -> dict[str, overview.ReportLine]:
    lines = overview.lines(settings, resolve(settings, email), now=NOW)
    return {line.name: line for line in lines}


def test_nobody_knows_of_a_report_of_numbers_that_they_may_not_see(sample_company: Settings) -> None:
    """A list that names what one may not read is the first half of a leak."""
    assert list(seen_by(sample_company, REP)) == [REPORT, "board_pack", "sales_pipeline", "my_pipeline"]
    assert list(seen_by(sample_company, NORTH)) == [REPORT, "board_pack", "sales_pipeline"]
    assert list(seen_by(sample_company, HEAD)) == ["board_pack", "cost_centres"], "their budget is in both"
    assert "my_pipeline" not in seen_by(sample_company, CEO), "it is filtered by an attribute that they lack"
    assert set(seen_by(sample_company, CONTROLLER)) == set(sample_company.reports)


def test_recipients_and_mails_of_others_are_for_administrators_and_owners(copied_company: Settings) -> None:
    """Who else reads the board's numbers is nobody's business."""
    sent(copied_company, Recorder())
    north, controller = (seen_by(copied_company, email)[REPORT] for email in (NORTH, CONTROLLER))
    assert (north.recipients, north.hidden_count) == ((NORTH,), 2)
    assert {mail.recipient for mail in north.mails} == {NORTH}
    assert (len(controller.recipients), controller.hidden_count, len(controller.mails)) == (3, 0, 3)
    assert dict(controller.last_states) == {"sent": 3}
    assert controller.next_runs == (), "the sample's day stands still: everybody has that week"


def test_a_mail_opens_again_for_its_reader_while_they_may_still_see_it(copied_company: Settings) -> None:
    """A role that was taken away takes the old mails along; what went out can be shown to whoever administers."""
    transport = Recorder()
    sent(copied_company, transport)
    mails = {mail.recipient: mail for mail in Store(copied_company.folders.app).deliveries(REPORT)}
    report = seen_by(copied_company, CEO)[REPORT].report

    def may(email: str, mail: str, settings: Settings = copied_company) -> bool:
        access: Access = resolve(settings, email)
        return overview.may_open(settings, access, report, mails[mail])

    assert may(NORTH, NORTH)
    assert not may(NORTH, CEO)
    assert may(CONTROLLER, CEO)
    narrowed = copied_company.users[0].model_copy(update={"roles": ("sales_lead",), "attributes": {"region": "North"}})
    after = copied_company.model_copy(update={"users": (narrowed, *copied_company.users[1:])})
    assert not may(CEO, CEO, after)
    assert sent_mail(copied_company, mails[CEO]).data == dict(transport.mails)[CEO]


def test_an_alert_is_shown_to_whom_it_tells_with_details_for_whole_access_only(sample_company: Settings) -> None:
    """The words of an alert hold the whole company's cash."""
    rep, north, ceo, controller = (
        overview.alert_lines(sample_company, resolve(sample_company, email)) for email in (REP, NORTH, CEO, CONTROLLER)
    )
    assert rep == ()
    assert [line.name for line in north] == ["revenue_is_odd"]
    assert north[0].states == ()
    assert [line.name for line in ceo] == ["cash_runs_low"]
    assert {line.name for line in controller} == set(sample_company.alerts)
    assert ceo[0].rule == "projected cash within 13 weeks below 250,000"
