"""Access profiles: one marts file per set of grants, with everything else physically left out.

A view or a row policy would leave the rows in the file; an analyst's tool opens the file itself. What a person may see
is decided in `company.roles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from company.metric_plans import Plan
from company.roles import Access, Grant
from company.versions import ProfileState
from pipelines.publish.row_rules import NOTHING, Columns, condition
from pipelines.warehouse.databases import WRITING_CONFIG, create_database, quoted, text_literal
from pipelines.warehouse.descriptions import copy_descriptions

CATALOGUE = ("common", "metric_catalogue")
MASK = "•••"
"""What stands for a masked text: the same for all, so that not even equal values can be told."""

_WORD = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class _Table:
    schema: str
    name: str
    columns: Mapping[str, str]
    """Column to type."""

    @property
    def place(self) -> tuple[str, str]:
        return self.schema, self.name


def profiles_in_use(accesses: Iterable[Access]) -> dict[str, Access]:
    """One access per distinct profile hash. Access to everything needs no file of its own."""
    return {access.profile_hash: access for access in accesses if access.profile_hash is not None}


def profile_state(access: Access) -> ProfileState:
    """What a version's manifest says about a profile."""
    attributes: dict[str, set[str]] = {}
    for grant in access.grants:
        for row in grant.rows:
            attributes.setdefault(row.column, set()).update(row.values)
    return ProfileState(roles=access.roles, attributes={name: tuple(sorted(v)) for name, v in attributes.items()})


def write_profile(marts: Path, access: Access, target: Path) -> None:
    """Write the marts that an access may see to a new file. The whole marts file is only read.

    A domain without a grant is absent; a column that every grant hides is absent; a row that no grant keeps is absent;
    a value whose row is kept only by grants that hide its column is null, by grants that mask it a mark. Where a row
    stands for too few, a rule on small groups masks like any other; a table that does not count whom its rows stand for
    shows none of the column.
    """
    create_database(target)
    connection = duckdb.connect(config=WRITING_CONFIG)
    try:
        connection.execute(f"attach {text_literal(marts)} as whole (read_only)")
        connection.execute(f"attach {text_literal(target)} as kept")
        tables = _tables(connection)
        columns: Columns = {table.place: tuple(table.columns) for table in tables}
        for table in tables:
            select = _select(table, access.grants_of(table.schema), columns)
            if select is not None and table.place == CATALOGUE:
                metrics = _answerable(connection, tables, access, columns)
                select = f"select * from ({select}) where metric in (select unnest({_list(metrics)}))"
            if select is not None:
                connection.execute(f"create schema if not exists kept.{quoted(table.schema)}")
                connection.execute(f"create table kept.{quoted(table.schema)}.{quoted(table.name)} as {select}")
        copy_descriptions(connection, source="whole", target="kept")
        _copy_macros(connection)
        connection.execute("use memory")
        connection.execute("checkpoint kept")
    finally:
        connection.close()
    target.chmod(0o640)


def _tables(connection: duckdb.DuckDBPyConnection) -> list[_Table]:
    rows = connection.execute(
        "select schema_name, table_name, list(column_name order by column_index), list(data_type order by column_index)"
        " from duckdb_columns() where database_name = 'whole' and not internal group by all order by all"
    ).fetchall()
    return [_Table(schema, name, dict(zip(columns, types, strict=True))) for schema, name, columns, types in rows]


def _copy_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """The published questions of any date, as far as they stand on what is kept: another's text would name the rest."""
    waiting = connection.execute(
        "select distinct schema_name, function_name, parameters, macro_definition from duckdb_functions()"
        " where database_name = 'whole' and function_type = 'table_macro' and schema_name in"
        " (select schema_name from duckdb_schemas() where database_name = 'kept') order by all"
    ).fetchall()
    connection.execute("use kept")
    while waiting:  # one may stand on another
        left = [macro for macro in waiting if not _copy_macro(connection, *macro)]
        if len(left) == len(waiting):
            return
        waiting = left


