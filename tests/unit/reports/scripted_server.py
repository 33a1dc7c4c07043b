"""A real SMTP server on the loopback address that follows a script: refuse, drop, drip or wait at each command."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from company.mailing import Mail

DROP, HANG, DRIP, NONSENSE = "drop", "hang", "drip", "nonsense"
USER, PASSWORD = "bot", "s3cret"  # of the scripted server


@dataclass
class Script:
    """What the server does at `connect`, at a command or after the final `dot`: an answer, or one of the words above.

    `asked`: how often each command came; `received`: (recipient, bytes) of every mail that reached its final dot and
    that the server kept.
    """

    actions: dict[str, str] = field(default_factory=dict)
    recipients: dict[str, str] = field(default_factory=dict)
    """Answers to RCPT by address."""
    once: bool = False
    """Follow each action one time only, then work."""
    received: list[tuple[str, bytes]] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    is_armed: bool = False
    """False while the controller looks whether its own server is up."""

    def take(self, stage: str) -> str | None:
        if not self.is_armed:
            return None
        self.asked[stage] = self.asked.get(stage, 0) + 1
        return self.actions.pop(stage, None) if self.once else self.actions.get(stage)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        action = self.take("dot")
        assert isinstance(envelope.content, bytes)
        if action is None or action == DROP or action.startswith("2"):
            self.received += [(address, envelope.content) for address in envelope.rcpt_tos]
        if action in {DROP, HANG}:
            return await acted(server, action)
        return action or "250 2.0.0 accepted"


async def acted(server: Any, action: str) -> str:
    if action == HANG:
        await asyncio.sleep(3)
    server.transport.abort()
    await asyncio.sleep(0)
    return "421 gone"


class ScriptedSMTP(SMTP):
    """aiosmtpd's server, its commands preceded by the script."""

    def __init__(self, script: Script, **options: Any) -> None:
        self.script = script
        self.is_greeted = False
        super().__init__(script, **options)

    async def play(self, stage: str) -> bool:
        action = self.script.take(stage)
        if action is None:
            return False
        if action in {DROP, HANG}:
            await acted(self, action)
        elif action == DRIP:
            assert self.transport is not None
            for character in "250-" + "x" * 400:
                if self.transport.is_closing():
                    break
                self.transport.write(character.encode())  # type: ignore[attr-defined]
                await asyncio.sleep(0.05)
            self.transport.abort()  # type: ignore[attr-defined]
        else:
            await super().push("hello there" if action == NONSENSE else action)
        return True

    async def push(self, status: Any) -> None:
        if not self.is_greeted:
            self.is_greeted = True
            if await self.play("connect"):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self.play("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        if not await self.play("HELO"):
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self.play("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self.play("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self.play("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self.play("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self.play("DATA"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        if not await self.play("QUIT"):
            await super().smtp_QUIT(arg)


class _Controller(Controller):
    def __init__(self, script: Script, *, port: int, **options: Any) -> None:
        self.script = script
        super().__init__(script, hostname="127.0.0.1", port=port, **options)

    def factory(self) -> SMTP:
        return ScriptedSMTP(self.script, **self.SMTP_kwargs)


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def certificate(folder: Path, *, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    paths = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
         "-out", str(paths[0]), "-keyout", str(paths[1])],
        check=True, capture_output=True,
    )  # fmt: skip
    return paths


def _sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=ok, handled=ok)


@contextmanager
def running(script: Script, *, tls: tuple[Path, Path] | None = None, needs_sign_in: bool = False) -> Iterator[Mail]:
    """The server as long as it is needed, and the settings that lead to it."""
    options: dict[str, Any] = {"enable_SMTPUTF8": False}
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        options |= {"tls_context": context, "require_starttls": True}
    if needs_sign_in:
        options |= {"authenticator": _sign_in, "auth_required": tls is not None, "auth_require_tls": tls is not None}
    port = free_port()
    controller = _Controller(script, port=port, **options)
    controller.start()
    script.is_armed = True
    try:
        yield Mail(
            host="localhost" if tls else "127.0.0.1",
            port=port,
            security="starttls" if tls else "none",
            username=USER if needs_sign_in else None,
            password=PASSWORD if needs_sign_in else None,
            sender="Plumbline <reports@example.com>",
        )
    finally:
        controller.stop()
