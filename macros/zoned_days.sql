{#- The day that a UTC moment is in a time zone named as in the IANA list. People who pick a day are stored as a moment of it. -#}
{% macro day_in_zone(moment, zone) -%}
    {{ return(adapter.dispatch("day_in_zone", "plumbline")(moment, zone)) }}
{%- endmacro %}

{% macro default__day_in_zone(moment, zone) -%}
    cast(from_utc_timestamp({{ moment }}, {{ zone }}) as date)
{%- endmacro %}

{% macro duckdb__day_in_zone(moment, zone) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}
