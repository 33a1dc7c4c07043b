"""Forty ways in which a mail server can answer: the state each leaves, and how many mails the server has then.

Each case sends to one or more addresses through the whole machine (store, desk, SMTP) against a real server, then takes
up what waits once more after its wait, with a server that works by then.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scripted_server import DRIP, DROP, HANG, NONSENSE, Script, certificate, free_port, running

from company.mailing import Mail
from company.settings import Company, Settings
from dashboards.reports import delivery
from dashboards.reports.desk import Desk
from dashboards.reports.transport import SmtpServer

# The scripted server leaves connections that it hangs or drips on to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

NOW = datetime(2026, 6, 29, 7, 0, tzinfo=UTC)
ANN, BO = "ann@example.com", "bo@example.com"


@dataclass(frozen=True)
class Case:
    """What the server does, the state it leaves, the state after the next attempt, and mails received in all."""

    name: str
    actions: dict[str, str]
    state: str
    later: str
    mails: int
    recipients: dict[str, str] = field(default_factory=dict)


CASES = [
    Case("all is well", {}, "sent", "sent", 1),
    Case("the greeting is 421", {"connect": "421 4.3.2 shutting down"}, "retry", "sent", 1),
    Case("the greeting is 554", {"connect": "554 5.3.2 no service"}, "rejected", "rejected", 0),
    Case("the server drops at once", {"connect": DROP}, "retry", "sent", 1),
    Case("the server never greets", {"connect": HANG}, "retry", "sent", 1),
    Case("the greeting drips", {"connect": DRIP}, "retry", "sent", 1),
    Case("the greeting is no SMTP", {"connect": NONSENSE}, "retry", "sent", 1),
    Case("EHLO and HELO are 421", {"EHLO": "421 busy", "HELO": "421 busy"}, "retry", "sent", 1),
    Case("EHLO and HELO are 550", {"EHLO": "550 go away", "HELO": "550 go away"}, "rejected", "rejected", 0),
    Case("EHLO is unknown, HELO works", {"EHLO": "502 what"}, "sent", "sent", 1),
    Case("EHLO drops", {"EHLO": DROP}, "retry", "sent", 1),
    Case("EHLO hangs", {"EHLO": HANG}, "retry", "sent", 1),
    Case("EHLO drips", {"EHLO": DRIP}, "retry", "sent", 1),
    Case("MAIL is 451", {"MAIL": "451 4.3.0 try later"}, "retry", "sent", 1),
    Case("MAIL is 452", {"MAIL": "452 4.3.1 no storage"}, "retry", "sent", 1),
    Case("MAIL is 550", {"MAIL": "550 5.7.1 sender not allowed"}, "rejected", "rejected", 0),
    Case("MAIL is 552", {"MAIL": "552 5.3.4 too big"}, "rejected", "rejected", 0),
    Case("MAIL is 530", {"MAIL": "530 5.7.0 authentication required"}, "rejected", "rejected", 0),
    Case("MAIL drops", {"MAIL": DROP}, "retry", "sent", 1),
    Case("MAIL hangs", {"MAIL": HANG}, "retry", "sent", 1),
    Case("RCPT is 450, greylisted", {}, "retry", "retry", 0, {ANN: "450 4.7.1 greylisted"}),
    Case("RCPT is 451", {"RCPT": "451 4.3.0 later"}, "retry", "sent", 1),
    Case("RCPT is 452, mailbox full", {"RCPT": "452 4.2.2 full"}, "retry", "sent", 1),
    Case("RCPT is 550, unknown", {}, "rejected", "rejected", 0, {ANN: "550 5.1.1 no such user"}),
    Case("RCPT is 553", {"RCPT": "553 5.1.3 bad address"}, "rejected", "rejected", 0),
    Case("RCPT drops", {"RCPT": DROP}, "retry", "sent", 1),
    Case("RCPT hangs", {"RCPT": HANG}, "retry", "sent", 1),
    Case("RCPT is no SMTP", {"RCPT": NONSENSE}, "retry", "sent", 1),
    Case("DATA is 451", {"DATA": "451 4.3.0 later"}, "retry", "sent", 1),
    Case("DATA is 554", {"DATA": "554 5.6.0 no"}, "rejected", "rejected", 0),
    Case("DATA drops", {"DATA": DROP}, "retry", "sent", 1),
    Case("DATA hangs", {"DATA": HANG}, "retry", "sent", 1),
    Case("after the dot 451", {"dot": "451 4.3.0 later"}, "retry", "sent", 1),
    Case("after the dot 552", {"dot": "552 5.3.4 too big"}, "rejected", "rejected", 0),
    Case("after the dot 554", {"dot": "554 5.7.1 spam"}, "rejected", "rejected", 0),
    Case("after the dot it drops", {"dot": DROP}, "unknown", "unknown", 1),
    Case("after the dot it hangs", {"dot": HANG}, "unknown", "unknown", 0),
    Case("QUIT drops", {"QUIT": DROP}, "sent", "sent", 1),
    Case("QUIT hangs", {"QUIT": HANG}, "sent", "sent", 1),
    Case("QUIT is 500", {"QUIT": "500 what"}, "sent", "sent", 1),
]


def settings_in(folder: Path, mail: Mail | None) -> Settings:
    return Settings(company=Company(name="Acme"), data=folder / "data", mail=mail, file=folder / "plumbline.yaml")


def desk_of(settings: Settings, way: SmtpServer, *, now: datetime = NOW) -> Desk:
    return Desk(settings, lambda: now, way, lambda _seconds: None)


def send_to(desk: Desk, *recipients: str) -> list[str]:
    return [
        desk.notice(report="weekly", period="2026-W27", recipient=recipient, subject="Week 27", text="numbers: 1").state
        for recipient in recipients
    ]


def impatient(mail: Mail, tls: ssl.SSLContext | None = None) -> SmtpServer:
    return SmtpServer(mail, timeout=0.4, most_seconds=1.0, tls=tls)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_answer_leaves_its_state(case: Case, tmp_path: Path) -> None:
    """A mail too many annoys; a mail too few is a board without numbers; a wrong state hides either."""
    script = Script(dict(case.actions), dict(case.recipients), once=True)
    with running(script) as mail:
        settings = settings_in(tmp_path, mail)
        assert send_to(desk_of(settings, impatient(mail)), ANN) == [case.state]
        script.actions.clear()
        later = NOW + timedelta(minutes=6)
        delivery.resume(settings, now=lambda: later, transport=impatient(mail))
        (found,) = desk_of(settings, impatient(mail)).store.deliveries("weekly")
    assert found.state == case.later
    assert len(script.received) == case.mails
    assert len({data.split(b"\r\n\r\n")[0] for _, data in script.received}) <= 1, "an attempt changed the mail"


def test_one_address_refused_leaves_the_others_alone(tmp_path: Path) -> None:
    """One leaver in the list must not cost the board its mail."""
    script = Script(recipients={BO: "550 5.1.1 left the company", "cy@example.com": "450 4.7.1 greylisted"})
    with running(script) as mail:
        states = send_to(desk_of(settings_in(tmp_path, mail), impatient(mail)), ANN, BO, "cy@example.com", "di@x.io")
    assert states == ["sent", "rejected", "retry", "sent"]
    assert [recipient for recipient, _ in script.received] == [ANN, "di@x.io"]
    assert all(b"bo@example.com" not in data for _, data in script.received), "one transaction per recipient"


def test_a_server_that_is_down_is_asked_once_for_all(tmp_path: Path) -> None:
    """Five hundred recipients times a minute of waiting is a day."""
    script = Script({"connect": "421 4.3.2 shutting down"})
    with running(script) as mail:
        states = send_to(desk_of(settings_in(tmp_path, mail), impatient(mail)), *(f"r{n}@x.io" for n in range(20)))
    assert states == ["retry"] * 20
    assert script.asked["connect"] == 1


def test_a_wait_grows_until_the_deadline_and_then_the_mail_has_expired(tmp_path: Path) -> None:
    """Tried for ever, last Monday's numbers arrive on Thursday."""
    down = Mail(host="127.0.0.1", port=free_port(), security="none", sender="a@example.com")
    settings = settings_in(tmp_path, down)
    desk = desk_of(settings, impatient(down))
    send_to(desk, ANN)
    waits, at = [], NOW
    while (found := desk.store.deliveries("weekly")[0]).state == "retry":
        assert found.next_attempt_at is not None
        waits.append((found.next_attempt_at - at).total_seconds() / 60)
        at = found.next_attempt_at
        delivery.resume(settings, now=lambda moment=at: moment, transport=impatient(down))
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 240
    assert found.state == "expired"
    assert found.deadline is not None
    assert at > found.deadline


