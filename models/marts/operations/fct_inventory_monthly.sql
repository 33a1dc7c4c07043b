-- One row per month, entity, item and warehouse, from its first stock movement or count to the as-of month, also where nothing
-- moved. Values are what the movements carried; reporting balances are at the month's closing rate.
-- A day is one of stock from the first movement on while the item is in demand: issued in the twelve months up to the month's
-- end. A day that ends at or below zero is out of stock. Counts are against the books as the count's source states them.
with moves as (select * from {{ ref('int_inventory_moves') }}),

stock_counts as (select * from {{ ref('int_stock_counts') }}),

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
        sum(case when moves.move_type = 'issue' then -moves.value_local else 0 end) as issued_local,
        sum(case when moves.move_type = 'issue' then 1 else 0 end) as issues_count
    from moves
    cross join run_context
    where moves.moved_on <= run_context.as_of
    group by moves.entity_id, moves.item_id, coalesce(moves.warehouse, 'none'), {{ month_of('moves.moved_on') }}
),

counts as (
    select
        stock_counts.entity_id,
        stock_counts.item_id,
        coalesce(stock_counts.warehouse, 'none') as warehouse,
        {{ month_of('stock_counts.counted_on') }} as month_on,
        count(*) as counts_count,
        sum(abs(stock_counts.book_quantity)) as counted_book_quantity,
        sum(abs(stock_counts.counted_quantity - stock_counts.book_quantity)) as count_difference_quantity
    from stock_counts
    cross join run_context
    where stock_counts.counted_on <= run_context.as_of
    group by
        stock_counts.entity_id, stock_counts.item_id, coalesce(stock_counts.warehouse, 'none'),
        {{ month_of('stock_counts.counted_on') }}
),

days_moved as (
    select
        moves.entity_id,
        moves.item_id,
        coalesce(moves.warehouse, 'none') as warehouse,
        moves.moved_on,
        sum(moves.quantity) as quantity
    from moves
    cross join run_context
    where moves.moved_on <= run_context.as_of
    group by moves.entity_id, moves.item_id, coalesce(moves.warehouse, 'none'), moves.moved_on
),

days_closed as (
    select
        *,
        sum(quantity) over (
            partition by entity_id, item_id, warehouse order by moved_on rows between unbounded preceding and current row
        ) as balance,
        lead(moved_on) over (partition by entity_id, item_id, warehouse order by moved_on) as next_on
    from days_moved
),

-- Days from one movement to the next that ended at or below zero, cut at month ends.
out_of_stock as (
    select
        days_closed.entity_id,
        days_closed.item_id,
        days_closed.warehouse,
        month_ends.month_on,
        sum(cast({{ dbt.datediff(
            "greatest(days_closed.moved_on, month_ends.month_on)",
            "least(coalesce(days_closed.next_on, cast(" ~ dbt.dateadd('day', 1, 'month_ends.as_of_on') ~ " as date)), cast("
            ~ dbt.dateadd('day', 1, 'month_ends.as_of_on') ~ " as date))", 'day'
        ) }} as integer)) as days_count
    from days_closed
    inner join month_ends
        on
            days_closed.moved_on <= month_ends.as_of_on
            and (days_closed.next_on is null or days_closed.next_on > month_ends.month_on)
    where days_closed.balance <= 0
    group by days_closed.entity_id, days_closed.item_id, days_closed.warehouse, month_ends.month_on
),

first_days as (
    select
        entity_id,
        item_id,
        warehouse,
        min(moved_on) as first_moved_on
    from days_moved
    group by entity_id, item_id, warehouse
),

first_months as (
    select
        entity_id,
        item_id,
        warehouse,
        min(month_on) as first_month_on
    from (
        select entity_id, item_id, warehouse, month_on from movements
        union all
        select entity_id, item_id, warehouse, month_on from counts
    ) as seen
    group by entity_id, item_id, warehouse
),

