"""Values of declared metrics, read from one published version.

Belongs here: the questions that pages, mails, exports and the command line ask of a metric. Does not: what a metric
means (the version's own `common.metric_catalogue`), how a plan becomes SQL (`company.metric_plans`), how a number is
written (`dashboards.format`).

Names come from the catalogue only; anything else is refused before SQL exists. Values are bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Self, cast

import duckdb
import pyarrow as pa
from pydantic import ValidationError

from company.metric_plans import GRAINS, UNIT_TYPES, Grain, Plan, Question, Unit, render

Member = str | int | bool | date | Decimal | None
"""A value to filter by. None stands for rows that have no value."""

Where = Mapping[str, Sequence[Member]]


class MetricError(Exception):
    """A question about a metric cannot be answered. Nothing was run, or nothing came of it."""


class UnknownNameError(MetricError):
    """The catalogue has no such metric, dimension or grain. The text names the nearest and all that exist."""


class UnavailableMetricError(MetricError):
    """The version (or the reader's part of it) does not hold a table or column that the metric needs."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric as the version defines it. `good` is up or down; `beware` says how not to use it."""

    name: str
    label: str
    description: str
    unit: Unit
    good: str
    owner: str
    beware: str
    metric_type: str
    plan: Plan
    sql: str

    @property
    def dimensions(self) -> tuple[str, ...]:
        return self.plan.dimensions

    @property
    def grains(self) -> tuple[Grain, ...]:
        return self.plan.grains


class Catalogue(Mapping[str, Definition]):
    """The declared metrics of a version, by name, in alphabetical order."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = {definition.name: definition for definition in sorted(definitions, key=lambda d: d.name)}

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        """The catalogue of the open version.

        Raises UnavailableMetricError when the version has no catalogue or one that this release cannot read.
        """
        try:
            rows = connection.sql("select * from common.metric_catalogue").to_arrow_table().to_pylist()
        except duckdb.CatalogException as error:
            raise UnavailableMetricError("this version has no table common.metric_catalogue") from error
        return cls.of(rows)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, object]]) -> Self:
        """The catalogue of rows as in common.metric_catalogue."""
        return cls([_definition({name: str(cell) for name, cell in row.items()}) for row in rows])

    def __getitem__(self, name: str) -> Definition:
        try:
            return self._definitions[name]
        except KeyError:
            raise UnknownNameError(_unknown("metric", str(name), list(self._definitions))) from None

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)


class Metrics:
    """Answers questions about metrics on one connection to one published version.

    `as_of` is the version's own day: a question never reaches past it. The connection is used for one query at a time;
    give each thread its own cursor.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, *, as_of: date | None = None
    ) -> None:
        self._connection = connection
        self.catalogue = catalogue
        self.as_of = as_of

    def definition(self, name: str) -> Definition:
        """The metric's words, unit, dimensions and SQL. Raises UnknownNameError."""
        return self.catalogue[name]

    def value(
        self, name: str, first: date | None = None, last: date | None = None, where: Where | None = None
    ) -> Decimal | None:
        """One number for the days from `first` to `last`, both included; None where there is nothing to count.

        Amounts that stand at a moment show the last recorded day in the range. Ratios are taken of the range's sums.
        A metric that looks ahead of the as-of day always speaks of all the days ahead.
        """
        rows = self._run(name, first=first, last=last, where=where).column("value").to_pylist()
        return cast("Decimal | None", rows[0]) if rows else None

    def series(
        self,
        name: str,
        *,
        grain: Grain = "month",
        by: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        where: Where | None = None,
    ) -> pa.Table:
        """One row per period and members of `by`: `period_on` (first day of the period), the dimensions, `value`.

        Ratios and derived metrics also carry their measures. A period without rows is left out.
        """
        return self._run(name, grain=grain, by=by, first=first, last=last, where=where)

    def breakdown(
        self,
        name: str,
        by: Sequence[str],
        *,
        first: date | None = None,
        last: date | None = None,
        where: Where | None = None,
    ) -> pa.Table:
        """One row per members of `by` over the whole range: the dimensions and `value`, as in `series`."""
        return self._run(name, by=by, first=first, last=last, where=where)

    def _run(
        self,
        name: str,
        *,
        grain: Grain | None = None,
        by: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        where: Where | None = None,
    ) -> pa.Table:
        definition = self.catalogue[name]
        if grain is not None and grain not in definition.grains:
            raise UnknownNameError(_unknown(f"grain of {name}", str(grain), definition.grains))
        for dimension in (*by, *(where or {})):
            if dimension not in definition.dimensions:
                raise UnknownNameError(_unknown(f"dimension of {name}", str(dimension), definition.dimensions))
        if twice := [dimension for number, dimension in enumerate(by) if dimension in by[:number]]:
            raise UnknownNameError(f"dimension {twice[0]!r} is named twice; name it once")
        if definition.plan.looks_ahead:
            first = last = None
        elif self.as_of is not None:
            last = self.as_of if last is None else min(last, self.as_of)
        if first is not None and last is not None and first > last:
            raise MetricError(f"{name}: the range begins on {first} after its end on {last}")
        members = {dimension: [_text(value) for value in values] for dimension, values in (where or {}).items()}
        question = Question(grain=grain, by=tuple(by), first=first, last=last, where=members)
        query = render(definition.plan, definition.unit, question)
        try:
            return self._connection.sql(query.sql, params=dict(query.parameters)).to_arrow_table()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise UnavailableMetricError(
                f"{name} needs a table or column that this reader's version does not hold: {error}"
            ) from error


def _definition(row: Mapping[str, str]) -> Definition:
    name, unit = row["metric"], row["unit"]
    if unit not in UNIT_TYPES:
        raise UnavailableMetricError(f"{name}: this release knows no unit {unit!r}; known: {', '.join(UNIT_TYPES)}")
    try:
        plan = Plan.model_validate_json(row["plan"])
    except ValidationError as error:
        raise UnavailableMetricError(f"{name}: this release cannot read the plan of the version: {error}") from error
    words = {word: row[word] for word in ("label", "description", "good", "owner", "beware", "metric_type", "sql")}
    return Definition(name=name, unit=cast("Unit", unit), plan=plan, **words)


def _text(value: Member) -> str | None:
    """The value as the database writes it, so that it compares with any column as text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _unknown(what: str, found: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(found, allowed, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"no {what} is called {found[:100]!r}{hint} Known: {', '.join(allowed) or 'none'}."


__all__ = [
    "GRAINS",
    "Catalogue",
    "Definition",
    "Grain",
    "Member",
    "MetricError",
    "Metrics",
    "UnavailableMetricError",
    "UnknownNameError",
    "Where",
]
