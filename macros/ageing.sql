{#- The bucket of an open item by its days overdue; an item due today or later is not due. -#}
{% macro ageing_bucket(days_overdue) -%}
    case
        when {{ days_overdue }} <= 0 then 'not_due'
        when {{ days_overdue }} <= 30 then '1_30'
        when {{ days_overdue }} <= 60 then '31_60'
        when {{ days_overdue }} <= 90 then '61_90'
        else 'over_90'
    end
{%- endmacro %}

{#- What of the amount settled on a document falls on one of its instalments: the oldest is settled first, and the last
    one takes whatever is paid beyond the document's total. -#}
{% macro settled_of_instalment(settled, instalment) -%}
    case
        when {{ instalment }}.instalments_count = 1 then {{ settled }}
        when {{ instalment }}.instalment_no = {{ instalment }}.instalments_count
            then greatest({{ settled }} - {{ instalment }}.due_before_local, 0)
        else least(greatest({{ settled }} - {{ instalment }}.due_before_local, 0), {{ instalment }}.gross_local)
    end
{%- endmacro %}