def _copy_macro(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, parameters: Sequence[str], definition: str
) -> bool:
    macro = f"kept.{quoted(schema)}.{quoted(name)}"
    try:
        connection.execute(f"create macro {macro}({', '.join(quoted(p) for p in parameters)}) as table {definition}")
        connection.execute(f"select * from {macro}({', '.join('null' for _ in parameters)}) limit 0")
    except (duckdb.BinderException, duckdb.CatalogException):
        connection.execute(f"drop macro table if exists {macro}")
        return False
    return True


def _answerable(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[_Table], access: Access, columns: Columns
) -> list[str]:
    """The metrics whose measures stand on visible columns only: the plan of another would name what is hidden."""
    seen: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    for table in tables:
        grants = [g for g in access.grants_of(table.schema) if _condition(table, [g], columns) != NOTHING]
        relation = f"{table.schema}.{table.name}"
        known[relation] = set(table.columns)
        seen[relation] = {
            column
            for column in table.columns
            if any(not g.hides(*table.place, column) and _shows_whole(g, table, column) for g in grants)
        }
    rows = connection.execute(f"select metric, plan from whole.{'.'.join(CATALOGUE)} order by metric").fetchall()
    return [metric for metric, plan in rows if _is_answerable(Plan.model_validate_json(plan), known, seen)]


def _is_answerable(plan: Plan, known: Mapping[str, set[str]], seen: Mapping[str, set[str]]) -> bool:
    for measure in plan.measures.values():
        used = {*_WORD.findall(f"{measure.expression} {measure.condition or ''}"), measure.time}
        columns = used & known.get(measure.relation, set())
        if not columns <= seen.get(measure.relation, set()) or not seen.get(measure.relation):
            return False
    return True


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(text_literal(value) for value in values) + "]::varchar[]"


def _select(table: _Table, grants: Sequence[Grant], columns: Columns) -> str | None:
    if not grants:
        return None
    values = []
    for column, data_type in table.columns.items():
        showing = [grant for grant in grants if not grant.hides(*table.place, column)]
        if showing:
            values.append(_value(table, column, data_type, grants=grants, showing=showing, columns=columns))
    if not values:
        return None
    source = f"whole.{quoted(table.schema)}.{quoted(table.name)}"
    kept = _condition(table, grants, columns)
    return f"select {', '.join(values)} from {source}" + ("" if kept is None else f" where {kept}")


def _value(
    table: _Table, column: str, data_type: str, *, grants: Sequence[Grant], showing: Sequence[Grant], columns: Columns
) -> str:
    """A column as the grants together show it: whole where one that keeps the row shows it, else its mark or null."""
    name = quoted(column)
    plain = [grant for grant in showing if _shows_whole(grant, table, column)]
    masked = f"case when {name} is not null then {text_literal(MASK)} end" if data_type == "VARCHAR" else "null"
    cases = []
    if plain:
        condition = None if len(plain) == len(grants) else _condition(table, plain, columns)
        if condition is None:
            return name
        cases.append(f"when {condition} then {name}")
    for grant in showing:
        rules = grant.small_groups_of(*table.place, column)
        if rules and not grant.masks(*table.place, column):
            large = [f"coalesce({quoted(rule.counted_by)} >= {rule.least}, false)" if rule.counted_by in table.columns
                     else "false" for rule in rules]  # fmt: skip
            kept = _condition(table, [grant], columns)
            cases.append(f"when {' and '.join([*large, *([f'({kept})'] if kept else [])])} then {name}")
    if len(plain) < len(showing):
        cases.append(f"when {_condition(table, showing, columns) or 'true'} then {masked}")
    return f"cast(case {' '.join(cases)} end as {data_type}) as {name}"


def _shows_whole(grant: Grant, table: _Table, column: str) -> bool:
    masked = grant.masks(*table.place, column) or grant.small_groups_of(*table.place, column)
    return not masked


def _condition(table: _Table, grants: Sequence[Grant], columns: Columns) -> str | None:
    """The rows that any of these grants keeps; None: all of them."""
    alternatives = []
    for grant in grants:
        filters = [condition(table.place, row, columns) for row in grant.rows]
        used = [text for text in filters if text is not None]
        if not used:
            return None
        alternatives.append(NOTHING if NOTHING in used else f"({' and '.join(used)})")
    kept = [text for text in alternatives if text != NOTHING]
    return " or ".join(kept) if kept else NOTHING
