-- One row per stage of a pipeline, and one with an empty stage for all together: how often deals that stood in it at a month
-- end of the last two years, half a year ago or earlier, were won since, and how much later than expected those closed.
-- Ten deals with the chances of all stages are added to each, so that three deals do not make a certainty.
with deal_states as (select * from {{ ref('int_deal_states') }}),

deals as (select * from {{ ref('fct_deals') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }}),

standing as (
    select
        deals.pipeline,
        deal_states.stage,
        deals.is_won,
        case
            when deals.is_won
                then greatest({{ dbt.datediff('deal_states.expected_close_on', 'deals.closed_on', 'day') }}, 0)
        end as slip_days
    from deal_states
    cross join run_context
    inner join month_ends
        on
            deal_states.valid_from_on <= month_ends.as_of_on
            and (deal_states.valid_to_on is null or deal_states.valid_to_on > month_ends.as_of_on)
    inner join deals on deal_states.deal_id = deals.deal_id
    where
        deal_states.is_open
        and deals.is_closed
        and month_ends.as_of_on > cast({{ dbt.dateadd('month', -30, 'run_context.as_of') }} as date)
        and month_ends.as_of_on <= cast({{ dbt.dateadd('month', -6, 'run_context.as_of') }} as date)
),

overall as (
    select
        {{ ratio('sum(case when is_won then 1 else 0 end)', 'count(*)') }} as won_ratio,
        avg(slip_days) as slip_days
    from standing
)

select
    standing.pipeline,
    standing.stage,
    cast(count(*) as integer) as deals_count,
    (sum(case when standing.is_won then 1 else 0 end) + 10 * max(overall.won_ratio)) / (count(*) + 10) as won_ratio,
    cast(coalesce(avg(standing.slip_days), max(overall.slip_days), 0) as integer) as slip_days
from standing
cross join overall
group by standing.pipeline, standing.stage
union all
select
    '' as pipeline,
    '' as stage,
    0 as deals_count,
    won_ratio,
    cast(coalesce(slip_days, 0) as integer) as slip_days
from overall
where won_ratio is not null
