"""The plan of a metric: what the catalogue carries and how it becomes SQL.

Belongs here: the shape of a plan and the one text of SQL for it, because the writing half puts that text into the
catalogue and the reading half runs it for pages, mails, exports and the command line. Does not: reading a database,
compiling dbt's files (`pipelines.warehouse.catalogue`), questions of readers (`dashboards.metrics`).

Every name in a plan is checked when the plan is read, values are always bound. Expressions are SQL of the project's own
metric files; nobody else can write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")
"""From fine to coarse."""

Unit = Literal["money", "ratio", "multiple", "count", "days", "months"]
UNIT_TYPES: Mapping[Unit, str] = {
    "money": "decimal(38, 2)",
    "ratio": "decimal(38, 6)",
    "multiple": "decimal(38, 6)",
    "count": "decimal(38, 0)",
    "days": "decimal(38, 2)",
    "months": "decimal(38, 2)",
}
"""A ratio is a part of one (0.25 is 25 %), a multiple is so many times (3.2 is 3.2 times)."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
RelationName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", max_length=200)]

_AGGREGATES = {
    "sum": "sum({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "min": "min({})",
    "max": "max({})",
    "average": "avg({})",
    "median": "median({})",
}


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dimension(_Value):
    """A column to group and filter by: of the measure's own relation, or of another one that `key` leads to."""

    column: Name
    relation: RelationName | None = None
    key: Name | None = None
    """The other relation's key column."""
    foreign_key: Name | None = None
    """The column of the measure's relation that holds the key."""

    @model_validator(mode="after")
    def _joined_or_not(self) -> Self:
        if len({self.relation is None, self.key is None, self.foreign_key is None}) != 1:
            raise ValueError("a dimension of another relation needs relation, key and foreign_key")
        return self


class Window(_Value):
    """A length of time: 90 days, 12 months."""

    count: int = Field(gt=0)
    grain: Grain


class Measure(_Value):
    """One aggregation of one relation.

    `snapshot` marks amounts that stand at a moment and must not be added over time: a period shows its `last` (or
    `first`) recorded day. `window` adds up the time that ends with the period instead of the period itself.
    """

    relation: RelationName
    aggregate: Literal["sum", "count", "count_distinct", "min", "max", "average", "median"]
    expression: str
    condition: str | None = None
    """Over the relation's columns, and over those of other relations under their dimensions' names."""
    condition_dimensions: tuple[Name, ...] = ()
    time: Name
    time_grain: Grain
    snapshot: Literal["first", "last"] | None = None
    window: Window | None = None
    sums_days: bool = False
    looks_ahead: bool = False
    dimensions: Mapping[Name, Dimension] = {}

    @model_validator(mode="after")
    def _condition_is_known(self) -> Self:
        if unknown := sorted(set(self.condition_dimensions) - set(self.dimensions)):
            raise ValueError(f"the condition's dimension {unknown[0]!r} is not one of the measure's")
        return self


