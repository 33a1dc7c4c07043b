-- One row per month end (and the as-of day), direction and entity: over how many weeks the cash projection of that day
-- spreads what is overdue. It is how late documents settled in the year before were, in days, by amount, in whole weeks
-- and between 2 and 13; paid early counts as nothing. What was settled after a dispute was not late by habit: it is left out.
with receivable_items as (select * from {{ ref('fct_receivable_items') }}),

payable_items as (select * from {{ ref('fct_payable_items') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

settled as (
    select 'in' as direction, entity_id, due_on, settled_on, gross_local
    from receivable_items
    where document_type = 'invoice' and coalesce(disputed_on > settled_on, true)
    union all
    select 'out' as direction, entity_id, due_on, settled_on, gross_local
    from payable_items
    where document_type = 'bill'
),

-- By day first: a year of documents would be joined to every month end otherwise.
settled_by_day as (
    select
        direction,
        entity_id,
        settled_on,
        sum(gross_local) as gross_local,
        sum(gross_local * greatest(cast({{ dbt.datediff('due_on', 'settled_on', 'day') }} as integer), 0)) as weighted_days
    from settled
    where
        settled_on is not null
        and gross_local > 0
    group by direction, entity_id, settled_on
),

means as (
    select
        settled_by_day.direction,
        settled_by_day.entity_id,
        month_ends.as_of_on,
        {{ ratio('sum(settled_by_day.weighted_days)', 'sum(settled_by_day.gross_local)') }} as mean_days_late
    from settled_by_day
    inner join month_ends
        on
            settled_by_day.settled_on <= month_ends.as_of_on
            and settled_by_day.settled_on > cast({{ dbt.dateadd('day', -365, 'month_ends.as_of_on') }} as date)
    group by settled_by_day.direction, settled_by_day.entity_id, month_ends.as_of_on
)

select
    as_of_on,
    direction,
    entity_id,
    mean_days_late,
    cast(least(greatest(ceil(mean_days_late / 7), 2), 13) as integer) as overdue_weeks
from means
