-- One row per month and total of the group's statements: what is consolidated is the sum of the entities less what the
-- pairs of entities have with each other. The pairs are summed apart from the eliminations. Profit in stock that the group has
-- not earned is a check of its own (stock_profit_check).
with consolidated as (select * from {{ ref('consolidated_statements') }}),

results as (select * from {{ ref('profit_and_loss') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

pairs as (select * from {{ ref('fct_intercompany_pairs') }}),

run_context as (select * from {{ ref('int_run_context') }}),

totals as (
    select
        period_on,
        case
            when statement = 'profit_and_loss' and class = 'revenue' then 'group revenue'
            when statement = 'profit_and_loss' then 'group costs'
            when class = 'asset' then 'group assets'
            when class = 'liability' then 'group liabilities'
            else 'group equity and unclassified'
        end as total,
        sum(consolidated_rpt - unrealised_profit_rpt) as consolidated_rpt
    from consolidated
    group by period_on, total
),

expected_parts as (
    select
        period_on,
        case class when 'revenue' then 'group revenue' else 'group costs' end as total,
        amount_rpt
    from results
    union all
    select
        period_on,
        case class
            when 'asset' then 'group assets'
            when 'liability' then 'group liabilities'
            else 'group equity and unclassified'
        end as total,
        balance_rpt as amount_rpt
    from sheet
    union all
    select period_on, 'group revenue' as total, -seller_rpt as amount_rpt
    from pairs
    where kind = 'result' and status <> 'unknown_partner'
    union all
    select period_on, 'group costs' as total, seller_rpt as amount_rpt
    from pairs
    where kind = 'result' and status <> 'unknown_partner'
    union all
    select period_on, 'group assets' as total, -buyer_rpt as amount_rpt
    from pairs
    where kind = 'balance' and status <> 'unknown_partner'
    union all
    select period_on, 'group liabilities' as total, -buyer_rpt as amount_rpt
    from pairs
    where kind = 'balance' and status <> 'unknown_partner'
),

expected as (
    select
        period_on,
        total,
        sum(amount_rpt) as expected_rpt
    from expected_parts
    group by period_on, total
)

select
    'consolidation_ties' as check_name,
    cast(null as varchar) as entity_id,
    coalesce(totals.period_on, expected.period_on) as period_on,
    run_context.reporting_currency as currency,
    coalesce(totals.total, expected.total) as left_label,
    coalesce(totals.consolidated_rpt, 0) as left_local,
    'entities less what is between them' as right_label,
    coalesce(expected.expected_rpt, 0) as right_local,
    0 as quarantined_local,
    0 as held_local,
    coalesce(totals.consolidated_rpt, 0) - coalesce(expected.expected_rpt, 0) as difference_local,
    true as is_covered
from totals
full outer join expected
    on
        totals.period_on = expected.period_on
        and totals.total = expected.total
cross join run_context
