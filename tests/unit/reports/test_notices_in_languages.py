"""Alerts and notices of held reports come in the language of each reader, numbers and days included."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from test_sending import Recorder

from company.locale import Locale
from company.mailing import Alert
from company.roles import User
from company.settings import Settings
from company.versions import RunRecord, write_json
from dashboards.format import Display
from dashboards.reports import alerting, delivery
from dashboards.reports.desk import Desk, Result
from dashboards.reports.notices import ENDED, tell_owners
from dashboards.reports.occasions import period_words

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
LOCALES = {"en": "en_GB", "bg": "bg_BG", "fi": "fi_FI", "sv": "sv_SE", "zh": "zh_CN", "fa": "fa_IR"}


@pytest.fixture
def six_readers(copied_company: Settings) -> Settings:
    """The sample company read by six people of one role, each in a language of their own."""
    people = tuple(
        User(email=f"{language}@aurelle.example", roles=("executive",), attributes={"locale": name})
        for language, name in LOCALES.items()
    )
    return copied_company.model_copy(update={"users": people, "operator": None})


def mails(transport: Recorder) -> dict[str, tuple[str, str]]:
    """Subject and text by language."""
    found = {}
    for recipient, data in transport.mails:
        message = message_from_bytes(data, policy=policy.default)
        found[recipient.partition("@")[0]] = (str(message["Subject"]), str(message.get_content()))  # type: ignore[attr-defined]
    return found


def test_an_alert_speaks_the_language_of_each_reader(six_readers: Settings) -> None:
    """An English alert at night in a Chinese mailbox is read in the morning."""
    everybody = tuple(user.email for user in six_readers.users)
    alert = Alert(kind="threshold", metric="net_revenue", period="12m", below=1e12, recipients=everybody)
    transport = Recorder()
    desk = Desk(six_readers.model_copy(update={"alerts": {"low": alert}}), lambda: NOW, transport, lambda _: None)
    alerting.check(desk.settings, desk=desk)
    got = mails(transport)
    assert set(got) == set(LOCALES)
    for language, name in LOCALES.items():
        subject, text = got[language]
        display = Display(Locale(name), "EUR")
        assert subject == f"{display.say('Alert: {title}', title='Low')}: Aurelle Instruments"
        assert display.say("Net revenue") in text
        assert f"- {display.say('firing')}: " in text
        assert display.say("Rule: alerts.{name} of plumbline.yaml.", name="low") in text
    assert len({text for _, text in got.values()}) == len(LOCALES)
    assert "net revenue is" not in got["fi"][1].lower()


def test_a_held_report_is_announced_in_the_language_of_each_reader(six_readers: Settings) -> None:
    """Who cannot read why it is late asks, or worse, uses last week's."""
    failed = RunRecord(run_id="99999999T000000000Z-1", started_at=NOW, status="failed", as_of=NOW.date())
    write_json(
        six_readers.folders.runs / f"{failed.run_id}.json",
        failed.model_copy(update={"message": "books_do_not_balance"}),
    )
    transport = Recorder()
    to = [user.email for user in six_readers.users]
    results = delivery.send(six_readers, "weekly_executive", to=to, now=lambda: NOW, transport=transport)  # type: ignore[arg-type]
    assert {(result.state, result.detail) for result in results} == {
        ("held", "the last run failed (books_do_not_balance)")
    }, "the log is one language for whoever reads it"
    got = mails(transport)
    for language, name in LOCALES.items():
        subject, text = got[language]
        say = Display(Locale(name), "EUR").say
        assert say("Weekly executive report") in subject
        assert say("the last run failed ({names})", names="books_do_not_balance") in text
        assert say("It comes when that is mended. Questions: {ask}", ask="controller@aurelle.example") in text
        if language != "en":
            assert "held" not in subject
            assert "mended" not in text


def test_an_owner_reads_in_their_language_how_mails_ended(six_readers: Settings) -> None:
    """Who must decide what to send again has to understand what happened to each, and one mail is not "mails"."""
    for language, name in LOCALES.items():
        owner = f"{language}@aurelle.example"
        report = six_readers.reports["weekly_executive"].model_copy(update={"owner": owner})
        settings = six_readers.model_copy(update={"reports": {**six_readers.reports, "weekly_executive": report}})
        transport = Recorder()
        desk = Desk(settings, lambda: NOW, transport, lambda _: None)
        ended = [
            Result(f"{state}@elsewhere.example", state, "550 no", "weekly_executive", "2026-W26", is_news=True)  # type: ignore[arg-type]
            for state in ENDED
        ]
        tell_owners(desk, ended[:1])
        tell_owners(desk, ended)
        display = Display(Locale(name), "EUR")
        (_, first), (_, second) = transport.mails
        one, many = (
            "{report}, {period}: {count} mail did not arrive",
            "{report}, {period}: {count} mails did not arrive",
        )
        for data, count in ((first, 1), (second, 3)):
            message = message_from_bytes(data, policy=policy.default)
            title, over = display.say("Weekly executive report"), period_words("2026-W26", display)
            said = display.say_count(one, many, count, report=title, period=over)
            assert str(message["Subject"]) == said
            text = str(message.get_content())  # type: ignore[attr-defined]
            for state in list(ENDED)[:count]:
                assert f"{state}@elsewhere.example: {display.say(ENDED[state])} (550 no)" in text
                assert language == "en" or ENDED[state] not in text
