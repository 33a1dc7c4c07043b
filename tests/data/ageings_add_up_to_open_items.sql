-- A returned row is an entity whose ageing of the as-of day is not its open items, or whose open items are not the sum of
-- their events: buckets would not add up to what is outstanding.
with run_context as (select * from {{ ref('int_run_context') }}),

every_amount as (
    select
        'receivables' as side, entity_id, open_local as items_local, 0 as ageing_local, 0 as events_local,
        open_rpt as items_rpt, 0 as ageing_rpt
    from {{ ref('fct_receivable_items') }}
    union all
    select
        'receivables' as side, ageing.entity_id, 0 as items_local, ageing.open_local as ageing_local,
        0 as events_local, 0 as items_rpt, ageing.open_rpt as ageing_rpt
    from {{ ref('fct_receivable_ageing') }} as ageing
    inner join run_context on ageing.as_of_on = run_context.as_of
    union all
    select
        'receivables' as side, entity_id, 0 as items_local, 0 as ageing_local, amount_local as events_local,
        0 as items_rpt, 0 as ageing_rpt
    from {{ ref('fct_receivable_events') }}
    union all
    select
        'payables' as side, entity_id, open_local as items_local, 0 as ageing_local, 0 as events_local,
        open_rpt as items_rpt, 0 as ageing_rpt
    from {{ ref('fct_payable_items') }}
    union all
    select
        'payables' as side, ageing.entity_id, 0 as items_local, ageing.open_local as ageing_local,
        0 as events_local, 0 as items_rpt, ageing.open_rpt as ageing_rpt
    from {{ ref('fct_payable_ageing') }} as ageing
    inner join run_context on ageing.as_of_on = run_context.as_of
    union all
    select
        'payables' as side, entity_id, 0 as items_local, 0 as ageing_local, amount_local as events_local,
        0 as items_rpt, 0 as ageing_rpt
    from {{ ref('fct_payable_events') }}
)

select
    side,
    entity_id,
    sum(items_local) as items_local,
    sum(ageing_local) as ageing_local,
    sum(events_local) as events_local,
    sum(items_rpt) as items_rpt,
    sum(ageing_rpt) as ageing_rpt
from every_amount
group by side, entity_id
having
    sum(items_local) <> sum(ageing_local)
    or sum(items_local) <> sum(events_local)
    or sum(items_rpt) <> sum(ageing_rpt)
