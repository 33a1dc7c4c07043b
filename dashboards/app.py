"""The server of the pages: one ASGI app around the entry script, compressed, with closing security headers.

Started by `streamlit run dashboards/app.py`; `serve_command` says how. Pages and navigation are in `entry.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HERE = Path(__file__).resolve().parent

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    # Streamlit's own pages set styles inline and start workers from blobs; nothing is loaded from another host.
    b"content-security-policy": (
        b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
        b" script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; connect-src 'self' ws: wss:;"
        b" frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
}


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


app = st.App(
    HERE / "entry.py",
    # Streamlit serves its scripts as they are; compressed, the first page is under 2 MB instead of over 9.
    middleware=[Middleware(GZipMiddleware, minimum_size=1024), Middleware(ClosingHeaders)],
)
