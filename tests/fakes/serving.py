"""Serves a fake on a loopback socket in a thread, so that a cut connection and a slow answer are real ones.

Belongs here: the server, and faults that any system can have. What a system answers is in its own module.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """One answer. `cut`: the connection breaks in the middle of it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    wait: float = 0.0


@dataclass(slots=True)
class Fault:
    """Something that goes wrong: on requests whose path holds `at`, after `after` of them, `times` times."""

    at: str
    change: Callable[[Answer], Answer]
    after: int = 0
    times: int = 1
    instead: bool = False
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        """Whether it is this request's turn."""
        if self.at not in f"{request.method} {request.path}?{request.query}":
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


def status(code: int, body: bytes = b"", **headers: str) -> Callable[[Answer], Answer]:
    """Answer with this status instead."""
    return lambda _: Answer(code, body, {name.replace("_", "-"): value for name, value in headers.items()})


def half(answer: Answer) -> Answer:
    """The first half of the answer, as if it were all of it."""
    return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers)


def cut(answer: Answer) -> Answer:
    """The connection breaks in the middle of the answer."""
    return Answer(answer.status, answer.body, answer.headers, cut=True)


def slow(answer: Answer) -> Answer:
    """The answer comes too late for anybody who waits for a fifth of a second."""
    return Answer(answer.status, answer.body, answer.headers, wait=0.5)


class Fake:
    """What every fake shares: requests counted, faults in turn. `answer` is the system's own."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: list[Fault] = []

    def answer(self, request: Request) -> Answer:
        """What the system says."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _request(scope, receive)
        self.requests.append(request)
        fault = next((fault for fault in self.faults if fault.strikes(request)), None)
        if fault is not None and fault.instead:
            answer = fault.change(Answer(500))
        else:
            answer = self.answer(request)
            if fault is not None:
                answer = fault.change(answer)
        if answer.wait:
            await asyncio.sleep(answer.wait)
        headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        length = (b"content-length", str(len(answer.body) + (1 if answer.cut else 0)).encode())
        await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": answer.body, "more_body": answer.cut})
        if answer.cut:
            # The server closes a connection whose answer stays shorter than it said.
            raise ConnectionResetError


async def _request(scope: Scope, receive: Receive) -> Request:
    from urllib.parse import parse_qsl

    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode())),
        headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
        body=body,
    )


@contextlib.contextmanager
def serving(fake: Fake) -> Iterator[str]:
    """The fake's address for as long as the block lasts."""
    config = uvicorn.Config(
        fake, host="127.0.0.1", port=0, lifespan="off", log_level="critical", date_header=False, server_header=False
    )  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the fake did not start"
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
