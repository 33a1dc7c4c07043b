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

{#- The same columns as a list for a staging model. -#}
{% macro lineage() -%}
    {{ lineage_columns() | map("first") | join(", ") }}
{%- endmacro %}

{#- The staging models whose rows are rows of an entity, of every system in turn. Written out per system in
    macros/staging/<system>.sql, because dbt has to know what a model reads before it knows which models there are; a test
    compares the lists with the files. -#}
{% macro staging_models(entity) -%}
    {%- set models = [] -%}
    {%- for by_entity in [
        salesforce_staging_models(), hubspot_staging_models(), netsuite_staging_models(), erpnext_staging_models(), odoo_staging_models(),
        quickbooks_staging_models()
    ] -%}
        {%- if entity in by_entity -%}{%- do models.append(by_entity[entity]) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(models) }}
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

{#- Select of every canonical column of an entity and its lineage: rows that landed in canonical columns, and those of the
    staging models of systems.
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
    {%- if not execute or names -%}
    {%- for model in staging_models(entity) %}
    union all
    select
    {%- for name in names + (lineage_columns() | map("first") | list) %}
        {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
    from {{ ref(model) }}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A document's own number: its key without the source in front. The names of sources hold no colon; a number may. -#}
{% macro number_of(key) -%}
    substring({{ key }}, {{ dbt.position("':'", key) }} + 1)
{%- endmacro %}
