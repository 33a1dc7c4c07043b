"""A cash scenario as people write it: what an edit may say, and an edit in words.

Belongs here: the shape of the YAML file. Does not: which customers and layers exist (`scenarios`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from company.faults import Allowed, fault_lines
from pipelines.publish.errors import ScenarioError

Text = Annotated[str, Field(min_length=1), Allowed("text")]
Days = Annotated[int, Field(ge=-365, le=730), Allowed("a whole number of days from -365 to 730")]
Share = Annotated[float, Field(ge=-1, le=10), Allowed("a change such as -0.2 for a fifth less, not below -1")]
Amount = Annotated[Decimal, Field(max_digits=16, decimal_places=2), Allowed("an amount; below zero is cash out")]
Day = Annotated[date, Allowed("a date such as 2026-09-01")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Delay(_Part):
    """What is named comes so many days later."""

    days: Days
    customer: Text | None = None
    vendor: Text | None = None
    deal: Text | None = None
    document: Text | None = None
    layer: Text | None = None
    entity: Text | None = None
    name: Text | None = None
    from_on: Annotated[Day | None, Field(alias="from")] = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not any((self.customer, self.vendor, self.deal, self.document, self.layer, self.name)):
            raise ValueError("found nothing to delay; allowed: customer, vendor, deal, document, layer or name")
        return self


class OneDeal(_Part):
    """A deal that is lost, or won."""

    deal: Text


class Scale(_Part):
    """A layer, whole or of one entity, changes by a ratio."""

    layer: Text
    by: Share
    entity: Text | None = None
    from_on: Annotated[Day | None, Field(alias="from")] = None
    until_on: Annotated[Day | None, Field(alias="until")] = None


class Add(_Part):
    """A flow that no source knows, once or every so many months, in the entity's currency."""

    layer: Text
    entity: Text
    amount: Amount
    from_on: Annotated[Day, Field(alias="from")]
    name: Text | None = None
    every_months: Annotated[int | None, Field(ge=1, le=24), Allowed("a whole number of months from 1 to 24")] = None
    until_on: Annotated[Day | None, Field(alias="until")] = None


class EditText(_Part):
    """One entry of `edits`: exactly one of the five kinds."""

    delay: Annotated[Delay | None, Allowed("a mapping of days and what is delayed")] = None
    lose: Annotated[OneDeal | None, Allowed("a mapping of deal")] = None
    win: Annotated[OneDeal | None, Allowed("a mapping of deal")] = None
    scale: Annotated[Scale | None, Allowed("a mapping of layer and by")] = None
    add: Annotated[Add | None, Allowed("a mapping of layer, entity, amount and from")] = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(part is not None for part in (self.delay, self.lose, self.win, self.scale, self.add)) != 1:
            raise ValueError("found none or several kinds; allowed: exactly one of delay, lose, win, scale, add")
        return self

    @property
    def kind(self) -> str:
        return next(name for name in ("delay", "lose", "win", "scale", "add") if getattr(self, name) is not None)


class ScenarioText(_Part):
    """A scenario as written. `stack`: scenarios whose edits come first, in this order."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), Allowed("a name of small letters, digits and _")]
    stack: Annotated[tuple[str, ...], Allowed("a list of scenarios that are kept")] = ()
    edits: Annotated[tuple[EditText, ...], Allowed("a list of edits")] = ()


def read_scenario(path: Path) -> ScenarioText:
    """A scenario file. Raises ScenarioError with a line per fault."""
    if not path.is_file():
        raise ScenarioError(f"{path}: no such file")
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name}: cannot be read as YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ScenarioError(f"{path.name}: found {type(content).__name__}; allowed: a mapping of name, stack, edits")
    content.setdefault("name", path.stem)
    try:
        return ScenarioText.model_validate(content)
    except ValidationError as error:
        lines = fault_lines(error, ScenarioText, content, hidden={})
        raise ScenarioError("\n".join(f"{path.name}: {line}" for line in lines)) from None


def told(edit: EditText) -> str:
    """An edit in words: `delay 30 days: customer erp:C1`."""
    part = getattr(edit, edit.kind)
    named = ", ".join(
        f"{name.removesuffix('_on')} {value}"
        for name, value in part.model_dump().items()
        if value is not None and name not in {"days", "by"}
    )
    how = f" {part.days} days" if edit.kind == "delay" else f" by {part.by:+.0%}" if edit.kind == "scale" else ""
    return f"{edit.kind}{how}: {named}"
