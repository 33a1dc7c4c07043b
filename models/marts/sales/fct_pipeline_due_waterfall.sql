-- One row per month and deal that was expected to close in it at any time of it: what was due at its start, plus movements, is what
-- is still due at its end. Pulled in: the close date moved into the month; pushed out: it moved away from it. The last month ends
-- on the as-of day. Slipped: due at the start, and at the end open with a close date after the month.
with states as (select * from {{ ref('int_deal_states') }}),

profiles as (select * from {{ ref('int_deal_profiles') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

months as (
    select distinct
        dates.month_on,
        least(cast({{ dbt.last_day('dates.month_on', 'month') }} as date), run_context.as_of) as end_on
    from dates
    cross join run_context
    where dates.month_on <= run_context.as_of
),

due_states as (
    select
        deal_id,
        valid_from_on,
        valid_to_on,
        is_open,
        outcome,
        coalesce(amount_rpt, 0) as amount_rpt,
        case when is_open then {{ month_of('expected_close_on') }} end as due_on,
        lag(is_open) over (partition by deal_id order by valid_from_on) as was_open,
        lag(case when is_open then {{ month_of('expected_close_on') }} end) over (partition by deal_id order by valid_from_on)
            as was_due_on,
        lag(coalesce(amount_rpt, 0)) over (partition by deal_id order by valid_from_on) as was_rpt,
        {{ month_of('valid_from_on') }} as month_on
    from states
),

openings as (
    select
        months.month_on,
        due_states.deal_id,
        'opening' as movement,
        due_states.amount_rpt
    from months
    inner join due_states
        on
            months.month_on = due_states.due_on
            and months.month_on > due_states.valid_from_on
            and (due_states.valid_to_on is null or months.month_on <= due_states.valid_to_on)
),

changes as (
    select
        month_on,
        deal_id,
        case
            when coalesce(due_on = month_on, false) and was_open is null then 'created'
            when coalesce(due_on = month_on, false) and not was_open then 'reopened'
            when coalesce(due_on = month_on, false) and coalesce(was_due_on = month_on, false) then 'amount_change'
            when coalesce(due_on = month_on, false) then 'pulled_in'
            when is_open then 'pushed_out'
            else outcome
        end as movement,
        case when coalesce(due_on = month_on, false) then amount_rpt else 0 end
        - case when coalesce(was_due_on = month_on, false) then was_rpt else 0 end as amount_rpt
    from due_states
    where coalesce(due_on = month_on, false) or coalesce(was_due_on = month_on, false)
),

closings as (
    select
        months.month_on,
        due_states.deal_id,
        'closing' as movement,
        due_states.amount_rpt
    from months
    inner join due_states
        on
            months.month_on = due_states.due_on
            and months.end_on >= due_states.valid_from_on
            and (due_states.valid_to_on is null or months.end_on < due_states.valid_to_on)
),

-- The amount that was due at the start, of deals that end the month open and due later.
slips as (
    select
        openings.month_on,
        openings.deal_id,
        'slipped' as movement,
        openings.amount_rpt
    from openings
    inner join months
        on openings.month_on = months.month_on
    inner join due_states
        on
            openings.deal_id = due_states.deal_id
            and months.end_on >= due_states.valid_from_on
            and (due_states.valid_to_on is null or months.end_on < due_states.valid_to_on)
    where due_states.due_on > openings.month_on
),

steps as (
    select month_on, deal_id, movement, amount_rpt from openings
    union all
    select month_on, deal_id, movement, amount_rpt from changes
    union all
    select month_on, deal_id, movement, amount_rpt from closings
    union all
    select month_on, deal_id, movement, amount_rpt from slips
),

totals as (
    select
        month_on,
        deal_id,
        {{ money("sum(case when movement = 'opening' then amount_rpt else 0 end)") }} as opening_rpt,
        {{ money("sum(case when movement = 'created' then amount_rpt else 0 end)") }} as created_rpt,
        {{ money("sum(case when movement = 'reopened' then amount_rpt else 0 end)") }} as reopened_rpt,
        {{ money("sum(case when movement = 'pulled_in' then amount_rpt else 0 end)") }} as pulled_in_rpt,
        {{ money("sum(case when movement = 'amount_change' then amount_rpt else 0 end)") }} as amount_change_rpt,
        {{ money("sum(case when movement = 'won' then amount_rpt else 0 end)") }} as won_rpt,
        {{ money("sum(case when movement = 'lost' then amount_rpt else 0 end)") }} as lost_rpt,
        {{ money("sum(case when movement = 'pushed_out' then amount_rpt else 0 end)") }} as pushed_out_rpt,
        {{ money("sum(case when movement = 'merged' then amount_rpt else 0 end)") }} as merged_rpt,
        {{ money("sum(case when movement = 'deleted' then amount_rpt else 0 end)") }} as deleted_rpt,
        {{ money("sum(case when movement = 'closing' then amount_rpt else 0 end)") }} as closing_rpt,
        {{ money("sum(case when movement = 'slipped' then amount_rpt else 0 end)") }} as slipped_rpt
    from steps
    group by month_on, deal_id
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
        totals.pulled_in_rpt,
        totals.amount_change_rpt,
        totals.won_rpt,
        totals.lost_rpt,
        totals.pushed_out_rpt,
        totals.merged_rpt,
        totals.deleted_rpt,
        totals.closing_rpt,
        totals.slipped_rpt
    from totals
    inner join profiles
        on totals.deal_id = profiles.deal_id
)

select * from final
