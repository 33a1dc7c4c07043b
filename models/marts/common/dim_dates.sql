-- One row per day of the company's calendar.
select
    date_on,
    month_on,
    quarter_on,
    week_on,
    fiscal_year,
    fiscal_quarter,
    fiscal_period,
    fiscal_period_start_on,
    fiscal_period_end_on,
    fiscal_period_label
from {{ source('raw', 'fiscal_date') }}
