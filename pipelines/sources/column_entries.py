"""One column's entry in a mapping file: its short and long forms, and every fault they can have.

Belongs here: what may stand to the right of a canonical column's name. The entry around it is read by `mapping_file`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ruamel.yaml.comments import CommentedMap

from pipelines.canonical import Column, nearest
from pipelines.sources.mapping import NUMBER_KINDS, MappedColumn

#: Takes note of a fault: the YAML node and key it stands at, the place in words, what is wrong.
Fault = Callable[[Any, Any, str, str], None]
_KEYS = ("column", "join", "with", "constant", "values", "scale", "format", "negate", "keep", "binary", "optional")
_NUMBER_OPTIONS = ("scale", "negate", "keep", "binary")
#: What DuckDB's strptime reads; a typing error in a format would otherwise quarantine a whole column.
_DIRECTIVES = frozenset("aAbBdmyYHIMSfgpzZj%")


def read_column(holder: CommentedMap, key: str, place: str, target: Column, *, fault: Fault) -> MappedColumn | None:
    """The entry of one canonical column. None where a fault leaves nothing to read."""
    value = holder[key]
    if not isinstance(value, CommentedMap):
        if value is None or isinstance(value, list | bool):
            fault(holder, key, place, "allowed: a header, or {column: header, ...}, {constant: ...}, {join: ...}")
            return None
        return MappedColumn(target, headers=(str(value),))
    check_keys(value, _KEYS, place, fault=fault)
    sources = [name for name in ("column", "join", "constant") if name in value]
    if len(sources) != 1:
        fault(holder, key, place, "needs exactly one of column, join and constant")
        return None
    _check_options(value, place, target, fault)
    if sources == ["constant"]:
        _check_fits(value, "constant", f"{place}.constant", target, fault)
        return MappedColumn(target, constant=cell_text(value["constant"]))
    if sources == ["join"]:
        parts = value["join"]
        if not isinstance(parts, list) or len(parts) < 2 or target.data_type != "varchar":
            fault(value, "join", f"{place}.join", "allowed: two or more headers, for a column of text")
            return None
        headers = tuple(cell_text(part) for part in parts)
    else:
        headers = (cell_text(value["column"]),)
    return MappedColumn(
        target,
        headers=headers,
        separator=cell_text(value.get("with", "-")) if sources == ["join"] else None,
        values=_values(value, place, target, fault),
        scale=_scale(value, place, fault),
        format=str(value["format"]) if "format" in value else None,
        negate=bool(value.get("negate", False)),
        keep="positive" if value.get("keep") == "positive" else None,
        binary=bool(value.get("binary", False)),
        optional=bool(value.get("optional", False)),
    )


def check_keys(holder: CommentedMap, allowed: tuple[str, ...], place: str, *, fault: Fault) -> None:
    """Note every key that is not allowed, with the nearest one that is."""
    for key in holder:
        if key not in allowed:
            near = nearest(str(key), allowed)
            hint = f"did you mean {near}?" if near else f"allowed: {', '.join(allowed)}"
            fault(holder, key, f"{place}.{key}".lstrip("."), f"unknown key; {hint}")


def check_date_format(holder: Any, key: str, place: str, value: object, *, fault: Fault) -> None:
    """Note a date format that no date could be read with."""
    text = str(value)
    used = re.findall(r"%-?(.)", text)
    unknown = [directive for directive in used if directive not in _DIRECTIVES]
    if unknown or not {"d", "j"} & set(used) or not {"y", "Y"} & set(used):
        why = f"%{unknown[0]} is not known" if unknown else "it needs a day and a year"
        fault(holder, key, place, f'found {text!r}: {why}; allowed: a format such as "%d.%m.%Y"')


def cell_text(value: Any) -> str:
    """A YAML scalar as the text a cell would hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def line_of(holder: Any, key: Any) -> int | None:
    """The line of a key in its YAML file, counted from 1."""
    position = getattr(holder, "lc", None)
    if position is None or not position.data:
        return None
    found = position.data.get(key)
    return int(found[0]) + 1 if found else int(position.line) + 1


def _check_options(value: CommentedMap, place: str, target: Column, fault: Fault) -> None:
    for option in _NUMBER_OPTIONS:
        if option in value and target.kind not in NUMBER_KINDS:
            fault(value, option, f"{place}.{option}", f"only for numbers; {target.name} is {target.kind}")
        if option in value and "values" in value:
            fault(value, option, f"{place}.{option}", "does not go with values: write the numbers wanted there")
    for option in ("values", "format", "optional", *_NUMBER_OPTIONS):
        if option in value and "constant" in value:
            fault(value, option, f"{place}.{option}", "a constant takes no other key")
    if "format" in value:
        if target.kind not in ("date", "at"):
            fault(value, "format", f"{place}.format", f"only for dates; {target.name} is {target.kind}")
        check_date_format(value, "format", f"{place}.format", value["format"], fault=fault)
    if value.get("keep") not in (None, "positive"):
        fault(value, "keep", f"{place}.keep", "allowed: positive (a negative number becomes 0)")
    for option in ("negate", "binary", "optional"):
        if not isinstance(value.get(option, False), bool):
            fault(value, option, f"{place}.{option}", "allowed: true or false")
    if value.get("optional") and not target.nullable:
        fault(value, "optional", f"{place}.optional", f"{target.name} may not be empty")


def _values(value: CommentedMap, place: str, target: Column, fault: Fault) -> dict[str, str | None] | None:
    if "values" not in value:
        return None
    choices = value["values"]
    if not isinstance(choices, CommentedMap) or not choices:
        fault(value, "values", f"{place}.values", "allowed: {text in the file: value wanted}")
        return None
    read: dict[str, str | None] = {}
    for found, wanted in choices.items():
        read[cell_text(found)] = None if wanted is None else cell_text(wanted)
        where = f"{place}.values.{found}"
        if wanted is not None:
            _check_fits(choices, found, where, target, fault)
        elif not target.nullable:
            fault(choices, found, where, f"{target.name} may not be empty")
    return read


def _scale(value: CommentedMap, place: str, fault: Fault) -> Decimal | None:
    if "scale" not in value:
        return None
    try:
        scale = Decimal(str(value["scale"]))
    except InvalidOperation:
        scale = Decimal("NaN")
    if isinstance(value["scale"], bool) or not scale.is_finite() or scale == 0 or _too_long(scale):
        fault(value, "scale", f"{place}.scale", f"found {value['scale']!r}; allowed: a factor such as 0.01")
        return None
    return scale


def _too_long(scale: Decimal) -> bool:
    # Twelve digits, eight of them decimals: the product with any readable number stays within DECIMAL(38).
    exponent = scale.normalize().as_tuple().exponent
    return not isinstance(exponent, int) or exponent < -8 or abs(scale) >= 10_000


def _check_fits(holder: CommentedMap, key: Any, place: str, target: Column, fault: Fault) -> None:
    text, fits = cell_text(holder[key]), True
    if target.data_type == "boolean":
        fits = text.lower() in ("true", "false")
    elif target.kind in NUMBER_KINDS:
        decimals = rf"(\.\d{{1,{target.scale}}})?" if target.scale else ""
        fits = re.fullmatch(r"-?\d{1,9}" + decimals, text) is not None
    elif target.data_type == "date":
        try:
            date.fromisoformat(text)
        except ValueError:
            fits = False
    elif target.data_type == "timestamp":
        fits = re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", text) is not None
    elif not text:
        fits = target.nullable
    if not fits:
        fault(holder, key, place, f"found {text!r}, which is no {target.data_type} ({target.name})")
