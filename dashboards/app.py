"""The server of the pages: one ASGI app around the entry script, compressed, with closing security headers.

Started by `streamlit run dashboards/app.py`; `serve_command` says how. Pages and navigation are in `entry.py`, the door
in `gate.py`, sign-in in `signin.py`, the way out of a report in `unsubscribe.py`, exports in `api.py`.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from company.settings import Settings, current_settings
from dashboards import api
from dashboards.access import signin
from dashboards.access.gate import LOCAL_HOSTS, Gate
from dashboards.access.sessions import check_secret
from dashboards.reports import unsubscribe

HERE = Path(__file__).resolve().parent

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    # Streamlit's own pages set styles inline and start workers from blobs; nothing is loaded from another host.
    b"content-security-policy": (
        b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
        b" script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; connect-src 'self';"
        b" frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
}


class ServerRefusedError(Exception):
    """The server would be open to people whom it does not know. It does not start."""


def check_start(settings: Settings, address: str) -> None:
    """Refuse to serve others without sign-in, or with a secret that can be guessed.

    Raises ServerRefusedError or WeakSecretError.
    """
    if settings.sign_in is not None:
        check_secret(settings.sign_in)
    elif address not in LOCAL_HOSTS:
        raise ServerRefusedError(
            f"the pages ask nobody to sign in, so they listen on 127.0.0.1 and not on {address or 'every address'}; add"
            " `sign_in` to plumbline.yaml first (docs/operating.md)"
        )


class ClosingHeaders:
    """Adds the security headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((n, v) for n, v in HEADERS.items() if n not in present)]
            await send(message)

        await self.app(scope, receive, send_closed if scope["type"] == "http" else send)


def serve_command(*, port: int, address: str = "127.0.0.1") -> list[str]:
    """The command that serves the pages. Its working folder is the project's root, whose .streamlit/ has the look.

    The child finds the company by PLUMBLINE_CONFIG and PLUMBLINE_DATA, as every command does.
    """
    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(HERE / "app.py"),
        f"--server.port={port}",
        f"--server.address={address}",
        "--server.headless=true",
    ]


@asynccontextmanager
async def _checked(_: Any) -> AsyncIterator[None]:
    # Also for whoever starts Streamlit or another ASGI server directly.
    check_start(current_settings(), str(st.get_option("server.address") or ""))
    yield


async def _front(request: Request) -> RedirectResponse:
    # Streamlit knows its first page by no name and would say that there is none; people type it and keep it as a link.
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}")


app = st.App(
    HERE / "entry.py",
    routes=[*signin.routes(), *unsubscribe.routes(), *api.routes(), Route("/overview", _front)],
    lifespan=_checked,
    # Streamlit serves its scripts as they are; compressed, the first page is under 2 MB instead of over 9. The headers
    # come first, so that what the door refuses carries them too.
    middleware=[Middleware(ClosingHeaders), Middleware(Gate), Middleware(GZipMiddleware, minimum_size=1024)],
)
