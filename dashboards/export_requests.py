"""What a request for an export says, and what is answered where it cannot be met.

Belongs here: token, name, format and parameters of an address; errors as HTTP statuses. Does not: rows (`api`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date
from typing import cast

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dashboards.exports import Format
from dashboards.metrics import MetricError
from dashboards.workbench.errors import QueryFailedError, QueryLimitError, QueryQueueError, QueryRefusedError

FORMS: tuple[Format, ...] = ("csv", "parquet", "arrow", "xlsx", "json")


class ExportError(Exception):
    """An export that ends in a status and a sentence; no row left the house."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def token_of(header: str) -> str:
    """The token of an Authorization header: Bearer, or the password of Basic; empty where there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.casefold() == "bearer":
        return value.strip()
    if scheme.casefold() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def name_and_form(name: str) -> tuple[str, Format]:
    """What is asked for and as which file: `net_revenue.csv`. Raises ExportError."""
    stem, _, form = name.rpartition(".")
    if form not in FORMS or not stem:
        raise ExportError(404, f"End the address in one of {', '.join('.' + f for f in FORMS)}.\n")
    return stem, cast(Format, form)


def values_of(request: Request) -> dict[str, list[str]]:
    """Every value of every parameter of the address."""
    found: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        found.setdefault(key, []).append(value)
    return found


def check_known(values: Mapping[str, list[str]], names: tuple[str, ...]) -> None:
    """Refuse a parameter that this route does not have. Raises ExportError."""
    # A filter that is not understood and left out would give more rows than asked for.
    unknown = [name for name in values if name not in names]
    if unknown:
        raise ExportError(400, f"{unknown[0][:60]!r} is not known here; allowed: {', '.join(names) or 'nothing'}\n")


def limit_of(values: Mapping[str, list[str]]) -> int:
    """How many rows are asked for. Raises ExportError."""
    text = values["limit"][0]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ExportError(400, f"limit is {text[:40]!r}; allowed: a whole number\n")
    return int(text)


def day_of(values: Mapping[str, list[str]], name: str) -> date | None:
    """A day of the address, None where it has none. Raises ExportError."""
    text = values.get(name, [None])[0]
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ExportError(400, f"{name} is {text!r}; allowed: a day such as 2026-06-30\n") from None


def status_of(error: Exception) -> int:
    """The HTTP status that an error of ours is."""
    if isinstance(error, QueryFailedError) and str(error).startswith("There is no table"):
        return 404
    kinds = ((QueryRefusedError, 400), (QueryFailedError, 400), (QueryLimitError, 413), (QueryQueueError, 503))
    return next(
        (status for kind, status in kinds if isinstance(error, kind)), 400 if isinstance(error, MetricError) else 503
    )


def failed(status: int, text: str) -> Response:
    """An answer without rows."""
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="Plumbline export"'
    if status == 503:
        headers["retry-after"] = "60"
    return PlainTextResponse(text, status, headers=headers)
