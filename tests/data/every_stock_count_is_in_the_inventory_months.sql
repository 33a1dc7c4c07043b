-- A returned row is an entity whose stock counts are not all in the inventory months, or a month of an item with more days out of
-- stock than days.
with inventory as (select * from {{ ref('fct_inventory_monthly') }}),

counted as (
    select
        stock_counts.entity_id,
        count(*) as counts_count,
        sum(abs(stock_counts.counted_quantity - stock_counts.book_quantity)) as difference_quantity
    from {{ ref('int_stock_counts') }} as stock_counts
    cross join {{ ref('int_run_context') }} as run_context
    where stock_counts.counted_on <= run_context.as_of
    group by stock_counts.entity_id
),

published as (
    select
        entity_id,
        sum(counts_count) as counts_count,
        sum(count_difference_quantity) as difference_quantity,
        sum(case when out_of_stock_days > stock_days then 1 else 0 end) as impossible_count
    from inventory
    group by entity_id
)

select
    counted.entity_id,
    counted.counts_count,
    published.counts_count as published_counts_count,
    counted.difference_quantity,
    published.difference_quantity as published_difference_quantity,
    published.impossible_count
from counted
full outer join published on counted.entity_id = published.entity_id
where
    coalesce(counted.counts_count, 0) <> coalesce(published.counts_count, 0)
    or coalesce(counted.difference_quantity, 0) <> coalesce(published.difference_quantity, 0)
    or published.impossible_count > 0
