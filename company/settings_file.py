"""plumbline.yaml as text: the file and those beside it, joined, with ${NAME} filled from the environment.

Belongs here: YAML and references. Does not: what a setting may be (`company.settings`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError

from company.errors import SettingsError

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _TextDates(SafeConstructor):
    """Dates stay text, so that 30 February is told like any other wrong setting."""


_TextDates.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds. Raises SettingsError saying where it is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = "run `plumbline init DIR`, change to the folder that has one, or set PLUMBLINE_CONFIG"
        raise SettingsError(f"{file}: no such file; {hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from None
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Constructor = _TextDates
        content = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        marked = "".join(text.splitlines()[mark.line : mark.line + 1]) if mark else ""
        hint = '; put quotes around it: "${NAME}"' if "${" in marked else ""
        raise SettingsError(f"{file.name}{where}: not YAML: {error.problem or error.context}{hint}") from None
    if content is None:
        raise SettingsError(f"{file.name}: is empty; allowed: a mapping that has `company:`")
    if not isinstance(content, dict):
        raise SettingsError(
            f"{file.name}: found {type(content).__name__}; allowed: a mapping that starts with company:"
        )
    return content


def with_files_beside(file: Path, written: dict[str, Any]) -> dict[str, Any]:
    """The settings with reports/NAME.yaml and alerts/NAME.yaml beside the file joined in, one entry per file.

    Raises SettingsError where an entry stands in both places.
    """
    joined = dict(written)
    for part in ("reports", "alerts"):
        own = joined.get(part)
        if own is not None and not isinstance(own, dict):
            continue  # told with the other faults
        found = {path.stem: read_yaml(path) for path in sorted((file.resolve().parent / part).glob("*.yaml"))}
        if twice := sorted(found.keys() & (own or {}).keys()):
            raise SettingsError(f"{file.name}: {part}.{twice[0]}: also in {part}/{twice[0]}.yaml; keep one of them")
        if found:
            joined[part] = {**(own or {}), **found}
    return joined


def fill_references(
    value: Any, environ: Mapping[str, str], *, faults: list[str], where: tuple[str | int, ...] = ()
) -> tuple[Any, dict[tuple[str | int, ...], str]]:
    """Replace ${NAME}; also give back which settings were filled, so that no message shows a secret."""
    taken: dict[tuple[str | int, ...], str] = {}
    if isinstance(value, str):
        for name in _REFERENCE.findall(value):
            if name not in environ:
                place = ".".join(map(str, where))
                faults.append(f"{place}: the environment variable {name} is not set; export it or remove the setting")
            taken[where] = value
        return _REFERENCE.sub(lambda match: environ.get(match[1], ""), value), taken
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        filled = {}
        for key, item in pairs:
            filled[key], below = fill_references(item, environ, faults=faults, where=(*where, key))
            taken |= below
        return (filled if isinstance(value, dict) else list(filled.values())), taken
    return value, taken
