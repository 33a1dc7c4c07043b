"""Signing in to systems: how an access token is got, and got again when it has expired.

Belongs here: OAuth 2 grants, by authlib. What a refusal of a particular system means is its own module's.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2 as httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from pipelines.sources.errors import ConnectionFailedError
from pipelines.sources.tokens import TokenStore

_SECONDS = 30.0
_AUTHENTICATED = {"token_endpoint_auth_method": "client_secret_post"}
_BY_HEADER = {"token_endpoint_auth_method": "client_secret_basic"}
_UNAUTHENTICATED = {"token_endpoint_auth_method": "none"}
#: An assertion is used at once; it lives long enough for clocks that differ a little.
_ASSERTION_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Access:
    """What a sign-in gave: the token, whatever else the system answered with it, and how the token is presented."""

    token: str
    answer: dict[str, Any]
    scheme: str = "Bearer"


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
    scheme: str = "Bearer"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def sign_in(self) -> Access:
        return Access(self.token, {}, self.scheme)


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
    """A person's consent, given once. Systems that rotate the token give another with each use: it is kept first.

    `by_header`: the client says who it is in the header (HTTP Basic), for systems that do not read it in the form.
    """

    token_url: str
    client_id: str
    client_secret: str
    store: TokenStore
    by_header: bool = False

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


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A user of the integration's own, known by a key pair: a claim signed with PS256 stands for the secret (RFC 7523).

    `key_id` names the public half that the system was given; `private_key` is the other half, as PEM.
    """

    token_url: str
    client_id: str
    key_id: str
    private_key: str
    scopes: tuple[str, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.private_key,)

    @property
    def client_secret(self) -> None:
        return None

    def sign_in(self) -> Access:
        return _fetched(
            self,
            grant_type="client_credentials",
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion=self._assertion(),
        )

    def _assertion(self) -> str:
        issued = int(time.time())
        claims = {
            "iss": self.client_id,
            "aud": self.token_url,
            "scope": list(self.scopes),
            "iat": issued,
            "exp": issued + _ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        try:
            key = RSAKey.import_key(self.private_key)
            return jwt.encode({"alg": "PS256", "kid": self.key_id}, claims, key, algorithms=["PS256"])
        except (JoseError, ValueError, TypeError):
            raise ConnectionFailedError(
                "signing in: the private key cannot be used; it has to be the PEM of an RSA key without a passphrase"
            ) from None


def _fetched(by: ClientCredentials | RefreshToken | ClientAssertion, **grant: str) -> Access:
    way = _UNAUTHENTICATED if by.client_secret is None else _AUTHENTICATED
    if isinstance(by, RefreshToken) and by.by_header:
        way = _BY_HEADER
    try:
        with OAuth2Client(by.client_id, by.client_secret, timeout=_SECONDS, **way) as client:
            answer = dict(client.fetch_token(by.token_url, **grant))
    except AuthlibBaseError as error:
        raise ConnectionFailedError(
            _refused(str(error.error), grant["grant_type"], assertion="client_assertion" in grant)
        ) from None
    except (httpx.HTTPError, ValueError) as error:
        raise ConnectionFailedError(
            f"signing in: no answer that can be read ({type(error).__name__}); check the address"
        ) from None
    if not answer.get("access_token"):
        raise ConnectionFailedError("signing in: the answer holds no access token")
    return Access(str(answer["access_token"]), answer)


def _refused(code: str, grant: str, *, assertion: bool) -> str:
    if code == "invalid_grant" and grant == "refresh_token":
        return (
            "signing in was refused (invalid_grant): the consent has ended; connect again and set the new refresh token"
        )
    if assertion:
        return (
            f"signing in was refused ({code}): check client id, the id of the certificate, that the private key is its"
            " other half, and the rights of the user"
        )
    return f"signing in was refused ({code}): check client id, client secret and the rights of the user"
