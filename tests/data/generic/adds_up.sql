{#- A returned row does not add up: its expression is not zero. Compared exactly, in decimals. -#}
{% test adds_up(model, expression) %}
select *
from {{ model }}
where {{ expression }} <> 0
{% endtest %}
