-- One row per entity, item and warehouse with stock on the as-of day: how old it is, how fast it turns, how long it was out.
-- Age by first in, first out: what is there came in last. Transfers do not make stock younger, as far as their moves are
-- of the type `transfer`. Stock below zero is shown and has no age.
with moves as (
    select
        moves.entity_id, moves.item_id, coalesce(moves.warehouse, 'none') as warehouse, moves.moved_on, moves.quantity,
        moves.value_local, moves.move_type, moves.inventory_move_id
    from {{ ref('int_inventory_moves') }} as moves
    cross join {{ ref('int_run_context') }} as run_context
    where moves.moved_on <= run_context.as_of
),

items as (select * from {{ ref('int_items') }}),

monthly as (select * from {{ ref('fct_inventory_monthly') }}),

run_context as (select * from {{ ref('int_run_context') }}),

stock as (
    select
        moves.entity_id,
        moves.item_id,
        moves.warehouse,
        sum(moves.quantity) as quantity,
        sum(moves.value_local) as value_local,
        min(moves.moved_on) as first_moved_on,
        max(case when moves.move_type = 'issue' then moves.moved_on end) as last_issued_on,
        sum(
            case
                when
                    moves.move_type in ('issue', 'return')
                    and moves.moved_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
                    then -moves.value_local
                else 0
            end
        ) as issued_year_local
    from moves
    cross join run_context
    group by moves.entity_id, moves.item_id, moves.warehouse
),

-- Newest first: what came in after a layer is still there before any of the layer is.
layers as (
    select
        moves.entity_id,
        moves.item_id,
        moves.warehouse,
        moves.moved_on,
        moves.quantity,
        stock.quantity as stock_quantity,
        sum(moves.quantity) over (
            partition by moves.entity_id, moves.item_id, moves.warehouse
            order by moves.moved_on desc, moves.inventory_move_id desc
            rows between unbounded preceding and current row
        ) - moves.quantity as newer_quantity
    from moves
    inner join stock
        on
            moves.entity_id = stock.entity_id
            and moves.item_id = stock.item_id
            and moves.warehouse = stock.warehouse
    where moves.quantity > 0 and moves.move_type <> 'transfer' and stock.quantity > 0
),

layers_left as (
    select
        layers.entity_id,
        layers.item_id,
        layers.warehouse,
        least(layers.quantity, layers.stock_quantity - layers.newer_quantity) as quantity,
        cast({{ dbt.datediff('layers.moved_on', 'run_context.as_of', 'day') }} as integer) as age_days
    from layers
    cross join run_context
    where layers.newer_quantity < layers.stock_quantity
),

ages as (
    select
        entity_id,
        item_id,
        warehouse,
        sum(case when age_days <= 90 then quantity else 0 end) as quantity_0_90,
        sum(case when age_days between 91 and 180 then quantity else 0 end) as quantity_91_180,
        sum(case when age_days between 181 and 365 then quantity else 0 end) as quantity_181_365,
        max(age_days) as oldest_days,
        {{ ratio('sum(quantity * age_days)', 'sum(quantity)') }} as mean_age_days
    from layers_left
    group by entity_id, item_id, warehouse
),

-- Days of the last year that began and ended at or below zero, between one movement day and the next.
days_moved as (
    select
        entity_id,
        item_id,
        warehouse,
        moved_on,
        sum(quantity) as quantity
    from moves
    group by entity_id, item_id, warehouse, moved_on
),

balances as (
    select
        *,
        sum(quantity) over (
            partition by entity_id, item_id, warehouse order by moved_on rows between unbounded preceding and current row
        ) as balance,
        lead(moved_on) over (partition by entity_id, item_id, warehouse order by moved_on) as next_on
    from days_moved
),

out_of_stock as (
    select
        balances.entity_id,
        balances.item_id,
        balances.warehouse,
        sum(cast({{ dbt.datediff(
            "greatest(balances.moved_on, cast(" ~ dbt.dateadd('day', -365, 'run_context.as_of') ~ " as date))",
            "coalesce(balances.next_on, run_context.as_of)", 'day'
        ) }} as integer)) as days_count
    from balances
    cross join run_context
    where
        balances.balance <= 0
        and coalesce(balances.next_on, run_context.as_of) > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by balances.entity_id, balances.item_id, balances.warehouse
),

mean_stock as (
    select
        monthly.entity_id,
        monthly.item_id,
        monthly.warehouse,
        {{ ratio('sum(monthly.closing_local)', 'count(*)') }} as mean_local
    from monthly
    cross join run_context
    where monthly.month_on > cast({{ dbt.dateadd('month', -12, month_of('run_context.as_of')) }} as date)
    group by monthly.entity_id, monthly.item_id, monthly.warehouse
)

select
    run_context.as_of as as_of_on,
    stock.entity_id,
    stock.item_id,
    items.category,
    stock.warehouse,
    cast(stock.quantity as decimal(18, 6)) as quantity,
    {{ money('stock.value_local') }} as value_local,
    cast(coalesce(ages.quantity_0_90, 0) as decimal(18, 6)) as quantity_0_90,
    cast(coalesce(ages.quantity_91_180, 0) as decimal(18, 6)) as quantity_91_180,
    cast(coalesce(ages.quantity_181_365, 0) as decimal(18, 6)) as quantity_181_365,
    cast(
        case when stock.quantity > 0 then stock.quantity else 0 end
        - coalesce(ages.quantity_0_90 + ages.quantity_91_180 + ages.quantity_181_365, 0)
        as decimal(18, 6)
    ) as quantity_over_365,
    ages.mean_age_days,
    ages.oldest_days,
    stock.last_issued_on,
    cast({{ dbt.datediff('stock.last_issued_on', 'run_context.as_of', 'day') }} as integer) as days_since_issue,
    {{ money('stock.issued_year_local') }} as issued_year_local,
    {{ ratio('stock.issued_year_local', 'mean_stock.mean_local') }} as turns,
    cast(coalesce(out_of_stock.days_count, 0) as integer) as out_of_stock_days
from stock
cross join run_context
left join items on stock.item_id = items.item_id
left join ages
    on
        stock.entity_id = ages.entity_id
        and stock.item_id = ages.item_id
        and stock.warehouse = ages.warehouse
left join out_of_stock
    on
        stock.entity_id = out_of_stock.entity_id
        and stock.item_id = out_of_stock.item_id
        and stock.warehouse = out_of_stock.warehouse
left join mean_stock
    on
        stock.entity_id = mean_stock.entity_id
        and stock.item_id = mean_stock.item_id
        and stock.warehouse = mean_stock.warehouse
