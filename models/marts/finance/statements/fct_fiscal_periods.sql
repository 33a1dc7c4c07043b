-- One row per entity and fiscal period that has begun by the as-of day, with its lock, from the source or set with
-- `plumbline period lock`; where both have locked it, the earlier counts. A lock that a source set after the as-of day is not
-- set yet; one set with Plumbline counts from the run after it.
with fiscal_periods as (select * from {{ ref('int_fiscal_periods') }}),

period_locks as (select * from {{ source('raw', 'period_lock') }}),

close_benchmarks as (
    select
        *,
        lead(above_days) over (order by above_days) as up_to_days
    from {{ ref('close_benchmarks') }}
),

run_context as (select * from {{ ref('int_run_context') }}),

last_decisions as (
    select
        *,
        row_number() over (partition by entity_id, period_on order by decision_no desc) as choice
    from period_locks
),

own_locks as (
    select * from last_decisions
    where choice = 1 and action = 'lock'
),

known_periods as (
    select
        fiscal_periods.entity_id,
        fiscal_periods.period_on,
        fiscal_periods.period_end_on,
        case when cast(fiscal_periods.locked_at as date) <= run_context.as_of then fiscal_periods.locked_at end
            as source_locked_at,
        fiscal_periods.locked_by as source_locked_by,
        fiscal_periods.source_system,
        fiscal_periods.source_id
    from fiscal_periods
    cross join run_context
    where fiscal_periods.period_on <= run_context.as_of
    union all
    -- A company whose source keeps no periods still has those it locked itself.
    select
        own_locks.entity_id,
        own_locks.period_on,
        own_locks.period_end_on,
        null as source_locked_at,
        null as source_locked_by,
        'plumbline' as source_system,
        own_locks.lock_id as source_id
    from own_locks
    left join fiscal_periods
        on
            own_locks.entity_id = fiscal_periods.entity_id
            and own_locks.period_on = fiscal_periods.period_on
    where fiscal_periods.period_on is null
),

locked as (
    select
        known_periods.*,
        own_locks.acted_by,
        own_locks.note,
        own_locks.acted_at,
        coalesce(known_periods.source_locked_at <= own_locks.acted_at, own_locks.acted_at is null) as is_locked_by_source
    from known_periods
    left join own_locks
        on
            known_periods.entity_id = own_locks.entity_id
            and known_periods.period_on = own_locks.period_on
),

dated as (
    select
        *,
        case when is_locked_by_source then source_locked_at else acted_at end as first_locked_at
    from locked
),

closed as (
    select
        *,
        cast({{ dbt.datediff('period_end_on', 'cast(first_locked_at as date)', 'day') }} as integer) as days_to_close
    from dated
)

select
    closed.entity_id,
    closed.period_on,
    closed.period_end_on,
    closed.first_locked_at is not null as is_locked,
    closed.first_locked_at as locked_at,
    case
        when closed.first_locked_at is null then null
        when closed.is_locked_by_source then closed.source_locked_by
        else closed.acted_by
    end as locked_by,
    case
        when closed.first_locked_at is null then null
        when closed.is_locked_by_source then 'source'
        else 'plumbline'
    end as lock_source,
    closed.note as lock_note,
    closed.days_to_close,
    close_benchmarks.band as days_to_close_band,
    closed.source_system,
    closed.source_id
from closed
left join close_benchmarks
    on
        closed.days_to_close > close_benchmarks.above_days
        and (close_benchmarks.up_to_days is null or closed.days_to_close <= close_benchmarks.up_to_days)
