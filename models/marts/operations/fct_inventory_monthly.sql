-- One row per month, entity, item and warehouse, from its first stock movement to the as-of month, also where nothing
-- moved. Values are what the movements carried; reporting balances are at the month's closing rate.
with moves as (select * from {{ ref('int_inventory_moves') }}),

items as (select * from {{ ref('int_items') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

movements as (
    select
        moves.entity_id,
        moves.item_id,
        coalesce(moves.warehouse, 'none') as warehouse,
        {{ month_of('moves.moved_on') }} as month_on,
        sum(case when moves.quantity > 0 then moves.quantity else 0 end) as quantity_in,
        sum(case when moves.quantity < 0 then -moves.quantity else 0 end) as quantity_out,
        sum(case when moves.value_local > 0 then moves.value_local else 0 end) as value_in_local,
        sum(case when moves.value_local < 0 then -moves.value_local else 0 end) as value_out_local,
        sum(case when moves.move_type = 'issue' then -moves.value_local else 0 end) as issued_local
    from moves
    cross join run_context
    where moves.moved_on <= run_context.as_of
    group by moves.entity_id, moves.item_id, coalesce(moves.warehouse, 'none'), {{ month_of('moves.moved_on') }}
),

first_months as (
    select
        entity_id,
        item_id,
        warehouse,
        min(month_on) as first_month_on
    from movements
    group by entity_id, item_id, warehouse
),

monthly as (
    select
        first_months.entity_id,
        first_months.item_id,
        first_months.warehouse,
        month_ends.month_on,
        coalesce(movements.quantity_in, 0) as quantity_in,
        coalesce(movements.quantity_out, 0) as quantity_out,
        coalesce(movements.value_in_local, 0) as value_in_local,
        coalesce(movements.value_out_local, 0) as value_out_local,
        coalesce(movements.issued_local, 0) as issued_local
    from first_months
    inner join month_ends on first_months.first_month_on <= month_ends.month_on
    left join movements
        on
            first_months.entity_id = movements.entity_id
            and first_months.item_id = movements.item_id
            and first_months.warehouse = movements.warehouse
            and month_ends.month_on = movements.month_on
),

running as (
    select
        *,
        sum(quantity_in - quantity_out) over (
            partition by entity_id, item_id, warehouse order by month_on
            rows between unbounded preceding and current row
        ) as closing_quantity,
        sum(value_in_local - value_out_local) over (
            partition by entity_id, item_id, warehouse order by month_on
            rows between unbounded preceding and current row
        ) as closing_local
    from monthly
),

valued as (
    select
        entity_id,
        item_id,
        warehouse,
        month_on,
        cast(quantity_in as decimal(18, 6)) as quantity_in,
        cast(quantity_out as decimal(18, 6)) as quantity_out,
        cast(closing_quantity as decimal(18, 6)) as closing_quantity,
        {{ money('value_in_local') }} as value_in_local,
        {{ money('value_out_local') }} as value_out_local,
        {{ money('issued_local') }} as issued_local,
        {{ money('closing_local') }} as closing_local
    from running
)

select
    valued.month_on,
    valued.entity_id,
    valued.item_id,
    items.category,
    valued.warehouse,
    valued.quantity_in,
    valued.quantity_out,
    valued.closing_quantity,
    valued.value_in_local,
    valued.value_out_local,
    valued.issued_local,
    valued.closing_local,
    case
        when entities.is_reporting_currency then valued.issued_local
        else {{ converted('valued.issued_local', 'month_rates.average_rate') }}
    end as issued_rpt,
    case
        when entities.is_reporting_currency then valued.closing_local
        else {{ converted('valued.closing_local', 'month_rates.closing_rate') }}
    end as closing_rpt
from valued
inner join entities on valued.entity_id = entities.entity_id
left join items on valued.item_id = items.item_id
left join month_rates
    on
        entities.currency = month_rates.currency
        and valued.month_on = month_rates.month_on
