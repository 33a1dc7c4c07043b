-- One row per day on which balances are shown: every month's last day up to the as-of day, and that day itself.
with fiscal_dates as (select * from {{ source('raw', 'fiscal_date') }}),

run_context as (select * from {{ ref('int_run_context') }})

select
    fiscal_dates.month_on,
    cast(max(fiscal_dates.date_on) as date) as as_of_on
from fiscal_dates
cross join run_context
where fiscal_dates.date_on <= run_context.as_of
group by fiscal_dates.month_on
