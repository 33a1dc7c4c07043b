-- A returned row is an entity whose projected balance at the end is not its opening balance and all flows of the weeks.
with last_weeks as (
    select max(week_on) as week_on
    from {{ ref('fct_cash_projection') }}
),

flows as (
    select
        method,
        scenario,
        entity_id,
        sum(amount_rpt) as amount_rpt
    from {{ ref('fct_cash_projection') }}
    group by method, scenario, entity_id
)

select
    flows.method,
    flows.scenario,
    flows.entity_id,
    flows.amount_rpt,
    projection.balance_rpt
from flows
inner join {{ ref('fct_cash_projection') }} as projection
    on
        flows.method = projection.method
        and flows.scenario = projection.scenario
        and flows.entity_id = projection.entity_id
        and projection.layer = 'bank'
inner join last_weeks on projection.week_on = last_weeks.week_on
where flows.amount_rpt <> projection.balance_rpt
