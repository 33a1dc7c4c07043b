-- One row per level and what it names, by entity, whose margin of the twelve months up to the as-of month is below that of the
-- twelve before, with what it lost by cause: the trailing_year rows of fct_margin_bridge, over currencies. Losses are negative.
-- level says whose: customer (all its items netted), item (all its customers netted), customer_item. A customer that swaps one
-- item for another has lost the first and gained the second; only the roll-up tells whether margin is gone. Levels are never
-- added together.
with bridge as (
    select * from {{ ref('fct_margin_bridge') }} where comparison = 'trailing_year'
),

levels as (
    select levels.level
    from (values ('customer'), ('item'), ('customer_item')) as levels (level)
),

seen_from as (
    select
        levels.level,
        bridge.month_on,
        bridge.entity_id,
        case when levels.level <> 'item' then bridge.customer_id end as customer_id,
        case when levels.level <> 'customer' then bridge.item_id end as item_id,
        case when levels.level <> 'customer' then bridge.item_type end as item_type,
        bridge.base_margin_rpt,
        bridge.margin_rpt,
        bridge.price_rpt,
        bridge.discount_rpt,
        bridge.unit_cost_rpt,
        bridge.margin_volume_rpt,
        bridge.margin_mix_rpt,
        bridge.margin_exchange_rpt,
        bridge.margin_lost_rpt,
        bridge.margin_new_rpt,
        bridge.margin_unpriced_rpt
    from bridge
    cross join levels
),

eroded as (
    select
        level,
        month_on,
        entity_id,
        customer_id,
        item_id,
        item_type,
        sum(base_margin_rpt) as base_margin_rpt,
        sum(margin_rpt) as margin_rpt,
        sum(margin_rpt - base_margin_rpt) as margin_change_rpt,
        sum(price_rpt - coalesce(discount_rpt, 0)) as price_rpt,
        sum(coalesce(discount_rpt, 0)) as discount_rpt,
        sum(unit_cost_rpt) as unit_cost_rpt,
        sum(margin_volume_rpt) as volume_rpt,
        sum(margin_mix_rpt) as mix_rpt,
        sum(margin_exchange_rpt) as exchange_rpt,
        sum(margin_lost_rpt + margin_new_rpt) as lost_and_new_rpt,
        sum(margin_unpriced_rpt) as unpriced_rpt
    from seen_from
    group by level, month_on, entity_id, customer_id, item_id, item_type
    having sum(margin_rpt - base_margin_rpt) < 0
),

worst as (
    select
        *,
        least(price_rpt, discount_rpt, unit_cost_rpt, volume_rpt, mix_rpt, exchange_rpt, lost_and_new_rpt, unpriced_rpt)
            as worst_rpt
    from eroded
)

select
    level,
    month_on,
    entity_id,
    customer_id,
    item_id,
    item_type,
    {{ line_amount('base_margin_rpt') }} as base_margin_rpt,
    {{ line_amount('margin_rpt') }} as margin_rpt,
    {{ line_amount('margin_change_rpt') }} as margin_change_rpt,
    {{ line_amount('price_rpt') }} as price_rpt,
    {{ line_amount('discount_rpt') }} as discount_rpt,
    {{ line_amount('unit_cost_rpt') }} as unit_cost_rpt,
    {{ line_amount('volume_rpt') }} as volume_rpt,
    {{ line_amount('mix_rpt') }} as mix_rpt,
    {{ line_amount('exchange_rpt') }} as exchange_rpt,
    {{ line_amount('lost_and_new_rpt') }} as lost_and_new_rpt,
    {{ line_amount('unpriced_rpt') }} as unpriced_rpt,
    case worst_rpt
        when price_rpt then 'price'
        when discount_rpt then 'discount'
        when unit_cost_rpt then 'cost'
        when mix_rpt then 'mix'
        when volume_rpt then 'volume'
        when lost_and_new_rpt then 'lost'
        when exchange_rpt then 'exchange'
        else 'unpriced'
    end as main_cause
from worst
