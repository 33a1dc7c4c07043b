{#- What rounding leaves of documents that are settled in full, of the relation `rated` with own_local, settled_doc, is_derived
    and the document's totals: one row per application, the remainder with the last one. Only where the last one's local amount
    was worked out here: an amount that a source booked is never touched. -#}
{% macro settling_remainders(document, application) -%}
    select
        {{ application }},
        case
            when
                is_derived
                and row_number() over (partition by {{ document }} order by applied_on desc, {{ application }} desc) = 1
                and sum(settled_doc) over (partition by {{ document }}) = gross_doc
                then gross_local - sum(own_local) over (partition by {{ document }})
            else 0
        end as remainder_local
    from rated
    where {{ document }} in (select derived.{{ document }} from rated as derived where derived.is_derived)
{%- endmacro %}