class Plan(_Value):
    """Measures under their names, and the expression over those names that gives the metric's value."""

    kind: Literal["simple", "ratio", "derived"]
    measures: Mapping[Name, Measure] = Field(min_length=1)
    expression: str

    @model_validator(mode="after")
    def _names_are_apart(self) -> Self:
        taken = {"value", "period_on", *(name for measure in self.measures.values() for name in measure.dimensions)}
        if twice := sorted(taken & set(self.measures)):
            raise ValueError(f"measure {twice[0]!r} has the name of a dimension or of a column of the result")
        return self

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What every measure of the metric can be grouped by."""
        first, *others = self.measures.values()
        return tuple(sorted(name for name in first.dimensions if all(name in other.dimensions for other in others)))

    @property
    def grains(self) -> tuple[Grain, ...]:
        """The grains not finer than any measure's own."""
        finest = max(GRAINS.index(measure.time_grain) for measure in self.measures.values())
        return GRAINS[finest:]

    @property
    def looks_ahead(self) -> bool:
        """Whether the metric speaks of days after the as-of day."""
        return any(measure.looks_ahead for measure in self.measures.values())

    @property
    def time_column(self) -> str:
        """The time column of the first measure, for the words of the catalogue."""
        return next(iter(self.measures.values())).time


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a metric. Names must be the plan's own: `render` trusts them.

    `grain` None asks for one value over the whole time. `first` and `last` are days, both included; a measure by month
    takes the whole months that they touch. A value of None in `where` means rows without a value.
    """

    grain: Grain | None = None
    by: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    where: Mapping[str, Sequence[str | None]] | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """SQL text with named parameters, and their values."""

    sql: str
    parameters: Mapping[str, object]


def render(plan: Plan, unit: Unit, question: Question) -> Query:
    """The SQL that answers a question.

    Columns: `period_on` (with a grain), the dimensions asked for, `value` in the unit's decimal type, then every
    measure of a ratio or derived metric under its name. One row per period and members; ordered by them.
    """
    parameters: dict[str, object] = {}
    if question.first is not None:
        parameters["first"] = question.first
    if question.last is not None:
        parameters["last"] = question.last
    for number, values in enumerate((question.where or {}).values()):
        parameters[f"members_{number}"] = [value for value in values if value is not None]

    keys = [*(["period_on"] if question.grain else []), *question.by]
    measured = [_measure_sql(measure, question).replace("\n", "\n    ") for measure in plan.measures.values()]
    steps = [f"measure_{number} as (\n    {text}\n)" for number, text in enumerate(measured)]
    columns = list(plan.measures)
    unions = [
        "select "
        + ", ".join([*keys, *(f"{'value' if at == number else 'null'} as {name}" for at, name in enumerate(columns))])
        + f" from measure_{number}"
        for number in range(len(columns))
    ]
    steps.append("measured as (\n    " + "\n    union all\n    ".join(unions) + "\n)")
    grouped = ", ".join([*keys, *(f"max({name}) as {name}" for name in columns)])
    group_by = f" group by {', '.join(keys)}" if keys else ""
    steps.append(f"totals as (\n    select {grouped} from measured{group_by}\n)")
    shown = [*keys, f"cast({plan.expression} as {UNIT_TYPES[unit]}) as value"]
    if plan.kind != "simple":
        shown += columns
    order = f"\norder by {', '.join(f'{key} nulls last' for key in keys)}" if keys else ""
    sql = "with " + ",\n".join(steps) + f"\nselect {', '.join(shown)}\nfrom totals{order}"
    return Query(sql, parameters)


def ratio_expression(numerator: str, denominator: str) -> str:
    """Sum over sum, last; null when there is nothing to divide by."""
    return f"cast({numerator} as double) / nullif(cast({denominator} as double), 0)"


def _measure_sql(measure: Measure, question: Question) -> str:
    if measure.window is not None:
        source, period = _window_source(measure, measure.window, question), "periods.period_on"
    elif measure.snapshot is not None:
        source, period = _snapshot_source(measure, question), "snapshots.period_on"
    else:
        source, period = f"from {measure.relation} as facts", _period_of(f"facts.{measure.time}", question.grain)
    where = question.where or {}
    joined = {name: measure.dimensions[name] for name in (*question.by, *where, *measure.condition_dimensions)}
    keys = [*([period] if question.grain else []), *(_column(name, joined[name]) for name in question.by)]
    names = [*(["period_on"] if question.grain else []), *question.by]
    conditions = [f"facts.{measure.time} is not null"]
    if measure.window is None:
        conditions += _bounds(measure, question)
    if measure.condition:
        conditions.append(f"({measure.condition})")
    conditions += [
        _membership(_column(name, joined[name]), f"members_{number}", has_null=None in values)
        for number, (name, values) in enumerate(where.items())
    ]
    selected = [f"{key} as {name}" for key, name in zip(keys, names, strict=True)]
    rows = f"{source}{''.join(_joins(joined))}\nwhere {' and '.join(conditions)}"
    if not measure.sums_days:
        aggregate = _AGGREGATES[measure.aggregate].format(measure.expression)
        return f"select {', '.join([*selected, f'{aggregate} as value'])}\n{rows}{_group_by(keys)}"
    day = f"facts.{measure.time}"
    days = f"select {', '.join([*selected, f'{day} as day_on', f'sum({measure.expression}) as day_value'])}\n{rows}"
    aggregate = _AGGREGATES[measure.aggregate].format("day_value")
    return (
        f"select {', '.join([*names, f'{aggregate} as value'])}\nfrom (\n{days}{_group_by([*keys, day])}\n) as days"
        f"{_group_by(names)}"
    )


def _group_by(keys: Sequence[str]) -> str:
    return f"\ngroup by {', '.join(keys)}" if keys else ""


def _column(name: str, dimension: Dimension) -> str:
    return name if dimension.relation else f"facts.{dimension.column}"


def _joins(asked: Mapping[str, Dimension]) -> list[str]:
    """A line per other relation; its columns get the dimensions' names, so that expressions stay unambiguous."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for name, dimension in asked.items():
        if dimension.relation and dimension.key and dimension.foreign_key:
            groups.setdefault((dimension.relation, dimension.key, dimension.foreign_key), []).append(
                f"{dimension.column} as {name}"
            )
    return [
        f"\nleft join (select {key} as joined_key_{number}, {', '.join(columns)} from {relation}) as joined_{number}"
        f" on facts.{foreign_key} = joined_{number}.joined_key_{number}"
        for number, ((relation, key, foreign_key), columns) in enumerate(groups.items())
    ]


