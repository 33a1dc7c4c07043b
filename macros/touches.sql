{#- The touches that count for a deal, as (deal_id, touch_id): those of its account and those of the lead it came from. Expects
    the relations `deals`, `leads` and `touches` in scope. Two marts stand on it: what attribution shares out is what sources
    and influences a campaign's pipeline. -#}
{% macro touches_of_deals() -%}
    select
        deals.deal_id,
        touches.touch_id
    from deals
    inner join touches
        on deals.account_id = touches.account_id
    union
    select
        deals.deal_id,
        touches.touch_id
    from deals
    inner join leads
        on deals.deal_id = leads.deal_id
    inner join touches
        on leads.lead_id = touches.lead_id
{%- endmacro %}
