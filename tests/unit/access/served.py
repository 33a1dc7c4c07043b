"""The server's door without a network: requests and websocket messages handed straight to the app, and its answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message

ADDRESS = "https://numbers.example.com"
HOST = "numbers.example.com"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def cookie(self) -> str:
        """The session cookie that the answer sets; empty where it sets none."""
        set_cookie = self.headers.get("set-cookie", "")
        return set_cookie.split(";")[0].partition("=")[2] if set_cookie.startswith("plumbline_session=") else ""


@dataclass
class Browser:
    """Speaks to one app as one browser does: keeps the session cookie, says where it is."""

    app: ASGIApp
    cookie: str = ""
    host: str = HOST
    origin: str | None = ADDRESS
    client: str = "203.0.113.7"
    more: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        body = urlencode(form or {}).encode()
        sent = {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body)), **headers}
        return self._ask("POST", path, body, sent)

    def sign_in(self, email: str, password: str, wanted: str = "/") -> Answer:
        answer = self.post("/login", {"email": email, "password": password, "next": wanted})
        self.cookie = answer.cookie or self.cookie
        return answer

    def open(self, messages: Iterable[Any] = (), path: str = "/_stcore/stream") -> list[Message]:
        """Open a websocket, send messages (a callable is called instead), and give back all that the server sent."""
        return asyncio.run(self._socket(path, list(messages)))

    def _headers(self, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        named = {"host": self.host, "accept": "text/html", **self.more}
        if self.origin is not None:
            named["origin"] = self.origin
        if self.cookie:
            named["cookie"] = f"plumbline_session={self.cookie}"
        named |= {name.replace("_", "-"): value for name, value in more.items()}
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]

    def _scope(self, kind: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        plain, _, query = path.partition("?")
        return {
            "type": kind,
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "https" if kind == "http" else "wss",
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": self._headers(headers),
            "client": (self.client, 40000),
            "server": (self.host, 443),
            "subprotocols": [],
            "state": {},
        }

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        async def run() -> Answer:
            sent: list[Message] = []
            waiting = [{"type": "http.request", "body": body, "more_body": False}]

            async def receive() -> Message:
                return waiting.pop(0) if waiting else {"type": "http.disconnect"}

            async def send(message: Message) -> None:
                sent.append(message)

            await self.app({**self._scope("http", path, headers), "method": method}, receive, send)
            start = next(m for m in sent if m["type"] == "http.response.start")
            found: dict[str, str] = {}
            for name, value in start["headers"]:  # a header that comes twice, as Set-Cookie does, is one text here
                key = name.decode().lower()
                found[key] = f"{found[key]}; {value.decode('latin-1')}" if key in found else value.decode("latin-1")
            content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
            return Answer(start["status"], found, content)

        return asyncio.run(run())

    async def _socket(self, path: str, messages: list[Any]) -> list[Message]:
        sent: list[Message] = []
        waiting: list[Any] = ["connect", *messages]

        async def receive() -> Message:
            while waiting and callable(waiting[0]):
                waiting.pop(0)()
            if not waiting:
                return {"type": "websocket.disconnect", "code": 1000}
            text = waiting.pop(0)
            return {"type": "websocket.connect"} if text == "connect" else {"type": "websocket.receive", "text": text}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(self._scope("websocket", path, {}), receive, send)
        return sent


def another_signature(signed: str) -> str:
    """What was signed with the first letter of its signature changed: of the last one some bits stand for nothing."""
    text, _, signature = signed.rpartition(".")
    return f"{text}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


async def pages(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Stands for Streamlit: answers every path, repeats every message."""
    if scope["type"] == "http":
        body = json.dumps({"path": scope["path"]}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
