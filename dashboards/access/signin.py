"""The sign-in pages: a form for local users, a way through the company's identity provider, and the way out.

Plain HTML without a script: it is all that a stranger gets to see. Sessions are kept in `sessions`, passwords in
`accounts`; whether a request may come here at all is decided in `gate`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any

from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]
from httpx2 import HTTPError
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from company.errors import AccessError
from company.roles import User, find_user
from company.settings import IdentityProvider, Settings, SignIn, current_settings
from dashboards.access import audit
from dashboards.access.accounts import AccountError, Accounts, named
from dashboards.access.gate import cookie_of
from dashboards.access.plain_page import page
from dashboards.access.sessions import COOKIE, LONGEST_SESSION, Sessions, forgive, may_try

WRONG = "This address and password do not go together."
TOO_MANY = "Too many attempts. Wait a quarter of an hour, or ask an administrator for a new password."
UNKNOWN = "Your company account is known, but plumbline.yaml lists no user with its address. Ask an administrator."
UNREACHABLE = "The company's sign-in does not answer as it should. Try again in a moment."

_LONGEST_FORM = 20_000
_GUESSES = ThreadPoolExecutor(2, "sign-in")
_PROVIDER_FAULTS = (OAuthError, JoseError, HTTPError, ValueError, KeyError, RuntimeError)
"""How the provider's silence, refusal, or a token that is not for this sign-in reach us: none lets anybody in."""


def _now() -> datetime:
    return datetime.now(UTC)


def routes(
    settings: Callable[[], Settings] = current_settings, clock: Callable[[], datetime] = _now
) -> Sequence[Route | Mount]:
    """The routes of sign-in and sign-out. They answer nothing where plumbline.yaml has no `sign_in`."""
    pages = SignInPages(settings, clock)
    return [
        Route("/login", pages.login, methods=["GET", "POST"]),
        Route("/logout", pages.logout, methods=["GET", "POST"]),
        Route("/oidc/login", pages.to_provider, methods=["GET"]),
        Route("/oidc/callback", pages.from_provider, methods=["GET"]),
    ]


