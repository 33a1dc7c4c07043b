-- One row per month and deal that was in the pipeline in it: opening plus movements is closing. The last month ends on the as-of day.
-- Won and lost deals leave with the amount that was open; bookings carry the final amount. So do deals that were merged into
-- another one or deleted: each has a bar of its own.
with states as (select * from {{ ref('int_deal_states') }}),

profiles as (select * from {{ ref('int_deal_profiles') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

months as (
    select distinct dates.month_on
    from dates
    cross join run_context
    where dates.month_on <= run_context.as_of
),

open_states as (
    select
        deal_id,
        valid_from_on,
        valid_to_on,
        coalesce(amount_rpt, 0) as amount_rpt
    from states
    where is_open
),

openings as (
    select
        months.month_on,
        open_states.deal_id,
        open_states.amount_rpt
    from months
    inner join open_states
        on
            months.month_on > open_states.valid_from_on
            and (open_states.valid_to_on is null or months.month_on <= open_states.valid_to_on)
),

transitions as (
    select
        deal_id,
        {{ month_of('valid_from_on') }} as month_on,
        is_open,
        outcome,
        case when is_open then coalesce(amount_rpt, 0) else 0 end as open_rpt,
        lag(is_open) over (partition by deal_id order by valid_from_on) as was_open,
        coalesce(
            lag(case when is_open then coalesce(amount_rpt, 0) else 0 end) over (partition by deal_id order by valid_from_on), 0
        ) as was_open_rpt
    from states
),

movements as (
    select
        month_on,
        deal_id,
        case
            when is_open and was_open is null then 'created'
            when is_open and not was_open then 'reopened'
            when is_open then 'amount_change'
            when was_open then outcome
        end as movement,
        open_rpt - was_open_rpt as amount_rpt
    from transitions
    where is_open or was_open
),

steps as (
    select
        month_on,
        deal_id,
        'opening' as movement,
        amount_rpt
    from openings
    union all
    select
        month_on,
        deal_id,
        movement,
        amount_rpt
    from movements
),

totals as (
    select
        month_on,
        deal_id,
        {{ money("sum(case when movement = 'opening' then amount_rpt else 0 end)") }} as opening_rpt,
        {{ money("sum(case when movement = 'created' then amount_rpt else 0 end)") }} as created_rpt,
        {{ money("sum(case when movement = 'reopened' then amount_rpt else 0 end)") }} as reopened_rpt,
        {{ money("sum(case when movement = 'amount_change' then amount_rpt else 0 end)") }} as amount_change_rpt,
        {{ money("sum(case when movement = 'won' then amount_rpt else 0 end)") }} as won_rpt,
        {{ money("sum(case when movement = 'lost' then amount_rpt else 0 end)") }} as lost_rpt,
        {{ money("sum(case when movement = 'merged' then amount_rpt else 0 end)") }} as merged_rpt,
        {{ money("sum(case when movement = 'deleted' then amount_rpt else 0 end)") }} as deleted_rpt
    from steps
    group by month_on, deal_id
),

month_closings as (
    select
        months.month_on,
        states.deal_id,
        states.amount_rpt
    from months
    cross join run_context
    inner join open_states as states
        on
            states.valid_from_on <= least(cast({{ dbt.last_day('months.month_on', 'month') }} as date), run_context.as_of)
            and (
                states.valid_to_on is null
                or states.valid_to_on > least(cast({{ dbt.last_day('months.month_on', 'month') }} as date), run_context.as_of)
            )
),

final as (
    select
        totals.month_on,
        totals.deal_id,
        profiles.source_system,
        profiles.source_id,
        profiles.party_id,
        profiles.owner_id,
        profiles.entity_id,
        profiles.pipeline,
        profiles.deal_type,
        profiles.region,
        profiles.segment,
        totals.opening_rpt,
        totals.created_rpt,
        totals.reopened_rpt,
        totals.amount_change_rpt,
        totals.won_rpt,
        totals.lost_rpt,
        totals.merged_rpt,
        totals.deleted_rpt,
        {{ money('coalesce(month_closings.amount_rpt, 0)') }} as closing_rpt
    from totals
    inner join profiles
        on totals.deal_id = profiles.deal_id
    left join month_closings
        on totals.month_on = month_closings.month_on and totals.deal_id = month_closings.deal_id
)

select * from final
