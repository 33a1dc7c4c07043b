-- One row per method, month, months ahead and owner with a forecast or bookings. Only months that have ended.
-- The forecast is what was expected to close in the month, frozen at a month end before it. Deals created later are its error.
-- Methods: crm_probability and own_history weigh the pipeline as the stage history recorded it by then, so that later edits do not
-- reach it; published is what a published version said (weighted by the CRM), the last one of the month that ends with the freeze.
with pipeline as (select * from {{ ref('fct_pipeline_daily') }} where is_month_end),

pipeline_history as (select * from {{ source('raw', 'pipeline_history') }}),

deals as (select * from {{ ref('fct_deals') }}),

owners as (select * from {{ ref('int_owners') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

horizons as (
    select cast(ahead.months as integer) as horizon_months
    from (values (1), (2), (3)) as ahead (months)
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

said_by_versions as (
    select
        pipeline_history.*,
        cast({{ dbt.last_day('pipeline_history.as_of', 'month') }} as date) as frozen_on,
        rank() over (
            partition by {{ month_of('pipeline_history.as_of') }}
            order by pipeline_history.as_of desc, pipeline_history.known_at desc, pipeline_history.version desc
        ) as place
    from pipeline_history
),

expected as (
    select
        'crm_probability' as method,
        date_on as frozen_on,
        expected_close_on,
        owner_id,
        weighted_rpt
    from pipeline
    union all
    select
        'own_history' as method,
        date_on as frozen_on,
        expected_close_on,
        owner_id,
        calibrated_weighted_rpt as weighted_rpt
    from pipeline
    where calibrated_weighted_rpt is not null
    union all
    select
        'published' as method,
        frozen_on,
        expected_close_on,
        owner_id,
        weighted_rpt
    from said_by_versions
    where place = 1
),

-- A method speaks for the freezes from its first on; published versions only for months in which there was one.
first_days as (
    select
        method,
        {{ month_of('min(frozen_on)') }} as first_month_on
    from expected
    group by method
),

spoken as (
    select distinct
        method,
        frozen_on
    from expected
),

covered_periods as (
    select
        first_days.method,
        periods.period_on,
        periods.horizon_months,
        periods.frozen_on
    from periods
    inner join first_days
        on periods.frozen_on >= first_days.first_month_on
    left join spoken
        on first_days.method = spoken.method and periods.frozen_on = spoken.frozen_on
    where first_days.method <> 'published' or spoken.frozen_on is not null
),

forecasts as (
    select
        covered_periods.method,
        covered_periods.period_on,
        covered_periods.horizon_months,
        covered_periods.frozen_on,
        expected.owner_id,
        sum(expected.weighted_rpt) as forecast_rpt,
        cast(0 as decimal(18, 2)) as actual_rpt
    from covered_periods
    inner join expected
        on
            covered_periods.method = expected.method
            and covered_periods.frozen_on = expected.frozen_on
            and covered_periods.period_on = {{ month_of('expected.expected_close_on') }}
    group by
        covered_periods.method, covered_periods.period_on, covered_periods.horizon_months, covered_periods.frozen_on,
        expected.owner_id
),

bookings as (
    select
        covered_periods.method,
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
    group by
        covered_periods.method, covered_periods.period_on, covered_periods.horizon_months, covered_periods.frozen_on,
        deals.owner_id
),

both_sides as (
    select method, period_on, horizon_months, frozen_on, owner_id, forecast_rpt, actual_rpt from forecasts
    union all
    select method, period_on, horizon_months, frozen_on, owner_id, forecast_rpt, actual_rpt from bookings
),

summed as (
    select
        method,
        period_on,
        horizon_months,
        frozen_on,
        owner_id,
        {{ money('coalesce(sum(forecast_rpt), 0)') }} as forecast_rpt,
        {{ money('coalesce(sum(actual_rpt), 0)') }} as actual_rpt
    from both_sides
    group by method, period_on, horizon_months, frozen_on, owner_id
),

final as (
    select
        summed.method,
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
