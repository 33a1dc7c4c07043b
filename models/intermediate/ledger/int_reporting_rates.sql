-- One row per currency and day: the spot rate to the reporting currency. The reporting currency itself has none.
select
    rates.from_currency as currency,
    rates.rate_on,
    rates.rate,
    rates.quoted_on,
    rates.method
from {{ ref('int_exchange_rates_daily') }} as rates
inner join {{ ref('int_run_context') }} as run_context on rates.to_currency = run_context.reporting_currency
