"""Turns pydantic's faults into one line each: path, what was found, what is allowed. Knows no particular setting."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a setting may be, in a person's words. Stands in the field's annotation."""

    text: str


def fault_lines(
    error: ValidationError, model: type[BaseModel], content: Mapping[str, Any], *, hidden: Mapping[Place, str]
) -> list[str]:
    """One line per setting that is wrong. `hidden`: settings filled from the environment, whose value is not shown."""
    lines: dict[str, None] = {}
    for detail in error.errors():
        for line in _lines(detail, model, content, hidden):
            lines[line] = None
    return list(lines)


def _lines(
    detail: ErrorDetails, model: type[BaseModel], content: Mapping[str, Any], hidden: Mapping[Place, str]
) -> Iterator[str]:
    place = _place_in(content, detail["loc"])
    if not detail["loc"]:
        # Raised over several settings: each line already names its own.
        yield from detail["msg"].removeprefix("Value error, ").splitlines()
        return
    path = ".".join(map(str, place))
    kind = detail["type"]
    if kind == "extra_forbidden":
        yield _unknown_key(path, place, model)
        return
    if detail["loc"][-1] == "[key]":
        yield f"{path}: found the name {detail['input']!r}; allowed: {_allowed_key(model, place)}"
        return
    allowed = allowed_at(model, place)
    if kind == "missing":
        missing = (*_place_in(content, detail["loc"][:-1]), detail["loc"][-1])
        yield f"{'.'.join(map(str, missing))}: missing; allowed: {allowed_at(model, missing) or 'a value'}"
        return
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        yield _wrong_tag(path, detail)
        return
    if detail["msg"].startswith("Value error, found "):
        yield f"{path}: {detail['msg'].removeprefix('Value error, ')}"
        return
    yield f"{path}: found {_found(place, content, model, hidden)}; allowed: {allowed or detail['msg']}"


def _place_in(content: Any, loc: Sequence[str | int]) -> Place:
    # pydantic adds the names of union members and of tuples; keep only steps that lead somewhere in the file.
    place: list[str | int] = []
    here = content
    for step in loc:
        if _leads_on(here, step):
            here = here[step]
            place.append(step)
    return tuple(place)


def _leads_on(here: Any, step: str | int) -> bool:
    if isinstance(here, Mapping):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and step < len(here)


def _found(place: Place, content: Any, model: type[BaseModel], hidden: Mapping[Place, str]) -> str:
    for depth in range(len(place), 0, -1):
        if place[:depth] in hidden:
            return f"the value of {hidden[place[:depth]]}"
    if SecretStr in set(_types_at(model, place)):
        return "a value that is not shown"
    value = content
    for step in place:
        value = value[step]
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value) if hasattr(value, "isoformat") else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong_tag(path: str, detail: ErrorDetails) -> str:
    """The setting that says which of several shapes a mapping has, left out or with a value that none of them has."""
    context = detail.get("ctx", {})
    key = str(context.get("discriminator", "kind")).strip("'")
    if "expected_tags" in context:
        allowed = str(context["expected_tags"]).replace("'", "")
        return f"{path}.{key}: found {context.get('tag')!r}; allowed: {allowed}"
    return f"{path}.{key}: missing; it says what the other settings mean"


def _unknown_key(path: str, place: Place, model: type[BaseModel]) -> str:
    known = [
        name
        for kind in _types_at(model, place[:-1])
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
        if not field.exclude
    ]
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"allowed here: {', '.join(dict.fromkeys(known))}"
    return f"{path}: unknown setting; {hint}"


def allowed_at(model: type[BaseModel], place: Sequence[str | int]) -> str | None:
    """The `Allowed` text of the setting at this place, or None where it has none."""
    texts = [note for note in _walk(model, tuple(place)) if isinstance(note, str)]
    return texts[0] if texts else None


def _allowed_key(model: type[BaseModel], place: Place) -> str:
    for mapping in _types_at(model, place[:-1]):
        texts = [note for note in _walk(get_args(mapping)[0], ()) if isinstance(note, str)] if get_args(mapping) else []
        if texts:
            return texts[0]
    return "another name"


def _types_at(model: type[BaseModel], place: Place) -> list[Any]:
    return [note for note in _walk(model, place) if not isinstance(note, str)]


def _walk(annotation: Any, place: Place) -> Iterator[Any]:
    """Types and allowed texts (str) at a place below an annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *notes = get_args(annotation)
        if not place:
            yield from (note.text for note in notes if isinstance(note, Allowed))
        yield from _walk(inner, place)
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _walk(member, place)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not place:
            yield annotation
        elif (field := annotation.model_fields.get(str(place[0]))) is not None:
            if len(place) == 1:
                yield from (note.text for note in field.metadata if isinstance(note, Allowed))
                extra = field.json_schema_extra
                if isinstance(extra, dict) and "allowed" in extra:
                    yield str(extra["allowed"])
            yield from _walk(field.annotation, place[1:])
    elif not place:
        yield annotation
    elif origin is not None and (members := get_args(annotation)):
        inner = members[-1] if members[-1] is not Ellipsis else members[0]
        yield from _walk(inner, place[1:])
