"""The door in front of every page and route: who may speak to this server at all, for HTTP and websockets alike.

Without `sign_in` in plumbline.yaml only this machine is answered. With it nothing but the sign-in page, the health
route and the token-protected exports answers a stranger, and every message of an open page is looked at again, so that
a session which has ended is dead at once. What a signed-in reader sees is decided in `access`.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from company.errors import AccessError, SettingsError
from company.roles import find_user
from company.settings import Settings, SignIn, current_settings
from dashboards.access.sessions import COOKIE, Session, Sessions

HEALTH = "/_stcore/health"
OPEN_TO_STRANGERS = (HEALTH, "/login", "/logout", "/oidc/login", "/oidc/callback", "/unsubscribe")
"""Health says `ok` and the sign-in pages say nothing else. The exports under /api/ and the way out of a
report ask for a token of their own."""

HIDDEN = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LOCAL_ONLY = (
    "These pages ask nobody to sign in, so they answer this machine only, and no proxy. To serve them to others, add"
    " `sign_in` to plumbline.yaml; docs/operating.md says how.\n"
)
_CLOSED = 4401
_LOOKUPS = ThreadPoolExecutor(4, "gate")
"""Threads of their own: a flood of guesses or exports must not keep readers waiting at the door."""


def _now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """ASGI middleware. `settings` gives plumbline.yaml as it is now; a broken one leaves the last good one in force."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Callable[[], Settings] = current_settings,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._app, self._settings, self._clock = app, settings, clock
        self._last: Settings | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._last = self._settings()
        except SettingsError:
            if self._last is None:
                await _refuse(scope, receive, send, 503, "plumbline.yaml cannot be read; the server's log says why.\n")
                return
        if self._last.sign_in is None:
            await self._locally(scope, receive, send)
        else:
            await self._signed_in(self._last, self._last.sign_in, scope, receive, send)

    async def _locally(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        client = scope.get("client")
        is_proxied = "x-forwarded-for" in headers or "forwarded" in headers
        if is_proxied or not _is_loopback(client[0] if client else "") or not _is_local_host(headers.get("host", "")):
            await _refuse(scope, receive, send, 403, LOCAL_ONLY)
        elif not _same_origin(scope, headers, own=None, required=False):
            await _refuse(scope, receive, send, 403, "This was asked for by a page of another site.\n")
        elif scope["path"].startswith(HIDDEN):
            await _refuse(scope, receive, send, 404, "Not found\n")
        else:
            await self._app(scope, receive, send)

    async def _signed_in(self, settings: Settings, sign_in: SignIn, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], Headers(scope=scope)
        if path.startswith(HIDDEN):
            await _refuse(scope, receive, send, 404, "Not found\n")
            return
        own = urlsplit(sign_in.address)
        if path != HEALTH and headers.get("host", "") != own.netloc:
            await _refuse(scope, receive, send, 400, "This is not the address of these pages.\n")
            return
        # Looks at no cookie, so no other site can lend itself a reader's; a mail program comes from nowhere.
        token_alone = path.startswith("/api/") or path == "/unsubscribe"
        if not token_alone and not _same_origin(
            scope, headers, own=sign_in.address, required=scope["type"] == "websocket" or _changes(scope)
        ):
            await _refuse(scope, receive, send, 403, "This was asked for by a page of another site.\n")
            return
        if path in OPEN_TO_STRANGERS or token_alone:
            await self._app(scope, receive, send)
            return
        cookie = cookie_of(headers)
        if await self._look_up(settings, sign_in, cookie) is None:
            if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", "*/*"):
                asked = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
                await RedirectResponse(f"/login?next={quote(asked, safe='')}", 303)(scope, receive, send)
            else:
                await _refuse(scope, receive, send, 401, "Sign in first.\n")
            return
        if scope["type"] == "http":
            await self._app(scope, receive, send)
            return

        async def looked_at() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                now = self._current(settings)
                if now.sign_in is None or not await self._look_up(now, now.sign_in, cookie):
                    await send({"type": "websocket.close", "code": _CLOSED, "reason": "signed out"})
                    return {"type": "websocket.disconnect", "code": _CLOSED}
            return message

        await self._app(scope, looked_at, send)

    def _current(self, before: Settings) -> Settings:
        try:
            return self._settings()
        except SettingsError:
            return before

    async def _look_up(self, settings: Settings, sign_in: SignIn, cookie: str) -> Session | None:
        return await asyncio.get_running_loop().run_in_executor(_LOOKUPS, self._reader, settings, sign_in, cookie)

    def _reader(self, settings: Settings, sign_in: SignIn, cookie: str) -> Session | None:
        session = Sessions(settings.folders, sign_in).find(cookie, now=self._clock()) if cookie else None
        if session is None:
            return None
        try:
            find_user(settings, session.email)
        except AccessError:
            return None
        return session


def cookie_of(headers: Headers) -> str:
    """The session cookie of a request; empty where there is none or the header is no cookie header."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _same_origin(scope: Scope, headers: Headers, *, own: str | None, required: bool) -> bool:
    """Whether a request comes from these pages. Only websockets and what changes something are asked."""
    if scope["type"] == "http" and not _changes(scope):
        return True
    origin = headers.get("origin")
    if origin is None:
        return not required
    if own is not None:
        return origin == own
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == headers.get("host")


def _changes(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_local_host(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in LOCAL_HOSTS
    except ValueError:
        return False


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _CLOSED})
        return
    response: Response = PlainTextResponse(text, status, headers={"cache-control": "no-store"})
    await response(scope, receive, send)