def test_numbers_go_over_tls_to_the_right_server_only(tmp_path: Path) -> None:
    """Whoever sits between must read nothing."""
    pair = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(pair[0]))
    script = Script()
    with running(script, tls=pair, needs_sign_in=True) as mail:
        settings = settings_in(tmp_path, mail)
        assert send_to(desk_of(settings, impatient(mail, trusting)), ANN) == ["sent"]
        assert send_to(desk_of(settings, impatient(mail)), "not-trusted@x.io") == ["retry"]
        elsewhere = mail.model_copy(update={"host": "localhost.localdomain"})
        assert send_to(desk_of(settings, impatient(elsewhere, trusting)), "wrong-name@x.io") == ["retry"]
        wrong = mail.model_copy(update={"password": type(mail.password)("guess")})
        assert send_to(desk_of(settings, impatient(wrong, trusting)), "wrong-password@x.io") == ["rejected"]
        bare = mail.model_copy(update={"security": "none", "username": None})
        assert send_to(desk_of(settings, impatient(bare)), "in-the-open@x.io") == ["rejected"]
    assert [recipient for recipient, _ in script.received] == [ANN]
    details = " ".join(found.detail for found in desk_of(settings, impatient(mail)).store.deliveries())
    assert "s3cret" not in details
    assert "guess" not in details


