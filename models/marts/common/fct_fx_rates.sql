-- One row per currency pair, rate type and day. Spot rates have every day, carried back up to seven days;
-- average and closing rates are those that a source delivers. One unit of from_currency costs `rate` of to_currency.
with run_context as (select * from {{ ref('int_run_context') }}),

spot_rates as (
    select
        from_currency,
        to_currency,
        'spot' as rate_type,
        rate_on,
        rate,
        quoted_on,
        method
    from {{ ref('int_exchange_rates_daily') }}
),

delivered as (
    select
        *,
        row_number() over (partition by from_currency, to_currency, rate_type, rate_on order by source_system) as choice
    from {{ ref('int_fx_rates') }}
    where rate_type <> 'spot'
),

every_rate as (
    select from_currency, to_currency, rate_type, rate_on, rate, quoted_on, method
    from spot_rates
    union all
    select from_currency, to_currency, rate_type, rate_on, rate, rate_on as quoted_on, 'quoted' as method
    from delivered
    where choice = 1
)

select every_rate.*
from every_rate
cross join run_context
where every_rate.rate_on <= run_context.as_of
