{#- The text of one column in a quarantined row's record, a JSON object of texts; null where the row has none. -#}
{% macro record_text(record, column) -%}
    {{ return(adapter.dispatch("record_text", "plumbline")(record, column)) }}
{%- endmacro %}

{% macro default__record_text(record, column) -%}
    get_json_object({{ record }}, '$.{{ column }}')
{%- endmacro %}

{% macro duckdb__record_text(record, column) -%}
    json_extract_string({{ record }}, '$.{{ column }}')
{%- endmacro %}
