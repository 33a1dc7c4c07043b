{#- What rounding leaves of a document that is settled in full, or of money that is used up, with the last application of it;
    with the others zero. `local`: the application's own rounded amount, `settled_doc`: what it settles; `whole_doc` and
    `whole_local`: all that there is to settle. -#}
{% macro rounding_left(document, application, settled_doc, local, whole_doc, whole_local) -%}
    case
        when
            row_number() over (partition by {{ document }} order by applied_on desc, {{ application }} desc) = 1
            and sum({{ settled_doc }}) over (partition by {{ document }}) = {{ whole_doc }}
            then {{ whole_local }} - sum({{ local }}) over (partition by {{ document }})
        else 0
    end
{%- endmacro %}

{#- What rounding leaves of documents that are settled in full, of the relation `rated` with own_local, settled_doc, is_derived
    and the document's totals: one row per application, the remainder with the last one. Only where the last one's local amount
    was worked out here: an amount that a source booked is never touched. -#}
{% macro settling_remainders(document, application) -%}
    select
        {{ application }},
        case
            when is_derived
                then {{ rounding_left(document, application, 'settled_doc', 'own_local', 'gross_doc', 'gross_local') }}
            else 0
        end as remainder_local
    from rated
    where {{ document }} in (select derived.{{ document }} from rated as derived where derived.is_derived)
{%- endmacro %}
