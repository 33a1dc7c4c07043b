-- One row per method, month, months ahead and owner with a forecast or bookings. Only months that have ended.
-- Method crm_probability: the weighted pipeline that was expected to close in the month, frozen at a month end before it. The
-- stage history freezes it: what was entered later does not reach it. Deals created after the freeze are part of its error.
with pipeline as (select * from {{ ref('fct_pipeline_daily') }}),

deals as (select * from {{ ref('fct_deals') }}),

owners as (select * from {{ ref('int_owners') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

horizons as (
    select cast(ahead.months as integer) as horizon_months
    from (values (1), (2), (3)) as ahead (months)
),

first_days as (
    select {{ month_of('min(date_on)') }} as first_month_on
    from pipeline
    where is_month_end
),

periods as (
    select distinct
        dates.month_on as period_on,
        horizons.horizon_months,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', '1 - horizons.horizon_months', 'dates.month_on')) }} as date) as frozen_on
    from dates
    cross join run_context
    cross join horizons
    where cast({{ dbt.last_day('dates.month_on', 'month') }} as date) <= run_context.as_of
),

covered_periods as (
    select periods.*
    from periods
    cross join first_days
    where periods.frozen_on >= first_days.first_month_on
),

forecasts as (
    select
        covered_periods.period_on,
        covered_periods.horizon_months,
        covered_periods.frozen_on,
        pipeline.owner_id,
        sum(pipeline.weighted_rpt) as forecast_rpt,
        cast(0 as decimal(18, 2)) as actual_rpt
    from covered_periods
    inner join pipeline
        on
            covered_periods.frozen_on = pipeline.date_on
            and covered_periods.period_on = {{ month_of('pipeline.expected_close_on') }}
    group by covered_periods.period_on, covered_periods.horizon_months, covered_periods.frozen_on, pipeline.owner_id
),

bookings as (
    select
        covered_periods.period_on,
        covered_periods.horizon_months,
        covered_periods.frozen_on,
        deals.owner_id,
        cast(0 as decimal(18, 2)) as forecast_rpt,
        sum(deals.amount_rpt) as actual_rpt
    from covered_periods
    inner join deals
        on covered_periods.period_on = {{ month_of('deals.closed_on') }}
    where deals.is_won
    group by covered_periods.period_on, covered_periods.horizon_months, covered_periods.frozen_on, deals.owner_id
),

both_sides as (
    select
        period_on,
        horizon_months,
        frozen_on,
        owner_id,
        forecast_rpt,
        actual_rpt
    from forecasts
    union all
    select
        period_on,
        horizon_months,
        frozen_on,
        owner_id,
        forecast_rpt,
        actual_rpt
    from bookings
),

summed as (
    select
        period_on,
        horizon_months,
        frozen_on,
        owner_id,
        {{ money('coalesce(sum(forecast_rpt), 0)') }} as forecast_rpt,
        {{ money('coalesce(sum(actual_rpt), 0)') }} as actual_rpt
    from both_sides
    group by period_on, horizon_months, frozen_on, owner_id
),

final as (
    select
        'crm_probability' as method,
        summed.period_on,
        summed.horizon_months,
        coalesce(summed.owner_id, 'unknown') as owner_id,
        owners.region,
        summed.frozen_on,
        summed.forecast_rpt,
        summed.actual_rpt,
        {{ money('summed.forecast_rpt - summed.actual_rpt') }} as error_rpt,
        {{ money('abs(summed.forecast_rpt - summed.actual_rpt)') }} as absolute_error_rpt
    from summed
    left join owners
        on summed.owner_id = owners.owner_id
)

select * from final
