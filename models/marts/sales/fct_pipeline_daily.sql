-- One row per day and deal that was open on it, as recorded then. Days: every month end and the 90 days up to the as-of day.
-- Weighted twice: by the CRM's probability, and by what deals in the stage had come to by that day.
with states as (select * from {{ ref('int_deal_states') }}),

profiles as (select * from {{ ref('int_deal_profiles') }}),

calibration as (select * from {{ ref('int_stage_calibration') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

pipeline_dates as (
    select
        dates.date_on,
        dates.date_on = cast({{ dbt.last_day('dates.date_on', 'month') }} as date) as is_month_end
    from dates
    cross join run_context
    where
        dates.date_on <= run_context.as_of
        and (
            dates.date_on = cast({{ dbt.last_day('dates.date_on', 'month') }} as date)
            or dates.date_on > cast({{ dbt.dateadd('day', -90, 'run_context.as_of') }} as date)
        )
),

-- Day by day first: a range over every open deal would meet every stage's whole history.
calibration_days as (
    select
        pipeline_dates.date_on,
        calibration.source_system,
        calibration.pipeline,
        calibration.stage,
        calibration.calibrated_probability_ratio
    from pipeline_dates
    inner join calibration
        on
            pipeline_dates.date_on >= calibration.valid_from_on
            and (calibration.valid_to_on is null or pipeline_dates.date_on < calibration.valid_to_on)
),

final as (
    select
        pipeline_dates.date_on,
        profiles.deal_id,
        profiles.source_system,
        profiles.source_id,
        pipeline_dates.is_month_end,
        profiles.account_id,
        profiles.party_id,
        profiles.owner_id,
        profiles.entity_id,
        profiles.pipeline,
        states.stage,
        profiles.deal_type,
        profiles.lead_source,
        profiles.region,
        profiles.segment,
        states.currency,
        states.amount_doc,
        states.amount_rpt,
        states.probability_ratio,
        {{ money('states.amount_rpt * states.probability_ratio') }} as weighted_rpt,
        calibration_days.calibrated_probability_ratio,
        {{ money('states.amount_rpt * calibration_days.calibrated_probability_ratio') }} as calibrated_weighted_rpt,
        states.expected_close_on,
        coalesce(states.expected_close_on < pipeline_dates.date_on, false) as is_past_due
    from states
    inner join pipeline_dates
        on
            states.valid_from_on <= pipeline_dates.date_on
            and (states.valid_to_on is null or states.valid_to_on > pipeline_dates.date_on)
    inner join profiles
        on states.deal_id = profiles.deal_id
    left join calibration_days
        on
            pipeline_dates.date_on = calibration_days.date_on
            and profiles.source_system = calibration_days.source_system
            and coalesce(profiles.pipeline, 'unknown') = calibration_days.pipeline
            and states.stage = calibration_days.stage
    where states.is_open
)

select * from final
