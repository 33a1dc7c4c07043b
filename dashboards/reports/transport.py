"""Where a mail goes: an SMTP server, or the outbox folder where no server is configured.

Belongs here: one attempt to hand over one mail, and what the answer means. Does not: whether to try, or again.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from company.mailing import Mail

Outcome = Literal["sent", "retry", "rejected", "unknown"]
TIMEOUT_SECONDS = 60.0
MOST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as bytes with CRLF line ends, for one recipient."""

    sender: str
    recipient: str
    message_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Handover:
    """How an attempt ended. `retry`: the server has nothing; `unknown`: it may have the mail.

    `of_server`: the answer was not about this mail; every other one would get the same.
    """

    outcome: Outcome
    detail: str
    of_server: bool = False


class Transport(Protocol):
    """Hands over one mail to one recipient. Never raises for what a server or disk answers.

    `before_end` is called when nothing but the last byte is missing: until then a mail has not gone out.
    """

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover: ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """Writes each mail as `<message id>.eml`; writing the same mail again replaces it."""

    folder: Path

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover:
        name = "".join(c if c.isalnum() or c in "._-@" else "_" for c in letter.message_id.strip("<>"))
        path = self.folder / f"{name[:150]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = path.with_suffix(".part")
            with partial.open("wb") as file:
                file.write(letter.data)
                file.flush()
                os.fsync(file.fileno())
            before_end()
            partial.replace(path)
        except OSError as error:
            return Handover("retry", f"the outbox cannot be written: {error.strerror}", of_server=True)
        return Handover("sent", f"written to the outbox for {letter.recipient}: {path.name}")


@dataclass(frozen=True)
class SmtpServer:
    """The configured mail server. One connection and one transaction per mail.

    `timeout` bounds each answer and `most_seconds` the whole mail: a server that drips a byte a second ends too.
    """

    settings: Mail
    timeout: float = TIMEOUT_SECONDS
    most_seconds: float = MOST_SECONDS
    tls: ssl.SSLContext | None = None
    """Left out: the system's trusted authorities."""

    @cached_property
    def _context(self) -> ssl.SSLContext:
        # Reading the system's authorities takes 50 ms: once for all mails of a call.
        return self.tls or ssl.create_default_context()

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover:
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code, error.smtp_error, of_server=True)
        except ssl.SSLCertVerificationError as error:
            return Handover("retry", f"the server's certificate is not trusted: {error.verify_message}", of_server=True)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            return Handover("retry", f"the server cannot be reached: {_words(error)}", of_server=True)
        try:
            with _ended_after(server, self.most_seconds):
                return _transaction(server, letter, before_end)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        mail = self.settings
        server: smtplib.SMTP
        server = (
            smtplib.SMTP_SSL(timeout=self.timeout, context=self._context)
            if mail.security == "tls"
            else smtplib.SMTP(timeout=self.timeout)
        )
        # Its constructor would connect too, out of the watch's reach. A certificate is checked against this name.
        server._host = mail.host  # type: ignore[attr-defined]
        try:
            with _ended_after(server, self.most_seconds):
                code, greeting = server.connect(mail.host, mail.port)
                if code != 220:
                    raise smtplib.SMTPConnectError(code, greeting)
                server.ehlo_or_helo_if_needed()
                if mail.security == "starttls":
                    code, answer = server.starttls(context=self._context)
                    if code != 220:
                        raise smtplib.SMTPResponseException(code, answer)
                    server.ehlo()
                self._sign_in(server)
        except BaseException:
            server.close()
            raise
        return server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        mail = self.settings
        if mail.username is None:
            return
        if mail.token_file is not None:
            token = mail.token_file.read_text(encoding="ascii").strip()
            server.auth("XOAUTH2", lambda _challenge=None: f"user={mail.username}\1auth=Bearer {token}\1\1")
        elif mail.password is not None:
            server.login(mail.username, mail.password.get_secret_value())


def _transaction(server: smtplib.SMTP, letter: Letter, before_end: Callable[[], None]) -> Handover:
    try:
        code, answer = server.mail(letter.sender, [f"size={len(letter.data)}"] if server.has_extn("size") else [])
        if code != 250:
            return _answer(code, answer, of_server=code in {421, 530, 535})
        code, answer = server.rcpt(letter.recipient)
        if code not in {250, 251}:
            return _answer(code, answer, of_server=code == 421)
        code, answer = server.docmd("DATA")
        if code != 354:
            return _answer(code, answer, of_server=code == 421)
        # A line that begins with a dot gets a second one: a dot alone would end the mail.
        server.send(re.sub(rb"(?m)^\.", b"..", letter.data.rstrip(b"\r\n")) + b"\r\n")
    except (OSError, smtplib.SMTPException) as error:
        return Handover("retry", f"the server left before it had the mail: {_words(error)}", of_server=True)
    before_end()
    try:
        server.send(b".\r\n")
        code, answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Handover("unknown", f"the connection broke when the server had the mail: {_words(error)}")
    with suppress(OSError, smtplib.SMTPException):  # the answer to the mail stands, however the server says goodbye
        server.docmd("QUIT")
    return Handover("sent", _text(answer)) if code == 250 else _answer(code, answer)


@contextmanager
def _ended_after(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Close the connection after so long, whatever the server is at."""

    def end() -> None:
        if server.sock is not None:
            server.sock.shutdown(2)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _answer(code: int, text: bytes | str, *, of_server: bool = False) -> Handover:
    # An answer that is no SMTP (code -1) says nothing about the mail: the server has not got it.
    return Handover("rejected" if 500 <= code < 600 else "retry", f"{code} {_text(text)}", of_server)


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300]


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