def _period_of(column: str, grain: Grain | None) -> str:
    return column if grain in (None, "day") else f"cast(date_trunc('{grain}', {column}) as date)"


def _bounds(measure: Measure, question: Question) -> list[str]:
    bounds = []
    if question.first is not None:
        bounds.append(f"facts.{measure.time} >= {_period_of('cast($first as date)', measure.time_grain)}")
    if question.last is not None:
        bounds.append(f"facts.{measure.time} <= cast($last as date)")
    return bounds


def _membership(column: str, parameter: str, *, has_null: bool) -> str:
    member = f"cast({column} as varchar) in (select unnest(cast(${parameter} as varchar[])))"
    return f"({member} or {column} is null)" if has_null else member


def _snapshot_source(measure: Measure, question: Question) -> str:
    """The recorded day of each period, of all rows: a member without rows on it stands at nothing."""
    choice = "max" if measure.snapshot == "last" else "min"
    where = " and ".join([f"facts.{measure.time} is not null", *_bounds(measure, question)])
    period = f"{_period_of(f'facts.{measure.time}', question.grain)} as period_on, " if question.grain else ""
    group_by = f" group by {_period_of(f'facts.{measure.time}', question.grain)}" if question.grain else ""
    return (
        f"from {measure.relation} as facts\n"
        f"inner join (\n    select {period}{choice}(facts.{measure.time}) as snapshot_on\n"
        f"    from {measure.relation} as facts where {where}{group_by}\n"
        f") as snapshots on facts.{measure.time} = snapshots.snapshot_on"
    )


def _window_source(measure: Measure, window: Window, question: Question) -> str:
    """The periods asked for and the last day of each one's window: its end, not after the last day that is known."""
    first = "cast($first as date)" if question.first is not None else f"min({measure.time})"
    last = f"least(max({measure.time}), cast($last as date))" if question.last is not None else f"max({measure.time})"
    known = f"select {first} as first_on, {last} as last_on from {measure.relation}"
    if question.grain is None:
        periods = f"select last_on as window_end_on from ({known}) as known where first_on <= last_on"
    else:
        starts = f"generate_series({_period_of('first_on', question.grain)}, last_on, interval 1 {question.grain})"
        period_end = f"cast(period_on + interval 1 {question.grain} - interval 1 day as date)"
        periods = (
            f"select period_on, least({period_end}, last_on) as window_end_on\n"
            f"    from (\n        select last_on, cast(unnest({starts}) as date) as period_on\n"
            f"        from ({known}) as known\n    ) as starts"
        )
    return (
        f"from {measure.relation} as facts\ninner join (\n    {periods}\n) as periods on"
        f" facts.{measure.time} <= periods.window_end_on"
        f" and facts.{measure.time} > periods.window_end_on - interval {window.count} {window.grain}"
    )
