-- One row per day and deal that was open on it, as recorded then. Days: every month end and the 90 days up to the as-of day.
with states as (select * from {{ ref('int_deal_states') }}),

deals as (select * from {{ ref('fct_deals') }}),

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

final as (
    select
        pipeline_dates.date_on,
        deals.deal_id,
        deals.source_system,
        deals.source_id,
        pipeline_dates.is_month_end,
        deals.account_id,
        deals.party_id,
        deals.owner_id,
        deals.entity_id,
        deals.pipeline,
        states.stage,
        deals.deal_type,
        deals.lead_source,
        deals.region,
        deals.segment,
        states.currency,
        states.amount_doc,
        states.amount_rpt,
        states.probability_ratio,
        {{ money('states.amount_rpt * states.probability_ratio') }} as weighted_rpt,
        states.expected_close_on,
        coalesce(states.expected_close_on < pipeline_dates.date_on, false) as is_past_due
    from states
    inner join pipeline_dates
        on
            states.valid_from_on <= pipeline_dates.date_on
            and (states.valid_to_on is null or states.valid_to_on > pipeline_dates.date_on)
    inner join deals
        on states.deal_id = deals.deal_id
    where states.is_open
)

select * from final
