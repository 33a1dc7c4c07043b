{#- A returned row is a month in which two numbers that must be the same differ by more than quarantined and held
    documents explain. A row that is not covered neither passes nor fails. -#}
{% test tied(model, check_name) %}
select
    entity_id,
    period_on,
    currency,
    left_label,
    left_local,
    right_label,
    right_local,
    quarantined_local,
    held_local,
    difference_local
from {{ model }}
where
    check_name = '{{ check_name }}'
    and status = 'difference'
{% endtest %}
