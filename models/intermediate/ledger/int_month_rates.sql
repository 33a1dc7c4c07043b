-- One row per currency and month: its average and its closing rate to the reporting currency.
-- A rate that the source delivers for the month wins over one worked out from the daily spot rates.
{{ config(materialized='table') }}

with run_context as (select * from {{ ref('int_run_context') }}),

daily_rates as (
    select
        reporting_rates.currency,
        reporting_rates.rate_on,
        reporting_rates.rate,
        {{ month_of('reporting_rates.rate_on') }} as month_on
    from {{ ref('int_reporting_rates') }} as reporting_rates
    cross join run_context
    where reporting_rates.rate_on <= run_context.as_of
),

months as (
    select
        currency,
        month_on,
        cast(sum(rate) / count(*) as decimal(18, 10)) as mean_rate,
        max(rate_on) as last_rate_on
    from daily_rates
    group by currency, month_on
),

delivered as (
    select
        fx_rates.from_currency as currency,
        {{ month_of('fx_rates.rate_on') }} as month_on,
        fx_rates.rate_type,
        fx_rates.rate,
        row_number() over (
            partition by fx_rates.from_currency, fx_rates.rate_type, {{ month_of('fx_rates.rate_on') }}
            order by fx_rates.rate_on desc, fx_rates.source_system asc
        ) as choice
    from {{ ref('int_fx_rates') }} as fx_rates
    inner join run_context on fx_rates.to_currency = run_context.reporting_currency
    where
        fx_rates.rate_type in ('average', 'closing')
        and fx_rates.rate > 0
)

select
    months.currency,
    months.month_on,
    coalesce(average_rates.rate, months.mean_rate) as average_rate,
    coalesce(closing_rates.rate, daily_rates.rate) as closing_rate
from months
inner join daily_rates
    on
        months.currency = daily_rates.currency
        and months.last_rate_on = daily_rates.rate_on
left join delivered as average_rates
    on
        months.currency = average_rates.currency
        and months.month_on = average_rates.month_on
        and average_rates.rate_type = 'average'
        and average_rates.choice = 1
left join delivered as closing_rates
    on
        months.currency = closing_rates.currency
        and months.month_on = closing_rates.month_on
        and closing_rates.rate_type = 'closing'
        and closing_rates.choice = 1
