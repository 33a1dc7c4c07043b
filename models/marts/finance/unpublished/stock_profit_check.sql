-- One row per month and side of the group: what its stock is lowered by is the seller's margin in the goods that buyers hold, and
-- is what its results to date bear. Not covered in a month with goods whose margin no cost tells.
with consolidated as (select * from {{ ref('consolidated_statements') }}),

stock_profits as (select * from {{ ref('fct_unrealised_stock_profit') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }}),

by_item as (
    select
        month_on,
        sum(coalesce(unrealised_profit_rpt, 0)) as by_item_rpt,
        count(*) - count(unrealised_profit_rpt) as unknown_count
    from stock_profits
    group by month_on
),

taken_off as (
    select
        period_on,
        -sum(case when class = 'asset' then unrealised_profit_rpt else 0 end) as stock_rpt,
        -sum(case when class = 'equity' then unrealised_profit_rpt else 0 end) as equity_rpt,
        -sum(case when statement = 'profit_and_loss' then unrealised_profit_rpt else 0 end) as result_rpt
    from consolidated
    group by period_on
),

monthly as (
    select
        month_ends.month_on as period_on,
        coalesce(by_item.by_item_rpt, 0) as by_item_rpt,
        coalesce(by_item.unknown_count, 0) as unknown_count,
        coalesce(taken_off.stock_rpt, 0) as stock_rpt,
        coalesce(taken_off.equity_rpt, 0) as equity_rpt,
        sum(coalesce(taken_off.result_rpt, 0)) over (
            order by month_ends.month_on rows between unbounded preceding and current row
        ) as results_rpt
    from month_ends
    left join by_item on month_ends.month_on = by_item.month_on
    left join taken_off on month_ends.month_on = taken_off.period_on
),

sides as (
    select
        period_on, 'profit taken off group stock' as left_label, stock_rpt as left_rpt,
        'margin of sellers in stock held' as right_label, by_item_rpt as right_rpt, unknown_count
    from monthly
    union all
    select
        period_on, 'profit taken off group equity' as left_label, equity_rpt as left_rpt,
        'profit taken off results to date' as right_label, results_rpt as right_rpt, unknown_count
    from monthly
)

select
    'unrealised_stock_profit_ties' as check_name,
    cast(null as varchar) as entity_id,
    sides.period_on,
    run_context.reporting_currency as currency,
    sides.left_label,
    sides.left_rpt as left_local,
    sides.right_label,
    sides.right_rpt as right_local,
    0 as quarantined_local,
    0 as held_local,
    sides.left_rpt - sides.right_rpt as difference_local,
    sides.unknown_count = 0 as is_covered
from sides
cross join run_context
where sides.left_rpt <> 0 or sides.right_rpt <> 0 or sides.unknown_count > 0
