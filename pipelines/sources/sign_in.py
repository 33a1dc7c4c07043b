"""Signing in to systems: how an access token is got, and got again when it has expired.

Belongs here: OAuth 2 grants, by authlib. What a refusal of a particular system means is its own module's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import httpx2 as httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]

from pipelines.sources.errors import ConnectionFailedError
from pipelines.sources.tokens import TokenStore

_SECONDS = 30.0
_AUTHENTICATED = {"token_endpoint_auth_method": "client_secret_post"}


@dataclass(frozen=True, slots=True)
class Access:
    """What a sign-in gave: the token, and whatever else the system answered with it."""

    token: str
    answer: dict[str, Any]


class SignIn(Protocol):
    """One way to sign in."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may hold."""

    def sign_in(self) -> Access:
        """Get a new access token. Raises ConnectionFailedError where the system refuses."""


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that a person made in the system for this use. It ends only when somebody revokes it."""

    token: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def sign_in(self) -> Access:
        return Access(self.token, {})


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A user of the integration's own, known by client id and secret."""

    token_url: str
    client_id: str
    client_secret: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.client_secret,)

    def sign_in(self) -> Access:
        return _fetched(self, grant_type="client_credentials")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A person's consent, given once. Systems that rotate the token give another with each use: it is kept first."""

    token_url: str
    client_id: str
    client_secret: str
    store: TokenStore

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.client_secret, self.store.first)

    def sign_in(self) -> Access:
        with self.store.held():
            used = self.store.current()
            access = _fetched(self, grant_type="refresh_token", refresh_token=used)
            given = access.answer.get("refresh_token")
            if given is not None and given != used:
                self.store.keep(str(given))
        return access


def _fetched(by: ClientCredentials | RefreshToken, **grant: str) -> Access:
    try:
        with OAuth2Client(by.client_id, by.client_secret, timeout=_SECONDS, **_AUTHENTICATED) as client:
            answer = dict(client.fetch_token(by.token_url, **grant))
    except AuthlibBaseError as error:
        raise ConnectionFailedError(_refused(str(error.error), grant["grant_type"])) from None
    except (httpx.HTTPError, ValueError) as error:
        raise ConnectionFailedError(
            f"signing in: no answer that can be read ({type(error).__name__}); check the address"
        ) from None
    if not answer.get("access_token"):
        raise ConnectionFailedError("signing in: the answer holds no access token")
    return Access(str(answer["access_token"]), answer)


def _refused(code: str, grant: str) -> str:
    if code == "invalid_grant" and grant == "refresh_token":
        return (
            "signing in was refused (invalid_grant): the consent has ended; connect again and set the new refresh token"
        )
    return f"signing in was refused ({code}): check client id, client secret and the rights of the user"