def test_an_access_token_is_read_for_each_connection(tmp_path: Path) -> None:
    """A token that the company renews must not need a restart."""
    token = tmp_path / "token"
    token.write_text("abc\n")
    script = Script({"AUTH": "535 5.7.8 token expired"})
    with running(script, needs_sign_in=True) as mail:
        by_token = mail.model_copy(update={"password": None, "token_file": token})
        assert send_to(desk_of(settings_in(tmp_path, by_token), impatient(by_token)), ANN) == ["rejected"]
    assert script.asked["AUTH"] == 1


def test_the_rate_limit_spaces_mails_of_all_processes(tmp_path: Path) -> None:
    """A provider that is asked too fast blocks everything that comes after."""
    script = Script()
    waits: list[float] = []
    with running(script) as mail:
        limited = mail.model_copy(update={"per_minute": 30})
        for process in range(2):
            desk = Desk(settings_in(tmp_path, limited), lambda: NOW, impatient(limited), waits.append)
            send_to(desk, f"a{process}@x.io", f"b{process}@x.io")
    assert waits == [0, 2, 4, 6]


def test_a_line_of_one_dot_arrives_as_such(tmp_path: Path) -> None:
    """A dot alone ends a mail; a report cut in half looks whole."""
    script = Script()
    with running(script) as mail:
        desk = desk_of(settings_in(tmp_path, mail), impatient(mail))
        desk.notice(report="weekly", period="p", recipient=ANN, subject="s", text="above\n.\n..two\nbelow\n")
    ((_, data),) = script.received
    assert data.split(b"\r\n\r\n", 1)[1].splitlines() == [b"above", b".", b"..two", b"below"]
