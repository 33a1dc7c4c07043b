{#- Lists inside of one text column, a row per element. -#}

{#- The elements of a JSON list of objects; the column then has the fields named, all texts. -#}
{% macro json_elements(column, fields) -%}
    {{ return(adapter.dispatch("json_elements", "plumbline")(column, fields)) }}
{%- endmacro %}

{% macro default__json_elements(column, fields) -%}
    explode(from_json({{ column }}, 'array<struct<{% for field in fields %}{{ field }}:string{{ "," if not loop.last }}{% endfor %}>>'))
{%- endmacro %}

{% macro duckdb__json_elements(column, fields) -%}
    unnest(from_json({{ column }}, '[{ {%- for field in fields %}"{{ field }}":"VARCHAR"{{ "," if not loop.last }}{% endfor -%} }]'))
{%- endmacro %}

{#- The parts of a text between semicolons. -#}
{% macro text_parts(column) -%}
    {{ return(adapter.dispatch("text_parts", "plumbline")(column)) }}
{%- endmacro %}

{% macro default__text_parts(column) -%}
    explode(split({{ column }}, ';'))
{%- endmacro %}

{% macro duckdb__text_parts(column) -%}
    unnest(string_split({{ column }}, ';'))
{%- endmacro %}
