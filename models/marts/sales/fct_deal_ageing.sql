-- One row per open deal: how long it has been in its stage, against the time that deals which were won spent there. Stalled: longer
-- than four out of five of them (of at least five). A return to a stage begins anew.
with deals as (select * from {{ ref('fct_deals') }}),

visits as (select * from {{ ref('int_stage_visits') }}),

pipeline as (select * from {{ ref('fct_pipeline_daily') }}),

activities as (select * from {{ ref('fct_activities') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

owners as (select * from {{ ref('dim_owners') }}),

run_context as (select * from {{ ref('int_run_context') }}),

stage_times as (
    select
        source_system,
        pipeline,
        stage,
        count(*) as won_visits_count,
        median({{ dbt.datediff('entered_on', 'left_on', 'day') }}) as median_days,
        {{ percentile(dbt.datediff('entered_on', 'left_on', 'day'), 0.8) }} as p80_days
    from visits
    where outcome = 'won' and left_on is not null
    group by source_system, pipeline, stage
),

present as (
    select
        deal_id,
        max(entered_on) as entered_on
    from visits
    where left_on is null
    group by deal_id
),

weighted as (
    select
        pipeline.deal_id,
        pipeline.calibrated_probability_ratio,
        pipeline.calibrated_weighted_rpt
    from pipeline
    inner join run_context
        on pipeline.date_on = run_context.as_of
),

last_activities as (
    select
        deal_id,
        max(happened_on) as last_activity_on
    from activities
    where deal_id is not null
    group by deal_id
),

aged as (
    select
        deals.*,
        {{ dbt.datediff('coalesce(present.entered_on, deals.stage_entered_on)', 'run_context.as_of', 'day') }} as stage_days,
        {{ dbt.datediff('deals.created_on', 'run_context.as_of', 'day') }} as age_days,
        {{ dbt.datediff('last_activities.last_activity_on', 'run_context.as_of', 'day') }} as idle_days,
        last_activities.last_activity_on,
        case when stage_times.won_visits_count >= 5 then stage_times.median_days end as median_days,
        case when stage_times.won_visits_count >= 5 then stage_times.p80_days end as p80_days,
        weighted.calibrated_probability_ratio,
        weighted.calibrated_weighted_rpt
    from deals
    cross join run_context
    left join present
        on deals.deal_id = present.deal_id
    left join stage_times
        on
            deals.source_system = stage_times.source_system
            and coalesce(deals.pipeline, 'unknown') = stage_times.pipeline
            and deals.stage = stage_times.stage
    left join weighted
        on deals.deal_id = weighted.deal_id
    left join last_activities
        on deals.deal_id = last_activities.deal_id
    where deals.is_open
),

final as (
    select
        aged.deal_id,
        aged.source_system,
        aged.source_id,
        aged.name as deal_name,
        aged.account_id,
        aged.party_id,
        party_profiles.name as party_name,
        aged.owner_id,
        owners.name as owner_name,
        aged.region,
        aged.segment,
        aged.pipeline,
        aged.stage,
        aged.deal_type,
        aged.amount_rpt,
        aged.probability_ratio,
        aged.calibrated_probability_ratio,
        aged.calibrated_weighted_rpt,
        aged.created_on,
        aged.stage_entered_on,
        aged.expected_close_on,
        cast(aged.age_days as integer) as age_days,
        cast(aged.stage_days as integer) as stage_days,
        cast(aged.median_days as decimal(18, 2)) as won_median_days,
        cast(aged.p80_days as decimal(18, 2)) as won_p80_days,
        coalesce(aged.stage_days > aged.p80_days, false) as is_stalled,
        aged.last_activity_on,
        cast(aged.idle_days as integer) as idle_days,
        aged.push_count,
        aged.is_past_due,
        aged.next_step
    from aged
    left join party_profiles
        on aged.party_id = party_profiles.party_id
    left join owners
        on aged.owner_id = owners.owner_id
)

select * from final
