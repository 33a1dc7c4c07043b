"""What a mail server answers, and what that means for the mail: against a real server on the loopback address (T15)."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from company.mailing import Mail
from dashboards.reports.message import headers, notice_body, one_line
from dashboards.reports.transport import Handover, Letter, Outbox, SmtpServer

NOW = datetime(2026, 6, 29, 7, 0, tzinfo=UTC)


class Script:
    """A server that follows a script: what to answer to RCPT and after the final dot."""

    def __init__(self) -> None:
        self.rcpt = "250 OK"
        self.data = "250 accepted"
        self.drop_after_dot = False
        self.received: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        if self.drop_after_dot:
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0)
        return self.data


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[Mail]:
    port = free_port()
    controller = Controller(script, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Mail(host="127.0.0.1", port=port, security="none", sender="Plumbline <reports@example.com>")
    finally:
        controller.stop()


def mail(subject: str = "Weekly", recipient: str = "ceo@example.com", text: str = "numbers: 1") -> Letter:
    lines = headers(
        subject,
        sender="Plumbline <reports@example.com>",
        recipient=recipient,
        message_id="<1.2026-W27@example.com>",
        now=NOW,
    )
    return Letter("reports@example.com", recipient, "<1.2026-W27@example.com>", lines + notice_body(text))


def hand_over(way: SmtpServer | Outbox, letter: Letter) -> Handover:
    return way.hand_over(letter, before_end=lambda: None)


def test_an_accepted_mail_is_sent(server: Mail, script: Script) -> None:
    """The plain case: the server has it, once."""
    assert hand_over(SmtpServer(server), mail()).outcome == "sent"
    (received,) = script.received
    assert message_from_bytes(received, policy=policy.default)["Message-ID"] == "<1.2026-W27@example.com>"


@pytest.mark.parametrize(
    ("rcpt", "data", "outcome"),
    [
        ("450 greylisted", "250 ok", "retry"),
        ("550 no such user", "250 ok", "rejected"),
        ("250 OK", "451 try later", "retry"),
        ("250 OK", "552 too big", "rejected"),
    ],
)
def test_four_hundreds_wait_and_five_hundreds_end(
    server: Mail, script: Script, rcpt: str, data: str, outcome: str
) -> None:
    """A 5xx that is retried annoys a server; a 4xx that is not loses a mail."""
    script.rcpt, script.data = rcpt, data
    handover = hand_over(SmtpServer(server), mail())
    assert handover.outcome == outcome
    assert (rcpt if outcome and not rcpt.startswith("250") else data) in handover.detail


def test_a_connection_lost_after_the_dot_is_unknown(server: Mail, script: Script) -> None:
    """The server may have the mail: to send it again by itself could send it twice."""
    script.drop_after_dot = True
    assert hand_over(SmtpServer(server), mail()).outcome == "unknown"


def test_a_server_that_is_down_is_tried_again() -> None:
    """Nothing was handed over, so nothing can be sent twice."""
    down = Mail(host="127.0.0.1", port=free_port(), security="none", sender="a@example.com")
    assert hand_over(SmtpServer(down, timeout=2), mail()).outcome == "retry"


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(server: Mail, script: Script) -> None:
    """Numbers must not cross a network in the open because a server forgot its certificate."""
    handover = hand_over(SmtpServer(server.model_copy(update={"security": "starttls"})), mail())
    assert handover.outcome == "retry"
    assert script.received == []


def test_a_line_break_in_a_name_adds_no_header(server: Mail, script: Script) -> None:
    """A customer called `X\\r\\nBcc: evil@x` must not address a mail."""
    hand_over(SmtpServer(server), mail("Report for X\r\nBcc: evil@example.com\u2028\u202e"))
    received = message_from_bytes(script.received[0], policy=policy.default)
    assert received["Bcc"] is None
    assert received["Subject"] == "Report for X Bcc: evil@example.com"


def test_text_on_one_line_has_no_marks_that_turn_it() -> None:
    """A right-to-left mark can make `exe.fdp` look like a PDF."""
    assert one_line("a\u202eb\x00c\n d") == "a b c d"


def test_two_addresses_in_one_are_refused() -> None:
    """One transaction per recipient; a list in one setting would show addresses to each other."""
    with pytest.raises(ValueError, match="not one e-mail address"):
        mail(recipient="a@example.com, b@example.com")


def test_the_outbox_keeps_one_file_per_mail(tmp_path: Path) -> None:
    """Without a server the mail is a file that any mail program opens; writing it again adds none."""
    outbox = Outbox(tmp_path / "outbox")
    hand_over(outbox, mail())
    handover = hand_over(outbox, mail())
    assert handover.outcome == "sent"
    (path,) = (tmp_path / "outbox").iterdir()
    assert message_from_bytes(path.read_bytes(), policy=policy.default)["To"] == "ceo@example.com"
