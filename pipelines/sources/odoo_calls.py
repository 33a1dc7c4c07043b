"""One call to an Odoo database at a time: JSON-2 from Odoo 19 on, JSON-RPC before it, and Odoo's own error words.

Belongs here: how a method of a model is called and what an answer means. Does not: which records are wanted (`odoo`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2 as httpx

from pipelines.sources.errors import ConnectionFailedError
from pipelines.sources.http import ApiSession, exact_json

#: The server's own statuses for a refusal that waiting betters; 500 is its answer to a wrong question, too.
_WAITING_HELPS = frozenset({408, 425, 429, 502, 503, 504})
_SERVER_ERROR = 500
#: Two transactions met: the same call succeeds a moment later.
_COLLISIONS = ("SerializationFailure", "DeadlockDetected", "LockNotAvailable", "ConcurrencyError", "PoolError")
_DENIED = "odoo.exceptions.AccessDenied"


class Calls(Protocol):
    """One way to call methods of models."""

    @property
    def sums_by(self) -> str:
        """The method that adds up a field on the server."""

    def call(self, model: str, method: str, **arguments: Any) -> httpx.Response:
        """The answer to a call. Raises AnswerError, BudgetError, ConnectionFailedError."""

    def result(self, answer: httpx.Response) -> Any:
        """What a call gave, numbers digit for digit."""


@dataclass(slots=True)
class Json2:
    """Odoo 19 and later: an address per method, arguments by name, the key as bearer."""

    session: ApiSession
    database: str
    sums_by: str = "formatted_read_group"

    def call(self, model: str, method: str, **arguments: Any) -> httpx.Response:
        return self.session.post(f"/json/2/{model}/{method}", arguments, headers={"X-Odoo-Database": self.database})

    def result(self, answer: httpx.Response) -> Any:
        return exact_json(answer)


@dataclass(slots=True)
class JsonRpc:
    """Odoo up to 18: one address, the key in place of a password."""

    session: ApiSession
    database: str
    user: str
    key: str
    sums_by: str = "read_group"
    _user_id: int | None = None

    def call(self, model: str, method: str, **arguments: Any) -> httpx.Response:
        if self._user_id is None:
            self._user_id = self._sign_in()
        return self._post("object", "execute_kw", self.database, self._user_id, self.key, model, method, [], arguments)

    def result(self, answer: httpx.Response) -> Any:
        return exact_json(answer)["result"]

    def _sign_in(self) -> int:
        user_id = self._post("common", "login", self.database, self.user, self.key).json()["result"]
        if not user_id:
            raise ConnectionFailedError("signing in was refused: check user, api_key and database")
        return int(user_id)

    def _post(self, service: str, method: str, *arguments: Any) -> httpx.Response:
        params = {"service": service, "method": method, "args": arguments}
        return self.session.post("/jsonrpc", {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})


def complaint(answer: httpx.Response) -> tuple[str, str] | None:
    """What an answer complains of. JSON-RPC says so with status 200. The stack trace beside it is left where it is."""
    found = _error(answer)
    if found is None:
        return None
    name, message = found
    if name == _DENIED:
        raise ConnectionFailedError("signing in was refused (AccessDenied): check user, api_key and database")
    return name, message.splitlines()[0] if message else ""


def passes(answer: httpx.Response) -> bool:
    """Whether asking again may help: not where the server says by name what is wrong with the question."""
    found = _error(answer)
    if found is not None:
        return answer.status_code in _WAITING_HELPS or any(word in found[0] for word in _COLLISIONS)
    return answer.status_code in _WAITING_HELPS or answer.status_code == _SERVER_ERROR


def _error(answer: httpx.Response) -> tuple[str, str] | None:
    if "json" not in answer.headers.get("content-type", ""):
        return None
    content = answer.json() if _may_complain(answer) else None
    if not isinstance(content, Mapping):
        return None
    if isinstance(content.get("error"), Mapping):
        about = content["error"].get("data") or content["error"]
        return str(about.get("name", "")), str(about.get("message", ""))
    if answer.status_code >= httpx.codes.BAD_REQUEST and "name" in content:
        return str(content["name"]), str(content.get("message", ""))
    return None


def _may_complain(answer: httpx.Response) -> bool:
    """A page of records is not parsed once more to see that it is no error."""
    return answer.status_code >= httpx.codes.BAD_REQUEST or b'"error"' in answer.content[:200]
