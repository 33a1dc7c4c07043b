-- One row per deal and uninterrupted stay in a stage while open. A change of amount or close date does not end a stay; a return to
-- the stage begins another. Stages are in the order of their mean probability in the CRM, then of how early deals are in them; what
-- was before the first recorded change is stage `unknown`, number 0.
{{ config(materialized='table') }}

with states as (select * from {{ ref('int_deal_states') }}),

profiles as (select * from {{ ref('int_deal_profiles') }}),

ordered as (
    select
        states.*,
        coalesce(profiles.pipeline, 'unknown') as pipeline,
        profiles.source_system,
        row_number() over (partition by states.deal_id order by states.valid_from_on) as state_no,
        lag(states.stage) over (partition by states.deal_id order by states.valid_from_on) as previous_stage,
        lag(states.is_open) over (partition by states.deal_id order by states.valid_from_on) as was_open
    from states
    inner join profiles
        on states.deal_id = profiles.deal_id
),

stages as (
    select
        source_system,
        pipeline,
        stage,
        case
            when stage = 'unknown' then 0
            else row_number() over (
                partition by source_system, pipeline, case when stage = 'unknown' then 1 else 0 end
                order by avg(cast(probability_ratio as double)) asc nulls first, avg(cast(state_no as double)) asc, stage asc
            )
        end as stage_no
    from ordered
    where is_open
    group by source_system, pipeline, stage
),

begun as (
    select
        deal_id,
        source_system,
        pipeline,
        stage,
        valid_from_on,
        valid_to_on,
        is_open,
        sum(case when is_open and was_open and stage = previous_stage then 0 else 1 end) over (
            partition by deal_id order by valid_from_on rows between unbounded preceding and current row
        ) as visit_no
    from ordered
),

visits as (
    select
        deal_id,
        source_system,
        pipeline,
        stage,
        visit_no,
        is_open,
        min(valid_from_on) as entered_on,
        case when max(case when valid_to_on is null then 1 else 0 end) = 0 then max(valid_to_on) end as left_on
    from begun
    group by deal_id, source_system, pipeline, stage, visit_no, is_open
),

endings as (
    select
        deal_id,
        outcome,
        valid_from_on as closed_on
    from states
    where valid_to_on is null and not is_open
),

final as (
    select
        visits.deal_id,
        visits.source_system,
        visits.pipeline,
        visits.stage,
        cast(stages.stage_no as integer) as stage_no,
        cast(visits.visit_no as integer) as visit_no,
        visits.entered_on,
        visits.left_on,
        coalesce(endings.outcome, 'open') as outcome,
        endings.closed_on
    from visits
    inner join stages
        on visits.source_system = stages.source_system and visits.pipeline = stages.pipeline and visits.stage = stages.stage
    left join endings
        on visits.deal_id = endings.deal_id
    where visits.is_open
)

select * from final
