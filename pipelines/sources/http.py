"""Asking a system over HTTP: patient where waiting helps, quick to give up where it does not, exact with numbers.

Belongs here: time limits, retries, one new sign-in, the budget of a run, JSON whose numbers keep their digits, secrets
out of messages. Does not: addresses, paging and error words of a particular system.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx2 as httpx
import orjson
import stamina

from pipelines.sources.errors import ConnectionFailedError, SourceError, SourceReadError
from pipelines.sources.sign_in import Access, SignIn

_WAITING_HELPS = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNAUTHORISED = 401
_FIRST_ERROR = 400


class AnswerError(SourceReadError):
    """The system refused a request. `code` is the system's own word where it has one."""

    def __init__(self, message: str, *, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class BudgetError(SourceError):
    """The source has had its share of requests or of waiting for this run. It goes on where it stopped, next time."""


class _TryAgainError(Exception):
    """An answer that another attempt may better. `wait`: what the system asks for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a source may take: per attempt, per request, and in requests and seconds of waiting per run."""

    timeout: float = 60.0
    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    requests: int = 50_000
    waiting: float = 900.0


@dataclass(slots=True)
class ApiSession:
    """One run's conversation with one instance of a system; one request at a time.

    `address` gives the base address from the answer to the sign-in. `complaint` says what an answer complains of, as
    (code, message), or None for one that is fine: systems answer 200 to what went wrong, too. `passes`: whether asking
    again may better an answer, by its status where a system has no words of its own for it. `accept`: for systems that
    answer XML to who does not ask for JSON.
    """

    sign_in: SignIn
    address: Callable[[Access], str]
    complaint: Callable[[httpx.Response], tuple[str, str] | None]
    patience: Patience = field(default_factory=Patience)
    on_answer: Callable[[httpx.Response], None] = lambda _: None
    passes: Callable[[httpx.Response], bool] = lambda answer: answer.status_code in _WAITING_HELPS
    accept: str = "*/*"
    _client: httpx.Client | None = None
    _access: Access | None = None
    _asked: int = 0
    _waited: float = 0.0
    _next_wait: float = 0.0

    def __enter__(self) -> Self:
        self._client = httpx.Client(
            timeout=self.patience.timeout, follow_redirects=False, headers={"Accept": self.accept}
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> httpx.Response:
        """The answer to a GET. Raises AnswerError, BudgetError, ConnectionFailedError."""
        return self.ask("GET", path, **_asked(params))

    def post(
        self,
        path: str,
        content: Any,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to a POST of JSON. Only for requests that may be repeated."""
        return self.ask("POST", path, json=content, headers=dict(headers or {}), **_asked(params))

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request until it is answered, within the patience there is."""
        doing = f"{method} {path.split('?', maxsplit=1)[0]}"
        try:
            for attempt in stamina.retry_context(
                on=lambda error: self._again(error, self._next_wait, doing),
                attempts=self.patience.attempts,
                timeout=None,
                wait_initial=self.patience.first_wait,
                wait_max=self.patience.longest_wait,
                wait_jitter=self.patience.first_wait,
            ):
                with attempt:
                    self._next_wait = attempt.next_wait
                    return self._answered(method, path, request)
        except _TryAgainError as error:
            attempts = self.patience.attempts
            raise ConnectionFailedError(
                self.without_secrets(f"{doing}: no usable answer in {attempts} attempts; the last: {error}")
            ) from None
        raise AssertionError("unreachable: an attempt returns or raises")

    def _answered(self, method: str, path: str, request: Mapping[str, Any]) -> httpx.Response:
        answer = self._send(method, path, request)
        if answer.status_code == _UNAUTHORISED:
            # Once: a token expires in the middle of a run; a user without rights stays without.
            self._access = None
            answer = self._send(method, path, request)
        self._judge(answer)
        return answer

    def _again(self, error: Exception, backoff: float, doing: str) -> bool | float:
        """Whether to try again, and after how many seconds where the system says so."""
        if not isinstance(error, _TryAgainError):
            return False
        wait = backoff if error.wait is None else error.wait
        if self._waited + wait > self.patience.waiting:
            raise BudgetError(
                self.without_secrets(
                    f"{doing}: {error}; {self._waited:.0f} s were waited; the next run goes on from here"
                )
            )
        self._waited += wait
        return True if error.wait is None else wait

    def _send(self, method: str, path: str, request: Mapping[str, Any]) -> httpx.Response:
        assert self._client is not None, "a session is entered before it is used"  # noqa: S101
        if self._access is None:
            self._access = self.sign_in.sign_in()
        if self._asked >= self.patience.requests:
            raise BudgetError(f"{self._asked:,} requests are this run's share; the next run goes on from here")
        self._asked += 1
        url = httpx.URL(self.address(self._access)).join(path)
        headers = {**request.get("headers", {}), "Authorization": f"{self._access.scheme} {self._access.token}"}
        try:
            answer = self._client.request(method, url, **{**request, "headers": headers})
        except httpx.TransportError as error:
            raise _TryAgainError(type(error).__name__) from None
        if answer.status_code < _FIRST_ERROR and _is_cut(answer):
            raise _TryAgainError("an answer that is cut off")
        self.on_answer(answer)
        return answer

    def _judge(self, answer: httpx.Response) -> None:
        """Raise for an answer that cannot be used."""
        if self.passes(answer):
            raise _TryAgainError(f"status {answer.status_code}", _asked_to_wait(answer))
        found = self.complaint(answer)
        if found is None and answer.status_code < _FIRST_ERROR:
            return
        code, message = found or ("", "")
        said = f"{answer.status_code} {code} {message}".strip()[:300]
        if answer.status_code == _UNAUTHORISED:
            raise ConnectionFailedError(self.without_secrets(f"{answer.request.url.path}: refused: {said}"))
        raise AnswerError(
            self.without_secrets(f"{answer.request.url.path}: {said}"), status=answer.status_code, code=code
        )

    def without_secrets(self, text: str) -> str:
        """The text with every secret of this session blotted out."""
        known = [*self.sign_in.secrets, *([self._access.token] if self._access is not None else [])]
        for secret in known:
            if secret:
                text = text.replace(secret, "***")
        return text


def exact_json(answer: httpx.Response) -> Any:
    """The answer's JSON with every number that is no small whole one kept as the digits it came with.

    Such a number is of use only to `json_line`, which writes the same digits again.
    """
    return _DECODER.decode(answer.text)


def json_line(record: Mapping[str, Any]) -> bytes:
    """One record as a line of JSON, its numbers digit for digit as they came."""
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _asked(params: Mapping[str, str | int] | None) -> dict[str, Any]:
    # Left out where there is nothing: an empty mapping takes away what the path itself asks for.
    return {"params": dict(params)} if params else {}


def said_at(answer: httpx.Response) -> datetime:
    """The moment of an answer by the system's own clock. Raises SourceReadError where it does not say."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        raise SourceReadError("the system does not say its time: no upper bound can be set") from None


def _digits(text: str) -> orjson.Fragment:
    return orjson.Fragment(text.encode())


def _whole(text: str) -> int | orjson.Fragment:
    return int(text) if len(text) <= 18 else _digits(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


_DECODER = json.JSONDecoder(parse_float=_digits, parse_int=_whole, parse_constant=_no_number)


def _is_cut(answer: httpx.Response) -> bool:
    """Whether an answer that says it is JSON is not: half of one is what a proxy that gave up leaves."""
    if "json" not in answer.headers.get("content-type", ""):
        return False
    try:
        orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return True
    return False


def _asked_to_wait(answer: httpx.Response) -> float | None:
    """What Retry-After asks for, in seconds: a number or a moment."""
    asked = answer.headers.get("retry-after", "")
    if asked.replace(".", "", 1).isdigit():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
