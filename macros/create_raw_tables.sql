{#- Make every raw table that is missing, typed and empty, and every column that is missing in one, so that models need no
    switch for a source that is not there and a database of an older version is brought up to date.
    Canonical entities take their columns from _canonical.yml, system tables from _raw.yml, tables of a source system from
    the file of its staging folder. -#}
{% macro create_raw_tables() -%}
    {%- if execute and flags.WHICH in ("build", "run", "seed", "test", "compile", "show") -%}
        {%- set schema = adapter.quote(target.database) ~ ".raw" -%}
        {%- set statements = ["create schema if not exists " ~ schema] -%}
        {%- set present = {} -%}
        {%- for row in run_query(
            "select table_name, column_name from system.information_schema.columns"
            ~ " where table_schema = 'raw' and table_catalog = '" ~ target.database ~ "'"
        ) -%}
            {%- do present.setdefault(row[0], []).append(row[1]) -%}
        {%- endfor -%}
        {%- for table in graph.sources.values() if table.source_name == "raw" -%}
            {%- set columns = raw_columns(table) -%}
            {%- set name = schema ~ "." ~ adapter.quote(table.identifier) -%}
            {%- if table.identifier not in present -%}
                {%- set definitions = [] -%}
                {%- for column, data_type in columns -%}
                    {%- do definitions.append(adapter.quote(column) ~ " " ~ data_type) -%}
                {%- endfor -%}
                {%- do statements.append("create table " ~ name ~ " (" ~ definitions | join(", ") ~ ")") -%}
            {%- else -%}
                {%- for column, data_type in columns if column not in present[table.identifier] -%}
                    {%- do statements.append("alter table " ~ name ~ " add column " ~ adapter.quote(column) ~ " " ~ data_type) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do run_query(statements | join(";\n")) -%}
    {%- endif -%}
{%- endmacro %}

{#- (name, data_type) of every column of a raw table. -#}
{% macro raw_columns(table) -%}
    {%- set columns = [] -%}
    {%- for column in table.columns.values() -%}
        {%- do columns.append((column.name, column.data_type)) -%}
    {%- endfor -%}
    {%- if columns and not table.config.meta.get("system") -%}
        {{ return(columns) }}
    {%- endif -%}
    {{ return((columns or canonical_columns(table.name)) + lineage_columns()) }}
{%- endmacro %}
