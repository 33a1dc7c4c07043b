"""Passwords, tokens and webhook addresses: whatever fails, none of them is in a message, a file or a page (T30)."""

from __future__ import annotations

import logging
import socket

import pytest
from guarded_company import Company
from published_company import VERSION

from company.errors import SettingsError
from company.mailing import Mail, Webhook
from company.settings import Alerting, load_settings
from dashboards.published import PublishedError, current
from dashboards.reports.desk import transport_of
from dashboards.reports.transport import Letter

CANARY = "canary-9b1d7e"


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_what_fails_to_be_sent_says_so_without_password_or_address(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    """The log of mails is read by owners; a chat's address lets anybody write into it."""
    caplog.set_level(logging.DEBUG)
    mail = Mail(
        host="127.0.0.1", port=closed_port(), security="none", username="u", password=CANARY, sender="p@example.com"
    )
    hook = Webhook(url=f"https://127.0.0.1:{closed_port()}/{CANARY}")
    settings = company.read().model_copy(
        update={
            "mail": mail,
            "webhooks": {"chat": hook},
            "alerting": Alerting(allowed_webhook_hosts=("127.0.0.1",)),
        }
    )
    transport = transport_of(settings)
    tried = [
        transport.hand_over(Letter("p@example.com", recipient, "<1@example.com>", b"{}"), before_end=lambda: None)
        for recipient in ("eve@example.com", "webhook:chat", "webhook:gone")
    ]
    assert [answer.outcome for answer in tried] == ["retry", "retry", "rejected"]
    assert CANARY not in repr(tried) + repr(settings) + repr(transport) + caplog.text
    kept = [path for path in settings.folders.root.rglob("*") if path.is_file()]
    assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "broken",
    [
        f"\nmail: {{host: h, port: nope, password: {CANARY}, sender: p@example.com}}",
        f"\nmail: {{host: h, sender: 7, password: {CANARY}}}",
        f"\nwebhooks: {{chat: {{url: 'https://x.example/{CANARY}', form: fax}}}}",
        f"\nsign_in: {{address: 'https://x.example', secret: {CANARY}, hours: never}}",
    ],
)
def test_a_settings_file_that_is_refused_is_told_without_its_secrets(company: Company, broken: str) -> None:
    """The message lands in the terminal, in the log of the service and in a chat with whoever helps."""
    text = company.file.read_text(encoding="utf-8").partition("\nsign_in")[0]
    company.file.write_text(text + broken, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(company.file, {})
    assert CANARY not in str(refused.value)


def test_a_damaged_file_is_told_without_where_it_lies(company: Company) -> None:
    """A page's error is for every reader: which version, not which folder of the server."""
    settings = company.read()
    marts = settings.folders.marts(VERSION)
    marts.chmod(0o600)
    marts.write_bytes(b"no database")
    published = current(settings.folders, None)
    assert published is not None
    with pytest.raises(PublishedError) as refused:
        published.cursor()
    assert str(settings.folders.root) not in str(refused.value)
