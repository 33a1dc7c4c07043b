{#- The canonical columns of an entity, as models/intermediate/_canonical.yml lists them. -#}

{#- Columns that say where a row came from; every raw table and canonical model carries them. -#}
{% macro lineage_columns() -%}
    {{ return([
        ("source_system", "varchar"),
        ("source_id", "varchar"),
        ("batch_id", "varchar"),
        ("batch_row", "bigint"),
        ("loaded_at", "timestamp"),
    ]) }}
{%- endmacro %}

{#- True once dbt has the whole graph: not while it parses, and not in a unit test. -#}
{% macro has_graph() -%}
    {{ return(execute and graph is defined and "nodes" in graph) }}
{%- endmacro %}

{#- The node of the canonical model of an entity; none while there is no graph. -#}
{% macro canonical_node(entity) -%}
    {%- if has_graph() -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.meta.get("entity") == entity -%}
            {{ return(node) }}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error("models/intermediate/_canonical.yml lists no entity '" ~ entity ~ "'") }}
    {%- endif -%}
{%- endmacro %}

{#- (name, data_type) of the columns that a source fills; derived columns are left out. -#}
{% macro canonical_columns(entity) -%}
    {%- set columns = [] -%}
    {%- if has_graph() -%}
        {%- for column in canonical_node(entity).columns.values() if not column.config.meta.get("derived") -%}
            {%- do columns.append((column.name, column.data_type)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}

{#- Select of every canonical column of an entity and its lineage. A staging model joins the union here.
    Where an entity code may be left empty, it means the company's legal entity, if it has only one.
    A unit test has no graph; its fixture of the raw table has the raw table's columns, all of which are taken. -#}
{% macro canonical(entity) -%}
    {%- set names = canonical_columns(entity) | map("first") | list -%}
    {%- set fills_entity = names and canonical_node(entity).columns.get("entity_id", {}).get("config", {}).get("meta", {}).get("nullable") -%}
    {%- set only_entity = "(select max(entity_id) from " ~ source("raw", "legal_entity") ~ " having count(*) = 1)" -%}
    {% if not names -%}
    select * from {{ source("raw", entity) }}
    {%- else -%}
    select
    {%- for name in names %}
    {%- if fills_entity and name == "entity_id" %}
        coalesce(entity_id, {{ only_entity }}) as entity_id,
    {%- else %}
        {{ name }},
    {%- endif -%}
    {%- endfor -%}
    {%- for name, data_type in lineage_columns() %}
        {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
    from {{ source("raw", entity) }}
    {%- endif -%}
{%- endmacro %}
