"""Every figure of every published table is a number or nothing: no NaN, no infinity, whatever was delivered."""

from __future__ import annotations

import duckdb
import pytest

from company.settings import Settings
from dashboards.published import current

AS_WRITTEN = {("operations", "fct_quarantined_rows")}
"""Shows what a source wrote, which may be NaN."""


def unreal_figures(marts: duckdb.DuckDBPyConnection) -> list[str]:
    """Columns with a floating point value, or a text such as a model's parameters, that is no number."""
    columns = marts.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns"
        " where table_schema <> 'information_schema' order by all"
    ).fetchall()
    tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, data_type in columns:
        if (schema, table) not in AS_WRITTEN:
            tables.setdefault((schema, table), []).append((column, data_type))
    found = []
    for (schema, table), described in tables.items():
        tested = {
            column: f'isnan("{column}") or isinf("{column}")'
            if data_type in {"DOUBLE", "FLOAT"}
            else f"""regexp_matches("{column}", '(^|[^A-Za-z])(NaN|nan|[Ii]nf|[Ii]nfinity)([^A-Za-z]|$)')"""
            for column, data_type in described
            if data_type in {"DOUBLE", "FLOAT", "VARCHAR"}
        }
        if not tested:
            continue
        counts = ", ".join(f"count(*) filter ({test})" for test in tested.values())
        (row,) = marts.execute(f'select {counts} from "{schema}"."{table}"').fetchall()
        found += [f"{schema}.{table}.{column}: {n}" for column, n in zip(tested, row, strict=True) if n]
    return found


@pytest.mark.parametrize("company", ["sample_company", "messy_company"])
def test_no_published_figure_is_nan_or_infinite(company: str, request: pytest.FixtureRequest) -> None:
    """One NaN makes a sum NaN, a page blank and a mail wrong, three steps away from where it arose."""
    settings: Settings = request.getfixturevalue(company)
    published = current(settings.folders, None)
    assert published is not None
    assert unreal_figures(published.cursor()) == []


def test_the_scan_finds_what_it_looks_for() -> None:
    with duckdb.connect() as marts:
        marts.execute("create schema sales")
        marts.execute(
            "create table sales.t as select 'nan'::double as a, 1.0::double as b, '-inf'::float as c,"
            " '{\"alpha\": NaN}' as d, 'Nancy of Infinite Inc' as e, null::double as f"
        )
        assert unreal_figures(marts) == ["sales.t.a: 1", "sales.t.c: 1", "sales.t.d: 1"]
