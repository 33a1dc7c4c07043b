"""Where a mail goes: an SMTP server, or the outbox folder where no server is configured.

Belongs here: one attempt to hand over one mail, and what the answer means. Does not: whether to try, or again.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol

from company.settings import Mail

Outcome = Literal["sent", "retry", "rejected", "unknown"]
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Handover:
    """How an attempt ended. `retry`: the server has nothing; `unknown`: it may have the mail."""

    outcome: Outcome
    detail: str


class Transport(Protocol):
    """Hands over one mail to one recipient. Never raises for what a server or disk answers."""

    def hand_over(self, message: EmailMessage, recipient: str) -> Handover: ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """Writes each mail as `<message id>.eml`; writing the same mail again replaces it."""

    folder: Path

    def hand_over(self, message: EmailMessage, recipient: str) -> Handover:
        name = "".join(c if c.isalnum() or c in "._-@" else "_" for c in str(message["Message-ID"]).strip("<>"))
        path = self.folder / f"{name[:150]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = path.with_suffix(".part")
            with partial.open("wb") as file:
                file.write(bytes(message))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            return Handover("retry", f"the outbox cannot be written: {error.strerror}")
        return Handover("sent", f"written to the outbox for {recipient}: {path.name}")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The configured mail server. One connection and one transaction per mail."""

    settings: Mail
    timeout: float = TIMEOUT_SECONDS
    tls: ssl.SSLContext | None = None
    """Left out: the system's trusted authorities."""

    def hand_over(self, message: EmailMessage, recipient: str) -> Handover:
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code, error.smtp_error)
        except ssl.SSLCertVerificationError as error:
            return Handover("retry", f"the server's certificate is not trusted: {error.verify_message}")
        except (OSError, smtplib.SMTPException) as error:
            return Handover("retry", f"the server cannot be reached: {_words(error)}")
        try:
            return self._transaction(server, message, recipient)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        mail = self.settings
        context = self.tls or ssl.create_default_context()
        server: smtplib.SMTP
        if mail.security == "tls":
            server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=self.timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.username and mail.password:
                server.login(mail.username, mail.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    @staticmethod
    def _transaction(server: smtplib.SMTP, message: EmailMessage, recipient: str) -> Handover:
        try:
            code, answer = server.mail(message["From"].addresses[0].addr_spec)
            if code == 250:
                code, answer = server.rcpt(recipient)
            if code not in {250, 251}:
                return _answer(code, answer)
        except (OSError, smtplib.SMTPException) as error:
            return Handover("retry", f"the server left before the mail: {_words(error)}")
        try:
            code, answer = server.data(bytes(message))
        except smtplib.SMTPDataError as error:
            # The server refused the command DATA: it has nothing of the mail.
            return _answer(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return Handover("unknown", f"the connection broke while the server had the mail: {_words(error)}")
        if code == 250:
            return Handover("sent", _text(answer))
        return _answer(code, answer)


def _answer(code: int, text: bytes | str) -> Handover:
    return Handover("retry" if 400 <= code < 500 else "rejected", f"{code} {_text(text)}")


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300]


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
