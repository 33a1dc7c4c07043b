-- One row per direction and entity: over how many weeks the projection spreads what is overdue on the as-of day.
with at_month_ends as (select * from {{ ref('mean_days_late_at_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }})

select
    at_month_ends.direction,
    at_month_ends.entity_id,
    at_month_ends.mean_days_late,
    at_month_ends.overdue_weeks
from at_month_ends
inner join run_context on at_month_ends.as_of_on = run_context.as_of