monthly as (
    select
        first_months.entity_id,
        first_months.item_id,
        first_months.warehouse,
        month_ends.month_on,
        case
            when first_days.first_moved_on <= month_ends.as_of_on
                then cast({{ dbt.datediff(
                    "greatest(first_days.first_moved_on, month_ends.month_on)", "month_ends.as_of_on", 'day'
                ) }} as integer) + 1
            else 0
        end as days_count,
        coalesce(out_of_stock.days_count, 0) as days_out_count,
        coalesce(counts.counts_count, 0) as counts_count,
        coalesce(counts.counted_book_quantity, 0) as counted_book_quantity,
        coalesce(counts.count_difference_quantity, 0) as count_difference_quantity,
        coalesce(movements.quantity_in, 0) as quantity_in,
        coalesce(movements.quantity_out, 0) as quantity_out,
        coalesce(movements.value_in_local, 0) as value_in_local,
        coalesce(movements.value_out_local, 0) as value_out_local,
        coalesce(movements.issued_local, 0) as issued_local,
        coalesce(movements.issues_count, 0) as issues_count
    from first_months
    inner join month_ends on first_months.first_month_on <= month_ends.month_on
    left join movements
        on
            first_months.entity_id = movements.entity_id
            and first_months.item_id = movements.item_id
            and first_months.warehouse = movements.warehouse
            and month_ends.month_on = movements.month_on
    left join counts
        on
            first_months.entity_id = counts.entity_id
            and first_months.item_id = counts.item_id
            and first_months.warehouse = counts.warehouse
            and month_ends.month_on = counts.month_on
    left join out_of_stock
        on
            first_months.entity_id = out_of_stock.entity_id
            and first_months.item_id = out_of_stock.item_id
            and first_months.warehouse = out_of_stock.warehouse
            and month_ends.month_on = out_of_stock.month_on
    left join first_days
        on
            first_months.entity_id = first_days.entity_id
            and first_months.item_id = first_days.item_id
            and first_months.warehouse = first_days.warehouse
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
        ) as closing_local,
        sum(case when issues_count > 0 then 1 else 0 end) over (
            partition by entity_id, item_id, warehouse order by month_on
            rows between 11 preceding and current row
        ) > 0 as is_in_demand
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
        {{ money('closing_local') }} as closing_local,
        cast(case when is_in_demand then days_count else 0 end as integer) as stock_days,
        cast(case when is_in_demand then days_out_count else 0 end as integer) as out_of_stock_days,
        cast(counts_count as integer) as counts_count,
        cast(counted_book_quantity as decimal(18, 6)) as counted_book_quantity,
        cast(count_difference_quantity as decimal(18, 6)) as count_difference_quantity,
        {{ money(
            "case when closing_quantity > 0 then cast(counted_book_quantity as double) * cast(closing_local as double)"
            ~ " / cast(closing_quantity as double) end"
        ) }} as counted_book_local,
        {{ money(
            "case when closing_quantity > 0 then cast(count_difference_quantity as double) * cast(closing_local as double)"
            ~ " / cast(closing_quantity as double) end"
        ) }} as count_difference_local
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
    end as closing_rpt,
    valued.stock_days,
    valued.out_of_stock_days,
    valued.counts_count,
    valued.counted_book_quantity,
    valued.count_difference_quantity,
    case
        when entities.is_reporting_currency then valued.counted_book_local
        else {{ converted('valued.counted_book_local', 'month_rates.closing_rate') }}
    end as counted_book_rpt,
    case
        when entities.is_reporting_currency then valued.count_difference_local
        else {{ converted('valued.count_difference_local', 'month_rates.closing_rate') }}
    end as count_difference_rpt
from valued
inner join entities on valued.entity_id = entities.entity_id
left join items on valued.item_id = items.item_id
left join month_rates
    on
        entities.currency = month_rates.currency
        and valued.month_on = month_rates.month_on
