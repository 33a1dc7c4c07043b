-- One row per entity and direction: how late what was settled in the year before the as-of day was paid, in days, by
-- amount; paid early counts as nothing. overdue_weeks is over how many weeks the projection spreads what is overdue.
with receivable_items as (select * from {{ ref('fct_receivable_items') }}),

payable_items as (select * from {{ ref('fct_payable_items') }}),

run_context as (select * from {{ ref('int_run_context') }}),

settled as (
    select 'in' as direction, entity_id, due_on, settled_on, gross_local
    from receivable_items
    where document_type = 'invoice'
    union all
    select 'out' as direction, entity_id, due_on, settled_on, gross_local
    from payable_items
    where document_type = 'bill'
),

lateness as (
    select
        settled.direction,
        settled.entity_id,
        settled.gross_local,
        greatest(cast({{ dbt.datediff('settled.due_on', 'settled.settled_on', 'day') }} as integer), 0) as days_late
    from settled
    cross join run_context
    where
        settled.settled_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
        and settled.gross_local > 0
),

means as (
    select
        direction,
        entity_id,
        {{ ratio('sum(gross_local * days_late)', 'sum(gross_local)') }} as mean_days_late
    from lateness
    group by direction, entity_id
)

select
    direction,
    entity_id,
    mean_days_late,
    cast(least(greatest(ceil(mean_days_late / 7), 2), 13) as integer) as overdue_weeks
from means
