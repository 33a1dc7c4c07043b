-- One row per pipeline, stage and day on which a deal that had been in the stage was won, lost or reopened: how many such deals had
-- been won and lost by the end of the day, and of the whole pipeline. What happened later is not in it.
{{ config(materialized='table') }}

with states as (select * from {{ ref('int_deal_states') }}),

profiles as (select * from {{ ref('int_deal_profiles') }}),

visited as (
    select distinct
        states.deal_id,
        profiles.source_system,
        coalesce(profiles.pipeline, 'unknown') as pipeline,
        states.stage
    from states
    inner join profiles
        on states.deal_id = profiles.deal_id
    where states.is_open
),

-- A reopened deal takes its win or loss back.
outcomes as (
    select
        deal_id,
        valid_from_on as day_on,
        case when outcome = 'won' then 1 else 0 end as won,
        1 as closed
    from states
    where outcome in ('won', 'lost')
    union all
    select
        deal_id,
        valid_to_on as day_on,
        case when outcome = 'won' then -1 else 0 end as won,
        -1 as closed
    from states
    where outcome in ('won', 'lost') and valid_to_on is not null
),

moves as (
    select
        visited.source_system,
        visited.pipeline,
        visited.stage,
        outcomes.day_on,
        sum(outcomes.won) as won,
        sum(outcomes.closed) as closed
    from outcomes
    inner join visited
        on outcomes.deal_id = visited.deal_id
    group by visited.source_system, visited.pipeline, visited.stage, outcomes.day_on
),

pipeline_moves as (
    select
        profiles.source_system,
        coalesce(profiles.pipeline, 'unknown') as pipeline,
        outcomes.day_on,
        sum(outcomes.won) as won,
        sum(outcomes.closed) as closed
    from outcomes
    inner join profiles
        on outcomes.deal_id = profiles.deal_id
    group by profiles.source_system, coalesce(profiles.pipeline, 'unknown'), outcomes.day_on
),

pipeline_days as (
    select
        source_system,
        pipeline,
        day_on,
        sum(won) over span as won_count,
        sum(closed) over span as closed_count
    from pipeline_moves
    window span as (partition by source_system, pipeline order by day_on rows between unbounded preceding and current row)
),

stages as (
    select distinct
        source_system,
        pipeline,
        stage
    from visited
),

-- Every stage on every day of its pipeline, so that the pipeline's rate is never older than the stage's.
spine as (
    select
        stages.source_system,
        stages.pipeline,
        stages.stage,
        pipeline_days.day_on,
        pipeline_days.won_count as pipeline_won_count,
        pipeline_days.closed_count as pipeline_closed_count
    from stages
    inner join pipeline_days
        on stages.source_system = pipeline_days.source_system and stages.pipeline = pipeline_days.pipeline
),

counted as (
    select
        spine.*,
        coalesce(sum(moves.won) over span, 0) as won_count,
        coalesce(sum(moves.closed) over span, 0) as closed_count
    from spine
    left join moves
        on
            spine.source_system = moves.source_system
            and spine.pipeline = moves.pipeline
            and spine.stage = moves.stage
            and spine.day_on = moves.day_on
    window span as (
        partition by spine.source_system, spine.pipeline, spine.stage order by spine.day_on
        rows between unbounded preceding and current row
    )
),

final as (
    select
        source_system,
        pipeline,
        stage,
        day_on as valid_from_on,
        lead(day_on) over (partition by source_system, pipeline, stage order by day_on) as valid_to_on,
        cast(won_count as integer) as won_count,
        cast(closed_count as integer) as closed_count,
        cast(pipeline_won_count as integer) as pipeline_won_count,
        cast(pipeline_closed_count as integer) as pipeline_closed_count,
        {{ calibrated_probability('won_count', 'closed_count', 'pipeline_won_count', 'pipeline_closed_count') }}
            as calibrated_probability_ratio
    from counted
)

select * from final
