"""A small company with sign-in, its clock in the tests' hands, and its door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from served import ADDRESS, Browser, pages
from starlette.routing import Mount, Router
from starlette.types import ASGIApp

from company.settings import Settings, load_settings
from dashboards import api
from dashboards.access import signin
from dashboards.access.accounts import Accounts
from dashboards.access.gate import Gate
from dashboards.app import ClosingHeaders
from dashboards.reports import unsubscribe

SECRET = "a-Long8Random.Line0fText_That+Nobody:Knows"  # noqa: S105 - of this test alone
PASSWORD = "correct horse battery"  # noqa: S105
SIGN_IN = f"""
sign_in: {{address: "{ADDRESS}", secret: "{SECRET}"}}
"""


class Clock:
    """The time of a test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Company:
    """Northern Pumps with a door: settings are read from the file at every look, as the server does."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self.file, self.clock = root / "plumbline.yaml", clock
        routes = [module.routes(self.read, clock) for module in (signin, unsubscribe, api)]
        gate = Gate(Router([*chain.from_iterable(routes), Mount("/", pages)]), self.read, clock)
        self.app: ASGIApp = ClosingHeaders(gate)

    def read(self) -> Settings:
        return load_settings(self.file, {})

    def change(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.read().folders)

    def browser(self, **options: object) -> Browser:
        return Browser(self.app, **options)  # type: ignore[arg-type]

    def token(self, email: str, **options: int) -> str:
        """A new token of this person; the one before it ends."""
        for token in self.accounts.tokens():
            if token.email == email and token.is_good(self.clock()):
                self.accounts.revoke_token(email, token.name, now=self.clock())
        return self.accounts.make_token(email, "excel", now=self.clock(), **options)