class SignInPages:
    """The four pages. Every way in and every refusal is a row of the audit log."""

    def __init__(self, settings: Callable[[], Settings], clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock

    async def login(self, request: Request) -> Response:
        """GET shows the form; POST checks an address and a password."""
        settings = self._settings()
        sign_in = settings.sign_in
        if sign_in is None:
            return RedirectResponse("/", 303)
        wanted = own_path(request.query_params.get("next", "/"))
        if request.method == "GET":
            return page(_form(settings, sign_in, wanted))
        if not sign_in.passwords or int(request.headers.get("content-length") or _LONGEST_FORM + 1) > _LONGEST_FORM:
            return page(_form(settings, sign_in, wanted, said=WRONG), 400)
        form = await request.form(max_files=0, max_fields=5)
        email, password = str(form.get("email", "")), str(form.get("password", ""))
        wanted = own_path(str(form.get("next", "/")))
        said = await asyncio.get_running_loop().run_in_executor(
            _GUESSES, self._try_password, settings, email, password, _address(request)
        )
        if said:
            return page(_form(settings, sign_in, wanted, said=said), 429 if said == TOO_MANY else 401)
        return await asyncio.to_thread(self._let_in, settings, named(email), "password", wanted, request=request)

    async def logout(self, request: Request) -> Response:
        """GET asks, POST ends the session: a picture on another site must not sign anybody out."""
        settings = self._settings()
        if settings.sign_in is None:
            return RedirectResponse("/", 303)
        if request.method == "GET":
            return page('<h1>Sign out</h1><form method="post" action="/logout"><button>Sign out</button></form>')
        sessions, cookie = Sessions(settings.folders, settings.sign_in), cookie_of(request.headers)
        session = await asyncio.to_thread(sessions.find, cookie, now=self._clock())
        if session is not None:
            sessions.end(cookie, now=self._clock())
            audit.record(settings.folders, audit.Event(self._clock(), session.email, "sign_out"))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_is_secure(settings.sign_in))
        return response

    async def to_provider(self, _: Request) -> Response:
        """Send the reader to the identity provider, with state, nonce and PKCE kept in a signed cookie."""
        sign_in = self._settings().sign_in
        if sign_in is None or sign_in.oidc is None:
            return RedirectResponse("/login", 303)
        return self._with_flow(sign_in, sign_in.oidc, self._redirect)

    async def from_provider(self, _: Request) -> Response:
        """Take the provider's answer, check it, and let in whom plumbline.yaml lists."""
        sign_in = self._settings().sign_in
        if sign_in is None or sign_in.oidc is None:
            return RedirectResponse("/login", 303)
        return self._with_flow(sign_in, sign_in.oidc, self._callback)

    async def _redirect(self, sign_in: SignIn, client: Any, request: Request) -> Response:
        request.session["next"] = own_path(request.query_params.get("next", "/"))
        try:
            found: Response = await client.authorize_redirect(request, f"{sign_in.address}/oidc/callback")
        except _PROVIDER_FAULTS:
            return page(_form(self._settings(), sign_in, "/", said=UNREACHABLE), 502)
        return found

    async def _callback(self, sign_in: SignIn, client: Any, request: Request) -> Response:
        settings, wanted = self._settings(), own_path(str(request.session.get("next", "/")))
        try:
            answer = await client.authorize_access_token(request)
            claims = dict(answer.get("userinfo") or {})
        except _PROVIDER_FAULTS as error:
            self._refused(settings, "", f"oidc: {type(error).__name__}", _address(request))
            return page(_form(settings, sign_in, wanted, said=UNREACHABLE), 401)
        request.session.clear()
        email = str(claims.get("email", ""))
        try:
            # An address that the provider has not verified is what its owner typed.
            user = self._listed(settings, email) if claims.get("email_verified") is True else None
        except (AccessError, AccountError):
            user = None
        if user is None or Accounts(settings.folders).is_disabled(user.email):
            self._refused(settings, email, "oidc: not listed, not verified or shut out", _address(request))
            return page(_form(settings, sign_in, wanted, said=UNKNOWN), 403)
        return await asyncio.to_thread(self._let_in, settings, user.email, "oidc", wanted, request=request)

    def _with_flow(self, sign_in: SignIn, provider: IdentityProvider, step: Callable[..., Any]) -> Response:
        client = _client(provider)

        async def run(scope: Any, receive: Any, send: Any) -> None:
            response = await step(sign_in, client, Request(scope, receive))
            await response(scope, receive, send)

        flow = SessionMiddleware(
            run,
            secret_key=hashlib.sha256(b"oidc\0" + sign_in.secret.get_secret_value().encode()).hexdigest(),
            session_cookie="plumbline_oidc",
            max_age=600,
            path="/oidc",
            same_site="lax",
            https_only=_is_secure(sign_in),
        )
        return _Wrapped(flow)

    def _try_password(self, settings: Settings, email: str, password: str, address: str) -> str:
        """Empty where the password is right and plumbline.yaml lists the person; else what to tell them."""
        try:
            name = named(email)
        except AccountError:
            name = email.casefold()[:200]
        if not may_try(settings.folders, email=name, address=address, now=self._clock()):
            self._refused(settings, name, "too many attempts", address)
            return TOO_MANY
        is_right = Accounts(settings.folders).check_password(name, password)
        try:
            self._listed(settings, email)
        except (AccessError, AccountError):
            is_right = False
        if not is_right:
            self._refused(settings, name, "wrong password or unknown", address)
            return WRONG
        forgive(settings.folders, email=name, address=address)
        return ""

    def _listed(self, settings: Settings, email: str) -> User:
        return find_user(settings, named(email))

    def _let_in(self, settings: Settings, email: str, way: str, wanted: str, *, request: Request) -> Response:
        sign_in = settings.sign_in
        if sign_in is None:
            return RedirectResponse("/", 303)
        now = self._clock()
        sessions = Sessions(settings.folders, sign_in)
        sessions.end(cookie_of(request.headers), now=now)
        audit.record(
            settings.folders, audit.Event(now, email, "sign_in", subject=way, detail={"address": _address(request)})
        )
        response = RedirectResponse(wanted, 303)
        response.set_cookie(
            COOKIE,
            sessions.begin(email.casefold(), way, now=now),
            max_age=int(LONGEST_SESSION.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=_is_secure(sign_in),
        )
        return response

    def _refused(self, settings: Settings, email: str, why: str, address: str) -> None:
        event = audit.Event(self._clock(), email[:200], "sign_in", outcome=why, detail={"address": address})
        audit.record(settings.folders, event)


class _Wrapped(Response):
    """An ASGI app given back as a response."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


def own_path(text: str) -> str:
    """A path of these pages; the first page for anything that could lead to another site."""
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if is_own and not text.startswith(("/login", "/logout", "/oidc")) else "/"


@lru_cache(maxsize=4)
def _client(provider: IdentityProvider) -> Any:
    # Kept, so that the provider's keys are asked for once and not at every sign-in.
    registry = OAuth()
    registry.register(
        "provider",
        client_id=provider.client_id,
        client_secret=provider.client_secret.get_secret_value(),
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
    )
    return registry.create_client("provider")


def _form(settings: Settings, sign_in: SignIn, wanted: str, *, said: str = "") -> str:
    parts = [f"<h1>{escape(settings.company.name)}</h1>"]
    if said:
        parts.append(f'<p class="said" role="alert">{escape(said)}</p>')
    if sign_in.passwords:
        parts.append(
            '<form method="post" action="/login"><label for="email">E-mail</label>'
            '<input id="email" name="email" type="email" autocomplete="username" required autofocus>'
            '<label for="password">Password</label>'
            '<input id="password" name="password" type="password" autocomplete="current-password" required>'
            f'<input type="hidden" name="next" value="{escape(wanted)}"><button>Sign in</button></form>'
        )
    if sign_in.oidc is not None:
        label = escape(f"Sign in with your {sign_in.oidc.name}")
        parts.append(f'<a class="button" href="/oidc/login?next={escape(wanted)}">{label}</a>')
    return "".join(parts)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _is_secure(sign_in: SignIn) -> bool:
    return sign_in.address.startswith("https://")
