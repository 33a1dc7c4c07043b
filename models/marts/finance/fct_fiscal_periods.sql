-- One row per entity and fiscal period that has begun by the as-of day, with its lock. A lock set after that day is not set yet.
with fiscal_periods as (select * from {{ ref('int_fiscal_periods') }}),

run_context as (select * from {{ ref('int_run_context') }}),

known_periods as (
    select
        fiscal_periods.*,
        coalesce(cast(fiscal_periods.locked_at as date) <= run_context.as_of, false) as is_locked
    from fiscal_periods
    cross join run_context
    where fiscal_periods.period_on <= run_context.as_of
)

select
    entity_id,
    period_on,
    period_end_on,
    is_locked,
    case when is_locked then locked_at end as locked_at,
    case when is_locked then locked_by end as locked_by,
    case
        when is_locked then cast({{ dbt.datediff('period_end_on', 'cast(locked_at as date)', 'day') }} as integer)
    end as days_to_close,
    source_system,
    source_id
from known_periods
