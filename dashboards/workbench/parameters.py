"""Bound values on their way to the query's process: JSON with the type beside the text, so that decimals stay exact."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dashboards.workbench.errors import QueryRefusedError

Value = None | bool | int | str | Decimal | date | datetime | Sequence["Value"]
Parameters = Mapping[str, Value] | Sequence[Value]


def encode(parameters: Parameters | None) -> Any:
    """As JSON. Mappings bind `$name`, sequences bind `?`. Raises QueryRefusedError for a type that cannot be bound."""
    if parameters is None:
        return None
    if isinstance(parameters, Mapping):
        return {name: _encode(value, where=f"${name}") for name, value in parameters.items()}
    return [_encode(value, where=f"parameter {place}") for place, value in enumerate(parameters, start=1)]


def _encode(value: Value, *, where: str) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"timestamp": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, list | tuple):
        return [_encode(item, where=where) for item in value]
    allowed = "text, int, Decimal, bool, date, datetime, None or a list of these"
    raise QueryRefusedError(f"{where} is a {type(value).__name__}; allowed: {allowed}.")


def decode(content: Any) -> Any:
    """What `encode` was given: a mapping or list of values, or None."""
    if isinstance(content, dict):
        return {name: _decode(value) for name, value in content.items()}
    return _decode(content)


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return _READERS[kind](text)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "timestamp": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def names_in(sql: str) -> tuple[str, ...]:
    """The `$name` of a text, in order, each once; those in strings, quoted names and comments are none."""
    bare = _NO_CODE.sub(" ", sql)
    return tuple(dict.fromkeys(_NAMED.findall(bare)))


def read_value(kind: str, text: str, *, name: str) -> Value:
    """A value typed by a person: text, number, date or truth; empty is null. Raises QueryRefusedError."""
    if kind == "text":
        return text
    typed = text.strip()
    if not typed:
        return None
    try:
        if kind == "number":
            number = Decimal(typed)
            if not number.is_finite():
                raise InvalidOperation
            return int(number) if number == number.to_integral_value() and "." not in typed else number
        if kind == "date":
            return date.fromisoformat(typed)
    except (ValueError, InvalidOperation):
        raise QueryRefusedError(f"${name} is {text[:40]!r}; allowed: {_WRITTEN[kind]}.") from None
    if typed.casefold() not in ("true", "false"):
        raise QueryRefusedError(f"${name} is {text[:40]!r}; allowed: {_WRITTEN['truth']}.")
    return typed.casefold() == "true"


_NO_CODE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$\$.*?\$\$", re.DOTALL)
_NAMED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_WRITTEN = {"number": "a number such as 12.50", "date": "a day such as 2026-06-30", "truth": "true or false"}
