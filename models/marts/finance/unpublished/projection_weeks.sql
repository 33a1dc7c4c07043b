-- One row per week of the cash projection: thirteen weeks from Monday, the first of them the one that the day after the
-- as-of day lies in.
with run_context as (select * from {{ ref('int_run_context') }}),

first_weeks as (
    select
        as_of,
        reporting_currency,
        cast({{ dbt.date_trunc('week', dbt.dateadd('day', 1, 'as_of')) }} as date) as first_week_on
    from run_context
),

week_numbers as (
    select cast(numbers.week_no as integer) as week_no
    from (
        values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)
    ) as numbers (week_no)
)

select
    week_numbers.week_no,
    cast({{ dbt.dateadd('day', '7 * week_numbers.week_no', 'first_weeks.first_week_on') }} as date) as week_on,
    cast({{ dbt.dateadd('day', '7 * week_numbers.week_no + 6', 'first_weeks.first_week_on') }} as date) as week_end_on,
    first_weeks.as_of,
    first_weeks.reporting_currency
from first_weeks
cross join week_numbers
