{#- Where models land. A custom schema or database is taken as it is written: `finance`, never `main_finance`,
    because the schema's name is part of every published name. -#}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {{ (custom_database_name or target.database) | trim }}
{%- endmacro %}
