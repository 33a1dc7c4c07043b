-- One row per quarter of creation and segment: qualified deals times win rate times mean won amount, over the median days to win.
-- All four are of the same deals. Qualified: the deal went beyond the first stage of its pipeline. Merged deals are left out.
with deals as (select * from {{ ref('fct_deals') }}),

visits as (select * from {{ ref('int_stage_visits') }}),

furthest as (
    select
        deal_id,
        max(stage_no) as furthest_no
    from visits
    group by deal_id
),

measured as (
    select
        cast({{ dbt.date_trunc('quarter', 'deals.created_on') }} as date) as quarter_on,
        coalesce(deals.segment, 'unknown') as segment,
        case when deals.is_won or coalesce(furthest.furthest_no, 0) > 1 then 1 else 0 end as is_qualified,
        case when deals.is_won then 1 else 0 end as is_won,
        case when deals.is_lost then 1 else 0 end as is_lost,
        case when deals.is_won then deals.amount_rpt end as won_rpt,
        case when deals.is_won and deals.amount_rpt is not null then 1 else 0 end as is_priced,
        case when deals.is_won then deals.sales_cycle_days end as cycle_days
    from deals
    left join furthest
        on deals.deal_id = furthest.deal_id
),

summed as (
    select
        quarter_on,
        segment,
        count(*) as created_count,
        sum(is_qualified) as qualified_count,
        sum(is_won) as won_count,
        sum(is_lost) as lost_count,
        count(*) - sum(is_won) - sum(is_lost) as open_count,
        coalesce(sum(won_rpt), 0) as won_rpt,
        sum(is_priced) as priced_count,
        median(cycle_days) as median_cycle_days,
        {{ percentile('cycle_days', 0.8) }} as p80_cycle_days
    from measured
    group by quarter_on, segment
),

final as (
    select
        quarter_on,
        segment,
        cast(created_count as integer) as created_count,
        cast(qualified_count as integer) as qualified_count,
        cast(won_count as integer) as won_count,
        cast(lost_count as integer) as lost_count,
        cast(open_count as integer) as open_count,
        {{ money('won_rpt') }} as won_rpt,
        cast({{ ratio('won_count', 'won_count + lost_count') }} as decimal(9, 6)) as win_rate_ratio,
        {{ part_of('won_rpt', '1', 'priced_count') }} as mean_won_rpt,
        cast(median_cycle_days as decimal(18, 2)) as median_cycle_days,
        cast(p80_cycle_days as decimal(18, 2)) as p80_cycle_days,
        {{ money(
            'cast(qualified_count as double) * ' ~ ratio('won_count', 'won_count + lost_count')
            ~ ' * ' ~ ratio('won_rpt', 'priced_count') ~ ' / nullif(median_cycle_days, 0)'
        ) }} as velocity_rpt
    from summed
)

select * from final
