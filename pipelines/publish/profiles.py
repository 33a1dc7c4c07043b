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
from pipelines.warehouse.databases import CONFIG, create_database, quoted, text_literal
from pipelines.warehouse.descriptions import copy_descriptions

CATALOGUE = ("common", "metric_catalogue")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class _Table:
    schema: str
    name: str
    columns: tuple[str, ...]


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
    a value whose row is kept only by grants that hide its column is null.
    """
    create_database(target)
    connection = duckdb.connect(config=CONFIG)
    try:
        connection.execute(f"attach {text_literal(marts)} as whole (read_only)")
        connection.execute(f"attach {text_literal(target)} as kept")
        tables = _tables(connection)
        for table in tables:
            select = _select(table, access.grants_of(table.schema))
            if select is not None and (table.schema, table.name) == CATALOGUE:
                metrics = _answerable(connection, tables, access)
                select = f"select * from ({select}) where metric in (select unnest({_list(metrics)}))"
            if select is not None:
                connection.execute(f"create schema if not exists kept.{quoted(table.schema)}")
                connection.execute(f"create table kept.{quoted(table.schema)}.{quoted(table.name)} as {select}")
        copy_descriptions(connection, source="whole", target="kept")
        connection.execute("checkpoint kept")
    finally:
        connection.close()
    target.chmod(0o640)


def _tables(connection: duckdb.DuckDBPyConnection) -> list[_Table]:
    rows = connection.execute(
        "select schema_name, table_name, list(column_name order by column_index)"
        " from duckdb_columns() where database_name = 'whole' and not internal group by all order by all"
    ).fetchall()
    return [_Table(schema, name, tuple(columns)) for schema, name, columns in rows]


def _answerable(connection: duckdb.DuckDBPyConnection, tables: Sequence[_Table], access: Access) -> list[str]:
    """The metrics whose measures stand on visible columns only: the plan of another would name what is hidden."""
    seen: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    for table in tables:
        grants = access.grants_of(table.schema)
        relation = f"{table.schema}.{table.name}"
        known[relation] = set(table.columns)
        seen[relation] = {c for c in table.columns if any(not g.hides(table.schema, table.name, c) for g in grants)}
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


def _select(table: _Table, grants: Sequence[Grant]) -> str | None:
    if not grants:
        return None
    values = []
    for column in table.columns:
        showing = [grant for grant in grants if not grant.hides(table.schema, table.name, column)]
        if not showing:
            continue
        if len(showing) == len(grants) or _keeps_all(table, showing):
            values.append(quoted(column))
        else:
            values.append(f"case when {_condition(table, showing)} then {quoted(column)} end as {quoted(column)}")
    if not values:
        return None
    source = f"whole.{quoted(table.schema)}.{quoted(table.name)}"
    kept = "" if _keeps_all(table, grants) else f" where {_condition(table, grants)}"
    return f"select {', '.join(values)} from {source}{kept}"


def _keeps_all(table: _Table, grants: Sequence[Grant]) -> bool:
    return any(not any(row.column in table.columns for row in grant.rows) for grant in grants)


def _condition(table: _Table, grants: Sequence[Grant]) -> str:
    alternatives = []
    for grant in grants:
        filters = [
            f"cast({quoted(row.column)} as varchar) in ({', '.join(text_literal(value) for value in row.values)})"
            for row in grant.rows
            if row.column in table.columns
        ]
        alternatives.append("(" + (" and ".join(filters) or "true") + ")")
    return " or ".join(alternatives)
